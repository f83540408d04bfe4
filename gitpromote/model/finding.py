"""What a policy found: where, what is wrong, and in how many objects."""

from __future__ import annotations

from pydantic import Field

from gitpromote.model.base import Document
from gitpromote.model.change import ObjectId, Path

__all__ = ["Finding"]


class Finding(Document):
    """One cause, told once.

    :ivar rule: ``pack/rule`` or the policy's own name
    :ivar object: the first object that it concerns; ``None`` where it concerns none
    :ivar path: the field, as in a plan's changes; empty for the whole object
    :ivar file: the source file where that is known, otherwise the rendered one
    :ivar line: from 1; 0 where it is not known
    :ivar app: whose object it is
    :ivar also: other objects with the same cause
    :ivar hint: what to do
    :ivar excepted: who excused it until when, where somebody did: it stops nothing
    """

    rule: str
    message: str
    object: ObjectId | None = None
    path: Path = ()
    file: str = ""
    line: int = 0
    app: str = ""
    also: tuple[ObjectId, ...] = ()
    hint: str = ""
    excepted: str = Field(default="", exclude_if=lambda value: not value)

    @property
    def count(self) -> int:
        """How many objects have this cause."""
        return len(self.also) + (self.object is not None)
