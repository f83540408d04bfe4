"""Any checked-out GitOps tree with a pipeline file: planned, applied to a bare remote, planned again.

    python benchmarks/real_trees.py PIPELINE TREE [PIPELINE TREE …] [--change FILE OLD NEW] [--rounds 3]

For example, with podinfo checked out beside this repository:

    python benchmarks/real_trees.py docs/examples/podinfo.py ../podinfo \\
        --change deploy/bases/cache/deployment.yaml 128Mi 96Mi

The tree is copied, without its history, into a fresh repository with a bare remote; nothing is written to it. Checked:
a plan from a cold cache in another folder is the same plan, byte for byte; after the apply nothing is to be done, and
finding that out renders nothing. Measured: the first plan, the apply, and the plan without changes, beside ``git
ls-remote`` and then ``python -c "import pydantic, yaml"``. With ``--change``, a text in a file of the tree is replaced,
and the environments in which that shows are listed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.many_environments import PYTHON, Place, environment, gitpromote, publish, run, scratch, unchanged


def placed(root: Path, *, pipeline: Path, tree: Path) -> Place:
    """The tree in a repository of its own, with the pipeline file at its root."""
    place, env = Place(root), environment(root)
    root.mkdir(parents=True)
    shutil.copytree(tree, place.work, ignore=shutil.ignore_patterns(".git"), symlinks=True)
    shutil.copy(pipeline, place.work / "pipeline.py")
    run("git", "init", "-q", "--bare", "-b", "main", str(place.remote), cwd=root, env=env)
    run("git", "init", "-q", "-b", "main", cwd=place.work, env=env)
    run("git", "remote", "add", "origin", str(place.remote), cwd=place.work, env=env)
    publish(place, "A copy of the tree")
    return place


def saved(place: Place, name: str, *words: str, env: dict[str, str] | None = None) -> tuple[float, dict[str, Any]]:
    """Plan and save: the seconds, and the file's content."""
    file = place.root / name
    taken = gitpromote(place, "plan", *words, "--out", str(file), env=env)
    return taken.wall, json.loads(file.read_bytes())


def elsewhere(place: Place, as_of: str) -> dict[str, Any]:
    """The same plan, made in another clone, with a cache that is empty."""
    other = Place(place.root / "elsewhere")
    other.root.mkdir()
    run("git", "clone", "-q", str(place.remote), str(other.work), cwd=other.root, env=environment(other.root))
    return saved(other, "plan.json", "--as-of", as_of)[1]


def changed(plan: Mapping[str, Any]) -> dict[str, list[str]]:
    """Environment to the objects that change in it."""
    return {
        one["name"]: [f"{each['object']['kind']} {each['object']['name']}" for each in one["changes"]]
        for one in plan["plan"]["environments"]
    }


def first(place: Place) -> dict[str, Any]:
    """The first plan of all, and the same from nothing."""
    seconds, plan = saved(place, "first.json")
    as_of = str(plan["plan"]["as_of"])
    assert elsewhere(place, as_of)["plan"] == plan["plan"], "another folder and a cold cache gave another plan"
    found = changed(plan)
    objects = sum(len(one) for one in found.values())
    renders = plan["observations"]["timings"]["renders"]
    print(f"  first plan {seconds * 1000:14.0f} ms   {len(found)} environments, {objects} objects, {renders} renders")
    return plan


def applied(place: Place, plan: Mapping[str, Any]) -> None:
    """Carried out, proven, and nothing left to do."""
    taken = gitpromote(place, "apply", str(place.root / "first.json"), "--expect-digest", plan["digest"])
    print(f"  apply {taken.wall * 1000:19.0f} ms   {taken.output.strip().splitlines()[-1]}")
    gitpromote(place, "verify")
    _, again = saved(place, "again.json")
    assert not any(changed(again).values()), "a plan after the apply has changes"
    assert again["observations"]["timings"]["renders"] == 0, "a plan without changes has rendered something"


def idle(place: Place, *, rounds: int) -> None:
    """The plan without changes, beside the least that such a program does."""
    env = environment(place.root)
    ours, other = [], []
    for _ in range(rounds):
        listed = run("git", "ls-remote", str(place.remote), cwd=place.work, env=env)
        other.append(listed.wall + run(PYTHON, "-c", "import pydantic, yaml", cwd=place.work, env=env).wall)
        taken = gitpromote(place, "plan")
        assert unchanged(taken.output), taken.output
        ours.append(taken.wall)
    mine, theirs = statistics.median(ours), statistics.median(other)
    noise = (max(other) - min(other)) / theirs
    print(f"  no changes {mine * 1000:14.0f} ms   {mine / theirs:.1f} times as long as that (noise {noise:.0%})")


def spread(place: Place, *, file: str, old: str, new: str) -> None:
    """Where a change of one file shows."""
    path = place.work / file
    text = path.read_text()
    if old not in text:
        sys.exit(f"{file} does not hold {old!r}")
    path.write_text(text.replace(old, new))
    publish(place, f"{old} -> {new}")
    print(f"  {file}: {old} -> {new}")
    for name, objects in changed(saved(place, "changed.json")[1]).items():
        print(f"    {name:20} {', '.join(objects) or 'unchanged'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", type=Path, metavar="PIPELINE TREE")
    parser.add_argument("--change", nargs=3, metavar=("FILE", "OLD", "NEW"))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if len(given.pairs) % 2:
        parser.error("each pipeline file goes with a tree")
    for pipeline, tree in zip(given.pairs[::2], given.pairs[1::2], strict=True):
        print(f"{tree.resolve().name}   by {pipeline.name}, {len(pipeline.read_text().splitlines())} lines")
        with scratch() as root:
            place = placed(root / "place", pipeline=pipeline, tree=tree)
            applied(place, first(place))
            idle(place, rounds=given.rounds)
            if given.change and (tree / given.change[0]).is_file():
                spread(place, **dict(zip(("file", "old", "new"), given.change, strict=True)))


if __name__ == "__main__":
    main()
