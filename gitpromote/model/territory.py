"""Who writes where: two Environments that write the same path would undo each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gitpromote.model.names import quoted

__all__ = ["Claim", "Conflict", "conflicts", "overlap"]


class Claim(NamedTuple):
    """One thing that an Environment writes.

    :ivar path: a folder that is owned whole, or the file or folder of what ``slot`` names
    :ivar slot: empty for a folder
    """

    repository: str
    branch: str
    path: str
    slot: str
    owner: str

    @property
    def where(self) -> str:
        """How a message calls it."""
        place = f"branch {quoted(self.branch)}"
        if self.slot:
            return f"{quoted(self.slot)} in {quoted(self.path)} on {place}"
        return f"the folder {quoted(self.path)} on {place}" if self.path else place


class Conflict(NamedTuple):
    """Two claims of which one is in the other, or is the other. ``second`` was made later."""

    first: Claim
    second: Claim

    @property
    def exact(self) -> bool:
        """Whether both are one place."""
        return self.first[:4] == self.second[:4]


def conflicts(claims: Sequence[Claim]) -> Iterator[Conflict]:
    """Claims that cannot stand beside each other, each with one that was made before it."""
    groups: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.repository, claim.branch].append(claim)
    place = {id(claim): index for index, claim in enumerate(claims)}
    for group in groups.values():
        if len(group) > 1:
            for one, other in _within(group):
                yield Conflict(*sorted((one, other), key=lambda claim: place[id(claim)]))


def _within(group: list[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Conflicts on one branch."""
    folders = [claim for claim in group if not claim.slot]
    slots = [claim for claim in group if claim.slot]
    yield from _nested(folders)
    taken: dict[tuple[str, str], Claim] = {}
    for claim in slots:
        other = taken.setdefault((claim.path, claim.slot), claim)
        if other.owner != claim.owner:
            yield other, claim
    by_path = {claim.path: claim for claim in folders}
    if by_path:
        for claim in {claim.path: claim for claim in slots}.values():
            owner = next((by_path[above] for above in _above(claim.path) if above in by_path), None)
            if owner is not None:
                yield owner, claim


def _nested(folders: list[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Folders in folders: sorted by their parts, what is inside follows directly."""
    stack: list[Claim] = []
    for claim in sorted(folders, key=lambda one: one.path.split("/") if one.path else []):
        while stack and not _inside(claim.path, stack[-1].path):
            stack.pop()
        if stack:
            yield stack[-1], claim
        stack.append(claim)


def _inside(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _above(path: str) -> Iterator[str]:
    """The path itself, and every folder that it lies in."""
    yield path
    while path:
        path = path.rpartition("/")[0]
        yield path


def overlap(one: str, other: str) -> bool:
    """Whether one of two folders is in the other, or is the other."""
    return _inside(one, other) or _inside(other, one)
