"""The kinds that saved definitions may have: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from gitpromote.errors import ConfigurationError
from gitpromote.model.definition import Definition, from_data
from gitpromote.model.names import shown

__all__ = ["KINDS", "class_of", "definition_of"]

#: Kind to the module of its class, and the class: a saved plan holds few of them, and the others are not imported.
KINDS: Mapping[str, tuple[str, str]] = {
    "admission-policies": ("policy", "AdmissionPolicies"),
    "any-of": ("environment", "AnyOf"),
    "app": ("app", "App"),
    "approvals": ("gate_plain", "Approvals"),
    "argocd": ("agent", "ArgoCD"),
    "bake": ("gate_time", "Bake"),
    "boundary": ("boundary", "Boundary"),
    "branch": ("target", "Branch"),
    "cel": ("gate_plain", "CEL"),
    "chain": ("renderer", "Chain"),
    "change-budget": ("gate_plain", "ChangeBudget"),
    "chart": ("subscription", "Chart"),
    "checks": ("gate_evidence", "Checks"),
    "coherence": ("warehouse", "Coherence"),
    "commit-signature": ("gate_evidence", "CommitSignature"),
    "directory": ("target", "Directory"),
    "environment": ("environment", "Environment"),
    "exec-policy": ("policy", "ExecPolicy"),
    "exemption": ("exemption", "Exemption"),
    "flux": ("agent", "Flux"),
    "flux-setters": ("edits", "FluxSetters"),
    "freeze": ("gate_time", "Freeze"),
    "git": ("subscription", "Git"),
    "helm": ("renderer", "Helm"),
    "http": ("gate_evidence", "HTTP"),
    "image": ("subscription", "Image"),
    "image-signature": ("gate_evidence", "ImageSignature"),
    "in-place": ("target", "InPlace"),
    "job": ("gate_evidence", "Job"),
    "kustomize": ("renderer", "Kustomize"),
    "limits": ("limits", "Limits"),
    "match": ("policy_base", "Match"),
    "message": ("message", "Message"),
    "none": ("agent", "NoAgent"),
    "org-gate": ("organisation", "OrgGate"),
    "org-match": ("boundary", "OrgMatch"),
    "org-policies": ("organisation", "OrgPolicies"),
    "org-policy": ("organisation", "OrgPolicy"),
    "pack": ("policy", "Pack"),
    "plain": ("renderer", "Plain"),
    "prometheus": ("gate_evidence", "Prometheus"),
    "python": ("renderer", "PythonRenderer"),
    "python-gate": ("gate_plain", "PythonGate"),
    "python-policy": ("policy", "PythonPolicy"),
    "ramp": ("ramp", "Ramp"),
    "rego": ("policy", "Rego"),
    "risk-rule": ("risk", "RiskRule"),
    "rule": ("policy", "Rule"),
    "secret-command": ("secret", "SecretCommand"),
    "secret-env": ("secret", "SecretEnv"),
    "secret-file": ("secret", "SecretFile"),
    "set-value": ("edits", "SetValue"),
    "skip-permission": ("gate_plain", "SkipPermission"),
    "soak": ("gate_time", "Soak"),
    "warehouse": ("warehouse", "Warehouse"),
    "wave": ("wave", "Wave"),
    "window": ("gate_time", "Window"),
}


def class_of(kind: str) -> type[Definition]:
    """The class of a kind."""
    module, name = KINDS[kind]
    return cast("type[Definition]", getattr(import_module(f"gitpromote.model.{module}"), name))


def definition_of(data: Mapping[str, Any]) -> Any:
    """A definition from its saved data.

    :raises ConfigurationError: its kind is not known to this version, or it is not sound
    """
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        told = f"kind {shown(kind)}" if isinstance(kind, str) else "it has no kind"
        raise ConfigurationError(
            "A saved definition is of a kind that this version does not know", code="unknown-kind", detail=told
        )
    return from_data(class_of(kind), data)
