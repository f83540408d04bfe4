"""What a caller asks of a plan, before the world is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request.

    :ivar freight: id, beginning of an id, or alias; ``None`` for what each Environment's selection gives
    :ivar images: ``repo:tag@digest``, given by hand; ``charts`` likewise ``repo:version``
    :ivar commit: a revision of the home repository, given by hand
    :ivar environments: names, exactly these; ``None`` for all
    :ivar apps: names of Apps; ``None`` for all
    :ivar replace: Environment to the foreign commit that is to be undone there
    """

    freight: str | None = None
    images: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    commit: str | None = None
    environments: tuple[str, ...] | None = None
    apps: tuple[str, ...] | None = None
    replace: Mapping[str, str] = field(default_factory=dict)
