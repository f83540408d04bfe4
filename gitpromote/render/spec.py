"""A renderer as the pipeline defines it -> the plain values that a render job holds."""

from __future__ import annotations

from collections.abc import Mapping

from gitpromote.model.artifact import canonical_repository
from gitpromote.model.edits import SetValue
from gitpromote.model.render import KUBE_VERSION, ChainSpec, HelmSpec, KustomizeSpec, PlainSpec, PythonSpec, RenderSpec
from gitpromote.model.renderer import Helm, Kustomize, Plain, PythonRenderer, Renderer
from gitpromote.model.resolved import ResolvedApp

#: ``module:name`` to (file, sha256 of its code): where the functions of a definition are.
Functions = Mapping[str, tuple[str, str]]


def spec_of(app: ResolvedApp, *, environment: str, functions: Functions | None = None) -> RenderSpec:
    """What an App renders in one Environment.

    :param functions: where the functions of ``PythonRenderer`` are
    """
    specs = [_spec(step, app, environment, functions or {}) for step in app.renderer.steps]
    spec = specs[0]
    for following in specs[1:]:
        assert isinstance(following, KustomizeSpec)  # the definition lets nothing else follow
        spec = ChainSpec(first=spec, second=following)
    return spec


def asked_versions(spec: RenderSpec) -> dict[str, str]:
    """The tool versions that a render asks for, by tool name; those of no matter are left out."""
    match spec:
        case ChainSpec():
            return asked_versions(spec.first) | asked_versions(spec.second)
        case KustomizeSpec() | HelmSpec():
            return {spec.kind: spec.version} if spec.version else {}
        case _:
            return {}


def _spec(renderer: Renderer, app: ResolvedApp, environment: str, functions: Functions) -> RenderSpec:
    match renderer:
        case Plain():
            return PlainSpec(path=renderer.path)
        case Kustomize():
            return KustomizeSpec(path=renderer.path, version=renderer.version or "")
        case Helm():
            return _helm(renderer, app)
        case PythonRenderer():
            function = str(renderer.function)
            file, code = functions.get(function, ("", ""))
            parameters = (("app", app.name), ("env", environment))
            reads = None if renderer.reads is None else tuple(renderer.reads)
            return PythonSpec(function=function, file=file, code=code, reads=reads, parameters=parameters)
        case _:
            raise TypeError(renderer)


def _helm(renderer: Helm, app: ResolvedApp) -> HelmSpec:
    return HelmSpec(
        chart=renderer.chart.rstrip("/") if renderer.is_address else renderer.chart,
        stated=stated_in(renderer, app) if renderer.is_address else (),
        release=renderer.release or app.name,
        values=tuple(renderer.values),
        set=tuple(renderer.set.items()),
        namespace=renderer.namespace or "default",
        api_versions=tuple(renderer.api_versions),
        kube_version=renderer.kube_version or KUBE_VERSION,
        version=renderer.version or "",
    )


def stated_in(renderer: Helm, app: ResolvedApp) -> tuple[str, ...]:
    """The files in which the edits of an App write the version of its chart."""
    wanted = canonical_repository(renderer.chart)
    edits = [edit for edit in app.edits if isinstance(edit, SetValue) and edit.chart is not None]
    return tuple(dict.fromkeys(edit.file for edit in edits if canonical_repository(edit.chart or "") == wanted))
