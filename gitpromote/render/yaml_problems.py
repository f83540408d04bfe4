"""What can be wrong with YAML, in one table: each error as it is, but for its place."""

from __future__ import annotations

from gitpromote.errors import SourceInvalid

__all__ = ["unreadable"]

_ERRORS = (
    SourceInvalid(
        "An object has generateName and no name",
        code="generate-name",
        hint="Give it metadata.name: an object that is called something else each time cannot be compared.",
    ),
    SourceInvalid("A document is not a Kubernetes object", code="manifest-invalid"),
    SourceInvalid(
        "The aliases of a YAML document stand for too much",
        code="yaml-alias-bomb",
        hint="A document like this is built to exhaust memory; no manifest needs it.",
    ),
    SourceInvalid(
        "A YAML key appears twice",
        code="yaml-duplicate-key",
        hint="Remove one of them: readers of YAML do not agree which one counts.",
    ),
    SourceInvalid(
        "A document hides inside another one",
        code="yaml-hidden-document",
        hint="Put a line with --- between them: Kubernetes reads only the first one.",
    ),
    SourceInvalid("A YAML document cannot be read", code="yaml-invalid"),
    SourceInvalid(
        "A document begins on the line of its separator",
        code="yaml-separator",
        hint="Put it on the next line: Kubernetes refuses it here.",
    ),
    SourceInvalid("A YAML document is nested too deeply", code="yaml-too-deep"),
    SourceInvalid(
        "A YAML file is too large",
        code="yaml-too-large",
        hint="Divide it into several files. What a renderer gives may be larger: App(…, limits=Limits(megabytes=…))",
    ),
    SourceInvalid("A value cannot be written as YAML", code="yaml-value"),
)
_BY_CODE = {error.code: error for error in _ERRORS}


def unreadable(code: str, detail: str) -> SourceInvalid:
    """The error of a code.

    :param detail: place and reason
    """
    error = _BY_CODE[code]
    return SourceInvalid(error.summary, code=code, detail=detail, hint=error.hint)
