"""What is remembered comes back whole, or not at all."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitpromote.adapters.remembered import recall, remember


def test_what_was_remembered_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "known"
    assert recall(file) is None
    for data in (b"", b"first\n", b"second"):
        remember(file, data)
        assert recall(file) == data
    assert [path.name for path in tmp_path.iterdir()] == ["known"]
    assert file.stat().st_mode & 0o777 == 0o600


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=80), at=st.integers(min_value=0), mask=st.integers(1, 255))
def test_one_byte_that_is_not_as_written_makes_it_unknown(tmp_path: Path, data: bytes, at: int, mask: int) -> None:
    file = tmp_path / "known"
    remember(file, data)
    whole = bytearray(file.read_bytes())
    whole[at % len(whole)] ^= mask
    file.write_bytes(whole)
    assert recall(file) is None


def test_where_nothing_can_be_written_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remember(tmp_path / "missing" / "known", b"data")
    remember(tmp_path / "file" / "known", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
