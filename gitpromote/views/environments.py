"""The table of environments at the head of a plan, and what must be said of some of them below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from gitpromote.model.asked_again import asked_again
from gitpromote.model.freight_words import versions
from gitpromote.model.gate import PASSED_BY
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.report import EnvironmentStatus
from gitpromote.model.words import clean, count, listed
from gitpromote.views.findings import finding_lines
from gitpromote.views.journey import aliases, planned_there, running_there, same_everywhere
from gitpromote.views.lines import Line, Span, hanging, line, table
from gitpromote.views.opening import briefly, shortened, unavailable_texts
from gitpromote.views.overriding import override_text
from gitpromote.views.returning import NOT_UNDONE

#: From how many environments on those that stay as they are are counted, not listed.
FOLD_FROM = 6
#: How many environments of one decision are listed.
LISTED = 40

#: Verdicts on what a target holds whose ways out are told beside them.
_STUCK = frozenset({"foreign", "run-cut-short"})

#: How the outcome of a wave's budget is called.
WAVE = "wave"

DECISION_STYLES = {
    "ready": "good",
    "waiting": "wait",
    "blocked": "bad",
    "held": "wait",
    "unavailable": "wait",
    "noop": "faint",
}
_SYMBOLS = {"blocked": "! ", "waiting": "… "}
_WORDS = {"noop": "no change"}


def environment_table(plan: Plan, *, full: bool = False, width: int | None = None) -> list[Line]:
    """One row per environment, then how many were left out because nothing changes there."""
    shown, folded = (list(plan.environments), {}) if full else _folded(plan.environments)
    several = not same_everywhere([planned_there(plan, each) for each in shown])
    lines = table([_heading(several), *(_row(plan, each, several) for each in shown)], width=width) if shown else []
    return [*lines, *(line("  ", Span(_left_out(words, number), "faint")) for words, number in folded.items())]


def changes_text(environment: EnvironmentPlan) -> str:
    """``+3 ~2 -1, high risk``: how many objects come, change, go, ``-/+`` are replaced; low goes unsaid."""
    seen = Counter("/".join(change.actions) for change in environment.changes)
    symbols = {"create": "+", "update": "~", "delete": "-", "delete/create": "-/+"}
    told = " ".join(f"{symbol}{seen[action]}" for action, symbol in symbols.items() if seen[action]) or "-"
    return told if environment.risk == "low" else f"{told}, {environment.risk} risk"


def decision_text(environment: EnvironmentPlan) -> str:
    """The decision, and for a waiting or blocked one what stands in the way."""
    word = _WORDS.get(environment.decision, environment.decision)
    if environment.decision in ("waiting", "blocked") and environment.reason:
        return f"{word}: {clean(environment.reason)}"
    return word


def _heading(several: bool) -> list[Span]:
    words = ["ENVIRONMENT", "RUNS", *(["FREIGHT"] if several else []), "DECISION", "CHANGES", "OPENS"]
    return [Span(word, "faint") for word in words]


def _row(plan: Plan, environment: EnvironmentPlan, several: bool) -> list[Span]:
    decision = _SYMBOLS.get(environment.decision, "") * (environment.decision == "blocked") + decision_text(environment)
    return [
        Span(environment.name, "strong"),
        Span(versions(running_there(plan, environment))),
        *([Span(aliases(planned_there(plan, environment)))] if several else []),
        Span(decision, DECISION_STYLES.get(environment.decision, "")),
        Span(changes_text(environment)),
        Span(_last_cell(plan, environment)),
    ]


def _last_cell(plan: Plan, environment: EnvironmentPlan) -> str:
    if environment.decision == "unavailable":
        return shortened(clean(environment.reason))
    return briefly(environment, now=plan.as_of)


def _folded(environments: Sequence[EnvironmentPlan]) -> tuple[list[EnvironmentPlan], dict[str, int]]:
    """Which environments get a row, and how many of each decision do not."""
    number = Counter(each.decision for each in environments)
    limits = {word: LISTED if total > LISTED + 1 else total for word, total in number.items()}
    if number["noop"] >= FOLD_FROM:
        limits["noop"] = 0
    shown, seen = [], Counter[str]()
    for each in environments:
        seen[each.decision] += 1
        if seen[each.decision] <= limits[each.decision]:
            shown.append(each)
    return shown, {word: total - limits[word] for word, total in number.items() if total > limits[word]}


def _left_out(decision: str, number: int) -> str:
    if decision == "noop":
        return f"{count(number, 'environment')} unchanged"
    return f"{count(number, 'more environment')} {decision}   (--full lists them)"


def notes(plan: Plan, *, full: bool = False, width: int | None = None) -> list[Line]:
    """What blocks, what stops nothing, what is excused, and how waves stand; each once, with whom it is about."""
    told: dict[_Said, list[_Here]] = {}
    for environment in plan.environments:
        for outcome in _remarkable(environment.outcomes):
            said = _Said(outcome.status, outcome.id, outcome.binding or outcome.overridden is not None)
            told.setdefault(said, []).append((environment.name, outcome))
    keys = sorted(told, key=lambda said: not said.blocks)
    shown = keys if full else keys[:LISTED]
    lines = [each for said in shown for each in _note(said, told[said], plan.as_of, full=full)]
    if len(shown) < len(keys):
        lines.append(line(f"  {count(len(keys) - len(shown), 'more remark')}   (--full shows them)"))
    lines += _excused(plan.environments)
    lines += _passed_by(plan.environments)
    lines += [line("  ", Span(text, "wait")) for text in unavailable_texts(plan.environments)]
    lines += wave_lines(plan.environments)
    lines = [each for one in lines for each in hanging(one, indent=_hang(one), width=width)]
    return lines + [each for environment in plan.environments for each in ways_out(plan, environment)]


def _hang(one: Line) -> int:
    """Where the rest of a remark that does not fit stands: two further in than its first word."""
    text = "".join(span.text for span in one)
    return len(text) - len(text.lstrip(" !·…")) + 2


class _Said(NamedTuple):
    """A verdict that several Environments may have.

    :ivar counts: whether it is of those that stop something, or somebody said that it shall not
    """

    status: str
    id: str
    counts: bool

    @property
    def blocks(self) -> bool:
        return self.status != "warn" and self.counts


_Here: TypeAlias = tuple[str, Outcome]


def _excused(environments: Iterable[EnvironmentPlan]) -> list[Line]:
    """What policies let pass because somebody excused it: who, until when, why."""
    told: dict[tuple[str, str, str], list[str]] = {}
    for environment in environments:
        for outcome in environment.outcomes:
            for finding in outcome.findings if outcome.status == "pass" else ():
                if finding.excepted:
                    key = (finding.message, finding.excepted, outcome.id)
                    told.setdefault(key, []).append(environment.name)
    return [
        line(
            "    ",
            f"{listed(dict.fromkeys(names))}: {clean(message)}; excused by {clean(by)}   ",
            Span(f"[{identifier}]", "faint"),
        )
        for (message, by, identifier), names in told.items()
    ]


def _passed_by(environments: Iterable[EnvironmentPlan]) -> list[Line]:
    """Which gates do not judge a hotfix: nobody is to overlook what is skipped."""
    told: dict[str, list[str]] = {}
    for environment in environments:
        names = [one.id for one in environment.outcomes if one.status == "skip" and one.message == PASSED_BY]
        if names and environment.steps:
            told.setdefault(listed(names), []).append(environment.name)
    return [line("  ", Span(f"· {listed(names)}: a hotfix goes past {gates}", "wait")) for gates, names in told.items()]


def wave_lines(environments: Iterable[EnvironmentPlan | EnvironmentStatus]) -> list[Line]:
    """How each wave with a budget stands: who is under way, who waits for whom, what may still fail."""
    told: dict[tuple[str, str], list[str]] = {}
    for environment in environments:
        for outcome in environment.outcomes:
            if outcome.id == WAVE and ":" in outcome.message:
                told.setdefault((outcome.message, outcome.status), []).append(environment.name)
    return [
        line(
            "  ",
            Span(("… " if status == "pending" else "  ") + listed(names), "wait" if status == "pending" else ""),
            f": {clean(message)}   ",
            Span(f"[{WAVE}]", "faint"),
        )
        for (message, status), names in told.items()
    ]


def ways_out(plan: Plan, environment: EnvironmentPlan) -> list[Line]:
    """The commands that help where the target holds foreign content, or what a run left that was killed."""
    stuck = (each for each in environment.outcomes if each.id in _STUCK and each.status == "fail")
    foreign = next(stuck, None)
    if foreign is None:
        return []
    place = f"{clean(plan.pipeline.name)} {environment.name}"
    keep = line("      ", Span(f"gitpromote adopt {place} --reason …", "command"), "   # keep it")
    lines = [] if foreign.operands.get("gone") else [keep]
    if isinstance(again := foreign.operands.get("plan"), str):
        lines.insert(0, line("      ", Span(f"gitpromote apply {clean(again)}", "command"), "   # go on with that run"))
    if foreign.id != "foreign":
        return lines
    named = foreign.operands.get("named")
    if isinstance(named, str):
        asked = asked_again(plan) if plan.kind == "promote" else ""
        undo = f"gitpromote plan {clean(plan.pipeline.name)}{asked} --replace {environment.name}@{clean(named)[:12]}"
        lines.append(line("      ", Span(undo, "command"), "   # undo it"))
    if foreign.operands.get("back", True):
        back = f"gitpromote rollback {place} --reason …"
        lines.append(line("      ", Span(back, "command"), "   # go back to the Freight before"))
    return lines


def _remarkable(outcomes: Iterable[Outcome]) -> list[Outcome]:
    told = [each for each in outcomes if each.status in ("warn", "fail", "error") and each.id != NOT_UNDONE]
    return [each for each in told if not each.is_audited]


def _note(said: _Said, where: Sequence[_Here], now: int, *, full: bool) -> list[Line]:
    """Once per message, then what was found, which is told once for all of them."""
    told: dict[str, list[str]] = {}
    for name, outcome in where:
        words = (outcome.message, override_text(outcome, now=now))
        told.setdefault("\n".join(part for part in words if part), []).append(name)
    heads = [each for message, names in told.items() for each in _head(said, message, names)]
    names = [name for name, _ in where]
    return [*heads, *finding_lines([one for _, one in where], indent=6, full=full, names=names)]


def _head(said: _Said, message: str, names: Sequence[str]) -> list[Line]:
    first, *more = message.split("\n")
    mark = "! " if said.blocks else "  " if said.counts else "· "
    word = "" if said.counts else "   (advisory: stops nothing)"
    style = "bad" if said.blocks else "wait"
    head = line("  ", Span(mark + listed(names), style), f": {clean(first)}   ", Span(f"[{said.id}]{word}", "faint"))
    return [head, *(line("      ", clean(text)) for text in more)]
