"""What one render may take, where the ordinary limits are too low for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from gitpromote.model.definition import Definition
from gitpromote.model.problems import Fault

__all__ = ["Limits"]

_MOST_SECONDS = 24 * 3600
_MOST_MEGABYTES = 4096


class Limits(Definition):
    """What one render of an App may take. They change no output, only whether there is one.

    :param seconds: after which a renderer is ended
    :param megabytes: of output; a single file of it, and a single document, may be as large
    """

    kind: ClassVar[str] = "limits"
    means: ClassVar[str] = "limits such as Limits(seconds=300, megabytes=256)"

    seconds: int = 120
    megabytes: int = 64

    def _faults(self) -> Iterable[Fault]:
        for field, most in (("seconds", _MOST_SECONDS), ("megabytes", _MOST_MEGABYTES)):
            value = self.__dict__[field]
            if not 1 <= value <= most:
                yield Fault("limit-invalid", f"{field} {value} is not between 1 and {most}", "", field)
