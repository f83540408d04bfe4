"""Charts that do not lie in the sources: which version of one a render takes, and where its archive is put."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gitpromote.errors import SourceInvalid
from gitpromote.model.artifact import canonical_repository
from gitpromote.model.freight import Freight
from gitpromote.model.render import ChainSpec, ChartPin, Closure, HelmSpec, RenderSpec, remote_chart

#: The folder of archives among a render's inputs.
FETCHED = ".gitpromote-charts"


def chart_pin(spec: RenderSpec, freight: Iterable[Freight]) -> ChartPin | None:
    """The version that the Freight holds of the chart that a render fetches; ``None``: it fetches or holds none."""
    helm = remote_chart(spec)
    if helm is None:
        return None
    wanted = canonical_repository(helm.chart)
    held = (one for item in freight for one in item.charts if canonical_repository(one.repository) == wanted)
    return next((ChartPin(helm.chart, one.version, one.digest or "") for one in held), None)


def archive_path(pin: ChartPin) -> str:
    """Where the archive is put among the inputs: whoever reads a path there sees which chart it is."""
    parts = pin.address.partition("://")[2].split("/")
    return "/".join([FETCHED, *(part for part in parts if part not in ("", ".", ".."))]) + f"-{pin.version}.tgz"


def charts_of(name: str, spec: RenderSpec, closure: Closure, pin: ChartPin | None) -> dict[str, ChartPin]:
    """Everything that a render fetches, by the path where it wants it.

    :param name: of the render: ``prod/shop``
    :param pin: which version of the chart that its spec names, if it names one by address
    :raises SourceInvalid: nothing says which (``chart-unheld``)
    """
    found = {path: ChartPin(address, version) for address, version, path in closure.charts}
    helm = remote_chart(spec)
    if helm is not None:
        if pin is None:
            raise unheld(name, helm.chart)
        found[archive_path(pin)] = pin
    return found


def with_archive(spec: RenderSpec, path: str) -> RenderSpec:
    """The same render of a chart that lies at a path."""
    if isinstance(spec, ChainSpec):
        return replace(spec, first=with_archive(spec.first, path))
    assert isinstance(spec, HelmSpec)
    return replace(spec, chart=path)


def unheld(name: str, address: str) -> SourceInvalid:
    """The error for Freight that does not say which version of a chart is meant; the caller raises it.

    :param name: of the render: ``prod/shop``
    """
    return SourceInvalid(
        "The Freight does not hold the chart that is rendered",
        code="chart-unheld",
        detail=f"{name}: Helm({address!r})",
        hint="It was made before its Warehouse subscribed to the chart. Newer Freight holds it.",
    )
