"""Changes as they stand in a plan."""

from __future__ import annotations

import json

import pytest

from gitpromote.model.canonical import canonical
from gitpromote.model.change import (
    ChangeSet,
    Counts,
    FieldChange,
    Generated,
    Hidden,
    ObjectChange,
    ObjectId,
    Path,
    Reader,
    path_text,
)
from gitpromote.model.manifest import ObjectRef

IMAGE: Path = ("spec", "template", "spec", "containers", {"name": "shop"}, "image")


def change(**members: object) -> ObjectChange:
    """The change of the plan format's example, with other members."""
    usual = {
        "app": "shop",
        "object": ObjectId(group="apps", kind="Deployment", namespace="shop", name="shop"),
        "version": "v1",
        "actions": ("update",),
        "categories": ("image",),
        "fields": (FieldChange(path=IMAGE, op="replace", before="shop:1.41.0", after="shop:1.42.0"),),
        "hidden": Hidden(noise=2),
        "restarts": "pods",
    }
    return ObjectChange.model_validate({**usual, **members})


def test_a_change_stands_in_the_plan_as_the_format_says() -> None:
    assert change().model_dump(mode="json") == {
        "app": "shop",
        "object": {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "shop"},
        "version": "v1",
        "actions": ["update"],
        "categories": ["image"],
        "risk": "low",
        "fields": [
            {
                "path": ["spec", "template", "spec", "containers", {"name": "shop"}, "image"],
                "op": "replace",
                "before": "shop:1.41.0",
                "after": "shop:1.42.0",
            }
        ],
        "hidden": {"noise": 2, "order": 0, "references": 0, "unchanged": 0},
        "restarts": "pods",
    }


def test_members_that_say_nothing_are_left_out() -> None:
    shop = ObjectId(kind="Deployment", name="shop")
    full = change(
        generated=Generated(before="a-1", after="a-2"),
        readers=(Reader(object=shop, restarts="pods"),),
        noise=(FieldChange(path=("status",), op="remove", before={}),),
        notes=("why",),
    )
    assert full.model_dump(mode="json").keys() - change().model_dump(mode="json").keys() == {
        "generated",
        "readers",
        "noise",
        "notes",
    }
    assert ObjectChange.model_validate_json(full.model_dump_json()) == full


@pytest.mark.parametrize(
    ("field", "members"),
    [
        (FieldChange(path=("a",), op="add", after=None), {"path": ["a"], "op": "add", "after": None}),
        (FieldChange(path=("a",), op="remove", before=None), {"path": ["a"], "op": "remove", "before": None}),
        (
            FieldChange(path=("a", 3), op="replace", before=None, after={"number": "0.5"}),
            {"path": ["a", 3], "op": "replace", "before": None, "after": {"number": "0.5"}},
        ),
        (
            FieldChange(path=("a", {"name": "x"}), op="add", after={"name": "x"}, index=0),
            {"path": ["a", {"name": "x"}], "op": "add", "after": {"name": "x"}, "index": 0},
        ),
    ],
)
def test_null_and_absent_are_told_apart(field: FieldChange, members: dict[str, object]) -> None:
    assert field.model_dump(mode="json") == members
    assert FieldChange.model_validate(members) == field
    assert json.loads(canonical(field.model_dump(mode="json"))) == members


def test_later_members_are_ignored() -> None:
    data = {**change().model_dump(mode="json"), "since": "1.1", "hidden": {"noise": 2, "else": 1}}
    assert ObjectChange.model_validate(data) == change()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), "."),
        (("spec", "replicas"), "spec.replicas"),
        (IMAGE, "spec.template.spec.containers[shop].image"),
        (("metadata", "annotations", "checksum/config"), 'metadata.annotations["checksum/config"]'),
        (("data", "app.yaml"), 'data["app.yaml"]'),
        (("data", 'a"b\n'), 'data["a\\"b\\n"]'),
        (("args", 2), "args[2]"),
        (("env", {"name": "A"}, "value"), "env[A].value"),
        (("env", {"name": "A", "#": 2}), "env[A#2]"),
        (("env", {"name": "2"}), 'env[name="2"]'),
        (("env", {"name": None}), "env[name=null]"),
        (("env", {"name": "a b"}), 'env[name="a b"]'),
        (("ports", {"containerPort": 80}), "ports[containerPort=80]"),
        (("ports", {"port": 80, "protocol": "TCP"}), "ports[80/TCP]"),
        (("volumeMounts", {"mountPath": "/etc/x.d"}), "volumeMounts[/etc/x.d]"),
    ],
)
def test_a_path_reads_like_the_manifest(path: Path, text: str) -> None:
    assert path_text(path) == text


def test_objects_are_called_as_people_call_them() -> None:
    config = change(object=ObjectId(kind="ConfigMap", namespace="shop", name="config"))
    node = change(object=ObjectId(kind="Node", name="n1"))
    assert [each.title for each in (change(), config, node)] == [
        "apps/Deployment shop/shop",
        "v1/ConfigMap shop/config",
        "v1/Node n1",
    ]
    assert str(config.object) == "ConfigMap shop/config"
    assert config.ref == ObjectRef("", "ConfigMap", "shop", "config")


def test_a_change_set_counts_and_selects() -> None:
    config = ObjectId(kind="ConfigMap", namespace="shop", name="config")
    changes = ChangeSet(
        changes=(
            change(),
            change(actions=("delete", "create"), risk="high"),
            change(object=config, actions=("create",), app="other", categories=("config",)),
            change(object=config, actions=("delete",), risk="medium"),
            change(object=config, actions=("no-op",)),
        )
    )
    assert changes.counts == Counts(add=1, change=2, delete=1)
    assert changes.risk == "high"
    assert len(changes) == 5
    assert len(list(changes.objects)) == 4
    assert [each.actions for each in changes.select(kind="Config*", app="shop").changes] == [("delete",), ("no-op",)]
    assert [each.app for each in changes.select(category="config").changes] == ["other"]
    assert not changes.select(name="nobody")


def test_noise_alone_is_no_change() -> None:
    assert not ChangeSet(changes=(change(actions=("no-op",)),))
    assert ChangeSet().risk == "low"
