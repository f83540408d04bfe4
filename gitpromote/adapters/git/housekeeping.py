"""A mirror's folder: made in one step, cleaned of what killed processes left, packed before it grows slow.

Git's own maintenance is off: it would remove what was written and not yet pushed.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from gitpromote.adapters.git.failures import cache_failure, git_failure
from gitpromote.adapters.git.process import call_git
from gitpromote.adapters.git.remote import Remote
from gitpromote.adapters.git.snapshot import Snapshot, write_snapshot

_MANY_PACKS = 50
_MANY_LOOSE = 27  # in one of 256 folders, as git itself samples: about 7,000 in all
_MANY_REFS = 100
_ABANDONED = 3600.0  # seconds after which a temporary file has no writer any more


def create(path: Path, *, object_format: str) -> Snapshot:
    """Make an empty mirror, in place of what is there. The caller holds the lock.

    It appears as a whole or not at all.
    """
    fresh = path.with_name(f"{path.name}.new-{secrets.token_hex(6)}")
    args = ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", f"--object-format={object_format}"]
    completed = call_git([*args, str(fresh)])
    if completed.status != 0:
        error = git_failure(completed, doing="make the mirror", where=str(path), disk=path.parent)
        shutil.rmtree(fresh, ignore_errors=True)
        raise error
    snapshot = Snapshot(object_format=object_format)
    try:
        fresh.chmod(0o700)
        write_snapshot(fresh, snapshot)
        _swap(fresh, path)
    except OSError as error:
        raise cache_failure(error, where=str(path)) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return snapshot


def _swap(fresh: Path, path: Path) -> None:
    old = path.with_name(f"{path.name}.old-{secrets.token_hex(6)}")
    with contextlib.suppress(FileNotFoundError):
        path.rename(old)
    fresh.rename(path)
    _remove([old])


def tidy(path: Path) -> None:
    """Remove what killed processes left behind. The caller holds the lock, so no ref is being written."""
    _remove([*path.glob("*.lock"), *path.glob("refs/**/*.lock")])
    _remove([*path.parent.glob(f"{path.name}.new-*"), *path.parent.glob(f"{path.name}.old-*")])
    remove_abandoned(path)


def remove_abandoned(path: Path, *, age: float = _ABANDONED) -> None:
    """Remove temporary files of objects that nobody has written to for ``age`` seconds."""
    before = time.time() - age
    for file in [*path.glob("objects/pack/tmp_*"), *path.glob("objects/??/tmp_obj_*"), *path.glob("gitpromote-refs.*")]:
        with contextlib.suppress(OSError):
            if file.stat().st_mtime <= before:
                file.unlink()


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def pack_if_needed(path: Path, *, remote: Remote, changed_refs: int) -> None:
    """Join what many small fetches left. What nothing refers to is kept: it may be about to be pushed."""
    if changed_refs >= _MANY_REFS:
        call_git(["pack-refs", "--all"], git_dir=path)
    packs = sum(1 for file in (path / "objects/pack").glob("*.pack"))
    if packs >= _MANY_PACKS or sum(1 for file in (path / "objects/17").glob("*")) >= _MANY_LOOSE:
        # Failing leaves all as it was, only slower.
        remote.call(["repack", "-a", "-d", "--keep-unreachable", "--quiet"], git_dir=path)
