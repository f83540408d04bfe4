"""What is wrong with the expressions of a file of unit tests, told before any of them is run.

Which environments, metrics and windows there are, each test tells for itself: any name will do here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gitpromote.model.definition import Definition
from gitpromote.model.gate import Gate
from gitpromote.model.gate_plain import CEL
from gitpromote.model.policy import Rule

if TYPE_CHECKING:
    from gitpromote.cel.declare import Declaration
    from gitpromote.cel.problem import ExpressionProblem

__all__ = ["wrong_in"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|'([^']*)'|\"([^\"]*)\"")


def wrong_in(definition: Definition) -> Iterator[tuple[str, ExpressionProblem]]:
    """The member, and what is wrong with its expression: grammar, names, types."""
    said = list(_said(definition))
    if not said:
        return
    from gitpromote.cel.expression import problems_in  # the floor of expressions is loaded where there is one

    for member, text, declaration in said:
        for wrong in problems_in(text, declaration):
            yield member, wrong


def _said(definition: Definition) -> Iterator[tuple[str, str, Declaration]]:
    if isinstance(definition, Rule):
        from gitpromote.cel.policy_contexts import rule

        yield "expression", definition.expression, rule(definition.on)
    if isinstance(definition, Gate) and definition.when:
        from gitpromote.cel.contexts import when

        yield "when", definition.when, when()
    if isinstance(definition, CEL):
        from gitpromote.cel.contexts import gates

        names = {word for found in _NAME.finditer(definition.expression) for word in (found[0], found[1], found[2])}
        known = sorted(filter(None, names))
        yield "expression", definition.expression, gates(environments=known, metrics=known, windows=known)
