"""Programs that a user's machine may lack."""

from __future__ import annotations

import os
import shutil

import pytest


def needed(name: str) -> str:
    """A program's name; a test that needs it is skipped where there is none, but not in CI."""
    if shutil.which(name) is None:
        told = f"there is no {name}"
        pytest.fail(told) if os.environ.get("CI") == "true" else pytest.skip(told)
    return name
