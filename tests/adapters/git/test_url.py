"""One mirror per repository, and no credential in anything that is shown."""

from __future__ import annotations

import pytest

from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.git.url import absolute, canonical_repository, canonical_url, is_local, masked, mirror_name
from gitpromote.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://GitHub.com/acme/gitops.git", "https://github.com/acme/gitops"),
        ("https://ci:word@github.com:443/acme/gitops/", "https://github.com/acme/gitops"),
        ("HTTPS://token@github.com/acme/gitops", "https://github.com/acme/gitops"),
        ("http://h:8080/x", "http://h:8080/x"),
        ("git@github.com:acme/gitops.git", "ssh://git@github.com/acme/gitops"),
        ("ssh://git@github.com:22/acme/gitops", "ssh://git@github.com/acme/gitops"),
        ("lea@host:gitops", "ssh://lea@host/~/gitops"),
        ("lea@host:/srv/gitops", "ssh://lea@host/srv/gitops"),
        ("ssh://lea:word@host/srv/gitops", "ssh://lea@host/srv/gitops"),
        ("file:///srv/a%20b.git", "file:///srv/a b.git"),
        ("/srv/gitops.git/", "file:///srv/gitops.git"),
        ("/srv/x/../gitops.git", "file:///srv/gitops.git"),
    ],
)
def test_a_repository_has_one_name(url, canonical):
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("https://ci:word@GitHub.com/acme/gitops.git", "github.com/acme/gitops"),
        ("git@github.com:acme/gitops.git", "github.com/acme/gitops"),
        ("ssh://git@github.com/acme/git@ops", "github.com/acme/git@ops"),
        ("http://h:8080/a@b/c", "h:8080/a@b/c"),
        ("/srv/a@b.git", "/srv/a@b.git"),
        ("file:///srv/gitops", "/srv/gitops"),
    ],
)
def test_a_repository_is_called_alike_by_every_scheme(url, called):
    assert canonical_repository(url) == called


def test_what_is_on_this_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a:b").mkdir()
    names = ["/x", "x", "./x", "../x:y", "file:///x", "a:b", "host:x", "ssh://host/x", "https://h/x"]
    assert [is_local(name) for name in names] == [True, True, True, True, True, True, False, False, False]


def test_a_path_counts_from_its_base(tmp_path):
    assert absolute("../x.git", base=tmp_path / "work") == str(tmp_path / "x.git")
    assert absolute("/x.git", base=tmp_path) == "/x.git"
    assert absolute("host:x.git", base=tmp_path) == "host:x.git"
    assert absolute("file://x", base=tmp_path) == "file://x"


def test_a_mirrors_name_can_be_read_and_is_unique():
    assert mirror_name("https://ci:word@github.com/acme/gitops.git") == "github.com-acme-gitops-2f3470741146c70a.git"
    names = {
        mirror_name(url) for url in ("https://h/a-b", "https://h/a/b", "http://h/a/b", "https://h/A/b", "https://h/ü")
    }
    assert len(names) == 5
    assert len(mirror_name("https://h/" + "long/" * 100)) < 100


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fatal: 'https://ci:word@h/x' not found", "fatal: 'https://***@h/x' not found"),
        ("https://ghp_token@h/x and http://a:b@c", "https://***@h/x and http://***@c"),
        ("https://ci:pass@word@h/x", "https://***@h/x"),
        ("https://ci:pa/ss@h/x", "https://***@h/x"),
        ("ssh://git@h/x", "ssh://git@h/x"),
        ("ssh://git:word@h/x", "ssh://git:***@h/x"),
        ("git@h:x and lea@acme.example", "git@h:x and lea@acme.example"),
        ("https://h/x", "https://h/x"),
    ],
)
def test_credentials_are_masked(text, shown):
    assert masked(text) == shown


@pytest.mark.parametrize("url", ["", "  ", "https://h/x\n--upload-pack=x", "a\0b"])
def test_a_malformed_url_is_refused(url, cache):
    with pytest.raises(ConfigurationError) as caught:
        Mirror.open(url, cache_dir=cache)
    assert caught.value.code == "repository-url-invalid"
    assert not cache.exists()
