"""The Plan: what will be done, in what order, from what knowledge. Pure data, saved as canonical JSON."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.change import ObjectChange, Risk, highest
from gitpromote.model.freight import Freight
from gitpromote.model.outcome import Outcome

FORMAT = "gitpromote.plan/1.0"
SEMANTICS = 1

PlanKind = Literal["promote", "rollback", "adopt", "retire", "hotfix"]
Decision = Literal["ready", "waiting", "blocked", "noop", "held", "unavailable"]


class Engine(Document):
    """Which program made the plan. ``semantics`` counts changes of meaning, not of the program."""

    name: str = "gitpromote"
    version: str
    semantics: int = SEMANTICS


class PipelineSource(Document):
    """Where the definition was read: for people and for the check of callables; nothing is read from it at apply.

    :ivar repository: ``None``, and ``commit`` as well: the definition itself stands in the plan, so the same one gives
        the same bytes from every commit and clone that holds it, and ``plan --verify`` proves it from each
    """

    repository: str | None = None
    path: str
    commit: str | None = None
    callables: dict[str, str] = Field(default_factory=dict)


class PlannedPipeline(Document):
    """The resolved definition, whole: apply, show and explain need no pipeline file."""

    name: str
    definition: dict[str, Any]
    definition_digest: str
    source: PipelineSource | None = None


class Request(Document):
    """What was asked for. ``complete`` is false where environments or apps were narrowed.

    :ivar freight: the Freight that was named, or all that was named by hand, as one text
    :ivar images: what was named by hand, each as it was written; ``charts`` and ``commit`` as well
    :ivar unpinned: a tag without a digest will do where no registry answers
    """

    freight: str | None = None
    environments: tuple[str, ...] = ("*",)
    apps: tuple[str, ...] = ("*",)
    complete: bool = True
    replace: dict[str, str] = Field(default_factory=dict)
    reason: str | None = None
    # Left out where they say nothing, so that plans of earlier versions keep their bytes.
    images: tuple[str, ...] = Field(default=(), exclude_if=lambda images: not images)
    charts: tuple[str, ...] = Field(default=(), exclude_if=lambda charts: not charts)
    commit: str | None = Field(default=None, exclude_if=lambda commit: commit is None)
    unpinned: bool = Field(default=False, exclude_if=lambda unpinned: not unpinned)


class RepositoryBasis(Document):
    """A repository as it was seen: its refs that matter, with their ids."""

    url: str
    object_format: str = "sha1"
    refs: dict[str, str | None] = Field(default_factory=dict)


class LedgerBasis(Document):
    """The ledger as it was seen. ``head`` is ``None`` where there was none."""

    head: str | None = None
    generations: dict[str, int] = Field(default_factory=dict)


class Basis(Document):
    """What the plan knew. Staleness compares it with a fresh look."""

    repositories: dict[str, RepositoryBasis] = Field(default_factory=dict)
    ledger: LedgerBasis = LedgerBasis()


class Tool(Document):
    """A renderer that took part, by name and version."""

    name: str
    version: str


class PlannedBlob(Document):
    """The bytes of a file that will be written: ``text`` if they are UTF-8, otherwise ``base64``."""

    text: str | None = None
    base64: str | None = None


class PlannedFreight(Document):
    """A Freight that the plan speaks of; its id is the key."""

    alias: str
    warehouse: str
    artifacts: tuple[dict[str, Any], ...]
    subject: str = ""
    author: str = ""
    inputs: str = ""
    # Left out where there are none, so that plans of earlier versions keep their bytes.
    labels: dict[str, str] = Field(default_factory=dict, exclude_if=lambda labels: not labels)
    provenance: dict[str, str] = Field(default_factory=dict, exclude_if=lambda provenance: not provenance)
    older_than: str | None = Field(default=None, exclude_if=lambda older_than: older_than is None)

    @classmethod
    def of(cls, freight: Freight) -> PlannedFreight:
        """How a Freight stands in a plan."""
        return cls(**freight.model_dump(mode="json", exclude={"id"}))

    def freight(self) -> Freight:
        """The Freight itself again, its id recomputed from the artifacts."""
        return self._freight

    @cached_property
    def _freight(self) -> Freight:  # every environment of a plan asks for it, several times
        plain = Freight.model_validate({**self.model_dump(mode="json"), "id": ""})
        told = {name: getattr(self, name) for name in ("subject", "author", "inputs", "labels", "provenance")}
        found = Freight.of(self.warehouse, plain.artifacts, **told)
        return found if self.older_than is None else found.model_copy(update={"older_than": self.older_than})


class MovingFreight(Document):
    """Which Freight of a Warehouse an Environment would hold, and whether it is new there."""

    id: str
    moving: bool


class Opens(Document):
    """When a waiting environment may go: an instant where it can be computed, and conditions where it depends."""

    earliest: int | None = None
    conditions: tuple[dict[str, Any], ...] = ()


class PlannedTarget(Document):
    """Where an Environment's desired state is written. ``repository`` is a key of the basis."""

    kind: Literal["branch", "directory", "in-place", "none"]
    repository: str
    ref: str
    path: str = ""
    subtrees: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()


