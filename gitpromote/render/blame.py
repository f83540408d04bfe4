"""Where a renderer's complaint comes from: its words name files by many names, people want ``path:line``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from gitpromote.errors import SourceInvalid
from gitpromote.model.render import ChainSpec, HelmSpec, PlainSpec, PythonSpec, RenderSpec
from gitpromote.render.knowledge import Knowledge
from gitpromote.render.parse import parse_yaml
from gitpromote.render.reads import Place, joined

_UNKNOWN_FIELD = re.compile(r'unknown field "([^"]+)"')
_IN_CHART = re.compile(r"([\w.-]+(?:/[\w.-]+)+\.(?:ya?ml|tpl|txt|json))(?::(\d+))?")
_QUOTED = re.compile(r"'([^'\n]+)'")
_IDENTITY = re.compile(
    r"(?:no matches for Id|may not add resource with an already registered id:) (\w+)\.[^/\s]*/([^.;\s]+)\."
)
_SOURCE = re.compile(rb"# Source: (\S+)\s*$")
_ABOUT_YAML = re.compile(r"\byaml: |YAML")
_MOST = 5

Inputs = Mapping[str, tuple[str, bytes]]


def places(words: str, spec: RenderSpec, inputs: Inputs) -> list[str]:
    """Places that the words speak of, as ``path:line`` or ``path``, the most certain first; none twice."""
    if isinstance(spec, PythonSpec | PlainSpec):
        return []
    found: list[str] = [*_in_charts(words, spec, inputs), *_unknown_fields(words, inputs), *_no_yaml(words, inputs)]
    found = found or [*_objects(words, inputs), *_named(words, inputs)]
    with_line = {place.partition(":")[0] for place in found if ":" in place}
    return [place for place in dict.fromkeys(found) if place not in with_line][:_MOST]


def templates(words: str, documents: Sequence[tuple[str, bytes]], spec: RenderSpec, inputs: Inputs) -> list[str]:
    """Which templates made the lines of helm's output that the words speak of: ``charts/shop:18 is made by …``.

    :param documents: the output: each stream with the name that the words call it by
    """
    found = []
    for name, content in documents:
        lines = content.splitlines()
        for number in re.findall(rf"(?<![\w./-]){re.escape(name)}:(\d+)", words):
            above = (_SOURCE.match(line) for line in reversed(lines[: int(number)]))
            made = next((match[1].decode("utf-8", "replace") for match in above if match), "")
            path = next(_in_charts(made, spec, inputs), made)
            found += [f"{name}:{number} is made by {path}"] if path else []
    return list(dict.fromkeys(found))[:_MOST]


def _in_charts(words: str, spec: RenderSpec, inputs: Inputs) -> Iterator[str]:
    """helm calls a template ``<chart's name>/templates/…``, whatever the chart's folder is called."""
    while isinstance(spec, ChainSpec):
        spec = spec.first
    if not isinstance(spec, HelmSpec):
        return
    folder = joined("", spec.chart)
    about = inputs.get(joined(folder, "Chart.yaml"))
    name = _chart_name(about[1]) if about else posixpath.basename(folder)
    for called, line in _IN_CHART.findall(words):
        path = joined(folder, called[len(name) + 1 :]) if called.startswith(f"{name}/") else joined("", called)
        if path in inputs:
            yield f"{path}:{line}" if line else path


def _chart_name(content: bytes) -> str:
    try:
        return Knowledge().chart("", Place("Chart.yaml", content)).name
    except SourceInvalid:
        return ""


def _unknown_fields(words: str, inputs: Inputs) -> Iterator[str]:
    for field in _UNKNOWN_FIELD.findall(words):
        member = re.compile(rb"^[\s-]*[\"']?" + re.escape(field.encode()) + rb"[\"']?\s*:")
        for path, (_, content) in inputs.items():
            if posixpath.basename(path).lower().startswith("kustomization"):
                yield from (f"{path}:{at}" for at, line in enumerate(content.splitlines(), 1) if member.match(line))


def _no_yaml(words: str, inputs: Inputs) -> Iterator[str]:
    """Files that cannot be read at all, where the words speak of YAML; charts' templates are none before they run."""
    if not _ABOUT_YAML.search(words):
        return
    for path, (_, content) in inputs.items():
        if path.endswith((".yaml", ".yml")) and b"{{" not in content:
            try:
                parse_yaml(content, file=path)
            except SourceInvalid as error:
                yield error.detail or path


def _objects(words: str, inputs: Inputs) -> Iterator[str]:
    """Where an object stands that kustomize names as ``Kind.version.group/name.namespace``."""
    for kind, name in _IDENTITY.findall(words):
        named = re.compile(rb"[{,\s]name:\s*[\"']?" + re.escape(name.encode()) + rb"[\"']?\s*[,}]?\s*$")
        for path, (_, content) in inputs.items():
            if re.search(rb"kind:\s*[\"']?" + kind.encode() + rb"\b", content):
                yield from (f"{path}:{at}" for at, line in enumerate(content.splitlines(), 1) if named.search(line))


def _named(words: str, inputs: Inputs) -> Iterator[str]:
    """Files that the words quote."""
    for quoted in _QUOTED.findall(words):
        path = joined("", quoted)
        if path in inputs:
            yield path
