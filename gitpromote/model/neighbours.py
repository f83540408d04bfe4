"""What already stands in a tree where files are to be written: folders that are none, names that fold into ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from gitpromote.model.safepath import collisions, folded_name, folded_why, unsafe_path
from gitpromote.model.tree import LINK, SUBMODULE, Entry

__all__ = ["Meeting", "Neighbours", "Newcomers"]

_KINDS = {LINK: "link", SUBMODULE: "submodule"}


class Meeting(NamedTuple):
    """Why a path must not be written.

    :ivar path: the path, or the folder of it, that cannot be had
    :ivar why: completes "the path …"
    :ivar remedy: what to do
    """

    path: str
    why: str
    remedy: str


class Neighbours:
    """The files of a commit, looked up by the name that a file system may take for another one.

    Made once for each commit, however many environments are written there.
    """

    def __init__(self, there: Mapping[str, Entry]) -> None:
        self._there = there
        self._below: dict[str, int] = {}
        self._names: dict[tuple[str, str], set[str]] = {}
        for path in there:
            self._add(path)
            for folder in _folders(path):
                known = folder in self._below
                self._below[folder] = self._below.get(folder, 0) + 1
                if not known:
                    self._add(folder)

    def _add(self, path: str) -> None:
        parent, _, last = path.rpartition("/")
        self._names.setdefault((parent, folded_name(last)), set()).add(path)

    def meeting(self, ours: Collection[str], gone: Iterable[str] = ()) -> Meeting | None:
        """The first path of ours that cannot be written, if there is one.

        :param ours: the paths of files that would be written, from the root
        :param gone: the paths of files that would be removed
        """
        changed = {*ours, *gone}
        for path in sorted(changed):
            if reason := unsafe_path(path):
                return Meeting(path, reason, "Give the file another name.")
        for met in collisions(ours):
            why = f"lies below {met.first}, which is a file" if met.why == "folder" else _folds(met.first, met.why)
            return Meeting(met.second, why, "Give one of the two another name.")
        leaves: dict[str, int] = {}
        for path in changed & self._there.keys():
            for folder in _folders(path):
                leaves[folder] = leaves.get(folder, 0) + 1
        found = (self._met(place, files, changed, leaves) for place, files in sorted(_places(ours).items()))
        return next((one for one in found if one is not None), None)

    def _met(
        self, place: str, files: tuple[str, ...], changed: Collection[str], leaves: Mapping[str, int]
    ) -> Meeting | None:
        """What stays beside one of our files, or of the folders that lead to them.

        :param files: our files below that folder; empty for a file
        """
        parent, _, last = place.rpartition("/")
        for other in sorted(self._names.get((parent, folded_name(last)), ())):
            is_file = other in self._there and other not in changed
            is_folder = self._below.get(other, 0) > leaves.get(other, 0)
            if other != place and (is_file or is_folder):
                why = _folds(other, folded_why(other, place))
                return Meeting(place, why, f"Rename one of the two, or remove {other}.")
            if other == place and files and is_file:
                kind = _KINDS.get(self._there[place].mode, "file")
                return Meeting(files[0], f"lies below {place}, which is a {kind} there", f"Remove the {kind} {place}.")
            if other == place and not files and is_folder:
                return Meeting(place, "is a folder there, in which something stays", f"Move what is in {place}.")
        return None


class Newcomers:
    """The files that several Environments write on one branch, one Environment after the other.

    None of them stands there yet, so that only this tells where the names of two of them would be one.
    """

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], tuple[str, str]] = {}

    def meeting(self, owner: str, ours: Iterable[str]) -> Meeting | None:
        """The first path of an Environment, or folder of one, that folds into what another one before it writes."""
        found = None
        for place in sorted(_places(ours)):
            parent, _, last = place.rpartition("/")
            other, writer = self._names.setdefault((parent, folded_name(last)), (place, owner))
            if other != place and writer != owner and found is None:
                why = f"meets {other!r} of {writer} on file systems that fold {folded_why(other, place)}"
                found = Meeting(place, why, "Give one of the two another name.")
        return found


def _folds(other: str, why: str) -> str:
    return f"meets {other!r} on file systems that fold {why}"


def _places(ours: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Our files, and the folders that lead to them with the first file of each."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(ours):
        found[path] = ()
        for folder in _folders(path):
            found.setdefault(folder, (path,))
    return found


def _folders(path: str) -> list[str]:
    return [path[:at] for at, sign in enumerate(path) if sign == "/"]
