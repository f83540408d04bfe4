"""Which bytes of the sources a Freight changes: edits as plain data, and their application to files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitpromote.errors import ConfigurationError
from gitpromote.model.artifact import ChartArtifact, ImageArtifact, canonical_repository
from gitpromote.model.edits import Edit, FluxSetters, SetValue
from gitpromote.model.freight import Freight
from gitpromote.model.render import ChainSpec, HelmSpec, KustomizeSpec, RenderSpec

_CHART_FILES = frozenset({"Chart.yaml", "values.yaml", "values.yml", "requirements.yaml"})
_CHART_FOLDERS = ("templates/", "crds/", "charts/")
_UNCLEAR = "neither its value, nor what stands beside it, nor an ImagePolicy says which image it is of"

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

#: One edit as plain data: what ``apply_edits`` carries out, what the render key and the Records hold.
EditData = dict[str, Any]


def edits_for(
    spec: RenderSpec, edits: Sequence[Edit], freight: Iterable[Freight], *, pin: str, files: Iterable[str]
) -> tuple[EditData, ...]:
    """What a Freight changes in one App's sources.

    Kustomize images are set by themselves; everything else is said by ``edits``.

    :param pin: ``tag@digest``, ``digest`` or ``tag``
    :param files: the paths that the render reads, to find the kustomization's spelling
    """
    freight = list(freight)
    images = [image for item in freight for image in item.images]
    charts = [chart for item in freight for chart in item.charts]
    found: list[EditData] = []
    kustomization = _kustomization(spec, files)
    if kustomization:
        found += [_kustomize_edit(kustomization, image, pin) for image in images]
    for edit in edits:
        if isinstance(edit, SetValue):
            found.append(_value_edit(edit, images, charts, pin))
        elif isinstance(edit, FluxSetters):
            found += _flux_edits([path for path in files if takes_setters(spec, path)], images)
    return tuple(found)


def _kustomization(spec: RenderSpec, files: Iterable[str]) -> str | None:
    if isinstance(spec, ChainSpec):
        return _kustomization(spec.second, files)
    if not isinstance(spec, KustomizeSpec):
        return None
    present = set(files)
    folder = spec.path.strip("/").removeprefix("./")
    names = [f"{folder}/{name}" if folder and folder != "." else name for name in KUSTOMIZATION_NAMES]
    return next((name for name in names if name in present), names[0])


def _kustomize_edit(file: str, image: ImageArtifact, pin: str) -> EditData:
    return {
        "kind": "kustomize-image",
        "file": file,
        "repository": image.repository,
        "tag": image.tag,
        "digest": image.digest,
        "pin": _possible_pin(pin, image),
    }


def _possible_pin(pin: str, image: ImageArtifact) -> str:
    """What can be written: an unpinned image has no digest, one followed by digest has no tag."""
    if image.digest is None:
        return "tag"
    if image.tag is None:
        return "digest"
    return pin


def _value_edit(edit: SetValue, images: Sequence[ImageArtifact], charts: Sequence[ChartArtifact], pin: str) -> EditData:
    if edit.image is not None:
        image = _found(images, edit.image, "image")
        part = edit.part if edit.part == "repository" else _possible_pin(edit.part or pin, image)
        members = {"repository": image.repository, "tag": image.tag, "digest": image.digest, "part": part}
        return {"kind": "set-image", "file": edit.file, "path": edit.path, **members}
    value = edit.value if edit.chart is None else _found(charts, edit.chart, "chart").version
    return {"kind": "set-value", "file": edit.file, "path": edit.path, "value": value}


def _found(artifacts: Sequence[Any], repository: str, kind: str) -> Any:
    wanted = canonical_repository(repository)
    for artifact in artifacts:
        if canonical_repository(artifact.repository) == wanted:
            return artifact
    raise ConfigurationError(
        "An edit names what the Freight does not hold",
        code="edit-unknown-artifact",
        detail=f"{kind} {repository}",
        hint=f"Subscribe a Warehouse to it: {kind.capitalize()}({repository!r})",
    )


def _flux_edits(files: Iterable[str], images: Sequence[ImageArtifact]) -> list[EditData]:
    named = [path for path in files if path.endswith((".yaml", ".yml"))]
    plain = [{"repository": image.repository, "tag": image.tag, "digest": image.digest} for image in images]
    return [{"kind": "flux-setters", "file": path, "images": plain} for path in sorted(named)]


def takes_setters(spec: RenderSpec, path: str) -> bool:
    """Whether setter comments in a file that a render reads are meant for it.

    A chart's folder is read whole. What lies in it and is no part of the chart, such as the values file of another
    Environment, is none of this render's.
    """
    if isinstance(spec, ChainSpec):
        return takes_setters(spec.first, path)
    if not isinstance(spec, HelmSpec) or spec.is_address:
        return True
    chart = _plain_path(spec.chart)
    inside = path.removeprefix(f"{chart}/") if chart else path
    if inside == path and chart:
        return True
    named = {_plain_path(one) for one in (*spec.values, *spec.stated)}
    return path in named or inside in _CHART_FILES or inside.startswith(_CHART_FOLDERS)


def _plain_path(path: str) -> str:
    plain = posixpath.normpath(path.strip("/"))
    return "" if plain == "." else plain


def apply_edits(read: Mapping[str, bytes], edits: Iterable[EditData]) -> dict[str, bytes]:
    """The files that edits change, as they would be; bytes outside an edit stay as they are.

    :param read: path to bytes of at least the files that the edits name
    :raises ConfigurationError: an edit names a file that the render does not read
    :raises SourceInvalid: a file that cannot be edited safely
    """
    changed: dict[str, bytes] = {}
    policies = _Policies(read)
    for edit in edits:
        file = edit["file"]
        if file not in read:
            raise _unread(file)
        changed[file] = _applied(changed.get(file, read[file]), edit, policies)
    return {path: data for path, data in changed.items() if data != read[path]}


class _Policies:
    """What Flux's objects say of policies, read when the first mark is there."""

    def __init__(self, read: Mapping[str, bytes]) -> None:
        self._read = read
        self._known: Mapping[str, str] | None = None

    def for_marks(self, data: bytes) -> Mapping[str, str]:
        """``namespace:name`` -> repository; nothing for a file without marks."""
        if b"$imagepolicy" not in data:
            return {}
        if self._known is None:
            from gitpromote.render.setter_policies import declared_policies

            self._known = declared_policies(self._read)
        return self._known


