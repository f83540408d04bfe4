"""A synthetic Kubernetes API server: as much of the protocol as Jobs need, kept in memory.

What it answers is written after the API's documentation; no real server was recorded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from odd_server import Asked, Said, said

JOBS = "/apis/batch/v1/namespaces/"


class KubeApi:
    """Answers for a server that knows Jobs alone.

    :ivar jobs: ``namespace/name`` to the object
    :ivar token: who does not show it is sent away
    """

    def __init__(self, token: str = "s3cret-token") -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.token = token
        self.may_create = True
        self.namespaces: set[str] | None = None

    def __call__(self, asked: Asked) -> Said:
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return status(401, "Unauthorized", "Unauthorized")
        path = asked.path.partition("?")[0]
        known = {
            "/version": {"major": "1", "minor": "33"},
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
            "/apis": {"kind": "APIGroupList", "groups": [_group()]},
            "/apis/batch/v1": {"kind": "APIResourceList", "groupVersion": "batch/v1", "resources": [_resource()]},
        }
        if path in known:
            return said(known[path])
        namespace, _, name = path.removeprefix(JOBS).partition("/jobs")
        return self._job(asked, namespace, name.removeprefix("/"))

    def _job(self, asked: Asked, namespace: str, name: str) -> Said:
        if asked.method == "POST":
            body = json.loads(asked.body)
            key = f"{namespace}/{body['metadata']['name']}"
            if not self.may_create:
                return status(403, "Forbidden", "jobs.batch is forbidden: ci cannot create it")
            if self.namespaces is not None and namespace not in self.namespaces:
                return status(404, "NotFound", f'namespaces "{namespace}" not found')
            if body["metadata"].get("resourceVersion"):
                return status(400, "BadRequest", "resourceVersion should not be set on objects to be created")
            if key in self.jobs:
                return status(409, "AlreadyExists", f'jobs.batch "{body["metadata"]["name"]}" already exists')
            self.jobs[key] = body | {"status": {}}
            return said(self.jobs[key], status=201)
        if f"{namespace}/{name}" not in self.jobs:
            return status(404, "NotFound", f'jobs.batch "{name}" not found')
        return said(self.jobs[f"{namespace}/{name}"])

    def finish(self, kind: str, **told: str) -> None:
        """Every Job comes to its end: ``Complete`` or ``Failed``."""
        for job in self.jobs.values():
            job["status"] = {"conditions": [{"type": kind, "status": "True", **told}]}


def status(code: int, reason: str, message: str) -> Said:
    """The answer for what is refused."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return said(body | {"reason": reason, "message": message}, status=code)


def kubeconfig(folder: Path, url: str, *, token: str = "s3cret-token", context: str = "uat") -> Path:
    """A kubeconfig with one context."""
    file = folder / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
    }
    file.write_text(json.dumps(config))
    return file


def _group() -> dict[str, Any]:
    version = {"groupVersion": "batch/v1", "version": "v1"}
    return {"name": "batch", "versions": [version], "preferredVersion": version}


def _resource() -> dict[str, Any]:
    verbs = ["create", "get", "list"]
    return {"name": "jobs", "singularName": "job", "namespaced": True, "kind": "Job", "verbs": verbs}
