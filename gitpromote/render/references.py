"""What a kustomization refers to, as written: no paths are resolved here, so equal files are read once.

kustomize reads field names as Go's JSON decoder does, without regard to case; so do we.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

#: What a reference may be: ``resource`` a file or a kustomization's folder, ``folder`` only that, ``file`` only a file,
#: ``patch`` a file or the patch itself, ``config`` a file or folder of plugin configurations, or one itself.
Role = Literal["resource", "folder", "file", "patch", "config"]


class Reference(NamedTuple):
    """A path as a kustomization gives it, relative to its folder."""

    role: Role
    path: str
    field: str


class ChartReference(NamedTuple):
    """A chart that kustomize lets helm inflate.

    :ivar version: empty where the kustomization states none
    :ivar folders: where it may lie, relative to the kustomization, the first that exists counts
    :ivar release: empty where kustomize lets helm make up a name
    """

    name: str
    repo: str
    version: str
    folders: tuple[str, ...]
    values: tuple[str, ...]
    release: str


class References(NamedTuple):
    """All that one kustomization or plugin configuration names.

    :ivar unbounded: why what it reads cannot be told, or empty
    """

    paths: tuple[Reference, ...] = ()
    charts: tuple[ChartReference, ...] = ()
    unbounded: str = ""


_LISTS: tuple[tuple[str, Role], ...] = (
    ("resources", "resource"),
    ("bases", "folder"),
    ("components", "folder"),
    ("crds", "file"),
    ("configurations", "file"),
    ("patchesstrategicmerge", "patch"),
    ("generators", "config"),
    ("transformers", "config"),
    ("validators", "config"),
)
_WITH_PATH = ("patches", "patchesjson6902", "replacements")
_GENERATORS = ("configmapgenerator", "secretgenerator")
_FUNCTION_ANNOTATIONS = ("config.kubernetes.io/function", "config.k8s.io/function")


def kustomization_references(data: Any) -> References:
    """What a kustomization or component names. Members of a wrong type are left for kustomize to complain about."""
    fields = _fields(data)
    paths = [Reference(role, path, name) for name, role in _LISTS for path in _strings(fields.get(name))]
    for name in _WITH_PATH:
        paths += [Reference("file", path, name) for item in _items(fields.get(name)) for path in _text(item, "path")]
    for name in _GENERATORS:
        paths += [reference for item in _items(fields.get(name)) for reference in _generated_from(item, name)]
    paths += [Reference("file", path, "openapi") for path in _text(_fields(fields.get("openapi")), "path")]
    return References(tuple(paths), tuple(_charts(fields)))


def plugin_references(document: Any) -> References:
    """What a generator's, transformer's or validator's configuration names, if it is one of kustomize's own."""
    fields = _fields(document)
    kind, version = fields.get("kind"), fields.get("apiversion")
    annotations = _fields(_fields(fields.get("metadata")).get("annotations"))
    if any(name in annotations for name in _FUNCTION_ANNOTATIONS):
        return References(unbounded=f"{kind} runs a function, which may read any file")
    if version != "builtin":
        return References(unbounded=f"{kind} of {version} is a plugin, which may read any file")
    paths = [Reference("file", path, "path") for path in _text(fields, "path")]
    paths += [Reference("patch", path, "paths") for path in _strings(fields.get("paths"))]
    paths += [
        Reference("file", path, "path") for item in _items(fields.get("replacements")) for path in _text(item, "path")
    ]
    paths += _generated_from(fields, "files")
    is_chart = kind == "HelmChartInflationGenerator"
    return References(tuple(paths), tuple([_chart(fields, _one(fields, "charthome") or "charts")] if is_chart else []))


def _generated_from(item: dict[str, Any], field: str) -> list[Reference]:
    files = [text.partition("=")[2] if "=" in text else text for text in _strings(item.get("files"))]
    envs = [*_strings(item.get("envs")), *_text(item, "env")]
    return [Reference("file", path, field) for path in (*files, *envs) if path]


def _charts(fields: dict[str, Any]) -> Iterator[ChartReference]:
    home = _one(_fields(fields.get("helmglobals")), "charthome") or "charts"
    for item in _items(fields.get("helmcharts")):
        yield _chart(item, home)
    for item in _items(fields.get("helmchartinflationgenerator")):
        values = {"valuesfile": item.get("values")}
        renamed = {"name": item.get("chartname"), "version": item.get("chartversion"), "repo": item.get("chartrepourl")}
        yield _chart({**item, **values, **renamed}, _one(item, "charthome") or home)


def _chart(item: dict[str, Any], home: str) -> ChartReference:
    name, repo, version = _one(item, "name"), _one(item, "repo"), _one(item, "version")
    # With a repository and a version kustomize pulls into, and looks in, a folder for that version; older ones do not.
    versioned = (f"{home}/{name}-{version}/{name}",) if repo and version else ()
    values = (*_text(item, "valuesfile"), *_strings(item.get("additionalvaluesfiles")))
    return ChartReference(name, repo, version, (*versioned, f"{home}/{name}"), values, _one(item, "releasename"))


def _fields(data: Any) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in data.items()} if isinstance(data, dict) else {}


def _items(data: Any) -> list[dict[str, Any]]:
    return [_fields(item) for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def _strings(data: Any) -> Iterable[str]:
    return [item for item in data if isinstance(item, str) and item] if isinstance(data, list) else []


def _text(fields: dict[str, Any], name: str) -> list[str]:
    text = _one(fields, name)
    return [text] if text else []


def _one(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
