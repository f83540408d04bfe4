"""How a value shows itself to a notebook: the forms that it has, those that are asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def forms(
    known: Mapping[str, Any], include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, Any]:
    """Media type to form. https://ipython.readthedocs.io/en/stable/config/integrating.html

    :param include: of these types alone; default: all
    :param exclude: not of these types
    """
    wanted = set(include or known) - set(exclude or ())
    return {kind: form for kind, form in known.items() if kind in wanted}
