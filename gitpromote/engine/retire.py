"""Taking away what an Environment, or one App of it, has left in its target: a delete, reviewed like any other."""

from __future__ import annotations

from gitpromote.engine.combine import app_prefix
from gitpromote.engine.look import Look
from gitpromote.engine.targets import read_content
from gitpromote.engine.world import World
from gitpromote.errors import UsageError
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.tree import tree_id


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
    return EnvironmentObservation(
        name=resolved.name,
        freight=freight,
        head=head,
        current=current,
        desired=desired,
        reads=(("", "tree" if current.files else "absent", current.tree if current.files else None),),
    )


def _prefix(resolved: ResolvedEnvironment, app: str) -> str:
    """The App's folder; where it shares one with others, nobody can say which files are its own."""
    found = next((one for one in resolved.apps if one.name == app), None)
    if found is None:
        names = ", ".join(one.name for one in resolved.apps)
        raise UsageError("There is no such App", code="app-unknown", detail=f"{app!r}; {resolved.name} has {names}")
    return app_prefix(resolved, found.folder)
