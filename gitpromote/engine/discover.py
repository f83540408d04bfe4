"""Which Freight there is, and which of it each Environment's plan looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitpromote.discovery.by_hand import SourceCommit, assemble
from gitpromote.engine.ask import Ask
from gitpromote.engine.asked import Asked
from gitpromote.engine.look import Look, git_sources
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, UsageError
from gitpromote.model.artifact import Artifact, ChartArtifact, ImageArtifact, canonical_repository
from gitpromote.model.freight import Freight
from gitpromote.model.resolved import HOME, ResolvedEnvironment
from gitpromote.model.subscription import Chart, Git, Image
from gitpromote.model.warehouse import Warehouse
from gitpromote.planning.availability import Journey, speaking_last
from gitpromote.planning.selection import Choice, choose, named, newest_first, staying
from gitpromote.ports import Repository

#: How many commits of our own may lie on top of a source branch.
_LOOKED_THROUGH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The Freight of one Warehouse, newest first, and why there is no newer one."""

    freight: tuple[Freight, ...]
    missing: str = ""


def discover(world: World, seen: Look, asked: Asked, resolved: Iterable[ResolvedEnvironment]) -> dict[str, Candidates]:
    """The candidates of every Warehouse."""
    resolved = list(resolved)
    given = _given(world.pipeline.warehouses, asked)
    _refuse_idle_commit(world, asked)
    found = {
        warehouse.name or world.pipeline.name: _candidates(world, seen, asked, warehouse, given, resolved)
        for warehouse in world.pipeline.warehouses
    }
    _refuse_unknown_freight(asked.freight, list(found.values()))
    return found


def chosen(
    world: World, journey: Journey, candidates: Mapping[str, Candidates], resolved: ResolvedEnvironment, asked: Asked
) -> tuple[dict[str, Freight], str]:
    """One Freight per Warehouse for an Environment, and why one is missing."""
    state = journey.state(resolved.name)
    found: dict[str, Freight] = {}
    for warehouse in resolved.warehouses:
        offered = candidates[warehouse]
        choice = _choice(journey, resolved, warehouse, offered, asked)
        if choice.freight is None:
            return {}, choice.reason or offered.missing
        found[warehouse] = choice.freight
    moving = {name for name, freight in found.items() if state.freight.get(name) != freight.id}
    ordered = speaking_last(found, moving, state.arrived)
    lacking = _without_source(world, resolved, ordered)
    return ({}, lacking) if lacking else (ordered, "")


def _choice(
    journey: Journey, resolved: ResolvedEnvironment, warehouse: str, offered: Candidates, asked: Asked
) -> Choice:
    """What was named, wherever it still goes; beside it the others stay, if there are any."""
    freight = _named(offered.freight, asked.freight)
    if freight is not None:
        choice = named(journey, resolved.name, freight, exactly=asked.environments == (resolved.name,))
        return choice if choice.freight is not None or choice.reason else Choice(freight)
    stays = staying(journey, resolved.name, warehouse) if asked.freight is not None else Choice(None)
    return stays if stays.freight is not None else choose(journey, resolved.name, warehouse, offered.freight)


def _without_source(world: World, resolved: ResolvedEnvironment, freight: Mapping[str, Freight]) -> str:
    """Why an Environment cannot be rendered from its Freight: an App's sources are not in it."""
    if not resolved.target.is_rendered or not freight:
        return ""
    held = {one.repository for each in freight.values() for one in each.artifacts if one.kind == "commit"}
    lacking = [app for app in resolved.apps if world.repository(app.repository).canonical not in held]
    if not lacking:
        return ""
    warehouses = ", ".join(freight)
    return f"Freight of {warehouses} holds no commit for {lacking[0].name}; add Git(…) to the Warehouse"


def _candidates(
    world: World,
    seen: Look,
    asked: Asked,
    warehouse: Warehouse,
    given: Mapping[str, Artifact],
    resolved: Sequence[ResolvedEnvironment],
) -> Candidates:
    name = warehouse.name or world.pipeline.name
    known = [state.freight for state in newest_first(seen.ledger, name)]
    commits = [_source(world, seen, asked, one, resolved) for one in warehouse.subscriptions if isinstance(one, Git)]
    newest = assemble(
        name,
        images=[canonical_repository(one.repo) for one in warehouse.subscriptions if isinstance(one, Image)],
        charts=[canonical_repository(one.address) for one in warehouse.subscriptions if isinstance(one, Chart)],
        commits=commits,
        given=given,
        known=known,
    )
    if newest.freight is None:
        return Candidates(freight=tuple(known), missing=newest.missing)
    others = [freight for freight in known if freight.id != newest.freight.id]
    return Candidates(freight=(newest.freight, *others))


def _source(world: World, seen: Look, asked: Asked, git: Git, resolved: Sequence[ResolvedEnvironment]) -> SourceCommit:
    key = git.repo or HOME
    repository = world.repository(key)
    if asked.commit is not None and key == HOME:
        commit, implied = repository.resolve(asked.commit), False
    else:
        commit, implied = _newest(world, seen, git), git.include is None
    asks = [ask for env in resolved for ask in rendered_asks(env, {repository.canonical: commit}, world)]
    inputs = world.renderings.inputs_digest(asks) if implied and asks else ""
    subject, author = _words_of(commit, repository, seen)
    return SourceCommit(repository=repository.canonical, commit=commit, inputs=inputs, subject=subject, author=author)


