"""Passwords within longer strings: connection strings, addresses, JSON on one line, directives of servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Assigned", "is_comment", "is_label", "json_pairs", "names_object", "passwords"]

#: ``Server=x;User Id=sa;Password=s3cr3t;``: a pair of a list of pairs. A semicolon that begins a line is a comment's.
_PAIR = re.compile(
    r"""(?i)(?:\A|(?:(?<=[^\s;#])|(?<=[^\s;#][ \t]));)\s*"""
    r"""(?:password|pwd|[a-z]*accesskey|accountkey)\s*=\s*(?P<value>[^;"'\s]{1,512})"""
)
#: ``jdbc:postgresql://db/app?user=a&password=s3cr3t``: a parameter of an address.
_PARAMETER = re.compile(
    r"""(?i)://[^\s"'?]{0,500}\?(?:[^\s"']{0,500}&)?(?:password|passwd|pwd)=(?P<value>[^\s"'&;]{1,512})"""
)
#: ``host=db user=a password=s3cr3t``: what libpq takes.
_HOST = re.compile(r"(?i)(?:^|[\s\"'=:])(?:host|hostaddr|dbname)=\S")
_WORD = re.compile(r"""(?i)(?:^|[\s"'=:])password=(?P<value>'[^'\n]{1,512}'|[^\s"']{1,512})""")
#: ``requirepass s3cr3t``, ``--requirepass s3cr3t``: how Redis is told.
_DIRECTIVE = re.compile(
    r"""(?:^[ \t]*|[\s"']--)(?:requirepass|masterauth)[ \t=]+["']?(?P<value>[^\s"']{1,512})""", re.MULTILINE
)
_HINT = re.compile(r"(?i)passw|pwd|accesskey|accountkey|requirepass|masterauth")
_JSON = re.compile(r"""\\?"(?P<name>[A-Za-z_][\w.-]{0,99})\\?"\s*:\s*\\?"(?P<value>[^"\\]{1,512})\\?\"""")
#: Names behind which a Secret is named: ``existingSecret: db``.
_NAMES_ONE = re.compile(r"(?i)(?:existing|imagepull|image[_.-]pull|tls)[\w.-]{0,40}secrets?\Z")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9./-]*[a-z0-9])?")


class Assigned(NamedTuple):
    """A name, and what stands behind it."""

    name: str
    value: str


def passwords(text: str) -> Iterator[str]:
    """What stands in a text where a connection string or a server's directive has its password; references too."""
    if not _HINT.search(text):
        return
    if text.count("=") > 1 and ";" in text:
        yield from (match["value"] for match in _PAIR.finditer(text))
    for row in text.splitlines():
        if not is_comment(row) and _HINT.search(row):
            yield from (match["value"] for match in _PARAMETER.finditer(row))
            yield from (match["value"] for match in _DIRECTIVE.finditer(row))
            if _HOST.search(row):
                yield from (match["value"].strip("'") for match in _WORD.finditer(row))


def json_pairs(row: str) -> Iterator[Assigned]:
    """The names and texts of JSON that stands on one line."""
    return (Assigned(match["name"], match["value"]) for match in _JSON.finditer(row))


def is_comment(row: str) -> bool:
    """Whether a line of a file only speaks to readers."""
    return row.lstrip().startswith(("#", ";"))


def is_label(name: str, value: str) -> bool:
    """Whether a value is what people read beside a field: ``login.password=Password``."""
    last = re.split(r"[._-]", name)[-1]
    return value[:1].isupper() and value.rstrip(": ").lower() == last.lower()


def names_object(name: str, value: str) -> bool:
    """Whether a value is the name of a Secret: ``existingSecret: db``."""
    return bool(_NAMES_ONE.search(name) and _NAME.fullmatch(value))
