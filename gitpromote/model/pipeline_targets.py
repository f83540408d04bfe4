"""What is wrong with where the Environments of a Pipeline are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from gitpromote.errors import Problem
from gitpromote.model.app import App
from gitpromote.model.definition import Definition, problem
from gitpromote.model.edits import FluxSetters, SetValue
from gitpromote.model.environment import AnyOf, Environment
from gitpromote.model.index import Index
from gitpromote.model.names import branch_problem, clean_path, path_problem, quoted, repository_key, shown
from gitpromote.model.problems import Fault
from gitpromote.model.renderer import Kustomize
from gitpromote.model.resolution import defaults_of
from gitpromote.model.resolved import HOME
from gitpromote.model.safepath import collisions, folded_name, folded_why
from gitpromote.model.shape import Shape, Shapes, Values, names_in, paths_of
from gitpromote.model.substitute import parse
from gitpromote.model.territory import Claim, Conflict, conflicts

if TYPE_CHECKING:
    from gitpromote.model.pipeline import Pipeline

__all__ = ["Place", "claims_of", "missing_labels", "places_of", "target_problems"]


class Place(NamedTuple):
    """One Environment, and where it is written."""

    environment: Environment
    shape: Shape
    values: Values
    ref: str
    subtrees: tuple[str, ...]

    @property
    def repository(self) -> str:
        """The target's repository, one text for all spellings of it."""
        repository = self.shape.repository
        return repository if repository == HOME else repository_key(repository)

    @property
    def branch(self) -> str:
        """The target's branch."""
        return self.ref.removeprefix("refs/heads/")

    def problem(self, fault: Fault) -> Problem:
        """A problem at the Environment's line."""
        return problem(self.environment.place, fault, self.environment.subject)

    def sources(self, app: App) -> list[str]:
        """The paths that an App's renderer names, here."""
        return self.filled(app, app.renderer.source_paths())

    def filled(self, app: App, paths: Iterable[str]) -> list[str]:
        """Paths of an App's sources, here."""
        values = {**self.values, "app": app.name}
        return [clean_path(parse(path).fill(values)) for path in paths]


def places_of(pipeline: Pipeline, index: Index) -> list[Place]:
    """Where each Environment is written."""
    shapes = Shapes(defaults_of(pipeline), index)
    places = []
    for environment in pipeline.environments:
        shape = shapes.of(environment)
        values = shapes.values(environment, shape)
        places.append(Place(environment, shape, values, shape.ref(values), shape.subtrees(values)))
    return places


def target_problems(pipeline: Pipeline, places: list[Place]) -> list[Problem]:
    """Targets that cannot be: missing, misnamed, or in each other's way."""
    sound: set[Shape] = set()
    problems: list[Problem] = []
    reserved = ("refs/heads/gitpromote", pipeline.refs)
    for place in places:
        shape = place.shape
        found = list(_unnamed(place)) if shape.names else []
        if not found and (shape not in sound or not shape.regular):
            found = list(_unfit(place))
            sound.add(shape)
        if place.ref.startswith(reserved) or pipeline.refs.startswith(f"{place.ref}/"):
            found += _reserved(place, reserved)
        problems += found
    if not problems:
        by_ref = _by_ref(places)
        problems += _branch_conflicts(by_ref)
        problems += _folded_branches(by_ref)
        problems += _path_conflicts(by_ref)
        problems += _folded_folders(by_ref)
    return problems


def _unnamed(place: Place) -> Iterator[Problem]:
    """Names that stand for nothing in this Environment."""
    for name, part in place.shape.names.items():
        if place.values.get(name) is None and (name in place.values or name.startswith("label.")):
            yield _nameless(place, part, name)


def missing_labels(pipeline: Pipeline) -> Iterator[Problem]:
    """Labels that the sound parts mention and an Environment lacks, where order and targets cannot be looked at yet."""
    for environment in pipeline.environments:
        labels = environment.labels
        if "labels" in environment.unsound:
            continue
        told: set[str] = set()
        for part in _mentioning(pipeline, environment):
            names = {name for name in names_in(part) if name.startswith("label.")} - told
            told |= names
            for name in sorted(names):
                if name.removeprefix("label.") not in labels:
                    yield problem(environment.place, _label_fault(part, name), environment.subject)


def _mentioning(pipeline: Pipeline, environment: Environment) -> Iterator[Definition]:
    """The sound parts of a Pipeline in which an Environment's names are filled in."""
    apps = [app for app in pipeline.apps if environment.apps is None or app.name in environment.apps]
    gates = pipeline.gates if environment.gates is None else environment.gates
    parts: list[Definition | None] = [environment.target or pipeline.target, environment.agent or pipeline.agent]
    parts += gates or ()
    parts += [part for app in apps for part in (app.renderer, *app.edits)]
    yield from (part for part in parts if part is not None and not part.flawed)


