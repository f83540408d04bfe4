"""What a user's code looks for beside itself and does not find in its copy, although the checkout has it.

An answer without it would be another one than Python gives anywhere else, and nothing would tell: manifests that
depend on it would be gone. So it is noted while the code runs, and refused when that is over.
"""

from __future__ import annotations

import fnmatch
import linecache
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from gitpromote.adapters.beside import is_left_out

__all__ = ["Unseen", "left_behind", "refuse_unseen", "unseen", "watch"]

_OURS = str(Path(__file__).parents[1])
_STANDARD = (str(sysconfig.get_path("stdlib")), str(sysconfig.get_path("platstdlib")), "<frozen ")
_PACKAGES = ("site-packages", "dist-packages")
_IMPORTING = frozenset({"importlib", "pkg_resources", "setuptools", "_distutils_hack"})
_LISTING = ("iterdir", "walk", "_walk")
_SIGNS = "*?["


class Unseen(Exception):
    """Code depends on what is no part of it.

    :ivar file: the user's file that asks, and the line in it with its text; empty where a thread of its own does
    :ivar words: a sentence
    """

    def __init__(self, file: str, line: int, text: str, words: str) -> None:
        super().__init__(f"{file}:{line}: {text}\n{words}\n" if file else f"{words}\n")
        self.file, self.line, self.words = file, line, words


class _Copy(NamedTuple):
    """A copy of code.

    :ivar places: the folder below which paths are as they are in the checkout, as it is called and as it is
    :ivar left: what folders of the copy lack, by their names there
    :ivar patterns: whatever fits them is in the copy
    """

    places: tuple[str, str]
    left: Mapping[str, tuple[str, ...]]
    patterns: frozenset[str]


_watched: list[_Copy] = []
_noted: list[Unseen] = []
_lstat, _readlink, _real = os.lstat, os.readlink, os.path.realpath


def left_behind(place: Path, root: Path) -> dict[str, tuple[str, ...]]:
    """What the folders of a copy lack of those that they are copies of.

    :param root: of the checkout: what is above it is not looked at, and belongs to no code
    """
    above = {f"{place}{folder}".rstrip(os.sep) for folder in root.parents}
    found = {}
    for folder, folders, files in os.walk(place):
        original = Path(os.sep, os.path.relpath(folder, place))
        try:
            names = set() if folder in above else {one.name for one in original.iterdir() if not is_left_out(one)}
        except OSError:
            continue
        if lacking := names.difference(folders, files):
            found[folder] = tuple(sorted(lacking))
    return found | dict.fromkeys(above, ("what lies above the checkout",))


def watch(place: Path, *, left: Mapping[str, tuple[str, ...]], patterns: Iterable[Path]) -> None:
    """From here on note what code of this process looks for in a copy and does not find.

    What it starts is not heard.

    :param left: see :func:`left_behind`
    :param patterns: as they would be in the copy
    """
    _watched[:] = [_Copy((str(place), _real(place)), left, frozenset(map(_real, patterns)))]
    sys.addaudithook(_hear)
    sys.meta_path.append(_LastFinder)
    for name in ("stat", "lstat", "access", "readlink", "open"):
        plain = getattr(os, name)
        noting = _noting(plain)
        setattr(os, name, noting)
        for known in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks, os.supports_effective_ids):
            if plain in known:
                known.add(noting)


def unseen() -> Unseen | None:
    """What was noted first, if anything was."""
    return _noted[0] if _noted else None


def refuse_unseen() -> None:
    """Refuse an answer that came about without what was looked for.

    :raises Unseen: something was noted
    """
    if _noted:
        raise _noted[0]


# -- what is heard


def _hear(event: str, given: tuple[Any, ...]) -> None:
    if event == "open":
        path, _, flags = given
        if not flags & os.O_TRUNC:
            _asked(path)
    elif event in ("os.listdir", "os.scandir"):
        _listed(os.curdir if given[0] is None else given[0])
    elif event == "os.chdir":
        _asked(given[0])
    elif event in ("pathlib.Path.glob", "pathlib.Path.rglob"):
        _matched(os.path.join(given[0], *["**"] * event.endswith("rglob"), given[1]))  # noqa: PTH118 (a pattern)
    elif event == "glob.glob/2":
        _matched(os.path.join(os.fsdecode(given[2] or ""), os.fsdecode(given[0])))  # noqa: PTH118


def _noting(plain: Callable[..., Any]) -> Callable[..., Any]:
    """A question for a file that notes what it was asked in vain: such questions are not heard."""

    @wraps(plain)
    def asked(path: Any, *given: Any, dir_fd: int | None = None, **named: Any) -> Any:
        if dir_fd is not None:
            named["dir_fd"] = dir_fd
        try:
            answer = plain(path, *given, **named)
        except FileNotFoundError:
            _asked(path, below=dir_fd)
            raise
        if answer is False:
            _asked(path, below=dir_fd)
        return answer

    return asked


