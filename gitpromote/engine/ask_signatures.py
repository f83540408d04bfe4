"""Signatures of commits and of images, against files on the home repository's default branch as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gitpromote.engine.inquiry import Answer, Inquiry, Question
from gitpromote.engine.look import git_sources
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError
from gitpromote.model.artifact import CommitArtifact, ImageArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.gate_evidence import CommitSignature, ImageSignature
from gitpromote.model.names import clean_path
from gitpromote.model.resolved import HOME
from gitpromote.model.standing import is_organisations
from gitpromote.policy.cosign import BUNDLE, Claim, bundle_claims, simple_claim
from gitpromote.policy.signature import KEYLESS
from gitpromote.ports import Keys, Registry, Repository, SignatureBlob

__all__ = ["commits", "entering", "home_file", "image_problem", "images", "signers_of"]

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
        inquiry.known[place] = read(inquiry.world, clean_path(path))
    found: _File = inquiry.known[place]
    return found


def _read_organisations(world: World, path: str) -> _File:
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


def _read(world: World, path: str) -> _File:
    refs = world.home.fetch(["HEAD", "refs/heads/*"])
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
    for warehouse, freight in inquiry.context.freight.items():
        for repository, oids in entering(inquiry, freight, inquiry.context.previous.get(warehouse)):
            why = repository.unsigned(oids, allowed=file.content)
            bad += [{"commit": oid, "why": why[oid]} for oid in oids if oid in why]
            count += len(oids)
    value = {"commits": count, "unsigned": bad[:_MOST], "lacking": len(bad), "signers": path, "at": file.commit}
    return Question("git", lambda: Answer(value))


def entering(inquiry: Inquiry, freight: Freight, before: Freight | None) -> list[tuple[Repository, list[str]]]:
    """Repository to commits, newest first. Where nothing was there before: the Freight's own alone."""
    found = []
    for artifact in freight.artifacts:
        if isinstance(artifact, CommitArtifact):
            repository = _repository(inquiry, artifact)
            repository.ensure([artifact.commit])
            since = before.commit_of(artifact.repository) if before is not None else None
            oids = [artifact.commit]
            if since is not None:
                repository.ensure([since])
                oids = [one.oid for one in repository.log(artifact.commit, since=since)]
            found.append((repository, oids))
    return found


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


# -- images


def images(inquiry: Inquiry) -> Question:
    """Every image of the Freight, by its digest."""
    gate: ImageSignature = inquiry.gate
    if gate.key is None:
        return Question("registries", lambda: Answer(error=KEYLESS))
    world, key = inquiry.world, home_file(inquiry, gate.key)
    wanted = [one for freight in inquiry.context.freight.values() for one in freight.images]
    registry, keys = world.registry, world.outside.keys

    def ask() -> Answer:
        told = [_remembered(inquiry.known, registry, keys, key.content, one) for one in wanted]
        bad = [{"image": str(one), "why": why} for one, why in zip(wanted, told, strict=True) if why]
        value = {"images": len(wanted), "unsigned": bad[:_MOST], "lacking": len(bad), "key": gate.key, "at": key.commit}
        return Answer(value)

    return Question(", ".join(dict.fromkeys(one.repository.partition("/")[0] for one in wanted)) or "registries", ask)


def _remembered(
    known: dict[tuple[str, ...], Any], registry: Registry, keys: Keys, key: bytes, image: ImageArtifact
) -> str:
    """The same image in many Environments is looked at once, or a few times where they ask at the same moment."""
    place = ("image", str(image), key.hex())
    if place not in known:
        known[place] = image_problem(registry, keys, key, image)
    found: str = known[place]
    return found


def image_problem(registry: Registry, keys: Keys, key: bytes, image: ImageArtifact) -> str:
    """Why an image is not signed by the key, or an empty string."""
    if image.digest is None:
        return "has no digest, so nothing can be signed of it"
    blobs = registry.signatures(image.repository, image.digest)
    claims = [claim for blob in blobs for claim in _claims(blob)]
    if not claims:
        return "has no signature"
    about = [one for one in claims if one.digest == image.digest]
    if not about:
        return "has signatures of other images alone"
    if any(_is_by(keys, key, one) for one in about if not one.keyless):
        return ""
    if all(one.keyless for one in about):
        return "is signed by an identity, and not by the key"
    return "is signed by another key"


def _claims(blob: SignatureBlob) -> Sequence[Claim]:
    if blob.media_type.startswith(BUNDLE):
        return bundle_claims(blob.body)
    found = simple_claim(blob.body, blob.signature, keyless=blob.certified)
    return [found] if found is not None else []


def _is_by(keys: Keys, key: bytes, claim: Claim) -> bool:
    return keys.made_by(key, claim.signature, claim.signed, hashed=claim.hashed)
