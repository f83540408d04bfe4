"""What an image or a chart subscription has to offer, asked of its registry.

Names cost one request. What stands behind them is asked for newest first, and only as much of it as is needed: a tag
that was seen once is not asked for again, since what it named then is kept by its digest. A tag that is followed
(``strategy="digest"``) is asked for every time. A repository or a chart that does not exist yet is no failure: there is
nothing to take of it, and what subscribes to it waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from gitpromote.discovery.charts import charts_in_order, versions_wanted
from gitpromote.discovery.select import Selection, Shortlist, images_in_order, tags_wanted
from gitpromote.errors import GitpromoteError
from gitpromote.model.candidate import ChartFacts, ImageFacts
from gitpromote.model.subscription import Chart, Image
from gitpromote.ports import Registry

__all__ = ["chart_selection", "image_selection"]

T = TypeVar("T", ImageFacts, ChartFacts)
_GONE = "registry-tag-not-found"
_NO_REPOSITORY = "registry-repository-unknown"
# Not every registry tells a missing tag from a missing repository.
_UNKNOWN = frozenset({_GONE, _NO_REPOSITORY, "registry-not-found"})


def image_selection(registry: Registry, image: Image, *, newest_alone: bool, fresh: bool = False) -> Selection:
    """The images that a subscription takes, newest first.

    :param newest_alone: one is enough; those after it are not asked for
    :param fresh: each tag is asked for anew, and it is noted where one has moved
    :raises GitpromoteError: the registry cannot be reached, refuses, or answers with something else
    """
    if image.strategy == "digest":
        return _if_there(lambda: _followed(registry, image), image.repo)
    return _if_there(lambda: _chosen(registry, image, newest_alone=newest_alone, fresh=fresh), image.repo)


def chart_selection(registry: Registry, chart: Chart, *, newest_alone: bool, fresh: bool = False) -> Selection:
    """The versions of a chart that a subscription takes, newest first.

    :param newest_alone: one is enough; behind ``oci://`` those after it are not asked for
    :param fresh: each version is asked for anew, and it is noted where one has moved; an index always says it anew
    :raises GitpromoteError: the registry cannot be reached, refuses, or answers with something else
    """
    if not chart.repo.startswith("oci://"):
        return _if_there(lambda: charts_in_order(chart, registry.charts(chart.repo, name=chart.name)), chart.repo)
    return _if_there(lambda: _versions(registry, chart, newest_alone=newest_alone, fresh=fresh), chart.repo)


def _if_there(look: Callable[[], Selection], repository: str) -> Selection:
    """What there is; nothing where the registry answers that it knows no such repository, or no such chart."""
    try:
        return look()
    except GitpromoteError as error:
        if error.code == "registry-chart-not-found":
            return Selection(missing=error.detail, notes=(error.hint,) if error.hint else ())
        if error.code != _NO_REPOSITORY:
            raise
        login = error.hint.rpartition("\n")[2].strip()
        return Selection(
            missing=f"{repository} does not exist yet, or is hidden from you ({_said(error)})",
            notes=(f"if it is there already, log in: {login}",) if login else (),
        )


def _said(error: GitpromoteError) -> str:
    """The registry's own word, for whoever searches for it."""
    return next((word for word in ("NAME_UNKNOWN", "NOT_FOUND") if word in error.detail), "404")


def _chosen(registry: Registry, image: Image, *, newest_alone: bool, fresh: bool) -> Selection:
    shortlist = tags_wanted(image, registry.tags(image.repo))
    before = _seen(registry, image.repo, shortlist) if fresh else {}

    def look(tag: str) -> ImageFacts:
        return registry.image(image.repo, tag, platform=image.platform, fresh=fresh)

    def count(found: Sequence[ImageFacts]) -> int:
        return len(images_in_order(image, found).candidates)

    found = _asked(registry, shortlist, look, count, newest_alone=newest_alone)
    selection = images_in_order(image, found, shortlist=shortlist)
    return _with_moved(selection, before, {one.tag: one.digest for one in found})


def _versions(registry: Registry, chart: Chart, *, newest_alone: bool, fresh: bool) -> Selection:
    shortlist = versions_wanted(chart, registry.tags(chart.repo))
    before = _seen(registry, chart.repo, shortlist) if fresh else {}

    def look(version: str) -> ChartFacts:
        return registry.chart(chart.repo, version, fresh=fresh)

    found = _asked(registry, shortlist, look, len, newest_alone=newest_alone)
    selection = charts_in_order(chart, found, shortlist=shortlist)
    return _with_moved(selection, before, {one.version: one.digest for one in found})


def _seen(registry: Registry, repository: str, shortlist: Shortlist) -> dict[str, str | None]:
    """What each name was when it was last asked for."""
    return {name: registry.seen(repository, name) for name in shortlist.wanted}


def _with_moved(selection: Selection, before: Mapping[str, str | None], now: Mapping[str, str | None]) -> Selection:
    """With a note for each name that is something else now: nobody would see that otherwise."""
    moved = [(name, old, now[name]) for name, old in before.items() if old and now.get(name) not in (None, old)]
    notes = (f"{name} was pushed anew: it was {old}, and is {new}" for name, old, new in moved)
    return replace(selection, notes=(*selection.notes, *notes))


def _followed(registry: Registry, image: Image) -> Selection:
    """The one tag, asked for by its name. Only where it is not there the others are listed, to tell of them."""
    tag = image.constraint or ""
    shortlist = tags_wanted(image, [tag])
    if not shortlist.wanted:
        return Selection(rejected=shortlist.rejected)
    try:
        found = [registry.image(image.repo, tag, platform=image.platform)]
    except GitpromoteError as error:
        if error.code not in _UNKNOWN:
            raise
        others = [one for one in registry.tags(image.repo) if one != tag]
        found, shortlist = [], tags_wanted(image, others)
    return images_in_order(image, found, shortlist=shortlist)


def _asked(
    registry: Registry,
    shortlist: Shortlist,
    look: Callable[[str], T],
    count: Callable[[Sequence[T]], int],
    *,
    newest_alone: bool,
) -> list[T]:
    """What stands behind the names, in their order, until it is enough. What was removed meanwhile is left out."""
    rest = list(shortlist.wanted)
    enough = len(rest) if shortlist.enough is None else 1 if newest_alone else shortlist.enough
    found: list[T] = []
    while rest and (missing := enough - count(found)) > 0:
        step = max(missing, len(found))  # where few of them count, more are asked for at once
        now, rest = rest[:step], rest[step:]
        found += _present(registry.together([_later(look, name) for name in now]))
    return found


def _later(look: Callable[[str], T], name: str) -> Callable[[], T]:
    return lambda: look(name)


def _present(answers: Iterable[T | GitpromoteError]) -> list[T]:
    found: list[T] = []
    for answer in answers:
        if not isinstance(answer, GitpromoteError):
            found.append(answer)
        elif answer.code != _GONE:
            raise answer
    return found
