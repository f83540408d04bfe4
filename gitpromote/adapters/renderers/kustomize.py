"""``kustomize build`` or ``kubectl kustomize``: whichever was found."""

from __future__ import annotations

from gitpromote.adapters.renderers.running import Output, Running
from gitpromote.adapters.renderers.sandbox import Inputs, Sandbox
from gitpromote.model.render import KustomizeSpec
from gitpromote.render.reads import joined


def render(spec: KustomizeSpec, inputs: Inputs, running: Running) -> Output:
    """Build the kustomization in the folder of the spec. Charts are inflated where the job brings a helm."""
    folder = joined("", spec.path) or "."
    helm = running.tool("helm") if running.has_tool("helm") else None
    charts = ["--enable-helm", "--helm-command", helm.command[0]] if helm is not None else []
    words = [*running.tool("kustomize").command, _as_path(folder), *charts]
    with Sandbox(inputs, copies=running.copies) as sandbox:
        return running.call(words, sandbox, step="kustomize", source=folder)


def _as_path(folder: str) -> str:
    return f"./{folder}" if folder.startswith("-") else folder
