"""What stands in sources where edits are made, as edits that would put just that there again: what adopting records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gitpromote.engine.edited_places import read_named
from gitpromote.engine.in_place import edits_of, observe_sources
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, RenderFailed, SourceInvalid
from gitpromote.model.freight import Freight
from gitpromote.model.observation import Content
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState

# What edits YAML is loaded where sources are adopted.
if TYPE_CHECKING:
    from gitpromote.render.edits_found import FoundEdits

__all__ = ["edits_now", "rendered_then_and_now"]

#: What is rendered is not there.
_MISSING = "source-missing"


def edits_now(
    world: World, resolved: ResolvedEnvironment, freight: Mapping[str, Freight], *, head: str, state: EnvironmentState
) -> FoundEdits:
    """The values that stand in a commit of sources where edits are made, as edits of their own.

    What was edited before and is not any more counts as long as it is there.

    :raises SourceInvalid: ``source-missing``
    """
    from gitpromote.render.edits_found import FoundEdits, edits_found, place_of

    try:
        edits = edits_of(world, resolved, freight, head, {}) if freight else ()
    except (ConfigurationError, SourceInvalid) as error:
        if error.code == _MISSING:
            raise  # there is nothing that anybody renders, and so nothing to keep
        edits = ()  # what is edited now does not go with what is there
    recorded = state.content.edits if state.content else ()
    places = {place_of(edit) for edit in edits}
    others = [edit for edit in recorded if place_of(edit) not in places]
    repository = world.repository(resolved.target.repository)
    read = read_named(repository, repository.listing(head), [*edits, *others])
    found, before = edits_found(read, edits), edits_found(read, others)
    return FoundEdits((*found.edits, *before.edits), found.lost if edits else before.lost)


def rendered_then_and_now(
    world: World, resolved: ResolvedEnvironment, freight: Mapping[str, Freight], *, then: str, now: str
) -> tuple[Content, Content] | None:
    """What two commits of sources render to; ``None`` where one of them cannot be rendered."""
    nothing = EnvironmentState(name=resolved.name)
    found = []
    for commit in (then, now):
        try:
            seen, _ = observe_sources(world, resolved, freight, head=commit, state=nothing, overlay={}, edits=())
        except (ConfigurationError, RenderFailed, SourceInvalid):
            return None
        if seen.current is None:
            return None
        found.append(seen.current)
    return found[0], found[1]
