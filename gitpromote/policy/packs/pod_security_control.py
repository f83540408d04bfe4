"""One control of the Pod Security Standards, and what it is asked with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from gitpromote.model.change import Path
from gitpromote.policy.packs.workloads import Pod

__all__ = ["Asked", "Breach", "Control", "contexts"]


class Asked(NamedTuple):
    """The version (``34`` of 1.34) and whether the profile is restricted."""

    minor: int
    restricted: bool


#: What is wrong, and where.
Breach: TypeAlias = tuple[str, Path]


class Control(NamedTuple):
    """One control.

    :ivar restricted: whether it belongs to the restricted profile alone
    :ivar since: the first version that has it
    """

    name: str
    help: str
    judge: Callable[[Pod, Asked], Iterator[Breach]]
    restricted: bool = False
    since: int = 0


def contexts(pod: Pod) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """The security contexts: the pod's own, then each container's."""
    yield pod.security, (*pod.path, "securityContext")
    for container in pod.containers:
        yield container.security, (*container.path, "securityContext")
