"""What all values have in common: frozen, compared by value, closed or open to unknown members."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

# Validators are built when a class is first used (``defer_build``): a run needs few of all the classes it imports.


class Value(BaseModel):
    """A frozen value of our own making: unknown members are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False, defer_build=True)


class Document(BaseModel):
    """A frozen value that is saved and read back: members that a later minor version added are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
