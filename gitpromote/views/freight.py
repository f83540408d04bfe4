"""Freight as people read it: a table of all, one with its journey, and what was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gitpromote.model.artifact import Artifact
from gitpromote.model.freight import Freight
from gitpromote.model.freight_report import FreightReport, FreightStop
from gitpromote.model.freight_words import versions_beside
from gitpromote.model.words import clean, count, listed
from gitpromote.views.journey import artifact_words
from gitpromote.views.lines import Line, Span, line, table
from gitpromote.views.time import ago, instant

_HEADINGS = ("FREIGHT", "VERSION", "AGE", "RUNS IN", "VERIFIED IN", "REMARKS")


def freight_table(reports: Sequence[FreightReport], *, more: int = 0, now: int, width: int | None = None) -> list[Line]:
    """One row per Freight. ``reports`` come newest first.

    :param more: how many are left out
    """
    if not reports:
        return [
            line("No Freight yet: nothing was applied or recorded. What there is to promote:"),
            line("  ", Span("gitpromote freight discover", "command")),
        ]
    several = len({one.freight.warehouse for one in reports}) > 1
    rows = [_row(one, now=now, several=several) for one in reports]
    heading = [Span(word, "faint") for word in _HEADINGS]
    if not any(row[-1].text for row in rows):
        heading, rows = heading[:-1], [row[:-1] for row in rows]
    end = [line(Span(f"{more:,} older: --all lists them", "faint"))] if more else []
    return [*table([heading, *rows], indent=0, width=width), *end]


def _row(report: FreightReport, *, now: int, several: bool) -> list[Span]:
    names = [report.freight.alias, *(f"({clean(name)})" for name in report.aliases)]
    warehouse = [f"{report.freight.warehouse}:"] if several else []
    return [
        Span(" ".join([*warehouse, *names]), "strong"),
        Span(versions_beside([report.freight])),
        Span(ago(report.created_at, now=now)),
        Span(_places(one.environment for one in report.journey if one.runs)),
        Span(_places(one.environment for one in report.journey if one.verified is not None)),
        Span("; ".join(remarks(report, now=now)), "bad" if report.rejected else "wait"),
    ]


def _places(names: Iterable[str]) -> str:
    return listed(names) or "-"


def remarks(report: FreightReport, *, now: int) -> list[str]:
    """What people decided of it."""
    by = f" by {clean(report.rejected_by)}" if report.rejected_by else ""
    found = [f"rejected{by} ({clean(report.rejected)})"] if report.rejected else []
    if approved := [name for name in report.approved_for if name not in report.unproven]:
        found.append(f"approved for {listed(approved)}")
    found += [f"approval for {name} does not count: {clean(why)}" for name, why in report.unproven.items()]
    if report.intent is not None and report.intent.target:
        found.append(f"asked to stop at {report.intent.target}")
    if report.intent is not None and report.intent.skip:
        found.append(f"asked to skip {listed(report.intent.skip)}")
    for name, one in report.bypass.items():
        until = f" until {instant(one.expires, now=now)}" if one.expires is not None else ""
        found.append(f"hotfix for {name}{until}")
    return found


def freight_view(report: FreightReport, *, now: int, width: int | None = None) -> list[Line]:
    """Everything of one Freight."""
    freight = report.freight
    head = line(Span(freight.alias, "strong"), f"   {report.type}   ", Span(freight.id, "faint"))
    rows = [(name, text) for name, text in _facts(report, now=now) if text]
    lines = [head, *table([[Span(name, "faint"), Span(text)] for name, text in rows], width=width)]
    lines += [line("  ", Span(text, "bad" if report.rejected else "wait")) for text in remarks(report, now=now)]
    journey = [[Span(word, "faint") for word in ("ENVIRONMENT", "STATE", "MAY ENTER")]]
    journey += [_stop(one, now=now) for one in report.journey]
    return [*lines, (), *table(journey, width=width)]


def _facts(report: FreightReport, *, now: int) -> list[tuple[str, str]]:
    freight = report.freight
    found: list[tuple[str, str]] = [(one.kind, _whole(one)) for one in freight.artifacts]
    found += [("names", ", ".join(clean(name) for name in report.aliases))]
    found += [("warehouse", freight.warehouse), ("recorded", instant(report.created_at, now=now))]
    found += [("source", f'"{clean(freight.subject)}" ({clean(freight.author)})' if freight.subject else "")]
    found += [(word, clean(text)) for word, text in sorted(freight.provenance.items())]
    found += [("label", f"{clean(key)}={clean(value)}") for key, value in sorted(freight.labels.items())]
    return found


def _whole(artifact: Artifact) -> str:
    """An artifact, nothing of it shortened."""
    return f"{artifact.repository}@{artifact.commit}" if artifact.kind == "commit" else str(artifact)


def _stop(stop: FreightStop, *, now: int) -> list[Span]:
    words = []
    if stop.runs:
        words.append(f"runs since {instant(stop.arrived, now=now)}" if stop.arrived is not None else "runs")
    if stop.verified is not None:
        words.append(f"verified {instant(stop.verified, now=now)}")
    if stop.failed is not None:
        words.append(f"failed {instant(stop.failed, now=now)}")
    if stop.held:
        words.append("held")
    style = "bad" if stop.failed is not None else "good" if stop.verified is not None else "faint"
    verdict = f"{'yes' if stop.admitted else 'no'}: {clean(stop.message)}"
    return [Span(stop.environment, "strong"), Span(", ".join(words) or "-", style), Span(verdict)]


def recorded_view(
    made: Sequence[tuple[Freight, str, Sequence[str]]], *, commands: Sequence[str], width: int | None = None
) -> list[Line]:
    """What was recorded, or was known already, and what to do with it.

    :param made: each with what became of it, and with what else there is to tell
    """
    lines: list[Line] = []
    for freight, told, remarks in made:
        words = artifact_words(freight)
        lines.append(line(f"{told} ", Span(freight.alias, "strong"), f"   {count(len(words), 'artifact')}"))
        lines += [line(f"  {word}") for word in (*words, *map(clean, remarks))]
    return [*lines, *(line("  ", Span(command, "command")) for command in commands)]