def _words_of(commit: str, repository: Repository, seen: Look) -> tuple[str, str]:
    """Subject and author of a commit: of the Freight that it alone is the source of, if the ledger has that."""
    for state in seen.ledger.freight.values():
        sources = [one for one in state.freight.artifacts if one.kind == "commit"]
        if len(sources) == 1 and state.freight.commit_of(repository.canonical) == commit:
            return state.freight.subject, state.freight.author
    facts = repository.commits([commit])[commit]
    return facts.subject, facts.author


def rendered_asks(
    resolved: ResolvedEnvironment, commits: Mapping[str, str], world: World, freight: Iterable[Freight] = ()
) -> list[Ask]:
    """The renders of an Environment whose target holds rendered manifests, from source commits by repository."""
    if not resolved.target.is_rendered:
        return []
    freight = tuple(freight)
    asks = []
    for app in resolved.apps:
        repository = world.repository(app.repository)
        commit = commits.get(repository.canonical)
        if commit is not None:
            asks.append(
                Ask.of(
                    resolved,
                    app,
                    repository=repository,
                    commit=commit,
                    freight=freight,
                    functions=world.functions,
                    object_format=world.repository(resolved.target.repository).object_format,
                )
            )
    return asks


def _newest(world: World, seen: Look, git: Git) -> str:
    """The newest commit of a branch, or of what is included on it."""
    key = git.repo or HOME
    repository = world.repository(key)
    found = seen.sources.get(key, {}).get(git.branch)
    if found is None:
        raise ConfigurationError(
            "The branch that Freight comes from does not exist",
            code="source-branch-missing",
            detail=f"{repository.url}: {git.branch or 'no default branch'}",
            hint="Push it, or name another one: Git(branch=…).",
        )
    ref, head = found
    prefixes = [path for path in git.include or () if not path.startswith(("glob:", "regex:"))]
    if not git.include or len(prefixes) < len(git.include) or git.exclude:
        return _not_ours(world, key, ref, head)
    commits = repository.log(head, paths=prefixes, limit=1)
    return commits[0].oid if commits else head


def _not_ours(world: World, key: str, ref: str, head: str) -> str:
    """The newest commit of a branch that this Pipeline has not written itself: its output is no news."""
    targets = [world.pipeline.resolved(name).target for name in world.pipeline.order()]
    if (key, ref) not in {(target.repository, target.ref) for target in targets}:
        return head
    repository = world.repository(key)
    if repository.commits([head])[head].trailers.get("Gitpromote-Pipeline") != world.pipeline.name:
        return head
    commits = repository.log(head, limit=_LOOKED_THROUGH)
    foreign = (one.oid for one in commits if one.trailers.get("Gitpromote-Pipeline") != world.pipeline.name)
    return next(foreign, head)


def _refuse_idle_commit(world: World, asked: Asked) -> None:
    if asked.commit is not None and HOME not in {key for key, _ in git_sources(world)}:
        raise UsageError(
            "No Warehouse follows the commits of this repository",
            code="commit-unsubscribed",
            detail=f"--commit {asked.commit} would change nothing: Freight of {world.pipeline.name} holds no commit.",
            hint="Leave it out; where sources are edited in place, those of the branch itself are rendered.",
        )


def _given(warehouses: Iterable[Warehouse], asked: Asked) -> dict[str, Artifact]:
    """What was named by hand, by canonical repository.

    :raises UsageError: something that no Warehouse subscribes to
    """
    subscribed = {
        canonical_repository(one.repo if isinstance(one, Image) else one.address)
        for warehouse in warehouses
        for one in warehouse.subscriptions
        if isinstance(one, Image | Chart)
    }
    found: dict[str, Artifact] = {}
    artifacts: list[ImageArtifact | ChartArtifact] = [ImageArtifact.parse(text) for text in asked.images]
    artifacts += [ChartArtifact.parse(text) for text in asked.charts]
    for artifact in artifacts:
        repository = canonical_repository(artifact.repository)
        if repository not in subscribed:
            raise UsageError(
                "No Warehouse subscribes to this repository",
                code="artifact-unsubscribed",
                detail=f"{artifact.repository}; subscribed: {', '.join(sorted(subscribed)) or 'none'}",
                hint=f'Add a subscription to the pipeline: Image("{artifact.repository}")',
            )
        found[repository] = artifact
    return found


def _named(freight: Sequence[Freight], words: str | None) -> Freight | None:
    """The Freight of an id, the beginning of one (four digits or more), or an alias."""
    if words is None:
        return None
    found = [one for one in freight if one.alias == words or (len(words) >= 4 and one.id.startswith(words))]
    if len(found) > 1:
        raise UsageError(
            "This name means more than one Freight",
            code="freight-ambiguous",
            detail="\n".join(f"  {one.id[:12]} {one.alias}" for one in found),
            hint="Write more digits of the id.",
        )
    return found[0] if found else None


def _refuse_unknown_freight(words: str | None, offered: Sequence[Candidates]) -> None:
    if words is None or any(_named(candidates.freight, words) for candidates in offered):
        return
    freight = [one for candidates in offered for one in candidates.freight[:5]]
    known = ", ".join(f"{one.alias} ({one.id[:12]})" for one in freight) or "none"
    raise UsageError(
        "There is no such Freight",
        code="freight-unknown",
        detail=f"{words!r}; the newest known: {known}",
        hint="Name its id or its alias; history lists them:\n  gitpromote history",
    )
