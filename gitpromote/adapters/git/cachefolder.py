"""The user's cache: where it is, and folders in it that nobody else can read or plant."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gitpromote.adapters.git.failures import cache_failure
from gitpromote.errors import CacheFailed, ConfigurationError


def cache_root(env: Mapping[str, str]) -> Path:
    """The folder of all caches, made if need be: ``GITPROMOTE_CACHE_DIR``, else ``XDG_CACHE_HOME/gitpromote``, else
    ``~/.cache/gitpromote``.

    :raises CacheFailed: it cannot be made, or belongs to somebody else
    """
    return private_folder(_chosen(env))


def _chosen(env: Mapping[str, str]) -> Path:
    try:
        if named := env.get("GITPROMOTE_CACHE_DIR"):
            return Path(named).expanduser().absolute()
        xdg = Path(env.get("XDG_CACHE_HOME") or ".")
        home = env.get("HOME")
        parent = xdg if xdg.is_absolute() else (Path(home) if home else Path.home()) / ".cache"
        return parent / "gitpromote"
    except RuntimeError as error:
        hint = "Name a folder:\n  export GITPROMOTE_CACHE_DIR=…"
        raise ConfigurationError(
            "There is no home folder", code="cache-home-unknown", detail=str(error), hint=hint
        ) from error


def private_folder(path: Path) -> Path:
    """The folder, made with mode 0700 where it is missing. What is there already keeps its mode.

    Git obeys the settings that it finds in a repository, commands among them: a folder of somebody else is refused.

    :raises CacheFailed: it cannot be made (``disk-full``, ``cache-read-only``, ``cache-not-writable``), or is another
        user's (``cache-not-ours``)
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        owner = path.stat().st_uid
    except OSError as error:
        raise cache_failure(error, where=str(path)) from error
    # A container's root often works in its user's cache; root's folders can be trusted by all.
    if owner not in (os.geteuid(), 0) and os.geteuid() != 0:
        detail = f"{path} belongs to user {owner}"
        hint = "Name a folder of your own:\n  export GITPROMOTE_CACHE_DIR=…"
        raise CacheFailed("The cache belongs to somebody else", code="cache-not-ours", detail=detail, hint=hint)
    return path
