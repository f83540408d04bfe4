"""The ledger ref: one commit per Record, its log the history, the tree of every head the current state.

The body of a commit's message is the Record's canonical JSON. The tree holds ``format``, ``environments/<name>.json``,
``freight/<id>.json`` and ``plans/<digest>.json``. Records that are pushed together never stand as heads alone, so the
last of them brings the tree up to date for all: hundreds of trees that nobody would read are neither made nor sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from gitpromote.adapters.remembered import recall, remember
from gitpromote.errors import NotSupported, VerificationFailed
from gitpromote.model.base import Document
from gitpromote.model.canonical import canonical
from gitpromote.model.state import EnvironmentState, FreightState, LedgerState
from gitpromote.ports import CommitFacts, NewCommit, Repository

if TYPE_CHECKING:
    from gitpromote.model.record import Record

FORMAT = "gitpromote.ledger/1\n"
_FAMILY, _, _MAJOR = FORMAT.strip().partition("/")
_FILE = "100644"

_Files = dict[str, tuple[str, bytes] | None]

#: What folds one more Record into a state.
Fold = Any

State = TypeVar("State", EnvironmentState, FreightState)


class _Documents(Document):
    """What the tree of a ledger holds, to be read in one go."""

    environments: tuple[EnvironmentState, ...]
    freight: tuple[FreightState, ...]


class GitLedger:
    """A Pipeline's ledger in a repository.

    :param remembered: a file for the documents of the last head, so that a thousand of them are read at once
    """

    def __init__(
        self, repository: Repository, *, ref: str, identity: str, fold: Fold, remembered: Path | None = None
    ) -> None:
        self.repository = repository
        self.ref = ref
        self._identity = identity
        self._fold = fold
        self._remembered = remembered

    def read(self, head: str | None) -> LedgerState:
        """The state that the tree at ``head`` holds; empty where there is no ledger yet."""
        if head is None:
            return LedgerState()
        found = self._recalled(head) or self._read(head)
        return LedgerState(
            head=head,
            environments={state.name: state for state in found.environments},
            freight={state.freight.id: state for state in found.freight},
        )

    def _recalled(self, head: str) -> _Documents | None:
        data = recall(self._remembered) if self._remembered is not None else None
        known, _, documents = (data or b"").partition(b"\n")
        return _Documents.model_validate_json(documents) if known == head.encode() else None

    def _read(self, head: str) -> _Documents:
        root, *folders = self.repository.trees([f"{head}:", f"{head}:environments", f"{head}:freight"])
        oids = [entry.oid for folder in folders for entry in (folder or {}).values()]
        told = [root["format"].oid] if root and "format" in root else []
        blobs = self.repository.blobs([*oids, *told])
        self._check_format(head, b"".join(blobs[oid] for oid in told))
        environments, freight = ([blobs[entry.oid] for entry in (folder or {}).values()] for folder in folders)
        try:
            found = _Documents(
                environments=tuple(map(EnvironmentState.model_validate_json, environments)),
                freight=tuple(map(FreightState.model_validate_json, freight)),
            )
        except ValidationError as error:
            raise _damaged(self.ref, head, str(error)) from error
        if self._remembered is not None:
            # As they were read, not as they were understood: another version may see more in them.
            whole = b'{"environments":[%b],"freight":[%b]}' % (b",".join(environments), b",".join(freight))
            remember(self._remembered, head.encode() + b"\n" + whole)
        return found

    def _check_format(self, head: str, found: bytes) -> None:
        family, _, version = found.decode("utf-8", "replace").strip().partition("/")
        if family != _FAMILY:
            raise _damaged(self.ref, head, "it has no format of ours")
        if version.partition(".")[0] != _MAJOR:
            raise NotSupported(
                "The ledger is of a later version",
                code="ledger-version",
                detail=f"{self.ref} at {head[:12]}: its format is {family}/{version}; this version reads {_MAJOR}.",
                hint="Upgrade gitpromote.",
            )

    def records(self, head: str | None, *, since: str | None = None) -> Sequence[Record]:
        """The Records between two commits, oldest first."""
        if head is None or head == since:
            return ()
        commits = self.repository.log(head, since=since)
        return tuple(self._record(commit) for commit in reversed(commits))

    def plan_bytes(self, head: str | None, plan: str) -> bytes | None:
        """A recorded plan document, byte for byte."""
        if head is None:
            return None
        return self.repository.texts([f"{head}:plans/{plan.removeprefix('sha256:')}.json"])[0]

    def plans(self, head: str | None) -> Sequence[str]:
        """The full digests of all recorded plans, sorted."""
        folder = self.repository.trees([f"{head}:plans"])[0] if head else None
        return sorted(f"sha256:{name.removesuffix('.json')}" for name in folder or ())

    def prepare(
        self, state: LedgerState, records: Sequence[Record], documents: Mapping[str, bytes]
    ) -> tuple[Sequence[NewCommit], LedgerState]:
        """One commit per Record on top of the state's head, and the state that results.

        :param documents: full plan digest to the document that a ``planned`` Record brings along
        """
        commits: list[NewCommit] = []
        for commit, after in self._steps(state, records, documents):
            commits.append(commit)
            state = after
        return commits, state

    def commits(
        self, state: LedgerState, records: Sequence[Record], documents: Mapping[str, bytes]
    ) -> Iterator[NewCommit]:
        """The commits of :meth:`prepare`, each made when it is asked for."""
        return (commit for commit, _ in self._steps(state, records, documents))

    def _steps(
        self, state: LedgerState, records: Sequence[Record], documents: Mapping[str, bytes]
    ) -> Iterator[tuple[NewCommit, LedgerState]]:
        before, last = state, len(records) - 1
        for at, record in enumerate(records):
            state = self._fold(state, record)
            parent = at - 1 if at else before.head
            changes: _Files = {"format": (_FILE, FORMAT.encode())} if parent is None else {}
            if at == last:
                changes |= {**_changes(before, state), **_plans(records, documents)}
            commit = NewCommit(
                parent=parent, changes=changes, message=_message(record), identity=self._identity, at=record.at
            )
            yield commit, state

    def _record(self, commit: CommitFacts) -> Record:
        from gitpromote.model.record import Record

        body = commit.message.partition("\n\n")[2].strip()
        try:
            return Record.model_validate_json(body)
        except ValidationError as error:
            raise _damaged(self.ref, commit.oid, "this commit holds no Record") from error


def _changes(before: LedgerState, after: LedgerState) -> _Files:
    changes: _Files = {}
    for name, state in _touched(before.environments, after.environments):
        changes[f"environments/{name}.json"] = (_FILE, _document(state))
    for identifier, freight in _touched(before.freight, after.freight):
        changes[f"freight/{identifier}.json"] = (_FILE, _document(freight))
    return changes


def _plans(records: Sequence[Record], documents: Mapping[str, bytes]) -> _Files:
    """The documents of the plans that are recorded here."""
    named = (record.plan for record in records if record.kind == "planned")
    return {
        f"plans/{plan.removeprefix('sha256:')}.json": (_FILE, documents[plan])
        for plan in named
        if plan is not None and plan in documents
    }


def _touched(before: Mapping[str, State], after: Mapping[str, State]) -> list[tuple[str, State]]:
    """What a fold has replaced; the rest it passes on as it is."""
    known = before.get
    return [] if after is before else [(name, state) for name, state in after.items() if known(name) is not state]


def _document(state: EnvironmentState | FreightState) -> bytes:
    return canonical(state.model_dump(mode="json")) + b"\n"


def _message(record: Record) -> str:
    subject = " ".join(part for part in (record.kind, record.environment) if part)
    return f"{subject}\n\n{record.to_bytes().decode()}\n"


def _damaged(ref: str, commit: str, why: str) -> VerificationFailed:
    return VerificationFailed(
        "The ledger cannot be read",
        code="ledger-damaged",
        detail=f"{ref} at {commit[:12]}: {why}",
        hint="Somebody else wrote to that branch. Look at its log, and protect it:\n"
        f"  git log {commit[:12]}\n  gitpromote doctor",
    )
