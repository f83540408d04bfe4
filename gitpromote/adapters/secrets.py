"""Secrets, found where their references say. The one place that reads one; nothing here keeps it or tells it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gitpromote.errors import ConfigurationError
from gitpromote.model.secret import Secret, SecretCommand, SecretEnv, SecretFile

__all__ = ["Secrets"]

_SECONDS = 30.0
_LARGEST = 64 * 1024  # bytes


class Secrets:
    """Resolves references.

    :param folder: what relative paths of files count from: the pipeline file's folder
    :param env: default: the environment of this process
    """

    def __init__(self, *, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._env = os.environ if env is None else env

    def resolve(self, secret: Secret) -> str:
        """The secret's text, without the line end at its end.

        :raises ConfigurationError: it is not there, or cannot stand in a header (``secret-missing``)
        """
        match secret:
            case SecretEnv():
                text = self._env.get(secret.name)
                if text is None:
                    raise _missing(secret, "the variable is not set")
            case SecretFile():
                text = self._file(secret)
            case SecretCommand():
                text = self._printed(secret)
            case _:
                raise _missing(secret, "nobody knows how to read it")
        text = text.removesuffix("\n").removesuffix("\r")
        if not text:
            raise _missing(secret, "it is empty")
        if not text.isprintable():
            raise _missing(secret, "it has a line end or a control character in it")
        return text

    def _file(self, secret: SecretFile) -> str:
        path = self._folder / Path(secret.path).expanduser()
        try:
            with path.open("rb") as file:
                return _text(secret, file.read(_LARGEST + 1))
        except OSError as error:
            raise _missing(secret, error.strerror or type(error).__name__) from None

    def _printed(self, secret: SecretCommand) -> str:
        words = list(secret.command)
        try:
            done = subprocess.run(
                words,
                cwd=self._folder,
                env=dict(self._env),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _missing(secret, f"it takes longer than {_SECONDS:g} s") from None
        except OSError as error:
            raise _missing(secret, error.strerror or type(error).__name__) from None
        if done.returncode != 0:
            raise _missing(secret, f"exit status {done.returncode}")
        return _text(secret, done.stdout)


def _text(secret: Secret, data: bytes) -> str:
    if len(data) > _LARGEST:
        raise _missing(secret, f"it has more than {_LARGEST:,} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _missing(secret, "it is not text") from None


def _missing(secret: Secret, why: str) -> ConfigurationError:
    return ConfigurationError(
        "A secret is not there",
        code="secret-missing",
        detail=f"{secret!r}: {why}",
        hint="It is read by whoever runs gitpromote; give it to that machine or job.",
    )
