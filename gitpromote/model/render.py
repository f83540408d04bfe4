"""What a render is, as plain values: what is wanted, what it reads, and what came out.

All of them are frozen and can be pickled, so a job may run in another process or on another machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from gitpromote.model.manifest import ManifestSet, ObjectRef
from gitpromote.model.tree import Entry

__all__ = [
    "GENERATED",
    "KUBE_VERSION",
    "ChainSpec",
    "ChartPin",
    "Closure",
    "Command",
    "FileLayout",
    "HelmSpec",
    "KustomizeSpec",
    "Layout",
    "Limits",
    "PlainSpec",
    "PythonSpec",
    "RandomField",
    "Read",
    "RenderJob",
    "RenderSpec",
    "Rendered",
    "RendererTool",
    "remote_chart",
]

#: ``.Capabilities.KubeVersion`` of a chart that is not told another one: pinned, so that a newer helm renders the same.
KUBE_VERSION = "1.34.0"

#: In a chain, the file that holds the first renderer's output, in the folder of the second one's kustomization.
GENERATED = "rendered.yaml"

FileLayout = Literal["per-object", "per-app"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainSpec:
    """Manifests as they are: one file, or all ``*.yaml``, ``*.yml``, ``*.json`` of a folder and below it."""

    kind: ClassVar[Literal["plain"]] = "plain"
    path: str

    def data(self) -> list[Any]:
        """All that can change the output, as plain data."""
        return [self.kind, self.path]


@dataclass(frozen=True, slots=True, kw_only=True)
class KustomizeSpec:
    """``kustomize build`` of a folder.

    :ivar version: the version that is asked for, whole or its first parts (``5.8``); empty for any
    """

    kind: ClassVar[Literal["kustomize"]] = "kustomize"
    path: str
    version: str = ""

    def data(self) -> list[Any]:
        """All that can change the output, as plain data. The version asked for does not: the tool's identity does."""
        return [self.kind, self.path]


