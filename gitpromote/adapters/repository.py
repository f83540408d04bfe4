"""The Repository port over a mirror: what the engine asks of Git, in the engine's words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from gitpromote.adapters.git.commitinfo import CommitInfo
from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.git.objects import Objects
from gitpromote.adapters.git.trimmed import Trimmed
from gitpromote.adapters.git.url import canonical_repository
from gitpromote.model.tree import Entry
from gitpromote.ports import CommitFacts, NewCommit, PushAnswer, PushStatus, RefChange

if TYPE_CHECKING:  # what writes is imported where something is written
    from gitpromote.adapters.git.commits import CommitSpec
    from gitpromote.adapters.git.push import PushOutcome, RefUpdate

_STATUS: Mapping[str, PushStatus] = {
    "written": "written",
    "up-to-date": "same",
    "stale": "lost",
    "rejected": "refused",
    "not-attempted": "untried",
    "atomic-unsupported": "untried",
}


class GitRepository:
    """One repository, by its mirror in the user's cache.

    :param key: what plans call it: ``home``, or its address
    """

    def __init__(self, key: str, mirror: Mirror) -> None:
        self.key = key
        self.url = mirror.remote.label
        self.mirror = mirror
        self._objects = Objects(mirror)
        self._trimmed = Trimmed(mirror, self._objects)
        self._listings: dict[str, Mapping[str, Entry]] = {}
        self._object_format = ""
        self._signed: dict[bytes, dict[str, str]] = {}
        #: Every look at the remote's refs: the patterns, and what they named.
        self.looked: list[tuple[tuple[str, ...], Mapping[str, str]]] = []

    @property
    def object_format(self) -> str:
        """``sha1`` or ``sha256``."""
        # The mirror reads a file for it, and a plan asks for each of a thousand environments.
        self._object_format = self._object_format or self.mirror.object_format
        return self._object_format

    @cached_property
    def canonical(self) -> str:
        """Host and path, in the one spelling that counts for Freight."""
        return canonical_repository(self.mirror.remote.url)

    def close(self) -> None:
        """End the process that reads objects, if there is one."""
        self._objects.close()

    def fetch(self, patterns: Sequence[str]) -> Mapping[str, str]:
        """The remote's refs that the patterns name, now."""
        self._object_format = ""  # a remote that was made anew may have another one
        refs = self.mirror.fetch(patterns)
        self.looked.append((tuple(patterns), refs))
        return refs

    def refs(self, patterns: Sequence[str]) -> Mapping[str, str]:
        """The remote's refs that the patterns name, now, without their objects."""
        from gitpromote.adapters.git.snapshot import check_patterns, covered

        check_patterns(patterns)
        return covered(patterns, self.mirror.remote.listing(patterns).refs)

    def default_ref(self) -> str | None:
        """The full name of the ref that the remote's ``HEAD`` names."""
        return self.mirror.default_branch()

    def resolve(self, revision: str) -> str:
        """A branch, tag or (short) commit id as a full id."""
        from gitpromote.adapters.git.revisions import rev_parse

        return rev_parse(self.mirror, revision, fetch=True)

    def ensure(self, commits: Iterable[str]) -> None:
        """Have these commits here."""
        asked = set(commits)
        for commit in sorted(asked - self.mirror.has(asked)):
            self.mirror.fetch_commit(commit)

    def listing(self, commit: str) -> Mapping[str, Entry]:
        """Every file and folder of a commit; read once per run."""
        if commit not in self._listings:
            self._listings[commit] = self._objects.listing(commit)
        return self._listings[commit]

    def trees(self, expressions: Sequence[str]) -> Sequence[Mapping[str, Entry] | None]:
        """The direct entries of trees; ``None`` where an expression names nothing."""
        return self._objects.trees(expressions)

    def folders(self, places: Sequence[tuple[str, str]], *, keep: Collection[str]) -> Sequence[str | None]:
        """The id of the folder at each (commit, path), the kept names in it left out."""
        return self._trimmed.ids(places, keep=keep, object_format=self.object_format)

    def files(self, places: Sequence[tuple[str, str]]) -> Sequence[Mapping[str, Entry]]:
        """The files below the folder at each (commit, path), by their path in it."""
        return self._objects.files([f"{commit}:{path}" for commit, path in places])

    def blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """The bytes of files, verbatim."""
        return self._objects.blobs(oids)

    def texts(self, expressions: Sequence[str]) -> Sequence[bytes | None]:
        """The bytes of files by ``<commit>:<path>``; ``None`` where there is none."""
        ids = self._objects.ids(expressions)
        blobs = self._objects.blobs(oid for oid in ids.values() if oid is not None)
        return [blobs[oid] if (oid := ids[name]) is not None else None for name in expressions]

    def commits(self, oids: Sequence[str]) -> Mapping[str, CommitFacts]:
        """What is known of these commits."""
        return {oid: _facts(info) for oid, info in self._objects.commits(oids).items()}

    def log(
        self,
        head: str,
        *,
        since: str | None = None,
        paths: Sequence[str] = (),
        limit: int | None = None,
        first_parent: bool = False,
    ) -> Sequence[CommitFacts]:
        """The commits that lead to ``head``, newest first."""
        without = [since] if since is not None else []
        found = self._objects.log([head], without=without, paths=paths, limit=limit or 0, first_parent=first_parent)
        return [_facts(info) for info in found]

    def changed_paths(self, head: str, since: str | None) -> Sequence[str]:
        """The files that differ between two commits, deleted ones too; a rename is two."""
        return self._objects.changed_paths(head, since)

    def peeled(self, oids: Iterable[str]) -> Mapping[str, str | None]:
        """The commit that each tag leads to, or ``None`` where it leads to something else; a commit is its own."""
        return self._objects.peeled(oids)

    def is_ancestor(self, commit: str, head: str) -> bool:
        """Whether ``head`` contains ``commit``; one that is not here is contained in nothing."""
        from gitpromote.adapters.git.revisions import is_ancestor

        return is_ancestor(self.mirror, commit, head)

    def unsigned(self, commits: Sequence[str], *, allowed: bytes) -> Mapping[str, str]:
        """Of these commits those without a sound signature by an allowed signer, each with why not."""
        from gitpromote.adapters.git.signatures import unsigned

        known = self._signed.setdefault(allowed, {})
        asked = [commit for commit in dict.fromkeys(commits) if commit not in known]
        if asked:
            found = unsigned(self.mirror, asked, allowed=allowed)
            known.update({commit: found.get(commit, "") for commit in asked})
        return {commit: known[commit] for commit in dict.fromkeys(commits) if known[commit]}

    def write(self, commits: Iterable[NewCommit]) -> Sequence[str]:
        """Make commits; nothing of the remote changes."""
        from gitpromote.adapters.git.commits import write_commits

        specs = map(_spec, commits)
        return write_commits(self.mirror, specs if isinstance(commits, Iterator) else list(specs))

    def push(
        self, changes: Sequence[RefChange], *, atomic: bool = True, in_turn: bool = True
    ) -> Mapping[str, PushAnswer]:
        """Move refs, all or none if ``atomic``.

        :param in_turn: where the remote cannot do that: the last one after all the others; otherwise none is moved
        """
        from gitpromote.adapters.git.push import AT_ONCE, RefUpdate, push

        updates = [RefUpdate(change.ref, change.new, change.expected or "") for change in changes]
        if not in_turn and len(updates) > AT_ONCE:
            return {update.ref: PushAnswer(status="apart") for update in updates}
        outcomes = push(self.mirror, updates, atomic=atomic and len(updates) > 1)
        if any(outcome.status == "atomic-unsupported" for outcome in outcomes.values()):
            if not in_turn:
                return {update.ref: PushAnswer(status="apart") for update in updates}
            outcomes = self._last_after_others(updates)
        return {ref: _answer(outcome) for ref, outcome in outcomes.items()}

    def _last_after_others(self, updates: Sequence[RefUpdate]) -> dict[str, PushOutcome]:
        """What speaks of the others comes last, and only where they are there: otherwise it would lie."""
        from gitpromote.adapters.git.push import PushOutcome, push

        *others, last = updates
        outcomes = push(self.mirror, others, atomic=False)
        if any(outcome.status != "written" for outcome in outcomes.values()):
            return {**outcomes, last.ref: PushOutcome("not-attempted")}
        return {**outcomes, **push(self.mirror, [last], atomic=False)}


def _facts(info: CommitInfo) -> CommitFacts:
    return CommitFacts(
        oid=info.oid,
        tree=info.tree,
        parents=info.parents,
        author=info.author.name,
        email=info.author.email,
        committed_at=info.committer.when,
        subject=info.subject,
        message=info.message,
        trailers=dict(info.trailers),
        committer=f"{info.committer.name} <{info.committer.email}>",
    )


def _spec(commit: NewCommit) -> CommitSpec:
    from gitpromote.adapters.git.commits import CommitSpec, Identity

    files = [(path, *(change or ("100644", None))) for path, change in commit.changes.items()]
    return CommitSpec(
        parent=commit.parent,
        message=commit.message,
        author=Identity.parse(commit.identity),
        at=commit.at,
        files=files,
    )


def _answer(outcome: PushOutcome) -> PushAnswer:
    # Git's lecture on branches that are checked out is longer than all that we have to say.
    told = "" if outcome.code == "branch-checked-out" else outcome.words.strip()
    words = ": ".join(part for part in (outcome.reason, told) if part)
    return PushAnswer(status=_STATUS[outcome.status], words=words, code=outcome.code)
