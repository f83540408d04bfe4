"""The archive of a chart, looked into before anybody else does: what it is called, and that it is no trap.

Nothing of it is written to disk: helm reads it packed, as it came.
"""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from typing import Any, NamedTuple

from gitpromote.errors import SourceInvalid
from gitpromote.render.parse import parse_yaml

#: Bytes of an archive that is fetched.
LARGEST_PACKED = 32 << 20
_LARGEST = 100 << 20  # bytes of everything in it; what helm itself takes by default
_MOST_FILES = 10_000
_DEEPEST = 5  # archives in archives: charts of charts
_PACKED_CHART = re.compile(r"[^/]+(?:/charts/[^/]+)*/charts/[^/_.][^/]*\.tgz")
_LARGEST_ABOUT = 1 << 20  # bytes of a Chart.yaml


class _Trap(Exception):
    """Why an archive is not used: the words go behind its name."""

    def __init__(self, words: str, *, is_large: bool = False) -> None:
        super().__init__(words)
        self.is_large = is_large


class _Budget:
    """What an archive and those inside it may come to, all together."""

    def __init__(self) -> None:
        self.room = _LARGEST
        self.files = _MOST_FILES

    def unpacked(self, data: bytes) -> bytes:
        """What is packed, in however many pieces."""
        parts = []
        while data:
            unpack = zlib.decompressobj(wbits=31)
            try:
                parts.append(unpack.decompress(data, self.room + 1))
            except zlib.error:
                raise _Trap("is not packed with gzip") from None
            self.room -= len(parts[-1])
            if self.room < 0:
                raise _Trap(f"unpacks to more than {_LARGEST:,} bytes", is_large=True)
            if not unpack.eof:
                raise _Trap("is cut off")
            data = unpack.unused_data
        return b"".join(parts)

    def count(self) -> None:
        self.files -= 1
        if self.files < 0:
            raise _Trap(f"holds more than {_MOST_FILES:,} files", is_large=True)


class _About(NamedTuple):
    name: str
    version: str


def check_archive(data: bytes, *, name: str, version: str, told: str) -> None:
    """Refuse an archive that is no chart of this name and version, or that unpacks to too much or elsewhere.

    :param told: what it is called in errors: ``oci://ghcr.io/acme/charts/shop:1.4.2``
    :raises SourceInvalid: ``chart-archive-invalid``, ``chart-archive-too-large``
    """
    try:
        about = _about(data, _Budget(), _DEEPEST)
    except _Trap as trap:
        raise _too_large(f"{told} {trap}") if trap.is_large else _invalid(f"{told} {trap}") from None
    if about is None:
        raise _invalid(f"{told} has no Chart.yaml that says its name and version")
    if about.name != name or about.version.removeprefix("v") != version.removeprefix("v"):
        raise _invalid(f"{told} holds the chart {about.name!r} of version {about.version!r}")


def _about(data: bytes, budget: _Budget, depth: int) -> _About | None:
    """What the first Chart.yaml in the first folder says. Archives in it are looked through as well."""
    found: _About | None = None
    try:
        with tarfile.open(fileobj=io.BytesIO(budget.unpacked(data)), mode="r:") as archive:
            for member in archive:
                budget.count()
                path = _checked(member)
                if found is None and path.count("/") == 1 and path.endswith("/Chart.yaml") and member.isfile():
                    found = _said(archive, member)
                elif member.isfile() and _PACKED_CHART.fullmatch(path):
                    _look_through(archive, member, budget, depth)
    except tarfile.TarError:
        raise _Trap("is no tar archive") from None
    return found


def _checked(member: tarfile.TarInfo) -> str:
    """Its path. Helm takes links and devices for empty files, so nothing that means what it says holds one."""
    path = member.name.replace("\\", "/").removeprefix("./")
    if path.startswith("/") or ".." in path.split("/") or "\0" in path or path[1:2] == ":":
        raise _Trap(f"holds a path that leads out of it: {member.name!r}")
    if not (member.isfile() or member.isdir()) or member.issparse():
        raise _Trap(f"holds something that is neither file nor folder: {member.name!r}")
    return path


def _look_through(archive: tarfile.TarFile, member: tarfile.TarInfo, budget: _Budget, depth: int) -> None:
    if depth == 0:
        raise _Trap(f"holds charts in charts, more than {_DEEPEST} deep", is_large=True)
    inner = archive.extractfile(member)
    assert inner is not None
    try:
        _about(inner.read(), budget, depth - 1)
    except _Trap as trap:
        raise _Trap(f"holds {member.name!r}, which {trap}", is_large=trap.is_large) from None


def _said(archive: tarfile.TarFile, member: tarfile.TarInfo) -> _About | None:
    if member.size > _LARGEST_ABOUT:
        raise _Trap(f"has a Chart.yaml of more than {_LARGEST_ABOUT:,} bytes", is_large=True)
    content = archive.extractfile(member)
    assert content is not None
    try:
        data: Any = next(iter(parse_yaml(content.read(), file="Chart.yaml")), None)
    except SourceInvalid:
        return None
    fields = data if isinstance(data, dict) else {}
    name, version = fields.get("name"), fields.get("version")
    return _About(name, version) if isinstance(name, str) and isinstance(version, str) else None


def _invalid(detail: str) -> SourceInvalid:
    return SourceInvalid(
        "What was fetched is not the chart that was asked for",
        code="chart-archive-invalid",
        detail=detail,
        hint="Tell who publishes it: helm package and helm push make what helm, and gitpromote, can use.",
    )


def _too_large(detail: str) -> SourceInvalid:
    return SourceInvalid(
        "A chart that was fetched is too large",
        code="chart-archive-too-large",
        detail=detail,
        hint="It is not rendered: no chart needs that, and what unpacks to so much may be meant to do harm.",
    )
