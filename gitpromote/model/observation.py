"""Every fact that the planner may use. Gathered first, frozen, then handed over: the planner asks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gitpromote.model.change import ObjectChange
from gitpromote.model.evidence import Evidence
from gitpromote.model.freight import Freight
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Basis, PlannedSource, Tool
from gitpromote.model.state import LedgerState, Override
from gitpromote.model.tree import Entry, empty_tree

_EMPTY = frozenset({empty_tree("sha1"), empty_tree("sha256")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Files of a target's subtree, without kept paths.

    ``tree`` is the id over all of ``files`` but the ``sensitive`` ones, ``whole`` over all: the latter never leaves the
    process. ``manifests`` are there only where somebody needs to compare.
    """

    tree: str
    whole: str
    files: Mapping[str, Entry] = field(default_factory=dict)
    sensitive: frozenset[str] = frozenset()
    manifests: ManifestSet | None = None
    app_of: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is no file. Said by the id, since ``files`` may cost something."""
        return self.whole in _EMPTY


class ForeignCommit(NamedTuple):
    """A commit in a target that no Record of ours speaks of. ``at`` is epoch seconds; the author is only claimed.

    :ivar plan: the digest of the plan that it says it is of, where it says that it is of this very Environment; of a
        promotion, only where that plan has something left to do here
    """

    commit: str
    at: int
    author: str
    subject: str
    pipeline: str | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentObservation:
    """What was seen of one Environment, and what its Freight would make of it.

    :ivar freight: Warehouse to the Freight that is looked at here; empty where none is known
    :ivar missing: why there is no Freight, for people; ``refused`` the one that its request keeps away, if that is why
    :ivar head: the commit of the target's ref, or ``None`` where the ref does not exist
    :ivar current: what the target holds; for targets of unrendered sources: what they render to now
    :ivar desired: what it would hold
    :ivar reads: path, kind (``tree``, ``blob``, ``absent``) and id of what the change assumes
    :ivar edited: for targets of unrendered sources: path to (before, after) of each edited file
    :ivar foreign: commits that are not ours, where the target differs from the last Record
    :ivar lost: the commit of the last Record, where the target differs from it and its ref no longer contains it
    :ivar put_back: an earlier recorded commit, where the target was put back to it and nothing else was done
    :ivar gone: places of recorded edits that are there no more, for people: nothing can put back what was at them
    :ivar can_go_back: whether a rollback would find something; looked for only where ``is_foreign``
    :ivar later: pairs of commits of which the second descends from the first, as far as hotfixes need to know
    :ivar evidence: gate to what was answered when it asked
    :ivar overrides: what somebody said of soft verdicts here, as far as their word counts
    :ivar policies: what the policies concluded of what would be written
    :ivar changes: what changes in the manifests, masked, where that is known already
    :ivar apart: the Apps that are looked at alone, where others would change as well
    """

    name: str
    freight: Mapping[str, Freight] = field(default_factory=dict)
    missing: str = ""
    refused: Freight | None = None
    head: str | None = None
    current: Content | None = None
    desired: Content | None = None
    reads: tuple[tuple[str, str, str | None], ...] = ()
    edited: Mapping[str, tuple[Entry | None, Entry]] = field(default_factory=dict)
    edits: tuple[dict[str, Any], ...] = ()
    sources: tuple[PlannedSource, ...] = ()
    is_foreign: bool = False
    foreign: tuple[ForeignCommit, ...] = ()
    lost: str | None = None
    put_back: str | None = None
    gone: tuple[str, ...] = ()
    can_go_back: bool = True
    later: frozenset[tuple[str, str]] = frozenset()
    warnings: tuple[Outcome, ...] = ()
    blocking: tuple[Outcome, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    policies: tuple[Outcome, ...] = ()
    changes: tuple[ObjectChange, ...] | None = None
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The world as a plan sees it.

    :ivar as_of: epoch seconds, an input like any other
    :ivar blobs: id to bytes of every file that may be written
    :ivar discovery: Warehouse to what of its discovery decided, as plain data
    :ivar object_formats: repository key to ``sha1`` or ``sha256``
    :ivar policies: what the policies were judged by, as plain data
    :ivar organisation: likewise what an organisation asks for
    :ivar template: the ephemeral Pipeline whose previews are over and are to be deleted, as plain data
    """

    as_of: int
    basis: Basis
    ledger: LedgerState
    environments: Mapping[str, EnvironmentObservation]
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    discovery: Mapping[str, Any] = field(default_factory=dict)
    policies: Mapping[str, Any] = field(default_factory=dict)
    organisation: Mapping[str, Any] = field(default_factory=dict)
    template: Mapping[str, Any] = field(default_factory=dict)
