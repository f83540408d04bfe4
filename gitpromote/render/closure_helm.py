"""What ``helm template`` reads: the whole chart, its local dependencies, and the values files.

A chart with an address is fetched, and so is a dependency that is not at hand and that the chart's lock pins.
"""

from __future__ import annotations

import posixpath
import re
from typing import Literal, NamedTuple, NoReturn

from gitpromote.errors import SourceInvalid
from gitpromote.model.render import HelmSpec
from gitpromote.model.tree import FOLDER, LINK, SUBMODULE
from gitpromote.render.chart_lock import LOCKS, Lock, Locked, may_be_fetched
from gitpromote.render.knowledge import Chart, Dependency, Knowledge
from gitpromote.render.reads import Asking, Found, Place, Reads, joined, missing

_LOCAL = "file://"
_DEEPEST = 10  # charts that depend on each other in a circle end somewhere
_NO_LOCK = Lock((), "")


def helm_reads(reads: Reads, knowledge: Knowledge, spec: HelmSpec) -> Asking[None]:
    """Follow a chart and its values files."""
    if not spec.is_address:
        found = yield from _wanted(reads, spec.chart)
        if found.is_folder:
            yield from chart_reads(reads, knowledge, found, place=Place(), local=True)
        else:
            reads.file(found)
    for path in (*spec.values, *spec.stated):
        reads.file((yield from _wanted(reads, path)))


def _wanted(reads: Reads, path: str) -> Asking[Found]:
    found = yield from reads.find(joined("", path), place=Place())
    if found is None:
        missing(path, place=Place(), listing=reads.listing)
    return found


def chart_reads(reads: Reads, knowledge: Knowledge, chart: Found, *, place: Place, local: bool) -> Asking[None]:
    """Note a chart's folder and the charts that it depends on: those beside it, and those that its lock pins.

    :param local: whether dependencies ``file://…`` may lie outside of ``charts/``; they are noted as copies to be made
        there, which is what ``helm dependency build`` leaves behind, without the archive
    :raises SourceInvalid: a dependency is not at hand, and nothing pins it (``chart-dependency-missing``)
    """
    pending = [(chart, chart.path)]
    while pending:
        top, target = pending.pop()
        yield from reads.folder(top, place=place)
        for absent in (yield from _absent_dependencies(reads, knowledge, top)):
            if not local or not absent.dependency.repository.startswith(_LOCAL):
                _fetch(reads, absent, top.path, target)
                continue
            beside = yield from _beside(reads, absent.dependency, top, absent.said_in)
            inside = joined(target, f"charts/{absent.dependency.name}")
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


class _Absent(NamedTuple):
    """A dependency that is not in ``charts/``.

    :ivar said_in: the file that declares it
    :ivar lock: the path of the lock that goes with that file
    :ivar locked: what that says of it; ``None``: nothing that can be fetched
    :ivar trouble: what is wrong with the lock; empty: nothing
    """

    dependency: Dependency
    said_in: Place
    lock: str
    locked: Locked | None
    trouble: Literal["", "missing", "other"]


def _absent_dependencies(reads: Reads, knowledge: Knowledge, chart: Found) -> Asking[list[_Absent]]:
    """What a chart declares and does not have in ``charts/``."""
    at = [path for name in LOCKS if (path := joined(chart.path, name)) in reads.listing.entries]
    if not at or not at[0].endswith("Chart.yaml"):
        missing(joined(chart.path, "Chart.yaml"), place=Place(), listing=reads.listing)
    blobs = yield from reads.bytes_of(at)
    places = [Place(path, blobs[path]) for path in at]
    charts = [(place, knowledge.chart(reads.listing[place.file].oid, place)) for place in places]
    if not any(one.dependencies for _, one in charts):
        return []
    present = yield from _present(reads, knowledge, chart)
    found: list[_Absent] = []
    for place, one in charts:
        if not all(_is_present(dependency, present) for dependency in one.dependencies):
            found += yield from _locked(reads, knowledge, place, one, present)
    return found


def _locked(reads: Reads, knowledge: Knowledge, place: Place, chart: Chart, present: set[str]) -> Asking[list[_Absent]]:
    """The dependencies of one file that are not at hand, as its lock pins them."""
    folder, name = posixpath.split(place.file)
    path = joined(folder, LOCKS[name])
    entry = reads.listing.entries.get(path)
    lock = _NO_LOCK
    if entry is not None and entry.mode not in (FOLDER, LINK, SUBMODULE):
        blobs = yield from reads.bytes_of([path])
        lock = Lock.of(knowledge.lock(entry.oid, Place(path, blobs[path])))
    trouble: Literal["", "missing", "other"] = "missing" if entry is None else "other"
    trouble = "" if lock.fits(chart.declared) else trouble
    return [
        _Absent(one, place.saying(one.name), path, None if trouble else lock.locked(at, one), trouble)
        for at, one in enumerate(chart.dependencies)
        if not _is_present(one, present)
    ]


def _fetch(reads: Reads, absent: _Absent, chart: str, target: str) -> None:
    """Note a chart to be put into ``charts/``, packed as it comes."""
    if absent.locked is None:
        _refuse_dependency(absent, chart)
    address, version = absent.locked
    archive = joined(target, f"charts/{absent.dependency.name}-{version}.tgz")
    reads.charts[address, version, archive] = None


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


def _refuse_dependency(absent: _Absent, chart: str) -> NoReturn:
    dependency = absent.dependency
    source = f" from {dependency.repository}" if dependency.repository else ""
    told = f"{dependency.name}{source}, which is not in {joined(chart, 'charts')}"
    hint = "A render cannot fetch it from there. Fetch it once, and commit what comes:"
    if absent.trouble == "missing" and may_be_fetched(dependency.repository):
        hint = f"There is no {absent.lock} to fetch it by. Commit that, or what comes into charts/ as well:"
    elif absent.trouble == "other":
        told += f", and {absent.lock} was made for other dependencies"
        hint = "Make the lock anew, and commit it:"
    raise SourceInvalid(
        "A chart's dependency is not in the repository",
        code="chart-dependency-missing",
        detail=absent.said_in.refers_to(told),
        hint=f"{hint}\n  helm dependency update {chart or '.'}",
    )
