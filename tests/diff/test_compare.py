"""Which objects change, in which fields."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent, indent
from typing import Any

import pytest

from gitpromote.diff.compare import compare
from gitpromote.diff.draft import SHOWN_UP_TO
from gitpromote.model.change import ChangeSet, Counts
from gitpromote.model.manifest import ManifestSet

Compared = Callable[..., ChangeSet]
Told = Callable[[ChangeSet], str]

CHECKOUT = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
  namespace: shop
  labels: {app: checkout, helm.sh/chart: checkout-1.41.0}
  annotations: {checksum/config: 1f2e}
spec:
  replicas: 3
  selector: {matchLabels: {app: checkout}}
  template:
    metadata: {labels: {app: checkout}}
    spec:
      containers:
      - name: checkout
        image: acme/checkout:1.41.0
        args: [--listen, ":8080", --level=info]
        env:
        - {name: FEATURE_X, value: "off"}
        - {name: MODE, value: live}
        ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: legacy}
"""


def test_a_release_reads_like_its_story(compared: Compared, told: Told) -> None:
    after = CHECKOUT.split("---\napiVersion: v1")[0]
    for old, new in (
        ("checkout:1.41.0", "checkout:1.42.0"),
        ("checkout-1.41.0", "checkout-1.42.0"),
        ("1f2e", "3d4c"),
        ('"off"', '"on"'),
        ("        - {name: MODE", '        - {name: NEW_TIMEOUT, value: "30s"}\n        - {name: MODE'),
        (
            "{containerPort: 80}, {containerPort: 80, protocol: UDP}",
            "{containerPort: 80, protocol: UDP}, {containerPort: 80}",
        ),
    ):
        after = after.replace(old, new)
    changes = compared(CHECKOUT, after)
    assert told(changes) == dedent(
        """\
        delete v1/ConfigMap legacy (config) medium none
          remove .: {'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'legacy'}}
          note: no longer rendered
        update apps/Deployment shop/checkout (config, image) low pods
          replace spec.template.spec.containers[checkout].env[FEATURE_X].value: off -> on
          add spec.template.spec.containers[checkout].env[NEW_TIMEOUT] at 1: {'name': 'NEW_TIMEOUT', 'value': '30s'}
          replace spec.template.spec.containers[checkout].image: acme/checkout:1.41.0 -> acme/checkout:1.42.0
          (noise) replace metadata.annotations["checksum/config"]: 1f2e -> 3d4c
          (noise) replace metadata.labels["helm.sh/chart"]: checkout-1.41.0 -> checkout-1.42.0
          hidden: 2 noise, 1 order, 14 unchanged
        """
    )
    assert changes.counts == Counts(add=0, change=1, delete=1)
    assert changes.unchanged == 0


def test_equal_renders_change_nothing(compared: Compared) -> None:
    assert compared(CHECKOUT, CHECKOUT) == ChangeSet(unchanged=2)


def test_another_way_to_write_the_same_is_no_change(compared: Compared) -> None:
    other = CHECKOUT.replace("{app: checkout}", '{"app": "checkout"}').replace("replicas: 3", "replicas: 3  # three")
    assert compared(CHECKOUT, other) == ChangeSet(unchanged=2)


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("true", "1", "replace spec.x: True -> 1"),
        ("1", '"1"', "replace spec.x: 1 -> 1"),
        ("null", "{}", "replace spec.x: None -> {}"),
        ("{a: [1, true]}", "{a: [1, 1]}", "replace spec.x.a[1]: True -> 1"),
        ("{a: {b: false}}", "{a: {b: 0}}", "replace spec.x.a.b: False -> 0"),
        ("0.5", "0.25", "replace spec.x: {'number': '0.5'} -> {'number': '0.25'}"),
        ("[]", "{}", "replace spec.x: [] -> {}"),
    ],
)
def test_types_are_told_apart(compared: Compared, told: Told, before: str, after: str, line: str) -> None:
    changes = compared(custom(f"x: {before}"), custom(f"x: {after}"))
    assert (
        told(changes)
        == f"update example.org/Thing t (other) low none\n  {line}\n" + told(changes)[-len(_hidden(changes)) :]
    )


def _hidden(changes: ChangeSet) -> str:
    return f"  hidden: {changes.changes[0].hidden.unchanged} unchanged\n"


def test_null_is_not_absence(compared: Compared, told: Told) -> None:
    assert "  add spec.x: None\n" in told(compared(custom("y: 1"), custom("x: null\ny: 1")))
    assert "  remove spec.x: None\n" in told(compared(custom("x: null\ny: 1"), custom("y: 1")))


