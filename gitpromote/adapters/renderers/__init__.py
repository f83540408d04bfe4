"""Renderers: from a :class:`~gitpromote.model.render.RenderJob` to manifests and files.

This package starts the only processes of gitpromote besides git's. A renderer is one module with a function
``render(spec, inputs, running) -> Output``, and one row of :data:`RENDERERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gitpromote.adapters.renderers import helm, kustomize, pipeline, plain, python
from gitpromote.adapters.renderers.running import Output, Running
from gitpromote.adapters.renderers.sandbox import Inputs
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.render import RandomField, Rendered, RenderJob, RenderSpec
from gitpromote.render.layout import lay_out
from gitpromote.render.parse import parse_manifests
from gitpromote.render.pointers import refuse_pointers
from gitpromote.render.random import Sources, random_fields, sources_of_chance

__all__ = ["RENDERERS", "render"]

RENDERERS: Mapping[str, Callable[[Any, Inputs, Running], Output]] = {
    "plain": plain.render,
    "kustomize": kustomize.render,
    "helm": helm.render,
    "python": python.render,
    "chain": lambda spec, inputs, running: pipeline.render(spec, inputs, running, by=_once),
}


def render(job: RenderJob, *, parallel: bool = False) -> Rendered:
    """Do one job in the calling thread. What may be random is rendered twice and compared.

    :param parallel: others run at the same time
    :raises RenderFailed: a renderer failed, in its own words
    :raises SourceInvalid: an input is a placeholder, or the output is no set of manifests
    """
    refuse_pointers(job.inputs)
    running = Running(job, parallel=parallel)
    output = _once(job.spec, job.inputs, running)
    manifests, warnings = _manifests(output, job.app)
    chance = sources_of_chance(job.spec, job.inputs, has_helm=running.has_tool("helm"))
    return Rendered(
        label=job.label,
        key=job.key,
        manifests=manifests,
        layout=lay_out(manifests, files=job.files, app=job.app, object_format=job.object_format),
        warnings=tuple(dict.fromkeys((*output.warnings, *warnings, *_clock_warning(chance)))),
        random=_random(job, running, output, manifests) if any(chance) else (),
        commands=tuple(running.commands),
        tools=job.tools,
    )


def _once(spec: RenderSpec, inputs: Inputs, running: Running) -> Output:
    return RENDERERS[spec.kind](spec, inputs, running)


def _manifests(output: Output, app: str) -> tuple[ManifestSet, list[str]]:
    found: list[Manifest] = []
    warnings: list[str] = []
    for file, content in output.documents:
        parsed = parse_manifests(content, file=file, app=app)
        found += parsed.manifests.values()
        warnings += map(str, parsed.warnings)
    return ManifestSet.from_iterable(found), warnings


def _random(job: RenderJob, running: Running, output: Output, manifests: ManifestSet) -> tuple[RandomField, ...]:
    again = _once(job.spec, job.inputs, running)
    if again.documents == output.documents:
        return ()
    return random_fields(manifests, _manifests(again, job.app)[0])


def _clock_warning(chance: Sources) -> list[str]:
    return [f"the output may depend on the time of the render: {', '.join(chance.clock)}"] if chance.clock else []
