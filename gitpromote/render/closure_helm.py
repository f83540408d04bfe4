"""What ``helm template`` reads: the whole chart, its local dependencies, and the values files."""

from __future__ import annotations

import posixpath
import re
from typing import NoReturn

from gitpromote.errors import NotSupported, SourceInvalid
from gitpromote.model.render import HelmSpec
from gitpromote.model.renderer import fetch_command
from gitpromote.model.tree import FOLDER
from gitpromote.render.knowledge import Dependency, Knowledge
from gitpromote.render.reads import Asking, Found, Place, Reads, joined, missing

_LOCAL = "file://"
_DEEPEST = 10  # charts that depend on each other in a circle end somewhere
_DECLARED_IN = ("Chart.yaml", "requirements.yaml")


def helm_reads(reads: Reads, knowledge: Knowledge, spec: HelmSpec) -> Asking[None]:
    """Follow a chart and its values files."""
    if "://" in spec.chart:
        raise NotSupported(
            "Charts are read from the source repository only",
            code="not-supported",
            detail=f"Helm({spec.chart!r})",
            hint=f"Copy the chart into the repository and name its folder:\n  {fetch_command(spec.chart)}",
        )
    found = yield from _wanted(reads, spec.chart)
    if found.is_folder:
        yield from chart_reads(reads, knowledge, found, place=Place(), local=True)
    else:
        reads.file(found)
    for values in spec.values:
        reads.file((yield from _wanted(reads, values)))


def _wanted(reads: Reads, path: str) -> Asking[Found]:
    found = yield from reads.find(joined("", path), place=Place())
    if found is None:
        missing(path, place=Place(), listing=reads.listing)
    return found


def chart_reads(reads: Reads, knowledge: Knowledge, chart: Found, *, place: Place, local: bool) -> Asking[None]:
    """Note a chart's folder and the charts beside it that it depends on.

    :param local: whether dependencies ``file://…`` may lie outside of ``charts/``; they are noted as copies to be made
        there, which is what ``helm dependency build`` leaves behind, without the archive
    :raises SourceInvalid: a dependency is not at hand (``chart-dependency-missing``)
    """
    pending = [(chart, chart.path)]
    while pending:
        top, target = pending.pop()
        yield from reads.folder(top, place=place)
        for dependency, said_in in (yield from _absent_dependencies(reads, knowledge, top)):
            if not local or not dependency.repository.startswith(_LOCAL):
                _refuse_dependency(dependency, top.path, said_in)
            beside = yield from _beside(reads, dependency, top, said_in)
            inside = joined(target, f"charts/{dependency.name}")
            reads.copies.append((beside.path, inside))
            if inside.count("/charts/") < _DEEPEST:
                pending.append((beside, inside))


def _beside(reads: Reads, dependency: Dependency, chart: Found, said_in: Place) -> Asking[Found]:
    path = joined(chart.path, dependency.repository.removeprefix(_LOCAL))
    place = said_in.saying(dependency.repository)
    found = yield from reads.find(path, place=place)
    if found is None or not found.is_folder:
        missing(path, place=place, listing=reads.listing)
    return found


def _absent_dependencies(reads: Reads, knowledge: Knowledge, chart: Found) -> Asking[list[tuple[Dependency, Place]]]:
    """What a chart declares and does not have in ``charts/``, with the file that declares it."""
    at = [path for name in _DECLARED_IN if (path := joined(chart.path, name)) in reads.listing.entries]
    if not at or not at[0].endswith("Chart.yaml"):
        missing(joined(chart.path, "Chart.yaml"), place=Place(), listing=reads.listing)
    blobs = yield from reads.bytes_of(at)
    declared = [
        (dependency, Place(path, blobs[path]))
        for path in at
        for dependency in knowledge.chart(reads.listing[path].oid, Place(path, blobs[path])).dependencies
    ]
    if not declared:
        return []
    present = yield from _present(reads, knowledge, chart)
    return [(dependency, said_in) for dependency, said_in in declared if not _is_present(dependency, present)]


def _present(reads: Reads, knowledge: Knowledge, chart: Found) -> Asking[set[str]]:
    """Names in ``charts/``: of its archives, and of the charts in its folders as they call themselves."""
    home = joined(chart.path, "charts")
    inside = [(path, entry) for path, entry in reads.listing.below(home) if posixpath.dirname(path) == home]
    folders = [f"{path}/Chart.yaml" for path, entry in inside if entry.mode == FOLDER]
    known = [path for path in folders if path in reads.listing.entries]
    blobs = yield from reads.bytes_of(known)
    names = {knowledge.chart(reads.listing[path].oid, Place(path, blobs[path])).name for path in known}
    return names | {posixpath.basename(path) for path, entry in inside if entry.mode != FOLDER}


def _is_present(dependency: Dependency, present: set[str]) -> bool:
    archive = re.compile(re.escape(dependency.name) + r"(-v?\d.*)?\.tgz")
    return dependency.name in present or any(archive.fullmatch(name) for name in present)


def _refuse_dependency(dependency: Dependency, chart: str, said_in: Place) -> NoReturn:
    source = f" from {dependency.repository}" if dependency.repository else ""
    home = joined(chart, "charts")
    raise SourceInvalid(
        "A chart's dependency is not in the repository",
        code="chart-dependency-missing",
        detail=said_in.saying(dependency.name).refers_to(f"{dependency.name}{source}, which is not in {home}"),
        hint=f"A render has no network. Fetch it once and commit what comes:\n  helm dependency build {chart or '.'}",
    )
