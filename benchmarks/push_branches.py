"""Writing many environment branches: one atomic push of leased refs, beside clone, checkout, commit and push for each.

    python benchmarks/push_branches.py [--branches 200] [--rounds 3] [--sample 20]

*ours*: the mirror is fetched, one commit per branch is written, all refs go in one push, each with its lease, and are
read back. *one by one*: what a script does, for ``--sample`` branches, counted up to all of them. Both write the same
files into the same kind of repository on this disk. The ratio is of medians; the noise is the spread of *ours*.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from gitpromote.adapters.git.commits import CommitSpec, Identity, write_commits
from gitpromote.adapters.git.mirror import Mirror
from gitpromote.adapters.git.objects import Objects
from gitpromote.adapters.git.push import RefUpdate, push

_WHO = Identity("gitpromote", "gitpromote@localhost")
_FILES = 10
_ENV = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": _WHO.name,
    "GIT_AUTHOR_EMAIL": _WHO.email,
    "GIT_COMMITTER_NAME": _WHO.name,
    "GIT_COMMITTER_EMAIL": _WHO.email,
}


def _git(*args: str, cwd: Path, data: bytes = b"") -> None:
    subprocess.run(["git", *args], cwd=cwd, env=_ENV, input=data, capture_output=True, check=True)


def _manifest(branch: int, file: int, version: int) -> bytes:
    image = f"ghcr.io/acme/app-{file}:1.{version}.0"
    return f"kind: Deployment\nmetadata:\n  name: app-{file}\n  namespace: env-{branch}\nimage: {image}\n".encode()


def _origin(folder: Path, branches: int) -> Path:
    """A bare repository with a branch per environment."""
    origin = folder / "origin.git"
    _git("init", "-q", "--bare", "-b", "main", str(origin), cwd=folder)
    parts = []
    for branch in range(branches):
        parts.append(b"reset refs/heads/env/%d\ncommit refs/heads/env/%d\n" % (branch, branch))
        parts.append(b"committer A <a@b> 1 +0000\ndata 1\nm\n")
        for file in range(_FILES):
            data = _manifest(branch, file, 0)
            parts.append(b"M 100644 inline app-%d.yaml\ndata %d\n%b\n" % (file, len(data), data))
    _git("fast-import", "--quiet", cwd=origin, data=b"".join(parts))
    return origin


def _ours(folder: Path, origin: Path, branches: int) -> None:
    mirror = Mirror.open(str(origin), cache_dir=folder / "cache", env=_ENV)
    refs = mirror.fetch(["refs/heads/env/*"])
    specs = [_spec(branch, refs[f"refs/heads/env/{branch}"]) for branch in range(branches)]
    commits = write_commits(mirror, specs)
    updates = [RefUpdate(f"refs/heads/env/{at}", oid, str(specs[at].parent)) for at, oid in enumerate(commits)]
    assert {outcome.status for outcome in push(mirror, updates).values()} == {"written"}
    with Objects(mirror) as objects:
        assert len(objects.trees_of(mirror.fetch(["refs/heads/env/*"]).values())) == branches


def _spec(branch: int, parent: str) -> CommitSpec:
    files = [(f"app-{file}.yaml", "100644", _manifest(branch, file, 1)) for file in range(_FILES)]
    return CommitSpec(parent=parent, message=f"promote env-{branch}", author=_WHO, at=1763600000, files=files)


def _one_by_one(folder: Path, origin: Path, branches: int) -> None:
    for branch in range(branches):
        work = folder / f"work-{branch}"
        _git("clone", "-q", "--no-checkout", str(origin), str(work), cwd=folder)
        _git("checkout", "-q", f"env/{branch}", cwd=work)
        for file in range(_FILES):
            (work / f"app-{file}.yaml").write_bytes(_manifest(branch, file, 1))
        _git("commit", "-q", "-a", "-m", f"promote env-{branch}", cwd=work)
        _git("push", "-q", "origin", f"HEAD:env/{branch}", cwd=work)


def _seconds(run: Callable[[Path, Path, int], None], *, branches: int, count: int) -> float:
    folder = Path(tempfile.mkdtemp(prefix="push-branches-"))
    try:
        origin = _origin(folder, branches)
        if run is _ours:  # whoever plans has fetched before
            Mirror.open(str(origin), cache_dir=folder / "cache", env=_ENV).fetch(["refs/heads/env/*"])
        start = time.perf_counter()
        run(folder, origin, count)
        return time.perf_counter() - start
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Print both, their ratio and the noise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--branches", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", type=int, default=20)
    options = parser.parse_args()
    total, sample = options.branches, min(options.sample, options.branches)
    ours, others = [], []
    for _ in range(options.rounds):
        ours.append(_seconds(_ours, branches=total, count=total))
        others.append(_seconds(_one_by_one, branches=total, count=sample) * total / sample)
    mine, theirs = statistics.median(ours), statistics.median(others)
    print(f"{total} branches, {_FILES} files each, median of {options.rounds}")
    print(f"  one by one   {theirs:8.3f} s   ({sample} measured)")
    print(f"  ours         {mine:8.3f} s")
    print(f"  ours is 1/{theirs / mine:.0f} of one by one; goal: 1/50 or less")
    print(f"  noise        {(max(ours) - min(ours)) / mine:8.0%}")


if __name__ == "__main__":
    main()
