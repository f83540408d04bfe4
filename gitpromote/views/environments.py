"""The table of environments at the head of a plan, and what must be said of some of them below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.report import EnvironmentStatus
from gitpromote.views.findings import finding_lines
from gitpromote.views.journey import aliases, planned_there, running_there, same_everywhere, versions
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.opening import opening, shortened, unavailable_texts
from gitpromote.views.overriding import override_text
from gitpromote.views.returning import NOT_UNDONE
from gitpromote.views.text import clean, count, listed

#: From how many environments on those that stay as they are are counted, not listed.
FOLD_FROM = 6
#: How many environments of one decision are listed.
LISTED = 40

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
    return opening(environment, now=plan.as_of)


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


def notes(plan: Plan, *, full: bool = False) -> list[Line]:
    """What blocks, what passed with a warning, and how waves stand, once per message, each with whom it is about."""
    told: dict[tuple[str, str, str], list[str]] = {}
    found: dict[tuple[str, str, str], list[Outcome]] = {}
    for environment in plan.environments:
        for outcome in _remarkable(environment.outcomes):
            said = "\n".join(part for part in (outcome.message, override_text(outcome, now=plan.as_of)) if part)
            key = (outcome.status, outcome.id, said)
            told.setdefault(key, []).append(environment.name)
            found.setdefault(key, []).append(outcome)
    keys = sorted(told, key=lambda key: key[0] == "warn")
    shown = keys if full else keys[:LISTED]
    lines = [
        each for key in shown for each in (*_note(key, told[key]), *finding_lines(found[key], indent=6, full=full))
    ]
    if len(shown) < len(keys):
        lines.append(line(f"  {count(len(keys) - len(shown), 'more remark')}   (--full shows them)"))
    lines += [line("  ", Span(text, "wait")) for text in unavailable_texts(plan.environments)]
    lines += wave_lines(plan.environments)
    return lines + [each for environment in plan.environments for each in ways_out(plan, environment)]


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
    """The commands that help where the target holds foreign content."""
    foreign = next((each for each in environment.outcomes if each.id == "foreign" and each.status == "fail"), None)
    if foreign is None:
        return []
    place = f"{clean(plan.pipeline.name)} {environment.name}"
    keep = line("      ", Span(f"gitpromote adopt {place} --reason …", "command"), "   # keep it")
    lines = [] if foreign.operands.get("gone") else [keep]
    head = foreign.operands.get("head")
    if isinstance(head, str):
        undo = f"gitpromote plan {clean(plan.pipeline.name)} --replace {environment.name}@{clean(head)[:12]}"
        lines.append(line("      ", Span(undo, "command"), "   # undo it"))
    return lines


def _remarkable(outcomes: Iterable[Outcome]) -> list[Outcome]:
    told = [each for each in outcomes if each.status in ("warn", "fail", "error") and each.id != NOT_UNDONE]
    return [each for each in told if not each.is_audited]


def _note(key: tuple[str, str, str], names: list[str]) -> list[Line]:
    status, identifier, message = key
    first, *more = message.split("\n")
    style = "wait" if status == "warn" else "bad"
    mark = "  " if status == "warn" else "! "
    head = line("  ", Span(mark + listed(names), style), f": {clean(first)}   ", Span(f"[{identifier}]", "faint"))
    return [head, *(line("      ", clean(text)) for text in more)]
