"""SSH signatures by ``ssh-keygen -Y``, with the keys that the user signs commits with."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from gitpromote.adapters.git.process import call_git
from gitpromote.errors import ConfigurationError

NAMESPACE = "gitpromote"


class SshSigning:
    """Makes and checks signatures. Keys stay where they are: with the user's agent or in their files.

    :param folder: where git is asked for ``user.signingKey``: what signs commits there signs approvals too
    """

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder

    def sign(self, data: bytes, *, key: str | None) -> str:
        """An armoured signature.

        :raises ConfigurationError: no key, or one that cannot sign (``signing-failed``)
        """
        chosen = key or self._configured_key()
        if not chosen:
            raise _failed(
                "No key is named, and git signs with none here.",
                hint="Name one with --key ~/.ssh/id_ed25519, or tell git once:\n"
                "  git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub",
            )
        with tempfile.TemporaryDirectory() as folder:
            file = _key_file(chosen, Path(folder))
            message = Path(folder) / "approval"
            message.write_bytes(data)
            ended = _run(["-Y", "sign", "-n", NAMESPACE, "-f", str(file), str(message)], b"")
            signature = message.with_suffix(".sig")
            if ended.returncode != 0 or not signature.is_file():
                words = ended.stderr.decode("utf-8", "replace").strip()
                raise _failed(
                    words, hint="Signing must work without a terminal: use an agent for keys with passphrases."
                )
            return signature.read_text()

    def _configured_key(self) -> str:
        """git's ``user.signingKey``, where it signs with SSH: a file, or the public key itself."""
        read = ["config", "--type=path", "--get"]
        how = call_git([*read, "gpg.format"], cwd=self._folder).output.decode().strip()
        return call_git([*read, "user.signingKey"], cwd=self._folder).output.decode().strip() if how == "ssh" else ""

    def verify(self, data: bytes, signature: str, *, identity: str, allowed: bytes | None) -> str | None:
        """The fingerprint of the key, if it may sign for that identity.

        :param allowed: the allowed signers; ``None``: any key, as long as the signature is sound
        """
        if not signature:
            return None
        with tempfile.TemporaryDirectory() as folder:
            signers, sealed = Path(folder) / "allowed", Path(folder) / "signature"
            signers.write_bytes(allowed or b"")
            sealed.write_text(signature)
            who = ["verify", "-f", str(signers), "-I", identity] if allowed is not None else ["check-novalidate"]
            ended = _run(["-Y", *who, "-n", NAMESPACE, "-s", str(sealed)], data)
        if ended.returncode != 0:
            return None
        told = ended.stdout.decode("utf-8", "replace")
        return next((word for word in reversed(told.split()) if word.startswith("SHA256:")), "unknown")


def _key_file(key: str, folder: Path) -> Path:
    """A key's file. A public key that stands in a setting gets one: the agent has its other half."""
    literal = key.removeprefix("key::")
    if key == literal and not key.startswith(("ssh-", "ecdsa-", "sk-")):
        return Path(key).expanduser()
    file = folder / "key.pub"
    file.write_text(literal + "\n")
    return file


def _run(words: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise _failed("ssh-keygen is not on PATH.", hint="Install OpenSSH's client.")
    env = {**os.environ, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}
    return subprocess.run(
        [program, *words], input=data, capture_output=True, env=env, check=False, start_new_session=True
    )


def _failed(detail: str, *, hint: str) -> ConfigurationError:
    return ConfigurationError("The approval cannot be signed", code="signing-failed", detail=detail, hint=hint)
