"""Renders that must really run: what each of them reads, the job that it is, and what is kept of its output.

All that reads and writes YAML is imported here, so a plan in which nothing has changed never loads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gitpromote.diff.redact import Redactor, plaintext_secret
from gitpromote.engine.ask import Ask, Wanted
from gitpromote.errors import GitpromoteError
from gitpromote.model.limits import Limits as AppLimits
from gitpromote.model.render import ChartPin, Closure, Limits, Rendered, RendererTool, RenderJob
from gitpromote.ports import KeptRender, Repository
from gitpromote.render.closure import resolve_closures
from gitpromote.render.freight_edits import EditData, apply_edits, setter_notes
from gitpromote.render.listing import Listing
from gitpromote.render.reads import closure_files

ListingOf = Callable[[Ask], Listing]


def closures_of(asks: Sequence[Ask], listing: ListingOf) -> list[Closure | GitpromoteError]:
    """What each render reads, in the order asked; one request for bytes per repository and round."""
    found: dict[int, Closure | GitpromoteError] = {}
    groups: dict[str, list[int]] = {}
    for at, ask in enumerate(asks):
        groups.setdefault(ask.repository.key, []).append(at)
    for group in groups.values():
        read = asks[group[0]].repository.blobs
        found |= zip(group, resolve_closures([(asks[at].spec, listing(asks[at])) for at in group], read), strict=True)
    return [found[at] for at in range(len(asks))]


def jobs_of(
    wanted: Sequence[Wanted],
    listing: ListingOf,
    tools: Callable[[Wanted], tuple[RendererTool, ...]],
    *,
    archives: Mapping[ChartPin, bytes],
    keep: str,
) -> list[RenderJob]:
    """The renders, each complete with its inputs, edits made.

    :param archives: the charts that they fetch
    :param keep: a folder to leave inputs and output in; empty for none
    """
    blobs = _inputs(wanted, listing)
    jobs = [_job(one, blobs, listing(one.ask), tools(one), keep) for one in wanted]
    return [_with_charts(job, one, archives) if one.charts else job for job, one in zip(jobs, wanted, strict=True)]


def _inputs(wanted: Sequence[Wanted], listing: ListingOf) -> dict[str, bytes]:
    """The bytes of every file that any of them reads: one request per repository."""
    oids: dict[str, tuple[Repository, set[str]]] = {}
    for one in wanted:
        repository = one.ask.repository
        files = closure_files(one.closure, listing(one.ask))
        oids.setdefault(repository.key, (repository, set()))[1].update(entry.oid for entry in files.values())
    found: dict[str, bytes] = {}
    for repository, named in oids.values():
        found.update(repository.blobs(named))
    return found


def _job(
    one: Wanted, blobs: Mapping[str, bytes], listing: Listing, tools: tuple[RendererTool, ...], keep: str
) -> RenderJob:
    ask = one.ask
    entries = closure_files(one.closure, listing)
    inputs = {path: (entry.mode, blobs[entry.oid]) for path, entry in entries.items()}
    inputs |= {path: (inputs[path][0], data) for path, data in ask.overlay.items() if path in inputs}
    changed = apply_edits({path: data for path, (_, data) in inputs.items()}, one.edits)
    inputs |= {path: (inputs[path][0], data) for path, data in changed.items()}
    return RenderJob(
        label=ask.name,
        spec=ask.spec,
        inputs=inputs,
        tools=tools,
        copies=one.closure.copies,
        key=one.key,
        app=ask.app.name,
        files=ask.app.files,
        object_format=ask.object_format,
        keep=keep,
        limits=_limits(ask.app.limits),
    )


def _with_charts(job: RenderJob, one: Wanted, archives: Mapping[ChartPin, bytes]) -> RenderJob:
    """The same with what it fetches among its inputs, packed: helm reads an archive, it writes nothing of it."""
    from gitpromote.render.remote_charts import archive_path, with_archive

    packed = {path: ("100644", archives[pin]) for path, pin in one.charts.items()}
    pin = one.ask.chart
    spec = job.spec if pin is None else with_archive(job.spec, archive_path(pin))
    return replace(job, inputs={**job.inputs, **packed}, spec=spec)


def _limits(said: AppLimits | None) -> Limits:
    """What the App says, and otherwise what is enough for nearly all."""
    return Limits(timeout=float(said.seconds), output=said.megabytes << 20) if said is not None else Limits()


def notes_of(job: RenderJob, edits: Sequence[EditData]) -> tuple[str, ...]:
    """What its edits leave alone, in words for people."""
    if not any(edit["kind"] == "flux-setters" for edit in edits):
        return ()
    return setter_notes({path: data for path, (_, data) in job.inputs.items()}, edits)


def kept_of(
    result: Rendered, *, sensitive_paths: Sequence[str], notes: Sequence[str] = ()
) -> tuple[KeptRender, dict[str, bytes]]:
    """What the cache keeps of a render, and the bytes of its files by blob id.

    :param notes: more to warn of than the renderer did
    """
    where = result.layout.where
    redactor = Redactor(result.manifests, sensitive_paths=sensitive_paths)
    sensitive = {where[ref] for ref, manifest in result.manifests.items() if redactor.is_sensitive(manifest)}
    random: dict[str, tuple[tuple[str | int, ...], ...]] = {}
    for one in result.random:
        if one.ref in where:
            random[where[one.ref]] = (*random.get(where[one.ref], ()), one.path)
    kept = KeptRender(
        files=result.layout.entries,
        sensitive=tuple(sorted(sensitive)),
        secrets=tuple(one.ref.title(one.version) for one in result.manifests.values() if plaintext_secret(one)),
        warnings=(*notes, *result.warnings),
        random=random,
    )
    return kept, {entry.oid: result.layout.contents[path] for path, entry in result.layout.entries.items()}
