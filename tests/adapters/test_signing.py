"""SSH signatures, made and checked by the user's own ssh-keygen."""

from __future__ import annotations

import subprocess

import pytest

from gitpromote.adapters.signing import SshSigning
from gitpromote.errors import ConfigurationError
from tests.programs import needed

DATA = b'{"change_digest":"sha256:1"}'


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name, passphrase in (("ada", ""), ("bo", ""), ("locked", "secret")):
        words = [needed("ssh-keygen"), "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(folder / name)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    return folder


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    """The user's git settings, to be filled by a test."""
    for name in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "gitconfig"
    file.write_text("")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return file


@pytest.fixture
def signing(tmp_path):
    return SshSigning(folder=tmp_path)


def allowed(keys, **who):
    return "".join(f"{who[name]} {(keys / f'{name}.pub').read_text()}" for name in who).encode()


def fingerprint(keys, name):
    done = subprocess.run(["ssh-keygen", "-lf", str(keys / f"{name}.pub")], capture_output=True, check=True)
    return done.stdout.decode().split()[1]


def test_a_signature_of_an_allowed_key_gives_its_fingerprint(signing, keys):
    signature = signing.sign(DATA, key=str(keys / "ada"))
    assert signature.startswith("-----BEGIN SSH SIGNATURE-----\n")
    signers = allowed(keys, ada="ada@acme.example", bo="bo@acme.example")
    assert signing.verify(DATA, signature, identity="ada@acme.example", allowed=signers) == fingerprint(keys, "ada")


@pytest.mark.parametrize(
    ("change", "identity", "who"),
    [
        (b"x", "ada@acme.example", "ada"),
        (b"", "bo@acme.example", "ada"),
        (b"", "ada@acme.example", "bo"),
        (b"", "", "ada"),
        (b"", "*", "ada"),
        (b"", "-x", "ada"),
    ],
    ids=["other data", "other identity", "other key", "nobody", "everybody", "option"],
)
def test_anything_else_does_not_count(signing, keys, change, identity, who):
    signature = signing.sign(DATA, key=str(keys / who))
    signers = allowed(keys, ada="ada@acme.example")
    assert signing.verify(DATA + change, signature, identity=identity, allowed=signers) is None


@pytest.mark.parametrize(
    "signature", ["", "nonsense", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"]
)
def test_what_is_no_signature_does_not_count(signing, keys, signature):
    assert signing.verify(DATA, signature, identity="ada@x", allowed=allowed(keys, ada="ada@x")) is None
    assert signing.verify(DATA, signature, identity="ada@x", allowed=None) is None


@pytest.mark.parametrize("signers", [b"", b"# nobody\n", b"garbage\n", b"\xff\xfe\n"])
def test_where_nobody_is_allowed_nothing_counts(signing, keys, signers):
    signature = signing.sign(DATA, key=str(keys / "ada"))
    assert signing.verify(DATA, signature, identity="ada@x", allowed=signers) is None


def test_where_no_signers_are_named_any_sound_signature_counts(signing, keys):
    signature = signing.sign(DATA, key=str(keys / "bo"))
    assert signing.verify(DATA, signature, identity="whoever", allowed=None) == fingerprint(keys, "bo")
    assert signing.verify(DATA + b"x", signature, identity="whoever", allowed=None) is None


def test_a_signature_for_another_purpose_does_not_count(signing, keys, tmp_path):
    """Git signs commits with the same keys."""
    file = tmp_path / "data"
    file.write_bytes(DATA)
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(keys / "ada"), str(file)]
    subprocess.run(words, check=True, capture_output=True)
    signature = file.with_suffix(".sig").read_text()
    assert signing.verify(DATA, signature, identity="ada@x", allowed=allowed(keys, ada="ada@x")) is None
    assert signing.verify(DATA, signature, identity="ada@x", allowed=None) is None


@pytest.mark.parametrize("kind", ["file", "public file", "literal", "key::"])
def test_the_key_that_git_signs_with_signs_here_too(signing, keys, settings, kind, tmp_path, monkeypatch):
    public = (keys / "ada.pub").read_text().strip()
    value = {"file": keys / "ada", "public file": keys / "ada.pub", "literal": public, "key::": f"key::{public}"}[kind]
    settings.write_text(f'[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = "{value}"\n')
    if kind != "file":  # its other half is with an agent
        started = subprocess.run(["ssh-agent", "-a", str(tmp_path / "agent")], capture_output=True, check=True)
        process = started.stdout.decode().partition("SSH_AGENT_PID=")[2].partition(";")[0]
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        subprocess.run(["ssh-add", "-q", str(keys / "ada")], check=True, capture_output=True)
    try:
        signature = signing.sign(DATA, key=None)
    finally:
        if kind != "file":
            subprocess.run(["ssh-agent", "-k"], env={"SSH_AGENT_PID": process}, check=False, capture_output=True)
    assert signing.verify(DATA, signature, identity="ada@x", allowed=None) == fingerprint(keys, "ada")


@pytest.mark.parametrize("text", ["", "[user]\n\tsigningKey = ABCDEF01\n", "[gpg]\n\tformat = openpgp\n"])
def test_without_an_ssh_key_nothing_is_signed(signing, settings, text):
    settings.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        signing.sign(DATA, key=None)
    assert str(caught.value) == (
        "The approval cannot be signed  [signing-failed]\nNo key is named, and git signs with none here.\n"
        "Name one with --key ~/.ssh/id_ed25519, or tell git once:\n"
        "  git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub"
    )


@pytest.mark.parametrize("key", ["missing", "locked"])
def test_a_key_that_cannot_sign_is_told_in_its_words(signing, keys, key):
    with pytest.raises(ConfigurationError) as caught:
        signing.sign(DATA, key=str(keys / key))
    error = caught.value
    assert (error.code, error.exit_code) == ("signing-failed", 11)
    assert error.detail
    assert error.hint == "Signing must work without a terminal: use an agent for keys with passphrases."


def test_a_machine_without_ssh_keygen_is_told(signing, keys, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigurationError) as caught:
        signing.sign(DATA, key=str(keys / "ada"))
    assert (caught.value.detail, caught.value.hint) == ("ssh-keygen is not on PATH.", "Install OpenSSH's client.")
