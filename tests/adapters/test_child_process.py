"""What code of a user may see: the way to its own folder is left open, and no more of what that lies in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import gitpromote.adapters
from gitpromote.adapters.child_process import _LIST, _SEEN, _but
from gitpromote.adapters.renderers.apart import apart

ADAPTERS = Path(gitpromote.adapters.__file__).parent


def test_a_checkout_that_lies_in_a_folder_of_the_system_is_left_out(tmp_path: Path) -> None:
    system, app = tmp_path / "opt", tmp_path / "opt" / "src" / "app"
    for place in (app / ".git", system / "tool", system / "src" / "other"):
        place.mkdir(parents=True)
    assert set(_but(app, system)) == {
        (str(system), _LIST),
        (str(system / "tool"), _SEEN),
        (str(system / "src"), _LIST),
        (str(system / "src" / "other"), _SEEN),
    }
    assert list(_but(app, tmp_path / "usr")) == [(str(tmp_path / "usr"), _SEEN)]


@pytest.mark.skipif("--pid" not in apart(), reason="this system gives no process numbers of their own")
@pytest.mark.parametrize("child", ["gate_child.py", "policy_child.py", "renderers/python_child.py"])
def test_what_the_first_process_of_a_container_starts_ends_by_itself_too(child: str, tmp_path: Path) -> None:
    """There the one that started it has the number 1, though it has no namespace of its own."""
    (tmp_path / "busy.py").write_text("while True:\n    pass\n")
    request = {"path": sys.path, "file": str(tmp_path / "busy.py"), "module": "busy", "function": "busy:judge"}
    request |= {"kind": "python", "code": "", "facts": {}, "source": str(tmp_path), "parameters": {}, "name": "judge"}
    (tmp_path / "request.json").write_text(json.dumps(request))
    script = (
        "import subprocess, sys\n"
        f"words = [sys.executable, '-s', '-P', {str(ADAPTERS / child)!r}, {str(tmp_path / 'request.json')!r}, '1']\n"
        "sys.exit(subprocess.run(words, capture_output=True, timeout=30).returncode + 40)\n"
    )
    words = ["unshare", "--user", "--map-current-user", "--pid", "--fork", "--kill-child", sys.executable, "-c", script]
    assert subprocess.run(words, capture_output=True, check=False, timeout=60).returncode == 41
