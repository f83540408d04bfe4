"""Agents: what brings an Environment's desired state into its cluster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from gitpromote.model.definition import Definition
from gitpromote.model.problems import Fault

__all__ = ["Agent", "ArgoCD", "Flux", "NoAgent"]


class Agent(Definition):
    """What is told of a change, and asked whether it is healthy."""

    means: ClassVar[str] = 'an agent such as ArgoCD(context="prod")'


class _InCluster(Agent):
    path_fields: ClassVar[tuple[str, ...]] = ("context",)

    context: str | None = None

    def _faults(self) -> Iterable[Fault]:
        if self.context is not None and not self.context.strip():
            yield Fault("context-invalid", "context is empty", "leave it out for the current one", "context")


class ArgoCD(_InCluster):
    """Argo CD.

    :param context: the kubeconfig's context; ``$env`` is substituted; default: the current one
    :param namespace: where the Applications are
    """

    kind: ClassVar[str] = "argocd"

    namespace: str = "argocd"


class Flux(_InCluster):
    """Flux.

    :param context: the kubeconfig's context; ``$env`` is substituted; default: the current one
    :param namespace: where the Kustomizations and HelmReleases are
    """

    kind: ClassVar[str] = "flux"

    namespace: str = "flux-system"


class NoAgent(Agent):
    """No agent, where the Pipeline has one for the others: what is written counts as applied."""

    kind: ClassVar[str] = "none"
