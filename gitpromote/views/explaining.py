"""Why an Environment's gates hold or not: every verdict with its operands, when it opens, and what would help."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gitpromote.model.gate import PASSED_BY
from gitpromote.model.lock import EnvironmentLock
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.words import clean, short_commit, shorten
from gitpromote.views.environments import changes_text, decision_text, ways_out
from gitpromote.views.findings import finding_lines
from gitpromote.views.journey import aliases, planned_there
from gitpromote.views.lines import Line, Span, filled, line, table
from gitpromote.views.opening import NEVER, opening
from gitpromote.views.overriding import override_text
from gitpromote.views.pruned import pruned_lines
from gitpromote.views.remedies import remedy
from gitpromote.views.text import wrapped
from gitpromote.views.time import first_minute, instant

__all__ = ["STATUS_STYLES", "Applies", "condition_words", "explanation", "gate_lines", "head_text", "why_text"]

STATUS_STYLES = {"pass": "good", "warn": "wait", "pending": "wait", "fail": "bad", "error": "bad", "skip": "faint"}

Applies = Mapping[str, Sequence[str]]
"""A gate's or a policy's name -> the occasions that it judges; what judges all of them is not there."""

_READS = {"live": "reads live facts", "fixed": "reads the plan alone"}
_NARROWEST = 24  # columns that words below a verdict need at least
_LONGEST = 400  # characters of an operand's value
_INDENT, _GAP = 2, 2


def explanation(
    plan: Plan,
    environment: EnvironmentPlan,
    *,
    width: int | None = None,
    lock: EnvironmentLock | None = None,
    applies: Applies | None = None,
    called: str = "",
    known_as: str = "",
    full: bool = False,
) -> list[Line]:
    """The Environment's head line, every verdict, the steps that would be taken, and the change's digest.

    :param lock: what keeps others from applying to it now
    :param called: the plan's file or digest, by which commands find it again
    :param known_as: a saved plan of the same change, where there is one
    :param full: every operand of every verdict, and all that policies found
    """
    told = _Told(plan, environment, applies or {}, (called, known_as), width, full)
    return [
        *filled(head_text(plan, environment), indent=4, width=width, style="strong"),
        *(told.lines() or _silence(environment)),
        *(_lock_lines(plan, lock) if lock is not None else []),
        *_held(plan, environment),
        *ways_out(plan, environment),
        *pruned_lines([environment]),
        line("  ", _steps_text(environment)),
        line("  ", Span(_target_text(plan, environment), "faint")),
    ]


def _silence(environment: EnvironmentPlan) -> list[Line]:
    """No verdict at all: where there is no Freight, that is what stands in the way, and the head says it."""
    if environment.decision == "unavailable":
        return []
    return [line("  ", Span("nothing stands in the way: no gate is configured", "faint"))]


def head_text(plan: Plan, environment: EnvironmentPlan) -> str:
    """``prod-eu · brave-otter-1c07 · waiting: soak · opens Mon 23 Nov 08:00Z``."""
    words = [environment.name, aliases(planned_there(plan, environment)), decision_text(environment)]
    when = opening(environment, now=plan.as_of)
    if environment.decision == "unavailable":
        when = clean(environment.reason)
    if when and environment.decision == "waiting":
        when = when if when.startswith(NEVER) else f"opens {when}"
    return " · ".join([*words, *([when] if when else [])])


def gate_lines(plan: Plan, *, width: int | None = None) -> list[Line]:
    """Every gate of every environment, with its operands, when it opens, and who overrode it."""
    rows = [
        [
            Span(environment.name),
            Span(outcome.status, STATUS_STYLES[outcome.status]),
            Span(clean(outcome.id)),
            Span(why_text(outcome, now=plan.as_of)),
        ]
        for environment in plan.environments
        for outcome in environment.outcomes
        if outcome.kind != "policy"
    ]
    if not rows:
        return []
    heading = [Span(word, "faint") for word in ("ENVIRONMENT", "STATUS", "GATE", "WHY")]
    return table([heading, *rows], width=width)


def why_text(outcome: Outcome, *, now: int) -> str:
    """What a verdict says, from when or until when, and who overrode it."""
    overridden = override_text(outcome, now=now)
    return clean(outcome.message) + (f"; {overridden}" if overridden else _times(outcome, now))


def condition_words(outcome: Outcome, applies: Sequence[str] | None = None) -> list[str]:
    """What a verdict is held against, whether it reads live facts, and which occasions it judges."""
    threshold = clean(outcome.threshold)
    tells = bool(threshold) and threshold != "true" and threshold not in clean(outcome.message)
    return [
        *([f"needs {threshold}"] if tells else []),
        *([_READS[outcome.reads]] if outcome.reads is not None else []),
        *([f"judges {', '.join(applies)}"] if applies else []),
    ]


def _times(outcome: Outcome, now: int) -> str:
    if outcome.status == "pending" and outcome.from_ is not None:
        return f"; opens {first_minute(outcome.from_, now=now)}"
    since = f" since {instant(outcome.from_, now=now)}" if outcome.from_ is not None else ""
    until = f", until {instant(outcome.until, now=now)}" if outcome.until is not None else ""
    return since + until


class _Told:
    """The verdicts as lines: one row each, and below it what belongs to it."""

    def __init__(
        self,
        plan: Plan,
        environment: EnvironmentPlan,
        applies: Applies,
        called: tuple[str, str],
        width: int | None,
        full: bool,
    ) -> None:
        self.plan, self.environment, self.applies, self.called = plan, environment, applies, called
        self.width, self.full = width, full
        # What is only counted yet is told to those who ask for everything.
        self.outcomes = outcomes = [one for one in environment.outcomes if full or not one.is_audited]
        self.columns = [
            max((len(one.status) for one in outcomes), default=0),
            max((len(clean(one.id)) for one in outcomes), default=0),
        ]
        start = _INDENT + sum(self.columns) + 2 * _GAP
        # Where little room is left beside the names, what is below a verdict is only a little further in than it.
        self.start = start if width is None or width - start >= _NARROWEST else 2 * _INDENT + _GAP

    def lines(self) -> list[Line]:
        told = [each for one in self.outcomes for each in self._outcome(one)]
        return [*told, *(line("  ", Span(text, "faint")) for text in self._unasked())]

    def _unasked(self) -> list[str]:
        """What does not judge such a plan at all, and so has no verdict."""
        kind, judged = _occasion(self.plan, self.environment), {one.id for one in self.environment.outcomes}
        words = {"promote": "a promotion", "adopt": "an adoption", "retire": "a retirement"}.get(kind, f"a {kind}")
        names = [name for name, occasions in self.applies.items() if kind not in occasions and name not in judged]
        return [f"{clean(name)}: does not apply to {words}" for name in names]

    def _outcome(self, outcome: Outcome) -> list[Line]:
        level = f"   ({outcome.level})" if outcome.level != "hard" else ""
        status, name = outcome.status.ljust(self.columns[0]), clean(outcome.id).ljust(self.columns[1])
        style = STATUS_STYLES[outcome.status]
        row = [Span(status, style), Span(name), Span(why_text(outcome, now=self.plan.as_of) + level)]
        return [
            *table([row], width=self.width),
            *self._below(" ".join(clean(outcome.expression).split())),
            *self._below("; ".join(self._condition(outcome))),
            *(each for text in self._operands(outcome) for each in self._below(text)),
            *self._findings(outcome),
            *self._remedy(outcome),
        ]

    def _condition(self, outcome: Outcome) -> list[str]:
        """Told of gates that do not simply hold, and of everything where all is wanted."""
        if self.full or (outcome.kind != "policy" and outcome.status not in ("pass", "skip")):
            return condition_words(outcome, self.applies.get(outcome.id))
        return []

    def _findings(self, outcome: Outcome) -> list[Line]:
        """What is found; on a narrow screen object, field and file each have a line."""
        found = finding_lines([outcome], indent=self.start, full=self.full)
        width = self.width
        return found if width is None else [part for each in found for part in _parted(each, width)]

    def _operands(self, outcome: Outcome) -> list[str]:
        return [f"{clean(name)} = {_shown(value)}" for name, value in outcome.operands.items()] if self.full else []

    def _remedy(self, outcome: Outcome) -> list[Line]:
        called, known_as = self.called
        found = remedy(self.plan, self.environment, outcome, called=called, known_as=known_as)
        if found is None:
            return []
        return [line(" " * self.start, Span(found.text, "command" if found.command else "faint"))]

    def _below(self, text: str) -> list[Line]:
        if not text:
            return []
        texts = [text] if self.width is None else wrapped(text, max(self.width - self.start, _NARROWEST))
        return [line(" " * self.start, Span(each, "faint")) for each in texts]


def _occasion(plan: Plan, environment: EnvironmentPlan) -> str:
    """What is judged: a hotfix goes by a plan like any other."""
    passed = any(one.message == PASSED_BY for one in environment.outcomes)
    entered = any(one.id == "upstream" and one.message.startswith("hotfix by ") for one in environment.outcomes)
    return "hotfix" if plan.kind == "promote" and (passed or entered) else plan.kind


def _parted(every: Line, width: int) -> list[Line]:
    text = "".join(span.text for span in every)
    if len(text) <= width:
        return [every]
    room = len(text) - len(text.lstrip(" "))
    return [line(" " * (room + 2 * bool(number)), part) for number, part in enumerate(text.strip().split("   "))]


def _shown(value: Any) -> str:
    return shorten(clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)), _LONGEST)


def _held(plan: Plan, environment: EnvironmentPlan) -> list[Line]:
    if environment.decision != "held":
        return []
    return [line("  ", Span(f"gitpromote release {clean(plan.pipeline.name)} {environment.name}", "command"))]


def _lock_lines(plan: Plan, lock: EnvironmentLock) -> list[Line]:
    """Who locked it, since when, until when, why; and the command that takes the lock away."""
    since = f" since {instant(lock.at, now=plan.as_of)}" if lock.at else ""
    until = f" until {instant(lock.until, now=plan.as_of)}" if lock.until is not None else ""
    reason = f': "{clean(lock.reason)}"' if lock.reason else ""
    command = f"gitpromote unlock {clean(plan.pipeline.name)} {lock.environment}{'' if lock.mine else ' --force'}"
    return [
        line("  ", Span("locked", "wait"), f"  by {clean(lock.who)}{since}{until}{reason}"),
        line("      ", Span(command, "command"), *([] if lock.mine else ["   # ask first"])),
    ]


def _steps_text(environment: EnvironmentPlan) -> str:
    kinds = " -> ".join(step.kind for step in environment.steps)
    return f"steps: {kinds}   ({changes_text(environment)})" if kinds else "steps: none"


def _target_text(plan: Plan, environment: EnvironmentPlan) -> str:
    target = environment.target
    basis = plan.basis.repositories.get(target.repository)
    head = basis.refs.get(target.ref) if basis is not None else None
    if target.kind == "none":
        return "no target: a point of control"
    place = target.ref.removeprefix("refs/heads/") + (f":{target.path}" if target.path else "")
    return f"target: {place} at {short_commit(head)}   change {environment.change_digest}"
