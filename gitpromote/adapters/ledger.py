"""The ledger ref: one commit per Record, its log the history, the tree of every head the current state.

The body of a commit's message is the Record's canonical JSON. The tree holds ``format``, ``environments/<name>.json``,
``freight/<id>.json`` and ``plans/<digest>.json``. Records that are pushed together never stand as heads alone, so the
last of them brings the tree up to date for all: hundreds of trees that nobody would read are neither made nor sent.

The tree is for people and for other programs. What is believed is what follows from the log, worked out once per head:
whoever edits the tree alone has changed nothing, and a commit that is no Record is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from gitpromote import __version__
from gitpromote.adapters.remembered import recall, remember
from gitpromote.errors import NotSupported, VerificationFailed
from gitpromote.model.canonical import canonical
from gitpromote.model.state import EnvironmentState, FreightState, LedgerState
from gitpromote.ports import CommitFacts, NewCommit, Repository

if TYPE_CHECKING:
    from gitpromote.model.record import Record

FORMAT = "gitpromote.ledger/1\n"
_FAMILY, _, _MAJOR = FORMAT.strip().partition("/")
_FILE = "100644"
_KEPT_BY = f"gitpromote {__version__}\n".encode()

_Files = dict[str, tuple[str, bytes] | None]

#: What folds one more Record into a state.
Fold = Any

State = TypeVar("State", EnvironmentState, FreightState)


class GitLedger:
    """A Pipeline's ledger in a repository.

    :param remembered: a file for the state of the last head, so that only what came since is read
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
        """The state that follows from the log; empty where there is no ledger yet."""
        if head is None:
            return LedgerState()
        known, state = self._recalled()
        if known == head:
            return state
        self._check_format(head)
        if known is None or not self.repository.is_ancestor(known, head):
            known, state = None, LedgerState()
        for record in self.records(head, since=known):
            state = self._fold(state, record)
        state = LedgerState(
            head=head,
            environments=dict(sorted(state.environments.items())),  # as the tree shows them
            freight=dict(sorted(state.freight.items())),
        )
        if self._remembered is not None:
            remember(self._remembered, _KEPT_BY + state.model_dump_json().encode())
        return state

    def _recalled(self) -> tuple[str | None, LedgerState]:
        """The state of the last head that was read by this very version, which folds as this one does."""
        data = recall(self._remembered) if self._remembered is not None else None
        if not data or not data.startswith(_KEPT_BY):
            return None, LedgerState()
        try:
            state = LedgerState.model_validate_json(data.removeprefix(_KEPT_BY))
        except ValidationError:  # of a version on its way to being released
            return None, LedgerState()
        return state.head, state

    def published(self, head: str) -> LedgerState:
        """The state that the tree at ``head`` shows, which :meth:`read` does not rely on.

        :raises VerificationFailed: it is no state (``ledger-damaged``)
        """
        self._check_format(head)
        folders = self.repository.trees([f"{head}:environments", f"{head}:freight"])
        oids = [entry.oid for folder in folders for entry in (folder or {}).values()]
        blobs = self.repository.blobs(oids)
        environments, freight = ([blobs[entry.oid] for entry in (folder or {}).values()] for folder in folders)
        try:
            known = [EnvironmentState.model_validate_json(each) for each in environments]
            came = [FreightState.model_validate_json(each) for each in freight]
        except ValidationError as error:
            raise _damaged(self.ref, head, str(error)) from error
        return LedgerState(
            head=head,
            environments={state.name: state for state in known},
            freight={state.freight.id: state for state in came},
        )

    def _check_format(self, head: str) -> None:
        found = self.repository.texts([f"{head}:format"])[0] or b""
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
