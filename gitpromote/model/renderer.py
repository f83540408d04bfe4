"""Renderers: what makes manifests of an App's sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from pydantic import Field, InstanceOf

from gitpromote.model.definition import Definition
from gitpromote.model.fields import Function, Many, Scalars, scalar_faults
from gitpromote.model.names import kind_of, path_problem, quoted, shown
from gitpromote.model.problems import Fault

__all__ = ["Chain", "Helm", "Kustomize", "Plain", "PythonRenderer", "Renderer"]


class Renderer(Definition):
    """Sources in, manifests out. ``a | b`` sends what ``a`` renders through ``b``."""

    means: ClassVar[str] = 'a renderer such as Kustomize("deploy/overlays/$env")'

    def __or__(self, other: Renderer) -> Chain:
        """What this one renders, rendered again by ``other``."""
        return Chain([*self.steps, *getattr(other, "steps", [other])])

    @property
    def steps(self) -> tuple[Renderer, ...]:
        """The renderers one after the other; one, unless it is a chain."""
        return (self,)

    def source_paths(self) -> tuple[str, ...]:
        """The paths in the repository that it names itself, templates as they are written."""
        return ()


class Plain(Renderer):
    """Manifests as they stand in a file or folder.

    :param path: from the repository's root; ``$env`` and ``$app`` are substituted
    """

    kind: ClassVar[str] = "plain"
    path_fields: ClassVar[tuple[str, ...]] = ("path",)

    path: str = Field(kw_only=False)

    def _faults(self) -> Iterable[Fault]:
        return _path_faults(self.path)

    def source_paths(self) -> tuple[str, ...]:
        return (self.path,)


class Kustomize(Renderer):
    """``kustomize build`` of an overlay. Its images are set from the Freight without being asked.

    :param path: the folder of the ``kustomization.yaml``; ``$env`` and ``$app`` are substituted
    :param version: the kustomize that is needed, such as ``"5.8"``; another one is an error
    """

    kind: ClassVar[str] = "kustomize"
    path_fields: ClassVar[tuple[str, ...]] = ("path",)

    path: str = Field(kw_only=False)
    version: str | None = None

    def _faults(self) -> Iterable[Fault]:
        yield from _path_faults(self.path)
        yield from _version_faults("version", self.version)
        if self.path.rpartition("/")[2].lower() in ("kustomization.yaml", "kustomization.yml", "kustomization"):
            folder = self.path.rpartition("/")[0] or "."
            yield Fault("path-invalid", "the path is a file", f"give its folder: {quoted(folder)}", "path")

    def source_paths(self) -> tuple[str, ...]:
        return (self.path,)


class Helm(Renderer):
    """``helm template`` of a chart.

    :param chart: the chart's folder in the repository; or its address, ``oci://ghcr.io/acme/charts/shop`` or
        ``https://charts.acme.io/shop``: a Warehouse subscribes to it, and the version that the Freight holds is fetched
    :param values: values files in the repository, later ones win
    :param set: single values, ``{"image.pullPolicy": "Always"}``; they win over files
    :param namespace: the release's namespace
    :param release: the release's name; default: the App's
    :param api_versions: what the chart sees as ``.Capabilities.APIVersions``
    :param kube_version: what the chart sees as ``.Capabilities.KubeVersion``; pin it, it changes what is rendered
    :param version: the helm that is needed, such as ``"3.17"``; another one is an error

    ``$env`` and ``$app`` are substituted in all but the last three.
    """

    kind: ClassVar[str] = "helm"
    path_fields: ClassVar[tuple[str, ...]] = ("chart", "values", "namespace", "release")
    queries: ClassVar[tuple[str, ...]] = ("set",)

    chart: str = Field(kw_only=False)
    values: Many[str] = ()
    set: Scalars = Field(default_factory=dict)
    namespace: str | None = None
    release: str | None = None
    api_versions: Many[str] = ()
    kube_version: str | None = None
    version: str | None = None

    @property
    def is_address(self) -> bool:
        """Whether the chart comes from a registry or chart repository, not from the sources."""
        return "://" in self.chart

    def _faults(self) -> Iterable[Fault]:
        if self.is_address:
            yield from _chart_faults(self.chart)
        else:
            yield from _path_faults(self.chart, "chart")
        for path in self.values:
            yield from _path_faults(path, "values")
        for name, value in self.set.items():
            yield from scalar_faults(f"set[{quoted(name)}]", value, "set")
        yield from _version_faults("version", self.version)
        yield from _version_faults("kube_version", self.kube_version)

    def source_paths(self) -> tuple[str, ...]:
        return tuple(self.values) if self.is_address else (self.chart, *self.values)


class PythonRenderer(Renderer):
    """A module-level function of the user that yields manifests; it runs where facts are gathered.

    It is called as ``function(source, app=…, env=…)``: ``source`` is the :class:`~pathlib.Path` of a copy of the files
    that it reads, laid out as in the repository; ``app`` and ``env`` are the names of the App and of the Environment,
    each passed only where the function has a parameter of that name. It returns YAML text, or gives mappings, one per
    manifest. Modules beside its file that it imports by name are part of its code: a change there renders anew.

    :param function: the function, or ``module:name``
    :param reads: the files and folders that it reads; default: it may read everything, so every change renders it anew
    """

    kind: ClassVar[str] = "python"
    path_fields: ClassVar[tuple[str, ...]] = ("reads",)

    function: Function = Field(kw_only=False)
    reads: Many[str] | None = None

    def _faults(self) -> Iterable[Fault]:
        for path in self.reads or ():
            yield from _path_faults(path, "reads")

    def source_paths(self) -> tuple[str, ...]:
        return tuple(self.reads or ())


class Chain(Renderer):
    """Renderers one after the other: what ``Helm(…) | Kustomize(…)`` makes.

    :param renderers: at least two; all but the first take manifests
    """

    kind: ClassVar[str] = "chain"

    renderers: Many[InstanceOf[Renderer]] = Field(kw_only=False)

    @property
    def steps(self) -> tuple[Renderer, ...]:
        return tuple(self.renderers or ())

    def _faults(self) -> Iterable[Fault]:
        if len(self.renderers) < 2:
            yield Fault("post-renderer-invalid", "has fewer than two renderers", "write Helm(…) | Kustomize(…)")
        for renderer in self.renderers[1:]:
            if not isinstance(renderer, Kustomize):
                told = f"{kind_of(renderer)} cannot render what another renderer made"
                yield Fault("post-renderer-invalid", told, "post-rendering is done by Kustomize(…)", "renderers")

    def source_paths(self) -> tuple[str, ...]:
        return tuple(path for renderer in self.renderers for path in renderer.source_paths())

    def _line(self) -> str:
        return " | ".join(repr(renderer) for renderer in self.renderers or ())


def _path_faults(path: str, field: str = "path") -> Iterable[Fault]:
    reason = path_problem(path)
    if reason:
        yield Fault("path-invalid", f"the path {shown(path)} {reason}", _path_hint(path), field)


def _chart_faults(address: str) -> Iterable[Fault]:
    scheme, _, rest = address.rstrip("/").partition("://")
    host, _, path = rest.rpartition("/")
    name, *version = re.split("[:@]", path, maxsplit=1)
    told, hint = "", ""
    if scheme not in ("oci", "https", "http"):
        told, hint = "is no address", "write oci:// or https://"
    elif "@" in host.partition("/")[0]:
        address = f"{scheme}://…@{rest.partition('@')[2]}"
        told, hint = "has a login in it", "log in once with docker login: its configuration file has it"
    elif not host or not name or any(sign in rest for sign in "?#") or rest != "".join(rest.split()):
        told, hint = "does not end in a chart's name", 'write "oci://ghcr.io/acme/charts/shop"'
    elif version:
        bare = f"{scheme}://{host}/{name}"
        told = "has a version, and which one is rendered says the Freight"
        asked = re.split("[:@]", version[0])[0] if path[len(name)] == ":" else ""
        hint = f"write {quoted(bare)}, and have a Warehouse with {subscription(bare, asked)}"
    if told:
        yield Fault("address-invalid", f"the chart {shown(address)} {told}", hint, "chart")


def subscription(address: str, constraint: str = "") -> str:
    """The subscription to a chart, as it is written in a Warehouse."""
    repository, _, name = address.rstrip("/").rpartition("/")
    asked = f", {quoted(constraint)}" if constraint else ""
    if address.startswith("oci://"):
        return f"Chart({quoted(address.rstrip('/'))}{asked or ', …'})"
    return f"Chart({quoted(repository)}{asked}, name={quoted(name)})"


def _path_hint(path: str) -> str:
    near = path.lstrip("/~").lstrip("/")
    return f"write {quoted(near)}" if path.startswith("/") and near and not path_problem(near) else ""


def _version_faults(field: str, version: str | None) -> Iterable[Fault]:
    if version is not None and not re.fullmatch(r"v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", version):
        yield Fault("version-invalid", f"{field} {shown(version)} is not a version", 'write "5.8" or "5.8.1"', field)
