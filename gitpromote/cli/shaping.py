"""The options that say what a plan is about, and their way to ``Project.plan``."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gitpromote.cli.naming import replacements, selected
from gitpromote.cli.options import comma_list, environments, together
from gitpromote.cli.parsing import option
from gitpromote.errors import UsageError

if TYPE_CHECKING:
    from gitpromote.project import Plan, Project

unpinned = option("--unpinned", is_flag=True, help="Where no registry answers, a tag without a digest will do.")
freight = together(
    option("--freight", metavar="FREIGHT", help="This Freight, by id or alias."),
    option("--image", "images", multiple=True, metavar="REPO:TAG@DIGEST", help="Freight with this image; repeatable."),
    option("--chart", "charts", multiple=True, metavar="CHART:VERSION", help="Freight with this chart; repeatable."),
    option("--commit", metavar="REV", help="Freight with this source commit."),
    unpinned,
)
shaping = together(
    freight,
    option("--to", multiple=True, metavar="ENV[,ENV…]", help="Up to these environments: what comes before, too."),
    environments,
    option("--app", "apps", multiple=True, metavar="APP[,APP…]", help="These Apps alone."),
    option("--freight-lock", metavar="FILE", help="The Freight of this lock, as freight discover --lock wrote it."),
    option("--as-of", metavar="TIME", help="Plan as if it were then; the minute counts. UTC without a zone."),
    option("--replace", multiple=True, metavar="ENV@COMMIT", help="Undo this foreign content; it is approved as such."),
)

#: Options by which a plan is shaped, as they are called in Python: how they are written.
_SPELLINGS = {
    "freight": "--freight",
    "images": "--image",
    "charts": "--chart",
    "commit": "--commit",
    "freight_lock": "--freight-lock",
    "to": "--to",
    "apps": "--app",
    "as_of": "--as-of",
    "replace": "--replace",
}
#: Those of them that speak of one Pipeline's Freight or targets.
SINGLE = {key: _SPELLINGS[key] for key in ("freight", "images", "charts", "commit", "freight_lock", "replace")}


def planned(project: Project, given: Mapping[str, Any], *, record: bool = False) -> Plan:
    """The plan that the options ask for."""
    # What an ephemeral pipeline stands for is asked only where something of it is named: it may be nothing.
    every = project.pipeline.order() if given["to"] or given["env"] or given["replace"] else ()
    to, env = selected(given["to"], every), selected(given["env"], every)
    return project.plan(
        freight=given["freight"],
        images=tuple(given["images"]),
        charts=tuple(given["charts"]),
        commit=given["commit"],
        unpinned=given["unpinned"],
        to=to or None,
        env=env or None,
        apps=tuple(comma_list(given["apps"])) or None,
        as_of=instant_of(given["as_of"]),
        replace={selected([name], every)[0]: commit for name, commit in replacements(given["replace"]).items()} or None,
        lock=given["freight_lock"],
        record=record,
    )


def instant_of(text: str | None) -> int | None:
    """Epoch seconds of ``--as-of``, floored to the minute; ``None`` for now."""
    if text is None:
        return None
    from gitpromote.views.time import parse_instant

    return parse_instant(text, now=int(time.time())) // 60 * 60


def refuse_shaping(given: Mapping[str, Any], *, pipeline: str) -> None:
    """A saved plan is applied as it is: whatever would shape another one is refused, with the command that plans it.

    :raises UsageError: if there is any
    """
    words = [
        f"{_SPELLINGS[name]} {shlex.quote(str(value))}" for name in _SPELLINGS for value in _values(given.get(name))
    ]
    if not words:
        return
    raise UsageError(
        "A saved plan is applied as it is",
        code="plan-shaping",
        detail=f"It cannot be shaped any more by {' '.join(words)}. --env may narrow which of its environments run.",
        hint=f"  gitpromote plan {pipeline} {' '.join(words)}",
    )


def refuse_beside(given: Mapping[str, Any], *, taken: Mapping[str, str], detail: str, hint: str) -> None:
    """A saved plan is looked at as a whole: what would shape one, and what is asked of a new one, is refused.

    :param taken: more options than those by which a plan is shaped: as they are called in Python, how they are written
    :raises UsageError: if there is any
    """
    every = {**_SPELLINGS, **taken}
    words = [every[name] for name in every if given.get(name)]
    if words:
        told = f"{', '.join(words)}: {detail}"
        raise UsageError("These options do not go together", code="usage", detail=told, hint=hint)


def _values(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, tuple | list) else [value]
