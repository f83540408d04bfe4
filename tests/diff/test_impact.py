"""What a change does to running pods."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent, indent

import pytest

from gitpromote.model.change import ChangeSet

Compared = Callable[..., ChangeSet]

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: '1', b: '1'}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: conf}\nstringData: {a: '1', b: '1'}\n"


def workload(kind: str, *, pod: str = "containers: [{name: c}]", extra: str = "", metadata: str = "") -> str:
    template = f"template:\n  metadata: {{labels: {{app: a{metadata}}}}}\n  spec:\n{indent(pod, '    ')}\n{extra}"
    if kind == "CronJob":
        template = "schedule: '@daily'\njobTemplate:\n  spec:\n" + indent(template, "    ")
    group = {"CronJob": "batch/v1", "Job": "batch/v1", "Rollout": "argoproj.io/v1alpha1", "Pod": "v1"}.get(
        kind, "apps/v1"
    )
    return f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: w}}\nspec:\n{indent(template, '  ')}\n"


def restarts(changes: ChangeSet) -> list[str]:
    return [change.restarts for change in changes.select(name="w").changes]


@pytest.mark.parametrize(
    ("kind", "extra", "effect"),
    [
        ("Deployment", "", "pods"),
        ("Deployment", "paused: true", "paused"),
        ("StatefulSet", "", "pods"),
        ("StatefulSet", "updateStrategy: {type: OnDelete}", "on-delete"),
        ("DaemonSet", "updateStrategy: {type: RollingUpdate}", "pods"),
        ("ReplicaSet", "", "on-delete"),
        ("Rollout", "", "pods"),
        ("Job", "", "pods"),
        ("CronJob", "", "next-run"),
    ],
)
def test_a_changed_template_restarts_pods(compared: Compared, kind: str, extra: str, effect: str) -> None:
    before = workload(kind, extra=extra)
    assert restarts(compared(before, before.replace("name: c}", "name: c, image: x}"))) == [effect]


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("app: a}", "app: a, helm.sh/chart: x}", "pods"),
        ("app: a}", "app: a, app.kubernetes.io/version: x}", "pods"),
        ("labels: {app: a}", "labels: {app: a}, annotations: {checksum/config: x}", "pods"),
        ("labels: {app: a}", "labels: {app: a}, creationTimestamp: null", "none"),
        ("metadata: {name: w}", "metadata: {name: w, labels: {x: y}}", "none"),
        ("spec:\n  template", "spec:\n  replicas: 2\n  template", "none"),
    ],
)
def test_what_would_be_noise_elsewhere_is_the_news_in_a_template(
    compared: Compared, old: str, new: str, effect: str
) -> None:
    before = workload("Deployment")
    changes = compared(before, before.replace(old, new))
    assert restarts(changes) == [effect]
    assert bool(changes) == (effect == "pods" or "creationTimestamp" not in new)


def test_an_order_that_is_hidden_restarts_pods_all_the_same(compared: Compared) -> None:
    before = workload("Deployment", pod="volumes: [{name: a}, {name: b}]")
    (change,) = compared(before, before.replace("{name: a}, {name: b}", "{name: b}, {name: a}")).changes
    assert (change.actions, change.restarts) == (("no-op",), "pods")
    assert change.notes == ("nothing but the order of a list changes, yet pods restart",)


READS = {
    "envFrom": "containers: [{name: c, envFrom: [{%sRef: {name: conf}}]}]",
    "env": "initContainers: [{name: c, env: [{name: A, valueFrom: {%sKeyRef: {name: conf, key: a}}}]}]",
    "volume": "volumes: [{name: v, %s: {%s: conf}}]",
    "projected": "volumes: [{name: v, projected: {sources: [{%s: {name: conf, items: [{key: a, path: a}]}}]}}]",
}


def reading(case: str, kind: str) -> str:
    word = "configMap" if kind == "ConfigMap" else "secret"
    values = (word, "name" if kind == "ConfigMap" else "secretName") if case == "volume" else (word,)
    return READS[case] % values


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
@pytest.mark.parametrize("case", READS)
def test_a_workload_keeps_its_old_config_if_only_the_config_changes(compared: Compared, case: str, kind: str) -> None:
    before = f"{CONFIG if kind == 'ConfigMap' else SECRET}---\n{workload('Deployment', pod=reading(case, kind))}"
    (change,) = compared(before, before.replace("{a: '1'", "{a: '2'")).changes
    assert [(str(reader.object), reader.restarts) for reader in change.readers] == [
        ("apps/Deployment w", "keeps-old-config")
    ]
    (change,) = compared(before, before.replace("b: '1'", "b: '2'")).changes
    assert [reader.restarts for reader in change.readers] == (
        [] if case in ("env", "projected") else ["keeps-old-config"]
    )


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("labels: {app: a}", "labels: {app: b}", "pods"),
        ("metadata: {name: w}", "metadata: {name: w, labels: {x: y}}", "keeps-old-config"),
        ("metadata: {name: w}", "metadata: {name: w, annotations: {reloader.stakater.com/auto: 'true'}}", "pods"),
    ],
)
def test_a_workload_that_changes_says_so_itself(compared: Compared, old: str, new: str, effect: str) -> None:
    before = f"{CONFIG}---\n{workload('Deployment', pod=reading('envFrom', 'ConfigMap'))}"
    changes = compared(before, before.replace("{a: '1'", "{a: '2'").replace(old, new))
    assert restarts(changes) == [effect]
    assert [reader.restarts for change in changes.select(name="conf").changes for reader in change.readers] == [effect]


def test_a_cron_job_reads_its_config_at_the_next_run(compared: Compared) -> None:
    before = f"{CONFIG}---\n{workload('CronJob', pod=reading('envFrom', 'ConfigMap'))}"
    (change,) = compared(before, before.replace("{a: '1'", "{a: '2'")).changes
    assert [reader.restarts for reader in change.readers] == ["next-run"]


def test_labels_of_a_config_are_not_read(compared: Compared) -> None:
    before = f"{CONFIG}---\n{workload('Deployment', pod=reading('envFrom', 'ConfigMap'))}"
    (change,) = compared(before, before.replace("{name: conf}\ndata", "{name: conf, labels: {a: b}}\ndata")).changes
    assert change.readers == ()


def test_a_config_of_another_namespace_is_not_read(compared: Compared) -> None:
    config = CONFIG.replace("{name: conf}", "{name: conf, namespace: other}")
    before = f"{config}---\n{workload('Deployment', pod=reading('envFrom', 'ConfigMap'))}"
    (change,) = compared(before, before.replace("{a: '1'", "{a: '2'")).changes
    assert change.readers == ()


def test_created_and_deleted_workloads_restart_nothing(compared: Compared) -> None:
    text = workload("Deployment")
    assert restarts(compared("", text)) == restarts(compared(text, "")) == ["none"]


def test_odd_templates_are_survived(compared: Compared) -> None:
    for pod in ("containers: x", "containers: [x, {env: x, envFrom: [x]}]", "volumes: [{projected: x}, {secret: x}]"):
        before = f"{CONFIG}---\n{workload('Deployment', pod=pod)}"
        assert len(compared(before, before.replace("{a: '1'", "{a: '2'")).changes) == 1
    broken = dedent("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {template: x}\n")
    assert restarts(compared(broken, broken.replace("template: x", "template: z"))) == ["none"]