def test_a_version_change_is_an_update(compared: Compared, told: Told) -> None:
    before = (
        "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {maxReplicas: 3}\n"
    )
    assert told(compared(before, before.replace("/v1", "/v2"))) == dedent(
        """\
        update autoscaling/HorizontalPodAutoscaler web (other) low none
          replace apiVersion: autoscaling/v1 -> autoscaling/v2
          hidden: 3 unchanged
        """
    )


def test_another_group_is_another_object(compared: Compared) -> None:
    before = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\n"
    changes = compared(before, before.replace("extensions/v1beta1", "networking.k8s.io/v1"))
    assert [change.actions for change in changes.changes] == [("delete",), ("create",)]


def test_changes_are_sorted_by_app_and_identity(parsed: Callable[..., ManifestSet]) -> None:
    thing = "apiVersion: {}\nkind: {}\nmetadata: {{name: {}, namespace: {}}}\n"
    objects = [
        ("v1", "Service", "b", "ns2"),
        ("apps/v1", "Deployment", "a", "ns1"),
        ("v1", "Service", "a", "ns2"),
        ("v1", "ConfigMap", "z", "ns3"),
    ]
    one = parsed("---\n".join(thing.format(*each) for each in objects), app="one")
    other = parsed(thing.format("v1", "ConfigMap", "a", "ns1"), app="another")
    after = ManifestSet.from_iterable([*one.values(), *other.values()])
    assert [(change.app, change.title) for change in compare(ManifestSet(), after).changes] == [
        ("another", "v1/ConfigMap ns1/a"),
        ("one", "v1/ConfigMap ns3/z"),
        ("one", "v1/Service ns2/a"),
        ("one", "v1/Service ns2/b"),
        ("one", "apps/Deployment ns1/a"),
    ]


def test_a_long_object_is_not_repeated_in_the_plan(compared: Compared) -> None:
    long = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{a: {'x' * SHOWN_UP_TO}}}\n"
    for changes, notes in (
        (compared("", long), ("too long to be shown here",)),
        (compared(long, ""), ("no longer rendered", "too long to be shown here")),
    ):
        assert changes.changes[0].fields == ()
        assert changes.changes[0].notes == notes


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("[a, b, c]", "[a, x, c]", ["replace spec.x[1]: b -> x"]),
        ("[a, b, c]", "[a, c]", ["remove spec.x[1]: b"]),
        ("[a, c]", "[a, b, c]", ["add spec.x[1]: b"]),
        ("[a, b, c]", "[c, a, b]", ["reorder spec.x: ['a', 'b', 'c'] -> ['c', 'a', 'b']"]),
        ("[a, b]", "[b, a, a]", ["add spec.x[0]: b", "replace spec.x[2]: b -> a"]),
        ("[{n: 1, m: 2}]", "[{n: 1, m: 3}]", ["replace spec.x[0].m: 2 -> 3"]),
        ("[[1], [2]]", "[[1], [3]]", ["replace spec.x[1][0]: 2 -> 3"]),
        (
            "[{name: a}, {name: b}]",
            "[{name: b}, {name: c}]",
            ["remove spec.x[0]: {'name': 'a'}", "add spec.x[1]: {'name': 'c'}"],
        ),
    ],
)
def test_unknown_lists_are_compared_by_position(
    compared: Compared, told: Told, before: str, after: str, lines: list[str]
) -> None:
    text = told(compared(custom(f"x: {before}"), custom(f"x: {after}")))
    assert [line.strip() for line in text.splitlines()[1:] if "hidden" not in line] == lines


def test_a_long_list_with_little_in_common_is_compared_in_reasonable_time(of_data: Callable[..., ManifestSet]) -> None:
    def thing(elements: list[Any]) -> dict[str, Any]:
        return {"apiVersion": "e.org/v1", "kind": "T", "metadata": {"name": "t"}, "spec": {"x": elements}}

    changes = compare(of_data(thing(["a", "b"] * 4000)), of_data(thing(["b", "b", "a"] * 4000)))
    assert len(changes.changes[0].fields) > 4000


def custom(spec: str) -> str:
    return f"apiVersion: example.org/v1\nkind: Thing\nmetadata: {{name: t}}\nspec:\n{indent(spec, '  ')}\n"


@pytest.mark.parametrize("form", ["[{}]", "{{a: {}}}", "[{{a: {}}}]"])
def test_documents_nested_as_deeply_as_they_are_read_are_compared(compared: Compared, form: str) -> None:
    before, after = "hunter2x", "hunter3x"
    for _ in range(95):
        before, after = form.format(before), form.format(after)
    (change,) = compared(custom(f"x: {before}"), custom(f"x: {after}")).changes
    assert [(field.before, field.after) for field in change.fields] == [("hunter2x", "hunter3x")]
