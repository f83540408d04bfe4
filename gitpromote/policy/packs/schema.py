"""Validation against the schemas of Kubernetes, which a library outside does: see ``adapters/schema_check.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitpromote.model.finding import Finding
from gitpromote.policy.packs.pack import Pack
from gitpromote.policy.packs.setting import kinds, switch, version
from gitpromote.policy.scene import Scene

__all__ = ["SCHEMA"]


def invalid(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An object that the API server would not take: an unknown field, a wrong type, something missing."""
    return iter(())


def unknown(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A kind or a version that Kubernetes does not have in a group of its own; other groups' are counted."""
    return iter(())


SCHEMA = Pack(
    help="objects fit the schemas of the target version of Kubernetes (needs the extra `schema`)",
    rules={"invalid": invalid, "unknown": unknown},
    settings={
        "kubernetes": version(about="the version that the cluster runs, or is to run"),
        "strict": switch(True, about="whether a field that the schema does not know is an error"),
        "ignore_kinds": kinds(about="kinds that are not judged"),
    },
    outside=True,
)
