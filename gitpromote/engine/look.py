"""One look at the remotes: refs and ledger as they are now, or as a plan saw them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gitpromote.engine.world import World
from gitpromote.errors import AccessDenied, GitpromoteError, RemoteFailed
from gitpromote.model.resolved import HOME, ResolvedEnvironment
from gitpromote.model.state import LedgerState
from gitpromote.model.subscription import Git


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was there.

    :ivar refs: repository key to full ref name to id
    :ivar sources: repository key to branch (``None``: the default one) to (full ref name, id)
    :ivar failed: repository key to why it could not be asked: nothing is known of it
    """

    refs: Mapping[str, Mapping[str, str]]
    sources: Mapping[str, Mapping[str | None, tuple[str, str]]] = field(default_factory=dict)
    ledger: LedgerState
    locks: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, GitpromoteError] = field(default_factory=dict)

    def head(self, repository: str, ref: str) -> str | None:
        """The id of a ref, or ``None`` where it does not exist."""
        return self.refs.get(repository, {}).get(ref)


def lock_prefix(pipeline: str, prefix: str) -> str:
    """Where a Pipeline's locks are, as a prefix of full ref names."""
    return f"{prefix}/lock/{pipeline}/"


def look(
    world: World,
    environments: Iterable[ResolvedEnvironment],
    *,
    sources: bool = True,
    ledger: bool = True,
    regardless: bool = False,
) -> Look:
    """Ask every remote once.

    :param sources: whether the branches that Freight comes from are wanted too
    :param ledger: whether what the ledger holds is wanted too; otherwise it is empty
    :param regardless: a remote that fails keeps no other back, unless it is the home repository
    :raises GitpromoteError: a remote cannot be reached, or refuses
    """
    wanted = _patterns(world, environments, sources=sources)
    refs: dict[str, Mapping[str, str]] = {}
    failed: dict[str, GitpromoteError] = {}
    for key, patterns in wanted.items():
        try:
            refs[key] = dict(world.repository(key).fetch(sorted(patterns)))
        except (RemoteFailed, AccessDenied) as error:
            if key == HOME or not regardless:
                raise
            refs[key], failed[key] = {}, error
    ledger_head = refs[HOME].get(world.ledger.ref)
    locks = lock_prefix(world.pipeline.name, world.pipeline.refs)
    return Look(
        refs=refs,
        sources=_sources(world, {key: one for key, one in refs.items() if key not in failed}) if sources else {},
        ledger=read_ledger(world, ledger_head) if ledger else LedgerState(),
        locks={ref.removeprefix(locks): oid for ref, oid in refs[HOME].items() if ref.startswith(locks)},
        failed=failed,
    )


def read_ledger(world: World, head: str | None) -> LedgerState:
    """What the ledger says at a commit, with what proves its hotfixes and its approvals of Freight now."""
    state = world.ledger.read(head)
    if any(one.bypass for one in state.freight.values()):
        from gitpromote.engine.hotfixes import with_proofs  # hardly ever

        state = with_proofs(world, state)
    if any(one.approved_for for one in state.freight.values()):
        from gitpromote.engine.admissions import with_proven_admissions  # hardly ever

        state = with_proven_admissions(world, state)
    return state


def _patterns(world: World, environments: Iterable[ResolvedEnvironment], *, sources: bool) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {
        HOME: {world.ledger.ref, lock_prefix(world.pipeline.name, world.pipeline.refs) + "*"}
    }
    for resolved in environments:
        if resolved.target.ref:
            wanted.setdefault(resolved.target.repository, set()).add(resolved.target.ref)
    for git in _subscribed(world) if sources else ():
        found = wanted.setdefault(git.repo or HOME, set())
        if git.strategy != "newest-from-branch":
            found.add("refs/tags/*")
        found.add("HEAD" if git.branch is None else f"refs/heads/{git.branch}")
        if git.branch is None:
            found.add("refs/heads/*")
    return wanted


def git_sources(world: World, *, warehouse: str | None = None) -> list[tuple[str, str | None]]:
    """Repository key and branch of every Git subscription, or of those of one Warehouse."""
    return [(one.repo or HOME, one.branch) for one in _subscribed(world, warehouse)]


def _subscribed(world: World, warehouse: str | None = None) -> list[Git]:
    asked = [one for one in world.pipeline.warehouses if warehouse in (None, one.name)]
    return [one for each in asked for one in each.subscriptions if isinstance(one, Git)]


def _sources(world: World, refs: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str | None, tuple[str, str]]]:
    found: dict[str, dict[str | None, tuple[str, str]]] = {}
    for key, branch in git_sources(world):
        if key not in refs:
            continue
        ref = world.repository(key).default_ref() if branch is None else f"refs/heads/{branch}"
        oid = refs[key].get(ref) if ref else None
        if ref and oid:
            found.setdefault(key, {})[branch] = (ref, oid)
    return found
