"""A target that holds rendered manifests: what it has, what it would have, and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gitpromote.engine.ask import RenderedApp
from gitpromote.engine.combine import manifests_of, narrowed, render_outcomes, sources_of
from gitpromote.engine.hiding import copies_hidden, tree_without, without
from gitpromote.engine.second_writer import refuse_second_writer
from gitpromote.engine.targets import foreign_commits, lost_commit, read_content
from gitpromote.engine.world import World
from gitpromote.errors import (
    ConfigurationError,
    SourceInvalid,
)
from gitpromote.model.freight import Freight
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.owned import owns
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState
from gitpromote.model.tree import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What that Freight renders to, for a target that holds manifests; ``changes``: whether the target holds that."""

    rendered: Sequence[RenderedApp]
    desired: Content
    changes: bool
    present: Mapping[str, Entry] | None = None


def observe_rendered(
    world: World,
    resolved: ResolvedEnvironment,
    freight: Mapping[str, Freight],
    made: Made,
    head: str | None,
    state: EnvironmentState,
    apps: tuple[str, ...] | None,
    planned: Mapping[str, Entry] | None,
) -> EnvironmentObservation:
    """What a target that holds manifests has of them, and what it would have.

    :param apps: what is asked for alone, if anything is
    :param planned: the files that a plan would write there: what it drew is not drawn again
    """
    repository = world.repository(resolved.target.repository)
    apart: tuple[str, ...] = ()
    if made.changes:
        current, desired, apart = _differing(world, resolved, made, head, state, apps, planned)
    else:
        omitted = state.content.omitted if state.content else ()
        current = desired = without(made.desired, omitted, object_format=repository.object_format)
    is_foreign = holds_foreign(state, current, object_format=repository.object_format)
    if head is not None and not current.is_empty and (state.content is None or is_foreign):
        refuse_second_writer(world, resolved, head)
    blocking, warnings = render_outcomes(resolved, made.rendered, current=current, desired=desired)
    unrendered = _unrendered(resolved, current) if state.content is None else ()
    return EnvironmentObservation(
        name=resolved.name,
        freight=freight,
        head=head,
        current=current,
        desired=desired,
        reads=(("", "absent", None) if current.is_empty else ("", "tree", current.tree),),
        sources=sources_of(made.rendered),
        is_foreign=is_foreign,
        foreign=foreign_commits(repository, head, resolved, state) if is_foreign else (),
        lost=lost_commit(repository, head, state) if is_foreign else None,
        blocking=(*unrendered, *blocking),
        warnings=warnings,
        apart=apart,
    )


def _differing(
    world: World,
    resolved: ResolvedEnvironment,
    made: Made,
    head: str | None,
    state: EnvironmentState,
    apps: tuple[str, ...] | None,
    planned: Mapping[str, Entry] | None,
) -> tuple[Content, Content, tuple[str, ...]]:
    """What a target holds and what it would hold, with their manifests, and the Apps that would change alone.

    Only here is YAML read, and loaded at all.
    """
    from gitpromote.engine.drawn import keep_present

    renderings = world.renderings
    repository = world.repository(resolved.target.repository)
    omit = state.content.omitted if state.content else ()
    names, paths = [app.name for app in resolved.apps], world.pipeline.sensitive_paths
    current = read_content(
        repository,
        head,
        resolved.target,
        apps=names,
        omit=omit,
        sensitive_paths=paths,
        files=made.present,
        parsed=world.parsed,
    )
    _refuse_kept(resolved, made.desired)
    every = keep_present(
        current, made.desired, resolved, made.rendered, repository=repository, renderings=renderings, planned=planned
    )
    desired = narrowed(current, every, resolved, apps, object_format=repository.object_format)
    apart = tuple(apps or ()) if desired.whole != every.whole else ()
    desired = replace(desired, manifests=manifests_of(desired, renderings, repository, parsed=world.parsed))
    return (
        *copies_hidden(current, desired, sensitive_paths=paths, object_format=repository.object_format),
        apart,
    )


def holds_foreign(state: EnvironmentState, current: Content, *, object_format: str) -> bool:
    """Whether the target holds something else than the last Record says, as far as that Record says it."""
    recorded = state.content
    if recorded is None or recorded.tree == current.tree:
        return False
    # What counts as a secret may have changed since: another App brought one, or the pipeline names more places.
    return recorded.tree != tree_without(current, recorded.omitted, object_format=object_format)


def _unrendered(resolved: ResolvedEnvironment, current: Content) -> tuple[Outcome, ...]:
    """Sources where we have never written: a wrong branch, most likely, and all of it would go.

    Later they are foreign content like any other.
    """
    from gitpromote.render.layout import refuse_unrendered

    try:
        refuse_unrendered(current.files, target=resolved.target.ref.removeprefix("refs/heads/"))
    except SourceInvalid as error:
        text = f"{error.summary}: {error.detail.replace(chr(10), ', ')}; {error.hint}"
        return (Outcome(id=str(error.code), kind="policy", level="hard", status="fail", message=text),)
    return ()


def _refuse_kept(resolved: ResolvedEnvironment, desired: Content) -> None:
    """What is rendered cannot stay as it is."""
    target = resolved.target
    root = f"{target.path}/" if target.path else ""
    lost = next((path for path in desired.files if not owns(target, root + path)), None)
    if lost is not None:
        raise ConfigurationError(
            "A render gives a path that is kept",
            code="path-kept",
            detail=f"{resolved.name}: {lost} is rendered, and keep={', '.join(target.keep)} says that it stays.",
            hint="Take it out of keep, or give the rendered files a folder of their own: path=…",
        )
