"""Manifests by the file that holds them: a target and what it is to become share most files, and each is read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gitpromote.model.manifest import Manifest

File = tuple[str, str, str]
"""Where manifests are: path, blob id, and the App that they count as."""


class Parsed:
    """The manifests of one run."""

    def __init__(self) -> None:
        self._known: dict[File, tuple[Manifest, ...]] = {}

    def unread(self, files: Iterable[File]) -> set[str]:
        """The blob ids whose bytes are needed."""
        return {file[1] for file in files if file not in self._known}

    def read(self, file: File, blobs: Mapping[str, bytes]) -> tuple[Manifest, ...]:
        """The manifests of a file.

        :param blobs: at least what was :meth:`unread`
        :raises SourceInvalid: it cannot be read as manifests
        """
        found = self._known.get(file)
        if found is None:
            from gitpromote.render.parse import parse_manifests  # YAML is loaded where something is compared

            path, oid, app = file
            found = self._known[file] = tuple(parse_manifests(blobs[oid], file=path, app=app).manifests.values())
        return found
