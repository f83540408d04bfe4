"""Job: what one Kubernetes Job upstream has come to.

A plan looks and starts nothing. The first ``apply`` that may ask starts it, once what would enter is verified upstream;
its name comes from the change, so that it is started once, whoever applies how often.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from gitpromote.model.artifact import ImageArtifact, canonical_repository
from gitpromote.model.canonical import canonical
from gitpromote.model.evidence import Subject
from gitpromote.model.gate_evidence import Job
from gitpromote.model.outcome import Outcome
from gitpromote.policy.answers import answer_of, needs_upstream, verdict
from gitpromote.policy.gate_context import GateContext

__all__ = ["is_due", "job_name", "judge", "prepared"]

#: Of metadata: what the API server sets, or refuses where somebody else does.
_SERVERS = frozenset(
    "creationTimestamp deletionGracePeriodSeconds deletionTimestamp generateName generation managedFields "
    "resourceVersion selfLink uid".split()
)
_KEPT = 86_400  # seconds for which a Job that has ended stays at least
_LONGEST = 52  # characters of a Job's name to which Kubernetes can still add what a Pod's name needs


def job_name(given: str, subject: Subject, *, gate: str, pipeline: str) -> str:
    """The name of the one Job for a change: as in its manifest, with sixteen digits of what it is about."""
    about = canonical([pipeline, gate, subject.model_dump(mode="json")])
    mark = hashlib.sha256(about).hexdigest()[:16]
    return f"{given[: _LONGEST - len(mark) - 1].rstrip('-.')}-{mark}"


def prepared(
    manifest: Mapping[str, Any], name: str, *, subject: Subject, images: Iterable[ImageArtifact], timeout: int
) -> dict[str, Any]:
    """A Job's manifest as it is created: under its name, with the images of the change, and an end.

    What only a server sets is left out. It stays for a day at least, so that whoever applies finds what it came to.

    :param timeout: seconds after which the cluster ends it
    """
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _SERVERS}
    notes = {**(metadata.get("annotations") or {}), "gitpromote/environment": subject.environment}
    labels = {**(metadata.get("labels") or {}), "app.kubernetes.io/managed-by": "gitpromote"}
    metadata |= {"name": name, "annotations": notes, "labels": labels}
    metadata.setdefault("namespace", "default")
    spec = dict(manifest.get("spec") or {})
    given = spec.get("activeDeadlineSeconds")
    spec["activeDeadlineSeconds"] = min(given, timeout) if isinstance(given, int) else timeout
    kept = spec.get("ttlSecondsAfterFinished")
    if isinstance(kept, int) and kept < _KEPT:
        spec["ttlSecondsAfterFinished"] = _KEPT
    pinned = {canonical_repository(one.repository): str(one) for one in images}
    whole = {key: value for key, value in manifest.items() if key != "status"}
    return {**whole, "metadata": metadata, "spec": _with_images(spec, pinned)}


def _with_images(value: Any, pinned: Mapping[str, str], key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _with_images(item, pinned, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_images(item, pinned) for item in value]
    return pinned.get(_repository(value), value) if key == "image" and isinstance(value, str) else value


def _repository(image: str) -> str:
    name = image.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return canonical_repository(head if colon and "/" not in tag else name)


def is_due(context: GateContext) -> bool:
    """Whether there is something upstream that the Job can speak of."""
    return context.arrived is not None or not needs_upstream(context)


def judge(gate: Job, context: GateContext) -> Outcome:
    """Whether the Job has come to its end, and to a good one."""
    if not is_due(context):
        text = "runs after arrival upstream, where it is not verified yet"
        return verdict(gate, "pending", text, operands={"arrived": None, "asked": None})
    answer = answer_of(gate, context)
    if isinstance(answer, Outcome):
        return answer
    value, operands = answer.value, {"asked": answer.at, **answer.value}
    name, state, words = (str(value.get(word, "")) for word in ("job", "state", "words"))
    common: dict[str, Any] = {"operands": operands, "threshold": "it completes", "remedy": _remedy(value)}
    match state:
        case "complete":
            return verdict(gate, "pass", f"{name} is complete", **common)
        case "failed":
            return verdict(gate, "fail", f"{name} failed{_because(words)}", **common)
        case "running":
            return verdict(gate, "pending", f"{name} runs", **common)
        case "suspended":
            return verdict(gate, "pending", f"{name} is suspended: it runs once somebody resumes it", **common)
        case "ending":
            return verdict(gate, "pending", f"{name} was deleted and is still there: apply starts it again", **common)
        case "absent":
            return verdict(gate, "pending", f"{name} has not run: apply starts it", **common)
    return verdict(gate, "error", f"{name} is in no known state", **common)


def _because(words: str) -> str:
    return f": {words}" if words else ""


def _remedy(value: dict[str, Any]) -> str:
    context, (namespace, _, name) = str(value.get("context", "")), str(value.get("job", "")).partition("/")
    where = f" --context {shlex.quote(context)}" if context else ""
    return f"kubectl{where} -n {shlex.quote(namespace)} logs job/{shlex.quote(name)}" if name else ""
