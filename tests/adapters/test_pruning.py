"""A folder of the cache is cleaned once a day, and not at all where nothing can be written."""

from __future__ import annotations

import os
import time
from pathlib import Path

from gitpromote.adapters.pruning import is_due

DAY = 86400


def test_it_is_due_once_a_day(tmp_path: Path) -> None:
    now = time.time()
    assert [is_due(tmp_path, now=now), is_due(tmp_path, now=now + DAY / 2)] == [True, False]
    assert [is_due(tmp_path, now=now + 2 * DAY), is_due(tmp_path)] == [True, False]


def test_a_clock_that_ran_ahead_does_not_keep_it_from_being_due(tmp_path: Path) -> None:
    assert is_due(tmp_path)
    os.utime(tmp_path / "pruned", (time.time() + 400 * DAY,) * 2)
    assert [is_due(tmp_path), is_due(tmp_path)] == [True, False]


def test_where_nothing_can_be_written_it_is_never_due(tmp_path: Path) -> None:
    assert not is_due(tmp_path / "missing")

    (tmp_path / "file").write_bytes(b"")
    assert not is_due(tmp_path / "file")
