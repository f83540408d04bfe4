"""One job: render, read, lay out; and once more where the output might not be the same each time."""

from __future__ import annotations

import contextlib
import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path

from gitpromote.adapters.code_digest import imports_of_code
from gitpromote.adapters.renderers.running import Output, Running
from gitpromote.adapters.renderers.table import run_renderer
from gitpromote.errors import SourceInvalid
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.render import ChainSpec, Command, PythonSpec, Rendered, RenderJob, RenderSpec
from gitpromote.render.blame import templates
from gitpromote.render.hostile import refuse_hostile
from gitpromote.render.layout import lay_out
from gitpromote.render.parse import parse_manifests
from gitpromote.render.pointers import refuse_pointers
from gitpromote.render.random import Sources, random_fields, sources_of_chance
from gitpromote.render.yaml_reader import LIMITS

_CLOCKS = frozenset({"arrow", "calendar", "datetime", "pendulum", "time"})


@dataclass(frozen=True, slots=True)
class First:
    """A first render.

    :ivar chance: why a second one might differ; empty where it cannot
    :ivar digest: of the renderer's output, to see that a second one is the same without reading it
    :ivar waits: the second one may differ only if time passes before it
    """

    rendered: Rendered
    chance: Sources
    digest: str
    waits: bool = False

    @property
    def is_final(self) -> bool:
        """Whether one render is enough."""
        return not any(self.chance)


@dataclass(frozen=True, slots=True)
class Second:
    """A second render; ``manifests`` only if it is not the same as the first."""

    manifests: ManifestSet | None
    commands: tuple[Command, ...]


def render(job: RenderJob, *, parallel: bool = False) -> Rendered:
    """Do one job in the calling thread. What may be random is rendered twice and compared.

    :param parallel: others run at the same time
    :raises RenderFailed: a renderer failed, in its own words
    :raises SourceInvalid: an input is a placeholder, or the output is no set of manifests
    """
    first = render_first(job, parallel=parallel)
    if first.is_final:
        return first.rendered
    if first.waits:
        wait_for_next_second()
    return compared(first, render_second(job, first.digest, parallel=parallel))


def render_first(job: RenderJob, *, parallel: bool) -> First:
    """Render a job once, and see whether that is enough."""
    refuse_pointers(job.inputs)
    refuse_hostile(job.spec, job.inputs)
    running = Running(job, parallel=parallel)
    output = run_renderer(job.spec, job.inputs, running)
    manifests, warnings = _manifests(output, job)
    chance = sources_of_chance(job.spec, job.inputs, has_helm=running.has_tool("helm"))
    rendered = Rendered(
        label=job.label,
        key=job.key,
        manifests=manifests,
        layout=lay_out(manifests, files=job.files, app=job.app, object_format=job.object_format),
        warnings=tuple(dict.fromkeys((*output.warnings, *warnings, *_clock_warning(chance)))),
        commands=tuple(running.commands),
        tools=job.tools,
    )
    return First(rendered, chance, _digest(output), bool(chance.clock) or _may_ask_for_time(job.spec))


def _may_ask_for_time(spec: RenderSpec) -> bool:
    """Whether a function takes part that imports what tells the time."""
    if isinstance(spec, ChainSpec):
        return _may_ask_for_time(spec.first)
    if not isinstance(spec, PythonSpec) or not spec.file:
        return False
    with contextlib.suppress(OSError):  # it ran a moment ago
        return not _CLOCKS.isdisjoint(imports_of_code(Path(spec.file), spec.function.partition(":")[0]))
    return True


def render_second(job: RenderJob, digest: str, *, parallel: bool) -> Second:
    """Render a job again.

    :param digest: of the first output
    """
    running = Running(job, parallel=parallel, again=True)
    output = run_renderer(job.spec, job.inputs, running)
    is_same = _digest(output) == digest
    return Second(None if is_same else _manifests(output, job)[0], tuple(running.commands))


def compared(first: First, second: Second) -> Rendered:
    """The first render, with the places in which the second one differed."""
    one = first.rendered
    random = random_fields(one.manifests, second.manifests) if second.manifests is not None else ()
    return replace(one, random=random, commands=(*one.commands, *second.commands))


def wait_for_next_second() -> None:
    """Wait, a second at most, so that what asks for the time in seconds gets another answer."""
    now = time.time()
    time.sleep(int(now) + 1.001 - now)


def _manifests(output: Output, job: RenderJob) -> tuple[ManifestSet, list[str]]:
    """What an output holds; what is wrong with it is told with the templates that it is made by."""
    try:
        return _parsed(output, job)
    except SourceInvalid as error:
        made = templates(error.detail, output.documents, job.spec, job.inputs)
        detail = "\n".join([error.detail, *made])
        raise SourceInvalid(error.summary, code=error.code, detail=detail, hint=error.hint) from error


def _parsed(output: Output, job: RenderJob) -> tuple[ManifestSet, list[str]]:
    found: list[Manifest] = []
    warnings: list[str] = []
    # Whoever allows more output allows larger documents in it; nobody allows less than is ordinary.
    stream, document = max(LIMITS.stream, job.limits.output), LIMITS.document
    limits = replace(LIMITS, stream=stream, document=stream if stream > LIMITS.stream else document)
    for file, content in output.documents:
        parsed = parse_manifests(content, file=file, app=job.app, limits=limits)
        found += parsed.manifests.values()
        warnings += map(str, parsed.warnings)
    return ManifestSet.from_iterable(found), warnings


def _digest(output: Output) -> str:
    hashed = hashlib.sha256()
    for file, content in output.documents:
        hashed.update(f"{file}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    return hashed.hexdigest()


def _clock_warning(chance: Sources) -> list[str]:
    return [f"the output may depend on the time of the render: {', '.join(chance.clock)}"] if chance.clock else []
