"""What an organisation asks for, as a branch of its repository has it; read for every plan and again for every apply.

Only the fetched head of that branch counts. What cannot be read refuses the plan: it never counts as nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gitpromote.engine.organisation_place import VARIABLE, OrgPlace
from gitpromote.engine.policy_files import PolicyFiles, files_at
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, GitpromoteError, RemoteFailed
from gitpromote.model.exemption import Exemption
from gitpromote.model.names import clean_path
from gitpromote.model.organisation import OrgPolicies
from gitpromote.model.policy_base import Policy
from gitpromote.ports import Repository
from gitpromote.render.organisation_file import OrganisationFile, read_exemptions, read_organisation

__all__ = ["Organisation", "read_now", "unreadable"]

FILE = "organisation.yaml"
EXCEPTIONS = "exceptions/"
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One version of what an organisation asks for.

    :ivar url: of its repository, without credentials
    :ivar canonical: host and path
    :ivar path: the folder
    :ivar branch: without ``refs/heads/``
    :ivar exemptions: with the file and line of each
    :ivar files: the files of its policies
    :ivar digests: path to digest of everything that was read
    :ivar notes: what does not count although it stands there, in words for people
    :ivar is_home: whether whoever writes the pipeline writes this, too
    """

    url: str
    canonical: str
    path: str
    branch: str
    commit: str
    file: OrganisationFile
    exemptions: tuple[tuple[Exemption, str], ...] = ()
    files: PolicyFiles = field(default_factory=PolicyFiles)
    digests: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_home: bool = False

    @property
    def rules(self) -> OrgPolicies:
        """What it asks for."""
        return self.file.rules

    @property
    def told(self) -> str:
        """``git.example/acme/policies//shared main 3f2c1aa``."""
        return f"{self.canonical}{f'//{self.path}' if self.path else ''} {self.branch} {self.commit[:7]}"

    def facts(self) -> dict[str, Any]:
        """What a plan says of it."""
        return {
            "url": self.url,
            "path": self.path,
            "branch": self.branch,
            "commit": self.commit,
            "files": dict(sorted(self.digests.items())),
            "rules": self.rules.to_data(),
        }

    def void(self, at: int) -> Iterator[str]:
        """What does not count at a moment, and why."""
        yield from self.notes
        names = {one.name for one in self.rules.policies}
        for one, place in self.exemptions:
            why = one.void(at)
            if not why and one.rule.partition("/")[0] not in names:
                why = f"there is no policy {one.rule.partition('/')[0]}"
            if why:
                yield f"{place}: an exemption from {one.rule} does not count: {why}"

    def doubts(self) -> Iterator[str]:
        """Kinds of its rules that are misspelt, as it seems: such a rule judges nothing, and would say so nowhere."""
        from gitpromote.policy.kind_names import doubt, kinds_of  # most rules name none

        for one in self.rules.policies:
            for member, kind in kinds_of(one.policy):
                told, hint = doubt(kind)
                if told:
                    yield f"{one.name}: {member}: {told}{f' ({hint})' if hint else ''}"


def read_now(world: World, place: OrgPlace, *, commit: str | None = None) -> Organisation:
    """What counts now; or what counted at a commit.

    :raises ConfigurationError: it cannot be read (``organisation-unreadable``; where its server does not answer,
        ``organisation-unreachable``), or is not valid
    """
    repository = world.repository(place.url)
    try:
        ref, head = _head(repository, place)
        if commit is not None:
            repository.ensure([commit])
        return _read(world, repository, place, ref, commit or head)
    except ConfigurationError:
        raise
    except GitpromoteError as error:
        why = "; ".join(part for part in (error.summary, error.detail) if part)
        if isinstance(error, RemoteFailed):
            raise _unreachable(f"{repository.url}: {why}") from error
        raise unreadable(f"{repository.url}: {why}") from error


