"""What an Environment comes down to once defaults and names are filled in: what planner and engine work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from gitpromote.model.agent import Agent
from gitpromote.model.edits import Edit, Pin
from gitpromote.model.environment import Delivery
from gitpromote.model.gate import Gate
from gitpromote.model.limits import Limits
from gitpromote.model.policy_base import Policy
from gitpromote.model.renderer import Renderer
from gitpromote.model.standing import Standing
from gitpromote.model.target import Files
from gitpromote.model.wave import Wave

__all__ = ["HOME", "Join", "ResolvedApp", "ResolvedEnvironment", "ResolvedTarget", "TargetKind"]

#: How the home repository is called wherever a repository is named.
HOME = "home"

_NOTHING = Standing()

Join = Literal["all", "any"]
TargetKind = Literal["branch", "directory", "in-place", "none"]


class ResolvedTarget(NamedTuple):
    """Where an Environment is written.

    :ivar kind: ``none`` for a control-flow point, which is written nowhere
    :ivar repository: ``home`` or an address
    :ivar ref: ``refs/heads/…``; empty for ``none``
    :ivar path: the folder, ``""`` for the root; ``""`` too where each App has a folder of the target's own naming
    :ivar subtrees: the folders that the Environment owns: ``(path,)``, or one per App where the target names ``$app``;
        empty for ``in-place`` and ``none``
    :ivar keep: paths that stay as they are, relative to each subtree; a folder ends in ``/``
    """

    kind: TargetKind
    repository: str = HOME
    ref: str = ""
    path: str = ""
    subtrees: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    files: Files = "per-object"

    @property
    def is_rendered(self) -> bool:
        """Whether it holds manifests, and not sources."""
        return self.kind in ("branch", "directory")


class ResolvedApp(NamedTuple):
    """What one App is in one Environment.

    :ivar repository: of its sources: ``home`` or an address
    :ivar folder: where its files go, from the root of the target's repository; ``""`` for the root and for ``in-place``
    :ivar after: the Apps of this Environment that come before it
    :ivar limits: what a render of it may take, where that was said
    """

    name: str
    renderer: Renderer
    edits: tuple[Edit, ...] = ()
    repository: str = HOME
    folder: str = ""
    files: Files = "per-object"
    after: tuple[str, ...] = ()
    pin: Pin = "tag@digest"
    allow_plaintext_secrets: bool = False
    limits: Limits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedEnvironment:
    """What one Environment is, with the Pipeline's defaults and every ``$name`` filled in.

    :ivar apps: in the order of their ``after``
    :ivar after: the Environments that come before it; empty for a start
    :ivar join: whether ``all`` or ``any`` of them must have verified what comes
    :ivar direct: the Warehouses that it takes Freight from without an Environment before it
    :ivar warehouses: the Warehouses whose Freight can get here
    :ivar agent: ``None`` where written is applied
    :ivar wave: its wave with the budget that all of it share, or ``None``
    :ivar auto: ``None`` where a control-flow point leaves it to its place: it is a person's in front of all others, and
        goes by itself behind them
    :ivar moved: what it was called before
    :ivar policies: the Pipeline's, then its own; some may be about other Environments: see ``match``
    :ivar organisation: what is asked here by somebody else than who wrote the Pipeline
    :ivar apart: whether expressions see the gates of this Environment alone, and no others of the Pipeline
    """

    name: str
    target: ResolvedTarget
    apps: tuple[ResolvedApp, ...] = ()
    delivery: Delivery = "push"
    agent: Agent | None = None
    gates: tuple[Gate, ...] = ()
    production: bool = False
    after: tuple[str, ...] = ()
    join: Join = "all"
    direct: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = ()
    auto: bool | str | None = False
    select: str = "newest"
    labels: Mapping[str, str] = field(default_factory=dict)
    wave: Wave | None = None
    moved: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    organisation: Standing = _NOTHING
    apart: bool = False

    @property
    def all_gates(self) -> tuple[Gate, ...]:
        """Its own gates, then the organisation's."""
        return (*self.gates, *self.organisation.gates)

    @property
    def is_control_flow(self) -> bool:
        """Whether it carries no App: what is available and passes its gates is verified."""
        return not self.apps

    @property
    def takes_freight(self) -> bool:
        """Whether Freight can come to it; to what is gone from its Pipeline, and waits to be deleted, none can."""
        return bool(self.after or self.direct)

    def after_data(self) -> dict[str, Any]:
        """``{"all": […]}`` or ``{"any": […]}``; empty for a start."""
        return {self.join: list(self.after)} if self.after else {}
