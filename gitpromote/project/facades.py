"""Status and Change: what the SDK hands out for a Pipeline's standing and for one object's change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gitpromote.errors import UsageError
from gitpromote.model.change import ObjectChange, path_text
from gitpromote.project.showing import forms

if TYPE_CHECKING:
    from gitpromote.model.report import EnvironmentStatus, StatusReport


class Change:
    """One object that changes. ``.data`` is the frozen value."""

    def __init__(self, data: ObjectChange) -> None:
        self.data = data

    @property
    def title(self) -> str:
        """The object as people read it: ``apps/Deployment shop/checkout``."""
        return self.data.title

    @property
    def fields(self) -> list[str]:
        """The paths that change, as people read them."""
        return [path_text(field.path) for field in self.data.fields]

    def __repr__(self) -> str:
        return f"<Change {'/'.join(self.data.actions)} {self.title}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        data = self.data.model_dump(mode="json")
        return forms({"text/plain": repr(self), "application/vnd.gitpromote.change.v1+json": data}, include, exclude)


class Status:
    """What each Environment holds, and what would come next. ``status["prod"]`` is one; ``.data`` the frozen value."""

    def __init__(self, data: StatusReport) -> None:
        self.data = data

    def __getitem__(self, environment: str) -> EnvironmentStatus:
        for one in self.data.environments:
            if one.name == environment:
                return one
        names = ", ".join(one.name for one in self.data.environments)
        raise UsageError("There is no such Environment", code="environment-unknown", detail=f"{environment!r}; {names}")

    def __iter__(self) -> Iterator[EnvironmentStatus]:
        return iter(self.data.environments)

    def __repr__(self) -> str:
        runs = ", ".join(
            f"{one.name}: {' '.join(freight.alias for freight in one.runs.values()) or '-'}"
            for one in self.data.environments[:6]
        )
        return f"<Status {self.data.pipeline} ({runs})>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        data = self.data.model_dump(mode="json", by_alias=True)
        return forms({"text/plain": repr(self), "application/vnd.gitpromote.status.v1+json": data}, include, exclude)
