"""What each environment runs, since when, and what would come next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from gitpromote.model.freight_words import versions, versions_beside
from gitpromote.model.report import EnvironmentStatus, StatusReport
from gitpromote.model.words import clean, count, listed, short_commit
from gitpromote.views.environments import LISTED, wave_lines
from gitpromote.views.journey import aliases
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.overriding import override_text
from gitpromote.views.text import clean_lines
from gitpromote.views.time import ago, instant

#: What a fresh plan says that is told here too.
_CUT_SHORT = "run-cut-short"
_TOLD = ("debt", "rolled-back", "ledger-missing", _CUT_SHORT)
_HEADINGS = ("ENVIRONMENT", "RUNS", "FREIGHT", "SINCE", "VERIFIED", "NEXT")


def status_view(report: StatusReport, *, full: bool = False, width: int | None = None) -> list[Line]:
    """A table of the environments, then what is wrong or held."""
    shown, folded = _folded(report.environments, full=full)
    rows = [[Span(word, "faint") for word in _HEADINGS], *(_row(each, report.as_of) for each in shown)]
    return [
        _head(report),
        (),
        *(table(rows, width=width) if shown else []),
        *(line("  ", Span(text, "faint")) for text in folded),
        *rejected_lines(report.environments),
        *[each for status in report.environments for each in _remarks(status, report.as_of)],
        *wave_lines(report.environments),
        *([line(f"  {report.pipeline}: {clean_lines(report.resting)}")] if report.resting else []),
    ]


def rejected_lines(environments: Iterable[EnvironmentStatus]) -> list[Line]:
    """``! test, uat: brave-otter-1c07, which is here, was rejected: "CVE-1"``, once for each Freight.

    Where nothing else may come, that is the reason, and is told beside the environment.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for status in environments:
        for name, reason in status.rejected.items():
            alias = status.runs[name].alias
            if not (status.decision == "unavailable" and alias in status.reason):
                groups.setdefault((alias, reason), []).append(status.name)
    return [
        line(
            "  ",
            Span(f"! {listed(names, limit=3)}", "bad"),
            f': {clean(alias)}, which is here, was rejected: "{clean(reason)}"   ',
            Span("[rejected]", "faint"),
        )
        for (alias, reason), names in groups.items()
    ]


def _head(report: StatusReport) -> Line:
    ledger = f"ledger {short_commit(report.ledger)}" if report.ledger else "no ledger yet: nothing was applied"
    if not report.ledger and any(one.id == "ledger-missing" for each in report.environments for one in each.outcomes):
        ledger = "the ledger is missing"
    return line(Span(report.pipeline, "strong"), f"   {instant(report.as_of)}   ", Span(ledger, "faint"))


def _row(status: EnvironmentStatus, now: int) -> list[Span]:
    return [
        Span(status.name, "strong"),
        Span(versions_beside(status.running)),
        Span(aliases(status.running)),
        Span(_since(status, now)),
        Span(instant(status.verified_at, now=now) if status.verified_at is not None else "-"),
        _next(status),
    ]


def _since(status: EnvironmentStatus, now: int) -> str:
    return ago(status.since, now=now) if status.since is not None else "-"


def _next(status: EnvironmentStatus) -> Span:
    if status.held is not None:
        return Span("held", "wait")
    if not status.next and status.decision in (None, "noop", "held", "waiting"):
        return Span("-", "faint")
    words = [versions(status.next.values())] if status.next else []
    if status.decision and status.decision != "noop":
        why = f": {clean(status.reason)}" if status.reason else ""
        words.append(f"{status.decision}{why}")
    return Span(" ".join(words), "good" if status.decision == "ready" else "wait")


def _remarks(status: EnvironmentStatus, now: int) -> list[Line]:
    found: list[Line] = []
    if status.drift and not any(each.id == _CUT_SHORT for each in status.outcomes):
        text = ": its target holds something else than the last Record says   "
        found.append(line("  ", Span(f"! {status.name}", "bad"), text, Span("[foreign]", "faint")))
    if status.partly:
        text = f": {clean(', '.join(status.partly))} alone came since; the rest is missing   "
        found.append(line("  ", Span(f"! {status.name}", "wait"), text, Span("[partial]", "faint")))
    if status.held is not None:
        when = instant(status.held.at, now=now)
        text = f': held by {clean(status.held.actor)} since {when}: "{clean(status.held.reason)}"'
        found.append(line("  ", Span(f"… {status.name}", "wait"), text))
    found += [
        line("  ", Span(f"  {status.name}", "wait"), f": {clean(each.message)}   ", Span(f"[{each.id}]", "faint"))
        for each in status.outcomes
        if each.id in _TOLD
    ]
    found += [
        line("      ", Span(f"gitpromote apply {clean(plan)}", "command"), "   # go on with that run")
        for each in status.outcomes
        if each.id == _CUT_SHORT and isinstance(plan := each.operands.get("plan"), str)
    ]
    found += [
        line("  ", Span(f"  {status.name}", "wait"), f": {clean(each.id)} {text}   ", Span("[override]", "faint"))
        for each in status.outcomes
        if (text := override_text(each, now=now))
    ]
    if status.locked_by:
        found.append(line("  ", Span(f"… {status.name}", "wait"), f": locked by {clean(status.locked_by)}"))
    return found


def _folded(
    environments: tuple[EnvironmentStatus, ...], *, full: bool
) -> tuple[tuple[EnvironmentStatus, ...], list[str]]:
    """The environments that get a row; quiet ones that run the same are counted, where there are many."""
    if full or len(environments) <= LISTED:
        return environments, []
    quiet = [each for each in environments if not _speaks(each)]
    groups = Counter(f"{versions_beside(each.running)} {aliases(each.running)}" for each in quiet)
    shown = tuple(each for each in environments if _speaks(each))
    texts = [f"{count(number, 'environment')} on {name}, nothing next" for name, number in groups.items()]
    more = len(shown) - LISTED
    if more > 1:
        texts.append(f"{count(more, 'more environment')} with news   (--full lists them)")
        shown = shown[:LISTED]
    return shown, texts


def _speaks(status: EnvironmentStatus) -> bool:
    waits = bool(status.next) or status.decision in ("blocked", "unavailable")
    debt = any(each.id in _TOLD or each.overridden is not None for each in status.outcomes)
    return (
        waits
        or debt
        or status.drift
        or bool(status.partly or status.rejected)
        or status.held is not None
        or status.locked_by is not None
    )
