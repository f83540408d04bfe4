"""What ``run`` did: a table of environments where it ran once, a line per round where it goes on."""

from __future__ import annotations

from collections.abc import Iterable

from gitpromote.errors import GitpromoteError
from gitpromote.model.outcome import REPLACES_REJECTED
from gitpromote.model.result import ApplyResult, EnvironmentResult
from gitpromote.model.round import Ran, Round, Turn
from gitpromote.model.words import clean, listed, short_commit
from gitpromote.views.applying import apply_view
from gitpromote.views.discovery import rejected_texts, waiting_texts
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.time import duration, first_minute, iso

_STYLES = {
    "written": "good",
    "inherited": "good",
    "waiting": "wait",
    "held": "wait",
    "unavailable": "wait",
    "blocked": "bad",
    "stale": "bad",
    "failed": "bad",
    "left": "faint",
}


def ran_view(ran: Ran, *, width: int | None = None) -> list[Line]:
    """Why nothing newer was found; what is left to people; how each environment ended, as after an apply."""
    newer = _newer_lines(ran)
    turns = [turn for turn in ran.turns if turn.status]
    warned = _warning_lines(ran)
    if not turns and not ran.troubles:
        return [*newer, *_idle(ran), *warned]
    replaced = _replacing_lines(turns)
    left = [turn for turn in turns if turn.result is None]
    last = ran.rounds[-1]
    results = (*_results(turns, now=last.as_of), *ran.troubles)
    told = ApplyResult(pipeline=last.pipeline, plan=last.plan, environments=results, interrupted=ran.interrupted)
    head = [*newer, *replaced, *_left_lines(left, last.pipeline, width)]
    return [*head, *(apply_view(told, width=width) if results else []), *warned]


def _warning_lines(ran: Ran) -> list[Line]:
    """What a plan warns of, as the last round saw it."""
    texts = [text.split("\n") for text in (ran.rounds[-1].warnings if ran.rounds else ())]
    return [
        line(*([Span("! ", "bad")] if not at else [" " * (len(each) - len(each.lstrip()))]), clean(each))
        for lines in texts
        for at, each in enumerate(lines)
    ]


def _results(turns: Iterable[Turn], *, now: int) -> list[EnvironmentResult]:
    """One for each write, and one for each Environment without any: what came after a write is told behind it."""
    found: list[tuple[str, EnvironmentResult]] = []
    for turn in turns:
        if turn.result is None:
            continue
        result = _named(turn, _timed(turn, turn.result, now))
        if found and found[-1][0] == turn.name and not (turn.wrote or turn.differs):
            name, before = found[-1]
            found[-1] = (name, _with_next(before, turn, result))
        else:
            found.append((turn.name, result))
    return [result for _, result in found]


def _timed(turn: Turn, result: EnvironmentResult, now: int) -> EnvironmentResult:
    """With the moment at which it opens, where that is known."""
    if result.status != "waiting" or turn.opens is None:
        return result
    return result.model_copy(update={"message": f"{result.message}; opens {first_minute(turn.opens, now=now)}"})


def _with_next(before: EnvironmentResult, turn: Turn, result: EnvironmentResult) -> EnvironmentResult:
    """``written …; then brave-otter-1c07 waiting: …``. What is blocked or failed keeps what would help."""
    freight = f"{listed(turn.freight, limit=3)} " if turn.freight else ""
    word = result.status.upper() if result.status in ("blocked", "stale", "failed") else result.status
    told = {"message": f"{before.message}; then {freight}{word}: {result.message}"}
    hints = [one for one in (before.hint, result.hint) if one]
    told |= {"hint": "\n".join(dict.fromkeys(hints)), "detail": "\n".join(filter(None, (before.detail, result.detail)))}
    return before.model_copy(update=told)


def _named(turn: Turn, result: EnvironmentResult) -> EnvironmentResult:
    """``test (web)``: of an environment that several Warehouses feed, whose Freight it is."""
    if not turn.warehouses:
        return result
    return result.model_copy(update={"name": f"{turn.name} ({', '.join(turn.warehouses)})"})


def _idle(ran: Ran) -> list[Line]:
    """Why there is nothing to do."""
    resting = ran.rounds[-1].resting if ran.rounds else ""
    first, *more = (resting or "every environment holds what its Freight makes.").split("\n")
    rest = (line(" " * (len(each) - len(each.lstrip())), clean(each)) for each in more)
    return [line(f"Nothing to do: {clean(first)}"), *rest]


def _newer_lines(ran: Ran) -> list[Line]:
    """Once for each Warehouse, as the last round saw it."""
    if not ran.rounds:
        return []
    last = ran.rounds[-1]
    texts = [*rejected_texts(last.passed_over), *waiting_texts(last.newer)]
    return [line(Span(text, "wait")) for text in texts]


