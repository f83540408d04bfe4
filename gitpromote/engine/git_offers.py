"""What a Git subscription has to offer: commits of a branch, or of tags.

A branch is the line of its first parents: what it itself went through, in that order. A commit that joins others counts
for all that it brought; the commits of a side branch do not count, since they lack what was beside them.

Paths are judged over the whole range since the commit that the last Freight holds, so no change is missed, however many
commits came in between; what changed and was changed back is no news. Where nothing that counts has changed, that
commit stays. A Pipeline's own output is never an offer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from gitpromote.discovery.found import Selection
from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.errors import RemoteFailed
from gitpromote.model.candidate import CommitCandidate, Rejected
from gitpromote.model.names import clean_path
from gitpromote.model.resolved import HOME
from gitpromote.model.subscription import Git
from gitpromote.ports import CommitFacts, Repository

# Expressions, versions and paths are loaded where a subscription speaks of them: most plans follow a branch.
if TYPE_CHECKING:
    from gitpromote.discovery.paths import PathFilter

__all__ = ["candidate_of", "changed_since", "git_selection"]

#: How many commits of our own may lie on top of a source branch.
_LOOKED_THROUGH = 1000
#: How many commits a rule about artifacts that fit together may choose from: they cost no request.
_WINDOW = 200
#: More paths than these are not looked for commit by commit.
_MOST_PATHS = 1000
_TAGS = "refs/tags/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is looked for.

    :ivar base: the commit that the last Freight holds of this repository
    :ivar every: a rule chooses among the commits: paths alone do not decide which of them is taken
    :ivar newest_alone: one is enough
    :ivar onwards: commits before ``base`` do not count, so that nothing goes back by itself
    """

    base: str | None = None
    onwards: bool = True
    every: bool = False
    newest_alone: bool = True


def git_selection(world: World, seen: Look, git: Git, sought: Sought) -> Selection:
    """The commits that a subscription takes, newest first.

    A branch that does not exist yet gives nothing, and says so.
    """
    reader = _Reader(world, seen, git, sought)
    return reader.of_branch() if git.strategy == "newest-from-branch" else reader.of_tags()


def changed_since(repository: Repository, base: str | None, commit: str) -> list[str]:
    """The paths that differ between two commits; all of them where the older one is gone."""
    if base is not None:
        try:
            repository.ensure([base])
        except RemoteFailed:
            base = None
    return list(repository.changed_paths(commit, base))


def candidate_of(repository: Repository, facts: CommitFacts, *, tag: str | None = None) -> CommitCandidate:
    """A commit as a candidate."""
    return CommitCandidate(
        repository=repository.canonical,
        oid=facts.oid,
        subject=facts.subject,
        author=f"{facts.author} <{facts.email}>",
        committer=facts.committer,
        at=facts.committed_at,
        tag=tag,
    )


def _short(oid: str) -> str:
    """A commit as messages call it."""
    return oid[:7]


def _few(paths: list[str]) -> list[str]:
    """Paths that can be asked for one by one; otherwise none, which stands for all."""
    return paths if len(paths) <= _MOST_PATHS and not any("\n" in one for one in paths) else []


