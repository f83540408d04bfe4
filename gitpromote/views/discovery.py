"""What discovery found, for people: by subscription, and what comes of it. And the few words of it in a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitpromote.model.discovered import DiscoveredSubscription, DiscoveredWarehouse, DiscoveryReport, Told
from gitpromote.model.freight import Freight
from gitpromote.model.plan import Plan
from gitpromote.model.words import clean, count, short_commit, short_digest
from gitpromote.views.journey import artifact_words, moving
from gitpromote.views.lines import Line, Span, line, paragraph
from gitpromote.views.time import ago

_STATUS = {
    "new": "new: the next plan has it",
    "known": "known already",
    "waiting": "waits",
    "manual": "is made by hand",
    "nothing": "none",
}
_STYLES = {"new": "good", "nothing": "bad", "rejected": "bad", "waiting": "wait", "manual": "wait"}
_SHOWN = 5
_TOLD = 3  # in a plan


def discovery_view(report: DiscoveryReport, *, width: int | None = None) -> list[Line]:
    """Every Warehouse with its subscriptions."""
    parts = [_warehouse(one, now=report.as_of, width=width) for one in report.warehouses]
    body = [each for part in parts for each in (*part, ())]
    return body[:-1] if body else [line("No Warehouse subscribes to anything.")]


def _warehouse(warehouse: DiscoveredWarehouse, *, now: int, width: int | None) -> list[Line]:
    lines = [line(Span(warehouse.name, "strong"))]
    for one in warehouse.subscriptions:
        lines += _subscription(one, now=now)
    freight = warehouse.freight
    name = freight.alias if freight is not None else "no Freight"
    lines.append(line("  ", Span(f"= {name}", "strong"), "   ", _verdict(warehouse)))
    lines += [line(f"    {word}") for word in (artifact_words(freight) if freight else ())]
    if warehouse.bounded:
        lines.append(line("    ", Span("the search was cut short: there may be another set", "wait")))
    word = "newer, rejected" if freight is not None else "rejected"
    return lines + [line(f"    {word}: {text}") for text in _grouped(warehouse.newer)]


def _grouped(newer: Sequence[Told]) -> list[str]:
    """One text per reason: those that say most first, which are about one candidate each."""
    names: dict[str, list[str]] = {}
    for one in newer:
        names.setdefault(one.reason, []).append(one.name)
    groups = sorted(names.items(), key=lambda group: len(group[1]) > 1)
    texts = [_group(each, reason) for reason, each in groups[:_SHOWN]]
    rest = sum(len(each) for _, each in groups[_SHOWN:])
    return [*texts, f"and {rest:,} more"] if rest else texts


def _group(names: Sequence[str], reason: str) -> str:
    if len(names) == 1:
        return f"{clean(names[0])} {clean(reason)}"
    more = f" and {len(names) - _TOLD:,} more" if len(names) > _TOLD else ""
    return f"{clean(reason)}: {', '.join(map(clean, names[:_TOLD]))}{more}"


def _verdict(warehouse: DiscoveredWarehouse) -> Span:
    if warehouse.status == "rejected":
        return Span(f"{clean(warehouse.reason)}: it enters nothing any more", _STYLES["rejected"])
    reason = f": {clean(warehouse.reason)}" if warehouse.reason else ""
    return Span(_STATUS[warehouse.status] + reason, _STYLES.get(warehouse.status, ""))


def _subscription(one: DiscoveredSubscription, *, now: int) -> list[Line]:
    head = f"  {one.kind} {clean(one.address)} ({one.strategy})"
    if one.missing:
        first = [line(head, "   ", Span(clean(one.missing), "bad"))]
    else:
        first = [line(head, "   ", Span(_taken(one), "strong"), f"   {_counted(one, now=now)}")]
    rest = one.passed_over - min(len(one.rejected), _SHOWN)
    lines = [line(f"      {_told(each)}") for each in one.rejected[:_SHOWN]]
    if rest > 0:
        lines.append(line("      ", Span(f"and {rest:,} more", "faint")))
    return [*first, *lines, *(each for note in one.notes for each in paragraph(clean(note), indent=6))]


def _taken(one: DiscoveredSubscription) -> str:
    if not one.taken:
        return "none fits"
    if one.kind == "commit":
        whole = one.digest or one.taken
        return short_commit(whole) if one.taken == whole else f"{clean(one.taken)} {short_commit(whole)}"
    return clean(one.taken) + (f"@{short_digest(one.digest)}" if one.digest else "")


def _counted(one: DiscoveredSubscription, *, now: int) -> str:
    if one.by_hand:
        return "named by hand"
    words = [f"of {count(one.candidates, 'candidate')}"]
    words += [f"{one.passed_over:,} rejected"] if one.passed_over else []
    words += [f"made {ago(one.created, now=now)}"] if one.created is not None else []
    words += ["mutable: the tag may name another one tomorrow"] if one.mutable else []
    return ", ".join(words)


def _told(told: Told) -> str:
    return f"{clean(told.name)} {clean(told.reason)}"


# -- in a plan


def newer_words(plan: Plan, warehouse: str, *, waits: bool | None = None) -> str:
    """``3.9.0-rc.1 is a prerelease; 77ab03e has no image yet``: newer candidates that the plan passed over.

    :param waits: only those that nothing fits yet, or only the others; ``None`` for all
    """
    # What somebody named is here although no subscription would take it.
    here = {name for freight in moving(plan) if freight.warehouse == warehouse for name in _names(freight)}
    newer = [one for one in _newer(plan.facts, warehouse) if one.name not in here]
    found = [one for one in newer if waits is None or one.waits is waits]
    more = [f"{len(found) - _TOLD:,} more"] if len(found) > _TOLD else []
    return "; ".join([*(_told(one) for one in found[:_TOLD]), *more])


def _names(freight: Freight) -> set[str]:
    """What it and candidates of its artifacts are called."""
    found = {freight.alias}
    for one in freight.artifacts:
        if one.kind == "commit":
            found |= {one.commit, short_commit(one.commit)}
        else:
            version = str(one.tag if one.kind == "image" else one.version)
            found |= {version, f"{one.repository.rpartition('/')[2]} {version}"}
    return found


def newer_texts(plan: Plan, warehouse: str) -> list[str]:
    """Of a Warehouse whose Freight moves: what is newer and was passed over, and why nothing newer was found."""
    passed, reason = newer_words(plan, warehouse), _reason(plan.facts, warehouse)
    return [*([f"newer, rejected: {passed}"] if passed else []), *([f"newer, waiting: {reason}"] if reason else [])]


def nothing_newer(plan: Plan) -> dict[str, str]:
    """For each Warehouse: what newer candidates of it wait for, or why none was found."""
    told = {name: newer_words(plan, name, waits=True) or _reason(plan.facts, name) for name in _used(plan)}
    return {name: words for name, words in told.items() if words}


def passed_over(plan: Plan) -> dict[str, str]:
    """For each Warehouse: what is newer and was rejected, by what the Warehouse asks for or by somebody."""
    told = {name: newer_words(plan, name, waits=False) for name in _used(plan)}
    return {name: words for name, words in told.items() if words}


def _used(plan: Plan) -> list[str]:
    used = {name for one in plan.environments for name in one.freight}  # otherwise its environment says it
    return [name for name in sorted(_discovery(plan.facts)) if name in used]


def waiting_texts(newer: Mapping[str, str]) -> list[str]:
    """``shop   newer, waiting: …`` for each Warehouse.

    :param newer: as of :func:`nothing_newer`
    """
    return _each("waiting", newer)


def rejected_texts(passed: Mapping[str, str]) -> list[str]:
    """``shop   newer, rejected: …`` for each Warehouse.

    :param passed: as of :func:`passed_over`
    """
    return _each("rejected", passed)


def _each(fate: str, told: Mapping[str, str]) -> list[str]:
    return [f"{name}   newer, {fate}: {clean(words)}" for name, words in told.items()]


def others_newer(plan: Plan, shown: Iterable[str]) -> list[str]:
    """For each Warehouse of which nothing moves: what is newer and was rejected, and what newer candidates wait for."""
    moves = set(shown)
    rejected, waiting = (
        {name: words for name, words in told.items() if name not in moves}
        for told in (passed_over(plan), nothing_newer(plan))
    )
    return [*rejected_texts(rejected), *waiting_texts(waiting)]


def _reason(facts: Mapping[str, Any], warehouse: str) -> str:
    """Why news make no Freight yet."""
    told = _discovery(facts).get(warehouse, {})
    reason = told.get("reason", "") if isinstance(told, dict) else ""
    return clean(reason) if isinstance(reason, str) else ""


def _newer(facts: Mapping[str, Any], warehouse: str) -> Sequence[Told]:
    told = _discovery(facts).get(warehouse, {})
    newer = told.get("newer", ()) if isinstance(told, dict) else ()
    return [Told.model_validate(one) for one in newer]


def _discovery(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    found = facts.get("discovery", {})
    return found if isinstance(found, dict) else {}
