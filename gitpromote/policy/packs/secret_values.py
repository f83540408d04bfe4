"""Whether a value behind a name is a secret: by its shape or name, and neither a reference, a count nor a choice."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from gitpromote.model.secret_names import field_holds_secret
from gitpromote.model.sensitive import assigned_spans, looks_like_token, name_holds_secret, says_something
from gitpromote.policy.packs.secret_strings import is_comment, is_label, json_pairs, names_object, passwords

__all__ = ["in_arguments", "in_file", "in_value"]

#: A line of a file: ``password: s3cr3t``, ``db.password=s3cr3t``, ``"password": "s3cr3t",``.
_ROW = re.compile(r"""\s*(?:-\s+)?["']?(?P<name>[A-Za-z_][\w.-]{0,99})["']?\s*[:=]\s*(?P<value>[^\s#].{0,999})""")
#: In files and scripts, what stands for a value that comes from elsewhere, or begins what stands below it.
_REFERENCE = re.compile(r"[$<{\[|>&*!%`]|ENC\(|vault:|\w+://[^@]*$")
#: What counts or lasts, and what says where something is: ``4096``, ``0.5``, ``15m``, ``/run/secrets/db``.
_PLAIN = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|[smhd])?")
_PLACE = re.compile(r"(?:file:)?(?:/[\w.@-]+){2,}/?|\w+://[^@?\s]*|vault:\S*|ENC\(.*")
#: What chooses how, behind a name like CREDENTIALS or AUTHORIZATION; a password may well be one of these.
_CHOICES = frozenset(
    """always any anonymous auto automatic aws azure basic bearer cookie dynamic env environment external file gcp
    header iam include inherit inline internal jwt kerberos kubernetes ldap manual managed mtls negotiate never ntlm
    oauth oauth2 oidc omit platform query required saml same-origin secret service-account static token vault
    webidentity workload-identity""".split()
)
_PASSWORDS = re.compile(r"(?i)(?:pass(?:word|wd|phrase|code)?s?|pwd|psk)(?:[_.-]?(?:[0-9]+|old|new|hash))?\Z")
#: Last words of flags that may as well name a Secret, as ``--tls-secret=web-tls`` does.
_MAY_NAME = re.compile(r"(?i)(?:secrets?|credentials?)\Z")
_BY_NAME = "a secret, by its name"
_CONNECTION = "a password in a connection string"
#: Flags that hold a secret without saying so in words.
_DIRECTIVES = frozenset({"masterauth", "requirepass"})
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9./-]*[a-z0-9])?")
_FLAG = re.compile(r"(?P<name>--?[A-Za-z][\w.-]{0,99})(?:=(?P<value>.*))?", re.DOTALL)
#: What stands before an assigned value: ``NAME=``, ``"name": ``, ``--name ``; in prose a colon says nothing.
_BEFORE = re.compile(
    r"""(?P<name>-{0,2}[A-Za-z_][\w.-]{0,99})(?P<sign>[\\"']*\s*(?:=>|:=|=)\s*|[\\"']+\s*:\s*|\s+)[\\"']*\Z"""
)


def in_value(name: str, value: str, *, by_name: bool) -> str:
    """What kind of secret the value of a variable or a key is; empty for none."""
    shape = looks_like_token(value)
    if shape:
        return shape
    if not by_name:
        return ""
    if name_holds_secret(name) and _is_secret(name, value):
        return _BY_NAME
    return _CONNECTION if _in_string(value) else ""


def in_file(text: str, ignored: Collection[str]) -> str:
    """A line of a file, in YAML, JSON or properties, whose name says that it holds a secret; empty for none."""
    for number, row in enumerate(text.splitlines(), 1):
        what = "" if is_comment(row) else _in_row(row, ignored)
        if what:
            return f"{what}, line {number}"
    return ""


def _in_row(row: str, ignored: Collection[str]) -> str:
    told = _ROW.match(row)
    if told is not None and _is_ignored(told["name"], ignored):
        return ""
    pairs = [(told["name"], told["value"].strip().rstrip(",").strip("\"'"))] if told is not None else []
    for name, value in (*pairs, *json_pairs(row)):
        telling = name_holds_secret(name) and not _is_ignored(name, ignored)
        if telling and not _REFERENCE.match(value) and _is_secret(name, value):
            return f"{_BY_NAME}: {name}"
    return _CONNECTION if any(_in_string(one) for one in (*(value for _, value in pairs), row)) else ""


def _is_ignored(name: str, ignored: Collection[str]) -> bool:
    return name in ignored or name.rpartition(".")[2] in ignored


def in_arguments(words: Sequence[str], ignored: Collection[str], *, by_name: bool) -> Mapping[int, str]:
    """The arguments that hold a secret: the place of each, and who holds what."""
    told: dict[int, str] = {}
    for place, word in enumerate(words):
        by_flag = _by_flag(word, words[place + 1 : place + 2], ignored) if by_name else None
        if by_flag is not None:
            told.setdefault(place + by_flag[0], by_flag[1])
        shape = looks_like_token(word)
        if shape:
            told.setdefault(place, f"an argument holds {shape}")
        elif by_name and _assigned(word, ignored):
            told.setdefault(place, "an argument holds a secret, by the name before it")
    return dict(sorted(told.items()))


def _by_flag(word: str, following: Sequence[str], ignored: Collection[str]) -> tuple[int, str] | None:
    """How far from a flag the secret stands that it is given, and what to say of it."""
    flag = _FLAG.fullmatch(word)
    if flag is None:
        return None
    inside = flag["value"] is not None
    value = flag["value"] if inside else next((one for one in following if not one.startswith("-")), "")
    name = flag["name"].lstrip("-")
    if name in ignored or flag["name"] in ignored or _may_name_one(name, value):
        return None
    telling = name_holds_secret(name) or name in _DIRECTIVES
    if not telling or _REFERENCE.match(value) or not _is_secret(name, value):
        return None
    return (0 if inside else 1), f"{flag['name']} holds {_BY_NAME}"


def _assigned(text: str, ignored: Collection[str]) -> bool:
    """Whether a text sets a secret: ``app --token s3cr3t``, ``export PASSWORD=s3cr3t``, ``{"password": "s3cr3t"}``."""
    for span in assigned_spans(text):
        before, value = _BEFORE.search(text[max(0, span.start - 200) : span.start]), text[span.start : span.end]
        name = before["name"] if before is not None and (before["sign"].strip() or before["name"][0] == "-") else ""
        bare = name.lstrip("-")
        if not name_holds_secret(bare) or bare in ignored or _may_name_one(bare, value):
            continue
        if not _REFERENCE.match(value) and _is_secret(bare, value):
            return True
    return _in_string(text)


def _may_name_one(name: str, value: str) -> bool:
    return bool(_MAY_NAME.search(name) and not field_holds_secret(name) and _NAME.fullmatch(value))


def _is_secret(name: str, value: str) -> bool:
    """Whether a value behind a telling name is a secret itself."""
    bare = value.strip("\"' ")
    if not says_something(value) or _PLACE.fullmatch(bare) or is_label(name, bare) or names_object(name, bare):
        return False
    return bool(_PASSWORDS.search(name)) or not (_PLAIN.fullmatch(bare) or bare.lower() in _CHOICES)


def _in_string(text: str) -> bool:
    """Whether a password stands in a connection string within a text."""
    return any(says_something(value) and not _REFERENCE.match(value) for value in passwords(text))
