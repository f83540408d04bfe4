"""Signatures of commits, against files on the home repository's default branch as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gitpromote.engine.inquiry import Answer, Inquiry, Question
from gitpromote.engine.look import git_sources
from gitpromote.engine.signing_again import Unsigned, to_be_written
from gitpromote.engine.target_says import freight_said
from gitpromote.errors import ConfigurationError
from gitpromote.model.artifact import CommitArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.gate_evidence import CommitSignature
from gitpromote.model.names import clean_path
from gitpromote.model.resolved import HOME
from gitpromote.model.standing import is_organisations
from gitpromote.ports import Repository

__all__ = ["commits", "entering", "home_file", "signers_of"]

_MOST = 20  # of what is not signed, in a plan


class _File(NamedTuple):
    """A file of the home repository, or of the organisation's, and the commit that has it."""

    commit: str
    content: bytes


def home_file(inquiry: Inquiry, path: str) -> _File:
    """A file at the head of the default branch: whoever may write there decides what it says.

    Of a gate that an organisation asks for: a file beside what it asks for.
    """
    theirs = is_organisations(inquiry.gate.name)
    place = ("file", "organisation" if theirs else "home", clean_path(path))
    if place not in inquiry.known:
        read = _read_organisations if theirs else _read
        inquiry.known[place] = read(inquiry, clean_path(path))
    found: _File = inquiry.known[place]
    return found


def _read_organisations(inquiry: Inquiry, path: str) -> _File:
    world = inquiry.world
    governing, place = world.governing, world.organisation
    if governing is None or place is None:
        raise ConfigurationError("Nobody asks for this gate", code="organisation-unset", detail=path)
    now = governing.now
    whole = f"{now.path}/{path}" if now.path else path
    content = world.repository(place.url).texts([f"{now.commit}:{whole}"])[0]
    if content is None:
        raise ConfigurationError(
            "A file that a gate needs is missing",
            code="gate-file-missing",
            detail=f"{whole} on {now.branch} of {now.url}",
            hint="The organisation's gates read files of its own repository.",
        )
    return _File(now.commit, content)


def _refs(inquiry: Inquiry, repository: Repository) -> Mapping[str, str]:
    """The branches of a repository, fetched once."""
    place = ("refs", repository.canonical)
    if place not in inquiry.known:
        inquiry.known[place] = repository.fetch(["HEAD", "refs/heads/*"])
    found: Mapping[str, str] = inquiry.known[place]
    return found


def _read(inquiry: Inquiry, path: str) -> _File:
    world = inquiry.world
    refs = _refs(inquiry, world.home)
    default = world.home.default_ref()
    head = refs.get(default) if default else None
    content = world.home.texts([f"{head}:{path}"])[0] if head else None
    if head is None or content is None:
        raise ConfigurationError(
            "A file that a gate needs is missing",
            code="gate-file-missing",
            detail=f"{path} on {(default or 'the default branch').removeprefix('refs/heads/')} of {world.home.url}",
            hint="Commit it there: on other branches it does not count.",
        )
    return _File(head, content)


def signers_of(inquiry: Inquiry) -> str | None:
    """The file of allowed signers for those who name none: an organisation's own for its own gates."""
    governing = inquiry.world.governing
    if is_organisations(inquiry.gate.name):
        return governing.now.rules.signers if governing is not None else None
    return inquiry.world.pipeline.signers


# -- commits


def commits(inquiry: Inquiry) -> Question:
    """Every commit that would come in: those of the Freight that what is there does not contain."""
    gate: CommitSignature = inquiry.gate
    path = gate.signers or signers_of(inquiry)
    if path is None:
        raise ConfigurationError(
            "Nobody is named who may sign",
            code="signers-missing",
            detail=f"{gate.name} has no signers=, and neither has the Pipeline.",
            hint='Write signers="allowed_signers", a file of the home repository.',
        )
    file = home_file(inquiry, path)
    bad, count = [], 0
    again: Mapping[str, Any] = {}
    for warehouse, freight in inquiry.context.freight.items():
        for one in _coming(inquiry, freight, inquiry.context.previous.get(warehouse)):
            why = one.repository.unsigned(one.oids, allowed=file.content)
            bad += [{"commit": oid, "why": why[oid]} for oid in one.oids if oid in why]
            count += len(one.oids)
            again = again or (_again(inquiry, freight, one, list(why), file.content) if why else {})
    value = {"commits": count, "unsigned": bad[:_MOST], "lacking": len(bad), "signers": path, "at": file.commit}
    return Question("git", lambda: Answer({**value, **({"again": again} if again else {})}))


