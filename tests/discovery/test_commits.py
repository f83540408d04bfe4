"""Commits: by branch and by tag, and whether what changed since the last Freight concerns a subscription."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gitpromote import Git
from gitpromote.discovery.commits import commits_in_order, touches, untouched_reason
from gitpromote.discovery.select import Selection
from gitpromote.model.candidate import CommitCandidate, Rejected


def commit(digit: str, *, tag: str | None = None, at: int = 0) -> CommitCandidate:
    return CommitCandidate(repository="git.acme.example/shop", oid=digit * 40, tag=tag, at=at)


def tags(selection: Selection) -> list[str | None]:
    return [one.tag for one in selection.candidates if isinstance(one, CommitCandidate)]


TAGGED = [
    commit("1", tag="v1.0.0", at=30),
    commit("2", tag="v1.10.0", at=10),
    commit("3", tag="v1.9.0", at=30),
    commit("4", tag="v2.0.0-rc.1", at=40),
    commit("5", tag="2024", at=5),
    commit("6", at=99),
]


def test_a_branch_keeps_its_order_whatever_the_clocks_said() -> None:
    commits = [commit("a", at=1), commit("b", at=9), commit("c", at=5)]
    selection = commits_in_order(Git(limit=2), commits)
    assert selection == Selection(
        candidates=tuple(commits[:2]), rejected=(Rejected(name="ccccccc", reason="is not among the newest 2"),)
    )


@pytest.mark.parametrize(
    ("git", "expected"),
    [
        (Git(strategy="semver"), ["v1.10.0", "v1.9.0", "v1.0.0"]),
        (Git(strategy="semver", constraint="<1.10"), ["v1.9.0", "v1.0.0"]),
        (Git(strategy="semver", constraint=">=1-0", ignore=["rc"]), ["v1.10.0", "v1.9.0", "v1.0.0"]),
        (Git(strategy="lexical"), ["v2.0.0-rc.1", "v1.9.0", "v1.10.0", "v1.0.0", "2024"]),
        (Git(strategy="lexical", allow=["^v1"], limit=2), ["v1.9.0", "v1.10.0"]),
        (Git(strategy="newest-tag"), ["v2.0.0-rc.1", "v1.9.0", "v1.0.0", "v1.10.0", "2024"]),
    ],
)
def test_tags_stand_in_the_order_of_their_strategy(git: Git, expected: list[str]) -> None:
    for order in (TAGGED, TAGGED[::-1]):
        selection = commits_in_order(git, order)
        assert tags(selection) == expected
        assert selection.rejected[-1] == Rejected(name="6666666", reason="has no tag")


def test_two_tags_on_one_commit_are_two_candidates() -> None:
    commits = [commit("1", tag="v1.0.0"), commit("1", tag="1.0.0")]
    assert tags(commits_in_order(Git(strategy="semver"), commits)) == ["v1.0.0", "1.0.0"]


def test_one_path_that_counts_is_enough() -> None:
    git = Git(include=["deploy/", "glob:charts/*/values.yaml"], exclude=["deploy/README.md"])
    assert touches(git, ["README.md", "deploy/base/a.yaml"])
    assert touches(git, ["charts/shop/values.yaml"])
    assert not touches(git, ["deploy/README.md", "deployment/a.yaml", "charts/shop/x/values.yaml"])
    assert not touches(git, [])
    assert touches(Git(), ["anything"])


def test_what_the_apps_read_stands_in_for_no_include() -> None:
    git = Git(include=None, exclude=["glob:**/*.md"])
    assert touches(git, ["deploy/shop/a.yaml"], read=["deploy/shop"])
    assert not touches(git, ["deploy/shop/README.md", "src/main.py"], read=["deploy/shop"])


def test_what_did_not_count_is_told() -> None:
    git = Git(include=["deploy/"])
    assert untouched_reason(git, ["deploy/a"]) == ""
    assert untouched_reason(git, []) == "changes no file since the last Freight"
    assert untouched_reason(git, ["b", "a"]) == "changes only a, b, which this subscription does not follow"
    assert untouched_reason(git, "abcde") == (
        "changes only a, b, c and 2 more, which this subscription does not follow"
    )


def git_in(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@t.example", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_rename_counts_at_both_its_paths_and_a_deletion_where_it_was(tmp_path: Path) -> None:
    git_in(tmp_path, "init", "-q")
    for name in ("in/moved", "in/gone"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name * 50)
    git_in(tmp_path, "add", ".")
    git_in(tmp_path, "commit", "-qm", "first")
    git_in(tmp_path, "rm", "-q", "in/gone")
    (tmp_path / "out").mkdir()
    git_in(tmp_path, "mv", "in/moved", "out/moved")
    git_in(tmp_path, "commit", "-qm", "second")
    changed = git_in(tmp_path, "diff", "--no-renames", "--name-only", "HEAD~", "HEAD").split()
    assert changed == ["in/gone", "in/moved", "out/moved"]
    for include in ("in/gone", "in/moved", "out"):
        assert touches(Git(include=[include]), changed)
