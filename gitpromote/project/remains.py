"""What the ledger says was written and the Pipeline has no more: Environments that were generated, and are not now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gitpromote.engine.targets import files_of, last_writer
from gitpromote.engine.world import World
from gitpromote.model.environment import Environment
from gitpromote.model.names import repository_key
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.pipeline_targets import claims_of
from gitpromote.model.record import CONTENT_KINDS, Record
from gitpromote.model.resolved import HOME, ResolvedTarget
from gitpromote.model.state import LedgerState
from gitpromote.model.territory import Claim, conflicts
from gitpromote.project.documents import recorded_plan

__all__ = ["left_behind", "remains"]


def remains(world: World, current: Pipeline | None, *, others: Sequence[Pipeline] = ()) -> Pipeline | None:
    """A Pipeline of the Environments that are gone and whose targets still hold what was written; else ``None``.

    Each is as the plan had it that wrote it last. What another Environment or Pipeline writes by now is left alone,
    and so are sources that were edited in place.

    :param current: the Pipeline as it is now; ``None`` where it is gone as a whole
    :param others: the other Pipelines of its file
    """
    ledger = world.ledger
    head = world.home.fetch([ledger.ref]).get(ledger.ref)
    state = ledger.read(head)
    here = {name for one in current.environments for name in (one.name, *one.moved)} if current is not None else set()
    written = {name: one.content for name, one in state.environments.items() if one.content and name not in here}
    newest_first = sorted(written, key=lambda name: (-written[name].at, name))
    definitions = _definitions(world, state, head, newest_first)
    own = _unclaimed(definitions, [*([current] if current is not None else []), *others])
    found = _still_there(world, {name: definitions[name] for name in own})
    return _together(current or world.pipeline, found) if found else None


def left_behind(world: World, current: Pipeline) -> list[str]:
    """What Environments that are still there wrote in places that they have left since, and that nobody writes now.

    A new name or a new target leaves it where it is. It is told, for people to delete.
    """
    ledger = world.ledger
    head = world.home.fetch([ledger.ref]).get(ledger.ref)
    names = {old: one.name for one in current.environments for old in (one.name, *one.moved)}
    taken = [current.resolved(name).target for name in current.order()]
    found: dict[tuple[str, str, str], tuple[ResolvedTarget, str]] = {}
    for record in ledger.records(head):
        ref, path = record.data.get("ref"), str(record.data.get("path", ""))
        rendered = bool(record.data.get("subtrees", ("",)))  # otherwise sources, which are not ours to delete
        if record.kind in CONTENT_KINDS and record.environment in names and record.commit and ref and rendered:
            target = _place(record, ref=str(ref), path=path)
            if not any(_shares(target, other) for other in taken):
                found[target.repository, target.ref, target.path] = (target, str(record.environment))
    heads = _heads(world, [target for target, _ in found.values()])
    there = [(target, name) for target, name in found.values() if (target.repository, target.ref) in heads]
    return [
        f"{_shown(target)} still holds what {name} wrote there; {names[name]} is written elsewhere now. "
        "Delete it by hand"
        for target, name in there
        if files_of(world.repository(target.repository), [(heads[target.repository, target.ref], target)])[0]
    ]


def _place(record: Record, *, ref: str, path: str) -> ResolvedTarget:
    return ResolvedTarget(
        kind="branch",
        repository=str(record.data.get("repository", HOME)),
        ref=ref,
        path=path,
        subtrees=tuple(record.data.get("subtrees", ("",))),
        keep=tuple(record.data.get("keep", ())),
    )


def _shares(one: ResolvedTarget, other: ResolvedTarget) -> bool:
    """Whether one of two targets lies in the other one."""
    if (one.repository, one.ref) != (other.repository, other.ref):
        return False
    inner, outer = sorted((f"{one.path}/", f"{other.path}/"), key=len, reverse=True)
    return outer == "/" or inner.startswith(outer)


def _shown(target: ResolvedTarget) -> str:
    branch = target.ref.removeprefix("refs/heads/")
    where = f"{branch}:{target.path}" if target.path else branch
    return where if target.repository == HOME else f"{where} in {target.repository}"


def _definitions(world: World, state: LedgerState, head: str | None, names: Sequence[str]) -> dict[str, Pipeline]:
    """Each Environment with the definition that it was written by."""
    plans = {name: content.plan for name in names if (content := state.environment(name).content)}
    if not all(plans.values()):  # adopted by hand: a plan before or after it says what it was
        for record in reversed(world.ledger.records(head)):
            if record.environment in plans and record.plan:
                plans[record.environment] = plans[record.environment] or record.plan
    read: dict[str, Pipeline] = {}
    for digest in sorted({digest for digest in plans.values() if digest}):
        read[digest] = Pipeline.from_data(recorded_plan(world, digest).data.pipeline.definition)
    return {
        name: read[digest]
        for name, digest in plans.items()
        if digest and name in [one.name for one in read[digest].environments]
    }


def _unclaimed(definitions: Mapping[str, Pipeline], now: Sequence[Pipeline]) -> list[str]:
    """Those that were written where nobody writes now; of two that shared a place, the newer one."""
    taken = [claim for pipeline in now for claim in _claims(pipeline)]
    of_each = {id(one): _claims(one) for one in definitions.values()}
    own = [claim for name, one in definitions.items() for claim in of_each[id(one)] if claim.owner == name]
    # The claims of now have names of their own: what is gone may have been called like something that is not.
    taken = [claim._replace(owner="") for claim in taken]
    lost = {conflict.second.owner for conflict in conflicts([*taken, *own])}
    return sorted(name for name in definitions if name not in lost)


def _claims(pipeline: Pipeline) -> list[Claim]:
    home = repository_key(pipeline.repo) if pipeline.repo is not None else HOME
    return [one._replace(repository=home) if one.repository == HOME else one for one in claims_of(pipeline)]


def _still_there(world: World, definitions: Mapping[str, Pipeline]) -> dict[str, Pipeline]:
    """Those whose target is rendered, holds something, and was not written by another Pipeline since."""
    targets = {name: one.resolved(name).target for name, one in definitions.items()}
    heads = _heads(world, targets.values())
    found: dict[str, Pipeline] = {}
    for name, target in targets.items():
        head = heads.get((target.repository, target.ref))
        repository = world.repository(target.repository)
        if not target.is_rendered or head is None or not files_of(repository, [(head, target)])[0]:
            continue
        last = last_writer(repository, head, target)
        writer = last.trailers.get("Gitpromote-Pipeline") if last else None
        if writer in (None, world.pipeline.name):
            found[name] = definitions[name]
    return found


def _heads(world: World, targets: Iterable[ResolvedTarget]) -> dict[tuple[str, str], str]:
    refs: dict[str, set[str]] = {}
    for target in targets:
        if target.ref:
            refs.setdefault(target.repository, set()).add(target.ref)
    return {
        (key, ref): oid
        for key, wanted in refs.items()
        for ref, oid in world.repository(key).fetch(sorted(wanted)).items()
    }


def _together(like: Pipeline, definitions: Mapping[str, Pipeline]) -> Pipeline:
    """One sound Pipeline of Environments from several definitions: what a plan of their deletion speaks of."""
    apps = {app.name: app for one in definitions.values() for app in one.apps}
    carried = {app for name, one in definitions.items() for app in _apps(one, name)}
    paths = dict.fromkeys(path for one in (like, *definitions.values()) for path in one.sensitive_paths)
    return Pipeline(
        like.name,
        apps=[app.changed({"after": ()}) for name, app in apps.items() if name in carried],
        environments=[_environment(one, name) for name, one in definitions.items()],
        repo=like.repo,
        refs=like.refs,
        identity=like.identity,
        commit=like.commit,
        signers=like.signers,
        sensitive_paths=tuple(paths),
    )


def _apps(pipeline: Pipeline, name: str) -> tuple[str, ...]:
    return tuple(app.name for app in pipeline.resolved(name).apps)


def _environment(pipeline: Pipeline, name: str) -> Environment:
    """An Environment that says itself what its Pipeline said for it."""
    said = pipeline.environment(name)
    return said.changed(
        {
            "after": (),
            "direct": (),  # nothing comes to it any more
            "target": said.target or pipeline.target,
            "delivery": said.delivery or pipeline.delivery,
            "agent": said.agent or pipeline.agent,
            "gates": pipeline.gates if said.gates is None else said.gates,
            "apps": _apps(pipeline, name),
            "production": pipeline.is_production(name),
            "wave": None,
            "moved": (),
        }
    )
