"""Edits: how Freight's versions get into the sources, before they are rendered or in place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from gitpromote.model.definition import Definition
from gitpromote.model.fields import Scalar, scalar_faults
from gitpromote.model.names import path_problem, shown
from gitpromote.model.problems import Fault

__all__ = ["Edit", "FluxSetters", "Part", "Pin", "SetValue"]

Pin: TypeAlias = Literal["tag@digest", "digest", "tag"]
Part: TypeAlias = Literal["tag", "digest", "tag@digest", "repository"]


class Edit(Definition):
    """A change to a source file that touches only the bytes that are meant."""

    means: ClassVar[str] = 'an edit such as SetValue("values.yaml", "image.tag", image="ghcr.io/acme/shop")'


class SetValue(Edit):
    """Put a version or a value at a path of a YAML file.

    :param file: the file, from the repository's root; ``$env`` and ``$app`` are substituted
    :param path: where in it: ``image.tag``, ``containers[0].image``; a dot in a key is written ``\\.``
    :param image: the repository of an image that a Warehouse subscribes to
    :param chart: the address of a chart that a Warehouse subscribes to: its version is written
    :param value: this value itself; ``$env`` and ``$app`` are substituted in text
    :param part: what of the image is written; by default what ``pin`` says
    """

    kind: ClassVar[str] = "set-value"
    path_fields: ClassVar[tuple[str, ...]] = ("file", "path")
    queries: ClassVar[tuple[str, ...]] = ("value",)

    file: str = Field(kw_only=False)
    path: str = Field(kw_only=False)
    image: str | None = None
    chart: str | None = None
    value: Scalar = None
    part: Part | None = None

    def _faults(self) -> Iterable[Fault]:
        given = [name for name in ("image", "chart", "value") if getattr(self, name) is not None]
        if len(given) != 1:
            told = f"has {' and '.join(given)}" if given else "has nothing to write"
            yield Fault("edit-invalid", told, "give one of image=, chart= and value=")
        if self.part is not None and self.image is None:
            yield Fault("edit-invalid", "part goes with image", "leave part= out", "part")
        yield from scalar_faults("value", self.value, "value")
        reason = path_problem(self.file) or (None if self.file.strip("./") else "is a folder")
        if reason:
            yield Fault("path-invalid", f"the file {shown(self.file)} {reason}", "", "file")
        if not self.path or self.path.startswith((".", "$.", "/")) or self.path.endswith("."):
            hint = 'write the keys with dots between them: "image.tag"'
            yield Fault("edit-invalid", f"{shown(self.path)} is not a path in a YAML file", hint, "path")


class FluxSetters(Edit):
    """Honour Flux's setter comments (``# {"$imagepolicy": …}``) in the App's sources.

    Values that name another image, or of which nothing says the image, stay as they are. In place, comments in a file
    that another Environment of the branch reads too block the plan (``setters-shared``), and so does Freight of which
    no comment takes anything (``setters-missing``).
    """

    kind: ClassVar[str] = "flux-setters"
