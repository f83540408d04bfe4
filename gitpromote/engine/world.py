"""Everything that the engine speaks to, in one value; the composition root fills it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gitpromote.engine.parsed import Parsed
from gitpromote.engine.renamed import RenamedLedger
from gitpromote.engine.renderings import Renderings
from gitpromote.errors import UsageError
from gitpromote.history.moved import moves_of
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.resolved import HOME
from gitpromote.planning.expressions import Ask, evaluate
from gitpromote.ports import Clock, Ledger, Registry, Reporter, Repository, Signing
from gitpromote.render.spec import Functions


@dataclass(slots=True, kw_only=True)
class World:
    """A Pipeline and its surroundings.

    :ivar open_repository: makes the Repository of a key: ``home``, or an address
    :ivar open_registry: makes the reader of registries when somebody asks for it first
    :ivar who: says who runs this, as claimed: ``Name <address>``
    :ivar functions: where the functions of the definition are
    :ivar ask: who evaluates the expressions that decide where Freight goes
    :ivar notices: what the plan that is being made leaves aside, in words for people
    :ivar changed_callables: names of the definition's functions whose file is another one now; asked at apply
    """

    pipeline: Pipeline
    open_repository: Callable[[str], Repository]
    open_registry: Callable[[], Registry]
    ledger_in: Callable[[Repository], Ledger]
    renderings: Renderings
    clock: Clock
    reporter: Reporter
    who: Callable[[], str]
    signing: Signing
    functions: Functions = field(default_factory=dict)
    changed_callables: Callable[[Mapping[str, str]], tuple[str, ...]] = lambda _: ()
    parsed: Parsed = field(default_factory=Parsed)
    ask: Ask = evaluate
    notices: list[str] = field(default_factory=list)
    _actor: str = ""
    _opened: dict[str, Repository] = field(default_factory=dict)
    _registry: Registry | None = None

    def repository(self, key: str | None) -> Repository:
        """The repository of a key; ``None`` is the home repository."""
        name = key or HOME
        if name not in self._opened:
            self._opened[name] = self.open_repository(name)
        return self._opened[name]

    @property
    def opened(self) -> Mapping[str, Repository]:
        """The repositories that were asked for so far, by key."""
        return self._opened

    @property
    def registry(self) -> Registry:
        """The registries of images and charts."""
        if self._registry is None:
            self._registry = self.open_registry()
        return self._registry

    @property
    def actor(self) -> str:
        """Who runs this, as claimed: ``Name <address>``."""
        if not self._actor:
            self._actor = self.who()
        return self._actor

    @property
    def actor_address(self) -> str:
        """The address alone: what signatures name."""
        return self.actor.rpartition("<")[2].rstrip(">")

    @property
    def home(self) -> Repository:
        """The repository that holds the ledger."""
        return self.repository(HOME)

    @property
    def ledger(self) -> Ledger:
        """The Pipeline's ledger."""
        ledger, moved = self.ledger_in(self.home), moves_of(self.pipeline)
        return RenamedLedger(ledger, moved) if moved else ledger

    def known(self, environment: str) -> None:
        """Refuse a name that the Pipeline does not have.

        :raises UsageError: with the names that it has
        """
        names = [one.name for one in self.pipeline.environments]
        if environment not in names:
            raise UsageError(
                "There is no such Environment",
                code="environment-unknown",
                detail=f"{environment!r} is not in {self.pipeline.name}: it has {', '.join(names)}.",
            )