def _label_fault(part: Definition, name: str) -> Fault:
    hint = f'write labels={{{quoted(name.removeprefix("label."))}: "…"}}'
    told = f"${name} in {type(part).__name__} is a label that it does not have"
    return Fault("unknown-substitution", told, hint)


def _nameless(place: Place, part: Definition, name: str) -> Problem:
    if name == "upstream":
        before = place.environment.after
        several = isinstance(before, AnyOf) or (isinstance(before, tuple) and len(before) > 1)
        why = "stands for one Environment, and several come before this one"
        if not several:
            why = "stands for the Environment before this one, and there is none"
        hint = "write its name, or give this Environment gates of its own"
    elif name == "app":
        why = f"stands for one App, and this Environment carries {len(place.shape.apps) or 'none'}"
        hint = "name $app in the target's path alone"
    else:
        return place.problem(_label_fault(part, name))
    return place.problem(Fault("unknown-substitution", f"${name} in {type(part).__name__} {why}", hint))


def _unfit(place: Place) -> Iterator[Problem]:
    """Targets that are missing, and branches and folders that cannot be once names are filled in."""
    if place.shape.kind == "none":
        if place.shape.apps:
            hint = 'write target=Branch("env/$env") on the Pipeline, or apps=[] for a control-flow point'
            if place.shape.agent is not None:
                told = "has an agent and no target: what it runs would stand in no repository"
                yield place.problem(Fault("pseudo-gitops", told, hint))
            else:
                yield place.problem(Fault("target-missing", "has no target, and its Pipeline has none", hint))
        return
    if reason := branch_problem(place.branch):
        yield place.problem(Fault("branch-invalid", f"the branch {shown(place.branch)} {reason}"))
    for path in place.subtrees:
        if reason := path_problem(path):
            yield place.problem(Fault("path-invalid", f"the folder {shown(path)} {reason}"))
    for app in place.shape.apps:
        for path in place.filled(app, paths_of(app)):
            if reason := path_problem(path):
                yield place.problem(Fault("path-invalid", f"the path {shown(path)} of App {quoted(app.name)} {reason}"))


def _reserved(place: Place, prefixes: Iterable[str]) -> Iterator[Problem]:
    if any(f"{place.ref}/".startswith(f"{one}/") or one.startswith(f"{place.ref}/") for one in prefixes):
        told = f"the branch {shown(place.branch)} is where gitpromote keeps its own refs"
        yield place.problem(Fault("branch-reserved", told, "choose another one"))


def _by_ref(places: Iterable[Place]) -> dict[tuple[str, str], list[Place]]:
    """The places by repository and ref, control-flow points left out."""
    found: dict[tuple[str, str], list[Place]] = {}
    for place in places:
        if place.ref:
            found.setdefault((place.repository, place.ref), []).append(place)
    return found


def _branch_conflicts(by_ref: Mapping[tuple[str, str], list[Place]]) -> Iterator[Problem]:
    """Git keeps branches as paths, so ``env`` and ``env/prod`` cannot both be."""
    for (repository, ref), (place, *_) in by_ref.items():
        above = ref.rpartition("/")[0]
        while above != "refs/heads":
            if (repository, above) in by_ref:
                other = by_ref[repository, above][0]
                told = f"the branch {quoted(place.branch)} cannot stand beside {quoted(other.branch)}"
                message = f"{told} of {other.environment.subject}"
                yield place.problem(
                    Fault("branch-conflict", message, "Git keeps branches as paths: choose another name")
                )
            above = above.rpartition("/")[0]


def _folded_branches(by_ref: Mapping[tuple[str, str], list[Place]]) -> Iterator[Problem]:
    """Branches that are one branch in clones on some file systems, where Git keeps them as files."""
    seen: dict[tuple[str, str], Place] = {}
    for (repository, ref), (place, *_) in by_ref.items():
        other = seen.setdefault((repository, folded_name(ref)), place)
        if other is not place:
            told = f"the branch {quoted(place.branch)} meets {quoted(other.branch)} of {other.environment.subject}"
            message = f"{told} on file systems that fold {folded_why(ref, other.ref)}"
            yield place.problem(Fault("branch-conflict", message, "give one of the two another name"))


def _path_conflicts(by_ref: Mapping[tuple[str, str], list[Place]]) -> Iterator[Problem]:
    for group in by_ref.values():
        if _are_apart(group):
            continue  # nearly always; there may be thousands
        owners = {place.environment.name: place.environment for place in group}
        common = _read_alike(group)
        for conflict in conflicts([claim for place in group for claim in _claims(place, common)]):
            yield _told(conflict, owners[conflict.first.owner], owners[conflict.second.owner])


