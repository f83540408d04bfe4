"""Where Freight belongs that comes late: by the history of its sources, and not by the moment somebody named it.

Of two Freight of a Warehouse one is older if it holds an older commit of a branch that the Warehouse follows, and
nothing that is newer: the other commits contain its own, everything else is the same or of a lower version. Where
something of each is newer, neither is older, and the order of arrival counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gitpromote.engine.world import World
from gitpromote.errors import RemoteFailed
from gitpromote.model.artifact import Artifact, ChartArtifact, CommitArtifact, ImageArtifact, canonical_repository
from gitpromote.model.freight import Freight, identity_of
from gitpromote.model.plan import Plan
from gitpromote.model.record import Record
from gitpromote.model.resolved import HOME
from gitpromote.model.state import FreightState, LedgerState
from gitpromote.model.subscription import Chart, Git, Image
from gitpromote.model.version import Version
from gitpromote.ports import Repository

__all__ = ["created_in", "in_history", "recorded_since"]

#: How many Freight are looked through for the place of one that does not follow the latest.
_LOOKED_THROUGH = 100


def in_history(
    world: World,
    freight: Freight,
    ledger: LedgerState,
    *,
    named: bool = False,
    since: Collection[str] = (),
) -> Freight:
    """The Freight, saying in front of which one of the ledger it belongs, if it is not the newest.

    What the ledger knows has its place already.

    :param named: somebody named its artifacts: then a lower version alone makes it older, too
    :param since: Freight that the ledger got after this one was found: it is newer, unless its sources say otherwise
    """
    if freight.id in ledger.freight:
        return freight
    known = [one for one in ledger.freight.values() if one.freight.warehouse == freight.warehouse]
    order = _Order(world, freight, versions=named or freight.older_than is not None or bool(since))
    newer = order.oldest_newer(sorted(known, key=lambda one: -one.sequence), since=since) if known else None
    before = newer.freight.id if newer is not None else None
    return freight if before == freight.older_than else freight.model_copy(update={"older_than": before})


def recorded_since(world: World, plan: Plan, ledger: LedgerState) -> frozenset[str]:
    """The Freight that the ledger got after a plan was made; nothing where it knows all that the plan found."""
    if plan.freight.keys() <= ledger.freight.keys():
        return frozenset()
    return created_in(plan, ledger, world.ledger.records(ledger.head, since=plan.basis.ledger.head))


def created_in(plan: Plan, ledger: LedgerState, records: Iterable[Record]) -> frozenset[str]:
    """The same of Records that were read already.

    :param records: since the plan's basis
    """
    if plan.freight.keys() <= ledger.freight.keys():
        return frozenset()
    return frozenset(one for record in records if record.kind == "freight-created" for one in record.freight.values())


class _Order:
    """One Freight against others of its Warehouse."""

    def __init__(self, world: World, freight: Freight, *, versions: bool) -> None:
        self.freight, self.versions = freight, versions
        self.parts = _parts(freight)
        self.branches: dict[str, Repository] = {}
        self.versioned: set[str] = set()
        self.compared: dict[tuple[str, str], int | None] = {}
        for one in world.pipeline.warehouses:
            for each in one.subscriptions if one.name == freight.warehouse else ():
                if isinstance(each, Git) and each.strategy == "newest-from-branch":
                    repository = world.repository(each.repo or HOME)
                    self.branches[repository.canonical] = repository
                elif isinstance(each, Chart) or (isinstance(each, Image) and each.strategy == "semver"):
                    self.versioned.add(canonical_repository(each.address if isinstance(each, Chart) else each.repo))

    def oldest_newer(self, known: Sequence[FreightState], *, since: Collection[str]) -> FreightState | None:
        """Of several, newest first, the last one in front of which the Freight belongs."""
        found = None
        for one in known[:_LOOKED_THROUGH]:
            older = self.is_older_than(one.freight)
            if older is False:
                break
            found = one if older or one.freight.id in since else found
        return found

    def is_older_than(self, other: Freight) -> bool | None:
        """``False``: it is newer; ``None``: that cannot be told."""
        theirs = _parts(other)
        if self.parts.keys() != theirs.keys():
            return None
        found = {key: self.compare(mine, theirs[key]) for key, mine in self.parts.items()}
        if None in found.values():
            return None
        older = [key for key, one in found.items() if one == -1]
        newer = [key for key, one in found.items() if one == 1]
        if newer and not older:
            return False
        counts = self.versions or any(kind == "commit" for kind, *_ in older)
        return True if older and not newer and counts else None

    def compare(self, mine: Artifact, theirs: Artifact) -> int | None:
        """-1 for older, 0 for the same, 1 for newer; ``None`` where nothing tells."""
        if identity_of(mine) == identity_of(theirs):
            return 0
        if isinstance(mine, CommitArtifact) and isinstance(theirs, CommitArtifact):
            return self.commits(mine.repository, mine.commit, theirs.commit)
        one, other = _version(mine), _version(theirs)
        if one is None or other is None or canonical_repository(mine.repository) not in self.versioned:
            return None
        return None if one == other else -1 if one < other else 1

    def commits(self, repository: str, mine: str, theirs: str) -> int | None:
        key = (mine, theirs)
        if key not in self.compared:
            found = self.branches.get(repository)
            self.compared[key] = _descent(found, mine, theirs) if found is not None else None
        return self.compared[key]


def _descent(repository: Repository, mine: str, theirs: str) -> int | None:
    """Which of two commits contains the other; one that the remote no longer has is in none."""
    try:
        repository.ensure([mine, theirs])
    except RemoteFailed:
        return None
    # Nearly always what comes is what follows.
    if repository.is_ancestor(theirs, mine):
        return 1
    return -1 if repository.is_ancestor(mine, theirs) else None


def _parts(freight: Freight) -> dict[tuple[str, ...], Artifact]:
    """Its artifacts by what they are artifacts of."""
    return {
        (one.kind, canonical_repository(one.repository), getattr(one, "name", None) or ""): one
        for one in freight.artifacts
    }


def _version(artifact: Artifact) -> Version | None:
    match artifact:
        case ImageArtifact(tag=str() as text) | ChartArtifact(version=text):
            return Version.parse(text)
    return None
