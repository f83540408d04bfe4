"""The text of commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from pydantic import Field

from gitpromote.model.definition import Definition
from gitpromote.model.problems import Fault
from gitpromote.model.substitute import parse, unknown_names

__all__ = ["MESSAGE_NAMES", "Message"]

#: What a commit's message and a tag may name.
MESSAGE_NAMES = ("env", "freight", "pipeline")


class Message(Definition):
    """A commit's message; our trailers are added to it.

    :param text: ``$env``, ``$freight``, ``$pipeline`` and ``$label.NAME`` are substituted; ``$$`` is a dollar sign
    """

    kind: ClassVar[str] = "message"
    means: ClassVar[str] = 'a message such as Message("promote($env): $freight")'

    text: str = Field(kw_only=False)

    def fill(self, values: Mapping[str, str | None]) -> str:
        """The text for one commit."""
        return parse(self.text).fill(values)

    def _faults(self) -> Iterable[Fault]:
        if not self.text.strip() or "\0" in self.text:
            yield Fault("message-invalid", "the text is empty or no text", "", "text")
        for told, hint in unknown_names(self.text, MESSAGE_NAMES):
            if "alone" not in told:
                yield Fault("unknown-substitution", told, hint, "text")
