"""The kinds that saved definitions may have: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitpromote.errors import ConfigurationError
from gitpromote.model.agent import ArgoCD, Flux, NoAgent
from gitpromote.model.app import App
from gitpromote.model.definition import Definition, from_data
from gitpromote.model.edits import FluxSetters, SetValue
from gitpromote.model.environment import AnyOf, Environment
from gitpromote.model.gate_evidence import HTTP, Checks, CommitSignature, ImageSignature, Job, Prometheus
from gitpromote.model.gate_plain import CEL, Approvals, ChangeBudget, PythonGate, SkipPermission
from gitpromote.model.gate_time import Bake, Freeze, Soak, Window
from gitpromote.model.message import Message
from gitpromote.model.names import shown
from gitpromote.model.renderer import Chain, Helm, Kustomize, Plain, PythonRenderer
from gitpromote.model.secret import SecretCommand, SecretEnv, SecretFile
from gitpromote.model.subscription import Chart, Git, Image
from gitpromote.model.target import Branch, Directory, InPlace
from gitpromote.model.warehouse import Coherence, Warehouse
from gitpromote.model.wave import Wave

__all__ = ["KINDS", "definition_of"]

KINDS: dict[str, type[Definition]] = {
    "any-of": AnyOf,
    "app": App,
    "approvals": Approvals,
    "argocd": ArgoCD,
    "bake": Bake,
    "branch": Branch,
    "cel": CEL,
    "chain": Chain,
    "change-budget": ChangeBudget,
    "chart": Chart,
    "checks": Checks,
    "coherence": Coherence,
    "commit-signature": CommitSignature,
    "directory": Directory,
    "environment": Environment,
    "flux": Flux,
    "flux-setters": FluxSetters,
    "freeze": Freeze,
    "git": Git,
    "helm": Helm,
    "http": HTTP,
    "image": Image,
    "image-signature": ImageSignature,
    "in-place": InPlace,
    "job": Job,
    "kustomize": Kustomize,
    "message": Message,
    "none": NoAgent,
    "plain": Plain,
    "prometheus": Prometheus,
    "python": PythonRenderer,
    "python-gate": PythonGate,
    "secret-command": SecretCommand,
    "secret-env": SecretEnv,
    "secret-file": SecretFile,
    "set-value": SetValue,
    "skip-permission": SkipPermission,
    "soak": Soak,
    "warehouse": Warehouse,
    "wave": Wave,
    "window": Window,
}


def definition_of(data: Mapping[str, Any]) -> Any:
    """A definition from its saved data.

    :raises ConfigurationError: its kind is not known to this version, or it is not sound
    """
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        told = f"kind {shown(kind)}" if isinstance(kind, str) else "it has no kind"
        raise ConfigurationError(
            "a saved definition is of a kind that this version does not know", code="unknown-kind", detail=told
        )
    return from_data(KINDS[kind], data)
