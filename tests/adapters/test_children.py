"""The processes that a user's code runs in end by themselves, where nobody is left to end them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import gitpromote.adapters
from gitpromote.adapters.renderers.process import lifetime
from gitpromote.model.render import Limits

ADAPTERS = Path(gitpromote.adapters.__file__).parent


@pytest.mark.parametrize("child", ["gate_child.py", "policy_child.py", "renderers/python_child.py"])
def test_a_child_whose_parent_was_killed_does_not_live_on(child: str, tmp_path: Path) -> None:
    file = tmp_path / "busy.py"
    file.write_text("while True:\n    pass\n")
    request = {"path": sys.path, "file": str(file), "module": "busy", "function": "busy:judge", "name": "judge"}
    request |= {"kind": "python", "code": "", "facts": {}, "source": str(tmp_path), "parameters": {}, "scene": {}}
    (tmp_path / "request.json").write_text(json.dumps(request))
    words = [sys.executable, "-I", str(ADAPTERS / child), str(tmp_path / "request.json"), "1"]
    assert subprocess.run(words, capture_output=True, timeout=60).returncode == 1


def test_it_lives_longer_than_whoever_started_it_waits() -> None:
    assert lifetime(Limits(timeout=0.5)) == 6
    assert lifetime(Limits(timeout=120)) == 125
