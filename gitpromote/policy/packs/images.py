"""Images: whether tomorrow's pull gets what was tested, and from where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from gitpromote.model.artifact import canonical_repository
from gitpromote.model.change import Path
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest, ManifestSet
from gitpromote.policy.packs.pack import Pack, found
from gitpromote.policy.packs.reading import mapping
from gitpromote.policy.packs.setting import names
from gitpromote.policy.packs.workloads import Pod, elements, other_images, pods_of
from gitpromote.policy.scene import Scene

__all__ = ["IMAGES", "ImageText", "images_of"]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class ImageText(NamedTuple):
    """An image as a pod names it; what is not written is empty."""

    repository: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, text: str) -> ImageText:
        """Taken apart; nothing is checked."""
        name, _, digest = text.strip().partition("@")
        repository, colon, tag = name.rpartition(":")
        if not colon or "/" in tag:
            repository, tag = name, ""
        return cls(repository, tag, digest)

    @property
    def is_pinned(self) -> bool:
        """Whether its digest is a whole one: nothing else can ever be pulled."""
        return bool(_DIGEST.fullmatch(self.digest))


class _Place(NamedTuple):
    manifest: Manifest
    text: str
    path: Path


def _images(scene: Scene, settings: Mapping[str, Any]) -> Iterator[_Place]:
    """Every image that is not ignored: of containers, of volumes, and what an object names for its pods."""
    for place in _places(scene.objects):
        if not _is_any(place.text, settings["ignore"]):
            yield place


def images_of(objects: ManifestSet) -> Iterator[tuple[str, Manifest]]:
    """Every image that runs, as it is written, and the object that names it."""
    return ((place.text.strip(), place.manifest) for place in _places(objects) if place.text.strip())


def _places(objects: ManifestSet) -> Iterator[_Place]:
    for pod in pods_of(objects):
        for text, path in (*_of_containers(pod), *_of_volumes(pod)):
            # What others make pods of may leave it open; a pod may not.
            if isinstance(text, str) and (text.strip() or pod.is_whole):
                yield _Place(pod.manifest, text, path)
    for manifest, image in other_images(objects):
        yield _Place(manifest, *image)


def _of_containers(pod: Pod) -> Iterator[tuple[Any, Path]]:
    return ((container.data.get("image"), (*container.path, "image")) for container in pod.containers)


def _of_volumes(pod: Pod) -> Iterator[tuple[Any, Path]]:
    for volume in elements(pod.spec.get("volumes"), (*pod.path, "volumes")):
        image = volume.data.get("image")
        if image is not None:
            yield mapping(image).get("reference"), (*volume.path, "image", "reference")


def _is_any(text: str, patterns: Sequence[str]) -> bool:
    """Whether an image is of one of some repositories, given as they are, as shell patterns, or as their beginning."""
    name = ImageText.parse(text).repository
    repository = canonical_repository(name) if patterns and name else ""
    if not repository or ".." in repository.split("/"):
        return False  # no registry takes it, and it is below nothing
    for pattern in patterns:
        bare = pattern.rstrip("/")
        if fnmatchcase(repository, bare) or fnmatchcase(repository, f"{bare}/*"):
            return True
        if _is_below(repository, canonical_repository(bare)):
            return True
    return False


def _is_below(repository: str, root: str) -> bool:
    return repository == root or repository.startswith(f"{root}/")


def _each(
    scene: Scene, settings: Mapping[str, Any], rule: str, judge: Callable[[str], str], *, hint: str
) -> Iterator[Finding]:
    told: dict[str, str] = {}  # many pods run the same few images
    for place in _images(scene, settings):
        if place.text not in told:
            told[place.text] = judge(place.text)
        if told[place.text]:
            yield found(rule, place.manifest, told[place.text], path=place.path, hint=hint)


def latest(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An image with the tag `latest`, or with neither tag nor digest; beside a digest no tag counts."""
    return _each(scene, settings, "images/latest", _latest, hint="name a version, or a digest")


def _latest(text: str) -> str:
    image = ImageText.parse(text)
    if not image.repository:
        return _EMPTY
    if image.is_pinned:
        return ""
    if not image.tag and image.digest:
        return f"the image {text} has no tag, and no whole digest"
    if not image.tag:
        return f"the image {text} has no tag, so it is whatever is latest"
    return f"the image {text} is whatever is latest" if image.tag == "latest" else ""


_EMPTY = "the image is empty"
_PIN = 'write it with @sha256:…; where a Warehouse brings it, App(…, pin="tag@digest") does that'


def digest(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An image without a digest, sha256 or sha512 in full: its tag may be moved to another one."""
    return _each(scene, settings, "images/digest", _digest, hint=_PIN)


def _digest(text: str) -> str:
    image = ImageText.parse(text)
    if not image.repository:
        return _EMPTY
    if image.digest and not image.is_pinned:
        return f"the image {text} has a digest that is none: sha256 takes 64 hexadecimal digits, sha512 takes 128"
    return "" if image.digest else f"the image {text} has no digest"


def registry(scene: Scene, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An image of a registry or repository that `registries` does not name."""
    allowed = settings["registries"]
    if not allowed:
        return iter(())
    return _each(
        scene,
        settings,
        "images/registry",
        lambda text: _registry(text, allowed),
        hint="mirror it to one of them, or add its registry to registries",
    )


def _registry(text: str, allowed: Sequence[str]) -> str:
    if not ImageText.parse(text).repository:
        return _EMPTY
    return "" if _is_any(text, allowed) else f"the image {text} comes from none of {', '.join(allowed)}"


IMAGES = Pack(
    help="which images run: no `latest`, pinned digests, allowed registries",
    rules={"latest": latest, "digest": digest, "registry": registry},
    settings={
        "registries": names(
            about='registries or repositories that images may come from, such as "ghcr.io/acme"; empty: any'
        ),
        "ignore": names(about="repositories that are not judged"),
    },
)
