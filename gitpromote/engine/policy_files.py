"""Files that policies stand in: read from the default branch of the home repository, as the remote has it.

Who may write there decides what is judged: neither a working tree nor the branch of a pull request counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gitpromote.engine.policy_documents import policy_documents
from gitpromote.engine.world import World
from gitpromote.model.manifest import Manifest
from gitpromote.model.names import clean_path
from gitpromote.model.policy import AdmissionPolicies, Rego
from gitpromote.model.policy_base import Policy
from gitpromote.model.tree import EXECUTABLE, FILE, Entry
from gitpromote.ports import Repository

__all__ = ["PolicyFiles", "files_at", "named", "policy_files"]

#: Which files of a folder are read.
ENDINGS: Mapping[type[Policy], tuple[str, ...]] = {
    AdmissionPolicies: (".yaml", ".yml", ".json"),
    Rego: (".rego", ".yaml", ".yml", ".json"),
}
_FILES = frozenset({FILE, EXECUTABLE})

Named = tuple[str, str]
"""A policy's kind and the path that it names: two Environments may call different files by one name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFiles:
    """What was read.

    :ivar commit: where; ``None`` where nothing needed to be read
    :ivar texts: path to text
    :ivar documents: path to the objects of a file of Kubernetes objects
    :ivar of: what a policy names to the paths that are its own; see :func:`named`
    :ivar missing: what a policy names to why its files could not be had
    """

    commit: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, tuple[Manifest, ...]] = field(default_factory=dict)
    of: Mapping[Named, tuple[str, ...]] = field(default_factory=dict)
    missing: Mapping[Named, str] = field(default_factory=dict)

    def own(self, policy: Policy) -> dict[str, str]:
        """The texts of one policy."""
        return {path: self.texts[path] for path in self.of.get(named(policy), ()) if path in self.texts}

    def facts(self) -> dict[str, Any]:
        """What a plan says of them: the commit, and each file by its digest."""
        if self.commit is None:
            return {}
        digests = {path: _digest(text) for path, text in sorted(self.texts.items())}
        return {"commit": self.commit, "files": digests}


def policy_files(world: World, policies: Iterable[Policy], *, commit: str | None = None) -> PolicyFiles:
    """The files of all policies that have any.

    :param commit: where they are read; default: what the remote's default branch holds now
    """
    wanted = {named(one): one for one in policies if type(one) in ENDINGS}
    if not wanted:
        return PolicyFiles()
    found = commit or _head(world)
    if found is None:
        why = f"the home repository has no default branch to read policies from: {world.home.url}"
        return PolicyFiles(missing=dict.fromkeys(wanted, why))
    world.home.ensure([found])
    return files_at(world.home, wanted.values(), found, where="the head of the home repository's default branch")


def files_at(repository: Repository, policies: Iterable[Policy], commit: str, *, where: str) -> PolicyFiles:
    """The files of all policies that have any, at a commit that is here.

    :param where: how messages call the commit
    """
    wanted = {named(one): one for one in policies if type(one) in ENDINGS}
    if not wanted:
        return PolicyFiles()
    listing = repository.listing(commit)
    entries = {name: _entries(policy, listing) for name, policy in wanted.items()}
    blobs = repository.blobs({entry.oid for one in entries.values() for entry in one.values()})
    texts: dict[str, str] = {}
    missing: dict[Named, str] = {}
    for name, policy in wanted.items():
        if not entries[name]:
            missing[name] = _nothing(policy, listing, f"{commit[:7]}, {where}")
        for path, entry in entries[name].items():
            text = _text(blobs[entry.oid])
            if text is None:
                missing[name] = f"{path} is not text in UTF-8"
            else:
                texts[path] = text
    of = {name: tuple(sorted(one)) for name, one in entries.items()}
    own = {name: of[name] for name, one in wanted.items() if isinstance(one, AdmissionPolicies)}
    documents, unread = policy_documents({path: texts[path] for one in own.values() for path in one if path in texts})
    missing |= {name: unread[path] for name, one in own.items() for path in reversed(one) if path in unread}
    return PolicyFiles(commit=commit, texts=texts, documents=documents, of=of, missing=missing)


def named(policy: Policy) -> Named:
    """Which files a policy is about."""
    return policy.kind, _path(policy) if type(policy) in ENDINGS else ""


def _head(world: World) -> str | None:
    refs = world.home.fetch(["HEAD", "refs/heads/*"])
    default = world.home.default_ref()
    return refs.get(default) if default else None


def _entries(policy: Policy, listing: Mapping[str, Entry]) -> dict[str, Entry]:
    """The file that a policy names, or those of its format in the folder."""
    path, endings = _path(policy), ENDINGS[type(policy)]
    entry = listing.get(path)
    if entry is not None and entry.mode in _FILES:
        return {path: entry} if path.endswith(endings) else {}
    prefix = f"{path}/" if path else ""
    return {
        one: entry
        for one, entry in listing.items()
        if one.startswith(prefix) and one.endswith(endings) and entry.mode in _FILES
    }


def _nothing(policy: Policy, listing: Mapping[str, Entry], where: str) -> str:
    path, endings = _path(policy), ", ".join(ENDINGS[type(policy)])
    if path not in listing and path:
        return f"there is no {path} at {where}"
    return f"{path or 'the repository'} holds no file of its kind ({endings})"


def _path(policy: Policy) -> str:
    return clean_path(str(policy.__dict__["path"]))


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
