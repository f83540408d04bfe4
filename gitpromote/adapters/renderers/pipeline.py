"""Post-rendering: what one renderer made becomes a resource of a kustomization.

The first renderer's output is put into the kustomization's folder as ``rendered.yaml``. If the kustomization does not
name it among its resources, it is added there, first, in the throw-away copy alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from gitpromote.adapters.renderers.running import Output, Running
from gitpromote.adapters.renderers.sandbox import Inputs
from gitpromote.model.render import GENERATED, ChainSpec, RenderSpec
from gitpromote.render.parse import parse_yaml
from gitpromote.render.reads import joined
from gitpromote.render.references import KUSTOMIZATION_NAMES

Render = Callable[[RenderSpec, Inputs, Running], Output]


def render(spec: ChainSpec, inputs: Inputs, running: Running, *, by: Render) -> Output:
    """Render the first, then the second on top of it.

    :param by: how to render either of them
    """
    first = by(spec.first, inputs, running)
    stream = b"---\n".join(content if content.endswith(b"\n") else content + b"\n" for _, content in first.documents)
    folder = joined("", spec.second.path)
    files = {**inputs, joined(folder, GENERATED): ("100644", stream)}
    kustomization = next((path for name in KUSTOMIZATION_NAMES if (path := joined(folder, name)) in inputs), None)
    if kustomization is not None:
        mode, content = inputs[kustomization]
        files[kustomization] = (mode, with_resource(content, file=kustomization))
    second = by(spec.second, files, running)
    return Output(second.documents, (*first.warnings, *second.warnings))


def with_resource(content: bytes, *, file: str) -> bytes:
    """A kustomization that has :data:`GENERATED` among its resources: itself, or one that says the same as JSON."""
    data: Any = next(iter(parse_yaml(content, file=file)), None)
    data = {} if data is None else data
    name = next((name for name in data if name.lower() == "resources"), "resources") if isinstance(data, dict) else ""
    listed = data.get(name) if name else None
    if (
        not name
        or not isinstance(listed, list | None)
        or any(joined("", str(item)) == GENERATED for item in listed or ())
    ):
        return content
    return json.dumps({**data, name: [GENERATED, *(listed or ())]}, indent=2).encode() + b"\n"
