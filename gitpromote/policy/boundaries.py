"""Boundaries of an organisation, judged: where is written, which files, which objects, in which Environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gitpromote.model.boundary import Boundary, within
from gitpromote.model.change import ObjectId
from gitpromote.model.finding import Finding
from gitpromote.model.outcome import Outcome

__all__ = ["Touched", "judge_boundary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What would be touched in one Environment.

    :ivar repository: host and path
    :ivar paths: files that are written or deleted, from the root of the repository
    :ivar objects: what would be there, and what is deleted
    """

    environment: str
    repository: str
    paths: tuple[str, ...] = ()
    objects: tuple[ObjectId, ...] = ()


def judge_boundary(identifier: str, boundary: Boundary, touched: Touched) -> Outcome:
    """A failure for all that lies beyond; each names what it is, and what would be allowed."""
    findings = tuple(_beyond(identifier, boundary, touched))
    return Outcome(
        id=identifier,
        kind="policy",
        level="hard",
        status="fail" if findings else "pass",
        message=_message(findings),
        operands={"beyond": len(findings)} if findings else {},
        reads="fixed",
        threshold="; ".join(_limits(boundary)),
        findings=findings,
    )


def _message(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "all that is touched lies within"
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return findings[0].message + more


def _limits(boundary: Boundary) -> Iterator[str]:
    for limit in ("repositories", "paths", "environments", "kinds"):
        if patterns := boundary.__dict__[limit]:
            yield f"{limit}: {', '.join(patterns)}"


def _beyond(identifier: str, boundary: Boundary, touched: Touched) -> Iterator[Finding]:
    if boundary.environments and not within(boundary.environments, touched.environment):
        yield _finding(identifier, f"the environment {touched.environment}", boundary.environments)
    if boundary.repositories and not within(boundary.repositories, touched.repository):
        yield _finding(identifier, f"the repository {touched.repository}", boundary.repositories)
    if boundary.paths:
        for path in sorted(touched.paths):
            if not within(boundary.paths, path):
                yield _finding(identifier, f"the path {path}", boundary.paths)
    if boundary.kinds:
        yield from _of_kinds(identifier, boundary, touched.objects)


def _of_kinds(identifier: str, boundary: Boundary, objects: Iterable[ObjectId]) -> Iterator[Finding]:
    """One for each kind, with all objects of it."""
    found: dict[tuple[str, str], list[ObjectId]] = {}
    for one in objects:
        if not within(boundary.kinds, one.kind, f"{one.group}/{one.kind}"):
            found.setdefault((one.group, one.kind), []).append(one)
    for (group, kind), those in sorted(found.items()):
        first, *also = sorted(set(those), key=lambda one: one.ref)
        told = _finding(identifier, f"the kind {group}/{kind}" if group else f"the kind {kind}", boundary.kinds)
        yield told.model_copy(update={"object": first, "also": tuple(also)})


def _finding(identifier: str, what: str, patterns: Iterable[str]) -> Finding:
    return Finding(rule=identifier, message=f"{what} is beyond the boundary: {', '.join(patterns)}")
