"""Which version of a chart an agent takes: the one that the sources tell it, before and after an edit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from gitpromote.engine.ask import Ask
from gitpromote.engine.renderings import Renderings
from gitpromote.errors import SourceInvalid
from gitpromote.model.artifact import canonical_repository
from gitpromote.model.edits import SetValue
from gitpromote.model.render import ChartPin
from gitpromote.render.edit import get_value

_VERSION = re.compile(r"v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


def as_stated(renderings: Renderings, ask: Ask, changed: Mapping[str, bytes]) -> Ask:
    """The render with the version of its chart that is written where its App's edit writes it.

    :param changed: path to bytes of files that are not as the render reads them
    :raises SourceInvalid: what is written there is no version (``chart-version-unstated``)
    """
    held = ask.chart
    assert held is not None
    edit = _edit(ask, held)
    files = {**renderings.source_bytes(ask, [edit.file]), **changed}
    stated = get_value(files[edit.file], edit.path, file=edit.file) if edit.file in files else None
    if not isinstance(stated, str) or not _VERSION.fullmatch(stated):
        raise _unstated(ask, edit, stated)
    # Freight knows the digest of its own version; of another one it is what was seen first.
    digest = held.digest if stated == held.version else ""
    return replace(ask, chart=ChartPin(held.address, stated, digest))


def _edit(ask: Ask, chart: ChartPin) -> SetValue:
    """The definition has one: see ``chart_problems``."""
    wanted = canonical_repository(chart.address)
    edits = (edit for edit in ask.app.edits if isinstance(edit, SetValue) and edit.chart is not None)
    return next(edit for edit in edits if canonical_repository(edit.chart or "") == wanted)


def _unstated(ask: Ask, edit: SetValue, stated: object) -> SourceInvalid:
    told = "nothing" if stated is None else repr(stated)
    return SourceInvalid(
        "The sources do not say which version of a chart is taken",
        code="chart-version-unstated",
        detail=f"{ask.name}: {edit.file} has {told} at {edit.path}",
        hint="Write the version that runs there now, such as 1.4.2. What changes cannot be told otherwise.",
    )
