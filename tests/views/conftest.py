"""Plans as the planner would make them, small enough to read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gitpromote.model.artifact import CommitArtifact, ImageArtifact
from gitpromote.model.change import FieldChange, Hidden, ObjectChange, ObjectId
from gitpromote.model.freight import Freight
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import (
    Basis,
    Engine,
    EnvironmentPlan,
    MovingFreight,
    Opens,
    Plan,
    PlannedFreight,
    PlannedPipeline,
    PlannedTarget,
    PushStep,
    RepositoryBasis,
    VerifyStep,
)
from gitpromote.planning.counting import summarise

NOW = 1_763_717_400  # Friday 21 November 2025, 09:30 UTC


def _freight(tag: str, digest: str, subject: str) -> Freight:
    artifacts = [
        ImageArtifact(repository="ghcr.io/acme/pay", tag=tag, digest=f"sha256:{digest * 16}"),
        CommitArtifact(repository="git.example/acme/deploy", commit=f"4be1c9f{tag.replace('.', '')}".ljust(40, "0")),
    ]
    return Freight.of("pay", artifacts, subject=subject, author="lea <lea@acme.example>")


NEW = _freight("3.8.0", "b20e", "raise pool size")
OLD = _freight("3.7.2", "7f1c", "smaller image")
OLDER = _freight("3.7.1", "90ab", "first")


def api_change(before: str = "3.7.2") -> ObjectChange:
    """An image and a variable of one container."""
    container = ("spec", "template", "spec", "containers", {"name": "api"})
    return ObjectChange(
        app="api",
        object=ObjectId(group="apps", kind="Deployment", namespace="pay", name="api"),
        version="v1",
        actions=("update",),
        categories=("config", "image"),
        restarts="pods",
        fields=(
            FieldChange(path=(*container, "env", {"name": "POOL"}, "value"), op="replace", before="20", after="40"),
            FieldChange(
                path=(*container, "image"),
                op="replace",
                before=f"ghcr.io/acme/pay:{before}@sha256:{'7f1c' * 16}",
                after=f"ghcr.io/acme/pay:3.8.0@sha256:{'b20e' * 16}",
            ),
        ),
        hidden=Hidden(noise=2, unchanged=31),
        noise=(
            FieldChange(path=("metadata", "labels", "helm.sh/chart"), op="replace", before="pay-1", after="pay-2"),
            FieldChange(path=("metadata", "annotations", "checksum/config"), op="replace", before="a", after="b"),
        ),
    )


def object_change(action: str, kind: str = "ConfigMap", name: str = "legacy", **members: Any) -> ObjectChange:
    """A whole object that comes or goes."""
    op, side = ("add", "after") if action == "create" else ("remove", "before")
    value = {"apiVersion": "v1", "kind": kind, "data": {"endpoint": "https://old.example"}}
    return ObjectChange(
        app="api",
        object=ObjectId(kind=kind, namespace="pay", name=name),
        version="v1",
        actions=(action,),
        fields=(FieldChange(path=(), op=op, **{side: value}),),
        **members,
    )


def environment(name: str, **members: Any) -> EnvironmentPlan:
    """One environment, ready to be written unless said otherwise."""
    defaults: dict[str, Any] = {
        "name": name,
        "decision": "ready",
        "freight": {"pay": MovingFreight(id=NEW.id, moving=True)},
        "target": PlannedTarget(kind="branch", repository="home", ref=f"refs/heads/env/{name}"),
        "steps": (PushStep(id="1", ref=f"refs/heads/env/{name}"), VerifyStep(id="2", after=("1",))),
        "change_digest": f"sha256:{name.encode().hex():0<64}",
    }
    return EnvironmentPlan(**{**defaults, **members})


def upstream(name: str) -> Outcome:
    """Not verified there yet."""
    return Outcome(
        id="upstream",
        kind="availability",
        status="pending",
        message=f"{name}: not verified yet",
        operands={"verified": {}, "missing": [name], "join": "all"},
    )


def plan_of(*environments: EnvironmentPlan, **members: Any) -> Plan:
    """A plan of these, with a ledger that knows what runs."""
    runs = {"test": OLD, "uat": OLD, "prod-eu": OLDER, "prod-us": OLDER}
    defaults: dict[str, Any] = {
        "as_of": NOW,
        "engine": Engine(version="0.1.0"),
        "pipeline": PlannedPipeline(name="pay", definition={}, definition_digest=f"sha256:{'41aa' * 16}"),
        "freight": {each.id: PlannedFreight.of(each) for each in (NEW, OLD, OLDER)},
        "basis": Basis(repositories={"home": RepositoryBasis(url="https://git.example/acme/deploy.git")}),
        "facts": {
            "environments": {
                each.name: {"freight": {"pay": runs[each.name].id}} for each in environments if each.name in runs
            }
        },
        "environments": environments,
        "summary": summarise(environments),
    }
    return Plan(**{**defaults, **members})


@pytest.fixture
def make() -> SimpleNamespace:
    """The makers above, for tests that need other plans."""
    return SimpleNamespace(
        NOW=NOW,
        NEW=NEW,
        OLD=OLD,
        OLDER=OLDER,
        plan=plan_of,
        environment=environment,
        update=api_change,
        whole=object_change,
        upstream=upstream,
    )


@pytest.fixture
def pay() -> Plan:
    """Four environments: one ready, three waiting, the same change in all, something pruned in one of them."""
    gate = Outcome(id="soak", status="pending", message="not judged by this version of gitpromote")
    eu = {"conditions": ({"verified": ["uat"], "plus": 86400}, {"window": "Mon-Thu 09:00-16:00 Europe/Berlin"})}
    us = {"conditions": ({"verified": ["prod-eu"], "plus": 0}, {"gate": "errors"})}
    return plan_of(
        environment("test", changes=(api_change(),)),
        environment(
            "uat",
            decision="waiting",
            reason="upstream",
            outcomes=(upstream("test"),),
            opens=Opens(conditions=({"verified": ["test"], "plus": 0},)),
            changes=(api_change(),),
        ),
        environment(
            "prod-eu",
            production=True,
            decision="waiting",
            reason="upstream, soak",
            outcomes=(upstream("uat"), gate),
            opens=Opens(**eu),
            changes=(api_change("3.7.1"), object_change("delete")),
        ),
        environment(
            "prod-us",
            production=True,
            decision="waiting",
            reason="upstream, soak",
            outcomes=(upstream("prod-eu"), gate),
            opens=Opens(**us),
            changes=(api_change("3.7.1"),),
        ),
    )
