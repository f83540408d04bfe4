"""A Pipeline with an Environment that was renamed."""

from __future__ import annotations

import pytest

from gitpromote import App, Branch, Environment, Pipeline, Plain


@pytest.fixture
def small_pipeline() -> Pipeline:
    """Two Environments, the second with two old names."""
    environments = [Environment("test"), Environment("stage", moved=["qa", "uat"])]
    return Pipeline("p", apps=[App("a", Plain("d"))], target=Branch("env/$env"), environments=environments)