def setter_notes(read: Mapping[str, bytes], edits: Iterable[EditData]) -> tuple[str, ...]:
    """The setter comments that edits leave alone because nothing says which image they are about, in words.

    :param read: path to bytes of what the render reads, before or after the edits
    """
    from gitpromote.render.setters import unclear_places

    policies = _Policies(read)
    places = []
    for edit in edits:
        if edit["kind"] == "flux-setters" and edit["images"] and edit["file"] in read:
            data = read[edit["file"]]
            images = _images(edit)
            places += unclear_places(data, images=images, file=edit["file"], policies=policies.for_marks(data))
    return tuple(f"{one.where}: {one.policy} stays as it is: {_UNCLEAR}" for one in places)


def marks_set(read: Mapping[str, bytes], edits: Iterable[EditData]) -> tuple[str, ...]:
    """The setter comments whose values edits change: ``base/d.yaml:10 (flux-system:shop)``."""
    from gitpromote.render.setters import set_places

    policies = _Policies(read)
    places = []
    for edit in edits:
        data = read[edit["file"]]
        places += set_places(data, images=_images(edit), file=edit["file"], policies=policies.for_marks(data))
    return tuple(dict.fromkeys(f"{one.where} ({one.policy})" for one in places))


def repositories_placed(read: Mapping[str, bytes], edits: Iterable[EditData]) -> set[str]:
    """The canonical repositories of the images for whose version edits have a place.

    :param read: path to bytes of at least the files that the edits name
    """
    from gitpromote.render.setters import versioned_repositories

    policies, found = _Policies(read), set[str]()
    for edit in edits:
        if edit["kind"] == "flux-setters":
            data, file = read[edit["file"]], edit["file"]
            found |= versioned_repositories(data, images=_images(edit), file=file, policies=policies.for_marks(data))
        elif edit.get("part") != "repository" and "repository" in edit:
            found.add(canonical_repository(edit["repository"]))
    return found


def _images(edit: EditData) -> list[ImageArtifact]:
    return [ImageArtifact(**image) for image in edit["images"]]


def _applied(data: bytes, edit: EditData, policies: _Policies) -> bytes:
    # Here, since what edits there are is asked far more often than one is made, and these read YAML.
    from gitpromote.render.edit import apply_flux_setters, set_image, set_kustomize_image, set_plain, set_value

    file = edit["file"]
    match edit["kind"]:
        case "kustomize-image":
            return set_kustomize_image(
                data, repository=edit["repository"], tag=edit["tag"], digest=edit["digest"], pin=edit["pin"], file=file
            )
        case "set-image":
            image = {name: edit[name] for name in ("repository", "tag", "digest", "part")}
            return set_image(data, edit["path"], file=file, **image)
        case "set-value" if "plain" in edit:
            return set_plain(data, edit["path"], edit["plain"], file=file)
        case "set-value":
            return set_value(data, edit["path"], edit["value"], file=file)
        case _:
            return apply_flux_setters(data, images=_images(edit), file=file, policies=policies.for_marks(data))


def _unread(file: str) -> ConfigurationError:
    return ConfigurationError(
        "An edit names a file that the render does not read",
        code="edit-unread-file",
        detail=file,
        hint="Name the file from the repository's root, as the renderer reads it.",
    )