def _read_alike(group: Iterable[Place]) -> set[tuple[str, ...]]:
    """The sources of Apps that are the same in several Environments: setters in them are nobody's own.

    Where some of them differ, as with a chart and a values file for each, a plan looks in which files the setters are.
    """
    setting = [(app, place) for place in group for app in place.shape.apps if _honours_setters(app)]
    times = Counter((app.name, *place.sources(app)) for app, place in setting)
    return {sources[1:] for sources, count in times.items() if count > 1}


def _honours_setters(app: App) -> bool:
    return any(isinstance(edit, FluxSetters) for edit in app.edits)


def _folded_folders(by_ref: Mapping[tuple[str, str], list[Place]]) -> Iterator[Problem]:
    """Folders on one branch that are one folder in some checkouts."""
    for group in by_ref.values():
        owned = [(path, place) for place in group if place.shape.kind != "in-place" for path in place.subtrees if path]
        if all(path.isascii() and path == path.lower() for path, _ in owned):
            continue  # nearly always
        found = [one for one in collisions(path for path, _ in owned) if one.why != "folder"]
        for met in found:
            rank = {id(place): at for at, (_, place) in enumerate(owned)}
            first, second = sorted(
                (_below(met.first, owned), _below(met.second, owned)), key=lambda one: rank[id(one[1])]
            )
            yield _told_folded(first, second, met.why)


def _below(folder: str, owned: Iterable[tuple[str, Place]]) -> tuple[str, Place]:
    """The first path that is a folder or lies in it, and whose it is."""
    return next(one for one in owned if f"{one[0]}/".startswith(f"{folder}/"))


def _told_folded(first: tuple[str, Place], second: tuple[str, Place], why: str) -> Problem:
    (path, place), (other, before) = second, first
    whose = "" if place is before else f" of {before.environment.subject}"
    told = f"the folder {shown(path)} on branch {quoted(place.branch)} meets {shown(other)}{whose}"
    message = f"{told} on file systems that fold {why}"
    return place.problem(Fault("path-conflict", message, "give one of the two another name"))


def _are_apart(group: Iterable[Place]) -> bool:
    """Whether nothing but folders is written, and none is in another: sorted, one would stand behind the other."""
    folders = [[f"{subtree}/" if subtree else "" for subtree in place.subtrees] for place in group]
    paths = sorted(path for owned in folders for path in owned)
    return all(folders) and not any(inner.startswith(outer) for outer, inner in pairwise(paths))


def claims_of(pipeline: Pipeline) -> list[Claim]:
    """Everything that a sound Pipeline writes."""
    return [claim for place in places_of(pipeline, Index.of(pipeline)) for claim in _claims(place)]


def _claims(place: Place, common: Container[tuple[str, ...]] | None = None) -> list[Claim]:
    """What an Environment writes.

    :param common: the sources in which setters are nobody's own; ``None``: any
    """
    repository, branch, owner = place.repository, place.branch, place.environment.name
    if place.shape.kind == "in-place":
        edited = [slot for app in place.shape.apps for slot in _edited(app, place, common)]
        return [Claim(repository, branch, path, slot, owner) for path, slot in edited]
    return [Claim(repository, branch, subtree, "", owner) for subtree in place.subtrees]


def _edited(app: App, place: Place, common: Container[tuple[str, ...]] | None) -> Iterator[tuple[str, str]]:
    """What an App's edits write in the sources: file and place in it."""
    values = {**place.values, "app": app.name}
    for edit in app.edits:
        if isinstance(edit, SetValue):
            yield clean_path(parse(edit.file).fill(values)), parse(edit.path).fill(values)
        elif isinstance(edit, FluxSetters):
            sources = tuple(place.sources(app))
            shared = common is None or sources in common
            yield from ((path, "setters" if shared else f"setters of {place.environment.name}") for path in sources)
    for step in app.renderer.steps:
        if isinstance(step, Kustomize):
            yield clean_path(parse(step.path).fill(values)), "images"


def _told(conflict: Conflict, first: Environment, second: Environment) -> Problem:
    where = conflict.second.where
    if first is second:
        message, hint = f"writes {where} twice, for two of its Apps", "write it once"
    elif conflict.exact:
        message, hint = f"writes {where}, and so does {first.subject}", "name $env in it"
    else:
        message = f"writes {where}, and {first.subject} writes {conflict.first.where}"
        hint = "put one beside the other"
    return problem(second.place, Fault("path-conflict", message, hint), second.subject)
