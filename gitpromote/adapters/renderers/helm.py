"""``helm template`` of a chart that lies in the source tree."""

from __future__ import annotations

import json
from typing import Any

from gitpromote.adapters.renderers.running import Output, Running
from gitpromote.adapters.renderers.sandbox import Inputs, Sandbox
from gitpromote.model.render import HelmSpec
from gitpromote.render.reads import joined


def render(spec: HelmSpec, inputs: Inputs, running: Running) -> Output:
    """Template the chart: custom resource definitions are part of it, its tests are not."""
    chart = joined("", spec.chart) or "."
    words = [*running.tool("helm").command, "template", spec.release, _as_path(chart), *arguments(spec)]
    with Sandbox(inputs, copies=running.copies) as sandbox:
        return running.call(words, sandbox, step="helm", source=chart)


def arguments(spec: HelmSpec) -> list[str]:
    """Everything after the chart on helm's command line."""
    words = ["--namespace", spec.namespace, "--include-crds", "--skip-tests", "--kube-version", spec.kube_version]
    words += [word for version in spec.api_versions for word in ("--api-versions", _one_of_list(version))]
    words += [word for path in spec.values for word in ("--values", _one_of_list(joined("", path)))]
    return words + [word for name, value in spec.set for word in _single(name, value)]


def _single(name: str, value: Any) -> tuple[str, str]:
    """One value with the type that it has in Python."""
    if isinstance(value, str):
        return "--set-string", f"{name}={_escaped(value)}"
    if value is None or isinstance(value, int):  # a bool is one too
        return "--set", f"{name}={json.dumps(value)}"
    return "--set-json", f"{name}={json.dumps(value)}"


def _escaped(value: str) -> str:
    """A text that helm's little language for values takes as it is."""
    return "".join(f"\\{sign}" if sign in "\\,{}" else sign for sign in value)


def _one_of_list(value: str) -> str:
    """A text for an option that takes a comma-separated list."""
    return '"' + value.replace('"', '""') + '"' if any(sign in value for sign in ',"\n') else value


def _as_path(chart: str) -> str:
    return f"./{chart}" if chart.startswith("-") else chart
