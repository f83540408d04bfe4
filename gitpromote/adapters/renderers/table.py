"""Which renderers there are.

A renderer is one module with a function ``render(spec, inputs, running) -> Output``, and one row of :data:`RENDERERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gitpromote.adapters.renderers import helm, kustomize, pipeline, plain, python
from gitpromote.adapters.renderers.running import Output, Running
from gitpromote.adapters.renderers.sandbox import Inputs
from gitpromote.model.render import RenderSpec

__all__ = ["RENDERERS", "run_renderer"]

RENDERERS: Mapping[str, Callable[[Any, Inputs, Running], Output]] = {
    "plain": plain.render,
    "kustomize": kustomize.render,
    "helm": helm.render,
    "python": python.render,
    "chain": lambda spec, inputs, running: pipeline.render(spec, inputs, running, by=run_renderer),
}


def run_renderer(spec: RenderSpec, inputs: Inputs, running: Running) -> Output:
    """Run the renderer that a spec asks for, once."""
    return RENDERERS[spec.kind](spec, inputs, running)
