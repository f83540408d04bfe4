"""Objects with a generated name are one object, whatever its hash."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from gitpromote.model.change import ChangeSet, Counts

Compared = Callable[..., ChangeSet]
Told = Callable[[ChangeSet], str]

OLD, NEW, THIRD = "2456789bcd", "fghkmt2456", "789bcdfghk"


def config(name: str, value: str, *, kind: str = "ConfigMap", namespace: str = "shop") -> str:
    part = "data" if kind == "ConfigMap" else "stringData"
    return (
        f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n{part}: {{mode: {value}}}\n"
    )


def workload(name: str, *, image: str = "web:1", config: str, secret: str = "none") -> str:
    return dedent(
        f"""\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {{name: {name}, namespace: shop}}
        spec:
          template:
            spec:
              containers:
              - name: web
                image: {image}
                envFrom: [{{configMapRef: {{name: {config}}}}}]
              volumes: [{{name: s, secret: {{secretName: {secret}}}}}]
        """
    )


def render(*documents: str) -> str:
    return "---\n".join(documents)


def test_a_new_hash_is_one_update_with_its_references_folded_in(compared: Compared, told: Told) -> None:
    before = render(
        config(f"web-{OLD}", "a"), workload("web", config=f"web-{OLD}"), workload("api", config=f"web-{OLD}")
    )
    after = render(
        config(f"web-{NEW}", "b"), workload("web", config=f"web-{NEW}"), workload("api", config=f"web-{NEW}")
    )
    changes = compared(before, after)
    assert told(changes) == dedent(
        f"""\
        update v1/ConfigMap shop/web (config) low none
          named web-{OLD} -> web-{NEW}
          read by apps/Deployment shop/api: pods
          read by apps/Deployment shop/web: pods
          replace data.mode: a -> b
          hidden: 2 references, 3 unchanged
        """
    )
    assert changes.counts == Counts(add=0, change=1, delete=0)
    assert changes.unchanged == 0


def test_a_workload_that_changes_otherwise_shows_only_that(compared: Compared, told: Told) -> None:
    before = render(config(f"web-{OLD}", "a"), workload("web", config=f"web-{OLD}"))
    after = render(config(f"web-{NEW}", "b"), workload("web", config=f"web-{NEW}", image="web:1.1"))
    assert told(compared(before, after)).splitlines()[5:] == [
        "update apps/Deployment shop/web (image) low pods",
        "  replace spec.template.spec.containers[web].image: web:1 -> web:1.1",
        "  hidden: 1 references, 6 unchanged",
    ]


def test_secrets_are_paired_too(compared: Compared, told: Told) -> None:
    before = render(config(f"key-{OLD}", "hunter2x", kind="Secret"), workload("web", config="x", secret=f"key-{OLD}"))
    after = render(config(f"key-{NEW}", "hunter3x", kind="Secret"), workload("web", config="x", secret=f"key-{NEW}"))
    assert told(compared(before, after)).splitlines() == [
        "update v1/Secret shop/key (secret) medium none",
        f"  named key-{OLD} -> key-{NEW}",
        "  read by apps/Deployment shop/web: pods",
        "  replace stringData.mode: (sensitive ①) -> (sensitive ②)",
        "  hidden: 1 references, 3 unchanged",
        "  note: changes a Secret",
    ]


def test_a_reference_that_was_not_followed_shows(compared: Compared) -> None:
    before = render(config(f"web-{OLD}", "a"), workload("web", config=f"web-{OLD}"))
    after = render(config(f"web-{NEW}", "b"), workload("web", config=f"web-{OLD}"))
    changes = compared(before, after)
    assert [change.object.name for change in changes.changes] == ["web"]
    assert changes.unchanged == 1
    moved = render(config(f"web-{NEW}", "b"), workload("web", config="other"))
    fields = [field for change in compared(before, moved).select(kind="Deployment").changes for field in change.fields]
    assert [field.after for field in fields] == ["other"]


@pytest.mark.parametrize(
    ("before", "after", "actions"),
    [
        ([f"web-{OLD}"], [f"web-{NEW}", f"web-{THIRD}"], ["delete", "create", "create"]),
        ([f"web-{OLD}", f"web-{NEW}"], [f"web-{THIRD}"], ["delete", "delete", "create"]),
        ([f"web-{OLD}"], [f"api-{NEW}"], ["create", "delete"]),
        (["web"], [f"web-{NEW}"], ["delete", "create"]),
        ([f"web-{OLD}"], ["web-aeiou13579"], ["delete", "create"]),
        ([f"web-{OLD}", f"api-{OLD}"], [f"web-{NEW}", f"api-{NEW}"], ["update", "update"]),
        ([f"web-{OLD}", f"web-{NEW}"], [f"web-{NEW}", f"web-{THIRD}"], ["update"]),
    ],
)
def test_only_what_can_be_meant_is_paired(
    compared: Compared, before: list[str], after: list[str], actions: list[str]
) -> None:
    old, new = (render(*(config(name, name) for name in names)) for names in (before, after))
    found = [change.actions for change in compared(old, new).changes]
    assert sorted(found) == sorted((action,) for action in actions)


def test_another_namespace_or_kind_is_another_object(compared: Compared) -> None:
    before = render(config(f"web-{OLD}", "a"), config(f"api-{OLD}", "a"))
    after = render(config(f"web-{NEW}", "a", namespace="other"), config(f"api-{NEW}", "a", kind="Secret"))
    assert {change.actions for change in compared(before, after).changes} == {("create",), ("delete",)}


def test_other_kinds_are_not_paired(compared: Compared) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {{name: web-{}}}\n"
    assert len(compared(service.format(OLD), service.format(NEW)).changes) == 2
