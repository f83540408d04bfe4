"""What has to be written anew so that a Freight's commits are signed: a commit cannot be signed afterwards.

The rewritten commits have the content of the old ones, so that nothing finds them by itself: Freight of them is made by
hand. Where somebody has rewritten the branch already, that is all that is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gitpromote.engine.world import World
from gitpromote.model.artifact import CommitArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.resolved import HOME
from gitpromote.model.subscription import Git
from gitpromote.ports import Repository

__all__ = ["Unsigned", "to_be_written"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """A Freight's commits of one repository, not all of which are signed.

    :ivar oids: those that are not, newest first
    :ivar new: the same question of another head of the branch: what it would bring, and what of that is not signed
    :ivar refs: the branches that the repository has now
    :ivar known: all Freight that there is
    """

    warehouse: str
    artifact: CommitArtifact
    repository: Repository
    oids: Sequence[str]
    new: Callable[[str], Sequence[str]]
    refs: Callable[[], Mapping[str, str]]
    known: Iterable[Freight] = ()


def to_be_written(world: World, unsigned: Unsigned) -> Mapping[str, Any]:
    """Facts for a remedy.

    ``oldest`` is the first commit to sign, of the branch as it is now, and ``root`` whether nothing is before it; both
    are missing where all are signed by now. ``gone`` is whether the branch no longer has the Freight's commit;
    ``branch`` its name; ``taken`` the Freight that there is of the commit which is there now; ``pipeline`` whose
    Freight can be made of it by hand, where that goes.
    """
    git = _subscription(world, unsigned)
    repository, oids = unsigned.repository, unsigned.oids
    branch, head = _branch(unsigned, git)
    gone = head is not None and not repository.is_ancestor(unsigned.artifact.commit, head)
    if gone and head is not None:
        oids = unsigned.new(head)
    taken = [one.alias for one in unsigned.known if one.commit_of(repository.canonical) == head] if gone else []
    by_hand = git is not None and git.repo in (None, HOME) and branch is not None and (oids or not taken)
    return {
        **_oldest(repository, oids),
        **({"branch": branch} if branch else {}),
        "gone": gone,
        **({"taken": taken[-1]} if taken and not oids else {}),
        **({"pipeline": world.pipeline.name} if by_hand else {}),
    }


def _oldest(repository: Repository, oids: Sequence[str]) -> Mapping[str, Any]:
    if not oids:
        return {}
    return {"oldest": oids[-1], "root": not repository.commits([oids[-1]])[oids[-1]].parents}


def _subscription(world: World, unsigned: Unsigned) -> Git | None:
    """Which one a commit comes from."""
    every = (each for one in world.pipeline.warehouses if one.name == unsigned.warehouse for each in one.subscriptions)
    return next((one for one in every if isinstance(one, Git) and _fits(world, one, unsigned)), None)


def _fits(world: World, git: Git, unsigned: Unsigned) -> bool:
    return world.repository(git.repo or HOME).canonical == unsigned.artifact.repository


def _branch(unsigned: Unsigned, git: Git | None) -> tuple[str | None, str | None]:
    """The branch that is followed, and its commit; ``None`` where there is none."""
    if git is None or git.strategy != "newest-from-branch":
        return None, None
    refs = unsigned.refs()
    ref = f"refs/heads/{git.branch}" if git.branch else unsigned.repository.default_ref()
    head = refs.get(ref) if ref else None
    return (ref.removeprefix("refs/heads/"), head) if ref and head else (None, None)
