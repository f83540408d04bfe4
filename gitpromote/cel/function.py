"""What a function of ours is: its name, its types, what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["CIDR", "IP", "ITEMS", "QUANTITY", "SEMVER", "URL", "Function"]

SEMVER = "semver"
QUANTITY = "quantity"
URL = "url"
IP = "ip"
CIDR = "cidr"
#: What may stand in a list: the library takes no single name for all of them.
ITEMS = ("string", "int", "uint", "double", "bool", "null", "list", "map")


class Function(NamedTuple):
    """A function, or a method of its first parameter.

    Types are ``string int uint double bool null list map`` and those of ours; of what is given also ``dyn``,
    anything, ``strings``, a list, and ``table``, lists of texts by name.
    """

    name: str
    gives: str
    takes: tuple[str, ...]
    call: Callable[..., Any]
    method: bool = True
