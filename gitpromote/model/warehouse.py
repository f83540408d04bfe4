"""Warehouses: where new Freight is found, and what must fit together in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, InstanceOf

from gitpromote.model.definition import Definition, name_faults
from gitpromote.model.fields import Many, Seconds
from gitpromote.model.problems import Fault
from gitpromote.model.schedule import weekly_problem
from gitpromote.model.subscription import Git, Subscription

__all__ = ["Coherence", "Warehouse", "app_version", "same_commit", "same_version"]


class Coherence(Definition):
    """A ready-made rule about artifacts that fit together; functions such as :func:`same_commit` make it."""

    kind: ClassVar[str] = "coherence"
    means: ClassVar[str] = "a rule such as same_commit()"

    rule: Literal["same-commit", "same-version", "app-version"] = Field(kw_only=False)

    def _line(self) -> str:
        return f"{self.rule.replace('-', '_')}()"


def same_commit() -> Coherence:
    """Every image was built from the Git commit that travels with it, by its revision label or its tag."""
    return Coherence("same-commit")


def same_version() -> Coherence:
    """All images and charts have one version."""
    return Coherence("same-version")


def app_version() -> Coherence:
    """The chart's ``appVersion`` is the image's tag."""
    return Coherence("app-version")


class Warehouse(Definition):
    """Repositories whose newest coherent versions become Freight.

    :param subscriptions: what is watched, each by position; without a ``Git(…)`` the first Warehouse gets one for
        each repository that Apps are rendered from
    :param name: an RFC 1123 label; default: the Pipeline's name
    :param where: what must hold between the artifacts: a CEL expression, or ``same_commit()`` and its like
    :param policy: ``manual``: Freight is made by ``freight assemble`` alone
    :param cut: make Freight at this weekly time, ``"Tue 10:00"`` (UTC)
    :param quiet: make Freight when nothing new came for so long, ``"30m"``
    """

    kind: ClassVar[str] = "warehouse"
    means: ClassVar[str] = 'a Warehouse such as Warehouse(Image("ghcr.io/acme/shop", "^1.4"))'

    subscriptions: Many[InstanceOf[Subscription]] = ()
    name: str | None = None
    where: str | InstanceOf[Coherence] | None = None
    policy: Literal["automatic", "manual"] = "automatic"
    cut: str | None = None
    quiet: Seconds | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *subscriptions: Subscription,
            name: str | None = None,
            where: str | Coherence | None = None,
            policy: Literal["automatic", "manual"] = "automatic",
            cut: str | None = None,
            quiet: Seconds | None = None,
        ) -> None: ...

    @classmethod
    def _take_positional(cls, arguments: tuple[Any, ...], members: dict[str, Any]) -> list[Fault]:
        members["subscriptions"] = arguments
        return []

    @property
    def repositories(self) -> tuple[str | None, ...]:
        """The Git repositories that it watches; ``None`` is the home repository."""
        return tuple(one.repo for one in self.subscriptions if isinstance(one, Git))

    def _faults(self) -> Iterable[Fault]:
        if self.name is not None:
            yield from name_faults("name", self.name)
        if isinstance(self.where, str) and not self.where.strip():
            yield Fault("expression-empty", "where is empty", "leave it out", "where")
        if self.cut is not None and (reason := weekly_problem(self.cut)):
            yield Fault("schedule-invalid", f"cut {reason}", 'write "Tue 10:00"', "cut")

    def _shown(self) -> list[str]:
        by_position = [repr(subscription) for subscription in self.subscriptions or ()]
        return [*by_position, *(text for text in super()._shown() if not text.startswith("subscriptions="))]
