"""One gate's question: what it needs, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.model.evidence import Subject
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.words import in_one_line
from gitpromote.policy.gate_context import GateContext

__all__ = ["Answer", "Asker", "Inquiry", "Question", "no_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What a gate is to be asked for.

    :ivar objects: gives everything that the target would hold, for the few that look at it; ``None`` where nobody knows
    :ivar starts: whether a Job may be started
    :ivar known: what was found out for other gates in the same moment, by what it is
    """

    world: World
    gate: Any
    context: GateContext
    subject: Subject
    objects: Callable[[], ManifestSet | None] | None = None
    starts: bool = False
    known: dict[tuple[str, ...], Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """Facts, or why there are none."""

    value: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


class Question(NamedTuple):
    """A question that is ready to be asked from any thread.

    :ivar source: who is asked, for people
    :ivar ask: asks; may raise a ``GitpromoteError``
    """

    source: str
    ask: Callable[[], Answer]


Asker: TypeAlias = Callable[[Inquiry], Question | None]
"""Reads what the question takes, in the main thread; ``None``: it is too early to ask."""


def no_answer(error: GitpromoteError) -> Answer:
    """What a failure says, on one line: what was wrong, where, and what to do."""
    detail = in_one_line(error.detail)
    hint = " ".join(line.strip() for line in error.hint.splitlines() if line.strip())
    told = f"{error.summary}: {detail}" if detail else error.summary
    if not hint:
        return Answer(error=told)
    # Either the hint goes on after it, or it is a sentence of its own.
    return Answer(error=f"{told.removesuffix('.')}{'. ' if hint[0].isupper() else '; '}{hint}")
