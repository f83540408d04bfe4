"""What other Environments would hold, for the policies that compare with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gitpromote.engine.targets import read_content
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.observation import EnvironmentObservation, Observation
from gitpromote.model.policy import Pack
from gitpromote.model.policy_base import Policy
from gitpromote.model.resolved import ResolvedTarget

__all__ = ["Others", "compares", "others_of"]

#: Packs that look at other Environments. For everybody else reading their targets would be in vain.
_COMPARING = frozenset({"contamination", "parity"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Manifests of Environments by name.

    :ivar heads: of Environments that the plan does not look at: the commit that was read
    :ivar unread: why one of them could not be read, or an empty string
    """

    objects: Mapping[str, ManifestSet] = field(default_factory=dict)
    heads: Mapping[str, str | None] = field(default_factory=dict)
    unread: str = ""


def compares(policy: Policy) -> bool:
    """Whether a policy compares with other Environments."""
    return isinstance(policy, Pack) and policy.name in _COMPARING


def others_of(world: World, observation: Observation, *, heads: Mapping[str, str | None] | None = None) -> Others:
    """What all Environments would hold that hold rendered manifests, or whose render is known.

    :param heads: what was read for an earlier plan: the same is read again
    """
    objects: dict[str, ManifestSet] = {}
    read: dict[str, str | None] = {}
    for name in world.pipeline.order():
        observed, target = observation.environments.get(name), world.pipeline.resolved(name).target
        known = _known(observed)
        if known is not None:
            objects[name] = known
        elif target.is_rendered:
            if observed is None:
                read[name] = heads.get(name) if heads is not None else _head(world, target)
            try:
                objects[name] = _manifests(world, name, observed.head if observed is not None else read[name])
            except GitpromoteError as error:
                return Others(heads=read, unread=f"{name} cannot be read: {error.detail or error.summary}")
    return Others(objects=objects, heads=read)


def _known(observed: EnvironmentObservation | None) -> ManifestSet | None:
    content = (observed.desired or observed.current) if observed is not None else None
    return content.manifests if content is not None else None


def _head(world: World, target: ResolvedTarget) -> str | None:
    return world.repository(target.repository).fetch([target.ref]).get(target.ref)


def _manifests(world: World, name: str, head: str | None) -> ManifestSet:
    resolved = world.pipeline.resolved(name)
    repository = world.repository(resolved.target.repository)
    if head is not None:
        repository.ensure([head])
    apps, paths = [app.name for app in resolved.apps], world.pipeline.sensitive_paths
    content = read_content(repository, head, resolved.target, apps=apps, sensitive_paths=paths, parsed=world.parsed)
    return content.manifests or ManifestSet()
