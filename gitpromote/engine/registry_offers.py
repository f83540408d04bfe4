"""What an image or a chart subscription has to offer, asked of its registry.

Names cost one request. What stands behind them is asked for newest first, and only as much of it as is needed: a tag
that was seen once is not asked for again, since what it named then is kept by its digest. A tag that is followed
(``strategy="digest"``) is asked for every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
_UNKNOWN = frozenset({_GONE, "registry-not-found"})  # not every registry tells a missing tag from a missing repository


def image_selection(registry: Registry, image: Image, *, newest_alone: bool) -> Selection:
    """The images that a subscription takes, newest first.

    :param newest_alone: one is enough; those after it are not asked for
    :raises GitpromoteError: the registry cannot be reached, refuses, or answers with something else
    """
    if image.strategy == "digest":
        return _followed(registry, image)
    shortlist = tags_wanted(image, registry.tags(image.repo))

    def look(tag: str) -> ImageFacts:
        return registry.image(image.repo, tag, platform=image.platform, fresh=False)

    def count(found: Sequence[ImageFacts]) -> int:
        return len(images_in_order(image, found).candidates)

    found = _asked(registry, shortlist, look, count, newest_alone=newest_alone)
    return images_in_order(image, found, shortlist=shortlist)


def chart_selection(registry: Registry, chart: Chart, *, newest_alone: bool) -> Selection:
    """The versions of a chart that a subscription takes, newest first.

    :param newest_alone: one is enough; behind ``oci://`` those after it are not asked for
    :raises GitpromoteError: the registry cannot be reached, refuses, or answers with something else
    """
    if not chart.repo.startswith("oci://"):
        return charts_in_order(chart, registry.charts(chart.repo, name=chart.name))
    shortlist = versions_wanted(chart, registry.tags(chart.repo))

    def look(version: str) -> ChartFacts:
        return registry.chart(chart.repo, version, fresh=False)

    found = _asked(registry, shortlist, look, len, newest_alone=newest_alone)
    return charts_in_order(chart, found, shortlist=shortlist)


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
