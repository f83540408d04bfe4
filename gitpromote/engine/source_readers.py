"""Which Environments render from a branch of sources, and what of it each of them reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gitpromote.engine.ask import Ask, RenderedApp
from gitpromote.engine.in_place import over, with_stated_charts
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.model.render import ChartPin, remote_chart
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.tree import FOLDER

__all__ = ["Branch", "Reader", "readers_of", "renders_otherwise"]

#: Neither we nor an agent renders anything from sources in which something is missing.
_RENDERS_NOTHING = "source-missing"


class Branch(NamedTuple):
    """A branch that holds sources, at one of its commits."""

    repository: str
    ref: str
    head: str


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """An Environment whose sources are on the branch.

    :ivar asks: its renders, without any edits
    :ivar files: path to the renders that read this very file; ``folders`` are read whole
    :ivar trouble: why it cannot be told what it reads
    """

    name: str
    asks: Sequence[Ask]
    files: Mapping[str, Sequence[Ask]]
    folders: Sequence[tuple[str, Ask]]
    trouble: GitpromoteError | None = None

    def reading(self, path: str) -> list[Ask]:
        """The renders that read a file."""
        below = (ask for folder, ask in self.folders if not folder or path.startswith(f"{folder}/"))
        return [*self.files.get(path, ()), *below]


def readers_of(world: World, branch: Branch) -> Mapping[str, Reader]:
    """The Environments of the Pipeline that are edited in place on a branch, by name."""
    known = world.readers.get(branch[:2])
    if known is None or known[0] != branch.head:
        known = world.readers[branch[:2]] = branch.head, _found(world, branch)
    return known[1]


def _found(world: World, branch: Branch) -> dict[str, Reader]:
    resolved = [world.pipeline.resolved(name) for name in world.pipeline.order()]
    place = ("in-place", branch.repository, branch.ref)
    here = [one for one in resolved if (one.target.kind, one.target.repository, one.target.ref) == place]
    asks = {one.name: [_ask(world, branch, one, at) for at in range(len(one.apps))] for one in here}
    if len(here) > 1:
        _look_at_all(world, asks.values())
    return {name: _reader(world, name, each) for name, each in asks.items()}


def _ask(world: World, branch: Branch, one: ResolvedEnvironment, at: int) -> Ask:
    repository = world.repository(branch.repository)
    ask = Ask.of(
        one,
        one.apps[at],
        repository=repository,
        commit=branch.head,
        functions=world.functions,
        edits=(),
        object_format=repository.object_format,
    )
    chart = remote_chart(ask.spec)
    return ask if chart is None else replace(ask, chart=ChartPin(chart.chart, "", ""))  # the sources say which version


def _look_at_all(world: World, asks: Iterable[Sequence[Ask]]) -> None:
    """Find out what all of them read in one go; where that fails, each tells its own."""
    try:
        world.renderings.closures([ask for each in asks for ask in each])
    except GitpromoteError:
        return


def _reader(world: World, name: str, asks: Sequence[Ask]) -> Reader:
    files: dict[str, list[Ask]] = {}
    folders: list[tuple[str, Ask]] = []
    trouble: GitpromoteError | None = None
    for ask in asks:
        try:
            [closure] = world.renderings.closures([ask])
        except GitpromoteError as error:
            trouble = trouble if error.code == _RENDERS_NOTHING else error
            continue
        for path, mode, _ in closure.reads:
            if mode == FOLDER:
                folders.append((path, ask))
            else:
                files.setdefault(path, []).append(ask)
    return Reader(name, asks, files, folders, trouble)


def renders_otherwise(world: World, reader: Reader, files: Mapping[str, bytes]) -> bool:
    """Whether an Environment renders something else with files changed.

    :param files: path to bytes; what it does not read makes no difference
    :raises GitpromoteError: it cannot be rendered
    """
    for ask in reader.asks:
        mine = {path: data for path, data in files.items() if ask in reader.reading(path)}
        if mine:
            before, after = with_stated_charts(world, ask, {}), with_stated_charts(world, ask, mine)
            [one], [other] = world.renderings.render([before]), world.renderings.render([over(after, mine)])
            if not _is_same(one, other):
                return True
    return False


def _is_same(one: RenderedApp, other: RenderedApp) -> bool:
    """Whether two renders gave the same, files with drawn values left out: these differ every time."""
    if one.tree == other.tree:
        return True
    drawn = {*one.kept.random, *other.kept.random}
    left = [{path: file for path, file in each.kept.files.items() if path not in drawn} for each in (one, other)]
    return left[0] == left[1]
