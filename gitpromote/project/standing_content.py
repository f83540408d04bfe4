"""What an Environment runs, as manifests: from its target, as the ledger speaks of it."""

from __future__ import annotations

from typing import NamedTuple

from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.model.freight import Freight
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState


class Standing(NamedTuple):
    """What is there.

    :ivar freight: Warehouse to what the ledger says is there
    :ivar is_foreign: the target holds something else than the last Record says
    """

    freight: dict[str, Freight]
    manifests: ManifestSet
    is_foreign: bool


def standing(world: World, seen: Look, environment: str) -> Standing | None:
    """What an Environment runs now; ``None`` where nothing has come there yet.

    A target of manifests is read as it is: nothing is rendered. Edited sources are rendered as they stand at its head.
    """
    resolved = world.pipeline.resolved(environment)
    target = resolved.target
    state = seen.ledger.environment(environment).placed(repository=target.repository, ref=target.ref, path=target.path)
    if state.content is None or target.kind == "none":
        return None
    known = seen.ledger.freight
    freight = {name: known[one].freight for name, one in state.freight.items() if one in known}
    head = seen.head(target.repository, target.ref)
    read = _manifests if target.is_rendered else _edited
    return Standing(freight, *read(world, resolved, state, head, freight))


def _manifests(
    world: World, resolved: ResolvedEnvironment, state: EnvironmentState, head: str | None, _: dict[str, Freight]
) -> tuple[ManifestSet, bool]:
    from gitpromote.engine.observe_rendered import holds_foreign
    from gitpromote.engine.targets import read_content

    repository = world.repository(resolved.target.repository)
    content = read_content(
        repository,
        head,
        resolved.target,
        apps=[app.name for app in resolved.apps],
        sensitive_paths=world.pipeline.sensitive_paths,
        omit=state.content.omitted if state.content else (),
        parsed=world.parsed,
    )
    is_foreign = holds_foreign(state, content, object_format=repository.object_format)
    return content.manifests or ManifestSet(), is_foreign


def _edited(
    world: World, resolved: ResolvedEnvironment, state: EnvironmentState, head: str | None, freight: dict[str, Freight]
) -> tuple[ManifestSet, bool]:
    from gitpromote.engine.edited_places import still_holds
    from gitpromote.engine.in_place import observe_sources

    seen, _ = observe_sources(world, resolved, freight, head=head, state=state, overlay={}, edits=())
    repository, content = world.repository(resolved.target.repository), state.content
    edits, since = (content.edits, content.commit) if content else ((), None)
    is_foreign = head is not None and not still_holds(repository, head, edits, since=since)
    return (seen.current.manifests if seen.current else None) or ManifestSet(), is_foreign
