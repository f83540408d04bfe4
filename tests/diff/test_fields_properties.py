"""Whatever two documents are, the fields lead from one to the other, and nothing else does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from deepdiff import DeepDiff
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.diff.apply_fields import apply_fields
from gitpromote.diff.compare import compare
from gitpromote.diff.labels import Labels
from gitpromote.diff.listmap import BUILT_IN
from gitpromote.diff.sequence import frozen, labels
from gitpromote.diff.shape import Shape
from gitpromote.model.change import ChangeSet
from gitpromote.model.manifest import ManifestSet

SHAPE = BUILT_IN["apps", "Deployment"]
some = settings(max_examples=50, deadline=None)

words = st.sampled_from(["a", "b", "c", "on", "1", "", "ä.b/c", "x\ny"])
scalars = st.one_of(words, st.integers(-2, 2), st.booleans(), st.none(), st.sampled_from([0.5, 1.0, -0.0, 1e300]))
trees = st.recursive(
    scalars, lambda below: st.lists(below, max_size=4) | st.dictionaries(words, below, max_size=4), max_leaves=12
)


def maps(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Maps with any of these members, or none."""
    return st.fixed_dictionaries({}, optional=members)


env = st.lists(maps(name=words, value=words, valueFrom=trees), max_size=4)
ports = st.lists(
    maps(containerPort=st.integers(80, 82), protocol=st.sampled_from(["TCP", "UDP"]), name=words), max_size=4
)
containers = st.lists(maps(name=words, image=words, env=env, ports=ports, args=st.lists(words, max_size=4)), max_size=3)
pod_specs = maps(
    containers=containers,
    initContainers=containers,
    tolerations=st.lists(trees, max_size=3),
    volumes=st.lists(maps(name=words, emptyDir=trees), max_size=3) | trees,
)
metadata = maps(
    labels=st.dictionaries(st.sampled_from(["app", "helm.sh/chart", "app.kubernetes.io/version"]), words) | st.none(),
    annotations=st.dictionaries(st.sampled_from(["a", "checksum/x", "checksum/y"]), words, max_size=3),
    finalizers=st.lists(words, max_size=3),
    uid=words,
)
deployments = st.builds(
    lambda meta, spec, rest: {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**meta, "name": "web"},
        "spec": {"template": {"spec": spec}, **rest},
    },
    metadata,
    pod_specs,
    maps(replicas=st.integers(0, 3), extra=trees, template=trees),
)


@some
@given(before=deployments, after=deployments)
def test_applying_the_fields_to_the_document_before_gives_the_document_after(
    of_data: Callable[..., ManifestSet], before: dict[str, Any], after: dict[str, Any]
) -> None:
    changes = compare(of_data(before), of_data(after))
    assert normal(applied(before, changes), SHAPE) == normal(Labels().plain(after), SHAPE)


@some
@given(before=deployments, data=st.data())
def test_applying_the_fields_restores_the_order_of_every_list_whose_order_matters(
    of_data: Callable[..., ManifestSet], before: dict[str, Any], data: st.DataObject
) -> None:
    after = data.draw(shuffled(before))
    changes = compare(of_data(before), of_data(after))
    assert normal(applied(before, changes), SHAPE) == normal(Labels().plain(after), SHAPE)
    assert {field.op for change in changes.changes for field in change.fields} <= {"reorder"}


@some
@given(elements=st.lists(maps(name=words, mountPath=words, x=trees), min_size=1, max_size=5), data=st.data())
def test_permuting_an_unordered_keyed_list_is_no_change(
    of_data: Callable[..., ManifestSet], elements: list[dict[str, Any]], data: st.DataObject
) -> None:
    before, after = pod(volumes=elements), pod(volumes=data.draw(st.permutations(elements)))
    changes = compare(of_data(before), of_data(after))
    assert not changes
    assert all(change.actions == ("no-op",) and not change.fields for change in changes.changes)
    assert [change.hidden.order for change in changes.changes] == ([1] if changes.changes else [])


@some
@given(before=deployments, after=deployments)
def test_something_differs_exactly_if_deepdiff_says_so(
    of_data: Callable[..., ManifestSet], before: dict[str, Any], after: dict[str, Any]
) -> None:
    changes = compare(of_data(before), of_data(after))
    differs = bool(DeepDiff(Labels().plain(before), Labels().plain(after), ignore_numeric_type_changes=False))
    assert bool(changes.changes) == differs
    assert changes.unchanged == (0 if differs else 1)


@some
@given(before=deployments)
def test_a_document_does_not_differ_from_its_copy(of_data: Callable[..., ManifestSet], before: dict[str, Any]) -> None:
    assert compare(of_data(before), of_data(copy.deepcopy(before))) == ChangeSet(unchanged=1)


@some
@given(before=deployments, after=deployments)
def test_a_change_set_reads_back_as_it_was_written(
    of_data: Callable[..., ManifestSet], before: dict[str, Any], after: dict[str, Any]
) -> None:
    changes = compare(of_data(before), of_data(after))
    assert ChangeSet.model_validate_json(changes.model_dump_json()) == changes


def applied(before: dict[str, Any], changes: ChangeSet) -> Any:
    fields = [field for change in changes.changes for field in (*change.fields, *change.noise)]
    return apply_fields(Labels().plain(before), fields, shape=SHAPE)


def pod(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"template": {"spec": spec}},
    }


def normal(value: Any, shape: Shape) -> Any:
    """A value with every list whose order does not matter sorted."""
    if isinstance(value, dict):
        return {key: normal(member, shape.child(key)) for key, member in value.items()}
    if not isinstance(value, list):
        return (type(value).__name__, value)
    elements = [normal(element, shape.element) for element in value]
    if shape.matched == "set":
        return sorted(elements, key=frozen)
    if shape.matched == "map" and not shape.ordered and all(isinstance(element, dict) for element in value):
        names = [frozen(label.keys) for label in labels(value, shape)]
        return sorted(([name, element] for name, element in zip(names, elements, strict=True)), key=frozen)
    return elements


def shuffled(value: Any) -> st.SearchStrategy[Any]:
    """The same with lists in another order."""
    if isinstance(value, dict):
        return st.fixed_dictionaries({key: shuffled(member) for key, member in value.items()})
    return st.permutations(value) if isinstance(value, list) else st.just(value)
