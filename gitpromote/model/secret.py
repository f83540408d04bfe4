"""References to secrets: read by adapters alone, never part of a definition, a plan or a log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from pydantic import Field

from gitpromote.model.definition import Definition
from gitpromote.model.fields import Many
from gitpromote.model.names import shown
from gitpromote.model.problems import Fault

__all__ = ["Secret", "SecretCommand", "SecretEnv", "SecretFile"]


class Secret(Definition):
    """Where a secret is found; never the secret."""

    means: ClassVar[str] = 'a reference such as SecretEnv("NAME")'


class SecretEnv(Secret):
    """The value of an environment variable.

    :param name: the variable's name, without a dollar sign
    """

    kind: ClassVar[str] = "secret-env"

    name: str = Field(kw_only=False)

    def _faults(self) -> Iterable[Fault]:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.name):
            near = self.name.strip("${}")
            hint = f'write SecretEnv("{near}")' if near.isidentifier() and near.isascii() else ""
            yield Fault("secret-invalid", f"{shown(self.name)} is not the name of a variable", hint, "name")


class SecretFile(Secret):
    """The content of a file of the machine that runs gitpromote, without the line end at its end.

    :param path: absolute, or relative to the pipeline file
    """

    kind: ClassVar[str] = "secret-file"

    path: str = Field(kw_only=False)

    def _faults(self) -> Iterable[Fault]:
        if not self.path.strip() or "\0" in self.path:
            yield Fault("secret-invalid", "the path is empty or no path", "", "path")


class SecretCommand(Secret):
    """What a command prints, without the line end at its end.

    :param command: program and arguments; no shell reads them
    """

    kind: ClassVar[str] = "secret-command"

    command: Many[str] = Field(kw_only=False)

    def _faults(self) -> Iterable[Fault]:
        if not self.command or not self.command[0].strip():
            yield Fault(
                "secret-invalid", "the command is empty", 'write SecretCommand(["vault", "read", …])', "command"
            )
