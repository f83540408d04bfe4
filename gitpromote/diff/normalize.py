"""Noise: changes that say nothing about behaviour. Hidden by default, counted, and left out of what policies see.

Inside a pod template nothing is noise but an empty ``creationTimestamp``: a change there restarts pods, which is the
news.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitpromote.diff.shape import NOISE, SET, Shape, fields, keyed

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

#: Written by the API server.
SERVER_METADATA = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")

#: Labels that change with each version of a chart and select nothing.
NOISE_LABELS = ("app.kubernetes.io/version", "helm.sh/chart")

_OWNERS = {"finalizers": SET, "ownerReferences": keyed("uid")}

#: Metadata of an object, and of what a CronJob makes.
METADATA = Shape(
    fields={
        **_OWNERS,
        **dict.fromkeys(SERVER_METADATA, NOISE),
        "labels": Shape(fields=dict.fromkeys(NOISE_LABELS, NOISE)),
        "annotations": Shape(fields={LAST_APPLIED: NOISE}, noise_prefixes=("checksum/",)),
    }
)

#: Metadata of a pod template.
TEMPLATE_METADATA = Shape(fields={**_OWNERS, "creationTimestamp": NOISE})

#: What controllers report.
STATUS = Shape(noise=True, fields={"conditions": keyed("type")})

#: How an admission webhook, a conversion webhook or an APIService is called: cert-manager fills in whom to trust. In
#: other kinds, ``caBundle`` is somebody's decision.
CLIENT_CONFIG = fields(caBundle=NOISE)


def without_noise(data: Mapping[str, Any], *, shape: Shape) -> dict[str, Any]:
    """A document as policies see it: whatever is noise is left out."""
    return {key: _clean(value, child) for key, value in data.items() if not (child := shape.child(key)).noise}


def _clean(value: Any, shape: Shape) -> Any:
    if isinstance(value, dict) and (shape.fields or shape.rest or shape.noise_prefixes):
        return without_noise(value, shape=shape)
    if isinstance(value, list) and shape.items is not None:
        return [_clean(element, shape.items) for element in value]
    return value