class _LastFinder:
    """Asked for a module that nobody has found."""

    @staticmethod
    def find_spec(name: str, path: Iterable[str] | None = None, target: object = None) -> None:
        for entry in sys.path if path is None else path:
            place = _in_copy(entry)
            for module in (f"{name.rpartition('.')[2]}.py", f"{name.rpartition('.')[2]}/__init__.py"):
                if place is not None and _is_there(f"{_original(place)}/{module}"):
                    _note(f"imports {_original(place)}/{module}, which is", is_import=True)


def _asked(path: Any, *, below: int | None = None) -> None:
    """One file.

    :param below: the folder, as the system numbers it, from which the path counts
    """
    place = _in_copy(path, below=below)
    if place is not None and not _is_there(place) and _is_there(_original(place)):
        _note(f"asks for {_original(place)}, which is")


def _listed(path: Any) -> None:
    """A folder whose names are asked for, all of them."""
    _asked(path)
    place = _in_copy(path)
    lacking = _lacking(place)
    between = list(_between())
    files = {Path(one.f_code.co_filename).stem for one in between}
    if "pkgutil" in files:
        lacking = tuple(name for name in lacking if name.endswith(".py"))
    elif files & {"glob", "pathlib", "_local"} and not any(one.f_code.co_name in _LISTING for one in between):
        return  # a pattern, which was heard before
    if place is not None and lacking:
        _note_lacking(place, lacking)


def _matched(pattern: str) -> None:
    """A pattern of files."""
    parts = Path(pattern).parts
    at = next((at for at, part in enumerate(parts) if any(sign in part for sign in _SIGNS)), len(parts))
    place = _in_copy(Path(*parts[:at]))
    if place is None or at == len(parts) or _real(pattern) in _watched[0].patterns:
        return
    below = [folder for folder in _watched[0].left if folder.startswith(f"{place}{os.sep}")]
    lacking = tuple(name for name in _lacking(place) if parts[at] == "**" or fnmatch.fnmatchcase(name, parts[at]))
    if lacking:
        _note_lacking(place, lacking)
    elif below and len(parts) > at + 1:
        _note_lacking(below[0], _lacking(below[0]))


# -- what is noted


def _note_lacking(place: str, names: tuple[str, ...]) -> None:
    shown, more = ", ".join(names[:3]), len(names) - 3
    told = f"{shown} and {more} more are" if more > 0 else f"{shown} {'is' if len(names) == 1 else 'are'}"
    _note(f"looks through {_original(place)}, where {told}")


def _note(words: str, *, is_import: bool = False) -> None:
    if not is_import and _is_for_modules():
        return
    mine = next((one for one in _frames() if _in_copy(one.f_code.co_filename)), None)
    file, line = (mine.f_code.co_filename, mine.f_lineno) if mine is not None else ("", 0)
    _noted.append(Unseen(file, line, linecache.getline(file, line).strip(), f"It {words} no part of its code."))


def _is_for_modules() -> bool:
    """Whether modules and installed packages are looked for, or we are the ones that look."""
    if any(_is_importing(one) for one in _between()):
        return True
    caller = next((one for one in _frames() if not _is_standard(one)), None)
    return caller is not None and (caller.f_code.co_filename.startswith(_OURS) or _is_importing(caller))


def _between() -> Iterator[FrameType]:
    """What of Python itself lies between a question and whoever asks."""
    for frame in _frames():
        if not _is_standard(frame):
            return
        yield frame


def _frames() -> Iterator[FrameType]:
    """Who calls, innermost first, this module left out."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename != __file__:
            yield frame
        frame = frame.f_back


def _is_standard(frame: FrameType) -> bool:
    name = frame.f_code.co_filename
    return name.startswith(_STANDARD) and not any(one in name for one in _PACKAGES)


def _is_importing(frame: FrameType) -> bool:
    """Whether it looks for modules and installed packages: what of these is there, the digest tells."""
    name = frame.f_code.co_filename
    if name.startswith(("<frozen importlib", "<frozen zipimport")):
        return True
    parts = Path(name).parts
    return not _in_copy(name) and not _IMPORTING.isdisjoint(parts) and "resources" not in parts


# -- places


def _lacking(place: str | None) -> tuple[str, ...]:
    return _watched[0].left.get(place, ()) if place is not None else ()


def _in_copy(path: Any, *, below: int | None = None) -> str | None:
    """A path in the copy, as that is called; ``None`` for what lies elsewhere, or has no name."""
    try:
        start = os.getcwd() if below is None else _readlink(f"/proc/self/fd/{below}")  # noqa: PTH109
        name = _readlink(f"/proc/self/fd/{path}") if isinstance(path, int) else os.fsdecode(path)
        name = os.path.normpath(os.path.join(start, name))  # noqa: PTH118 (links stay)
    except (OSError, TypeError):
        return None
    for place in _watched[0].places:
        if name == place or name.startswith(f"{place}{os.sep}"):
            return _watched[0].places[0] + name[len(place) :]
    return None


def _original(place: str) -> str:
    return place[len(_watched[0].places[0]) :] or os.sep


def _is_there(name: str) -> bool:
    try:
        _lstat(name)
    except OSError:
        return False
    return True
