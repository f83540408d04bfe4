"""What a text addresses: hosts, accounts, names of cloud resources."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["addresses"]

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_ADDRESS = re.compile(
    rf"""(?xi)
    (?P<arn> arn:aws[a-z-]*:[^\s"'<>,;]+ )
    | [a-z][a-z0-9+.-]*://(?:[^\s/@"'<>]*@)?(?P<url>[^\s/:@"'<>?\#]+)   # never with user and password
    | (?<![\w.@/-])(?P<host>(?:{_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9])(?![\w-])
    | (?<![\w.:/-])(?P<service>{_LABEL}):[0-9]{{2,5}}(?![\w.])
    | (?<![\w.])(?P<ip>(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}})(?![\w.])
    | (?<![\w.-])(?P<account>[0-9]{{12}})(?![\w.-])
    """
)


def addresses(text: str) -> Iterator[str]:
    """The hosts, ARNs, IP addresses and account numbers that a text names, in small letters, without credentials."""
    for match in _ADDRESS.finditer(text):
        yield match[match.lastgroup or 0].lower()
