"""Which versions of a chart a subscription takes.

Newest first, by precedence, then build metadata, then the fuller text; as Helm does it, a constraint that is word for
word one of the versions means that version alone: ``1.0.0+build.5`` never means ``1.0.0+build.9``.
"""

from __future__ import annotations

from collections.abc import Iterable

from gitpromote.discovery.select import Selection, Shortlist, shortlisted
from gitpromote.discovery.tags import NameRules, Sorted, by_version, sort_names
from gitpromote.model.candidate import ChartFacts, Rejected
from gitpromote.model.subscription import Chart
from gitpromote.model.version import Version

__all__ = ["chart_version", "charts_in_order", "versions_wanted"]


def chart_version(tag: str) -> str:
    """The version behind a tag of an OCI registry, where ``_`` stands for ``+``; another tag stays as it is."""
    version = tag.replace("_", "+")
    return version if Version.parse(version) else tag


def versions_wanted(chart: Chart, tags: Iterable[str]) -> Shortlist:
    """Which versions of a chart behind ``oci://`` to ask for. Only tags that are full versions count, as for Helm.

    :raises ConfigurationError: ``constraint-invalid``
    """
    found = _sorted(chart, [chart_version(tag) for tag in tags])
    return shortlisted(found, most=chart.limit, enough=chart.limit)


def charts_in_order(chart: Chart, facts: Iterable[ChartFacts], *, shortlist: Shortlist | None = None) -> Selection:
    """The versions that count: of a chart repository's whole index, or of those that were asked for.

    Where a version stands twice in an index, the one that was made last counts.

    :param shortlist: where the versions came from: what it rejected is told along
    :raises ConfigurationError: ``constraint-invalid``
    """
    known = {one.version: one for one in sorted(facts, key=_making)}
    found = shortlisted(_sorted(chart, known), most=chart.limit, enough=None)
    told = shortlist.rejected if shortlist else ()
    return Selection(candidates=tuple(known[name] for name in found.wanted), rejected=(*found.rejected, *told))


def _sorted(chart: Chart, versions: Iterable[str]) -> Sorted:
    strict = chart.repo.startswith("oci://")
    known = set(versions)
    found = sort_names(known, NameRules.for_versions(chart.constraint, strict=strict), order=by_version)
    exact = chart.constraint
    if exact not in found.taken:
        return found
    others = (Rejected(name=name, reason=f"is not {exact} word for word") for name in found.taken if name != exact)
    return Sorted(taken=(exact,), rejected=(*others, *found.rejected))


def _making(facts: ChartFacts) -> tuple[int, str]:
    return facts.created or 0, facts.digest or ""
