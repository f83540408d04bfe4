"""What the tests of admission policies have in common: policy files as text, and what is concluded of them."""

from __future__ import annotations

from typing import Any

from gitpromote import AdmissionPolicies
from gitpromote.engine.policy_documents import policy_documents
from gitpromote.model.outcome import Outcome
from gitpromote.policy.evaluate import evaluate
from gitpromote.policy.judged import Material
from gitpromote.policy.scene import Scene
from tests.policy.judging import scene, told

HEAD = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
"""
BINDING = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: p, validationActions: [Deny]}
"""
ALL = '{resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]}'


def policy(*expressions: str, **members: str) -> str:
    """A policy for everything, with these validations and further members of its ``spec`` as YAML."""
    lines = [f"  - expression: {expression!r}" for expression in expressions]
    given = {"matchConstraints": ALL} | members
    spec = "".join(f"  {key}: {value}\n" for key, value in given.items())
    validations = "  validations:\n" + "\n".join(lines) + "\n" if lines else ""
    return f"{HEAD}spec:\n{spec}{validations}"


def binding(actions: str = "[Deny]", **members: str) -> str:
    """A binding with further members of its ``spec`` as YAML."""
    spec = "".join(f"  {key}: {value}\n" for key, value in members.items())
    head = BINDING.partition("spec:")[0]
    return f"{head}spec:\n  policyName: p\n  validationActions: {actions}\n{spec}"


def material(*texts: str, name: str = "vap") -> Material:
    """Each text is a file of its own."""
    paths = {f"policies/{number}.yaml": text for number, text in enumerate(texts, 1)}
    documents = policy_documents(paths)
    missing = {name: next(iter(documents.unread.values()))} if documents.unread else {}
    return Material(texts=paths, documents=documents.objects, of={name: tuple(paths)}, missing=missing)


def outcomes(texts: tuple[str, ...], of: Scene) -> tuple[Outcome, ...]:
    """What is concluded, warnings included."""
    return evaluate([AdmissionPolicies("policies", name="vap")], of, material(*texts))


def verdicts(texts: tuple[str, ...], *documents: str, before: tuple[str, ...] = (), **members: Any) -> list[str]:
    """``fail: runs alone``, and warnings behind it."""
    return [told(one) for one in outcomes(texts, scene(*documents, before=before, **members))]
