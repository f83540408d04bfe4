"""Signatures of commits, made by git with real keys, verified against a file of allowed signers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.repository import GitRepository
from tests.programs import needed


def git(*words: str, cwd: Path) -> str:
    done = subprocess.run(["git", *words], cwd=cwd, capture_output=True, check=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ada", "bob"):
        words = [needed("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    return folder


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "settings"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "work"
    git("init", "-q", "-b", "main", str(folder), cwd=tmp_path)
    for name, value in (("user.name", "Ada"), ("user.email", "ada@acme.example"), ("gpg.format", "ssh")):
        git("config", name, value, cwd=folder)
    return folder


@pytest.fixture
def commit(work, keys):
    def made(signer: str = "", *, email: str = "ada@acme.example") -> str:
        sign = [f"-S{keys / signer}.pub"] if signer else ["--no-gpg-sign"]
        key = ["-c", f"user.signingKey={keys / signer}"] if signer else []
        words = ["-c", f"user.email={email}", *key, "commit", "-q", "--allow-empty", "-m", "change"]
        git(*words, *[f"-S{keys / signer}" if signer else sign[0]], cwd=work)
        return git("rev-parse", "HEAD", cwd=work)

    return made


@pytest.fixture
def asked(work, tmp_path):
    """Fetch, and ask for commits."""

    def found(commits: list[str], allowed: str) -> dict[str, str]:
        repository = GitRepository("home", Mirror.open(str(work), cache_dir=tmp_path / "cache"))
        repository.fetch(["refs/heads/*"])
        try:
            return dict(repository.unsigned(commits, allowed=allowed.encode()))
        finally:
            repository.close()

    return found


def allow(keys: Path, *names: str, options: str = "") -> str:
    lines = [f"{name}@acme.example {options}{(keys / f'{name}.pub').read_text()}" for name in names]
    return "".join(lines)


def test_a_commit_by_an_allowed_signer_is_signed(commit, asked, keys):
    assert asked([commit("ada"), commit("bob")], allow(keys, "ada", "bob")) == {}


def test_others_are_told_with_why(commit, asked, keys):
    signed, none, other = commit("ada"), commit(), commit("bob")
    assert asked([signed, none, other], allow(keys, "ada")) == {
        none: "has no signature",
        other: "is signed by somebody else",
    }


def test_nobody_is_allowed_by_an_empty_file(commit, asked):
    one = commit("ada")
    assert asked([one], "") == {one: "is signed by somebody else"}


def test_a_commit_that_was_changed_after_signing_does_not_count(commit, asked, keys, work):
    content = subprocess.run(["git", "cat-file", "commit", commit("ada")], cwd=work, capture_output=True, check=True)
    changed = content.stdout.replace(b"\n\nchange\n", b"\n\nanother\n")
    words = ["git", "hash-object", "-t", "commit", "-w", "--stdin"]
    oid = subprocess.run(words, cwd=work, input=changed, capture_output=True, check=True).stdout.decode().strip()
    git("update-ref", "refs/heads/changed", oid, cwd=work)
    assert asked([oid], allow(keys, "ada")) == {oid: "has a signature that is not sound"}


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ('namespaces="git" ', True),
        ('namespaces="file" ', False),
        ('valid-before="20200101" ', False),
        ('valid-after="20200101" ', True),
    ],
)
def test_what_the_file_says_of_a_signer_counts(commit, asked, keys, options, counts):
    one = commit("ada")
    assert (asked([one], allow(keys, "ada", options=options)) == {}) is counts


def test_what_the_users_own_settings_trust_does_not_count(commit, asked, keys, tmp_path):
    own = tmp_path / "own"
    own.write_text(allow(keys, "bob"))
    settings = f'[gpg "ssh"]\n\tallowedSignersFile = {own}\n[gpg]\n\tminTrustLevel = never\n'
    (tmp_path / "settings").write_text(settings)
    one = commit("bob")
    assert asked([one], allow(keys, "ada")) == {one: "is signed by somebody else"}


def test_a_signature_of_another_kind_does_not_count(commit, asked, keys, work):
    made = subprocess.run(["git", "cat-file", "commit", commit()], cwd=work, capture_output=True, check=True).stdout
    armour = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n aGVsbG8=\n -----END PGP SIGNATURE-----\n"
    changed = made.replace(b"\n\nchange", b"\n" + armour.rstrip(b"\n") + b"\n\nchange")
    words = ["git", "hash-object", "-t", "commit", "-w", "--stdin"]
    oid = subprocess.run(words, cwd=work, input=changed, capture_output=True, check=True).stdout.decode().strip()
    git("update-ref", "refs/heads/pgp", oid, cwd=work)
    assert list(asked([oid], allow(keys, "ada"))) == [oid]


def test_a_hundred_commits_are_told_apart(commit, asked, keys):
    oids = [commit("ada" if at % 10 else "") for at in range(40)]
    assert set(asked(oids, allow(keys, "ada"))) == set(oids[::10])
