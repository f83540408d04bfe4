"""Why an expression gave no value, in words that repeat none: what is judged may be secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from gitpromote.cel.bind import Use
from gitpromote.cel.expression import Expression

__all__ = ["Wrong", "name_of", "why"]

#: Reasons of the library that repeat no value.
_QUIET = re.compile(
    r"divide by zero|modulus by zero|it goes through more items than it may|it was interrupted"
    r"|(?:unsigned )?integer (?:over|under)flow|cannot convert \w+ to \w+|String to \w+ conversion failed"
    r"|there is no item -?\d+ in a list of \d+|.* does not go with .*|.* joins true or false, not .*"
    r"|it gives an optional value: .*|what has no fields is asked for one|\w+\(\) does not take .*"
    r"|the list is empty|what is in the list .*|there is no character -?\d+ in a text of \d+"
    r"|it is no (?:absolute URL|IP address|range of IP addresses|regular expression that is supported)"
    r"|the search takes too long|the regular expression is too large"
)
_NO_KEY = re.compile(r'there is no "(\w+)"')


class Wrong(NamedTuple):
    """Why something could not be judged.

    :ivar hint: what to do
    """

    message: str
    hint: str = ""


def why(reason: str, expression: Expression, missing: Mapping[str, Wrong | None]) -> Wrong:
    """The library's reason for giving no value, by names that people know.

    :param missing: the variables of ``uses`` that have no value, with why that is so where that is known
    """
    for use in expression.uses:
        if use.variable in missing and f'"{use.variable}"' in reason:
            name = name_of(use)
            return missing[use.variable] or Wrong(f"{name} is not there", f"ask first: has({name}) && …")
    key = _NO_KEY.fullmatch(reason)
    if key is not None and re.search(rf"\b{key[1]}\b", expression.text):
        return Wrong(f"there is no {key[1]} where it is asked for", "ask first with has(…)")
    return Wrong(reason if _QUIET.fullmatch(reason) else "it gives no value")


def name_of(use: Use) -> str:
    """A path as its expression has it, on one line."""
    text = " ".join(use.text.split())
    return text if "(" not in text else ".".join(use.path)
