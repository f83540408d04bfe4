"""A compiled expression over objects or changes that remembers what it said of equal operands."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gitpromote.cel.expression import Expression
from gitpromote.cel.library import Failed
from gitpromote.model.names import kind_of
from gitpromote.policy.reasons import Wrong, why

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitpromote.policy.rule_facts import Facts, Stand

__all__ = ["RuleProgram", "is_of"]


class RuleProgram:
    """Objects of one chart are alike in what is asked: each different answer is worked out once."""

    def __init__(self, expression: Expression) -> None:
        self._expression = expression
        self._known: dict[tuple[bytes, ...], bool | Wrong] = {}

    def verdict(self, facts: Facts) -> bool | Wrong:
        """Whether it is true, or why that cannot be told."""
        stands = [facts.at(use) for use in self._expression.uses]
        key = tuple([one.key for one in stands])
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._judged(facts, stands)
        return known

    def _judged(self, facts: Facts, stands: list[Stand]) -> bool | Wrong:
        uses, program = self._expression.uses, self._expression.program
        value = program.run_prepared(facts.prepared(uses, stands))
        if isinstance(value, bool):
            return value
        if isinstance(value, Failed):
            pairs = zip(uses, stands, strict=True)
            return why(value.reason, self._expression, {use.variable: None for use, one in pairs if one.value is ...})
        return Wrong(f"it gives {kind_of(value)}, not true or false")


def is_of(kinds: Iterable[str], group: str, kind: str) -> bool:
    """Whether objects of a kind are meant by shell patterns such as ``Deployment`` and ``apps/*``; none means all."""
    patterns = tuple(kinds)
    return not patterns or any(fnmatchcase(f"{group}/{kind}" if "/" in one else kind, one) for one in patterns)
