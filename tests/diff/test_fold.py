"""The same change in many places is told once."""

from __future__ import annotations

from collections.abc import Callable

from gitpromote.diff.fold import FoldedChange, fold
from gitpromote.model.change import ChangeSet

Compared = Callable[..., ChangeSet]


def deployment(tag: str, *, name: str = "api", namespace: str = "pay", pool: str = "20") -> str:
    env = f"[{{name: POOL, value: '{pool}'}}]"
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        f"spec: {{template: {{spec: {{containers: [{{name: c, image: 'pay:{tag}', env: {env}}}]}}}}}}\n"
    )


def told(folded: list[FoldedChange]) -> list[str]:
    return [
        f"{','.join(each.environments)} | {','.join(str(each) for each in each.objects)} | "
        + "; ".join(f"{former.field} from {former.before}: {','.join(former.environments)}" for former in each.former)
        for each in folded
    ]


def test_environments_with_the_same_change_are_one(compared: Compared) -> None:
    old, new = compared(deployment("3.7.2"), deployment("3.8.0")), compared(deployment("3.7.1"), deployment("3.8.0"))
    folded = fold({"test": old, "uat": old, "prod-eu": new, "prod-us": new})
    assert told(folded) == [
        "test,uat,prod-eu,prod-us | apps/Deployment pay/api | 0 from pay:3.7.1: prod-eu,prod-us",
    ]
    assert folded[0].change == old.changes[0]


def test_objects_with_the_same_change_are_one(compared: Compared) -> None:
    names = [f"w{number}" for number in range(14)]
    before = "---\n".join(deployment("1.0.0", name=name) for name in names)
    folded = fold({"test": compared(before, before.replace("1.0.0", "1.1.0"))})
    assert len(folded) == 1
    assert len(folded[0].objects) == 14
    assert folded[0].former == ()


def test_other_values_or_objects_stay_apart(compared: Compared) -> None:
    changes = {
        "test": compared(deployment("1.0.0"), deployment("1.1.0")),
        "uat": compared(deployment("1.0.0"), deployment("1.2.0")),
        "prod": compared(deployment("1.0.0"), deployment("1.1.0", pool="40")),
    }
    assert told(fold(changes)) == [f"{name} | apps/Deployment pay/api | " for name in ("test", "uat", "prod")]


def test_deletions_are_told_per_object(compared: Compared) -> None:
    one, other = deployment("1", name="a"), deployment("1", name="b")
    changes = {"test": compared(f"{one}---\n{other}", ""), "prod": compared(deployment("2", name="a"), "").changes}
    first, second = fold(changes)
    assert (first.environments, str(first.objects[0])) == (("test", "prod"), "apps/Deployment pay/a")
    assert [former.environments for former in first.former] == [("prod",)]
    assert (second.environments, str(second.objects[0])) == (("test",), "apps/Deployment pay/b")


def test_nothing_folds_to_nothing() -> None:
    assert fold({"test": ChangeSet(), "prod": []}) == []
