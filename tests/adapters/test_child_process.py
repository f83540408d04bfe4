"""What code of a user may see: the way to its own folder is left open, and no more of what that lies in."""

from __future__ import annotations

from pathlib import Path

from gitpromote.adapters.child_process import _LIST, _SEEN, _but


def test_a_checkout_that_lies_in_a_folder_of_the_system_is_left_out(tmp_path: Path) -> None:
    system, app = tmp_path / "opt", tmp_path / "opt" / "src" / "app"
    for place in (app / ".git", system / "tool", system / "src" / "other"):
        place.mkdir(parents=True)
    assert set(_but({app}, system)) == {
        (str(system), _LIST),
        (str(system / "tool"), _SEEN),
        (str(system / "src"), _LIST),
        (str(system / "src" / "other"), _SEEN),
    }
    assert list(_but({app}, tmp_path / "usr")) == [(str(tmp_path / "usr"), _SEEN)]
