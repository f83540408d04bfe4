"""What was learnt from files while closures were sought, by blob id: a base of a thousand overlays is read once."""

from __future__ import annotations

from typing import Any, NamedTuple

from gitpromote.render.parse import parse_yaml
from gitpromote.render.pointers import refuse_pointers
from gitpromote.render.reads import Place
from gitpromote.render.references import References, kustomization_references, plugin_references


class Dependency(NamedTuple):
    """One line of a chart's ``dependencies``."""

    name: str
    repository: str


class Chart(NamedTuple):
    """What a ``Chart.yaml`` or ``requirements.yaml`` says of its chart.

    :ivar declared: its dependencies as they stand there
    """

    name: str
    dependencies: tuple[Dependency, ...]
    declared: tuple[dict[str, Any], ...] = ()


class Knowledge:
    """Parsed files, shared by all closures of a run."""

    def __init__(self) -> None:
        self._references: dict[tuple[str, bool], tuple[References, ...]] = {}
        self._charts: dict[str, Chart] = {}
        self._locks: dict[str, Any] = {}

    def references(self, oid: str, place: Place, *, is_config: bool) -> tuple[References, ...]:
        """What a kustomization (one) or a file of plugin configurations (each document) names.

        :raises SourceInvalid: it is no YAML, or only a placeholder
        """
        known = self._references.get((oid, is_config))
        if known is None:
            documents = _documents(place)
            found = map(plugin_references, documents) if is_config else map(kustomization_references, documents[:1])
            known = self._references[oid, is_config] = tuple(found)
        return known

    def inline(self, text: str, place: Place) -> list[References]:
        """What plugin configurations name that stand in a kustomization as text."""
        return [plugin_references(document) for document in parse_yaml(text.encode(), file=place.file)]

    def chart(self, oid: str, place: Place) -> Chart:
        """What a ``Chart.yaml`` or ``requirements.yaml`` says.

        :raises SourceInvalid: it is no YAML, or only a placeholder
        """
        known = self._charts.get(oid)
        if known is None:
            known = self._charts[oid] = _chart(next(iter(_documents(place)), None))
        return known

    def lock(self, oid: str, place: Place) -> Any:
        """What a ``Chart.lock`` holds, as plain data.

        :raises SourceInvalid: it is no YAML, or only a placeholder
        """
        if oid not in self._locks:
            self._locks[oid] = next(iter(_documents(place)), None)
        return self._locks[oid]


def _chart(data: Any) -> Chart:
    fields = data if isinstance(data, dict) else {}
    listed = fields.get("dependencies")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return Chart(str(fields.get("name") or ""), tuple(_dependency(item) for item in items), tuple(items))


def _dependency(item: dict[str, Any]) -> Dependency:
    return Dependency(str(item.get("name") or ""), str(item.get("repository") or ""))


def _documents(place: Place) -> list[Any]:
    refuse_pointers({place.file: ("", place.text)})
    return [document for document in parse_yaml(place.text, file=place.file) if document is not None]
