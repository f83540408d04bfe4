"""Jobs: looked for by a plan, started by an apply, once for each change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gitpromote.engine.inquiry import Answer, Inquiry, Question
from gitpromote.errors import ConfigurationError, SourceInvalid
from gitpromote.model.agent import ArgoCD, Flux
from gitpromote.model.gate_evidence import Job
from gitpromote.model.names import clean_path, shown
from gitpromote.model.resolved import HOME
from gitpromote.policy.job import is_due, job_name, prepared
from gitpromote.ports import JobFacts

__all__ = ["job"]

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NAME = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")


def job(inquiry: Inquiry) -> Question | None:
    """What the change's Job has come to; where it may be started and is not there, it is started."""
    gate: Job = inquiry.gate
    if not is_due(inquiry.context):
        return None
    context = _context(inquiry)
    manifest = _named(inquiry, gate)
    namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
    cluster, starts = inquiry.world.outside.cluster(context), inquiry.starts

    def ask() -> Answer:
        facts = cluster.job(namespace, name)
        if facts.state == "absent" and starts:
            facts = cluster.start_job(manifest)
        return Answer(_told(facts, f"{namespace}/{name}", context))

    return Question(f"the cluster {context}" if context else "the cluster of the current context", ask)


def _told(facts: JobFacts, name: str, context: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"job": name, "state": facts.state}
    return told | ({"words": facts.words} if facts.words else {}) | ({"context": context} if context else {})


def _context(inquiry: Inquiry) -> str | None:
    """The gate's own context of the kubeconfig; otherwise of the Environment before, of a start its own."""
    gate: Job = inquiry.gate
    if gate.context is not None:
        return gate.context
    here = inquiry.context.environment
    names = here.after or (here.name,)
    agents = [inquiry.world.pipeline.resolved(name).agent for name in names]
    known = {agent.context for agent in agents if isinstance(agent, ArgoCD | Flux)}
    if len(known) != 1 or len(agents) != sum(isinstance(agent, ArgoCD | Flux) for agent in agents):
        told = "have no agent, or several contexts" if len(names) > 1 else "has no agent that says"
        raise ConfigurationError(
            "It is not known in which cluster a Job runs",
            code="cluster-unknown",
            detail=f"{gate.name} of {here.name}: {', '.join(names)} {told}",
            hint=f'Name it: Job("{gate.path}", context="…").',
        )
    return known.pop()


def _named(inquiry: Inquiry, gate: Job) -> dict[str, Any]:
    """The manifest of the Freight's own sources, under the name of its change."""
    from gitpromote.render.parse import parse_yaml

    world, path = inquiry.world, clean_path(gate.path)
    content = None
    for app in dict.fromkeys([*(one.repository for one in inquiry.context.environment.apps), HOME]):
        repository = world.repository(app)
        held = [one.commit_of(repository.canonical) for one in inquiry.context.freight.values()]
        for commit in filter(None, held):
            repository.ensure([commit])
            content = content or repository.texts([f"{commit}:{path}"])[0]
    if content is None:
        raise _unfit(path, "is not in the sources of this Freight")
    documents = [one for one in parse_yaml(content, file=path) if one is not None]
    if len(documents) != 1 or not isinstance(documents[0], Mapping):
        raise _unfit(path, "is not one object")
    manifest = dict(documents[0])
    if (manifest.get("apiVersion"), manifest.get("kind")) != ("batch/v1", "Job"):
        raise _unfit(path, "is no Job of batch/v1")
    given = _given_name(manifest, path)
    name = job_name(given, inquiry.subject, gate=gate.name, pipeline=world.pipeline.name)
    images = [image for freight in inquiry.context.freight.values() for image in freight.images]
    timeout: Any = gate.timeout
    return prepared(manifest, name, subject=inquiry.subject, images=images, timeout=timeout)


def _given_name(manifest: Mapping[str, Any], path: str) -> str:
    """How the manifest calls itself; or what its generated names begin with.

    :raises SourceInvalid: it has no name, or one or a namespace that Kubernetes does not take (``job-invalid``)
    """
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    generated = metadata.get("generateName")
    given = metadata.get("name") or (generated.rstrip("-.") if isinstance(generated, str) else None)
    if not isinstance(given, str) or not given:
        raise _unfit(path, "has no metadata.name")
    if not _NAME.fullmatch(given):
        raise _unfit(path, f"is called {shown(given)}, which Kubernetes does not take for a Job")
    namespace = metadata.get("namespace", "default")
    if not isinstance(namespace, str) or not _LABEL.fullmatch(namespace):
        raise _unfit(path, f"is in the namespace {shown(str(namespace))}, which there cannot be")
    if not isinstance(manifest.get("spec"), Mapping):
        raise _unfit(path, "has no spec")
    return given


def _unfit(path: str, why: str) -> SourceInvalid:
    return SourceInvalid(
        "A gate's Job cannot be read", code="job-invalid", detail=f"{path} {why}", hint="Job(path) names one manifest."
    )
