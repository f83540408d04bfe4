"""What can be wrong with YAML, in one table: code, fixed summary, and what to do."""

from __future__ import annotations

from gitpromote.errors import SourceInvalid

__all__ = ["unreadable"]

_SUMMARIES = {
    "generate-name": "An object has generateName and no name",
    "manifest-invalid": "A document is not a Kubernetes object",
    "yaml-alias-bomb": "The aliases of a YAML document stand for too much",
    "yaml-duplicate-key": "A YAML key appears twice",
    "yaml-hidden-document": "A document hides inside another one",
    "yaml-invalid": "A YAML document cannot be read",
    "yaml-separator": "A document begins on the line of its separator",
    "yaml-too-deep": "A YAML document is nested too deeply",
    "yaml-too-large": "A YAML file is too large",
    "yaml-value": "A value cannot be written as YAML",
}
_HINTS = {
    "generate-name": "Give it metadata.name: an object that is called something else each time cannot be compared.",
    "yaml-alias-bomb": "A document like this is built to exhaust memory; no manifest needs it.",
    "yaml-duplicate-key": "Remove one of them: readers of YAML do not agree which one counts.",
    "yaml-hidden-document": "Put a line with --- between them: Kubernetes reads only the first one.",
    "yaml-separator": "Put it on the next line: Kubernetes refuses it here.",
}


def unreadable(code: str, detail: str) -> SourceInvalid:
    """The error of a code.

    :param detail: place and reason
    """
    return SourceInvalid(_SUMMARIES[code], code=code, detail=detail, hint=_HINTS.get(code, ""))
