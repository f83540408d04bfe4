"""``gitpromote doctor``: check git, renderers, cache and remotes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass, replace
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from gitpromote.cli.naming import pipelines
from gitpromote.cli.options import project
from gitpromote.cli.parsing import completes, verb
from gitpromote.cli.session import Session
from gitpromote.errors import ConfigurationError
from gitpromote.views.checking import doctor_view

#: What keeps a pipeline from being looked at; the machine can be looked at all the same.
_WITHOUT_PIPELINE = frozenset({"git-missing", "git-too-old", "pipeline-file-missing"})

#: What has nothing to do with any pipeline, although the room there is may be another one a moment later.
_OF_THE_MACHINE = frozenset({"git", "cache"})

if TYPE_CHECKING:
    from gitpromote.project.doctor import Finding


@verb("doctor", examples=("gitpromote doctor",))
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@project
@click.pass_obj
def command(session: Session, /, name: str | None) -> int:
    """Check what a promotion needs here: git, the renderers, the cache, the repositories.

    Of a file with several pipelines all are checked, unless one is named. Where there is no pipeline, the machine alone
    is checked. Exits 11 where something is missing.
    """
    findings = _findings(session, name)
    ok = all(each.ok for each in findings)
    session.give({"ok": ok, "findings": [_data(each) for each in findings]})
    session.show(doctor_view(findings, width=session.out.width))
    return 0 if ok else 11


def _findings(session: Session, name: str | None) -> list[Finding]:
    """All of them; where the cache cannot be written, the others are looked at with one that is thrown away."""
    from gitpromote.project.doctor import cache_finding

    cache = cache_finding(session.cache_dir)
    if cache.ok:
        return _looked_at(session, name)
    with TemporaryDirectory() as folder:
        session.cache_dir = folder
        return [cache if each.name == cache.name else each for each in _looked_at(session, name)]


def _looked_at(session: Session, name: str | None) -> list[Finding]:
    from gitpromote.project.doctor import machine, pipeline_finding

    try:
        every = [name] if name else pipelines(session)
        if len(every) > 1:
            return _together({str(each): session.load(each).doctor() for each in every})
        return session.load(every[0]).doctor()
    except ConfigurationError as error:
        if error.code not in _WITHOUT_PIPELINE:
            raise
        return [*machine(session.cache_dir), pipeline_finding(error)]


def _together(found: Mapping[str, Sequence[Finding]]) -> list[Finding]:
    """What is the same for all pipelines once, and the rest by pipeline."""
    first, *others = found.values()
    shared = [one for one in first if one.name in _OF_THE_MACHINE or all(one in findings for findings in others)]
    told = {*_OF_THE_MACHINE, *(one.name for one in shared)}
    own = [(name, one) for name, findings in found.items() for one in findings if one.name not in told]
    return [*shared, *(replace(one, name=f"{name}: {one.name}") for name, one in own)]


def _data(finding: Any) -> dict[str, Any]:
    data: dict[str, Any] = asdict(finding) if is_dataclass(finding) else finding.model_dump(mode="json")  # type: ignore[arg-type]
    return data
