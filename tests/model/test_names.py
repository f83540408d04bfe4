"""Names, branches, paths and addresses: what Git and Kubernetes take, and what was probably meant."""

from __future__ import annotations

import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import Image, Window
from gitpromote.model.names import (
    address_problem,
    branch_problem,
    clean_path,
    did_you_mean,
    label_for,
    label_problem,
    path_problem,
    quoted,
    repository_key,
)
from gitpromote.model.problems import collecting
from gitpromote.model.substitute import parse


@pytest.mark.parametrize("name", ["a", "a1", "prod-eu", "0", "a--b", "x" * 63])
def test_labels_are_taken(name: str) -> None:
    assert label_problem(name) is None


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "a.b", "a b", "ä", "a/b", "x" * 64, "a\n"])
def test_what_is_no_label_is_refused(name: str) -> None:
    assert label_problem(name) is not None


@pytest.mark.parametrize(("name", "near"), [("Prod EU", "prod-eu"), ("_x_", "x"), ("prod", None), ("—", None)])
def test_the_nearest_label_is_offered(name: str, near: str | None) -> None:
    assert label_for(name) == near


@given(st.text(alphabet="abA0/.-_@{~^:*[ \\lockHEAD\x7f\té", max_size=12))
@settings(max_examples=100, deadline=None)
def test_branches_are_those_that_git_takes(name: str) -> None:
    git = subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True, check=False)
    if name.startswith("@"):  # git expands it to another branch
        return
    expected = git.returncode == 0 and not name.startswith("refs/") and name[:1] != "-"
    assert (branch_problem(name) is None) == expected, name


@pytest.mark.parametrize("name", ["refs/heads/main", "HEAD", "@", "a.lock", "a.LOCK/b", "a/.b", "", "-a", "a..b", "a/"])
def test_what_is_no_branch_is_refused(name: str) -> None:
    assert branch_problem(name) is not None


@pytest.mark.parametrize("path", ["", ".", "a", "a/", "./a", "a/b.yaml", ".github/", "a b", "é", "a/..b", "a$env"])
def test_paths_in_a_repository_are_taken(path: str) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize(
    "path",
    ["/", "/a", "..", "a/..", "../a", "a/../b", "a//b", "a/./b", "~/a", "a\\b", ".git", "a/.GIT/b", "a\0", "git~1"],
)
def test_paths_that_leave_it_or_mean_something_else_are_refused(path: str) -> None:
    assert path_problem(path) is not None


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("", ""),
        (".", ""),
        ("./", ""),
        ("a/", "a"),
        ("./a", "a"),
        (".//a", "a"),
        ("././a//", "a"),
        ("a/.", "a"),
        (".a", ".a"),
    ],
)
def test_a_path_has_one_spelling(path: str, clean: str) -> None:
    assert clean_path(path) == clean


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example/acme/gitops.git",
        "https://git.example/acme/gitops/",
        "https://bot@GIT.example/acme/gitops",
        "ssh://git@git.example/acme/gitops.git",
        "git@git.example:acme/gitops.git",
        "git.example:acme/gitops",
    ],
)
def test_spellings_of_one_repository_are_one(url: str) -> None:
    assert repository_key(url) == "git.example/acme/gitops"


@pytest.mark.parametrize(
    "url", ["https://git.example/Acme/gitops", "https://git.example:8443/acme/gitops", "/acme/gitops"]
)
def test_other_repositories_are_others(url: str) -> None:
    assert repository_key(url) != "git.example/acme/gitops"


@pytest.mark.parametrize(
    "url", ["", " ", "--upload-pack=x", "ext::sh -c x", "fd::17/x", "https://x/y\n", " https://x/y"]
)
def test_addresses_that_git_would_misread_are_refused(url: str) -> None:
    assert address_problem(url) is not None


@pytest.mark.parametrize("url", ["https://x/y", "git@x:y", "/srv/git/x.git", "file:///srv/x", "../x", "ssh://[::1]/x"])
def test_addresses_that_git_takes_are_taken(url: str) -> None:
    assert address_problem(url) is None


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("tset", ["test", "uat"], "did you mean test?"),
        ("pull-request", ["push", "pull_request"], "did you mean pull_request?"),
        ("Test", ["test"], "did you mean test?"),
        ("nothing", ["test", "uat"], ""),
        ("x", [], ""),
    ],
)
def test_the_nearest_name_is_offered(name: str, known: list[str], hint: str) -> None:
    assert did_you_mean(name, known) == hint


@given(st.text(max_size=20))
@settings(max_examples=100, deadline=None)
def test_a_quoted_text_reads_back(text: str) -> None:
    assert eval(quoted(text)) == text
    assert "\n" not in quoted(text)


def test_long_texts_take_no_long_time() -> None:
    start = time.perf_counter()
    for piece in ("a", "a-", "a.b-", "a/", "-", "1 || ", "1 - ", "{", "$", "a: ", "@"):
        text = piece * 3000 + "!"
        for check in (label_problem, branch_problem, path_problem, address_problem, repository_key, parse):
            check(text)
        with collecting():
            Image(text, text)
            Window(text)
    assert time.perf_counter() - start < 5
