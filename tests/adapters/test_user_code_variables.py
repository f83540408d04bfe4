"""What a pipeline file does to the environment's variables is undone."""

from __future__ import annotations

import os

from gitpromote.adapters.user_code import isolated


def test_variables_are_as_they_were_when_a_pipeline_file_has_run(tmp_path, monkeypatch):
    monkeypatch.setenv("GITPROMOTE_ORG_POLICIES", "https://git.example/acme/policies.git")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GIT_CONFIG_COUNT", raising=False)
    with isolated(tmp_path / "pipeline.py"):
        del os.environ["GITPROMOTE_ORG_POLICIES"]
        os.environ["HOME"] = "/elsewhere"
        os.environ["GIT_CONFIG_COUNT"] = "1"
    assert os.environ["GITPROMOTE_ORG_POLICIES"] == "https://git.example/acme/policies.git"
    assert os.environ["HOME"] == str(tmp_path)
    assert "GIT_CONFIG_COUNT" not in os.environ
