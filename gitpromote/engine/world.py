"""Everything that the engine speaks to, in one value; the composition root fills it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitpromote.engine.candidates import Candidates
from gitpromote.engine.organisation_place import OrgPlace
from gitpromote.engine.parsed import Parsed
from gitpromote.engine.renamed import RenamedLedger
from gitpromote.errors import GitpromoteError, UsageError
from gitpromote.history.moved import moves_of
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.resolved import HOME
from gitpromote.planning.expressions import Ask, evaluate
from gitpromote.ports import Clock, Ledger, Outside, PolicyPrograms, Registry, Reporter, Repository, Signing

if TYPE_CHECKING:  # an apply writes what was rendered before
    from gitpromote.engine.governing import Governing
    from gitpromote.engine.renderings import Renderings
    from gitpromote.engine.source_readers import Reader
    from gitpromote.render.spec import Functions


@dataclass(slots=True, kw_only=True, eq=False)
class Failures:
    """What failed while a plan was made that goes on regardless, by name."""

    environments: dict[str, GitpromoteError] = field(default_factory=dict)
    warehouses: dict[str, GitpromoteError] = field(default_factory=dict)

    def forget(self) -> None:
        """A new plan begins."""
        self.environments.clear()
        self.warehouses.clear()


@dataclass(slots=True, kw_only=True, eq=False)
class World:
    """A Pipeline and its surroundings.

    :ivar open_repository: makes the Repository of a key: ``home``, or an address
    :ivar open_registry: makes the reader of registries when somebody asks for it first
    :ivar open_renderings: makes what renders when somebody asks for it first; every time the same
    :ivar who: says who runs this, as claimed: ``Name <address>``
    :ivar functions: where the functions of the definition are
    :ivar ask: who evaluates the expressions that decide where Freight goes
    :ivar outside: whom gates ask
    :ivar policy_programs: who runs what judges outside of this process
    :ivar find_organisation: says where somebody else than who writes the Pipeline says what it has to keep to
    :ivar governing: what was read there for the plan that is being made, or carried out
    :ivar ahead: policies of the organisation that begin up to this moment judge a plan that is being made, too
    :ivar notices: what the plan that is being made leaves aside, in words for people
    :ivar previews: the Pipeline is what an ephemeral one stands for now
    :ivar living: what a plan deletes as over and is not, with the look at the remotes of which that is true
    :ivar failures: the Environments and the Warehouses that the last plan left out because something failed
    :ivar candidates: Warehouse to the Freight that the last plan chose from: who asks on need not ask registries again
    :ivar readers: (repository, ref) of sources to a commit, and who reads what there: as it was found out last
    :ivar changed_callables: names of the definition's functions whose code is another one now; asked at apply
    """

    pipeline: Pipeline
    open_repository: Callable[[str], Repository]
    open_registry: Callable[[], Registry]
    ledger_in: Callable[[Repository], Ledger]
    open_renderings: Callable[[], Renderings]
    clock: Clock
    reporter: Reporter
    who: Callable[[], str]
    signing: Signing
    outside: Outside
    functions: Functions = field(default_factory=dict)
    changed_callables: Callable[[Mapping[str, str]], tuple[str, ...]] = lambda _: ()
    parsed: Parsed = field(default_factory=Parsed)
    ask: Ask = evaluate
    policy_programs: PolicyPrograms | None = None
    find_organisation: Callable[[], OrgPlace | None] = lambda: None
    governing: Governing | None = None
    ahead: int | None = None
    notices: list[str] = field(default_factory=list)
    candidates: Mapping[str, Candidates] = field(default_factory=dict)
    previews: bool = False
    living: tuple[object, Mapping[str, str]] | None = None
    failures: Failures = field(default_factory=Failures)
    readers: dict[tuple[str, str], tuple[str, Mapping[str, Reader]]] = field(default_factory=dict)
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
    def organisation(self) -> OrgPlace | None:
        """Where somebody else says what the Pipeline has to keep to.

        :raises ConfigurationError: it is named, and there is no such place
        """
        return self.find_organisation()

    @property
    def renderings(self) -> Renderings:
        """What renders, and what it has rendered."""
        return self.open_renderings()

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
