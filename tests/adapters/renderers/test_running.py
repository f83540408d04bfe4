"""What is told of a renderer that runs, with programs made up for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gitpromote.adapters.renderers.job import render
from gitpromote.adapters.renderers.running import shown
from gitpromote.errors import CacheFailed, InternalError, RenderFailed, SourceInvalid
from gitpromote.model.render import KustomizeSpec, RendererTool, RenderJob

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"


@pytest.fixture
def job_of(tmp_path: Path):
    """A job whose kustomize is this script."""

    def make(script: str, **others) -> RenderJob:
        program = tmp_path / "kustomize"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        tool = RendererTool("kustomize", (str(program), "build"), "1", "")
        inputs = {"over/kustomization.yaml": ("100644", b"resources: []\nfoo: bar\n")}
        return RenderJob(label="shop in prod", spec=KustomizeSpec(path="over"), inputs=inputs, tools=(tool,), **others)

    return make


def failure(job: RenderJob) -> str:
    with pytest.raises(RenderFailed) as caught:
        render(job)
    return caught.value.detail


def test_what_a_logger_puts_around_words_is_taken_away(job_of) -> None:
    line = r'E1121 11:47:58.610845   10130 run.go:72] "command failed" err="json: unknown field \"foo\""'
    assert failure(job_of(f"cat >&2 <<'E'\n{line}\nE\nexit 1")) == (
        "shop in prod: kustomize build over  (exit status 1)\n"
        '  error: json: unknown field "foo"\n'
        "over/kustomization.yaml:2"
    )


def test_warnings_are_the_same_each_time_and_each_told_once(job_of) -> None:
    script = (
        f"cat <<'E'\n{POD}E\n"
        "cat >&2 <<E\ntime=2026-11-21T11:47:58Z level=WARN msg=old\n"
        "2026/11/21 11:47:58 slow\nslow\n\n$PWD/a.yaml is odd\nE"
    )
    assert render(job_of(script)).warnings == ("level=WARN msg=old", "slow", "a.yaml is odd")


def test_a_failure_without_words_is_told_by_its_status(job_of) -> None:
    assert failure(job_of("exit 7")) == "shop in prod: kustomize build over  (exit status 7)"
    assert failure(job_of("kill -TERM $$")) == "shop in prod: kustomize build over  (ended by signal 15)"


def test_very_long_words_are_cut(job_of) -> None:
    told = failure(job_of("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1"))
    assert len(told) < 9000
    assert told.endswith("x …")


def test_words_that_are_no_utf8_can_be_told(job_of) -> None:
    assert failure(job_of("printf 'caf\\351' >&2; exit 1")).endswith("caf\ufffd")


def test_output_that_is_no_manifest_is_refused_with_where_it_came_from(job_of) -> None:
    for script in ("echo 'a: ['", "echo 'just words'", "printf 'a: \\351\\n'"):
        with pytest.raises(SourceInvalid) as caught:
            render(job_of(script))
        assert caught.value.detail.startswith("over")


def test_no_credential_reaches_a_renderer(job_of, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "GIT_ASKPASS", "SSH_AUTH_SOCK", "DOCKER_AUTH_CONFIG"):
        monkeypatch.setenv(name, "seeded-secret")
    made = render(job_of(f"cat <<'E'\n{POD}E\nenv | grep seeded >&2; ls -A $HOME >&2; true"))
    assert made.warnings == ()


def test_a_folder_to_keep_things_in_that_cannot_be_written_is_told(job_of, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheFailed) as caught:
        render(job_of(f"cat <<'E'\n{POD}E", keep=str(tmp_path / "file")))
    assert caught.value.code == "keep-not-writable"


def test_what_is_kept_stays_inside_the_folder_whatever_the_label(job_of, tmp_path: Path) -> None:
    job = replace(job_of(f"cat <<'E'\n{POD}E", keep=str(tmp_path / "kept")), label="../../x y")
    render(job)
    render(job)  # again, over what is there
    assert {path.name for path in tmp_path.iterdir()} == {"kept", "kustomize"}


def test_a_job_without_its_tool_is_our_bug(job_of) -> None:
    with pytest.raises(InternalError) as caught:
        render(replace(job_of(""), tools=()))
    assert str(caught.value) == "A render job came without its tool  [job-without-tool]\nkustomize"


def test_a_command_line_is_shown_with_the_programs_name() -> None:
    assert shown(("/opt/x y/helm", "template", "a b")) == "helm template 'a b'"
