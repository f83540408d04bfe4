"""Rules in the box: each pack is one module and one row of :data:`PACKS`.

A rule is a pure function over a :class:`~gitpromote.policy.scene.Scene`; the first line of its docstring says what it
finds. What it finds is told per object and place; who runs a pack folds the same cause in many objects into one.
"""

from __future__ import annotations

from collections.abc import Mapping

from gitpromote.policy.packs.contamination import CONTAMINATION
from gitpromote.policy.packs.deletes import DELETES
from gitpromote.policy.packs.deprecated_apis import DEPRECATED_APIS
from gitpromote.policy.packs.images import IMAGES
from gitpromote.policy.packs.ingress_tls import INGRESS_TLS
from gitpromote.policy.packs.labels import LABELS
from gitpromote.policy.packs.network_policy import NETWORK_POLICY
from gitpromote.policy.packs.order import ORDER
from gitpromote.policy.packs.pack import Pack
from gitpromote.policy.packs.parity import PARITY
from gitpromote.policy.packs.pod_security import POD_SECURITY
from gitpromote.policy.packs.probes import PROBES
from gitpromote.policy.packs.read_only_root import READ_ONLY_ROOT
from gitpromote.policy.packs.resources import RESOURCES
from gitpromote.policy.packs.rollback_ready import ROLLBACK_READY
from gitpromote.policy.packs.schema import SCHEMA
from gitpromote.policy.packs.secrets import SECRETS
from gitpromote.policy.packs.widening import WIDENING

__all__ = ["PACKS", "Pack"]

PACKS: Mapping[str, Pack] = {
    "contamination": CONTAMINATION,
    "deletes": DELETES,
    "deprecated-apis": DEPRECATED_APIS,
    "images": IMAGES,
    "ingress-tls": INGRESS_TLS,
    "labels": LABELS,
    "network-policy": NETWORK_POLICY,
    "order": ORDER,
    "parity": PARITY,
    "pod-security": POD_SECURITY,
    "probes": PROBES,
    "read-only-root": READ_ONLY_ROOT,
    "resources": RESOURCES,
    "rollback-ready": ROLLBACK_READY,
    "schema": SCHEMA,
    "secrets": SECRETS,
    "widening": WIDENING,
}
