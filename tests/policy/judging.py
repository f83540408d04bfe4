"""What the tests of policies have in common: a Scene made of YAML, and what policies conclude as text."""

from __future__ import annotations

from typing import Any

from gitpromote.diff.compare import compare
from gitpromote.model.change import path_text
from gitpromote.model.finding import Finding
from gitpromote.model.gate import Occasion
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.outcome import Outcome
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.policy.evaluate import evaluate
from gitpromote.policy.scene import Scene
from gitpromote.render.parse import parse_manifests

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}
spec:
  replicas: {replicas}
  template:
    spec:
      containers:
        - {{name: {name}, image: "ghcr.io/acme/{name}:{tag}"}}
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: shop}
data: {password: aHVudGVyMg==}
"""


def deployment(name: str = "web", *, replicas: int = 1, tag: str = "1.0") -> str:
    """A Deployment with one container of its own name."""
    return DEPLOYMENT.format(name=name, replicas=replicas, tag=tag)


def manifests(*documents: str) -> ManifestSet:
    """All in one file."""
    text = "---\n".join(f"{one.rstrip()}\n" for one in documents)
    return parse_manifests(text.encode(), file="all.yaml", app="shop").manifests


def scene(*documents: str, before: tuple[str, ...] = (), occasion: Occasion = "promote", **members: Any) -> Scene:
    """Production, gold, with what these documents hold."""
    after, old = manifests(*documents), manifests(*before)
    target = ResolvedTarget(kind="branch", ref="refs/heads/env/prod")
    here = {"name": "prod", "production": True, "labels": {"tier": "gold"}, **members}
    return Scene(
        pipeline="shop",
        environment=ResolvedEnvironment(target=target, **here),
        occasion=occasion,
        objects=after,
        before=old,
        changes=tuple(compare(old, after).changes),
    )


def told(outcome: Outcome) -> str:
    """``fail: runs alone``."""
    return f"{outcome.status}: {outcome.message}"


def judged(policy: Any, of: Scene) -> str:
    """What one policy concludes."""
    [outcome] = evaluate([policy], of)
    return told(outcome)


def shown(finding: Finding) -> str:
    """Object, path, place and how many others."""
    where = f" {path_text(finding.path)}" if finding.path else ""
    return f"{finding.object}{where} {finding.file}:{finding.line} +{len(finding.also)}"