class _Reader:
    def __init__(self, world: World, seen: Look, git: Git, sought: Sought) -> None:
        self.world, self.seen, self.git, self.sought = world, seen, git, sought
        self.key = git.repo or HOME
        self.repository = world.repository(self.key)
        # What the Apps read (``include=None``) is told by the renders, not by a list of paths.
        self.by_path = bool(git.include or git.exclude) and not sought.every

    @cached_property
    def filter(self) -> PathFilter:
        from gitpromote.discovery.commits import path_filter

        return path_filter(self.git)

    # -- branches

    def of_branch(self) -> Selection:
        found = self.seen.sources.get(self.key, {}).get(self.git.branch)
        if found is None:
            return Selection(missing=self.no_branch())
        ref, head = found
        if self.by_path and self.git.where:
            return self.taking_along(ref, head)
        if self.by_path:
            commits = self.touching(ref, head)
            return self.staying(self.selected(commits, limit=self.git.limit), commits, head)
        if self.sought.newest_alone and not self.git.where:
            return Selection(candidates=(self.read([self.newest(ref, head)])[0],))
        window = max(self.git.limit, _WINDOW) if self.sought.every else self.git.limit
        since = self.since(head) if self.sought.onwards else None
        commits = self.listed(ref, head, limit=self.raw(window), since=since)
        return self.with_base(self.selected(commits, limit=window))

    def no_branch(self) -> str:
        where = self.repository.canonical
        if self.git.branch is None:
            return f"{where} has no default branch: commit and push to it, or name one with Git(branch=…)"
        return f"{where} has no branch {self.git.branch}: push it, or name another one with Git(branch=…)"

    def nothing_counts(self) -> str:
        where = self.git.repo or "the home repository"
        rules = {"include": self.git.include, "exclude": self.git.exclude}
        told = " and ".join(f"{name}={list(paths)}" for name, paths in rules.items() if paths)
        return f"{where} has no file that counts by {told}"

    def newest(self, ref: str, head: str) -> str:
        """The newest commit of a branch that this Pipeline has not written itself: its output is no news."""
        if not self.is_output(ref) or not self.is_ours(self.repository.commits([head])[head]):
            return head
        commits = self.repository.log(head, limit=_LOOKED_THROUGH, first_parent=True)
        return next((one.oid for one in commits if not self.is_ours(one)), head)

    def listed(
        self, ref: str, head: str, *, limit: int, since: str | None = None, paths: Sequence[str] = ()
    ) -> list[CommitFacts]:
        """The commits of a branch, newest first, without our own."""
        output = self.is_output(ref)
        most = _LOOKED_THROUGH if output else limit
        found = self.repository.log(head, since=since, paths=paths, limit=most, first_parent=True)
        return self.containing(since, [one for one in found if not (output and self.is_ours(one))][:limit])

    def containing(self, since: str | None, found: list[CommitFacts]) -> list[CommitFacts]:
        """Those that contain what the last Freight holds. All do, unless that came into the branch from the side."""
        if since is None or not found or found[-1].parents[:1] == (since,):
            return found

        def lacks(one: CommitFacts) -> bool:
            return not self.repository.is_ancestor(since, one.oid)

        # Whatever follows one that contains it contains it, too.
        return found[: bisect_left(found, True, key=lacks)] if lacks(found[-1]) else found

    def taking_along(self, ref: str, head: str) -> Selection:
        """The commits that the filter lets through, where they bring what counts: their own, or what those before them
        changed that were left out.
        """
        from gitpromote.discovery.commits import brought

        since = self.since(head)
        commits = self.listed(ref, head, limit=_LOOKED_THROUGH, since=since)
        kept, left = self.filtered([candidate_of(self.repository, one) for one in commits])
        newest = kept[0].oid if kept else head
        touching = self.touching(ref, head, newest)
        ids = [one.oid for one in touching]
        found = brought([one.oid for one in commits], passing={one.oid for one in kept}, touching=ids)
        if not kept or not self.changed(newest):
            found = set()
        elif not found and not self.is_output(ref):  # what no commit shows alone: see ``touching``
            found = {(kept[0] if since is None else kept[-1]).oid}
        selection = self.selected([one for one in kept if one.oid in found], limit=self.git.limit)
        told = {_short(one) for one in ids}
        rejected = (*(one for one in left if one.name in told), *selection.rejected)
        return self.staying(replace(selection, rejected=rejected), touching, head)

    def changed(self, commit: str) -> list[str]:
        """The paths that count and differ from what the last Freight holds."""
        return [path for path in changed_since(self.repository, self.sought.base, commit) if self.filter.counts(path)]

    def touching(self, ref: str, head: str, *others: str) -> list[CommitFacts]:
        """The commits that changed what counts, of the range since the last Freight, newest first.

        :param others: what differs in these counts as well as what differs in the newest commit
        """
        base = self.sought.base
        changed = sorted({path for commit in {head, *others} for path in self.changed(commit)})
        if not changed:
            return []
        paths = (self.folders() if base is None else []) or _few(changed)
        since = self.since(head)
        found = self.listed(ref, head, limit=self.raw(self.git.limit), since=since, paths=paths)
        if found or self.is_output(ref):
            return found
        # A change that no commit shows alone came with the one that joined what the last Freight holds.
        joined = self.listed(ref, head, limit=_LOOKED_THROUGH, since=since)[-1:] if since is not None else []
        return joined or list(self.repository.commits([head]).values())

    def since(self, head: str) -> str | None:
        """The commit that the last Freight holds, where the branch still has it."""
        base = self.sought.base
        return base if base is not None and self.repository.is_ancestor(base, head) else None

    def raw(self, limit: int) -> int:
        """How many commits are read: more where a filter leaves some out."""
        return limit if self.git.where is None else max(limit, _LOOKED_THROUGH)

    def folders(self) -> list[str]:
        """What is included, where that is plain paths alone and nothing is excluded."""
        include = self.git.include or ()
        plain = not self.git.exclude and not any(one.startswith(("glob:", "regex:")) for one in include)
        return [path for one in include if (path := clean_path(one))] if plain else []

    # -- tags

    def of_tags(self) -> Selection:
        names = {ref: oid for ref, oid in self.seen.refs.get(self.key, {}).items() if ref.startswith(_TAGS)}
        commits = self.repository.peeled(names.values())
        facts = self.repository.commits(sorted({oid for oid in commits.values() if oid is not None}))
        tagged = [
            candidate_of(self.repository, facts[oid], tag=ref.removeprefix(_TAGS))
            for ref, tag in names.items()
            if (oid := commits[tag]) is not None and not self.is_ours(facts[oid])
        ]
        selection = self.selected(tagged, limit=self.git.limit)
        if not self.by_path or not selection.candidates or self.sought.base is None:
            return self.with_base(selection)
        taken = selection.candidates[0]
        assert isinstance(taken, CommitCandidate)
        changed = changed_since(self.repository, self.sought.base, taken.oid)
        return self.with_base(selection) if self.filter.touches(changed) else self.stays(taken, changed, selection)

    # -- both

    def selected(self, commits: Iterable[CommitFacts | CommitCandidate], *, limit: int) -> Selection:
        """In the order of the strategy, those that the filter lets through."""
        candidates = [
            one if isinstance(one, CommitCandidate) else candidate_of(self.repository, one) for one in commits
        ]
        from gitpromote.discovery.commits import commits_in_order

        kept, filtered = self.filtered(candidates)
        found = commits_in_order(self.git.model_copy(update={"limit": limit}), kept)
        return replace(found, rejected=(*filtered, *found.rejected))

    def filtered(self, candidates: Sequence[CommitCandidate]) -> tuple[list[CommitCandidate], list[Rejected]]:
        if self.git.where is None:
            return list(candidates), []
        from gitpromote.cel.contexts import commit_filter
        from gitpromote.cel.expression import compile_expression
        from gitpromote.cel.facts import candidate_facts

        expression = compile_expression(self.git.where, commit_filter())
        kept, left = [], []
        for one in candidates:
            result = expression.evaluate({"commit": candidate_facts(one)})
            if result.holds:
                kept.append(one)
                continue
            why = result.error or ", ".join(f"{read.text} is {read.value!r}" for read in result.operands)
            left.append(Rejected(name=one.tag or _short(one.oid), reason=f"is left out by its filter: {why}"))
        return kept, left

    def staying(self, selection: Selection, commits: Sequence[CommitFacts], head: str) -> Selection:
        """What is taken of the commits that count, and behind them the one that the last Freight holds."""
        base = self.sought.base
        if base is None and not commits and not self.filter.touches(changed_since(self.repository, None, head)):
            return replace(selection, missing=self.nothing_counts())
        if selection.candidates or base in (None, head):
            return self.with_base(selection)
        if commits:  # they count by their paths, and the filter leaves them all out
            return self.with_base(selection)
        changed = changed_since(self.repository, base, head)
        return self.stays(self.read([head])[0], changed, selection)

    def stays(self, newest: CommitCandidate, changed: Sequence[str], selection: Selection) -> Selection:
        """What the last Freight holds, since nothing that counts has changed since."""
        from gitpromote.discovery.commits import untouched_reason

        reason = untouched_reason(self.git, changed) or "is our own output"
        told = Rejected(name=newest.tag or _short(newest.oid), reason=reason)
        return self.with_base(replace(selection, candidates=(), rejected=(told, *selection.rejected)))

    def with_base(self, selection: Selection) -> Selection:
        """With the commit that the last Freight holds, if it is not among them: what stays must be possible."""
        base = self.sought.base
        held = {one.oid for one in selection.candidates if isinstance(one, CommitCandidate)}
        if base is None or base in held or not self.is_there(base):
            return selection
        return replace(selection, candidates=(*selection.candidates, *self.read([base])))

    def is_there(self, commit: str) -> bool:
        try:
            self.repository.ensure([commit])
        except RemoteFailed:
            return False
        return True

    def read(self, oids: Sequence[str]) -> list[CommitCandidate]:
        """Candidates of commits; what the ledger knows of them is not read again."""
        return [self.known(oid) or candidate_of(self.repository, self.repository.commits([oid])[oid]) for oid in oids]

    def known(self, oid: str) -> CommitCandidate | None:
        """A commit that some Freight has as its only source: its words stand there."""
        if not self.sought.newest_alone or self.git.where:
            return None
        for state in self.seen.ledger.freight.values():
            freight = state.freight
            if (
                sum(one.kind == "commit" for one in freight.artifacts) == 1
                and freight.commit_of(self.repository.canonical) == oid
            ):
                return CommitCandidate(
                    repository=self.repository.canonical, oid=oid, subject=freight.subject, author=freight.author
                )
        return None

    def is_output(self, ref: str) -> bool:
        """Whether this Pipeline writes that branch."""
        targets = (self.world.pipeline.resolved(name).target for name in self.world.pipeline.order())
        return any((target.repository, target.ref) == (self.key, ref) for target in targets)

    def is_ours(self, commit: CommitFacts) -> bool:
        return commit.trailers.get("Gitpromote-Pipeline") == self.world.pipeline.name
