"""What a caller asks of a plan, before the world is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitpromote.model.discovered import FreightLock


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request.

    :ivar freight: id, beginning of an id, or alias; ``None`` for what each Environment's selection gives
    :ivar images: ``repo:tag@digest``, given by hand; ``charts`` likewise ``repo:version``
    :ivar commit: a revision of the home repository, given by hand
    :ivar unpinned: where no registry answers, what was named without a digest is taken as it is
    :ivar everywhere: what was named is looked at in each Environment, also where it has been before
    :ivar warehouse: the one Warehouse that is asked; ``None`` for all
    :ivar forced: Freight is made whatever the policies of Warehouses say, and at once
    :ivar whole: all candidates are wanted, for telling of them
    :ivar fresh: every tag is asked for anew, whatever it was when it was seen
    :ivar partly: where one registry fails, what the others have is told all the same
    :ivar regardless: what fails for some Environments or Warehouses is told, and the others are planned all the same
    :ivar lock: what discovery found before; nothing else is looked for
    :ivar environments: names, exactly these; ``None`` for all
    :ivar apps: names of Apps; ``None`` for all
    :ivar replace: Environment to the foreign commit that is to be undone there
    """

    freight: str | None = None
    images: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    commit: str | None = None
    unpinned: bool = False
    everywhere: bool = False
    warehouse: str | None = None
    forced: bool = False
    whole: bool = False
    fresh: bool = False
    partly: bool = False
    regardless: bool = False
    lock: FreightLock | None = None
    environments: tuple[str, ...] | None = None
    apps: tuple[str, ...] | None = None
    replace: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_hand(self) -> bool:
        """Whether artifacts were named."""
        return bool(self.images or self.charts or self.commit)