class PlannedSource(Document):
    """What an App's render read: one digest over path, mode and id of every input, and the tool by kind."""

    app: str
    repository: str
    commit: str
    path: str
    inputs: str
    renderer: str


class Write(Document):
    """One file that changes. ``before`` or ``after`` is a blob id, or ``None`` for absent.

    A sensitive file has neither: its id would be a hash of a secret; apply renders it again.
    """

    path: str
    mode: str = "100644"
    before: str | None = None
    after: str | None = None
    sensitive: bool = False
    action: Literal["create", "update", "delete"] = "update"
    app: str | None = None


class _Step(Document):
    id: str
    after: tuple[str, ...] = ()


class PushStep(_Step):
    """Commit the writes and move the target's ref by compare-and-swap."""

    kind: Literal["push"] = "push"
    message: str = ""
    ref: str = ""
    tag: str | None = None


class InheritStep(_Step):
    """Nothing would change in the target: record that this Freight is there, and verified if the last one was."""

    kind: Literal["inherit"] = "inherit"


class PullRequestStep(_Step):
    """Open or update a pull request."""

    kind: Literal["pull-request"] = "pull-request"


class AwaitMergeStep(_Step):
    """Wait until it is merged, and check what was merged."""

    kind: Literal["await-merge"] = "await-merge"


class SyncStep(_Step):
    """Tell the agent."""

    kind: Literal["sync"] = "sync"


class AwaitHealthyStep(_Step):
    """Wait until the promoted revision is healthy."""

    kind: Literal["await-healthy"] = "await-healthy"


class VerifyStep(_Step):
    """Read back what landed, and run the configured verification."""

    kind: Literal["verify"] = "verify"


Step = Annotated[
    PushStep | InheritStep | PullRequestStep | AwaitMergeStep | SyncStep | AwaitHealthyStep | VerifyStep,
    Field(discriminator="kind"),
]

#: What this version carries out; the other kinds are part of the format.
EXECUTABLE_STEPS = frozenset({"push", "inherit", "verify"})
KNOWN_STEPS = EXECUTABLE_STEPS | {"pull-request", "await-merge", "sync", "await-healthy"}


class EnvironmentPlan(Document):
    """What would happen in one Environment, and whether it may."""

    name: str
    production: bool = False
    after: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    freight: dict[str, MovingFreight] = Field(default_factory=dict)
    decision: Decision
    reason: str = ""
    opens: Opens | None = None
    target: PlannedTarget
    delivery: str = "push"
    agent: dict[str, Any] | None = None
    sources: tuple[PlannedSource, ...] = ()
    reads: tuple[tuple[str, str, str | None], ...] = ()
    writes: tuple[Write, ...] = ()
    result_tree: str | None = None
    omitted: tuple[str, ...] = ()
    edits: tuple[dict[str, Any], ...] = ()
    changes: tuple[ObjectChange, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    steps: tuple[Step, ...] = ()
    expires_at: int | None = None
    change_digest: str = ""

    @property
    def risk(self) -> Risk:
        """The highest risk of all its changes."""
        return highest([change.risk for change in self.changes])


class Summary(Document):
    """The counts of the summary line; ``add``, ``change`` and ``delete`` count objects over all environments."""

    promote: int = 0
    waiting: int = 0
    blocked: int = 0
    add: int = 0
    change: int = 0
    delete: int = 0
    gates_passed: int = 0
    gates_pending: int = 0
    gates_failed: int = 0


class Plan(Document):
    """What people review and apply carries out: nothing that is not in here decides."""

    kind: PlanKind = "promote"
    as_of: int
    critical: tuple[str, ...] = ()
    engine: Engine
    pipeline: PlannedPipeline
    request: Request = Request()
    freight: dict[str, PlannedFreight] = Field(default_factory=dict)
    basis: Basis = Basis()
    facts: dict[str, Any] = Field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    blobs: dict[str, PlannedBlob] = Field(default_factory=dict)
    environments: tuple[EnvironmentPlan, ...] = ()
    summary: Summary = Summary()

    def environment(self, name: str) -> EnvironmentPlan | None:
        """The plan of one Environment, or ``None`` if it is not part of this plan."""
        return next((plan for plan in self.environments if plan.name == name), None)


class PlanObservations(Document):
    """Beside the plan, never digested and never trusted: who, where, when, with which binaries."""

    created_at: str = ""
    created_by: str = ""
    tools: dict[str, str] = Field(default_factory=dict)
    timings: dict[str, int] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class PlanFile(Document):
    """A plan with its digest, as it is saved."""

    format: str = FORMAT
    digest: str
    plan: Plan
    observations: PlanObservations = PlanObservations()

    @property
    def short_id(self) -> str:
        """The first twelve hex digits: for people and file names, never for decisions."""
        return self.digest.removeprefix("sha256:")[:12]