def _replacing_lines(turns: Iterable[Turn]) -> list[Line]:
    """``· test, uat: brave-otter-1c07, which is here, was rejected …``, once for each of them."""
    return [
        line(
            "  ",
            Span(f"· {listed(names, limit=3)}", "wait"),
            f": {clean(text)}   ",
            Span(f"[{REPLACES_REJECTED}]", "faint"),
        )
        for text, names in _replaced(turns)
    ]


def _replaced(turns: Iterable[Turn]) -> list[tuple[str, list[str]]]:
    told: dict[str, list[str]] = {}
    for turn in turns:
        for text in turn.replaces:
            told.setdefault(text, []).append(turn.name)
    return list(told.items())


def _left_lines(left: list[Turn], pipeline: str, width: int | None) -> list[Line]:
    """What a person may apply, and why ``run`` does not."""
    rows = [
        [Span(turn.name, "strong"), Span(f"left to a person: {clean(turn.auto.message)}", "faint")] for turn in left
    ]
    ready = [turn.name for turn in left if turn.decision in ("ready", "noop")]
    lines = table(rows, indent=0, width=width)
    if ready:
        lines.append(line("  ", Span(f"gitpromote apply {pipeline} --env {','.join(ready)}", "command")))
    return lines


def round_line(done: Round, *, again: float) -> Line:
    """A round in one line: what moved, what waits and for what, and when the next one begins."""
    now = done.as_of
    parts: list[Span] = []
    troubles = [(f"{one.name} {_failed_text(one)}", _STYLES["failed"]) for one in done.troubles]
    newer = [
        (f"{'' if name == done.pipeline else name + ' '}newer, {fate}: {clean(why)}", "wait")
        for fate, told in (("rejected", done.passed_over), ("waiting", done.newer))
        for name, why in told.items()
    ]
    replaced = [(f"{listed(names, limit=3)}: {clean(text)}", "wait") for text, names in _replaced(done.environments)]
    resting = [(clean(done.resting.partition("\n")[0].rstrip(":")), "faint")] if done.resting else []
    for text, style in (*replaced, *_fates(done.environments, now), *troubles, *newer, *resting):
        parts += [Span("; ") if parts else Span(""), Span(text, style)]
    spans = parts or [Span("nothing to do", "faint")]
    return (Span(f"{iso(now)}  "), Span(done.pipeline, "strong"), Span("  "), *spans, _again(again))


def _fates(turns: Iterable[Turn], now: int) -> list[tuple[str, str]]:
    """Each fate once, with the names of the environments that share it."""
    groups: dict[str, list[Turn]] = {}
    for turn in turns:
        if turn.status not in ("", "noop"):
            groups.setdefault(_fate(turn, now), []).append(turn)
    return [
        (f"{listed((turn.name for turn in group), limit=3)} {fate}", _STYLES.get(group[0].status, ""))
        for fate, group in groups.items()
    ]


def _fate(turn: Turn, now: int) -> str:
    result, freight = turn.result, f" ({', '.join(turn.freight)})" if turn.freight else ""
    if result is None:
        why = ": " + clean(turn.auto.message) if turn.auto.status == "error" else ""
        return f"left to a person{freight}{why}"
    match result.status:
        case "written":
            return f"written {short_commit(result.commit)}{freight}"
        case "inherited":
            return f"recorded{freight}"
        case "waiting":
            until = f" until {first_minute(turn.opens, now=now)}" if turn.opens is not None else ""
            return f"waiting: {result.code or clean(result.message)}{until}"
        case "blocked":
            return f"BLOCKED: {clean(result.message)}"
        case "failed" | "stale":
            return _failed_text(result)
    return clean(result.message) or result.status


def _failed_text(result: EnvironmentResult) -> str:
    return f"{result.status.upper()}: {clean(result.message)}  [{result.code}]"


def quiet_line(done: Round, *, again: float) -> Line:
    """A round in which everything was as before."""
    return (Span(f"{iso(done.as_of)}  "), Span(done.pipeline, "strong"), Span("  as before", "faint"), _again(again))


def failed_line(error: GitpromoteError, *, now: int, again: float, pipeline: str | None = None) -> Line:
    """A round that failed; why was told, or stands above.

    :param pipeline: which, where there are several
    """
    name: list[str | Span] = [Span(pipeline, "strong"), "  "] if pipeline else []
    words = Span(f"FAILED: {clean(error.summary)}", "bad")
    return line(f"{iso(now)}  ", *name, words, "  ", Span(f"[{error.code}]", "faint"), _again(again))


def _again(seconds: float) -> Span:
    return Span(f"   (again in {duration(max(1, round(seconds)))})", "faint")
