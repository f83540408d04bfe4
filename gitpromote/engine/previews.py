"""Which pull requests or branches an ephemeral Pipeline stands for now, and why the others are left out.

Git alone is asked. Forges keep the refs of closed pull requests for ever, and give one to everybody who forks: so a
pull request counts as long as a branch of the home repository is where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gitpromote.engine.world import World
from gitpromote.model.ephemeral import EphemeralPipeline, Preview, base_of, key_of
from gitpromote.model.fields import duration_text
from gitpromote.model.names import branch_problem
from gitpromote.model.sensitive import looks_like_token
from gitpromote.ports import CommitFacts, Repository

_BRANCHES = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Previews:
    """What was found.

    :ivar alive: in the order of their numbers, or names
    :ivar left_out: key to the reason
    """

    alive: tuple[Preview, ...]
    left_out: Mapping[str, str]


class _Candidate(NamedTuple):
    key: str
    ref: str
    branch: str
    commit: str


def previews(world: World, template: EphemeralPipeline, *, as_of: int) -> Previews:
    """What is alive at a time, in epoch seconds; one look at the home repository."""
    home, left_out = world.home, {}
    branches = home.fetch(["HEAD", f"{_BRANCHES}*"])
    base = _base(home, template, branches)
    found: list[_Candidate] = []
    seen: dict[str, str] = {}
    for one in _candidates(home, template, branches):
        if not one.branch:
            left_out[one.key] = f"{one.ref} is where no branch is: it is closed, or comes from a fork"
        elif (unfit := branch_problem(one.branch) or looks_like_token(one.branch)) or not one.branch.isprintable():
            left_out[one.key] = f"the name of its branch {unfit or 'cannot be written'}"
        elif seen.setdefault(one.key, one.ref) != one.ref:
            left_out[one.ref] = f"{seen[one.key]} is called {one.key} already"
        else:
            found.append(one)
    facts = home.commits([one.commit for one in found])
    found.sort(key=lambda one: (-facts[one.commit].committed_at, _order(one.key)))
    alive: list[_Candidate] = []
    for one in found:
        reason = _reason(home, one, facts[one.commit], base, as_of=as_of, seconds=template.seconds)
        if reason is None and len(alive) == template.limit:
            reason = f"{template.limit} others have newer commits"
        if reason is None:
            alive.append(one)
        else:
            left_out[one.key] = reason
    alive.sort(key=lambda one: _order(one.key))
    return Previews(alive=tuple(_preview(one, template) for one in alive), left_out=left_out)


def _base(home: Repository, template: EphemeralPipeline, branches: Mapping[str, str]) -> tuple[str, str] | None:
    """Name and commit of the branch that everything ends up in."""
    name = base_of(template)
    ref = f"{_BRANCHES}{name}" if name else home.default_ref()
    oid = branches.get(ref or "")
    return (ref, oid) if ref and oid else None


def _candidates(home: Repository, template: EphemeralPipeline, branches: Mapping[str, str]) -> Iterator[_Candidate]:
    """Every ref that the pattern names; ``branch`` is empty where no branch of this repository holds its commit."""
    if template.follows_branches:
        own = f"{template.refs}/"
        named = {ref: oid for ref, oid in branches.items() if not ref.startswith(own)}
    else:
        named = dict(home.refs([template.of]))
        # Of several branches at one commit the first counts, whatever order the remote has.
        at = {oid: ref for ref, oid in sorted(branches.items(), reverse=True)}
    for ref, oid in named.items():
        key = key_of(template.of, ref)
        branch = ref if template.follows_branches else at.get(oid, "")
        if key is not None:
            yield _Candidate(key, ref, branch.removeprefix(_BRANCHES), oid)


def _reason(
    home: Repository,
    one: _Candidate,
    facts: CommitFacts,
    base: tuple[str, str] | None,
    *,
    as_of: int,
    seconds: int,
) -> str | None:
    """Why it is dead, if it is."""
    age = as_of - facts.committed_at
    if writer := facts.trailers.get("Gitpromote-Pipeline"):
        return f"the pipeline {writer} writes it"
    if age > seconds:
        return f"its newest commit is {_days(age)} old, and it lives {duration_text(seconds)}"
    if base is not None and home.is_ancestor(one.commit, base[1]):
        return f"{base[0].removeprefix(_BRANCHES)} holds all of it"
    return None


def _days(seconds: int) -> str:
    return duration_text(seconds // 86400 * 86400 or seconds // 3600 * 3600 or 3600)


def _order(key: str) -> tuple[int, str]:
    return (int(key) if key.isascii() and key.isdigit() else 0, key)


def _preview(one: _Candidate, template: EphemeralPipeline) -> Preview:
    labels = {"branch": one.branch}
    return Preview(one.key, one.branch, labels if template.follows_branches else {"number": one.key, **labels})


def told(left_out: Mapping[str, str], names: Iterable[str], *, limit: int = 10) -> str:
    """Why things are left out, a line each."""
    lines = [f"  {name}: {left_out[name]}" for name in sorted(names, key=_order)]
    more = [f"  and {len(lines) - limit} more"] if len(lines) > limit else []
    return "\n".join([*lines[:limit], *more])