def _again(
    inquiry: Inquiry, freight: Freight, coming: _Coming, unsigned: Sequence[str], allowed: bytes
) -> Mapping[str, Any]:
    """What would have to be written anew."""

    def new(head: str) -> Sequence[str]:
        oids = _since(coming.repository, head, coming.bases)
        found = coming.repository.unsigned(oids, allowed=allowed)
        return [one for one in oids if one in found]

    ledger = inquiry.world.ledger.read(inquiry.context.ledger)
    left = Unsigned(
        warehouse=freight.warehouse,
        artifact=coming.artifact,
        repository=coming.repository,
        oids=[one for one in coming.oids if one in unsigned],
        new=new,
        refs=lambda: _refs(inquiry, coming.repository),
        known=[one.freight for one in ledger.freight.values()],
    )
    return to_be_written(inquiry.world, left)


def entering(
    inquiry: Inquiry, freight: Freight, before: Freight | None, *, unsaid: bool = False
) -> list[tuple[Repository, list[str]]]:
    """Repository to commits, newest first: those since what the ledger says is there, and those since what the target
    itself says. Where nothing was there before: the Freight's own alone.

    :param unsaid: whether all counts where the ledger says something and the target's own history does not
    """
    return [(one.repository, one.oids) for one in _coming(inquiry, freight, before, unsaid=unsaid)]


class _Coming(NamedTuple):
    """The commits of one repository that a Freight brings, newest first, and since what they are counted."""

    artifact: CommitArtifact
    repository: Repository
    bases: Sequence[str | None]
    oids: list[str]


def _coming(inquiry: Inquiry, freight: Freight, before: Freight | None, *, unsaid: bool = False) -> list[_Coming]:
    found = []
    said = _said(inquiry).get(freight.warehouse)
    for artifact in freight.artifacts:
        if isinstance(artifact, CommitArtifact):
            repository = _repository(inquiry, artifact)
            repository.ensure([artifact.commit])
            known = [one.commit_of(artifact.repository) for one in (before, said) if one is not None]
            bases: list[str | None] = [*dict.fromkeys(one for one in known if one is not None)]
            if unsaid and before is not None and said is None and inquiry.context.environment.target.ref:
                bases = [None]
            found.append(_Coming(artifact, repository, bases, _since(repository, artifact.commit, bases)))
    return found


def _said(inquiry: Inquiry) -> Mapping[str, Freight]:
    """What the target's own history says that it holds."""
    context = inquiry.context
    place = ("said", context.environment.name)
    if place not in inquiry.known:
        ledger = inquiry.world.ledger.read(context.ledger)
        inquiry.known[place] = freight_said(inquiry.world, context.environment, ledger)
    found: Mapping[str, Freight] = inquiry.known[place]
    return found


def _since(repository: Repository, commit: str, bases: Sequence[str | None]) -> list[str]:
    """All commits that are new to any of some bases; without one the commit alone, with ``None`` its whole history."""
    if not bases:
        return [commit]
    oids: dict[str, None] = {}
    for base in bases:
        repository.ensure([base] if base is not None else [])
        oids |= dict.fromkeys(one.oid for one in repository.log(commit, since=base))
    return list(oids)


def _repository(inquiry: Inquiry, artifact: CommitArtifact) -> Repository:
    """The repository that a commit is of: one that Freight comes from."""
    world = inquiry.world
    keys = [
        HOME,
        *(key for key, _ in git_sources(world)),
        *(app.repository for app in inquiry.context.environment.apps),
    ]
    found = (world.repository(key) for key in dict.fromkeys(keys))
    fitting = next((one for one in found if one.canonical == artifact.repository), None)
    if fitting is None:
        raise ConfigurationError(
            "A commit comes from a repository that the pipeline does not name",
            code="repository-unnamed",
            detail=f"{artifact.commit[:7]} of {artifact.repository}",
        )
    return fitting
