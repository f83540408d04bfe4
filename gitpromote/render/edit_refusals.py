"""Why a source is not edited, in one table: each error as it is, but for its place."""

from __future__ import annotations

from gitpromote.errors import SourceInvalid

__all__ = ["refused"]

_ERRORS = (
    SourceInvalid(
        "An edit goes through an alias",
        code="edit-alias",
        hint="Write the value itself there, or edit the place that has the anchor.",
    ),
    SourceInvalid("An edit would replace a block of text", code="edit-block-scalar"),
    SourceInvalid(
        "An edit goes through a merge key",
        code="edit-merge-key",
        hint="Write the key itself into the mapping, or edit the place that has the anchor.",
    ),
    SourceInvalid("An edit would replace a whole mapping or list", code="edit-not-scalar"),
    SourceInvalid("The path of an edit names more than one place", code="edit-path-ambiguous"),
    SourceInvalid("The path of an edit is not in the file", code="edit-path-missing"),
    SourceInvalid(
        "An edit goes into a template",
        code="edit-template",
        hint="Move the value to a values file, and edit that.",
    ),
    SourceInvalid("An edit would change more than it says", code="edit-unsafe"),
    SourceInvalid(
        "An edit wants what the image does not have",
        code="image-unpinned",
        hint="Give the image with its tag and digest: ghcr.io/acme/shop:1.4.2@sha256:…",
    ),
)
_BY_CODE = {error.code: error for error in _ERRORS}


def refused(code: str, detail: str) -> SourceInvalid:
    """The error of a code.

    :param detail: place and reason
    """
    error = _BY_CODE[code]
    return SourceInvalid(error.summary, code=code, detail=detail, hint=error.hint)
