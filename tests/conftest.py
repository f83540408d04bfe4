"""What tests of every layer need: nothing that belongs to whoever runs them."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

# What a shell starts in the background ignores Ctrl-C, and so do its children: tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_PREFIXES = ("GIT_", "SSH_", "XDG_", "GITPROMOTE_", "HELM_", "DOCKER_")


@pytest.fixture
def only_our_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, and the file of its git settings, to be added to. Folders that run git ask for it."""
    for name in [name for name in os.environ if name.startswith(_PREFIXES)]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("COLUMNS", raising=False)
    settings = tmp_path / "gitconfig"
    settings.write_text("[core]\n\tfsync = none\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return settings


@pytest.fixture
def command_lines() -> Callable[[], list[str]]:
    """The command lines of all processes that run now."""

    def read() -> list[str]:
        lines = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                lines.append((entry / "cmdline").read_text().replace("\0", " ") if entry.name.isdigit() else "")
        return lines

    return read