def unreadable(why: str) -> ConfigurationError:
    """The error for what is set and cannot be read."""
    return ConfigurationError(
        "What the organisation asks for cannot be read",
        code="organisation-unreadable",
        detail=why,
        hint=f"{VARIABLE} says where it is: a repository, //folder and @branch behind it.",
    )


def _unreachable(why: str) -> ConfigurationError:
    return ConfigurationError(
        "What the organisation asks for cannot be reached",
        code="organisation-unreachable",
        detail=why,
        hint=f"Nothing is planned or applied without it. {VARIABLE} says where it is.",
    )


def _head(repository: Repository, place: OrgPlace) -> tuple[str, str]:
    refs = repository.fetch(["HEAD", "refs/heads/*"])
    ref = f"refs/heads/{place.branch}" if place.branch else repository.default_ref()
    if ref is None or ref not in refs:
        missing = f"no branch {place.branch}" if place.branch else "no default branch"
        raise unreadable(f"{repository.url} has {missing}.")
    return ref, refs[ref]


def _read(world: World, repository: Repository, place: OrgPlace, ref: str, commit: str) -> Organisation:
    base, branch = clean_path(place.path), ref.removeprefix("refs/heads/")
    root = f"{base}/" if base else ""
    listing = repository.listing(commit)
    wanted = [path for path in listing if _is_ours(path, root)]
    data = dict(zip(wanted, repository.texts([f"{commit}:{path}" for path in wanted]), strict=True))
    main = data.pop(root + FILE, None)
    if main is None:
        raise unreadable(f"{repository.url} has no {root + FILE} on {branch} ({commit[:7]}).")
    file = read_organisation(main, path=root + FILE)
    file = replace(file, rules=_placed(file.rules, root))
    exemptions, notes = _exemptions({path: text for path, text in data.items() if text is not None})
    policies = [one.policy for one in file.rules.policies]
    files = files_at(repository, policies, commit, where=f"{branch} of the organisation's repository")
    texts = {path: text for path, text in {**data, root + FILE: main}.items() if text is not None}
    digests = {path: f"sha256:{hashlib.sha256(text).hexdigest()}" for path, text in texts.items()}
    return Organisation(
        url=repository.url,
        canonical=repository.canonical,
        path=base,
        branch=branch,
        commit=commit,
        file=file,
        exemptions=exemptions,
        files=files,
        digests={**digests, **files.facts().get("files", {})},
        notes=notes,
        is_home=repository.canonical == world.home.canonical,
    )


def _is_ours(path: str, root: str) -> bool:
    if path == root + FILE:
        return True
    return path.startswith(root + EXCEPTIONS) and path.endswith(_ENDINGS)


def _placed(rules: OrgPolicies, root: str) -> OrgPolicies:
    """With the paths of its policies' files from the root of the repository."""
    if not root:
        return rules

    def moved(policy: Policy) -> Policy:
        path = policy.__dict__.get("path")
        return policy if path is None else policy.changed({"path": root + clean_path(str(path))})

    policies = tuple(one.changed({"policy": moved(one.policy)}) for one in rules.policies)
    return rules.changed({"policies": policies})


def _exemptions(texts: Mapping[str, bytes]) -> tuple[tuple[tuple[Exemption, str], ...], tuple[str, ...]]:
    """Those that can be read; and what is wrong with the others, in words for people."""
    found: list[tuple[Exemption, str]] = []
    notes: list[str] = []
    for path, data in sorted(texts.items()):
        try:
            given, problems = read_exemptions(data, path=path)
        except GitpromoteError as error:
            notes += _not_counting(error.detail.strip().splitlines() or [path])
        else:
            found += [(one, f"{path}:{line}") for one, line in given]
            notes += _not_counting(map(str, problems))
    return tuple(found), tuple(notes)


def _not_counting(told: Iterable[str]) -> list[str]:
    return [f"{line.strip()}: it does not count" for line in told]
