"""Whole plans and applies, beside what would be done without gitpromote.

    python benchmarks/plans.py [cold] [unchanged] [changed] [apply] [--environments 1000] [--cold 200] [--rounds 5]

*cold*: the first plan of ``--cold`` overlays, every cache empty, beside the same renderer processes in the same
parallelism and nothing else. *unchanged*: a plan of ``--environments`` that hold what their sources render to, as
branches and as folders of one branch, beside ``git ls-remote`` and then ``python -c "import pydantic, yaml"``.
*changed*: the same after one overlay has changed, beside that one render and the plan after a commit that changes
nothing. *apply*: ``--cold`` branches written by one apply, beside clone, checkout, commit and push for each
(``--sample`` measured and counted up), with a plain clone and with the leanest one, which does not check the default
branch out. Both sides take turns; ratios are of medians, the noise is the spread of the other side.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.many_environments import (
    BRANCHES,
    FOLDERS,
    PYTHON,
    Place,
    environment,
    gitpromote,
    made,
    planned,
    promoted,
    publish,
    run,
    scratch,
    unchanged,
)
from benchmarks.ratio import told
from benchmarks.render_many import alone, seconds
from gitpromote.adapters.renderers.sandbox import Sandbox
from gitpromote.adapters.renderers.tools import Toolbox

WORKERS = os.cpu_count() or 1


def cold(root: Path, *, count: int, rounds: int) -> None:
    """The first plan of all, beside the renderers alone."""
    place = made(root / "cold", count=count, target=BRANCHES)
    ours, other = [], []
    for number in range(rounds):
        other.append(_renderers(place, count))
        cache = root / f"cache-{number}"
        taken = gitpromote(place, "plan", "-out", str(root / "plan.json"), env=environment(root, cache=cache))
        assert planned(taken.output) == count, taken.output
        ours.append(taken.wall)
        shutil.rmtree(cache)
    told(
        f"Cold plan of {count} environments",
        ours=ours,
        other=other,
        beside=f"their renderers, {WORKERS} at once",
        goal=1.1,
    )


def _renderers(place: Place, count: int) -> float:
    path = place.env["PATH"]
    tool = Toolbox(path=path).find("kustomize")
    overlays = [f"deploy/overlays/env-{number:04}" for number in range(1, count + 1)]
    with Sandbox({}) as sandbox:
        env = sandbox.environment(parallel=WORKERS > 1)
        return seconds(lambda: alone(overlays, place.work, tool, env, WORKERS))


def without_changes(places: dict[str, Place], *, count: int, rounds: int) -> None:
    """A plan in which nothing is to be done, beside the least that such a program does."""
    for kind, place in places.items():
        ours, other = [], []
        for _ in range(rounds):
            other.append(_least(place))
            taken = gitpromote(place, "plan")
            assert unchanged(taken.output), taken.output
            ours.append(taken.wall)
        told(
            f"Plan of {count} unchanged environments, {kind}",
            ours=ours,
            other=other,
            beside='git ls-remote; python -c "import pydantic, yaml"',
            goal=2.0,
        )


def _least(place: Place) -> float:
    env = place.env
    listed = run("git", "ls-remote", str(place.remote), cwd=place.work, env=env)
    return listed.wall + run(PYTHON, "-c", "import pydantic, yaml", cwd=place.work, env=env).wall


def one_changed(places: dict[str, Place], *, count: int, rounds: int) -> None:
    """A plan after one overlay has changed, beside that render and a plan after a commit that changes nothing.

    Both run the pipeline file: without a new commit a plan is over before that.
    """
    for kind, place in places.items():
        ours, other = [], []
        patch = place.work / "deploy/overlays/env-0001/replicas.yaml"
        before = patch.read_text()
        for number in range(rounds):
            (place.work / "README").write_text(f"{number}\n")
            publish(place, f"Nothing that is rendered {number}")
            found = gitpromote(place, "plan")
            assert unchanged(found.output), found.output
            other.append(found.wall + _renderers(place, 1))
            # Never rendered before, so no cache knows it.
            patch.write_text(before.replace("replicas: 1}", f"replicas: {number + 2}}}"))
            publish(place, f"Change {number}")
            taken = gitpromote(place, "plan", "-out", str(place.root / "plan.json"))
            assert planned(taken.output) == 1, taken.output
            ours.append(taken.wall)
            patch.write_text(before)
            publish(place, f"Back {number}")
            assert unchanged(gitpromote(place, "plan").output)
        told(
            f"Plan after one overlay of {count} has changed, {kind}",
            ours=ours,
            other=other,
            beside="that one render, and the plan after a commit that changes nothing",
            goal=1.2,
        )


def applied(root: Path, *, count: int, rounds: int, sample: int) -> None:
    """One apply to all branches, beside clone, checkout, commit and push for each."""
    place = promoted(made(root / "apply", count=count, target=BRANCHES))
    base = place.work / "deploy/base/deployment.yaml"
    ours: list[float] = []
    plain: list[float] = []
    lean: list[float] = []
    for number in range(rounds):
        base.write_text(base.read_text().replace(f"memory: {64 + number}Mi", f"memory: {65 + number}Mi"))
        publish(place, f"More memory {number}")
        plan = place.root / "plan.json"
        assert planned(gitpromote(place, "plan", "-out", str(plan)).output) == count
        plain.append(_one_by_one(place, plan, sample) * count / sample)
        lean.append(_one_by_one(place, plan, sample, "--no-checkout") * count / sample)
        taken = gitpromote(place, "apply", str(plan), "-auto-approve")
        assert f"{count} done" in taken.output, taken.output[-500:]
        ours.append(taken.wall)
    title, each = f"Apply to {count} environment branches", f"checkout, commit and push for each ({sample} measured)"
    told(title, ours=ours, other=plain, beside=f"clone, {each}", goal=1 / 50)
    told(title, ours=ours, other=lean, beside=f"clone --no-checkout, {each}", goal=None)


def _one_by_one(place: Place, plan: Path, sample: int, *how: str) -> float:
    """What a script would do with the same files, in a copy of the remote, since our apply is still to come."""
    document = json.loads(plan.read_bytes())["plan"]
    scene, env = place.root / "one-by-one", place.env
    shutil.copytree(place.remote, scene / "copy.git")
    try:
        return seconds(lambda: _pushed(scene, document, sample, how, env))
    finally:
        shutil.rmtree(scene)


def _pushed(root: Path, plan: dict[str, object], sample: int, how: tuple[str, ...], env: dict[str, str]) -> None:
    """In a clone for each, so that clearing up after one is not counted."""
    environments: list[dict[str, object]] = plan["environments"][:sample]  # type: ignore[index]
    blobs: dict[str, dict[str, str]] = plan["blobs"]  # type: ignore[assignment]
    for number, planned_environment in enumerate(environments):
        clone, branch = root / str(number), str(planned_environment["target"]["ref"]).removeprefix("refs/heads/")  # type: ignore[index]
        run("git", "clone", "-q", *how, f"file://{root / 'copy.git'}", str(clone), cwd=root, env=env)
        run("git", "checkout", "-q", branch, cwd=clone, env=env)
        for write in planned_environment["writes"]:  # type: ignore[attr-defined]
            (clone / write["path"]).write_text(blobs[write["after"]]["text"])
        run("git", "commit", "-q", "-a", "-m", "promote", cwd=clone, env=env)
        run("git", "push", "-q", "origin", f"HEAD:{branch}", cwd=clone, env=env)


def main() -> None:
    """Run what was asked for; everything by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="cold, unchanged, changed, apply")
    parser.add_argument("--environments", type=int, default=1000)
    parser.add_argument("--cold", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sample", type=int, default=20)
    given = parser.parse_args()
    parts = given.parts or ["cold", "unchanged", "changed", "apply"]
    with scratch() as root:
        if "cold" in parts:
            cold(root, count=given.cold, rounds=min(given.rounds, 3))
        if "unchanged" in parts or "changed" in parts:
            count, cache = given.environments, root / "cache"
            places = {
                "as branches": promoted(made(root / "branches", count=count, target=BRANCHES, cache=cache)),
                "as folders": promoted(made(root / "folders", count=count, target=FOLDERS, cache=cache)),
            }
            if "unchanged" in parts:
                without_changes(places, count=count, rounds=given.rounds)
            if "changed" in parts:
                one_changed(places, count=count, rounds=given.rounds)
        if "apply" in parts:
            applied(root, count=given.cold, rounds=min(given.rounds, 3), sample=min(given.sample, given.cold))


if __name__ == "__main__":
    main()
