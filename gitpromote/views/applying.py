"""How an apply ended, environment by environment."""

from __future__ import annotations

from collections.abc import Iterable

from gitpromote.model.plan import Plan
from gitpromote.model.result import LANDED_DIFFERS, ApplyResult, EnvironmentResult, ResultStatus
from gitpromote.model.words import clean, count, listed, short_commit
from gitpromote.views.lines import Line, Span, indented, line, paragraph, table
from gitpromote.views.time import day

_STYLES = {
    "written": "good",
    "inherited": "good",
    "already": "faint",
    "noop": "faint",
    "waiting": "wait",
    "held": "wait",
    "unavailable": "wait",
    "blocked": "bad",
    "stale": "bad",
    "failed": "bad",
    "not-started": "faint",
}
_DONE: tuple[ResultStatus, ...] = ("written", "inherited", "already", "noop")
_WAITS: tuple[ResultStatus, ...] = ("waiting", "held", "unavailable")
_FAILED: tuple[ResultStatus, ...] = ("blocked", "stale", "failed")
#: How an environment's end is called where its message does not begin with that word.
_WORDS = {
    "written": "written",
    "inherited": "recorded",
    "already": "already applied",
    "noop": "no change",
    "waiting": "waiting",
    "held": "held",
    "unavailable": "unavailable",
    "blocked": "BLOCKED",
    "stale": "STALE",
    "failed": "FAILED",
    "not-started": "not started",
}


def apply_view(result: ApplyResult, plan: Plan | None = None, *, width: int | None = None) -> list[Line]:
    """One row per environment, neighbours with the same fate in one; then the counts and what to do next."""
    rows: list[Line] = []
    groups = _groups(result.environments)
    column = min(max((len(_names(group)) for group in groups), default=0), 24)
    for group in groups:
        rows += _row(group, column, width, now=plan.as_of if plan else None)
    return [*rows, _summary(result), *_ending(result)]


def _groups(results: Iterable[EnvironmentResult]) -> list[list[EnvironmentResult]]:
    """Neighbours that nothing tells apart but their names; what was written always stands alone."""
    groups: list[list[EnvironmentResult]] = []
    for result in results:
        same = bool(groups) and result.status != "written" and _fate(groups[-1][0]) == _fate(result)
        if same:
            groups[-1].append(result)
        else:
            groups.append([result])
    return groups


def _fate(result: EnvironmentResult) -> tuple[str, ...]:
    if result.status == "already" and result.at is not None:
        return (result.status, day(result.at))
    return (result.status, result.message, result.detail, result.hint)


def _names(group: list[EnvironmentResult]) -> str:
    return listed((each.name for each in group), limit=3)


def _row(group: list[EnvironmentResult], column: int, width: int | None, *, now: int | None) -> list[Line]:
    first = group[0]
    text = _text(first)
    if len(group) > 1 and first.status == "already" and first.at is not None:
        text = f"already applied {day(first.at, now=now)}"  # by whom and as which commit differs
    cells = [Span(_names(group).ljust(column), "strong"), Span(text, _STYLES[first.status])]
    lines = table([cells], indent=0, width=width)
    if first.detail:
        lines += indented(paragraph(_safe(first.detail), indent=0), column + 2)
    return lines


def _text(result: EnvironmentResult) -> str:
    word, message = _WORDS[result.status], clean(result.message)
    if result.status == "written" and not message:
        ref = (result.ref or "").removeprefix("refs/heads/")
        return f"written {short_commit(result.commit)} -> {ref}"
    if not message or message.lower().startswith(word.lower()):
        return message or word
    joiner = "  " if word.isupper() else ": "
    return f"{word}{joiner}{message}"


def _safe(text: str) -> str:
    from gitpromote.views.text import clean_lines

    return clean_lines(text)


def _summary(result: ApplyResult) -> Line:
    done, waits = result.count(*_DONE), result.count(*_WAITS)
    failed, left = result.count(*_FAILED), result.count("not-started")
    return line(Span(f"Applied: {done} done, {failed} failed, {waits} waiting, {left} not started.", "strong"))


def _ending(result: ApplyResult) -> list[Line]:
    lines: list[Line] = []
    failed = [each for each in result.environments if each.status in _FAILED]
    codes = list(dict.fromkeys(each.code for each in failed if each.code))
    # Of targets alone: the ledger may have got the plan. What failed with a commit, or is otherwise now, was written.
    landed = result.count("written", "inherited") or any(each.commit or each.code == LANDED_DIFFERS for each in failed)
    if result.environments and not landed:
        lines.append(line("No target was written.", *(Span(f"   [{code}]", "faint") for code in codes)))
    elif codes:
        lines.append(line(*(Span(f"[{code}] ", "faint") for code in codes)))
    for text, below in _hints(result).items():
        lines += [line(Span(every, "command")) for every in (text, *below)]
    if result.interrupted:
        lines.append(line(f"Interrupted; {count(result.count('not-started'), 'environment')} not started."))
    return lines


def _hints(result: ApplyResult) -> dict[str, list[str]]:
    """What would help, and the commands that do it: those with the same words stand below them together."""
    found: dict[str, dict[str, None]] = {}
    for each in result.environments:
        if each.hint:
            text, *commands = _safe(each.hint).split("\n")
            found.setdefault(text, {}).update(dict.fromkeys(commands))
    return {text: list(commands) for text, commands in found.items()}
