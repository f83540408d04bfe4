"""What is valid, and will not do what it seems to say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from gitpromote.discovery.paths import leaves_out
from gitpromote.errors import Problem
from gitpromote.model.definition import Definition, problem
from gitpromote.model.gate_plain import Approvals
from gitpromote.model.index import repository_of
from gitpromote.model.names import clean_path, quoted, repository_key
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.problems import Fault
from gitpromote.model.renderer import PythonRenderer
from gitpromote.model.resolved import HOME, ResolvedApp
from gitpromote.model.subscription import Git
from gitpromote.model.words import listed

#: The first word of names that say that they are production.
_PRODUCTION = ("prod", "production", "prd")


def cautions(pipeline: Pipeline) -> tuple[Problem, ...]:
    """What can never come about: approvals of groups that nobody describes, Freight that cannot be rendered, changes
    that never become Freight; what is called production and is not; and what judges kinds that there hardly are.
    """
    groupless = _groupless(pipeline) if pipeline.groups is None else ()
    return (
        *groupless,
        *_sourceless(pipeline),
        *_left_out(pipeline),
        *_unguarded(pipeline),
        *_kindless(pipeline),
    )


def _unguarded(pipeline: Pipeline) -> Iterator[Problem]:
    """Environments that are called production and are none, since others come after them and nothing was said."""
    for environment in pipeline.environments:
        name = environment.name
        unsaid = environment.production is None and not pipeline.is_production(name)
        if unsaid and pipeline.resolved(name).apps and name.partition("-")[0] in _PRODUCTION:
            after = listed(pipeline.downstream(name))
            verb = "comes" if len(pipeline.downstream(name)) == 1 else "come"
            message = (
                f"is not production, since {after} {verb} after it: nobody has to consent to what is written there"
            )
            hint = "write production=True, or production=False to say so"
            yield _told(environment, Fault("production-unsaid", message, hint, "production"))


def _kindless(pipeline: Pipeline) -> Iterator[Problem]:
    """Rules of kinds that are misspelt, as it seems: they would judge nothing, and say so nowhere."""
    from gitpromote.policy.kind_names import doubt, kinds_of  # few rules are about kinds

    policies = [*pipeline.policies, *(one for each in pipeline.environments for one in each.policies or ())]
    asking = {id(one): one for one in (*policies, *pipeline.risks)}
    for one in asking.values():
        for field, kind in kinds_of(one):
            told, hint = doubt(kind)
            if told:
                yield _told(one, Fault("kind-unknown", f"{field}: {told}; it judges nothing, as it seems", hint, field))


def _groupless(pipeline: Pipeline) -> Iterator[Problem]:
    every = [*(pipeline.gates or ()), *(gate for one in pipeline.environments for gate in one.gates or ())]
    gates = {id(gate): gate for gate in every if isinstance(gate, Approvals)}
    for gate in gates.values():
        for name in (one for one in gate.of if one.startswith("@")):
            address = name.removeprefix("@")
            hint = f'did you mean "{address}"?' if "@" in address else 'write Pipeline(…, groups="groups.yaml")'
            fault = Fault("groups-missing", f"of names {name}, and no groups= says who that is", hint, "of")
            yield _told(gate, fault)


def _sourceless(pipeline: Pipeline) -> Iterator[Problem]:
    """Environments that no Freight can ever enter: of all Warehouses that get there, none holds an App's commit."""
    watched = {
        one.name: [repository_of(repo, pipeline.repo) for repo in one.repositories] for one in pipeline.warehouses
    }
    for name in pipeline.order():
        one = pipeline.resolved(name)
        held = {repository for warehouse in one.warehouses for repository in watched[warehouse]}
        lacking = [app.name for app in one.apps if not _may_hold(held, app.repository, pipeline)]
        if not (one.target.is_rendered and lacking and one.warehouses):
            continue
        several = len(one.warehouses) > 1
        message = (
            f"only Freight of {' and '.join(one.warehouses)} gets here, and it holds no commit to render "
            f"{lacking[0]} from: none will ever enter"
        )
        hint = f"add Git(…) to {'one of those Warehouses' if several else 'that Warehouse'}"
        environment = pipeline.environment(name)
        yield _told(environment, Fault("commit-missing", message, hint, "warehouse"))


def _left_out(pipeline: Pipeline) -> Iterator[Problem]:
    """Apps whose every path is left out by all that follow their repository: what changes there alone goes nowhere."""
    reads: dict[str, set[str]] = {}
    followers: dict[str, dict[int, Git]] = {}
    for resolved in map(pipeline.resolved, pipeline.order()):
        for app in resolved.apps:
            reads.setdefault(app.name, set()).update(map(clean_path, _paths_of(app)))
            known = followers.setdefault(app.name, {})
            known |= {id(git): git for git in _followers(pipeline, app, resolved.warehouses)}
    for name, paths in reads.items():
        every = list(followers[name].values())
        if every and paths and all(_leaves_out(git, paths) for git in every):
            yield _told(every[0], _left_out_fault(every[0], name, sorted(paths)))


def _paths_of(app: ResolvedApp) -> tuple[str, ...]:
    """What it is known to read; the root where it may read everything."""
    steps = app.renderer.steps
    everything = any(isinstance(one, PythonRenderer) and one.reads is None for one in steps)
    return ("",) if everything else app.renderer.source_paths()


def _followers(pipeline: Pipeline, app: ResolvedApp, warehouses: Collection[str | None]) -> Iterator[Git]:
    """The subscriptions that bring commits of its repository."""
    for warehouse in pipeline.warehouses:
        for one in warehouse.subscriptions if warehouse.name in warehouses else ():
            if isinstance(one, Git) and _may_hold([repository_of(one.repo, pipeline.repo)], app.repository, pipeline):
                yield one


def _leaves_out(git: Git, paths: Iterable[str]) -> bool:
    return all(leaves_out(path, include=git.include or (), exclude=git.exclude) for path in paths)


def _left_out_fault(git: Git, app: str, paths: list[str]) -> Fault:
    excluded = all(leaves_out(path, exclude=git.exclude) for path in paths)
    field = "exclude" if excluded else "include"
    told = f"{field} leaves out all that App {app} reads ({listed(paths)}): a change there alone never makes Freight"
    hint = "exclude less" if excluded else f"add {quoted(paths[0])} to include, or write include=None"
    return Fault("app-left-out", told, hint, field)


def _may_hold(held: Iterable[str], wanted: str, pipeline: Pipeline) -> bool:
    """Whether one of these repositories is the wanted one, or might be: the home's address may be unknown yet."""
    others = {one for one in held if one != HOME}
    if wanted == HOME:
        return HOME in held or (bool(others) and pipeline.repo is None)
    return repository_key(wanted) in map(repository_key, others) or (HOME in held and pipeline.repo is None)


def _told(definition: Definition, fault: Fault) -> Problem:
    from gitpromote.adapters.pipeline_reading import shown_path

    told = problem(definition.place, fault, definition.subject)
    told.path = shown_path(Path(told.path)) if told.path else ""
    return told
