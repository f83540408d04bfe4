"""Which bytes of the sources a Freight changes: edits as plain data, and their application to files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitpromote.errors import ConfigurationError
from gitpromote.model.artifact import ChartArtifact, ImageArtifact, canonical_repository
from gitpromote.model.edits import Edit, FluxSetters, SetValue
from gitpromote.model.freight import Freight
from gitpromote.model.render import ChainSpec, KustomizeSpec, RenderSpec

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
            found += _flux_edits(files, images)
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


def apply_edits(read: Mapping[str, bytes], edits: Iterable[EditData]) -> dict[str, bytes]:
    """The files that edits change, as they would be; bytes outside an edit stay as they are.

    :param read: path to bytes of at least the files that the edits name
    :raises ConfigurationError: an edit names a file that the render does not read
    :raises SourceInvalid: a file that cannot be edited safely
    """
    changed: dict[str, bytes] = {}
    for edit in edits:
        file = edit["file"]
        if file not in read:
            raise _unread(file)
        changed[file] = _applied(changed.get(file, read[file]), edit)
    return {path: data for path, data in changed.items() if data != read[path]}


def _applied(data: bytes, edit: EditData) -> bytes:
    # Here, since what edits there are is asked far more often than one is made, and these read YAML.
    from gitpromote.render.edit import apply_flux_setters, set_image, set_kustomize_image, set_value

    file = edit["file"]
    match edit["kind"]:
        case "kustomize-image":
            return set_kustomize_image(
                data, repository=edit["repository"], tag=edit["tag"], digest=edit["digest"], pin=edit["pin"], file=file
            )
        case "set-image":
            image = {name: edit[name] for name in ("repository", "tag", "digest", "part")}
            return set_image(data, edit["path"], file=file, **image)
        case "set-value":
            return set_value(data, edit["path"], edit["value"], file=file)
        case _:
            images = [ImageArtifact(**image) for image in edit["images"]]
            return apply_flux_setters(data, images=images, file=file)


def _unread(file: str) -> ConfigurationError:
    return ConfigurationError(
        "An edit names a file that the render does not read",
        code="edit-unread-file",
        detail=file,
        hint="Name the file from the repository's root, as the renderer reads it.",
    )
