"""Functions beside those of CEL: versions and Kubernetes quantities, and what else Kubernetes adds to CEL.

Of a version, a quantity or an address the library sees a map with one entry: it has no values of foreign types.
"""

from __future__ import annotations

import re
from fractions import Fraction

from gitpromote.cel.finite import finite_functions
from gitpromote.cel.function import CIDR, IP, QUANTITY, SEMVER, URL, Function
from gitpromote.cel.lists import list_functions
from gitpromote.cel.network import network_functions
from gitpromote.cel.patterns import pattern_functions
from gitpromote.model.version import Version, difference

__all__ = ["OWN", "QUANTITY", "SEMVER", "Function", "functions", "quantity_of"]

#: Types of values that CEL does not have.
OWN = (SEMVER, QUANTITY, URL, IP, CIDR)
_BINARY: dict[str, int] = {f"{sign}i": 1024**power for power, sign in enumerate("KMGTPE", start=1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE])([+-]?\d{1,3})|([KMGTPE]i|[numkMGTPE])?)", re.ASCII)


def functions() -> tuple[Function, ...]:
    """All of them. Where versions and quantities have a method of one name, one function serves both."""
    own = (SEMVER, QUANTITY)
    return (
        Function("semver", SEMVER, ("string",), lambda text: {SEMVER: _plain(_version(text))}, method=False),
        Function("isSemver", "bool", ("string",), lambda text: Version.parse(text) is not None, method=False),
        Function("semverDiff", "string", ("string", "string"), _difference, method=False),
        *(
            Function(part, "int", (SEMVER,), lambda value, at=at: _version(value[SEMVER]).numbers[at])
            for at, part in enumerate(("major", "minor", "patch"))
        ),
        Function("prerelease", "string", (SEMVER,), lambda value: _version(value[SEMVER]).prerelease),
        Function("quantity", QUANTITY, ("string",), lambda text: {QUANTITY: str(_quantity(text))}, method=False),
        Function("isQuantity", "bool", ("string",), lambda text: quantity_of(text) is not None, method=False),
        *(Function("compareTo", "int", (kind, kind), _compare) for kind in own),
        *(Function("isLessThan", "bool", (kind, kind), lambda a, b: _compare(a, b) < 0) for kind in own),
        *(Function("isGreaterThan", "bool", (kind, kind), lambda a, b: _compare(a, b) > 0) for kind in own),
        *(
            Function(name, QUANTITY, (QUANTITY, kind), lambda a, b, sign=sign: {QUANTITY: str(_of(a) + sign * _of(b))})
            for name, sign in (("add", 1), ("sub", -1))
            for kind in (QUANTITY, "int")
        ),
        Function("sign", "int", (QUANTITY,), lambda a: (_of(a) > 0) - (_of(a) < 0)),
        Function("isInteger", "bool", (QUANTITY,), lambda a: _of(a).denominator == 1 and abs(_of(a)) < 2**63),
        Function("asInteger", "int", (QUANTITY,), lambda a: _whole(_of(a))),
        Function("asApproximateFloat", "double", (QUANTITY,), _float),
        *finite_functions(),
        *list_functions(),
        *pattern_functions(),
        *network_functions(),
    )


def quantity_of(text: str) -> Fraction | None:
    """The exact number that a Kubernetes quantity stands for; ``None`` if the text is none."""
    match = _QUANTITY.fullmatch(text) if len(text) < 100 else None
    if match is None:
        return None
    number: Fraction = Fraction(match[1])
    exponent, suffix = match[3], match[4] or ""
    if suffix in _BINARY:
        return number * _BINARY[suffix]
    power = int(exponent) if exponent else _DECIMAL[suffix]
    scale: int = 10 ** abs(power)
    return number * scale if power >= 0 else number / scale


def _version(text: str) -> Version:
    version = Version.parse(text)
    if version is None:
        raise ValueError(f"{text!r} is not a version")
    return version


def _plain(version: Version) -> str:
    """Equal versions have equal texts."""
    return str(version).partition("+")[0]


def _difference(before: str, after: str) -> str:
    return difference(_version(before), _version(after))


def _quantity(text: str) -> Fraction:
    quantity = quantity_of(text)
    if quantity is None:
        raise ValueError(f"{text!r} is not a quantity")
    return quantity


def _of(value: dict[str, str] | int) -> Fraction:
    return Fraction(value if isinstance(value, int) else value[QUANTITY])


def _compare(one: dict[str, str], other: dict[str, str]) -> int:
    if SEMVER in one:
        first, second = _version(one[SEMVER]).precedence, _version(other[SEMVER]).precedence
        return (first > second) - (first < second)
    return (_of(one) > _of(other)) - (_of(one) < _of(other))


def _float(value: dict[str, str]) -> float:
    try:
        return float(_of(value))
    except OverflowError as error:
        raise ValueError("this quantity is beyond what decimal numbers can be") from error


def _whole(number: Fraction) -> int:
    if number.denominator != 1:
        raise ValueError(f"{number} is not a whole number")
    return number.numerator
