"""Pipelines of every shape: refused, or such that no two Environments are in each other's way."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import gitpromote
from gitpromote import (
    App,
    Branch,
    Directory,
    Environment,
    Git,
    Helm,
    Image,
    InPlace,
    Kustomize,
    Pipeline,
    Plain,
    SetValue,
    Warehouse,
    any_of,
)
from gitpromote.errors import ConfigurationError
from gitpromote.model.resolved import ResolvedEnvironment
from gitpromote.model.territory import overlap

NAMES: dict[str, Any] = {
    name: getattr(gitpromote, name) for name in gitpromote._HOME if name not in gitpromote._MODULES["project"]
}
ENVIRONMENTS = ["test", "uat", "eu", "us", "prod"]
TEMPLATES = st.sampled_from(["env/$env", "$env", "env", "x/$label.r", "$upstream/$env", "$app-$env", "rendered"])
FOLDERS = st.sampled_from(["", "out", "out/$env", "$app", "out/$app/$env", "$env/$label.r", "deploy/$env", ".$env"])
TARGETS = (
    st.builds(Branch, TEMPLATES, path=FOLDERS)
    | st.builds(lambda path, branch: Directory(path or "x", branch=branch), FOLDERS, TEMPLATES | st.just("main"))
    | st.builds(InPlace, TEMPLATES | st.just("main"))
)
PATHS = st.sampled_from(["deploy/$env", "deploy", "charts/$app", "$env/$label.r"])
EDITS = st.builds(
    SetValue, st.sampled_from(["v.yaml", "$env/v.yaml"]), st.sampled_from(["a", "$env.a"]), image=st.just("a")
)
APPS = st.lists(
    st.builds(
        App,
        st.sampled_from(["api", "db"]),
        st.builds(Plain, PATHS) | st.builds(Kustomize, PATHS) | st.builds(Helm, PATHS),
        edits=st.lists(EDITS, max_size=1),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda app: app.name,
)


@st.composite
def members(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(ENVIRONMENTS), min_size=1, max_size=4, unique=True))
    some = st.permutations(names).flatmap(lambda names: st.sampled_from([names[:1], names[:2]]))
    environments = [
        Environment(
            name,
            after=draw(st.none() | st.just([]) | some | some.map(lambda after: any_of(*after))),
            target=draw(st.none() | st.none() | TARGETS),
            apps=draw(st.none() | st.none() | st.lists(st.sampled_from(["api", "db"]), max_size=2, unique=True)),
            labels=draw(st.just({}) | st.just({"r": "eu"}) | st.just({"r": ".."})),
        )
        for name in names
    ]
    watched = draw(st.sampled_from([[Image("a")], [Image("a"), Git(branch="main")], [Git()], []]))
    target = draw(st.none() | TARGETS)
    return {"apps": draw(APPS), "environments": environments, "target": target, "warehouse": Warehouse(*watched)}


@given(members())
@settings(max_examples=100, deadline=None)
def test_a_pipeline_is_refused_or_sound(given_members: dict[str, Any]) -> None:
    try:
        pipeline = Pipeline("p", **given_members)
    except ConfigurationError as error:
        assert all(problem.line and problem.code for problem in error.problems)
        return
    resolved = [pipeline.resolved(name) for name in pipeline.order()]
    assert sorted(one.name for one in resolved) == sorted(one.name for one in pipeline.environments)
    assert not [pair for pair in combinations(resolved, 2) if in_the_way(*pair)]
    assert all(is_filled(one) for one in resolved)
    again = Pipeline.from_data(pipeline.to_data())
    assert again == pipeline
    assert again.to_data() == pipeline.to_data()
    assert [again.resolved(one.name) for one in resolved] == resolved
    assert eval(repr(pipeline), dict(NAMES)) == pipeline


def in_the_way(one: ResolvedEnvironment, other: ResolvedEnvironment) -> bool:
    """The rule itself, pair by pair, on what was resolved."""
    first, second = one.target, other.target
    if "none" in (first.kind, second.kind):
        return False
    if first.ref != second.ref:
        return first.ref.startswith(f"{second.ref}/") or second.ref.startswith(f"{first.ref}/")
    if first.is_rendered and second.is_rendered:
        return any(overlap(here, there) for here in first.subtrees for there in second.subtrees)
    if first.is_rendered or second.is_rendered:
        folders, edited = (first.subtrees, edits_of(other)) if first.is_rendered else (second.subtrees, edits_of(one))
        return any(overlap(folder, file) for folder in folders for file, _ in edited)
    return bool(edits_of(one) & edits_of(other))


def edits_of(environment: ResolvedEnvironment) -> set[tuple[str, str]]:
    edits = {(edit.file, edit.path) for app in environment.apps for edit in app.edits if isinstance(edit, SetValue)}
    folders = {app.renderer.path for app in environment.apps if isinstance(app.renderer, Kustomize)}
    return edits | {(f"{folder}/kustomization.yaml", "images") for folder in folders}


def is_filled(environment: ResolvedEnvironment) -> bool:
    """No name is left in what is written or read, and nothing leaves the repository."""
    paths = [*environment.target.subtrees, *(app.folder for app in environment.apps), environment.target.ref]
    paths += [path for app in environment.apps for path in app.renderer.source_paths()]
    return not any("$" in path or ".." in path.split("/") or path.startswith("/") for path in paths)
