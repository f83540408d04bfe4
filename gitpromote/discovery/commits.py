"""Which commits a Git subscription takes, and whether what changed concerns it.

Newest first:

- ``newest-from-branch``: as the branch has them; times are not looked at, since clocks run backwards;
- ``newest-tag``: by the time of the commit; then by the characters of the tag, the greater one first;
- ``semver``: full versions alone, by precedence; then build metadata; then the text, ``v1.4.0`` before ``1.4.0``;
- ``lexical``: by the characters of the tag.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gitpromote.discovery.paths import PathFilter
from gitpromote.discovery.select import Selection, shortlisted
from gitpromote.discovery.tags import NameRules, Sorted, by_name, by_version, sort_names
from gitpromote.model.candidate import CommitCandidate, Rejected
from gitpromote.model.subscription import Git

__all__ = ["brought", "commits_in_order", "path_filter", "touches", "untouched_reason"]

_SHORT = 7  # digits of a commit's id that people read


def commits_in_order(git: Git, commits: Iterable[CommitCandidate]) -> Selection:
    """What a subscription takes of the commits that are there.

    Paths and ``where`` are not judged here: they need the range since the last Freight, and CEL.

    :param commits: for ``newest-from-branch`` as the branch has them, its head first; otherwise those with tags, in any
        order
    :raises ConfigurationError: ``constraint-invalid``
    """
    if git.strategy == "newest-from-branch":
        return _of_branch(git, tuple(commits))
    seen = sorted(commits, key=lambda one: (one.at, one.oid))
    tagged = {one.tag: one for one in seen if one.tag is not None}
    found = shortlisted(_sorted(git, tagged), most=git.limit, enough=None)
    bare = sorted({one.oid[:_SHORT] for one in seen if one.tag is None})
    rejected = (*found.rejected, *(Rejected(name=oid, reason="has no tag") for oid in bare))
    return Selection(candidates=tuple(tagged[name] for name in found.wanted), rejected=rejected)


def path_filter(git: Git, *, read: Iterable[str] = ()) -> PathFilter:
    """The paths that concern a subscription.

    :param read: what the Apps read, as prefixes; it stands in for ``include=None``
    """
    return PathFilter.of(include=tuple(read) if git.include is None else git.include, exclude=git.exclude)


def touches(git: Git, changed_paths: Iterable[str], *, read: Iterable[str] = ()) -> bool:
    """Whether what changed concerns a subscription.

    :param changed_paths: of the *whole range* since the last Freight, so that a change is never missed. A deleted path
        counts like any other, and a rename is two: the old path and the new one, as
        ``git diff --no-renames --name-only`` lists them
    :param read: see ``path_filter``
    """
    return path_filter(git, read=read).touches(changed_paths)


def untouched_reason(git: Git, changed_paths: Iterable[str], *, read: Iterable[str] = ()) -> str:
    """Why what changed does not concern a subscription, to complete a commit's id; empty if it does."""
    changed = sorted(set(changed_paths))
    if touches(git, changed, read=read):
        return ""
    if not changed:
        return "changes no file since the last Freight"
    more = f" and {len(changed) - 3:,} more" if len(changed) > 3 else ""
    return f"changes only {', '.join(changed[:3])}{more}, which this subscription does not follow"


def brought(commits: Sequence[str], *, passing: Collection[str], touching: Collection[str]) -> set[str]:
    """The commits of a branch that pass and bring a change that counts, so that none is missed: what was changed by
    commits that do not pass comes with the next one that does.

    :param commits: newest first
    :param touching: those that change what counts; one that is not among ``commits`` came before them
    """
    touching = set(touching)
    found, waits = set(), not touching <= set(commits)
    for commit in reversed(commits):
        waits = waits or commit in touching
        if waits and commit in passing:
            found.add(commit)
            waits = False
    return found


def _of_branch(git: Git, commits: tuple[CommitCandidate, ...]) -> Selection:
    beyond = (
        Rejected(name=one.oid[:_SHORT], reason=f"is not among the newest {git.limit:,}") for one in commits[git.limit :]
    )
    return Selection(candidates=commits[: git.limit], rejected=tuple(beyond))


def _sorted(git: Git, tagged: dict[str, CommitCandidate]) -> Sorted:
    if git.strategy == "semver":
        rules = NameRules.for_versions(git.constraint, allow=git.allow, ignore=git.ignore)
        return sort_names(tagged, rules, order=by_version)
    rules = NameRules.for_names(allow=git.allow, ignore=git.ignore)
    return sort_names(tagged, rules, order=by_name if git.strategy == "lexical" else lambda tag: (tagged[tag].at, tag))
