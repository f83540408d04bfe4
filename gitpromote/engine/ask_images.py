"""Signatures of images, by a key on the home repository's default branch as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gitpromote.engine.ask_signatures import home_file
from gitpromote.engine.inquiry import Answer, Inquiry, Question
from gitpromote.errors import ConfigurationError, GitpromoteError
from gitpromote.model.artifact import ImageArtifact, canonical_repository
from gitpromote.model.gate_evidence import ImageSignature
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.model.subscription import Image
from gitpromote.policy.cosign import BUNDLE, Claim, bundle_claims, simple_claim
from gitpromote.policy.signature import KEYLESS
from gitpromote.ports import Keys, Registry, SignatureBlob

__all__ = ["image_problem", "images"]

_UNPINNED = "no Warehouse brings an image here: what the render runs is not pinned by Freight, and nobody can judge it"
_UNSEEN = "what the target would hold is not known here"
_ANY = f"sha256:{'0' * 64}"
_MOST = 20  # of what is not signed, in a plan


def images(inquiry: Inquiry) -> Question:
    """Every image of the Freight, or of everything that would run, by its digest."""
    gate: ImageSignature = inquiry.gate
    if gate.key is None:
        return Question("registries", lambda: Answer(error=KEYLESS))
    world, key = inquiry.world, home_file(inquiry, gate.key)
    entering = [one for freight in inquiry.context.freight.values() for one in freight.images]
    told: dict[str, Any] = {"key": gate.key, "at": key.commit}
    if gate.images == "rendered":
        running = _rendered(inquiry)
        if running is None:
            return Question("registries", lambda: Answer(error=_UNSEEN))
        rendered, unpinned = running
        wanted = _once([*entering, *rendered])
        told |= {"of": "rendered", "unpinned": unpinned[:_MOST], "lacking_digest": len(unpinned)}
    elif not entering and not _brings_images(inquiry):
        return Question("registries", lambda: Answer(error=_UNPINNED))
    else:
        wanted = _once(entering)
    registry, keys = world.registry, world.outside.keys

    def ask() -> Answer:
        found = registry.together([_remembered(inquiry, registry, keys, key.content, one) for one in wanted])
        whys = [_answered(one) for one in found]
        bad = [{"image": str(one), "why": why} for one, why in zip(wanted, whys, strict=True) if why]
        return Answer({"images": len(wanted), "unsigned": bad[:_MOST], "lacking": len(bad), **told})

    return Question(", ".join(dict.fromkeys(one.repository.partition("/")[0] for one in wanted)) or "registries", ask)


def _once(images: Iterable[ImageArtifact]) -> list[ImageArtifact]:
    """Each once, whatever tags it has and however its repository is written: what is signed is the digest."""
    found: dict[tuple[str, str | None], ImageArtifact] = {}
    for one in images:
        found.setdefault((canonical_repository(one.repository), one.digest or one.tag), one)
    return list(found.values())


def _brings_images(inquiry: Inquiry) -> bool:
    """Whether images come there as Freight at all: if this one has none, those that are there were judged before."""
    here = inquiry.context.environment
    watched = [one for one in inquiry.world.pipeline.warehouses if one.name in here.warehouses]
    held = any(freight.images for freight in inquiry.context.previous.values())
    return held or any(isinstance(one, Image) for each in watched for one in each.subscriptions)


# -- what would run


def _rendered(inquiry: Inquiry) -> tuple[list[ImageArtifact], list[dict[str, str]]] | None:
    """The images of all pods that the target would make, and those that no digest names, with where they stand.

    ``None`` where nobody knows what it would hold.
    """
    objects = inquiry.objects() if inquiry.objects is not None else None
    if objects is None:
        return None
    place = ("rendered images", inquiry.context.environment.name)
    if place not in inquiry.known:
        inquiry.known[place] = _taken_apart(objects)
    found: tuple[list[ImageArtifact], list[dict[str, str]]] = inquiry.known[place]
    return found


def _taken_apart(objects: ManifestSet) -> tuple[list[ImageArtifact], list[dict[str, str]]]:
    from gitpromote.policy.packs.images import images_of  # few gates look at what is rendered

    named: dict[str, Manifest] = {}
    for text, manifest in images_of(objects):
        named.setdefault(text, manifest)
    pinned, unpinned = [], []
    for text, manifest in named.items():
        image = _parsed(text)
        if image is not None and image.digest is not None:
            pinned.append(image)
        else:
            why = "has no digest" if image is not None or _parsed(f"{text}@{_ANY}") is not None else "is no image"
            unpinned.append({"image": text, "why": why, "object": manifest.ref.title(manifest.version)})
    return pinned, unpinned


def _parsed(text: str) -> ImageArtifact | None:
    try:
        return ImageArtifact.parse(text)
    except ConfigurationError:
        return None


# -- one image


def _remembered(
    inquiry: Inquiry, registry: Registry, keys: Keys, key: bytes, image: ImageArtifact
) -> Callable[[], str]:
    """The question for one image: the same in many Environments is asked once, or a few times at the same moment."""
    known, place = inquiry.known, ("image", str(image), key.hex())

    def ask() -> str:
        if place not in known:
            known[place] = image_problem(registry, keys, key, image)
        found: str = known[place]
        return found

    return ask


def _answered(found: str | GitpromoteError) -> str:
    if isinstance(found, GitpromoteError):
        raise found
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
