"""The repository that somebody works in is found from anywhere inside of it, with what reaches its origin."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gitpromote.adapters.git.commits import Identity
from gitpromote.adapters.git.workrepo import find_repository
from gitpromote.errors import ConfigurationError


@pytest.fixture
def work(tmp_path, git):
    path = tmp_path / "work"
    git("init", "-q", "-b", "main", str(path))
    (path / "pipelines").mkdir()
    (path / "pipelines/shop.py").write_text("")
    return path


def test_a_file_leads_to_its_repository(work, git):
    git("remote", "add", "origin", "https://git.acme.example/gitops.git", cwd=work)
    found = find_repository(work / "pipelines/shop.py")
    assert (found.toplevel, found.git_dir) == (work, work / ".git")
    assert found.origin_url == found.home_url == "https://git.acme.example/gitops.git"
    assert find_repository(work / "pipelines") == find_repository(work) == found


def test_without_an_origin_the_repository_itself_is_home(work):
    found = find_repository(work)
    assert found.origin_url is None
    assert found.home_url == str(work)


def test_an_origin_that_is_a_path_counts_from_the_work_tree(work, git, tmp_path, monkeypatch):
    git("remote", "add", "origin", "../origin.git", cwd=work)
    monkeypatch.chdir(work / "pipelines")
    assert find_repository(work / "pipelines").origin_url == str(tmp_path / "origin.git")


def test_of_several_urls_the_first_is_the_origin(work, git):
    for url in ("https://a.example/x", "https://b.example/x"):
        git("config", "--add", "remote.origin.url", url, cwd=work)
    assert find_repository(work).origin_url == "https://a.example/x"


def test_no_repository_is_none(tmp_path):
    assert find_repository(tmp_path) is None


def test_a_bare_repository_has_no_work_tree(origin):
    assert find_repository(origin.path) is None


def test_a_path_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        find_repository(tmp_path / "a/b/pipeline.py")
    assert caught.value.code == "path-missing"


def test_what_the_environment_redirects_is_not_followed(work, tmp_path, git, monkeypatch):
    git("init", "-q", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    assert find_repository(work).toplevel == work


def test_its_own_way_to_remotes_comes_along_and_is_not_shown(work, git, tmp_path):
    git("config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic c2VjcmV0", cwd=work)
    git("config", "core.sshCommand", "ssh -i key", cwd=work)
    git("config", "user.name", "nobody", cwd=work)
    (tmp_path / "included").write_text("[credential]\n helper = store\n")
    git("config", "include.path", str(tmp_path / "included"), cwd=work)
    found = find_repository(work)
    assert set(found.transport) == {
        ("http.https://github.com/.extraheader", "AUTHORIZATION: basic c2VjcmV0"),
        ("core.sshcommand", "ssh -i key"),
        ("credential.helper", "store"),
    }
    git("remote", "add", "origin", "https://ci:word@a.example/x", cwd=work)
    text = repr(find_repository(work))
    assert "c2VjcmV0" not in text
    assert "word" not in text


def test_which_branches_are_checked_out(work, git, tmp_path):
    assert find_repository(work).checked_out() == {"refs/heads/main": work}
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=work)
    git("worktree", "add", "-q", "-b", "env/prod", str(tmp_path / "second one"), cwd=work)
    git("branch", "other", cwd=work)
    wanted = {"refs/heads/main": work, "refs/heads/env/prod": tmp_path / "second one"}
    assert find_repository(work).checked_out() == wanted
    assert find_repository(tmp_path / "second one").checked_out() == wanted
    assert find_repository(tmp_path / "second one").toplevel == tmp_path / "second one"
    git("checkout", "-q", "--detach", cwd=work)
    assert find_repository(work).checked_out() == {"refs/heads/env/prod": tmp_path / "second one"}


def test_the_commit_that_is_checked_out(work, git):
    assert find_repository(work).head_commit() is None
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=work)
    assert find_repository(work).head_commit() == git("rev-parse", "HEAD", cwd=work)


def test_who_works_here(work, git):
    assert find_repository(work).identity() is None
    git("config", "user.name", "Lea", cwd=work)
    git("config", "user.email", "lea@acme.example", cwd=work)
    assert find_repository(work).identity() == Identity("Lea", "lea@acme.example")


def test_the_repository_as_objects_to_follow(work, git):
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=work)
    with find_repository(work).repo() as repo:
        assert repo.head.commit.summary == "first"


def test_a_repository_that_went_away_is_told(work):
    found = find_repository(work)
    subprocess.run(["rm", "-r", str(work)], check=True)
    with pytest.raises(ConfigurationError) as caught:
        found.repo()
    assert caught.value.code == "repository-unreadable"


def test_finding_a_repository_does_not_load_gitpython(work):
    code = (
        "import sys; from pathlib import Path; from gitpromote.adapters.git.workrepo import find_repository;"
        "assert find_repository(Path(sys.argv[1])); print('git' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(work)], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
