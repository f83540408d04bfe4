"""What a rollback says of things that Git does not undo."""

from __future__ import annotations

import pytest

from gitpromote import App, Environment, Plain
from gitpromote.engine.not_undone import not_undone
from gitpromote.model.change import FieldChange, ObjectChange, ObjectId


def change(kind, *actions, group="", path=()):
    """A change of one object."""
    fields = (FieldChange(path=path, op="replace", before=1, after=2),) if path else ()
    identity = ObjectId(group=group, kind=kind, namespace="pay", name="x")
    return ObjectChange(object=identity, version="v1", actions=actions, fields=fields)


CRD = "CustomResourceDefinition"
EXTENSIONS = "apiextensions.k8s.io"


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (change("Job", "delete", group="batch"), ["Job pay/x ran for 3.8.0"]),
        (change("Job", "update", group="batch", path=("spec",)), ["Job pay/x ran for 3.8.0"]),
        (
            change("Job", "delete", "create", group="batch"),
            ["Job pay/x ran for 3.8.0", "Job pay/x will run again for 3.7.1"],
        ),
        (change("Job", "create", group="batch"), ["Job pay/x will run again for 3.7.1"]),
        (change("Job", "no-op", group="batch"), []),
        (change("Job", "delete", group="jobs.example"), []),
        (
            change("PersistentVolumeClaim", "delete"),
            ["PersistentVolumeClaim pay/x is deleted with what 3.8.0 wrote to it"],
        ),
        (change("PersistentVolumeClaim", "create"), ["PersistentVolumeClaim pay/x was deleted and comes back empty"]),
        (
            change("PersistentVolumeClaim", "update", path=("spec", "resources", "requests", "storage")),
            ["PersistentVolumeClaim pay/x keeps its size and class: a volume does not shrink"],
        ),
        (change("PersistentVolumeClaim", "update", path=("metadata", "labels")), []),
        (
            change("StatefulSet", "delete", "create", group="apps", path=("spec", "volumeClaimTemplates", 0, "spec")),
            ["StatefulSet pay/x keeps the volumes that it has: those made for 3.8.0 stay as they are"],
        ),
        (change("StatefulSet", "update", group="apps", path=("spec", "replicas")), []),
        (change("StatefulSet", "delete", group="apps"), ["StatefulSet pay/x leaves its volumes behind"]),
        (change(CRD, "delete", group=EXTENSIONS), [f"{CRD} pay/x is deleted with all of its objects"]),
        (
            change(CRD, "create", group=EXTENSIONS),
            [f"{CRD} pay/x comes back without the objects that were deleted with it"],
        ),
        (
            change(CRD, "update", group=EXTENSIONS, path=("spec", "versions", {"name": "v2"}, "storage")),
            [f"{CRD} pay/x changes its versions: objects may be stored in one that 3.8.0 brought"],
        ),
        (change(CRD, "update", group=EXTENSIONS, path=("spec", "names", "shortNames")), []),
        (change("Namespace", "delete"), ["Namespace pay/x is deleted with everything in it"]),
        (change("Namespace", "create"), ["Namespace pay/x comes back without what was deleted with it"]),
    ],
)
def test_each_kind_says_what_stays(seen, told):
    found = not_undone([seen], left="3.8.0", back="3.7.1")
    assert [one.message for one in found] == told
    assert {(one.id, one.kind, one.level, one.status) for one in found} <= {
        ("not-undone", "policy", "advisory", "warn")
    }


JOB = """apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: test}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: "x:1"}]}}}
"""


def test_a_rollback_warns_of_the_job_that_ran(site):
    pipeline = site.pipeline(Environment("test"), apps=[App("shop", Plain("deploy/$env"))])
    site.promote(pipeline)
    site.home.commit({"deploy/test/job.yaml": JOB})
    left = site.promote(pipeline)
    project = site.project(pipeline)
    plan = project.rollback("test", reason="5xx")
    commit = left["test"].sources[0].commit
    assert [(one.id, one.message) for one in plan["test"].outcomes] == [
        ("not-undone", f"Job test/migrate ran for {commit[:7]}")
    ]
    assert site.decisions(plan) == {"test": "ready"}
    assert project.plan_verify(plan) == []
    assert site.told(site.apply(plan, project=project)) == {"test": "written"}
