"""Errors for charts that are to be fetched and cannot be; the caller raises them."""

from __future__ import annotations

from gitpromote.errors import RemoteFailed


def version_missing(address: str, version: str, why: str, *, near: str = "") -> RemoteFailed:
    """A version is not there, or not any more.

    :param near: "did you mean …?"
    """
    return RemoteFailed(
        "A version of a chart is not there",
        code="registry-chart-version-not-found",
        detail=f"{address}:{version}\n  {why}",
        hint=near[:1].upper() + near[1:] if near else "It may not have been pushed yet, or was removed.",
    )


def chart_changed(address: str, version: str, *, known: str, now: str) -> RemoteFailed:
    """A version was published again, with something else in it."""
    return RemoteFailed(
        "A version of a chart is another one than it was",
        code="registry-chart-changed",
        detail=f"{address}:{version}\n  known as {known}\n  now      {now}",
        hint="Somebody published it again. Publish what it is now as a new version, and promote that.",
    )


def archive_unsafe(doing: str, server: str) -> RemoteFailed:
    """An index leads to where others can listen in, or to an address with a login in it."""
    return RemoteFailed(
        "A chart repository names an archive that is not fetched",
        code="registry-archive-unsafe",
        detail=f"{doing}\n  it is said to be at {server}: without TLS, or by an address with a login in it",
        hint="Tell who runs it: helm repo index --url must be given an address with https://",
    )
