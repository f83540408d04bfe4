"""Taking away what an Environment, or one App of it, has left in its target: a delete, reviewed like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gitpromote.engine.combine import app_prefix
from gitpromote.engine.look import Look
from gitpromote.engine.observe_rendered import holds_foreign
from gitpromote.engine.own_commits import with_own_commits
from gitpromote.engine.rollback import able_to_go_back
from gitpromote.engine.targets import files_of, foreign_commits, lost_commit, read_content
from gitpromote.engine.world import World
from gitpromote.errors import UsageError
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.state import EnvironmentState
from gitpromote.model.tree import Entry, tree_id
from gitpromote.planning.target_content import deleted_outcomes
from gitpromote.ports import Repository


def observe_retired(
    world: World, seen: Look, resolved: ResolvedEnvironment, *, app: str | None
) -> EnvironmentObservation:
    """What the target holds, against what is left of it without the Environment or the App."""
    target = resolved.target
    if not target.is_rendered:
        raise UsageError(
            "There is nothing to prune",
            code="retire-in-place",
            detail=f"{resolved.name}: its target holds sources, or it has none",
            hint="Take the environment out of the pipeline; its sources are yours to delete.",
        )
    repository = world.repository(target.repository)
    head = seen.head(target.repository, target.ref)
    names, paths = [one.name for one in resolved.apps], world.pipeline.sensitive_paths
    current = read_content(repository, head, target, apps=names, sensitive_paths=paths)
    prefix = _prefix(resolved, app) if app else ""
    left = {path: entry for path, entry in current.files.items() if not path.startswith(prefix)}
    shown = {path: entry for path, entry in left.items() if path not in current.sensitive}
    before = current.manifests or ManifestSet()
    manifests = ManifestSet.from_iterable(one for one in before.values() if one.file in left)
    desired = Content(
        tree=tree_id(shown, object_format=repository.object_format),
        whole=tree_id(left, object_format=repository.object_format),
        files=left,
        sensitive=frozenset(path for path in current.sensitive if path in left),
        manifests=manifests,
    )
    state = seen.ledger.environment(resolved.name)
    freight = {
        warehouse: seen.ledger.freight[identifier].freight
        for warehouse, identifier in state.freight.items()
        if identifier in seen.ledger.freight
    }
    observed = EnvironmentObservation(
        name=resolved.name,
        freight=freight,
        head=head,
        current=current,
        desired=desired,
        reads=(("", "tree" if current.files else "absent", current.tree if current.files else None),),
    )
    if left == current.files:
        return observed  # nothing is deleted, of whomever it is
    recorded = state.placed(repository=target.repository, ref=target.ref, path=target.path)
    return _with_foreign(world, seen, observed, resolved, recorded, prefix=prefix)


def _with_foreign(
    world: World,
    seen: Look,
    observed: EnvironmentObservation,
    resolved: ResolvedEnvironment,
    state: EnvironmentState,
    *,
    prefix: str,
) -> EnvironmentObservation:
    """The same with what is not ours. Who retires it asks for its end, and is told whose work goes with it.

    Beside an App that is retired alone it stays: it stands in the way as it does of a promotion, for what is written
    there is recorded as ours.
    """
    assert observed.current is not None
    repository = world.repository(resolved.target.repository)
    if not holds_foreign(state, observed.current, object_format=repository.object_format):
        return observed
    found = replace(
        observed,
        is_foreign=True,
        foreign=foreign_commits(repository, observed.head, resolved, state),
        lost=lost_commit(repository, observed.head, state),
    )
    found = with_own_commits(world, seen, found)
    if prefix and not _rest_is_ours(found, repository, resolved, state, prefix=prefix):
        return replace(found, can_go_back=bool(able_to_go_back(world, seen, [resolved])))
    return replace(observed, warnings=tuple(deleted_outcomes(found)))


def _rest_is_ours(
    observed: EnvironmentObservation,
    repository: Repository,
    resolved: ResolvedEnvironment,
    state: EnvironmentState,
    *,
    prefix: str,
) -> bool:
    """Whether what stays is what was recorded; after a rewritten branch nobody can tell."""
    if observed.lost is not None or state.content is None or observed.desired is None:
        return False
    [recorded] = files_of(repository, [(state.content.commit, resolved.target)])
    rest: Mapping[str, Entry] = {path: entry for path, entry in recorded.items() if not path.startswith(prefix)}
    return rest == observed.desired.files


def _prefix(resolved: ResolvedEnvironment, app: str) -> str:
    """The App's folder; where it shares one with others, nobody can say which files are its own."""
    found = next((one for one in resolved.apps if one.name == app), None)
    if found is None:
        names = ", ".join(one.name for one in resolved.apps)
        raise UsageError("There is no such App", code="app-unknown", detail=f"{app!r}; {resolved.name} has {names}")
    return app_prefix(resolved, found.folder)