@dataclass(frozen=True, slots=True, kw_only=True)
class HelmSpec:
    """``helm template`` of a chart in the source tree, or of one from a registry or chart repository.

    :ivar chart: folder or ``.tgz`` in the source tree, or an address: which version of that is meant says the Freight
    :ivar values: values files in the source tree, later ones win
    :ivar stated: with an address: files in the source tree that say which version others take
    :ivar set: single values by helm's dotted path; a Python string stays a string
    :ivar release: the release's name
    :ivar version: the helm version that is asked for, whole or its first parts; empty for any
    """

    kind: ClassVar[Literal["helm"]] = "helm"
    chart: str
    release: str
    values: tuple[str, ...] = ()
    set: tuple[tuple[str, Any], ...] = ()
    namespace: str = "default"
    api_versions: tuple[str, ...] = ()
    kube_version: str = KUBE_VERSION
    version: str = ""
    stated: tuple[str, ...] = ()

    @property
    def is_address(self) -> bool:
        """Whether the chart comes from a registry or chart repository, not from the sources."""
        return "://" in self.chart

    def data(self) -> list[Any]:
        """All that can change the output, as plain data; of a chart with an address all but its version."""
        single = [list(pair) for pair in self.set]
        scope = [self.release, self.namespace, list(self.api_versions), self.kube_version]
        return [self.kind, self.chart, list(self.values), single, *scope, *([list(self.stated)] if self.stated else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonSpec:
    """A module-level function ``function(source, **parameters)`` that returns manifests.

    It runs in a process of its own. ``source`` is a :class:`pathlib.Path` to a folder with the files that it may read;
    of ``parameters`` it gets those that its signature names. It returns YAML text, or dictionaries, one per object.

    :ivar function: ``module:name``
    :ivar file: the module's file; ``code`` is the sha256 of it, and of what it imports beside it
    :ivar reads: paths that it reads (files, folders); ``None`` for the whole tree
    """

    kind: ClassVar[Literal["python"]] = "python"
    function: str
    file: str
    code: str
    reads: tuple[str, ...] | None = None
    parameters: tuple[tuple[str, str], ...] = ()

    def data(self) -> list[Any]:
        """All that can change the output, as plain data."""
        reads = None if self.reads is None else list(self.reads)
        return [self.kind, self.function, self.code, reads, [list(pair) for pair in self.parameters]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSpec:
    """The output of ``first`` as one more resource of the kustomization ``second``: its file :data:`GENERATED`."""

    kind: ClassVar[Literal["chain"]] = "chain"
    first: RenderSpec
    second: KustomizeSpec

    def data(self) -> list[Any]:
        """All that can change the output, as plain data."""
        return [self.kind, self.first.data(), self.second.data()]


RenderSpec = PlainSpec | KustomizeSpec | HelmSpec | PythonSpec | ChainSpec


def remote_chart(spec: RenderSpec) -> HelmSpec | None:
    """The part of a render whose chart is fetched; ``None``: there is none."""
    first = spec.first if isinstance(spec, ChainSpec) else spec
    return first if isinstance(first, HelmSpec) and first.is_address else None


@dataclass(frozen=True, slots=True)
class ChartPin:
    """One version of a chart in a registry or chart repository.

    :ivar address: the chart's name included: ``oci://ghcr.io/acme/charts/shop``, ``https://charts.acme.io/shop``
    :ivar digest: of the manifest (OCI) or of the archive; empty: it is the one that was first seen
    """

    address: str
    version: str
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.address}:{self.version}"


#: A path, its mode and its id. The mode of a folder, ``040000``, stands for everything below it.
Read = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Closure:
    """What a render reads.

    :ivar reads: files, and folders that are read whole; sorted by path, none below another
    :ivar absent: paths whose appearance would change what is read
    :ivar whole_tree: what it reads cannot be bounded, ``reason`` says why; ``reads`` then is the root folder alone,
        with an empty path
    :ivar tools: names of the tools that it needs: ``kustomize``, ``helm``, ``python``
    :ivar copies: folders that the render wants in a second place too: (source, target)
    :ivar charts: charts that are to be fetched: (address, version, the path where the render wants the archive)
    """

    reads: tuple[Read, ...]
    absent: tuple[str, ...] = ()
    whole_tree: bool = False
    reason: str = ""
    tools: tuple[str, ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    charts: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RendererTool:
    """A renderer as it was found.

    :ivar name: ``kustomize``, ``helm`` or ``python``
    :ivar command: the words that start it
    :ivar version: as it says itself, without a leading ``v``; may be something like ``(devel)``
    :ivar sha256: of the program's file; empty for ``python``
    """

    name: str
    command: tuple[str, ...]
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a single renderer process may take: seconds of time, bytes of output, bytes of words to people."""

    timeout: float = 120.0
    output: int = 64 * 1024 * 1024
    words: int = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderJob:
    """One render, complete: it needs nothing but these values and the tools.

    :ivar label: what people know it by, like ``shop in prod``
    :ivar inputs: path to (mode, bytes) of every file that the render may read
    :ivar copies: of the closure: folders among the inputs that are wanted in a second place too
    :ivar key: jobs of one key are rendered once; empty for none
    :ivar app: the App, for the manifests' ``app`` and for the file name of the layout ``per-app``
    :ivar keep: a folder to leave inputs, output and command lines in; empty for none
    """

    label: str
    spec: RenderSpec
    inputs: Mapping[str, tuple[str, bytes]]
    copies: tuple[tuple[str, str], ...] = ()
    tools: tuple[RendererTool, ...] = ()
    key: str = ""
    app: str = ""
    files: FileLayout = "per-object"
    object_format: str = "sha1"
    limits: Limits = field(default_factory=Limits)
    keep: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line that ran. ``seconds`` is wall time."""

    words: tuple[str, ...]
    seconds: float
    status: int


@dataclass(frozen=True, slots=True)
class RandomField:
    """A place that differed between two renders of the same inputs; an empty ``path`` is the whole object."""

    ref: ObjectRef
    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Manifests as files.

    :ivar contents: path to bytes, sorted by path
    :ivar entries: path to mode and blob id
    :ivar where: object to the path that holds it
    """

    contents: Mapping[str, bytes]
    entries: Mapping[str, Entry]
    where: Mapping[ObjectRef, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a render gave.

    :ivar warnings: what the renderer and the reading of its output had to say, each once
    :ivar random: fields that a second render of the same inputs gave differently
    """

    label: str
    key: str
    manifests: ManifestSet
    layout: Layout
    warnings: tuple[str, ...] = ()
    random: tuple[RandomField, ...] = ()
    commands: tuple[Command, ...] = ()
    tools: tuple[RendererTool, ...] = ()
