"""Branches that moved, went or were rewritten between plan and apply: seen, told with who did it, not overwritten."""

from __future__ import annotations

import pytest

OVER = "Applied: 0 done, 1 failed, 1 waiting, 0 not started.\nNo target was written.   [plan-stale]\n"
FILE = "apps-deployment-shop.yaml"


def stale(shop, line: str) -> str:
    again = f"Make a new plan:\n  gitpromote plan shop --since {shop.file}\n"
    return (
        "test  STALE  the target is no longer what was reviewed\n"
        f"      {line}\n"
        f"prod  waiting: upstream: test: not verified yet\n{OVER}{again}"
    )


@pytest.fixture
def planned(shop):
    """Both environments hold 1.0.0, and a plan would bring 1.1.0."""
    shop.apply()
    for env in ("test", "prod"):
        path = f"deploy/{env}/deployment.yaml"
        shop.write(path, (shop.work / path).read_text().replace("1.0.0", "1.1.0"))
    shop.push()
    shop.file = shop.plan()
    return shop


def apply(shop, code: int, out: str) -> None:
    assert shop.refused("apply", str(shop.file), "--expect-digest", shop.digest(shop.file), code=code, out=out) == ""


def short(shop, ref: str) -> str:
    return shop.refs()[f"refs/heads/{ref}"][:7]


def blob(shop, ref: str, path: str) -> str:
    return shop.remote_git("rev-parse", f"{ref}:{path}")[:7]


def test_a_branch_that_somebody_wrote_to(planned) -> None:
    before = blob(planned, "env/test", FILE)
    planned.foreign("env/test", {FILE: "kind: Nothing\n"})
    after, commit = blob(planned, "env/test", FILE), short(planned, "env/test")
    apply(planned, 4, stale(planned, f'{FILE}  planned {before}, now {after}   {commit} "by hand" (tom@acme.example)'))


def test_a_branch_that_is_deleted(planned) -> None:
    before = blob(planned, "env/test", FILE)
    planned.remote_git("update-ref", "-d", "refs/heads/env/test")
    apply(planned, 4, stale(planned, f"{FILE}  planned {before}, now absent"))


def test_a_branch_that_is_rewritten(planned) -> None:
    before = blob(planned, "env/test", FILE)
    planned.foreign("env/test", {FILE: "kind: Nothing\n"}, force=True)
    after, commit = blob(planned, "env/test", FILE), short(planned, "env/test")
    apply(planned, 4, stale(planned, f'{FILE}  planned {before}, now {after}   {commit} "by hand" (tom@acme.example)'))


def test_what_is_kept_does_not_hinder(planned) -> None:
    old = short(planned, "env/test")
    planned.foreign("env/test", {"CODEOWNERS": "* @acme/payments\n"})
    new = short(planned, "env/test")
    ended = planned.run("apply", str(planned.file), "--expect-digest", planned.digest(planned.file))
    assert ended.code == 0
    assert ended.out.startswith(
        f"test  written {short(planned, 'env/test')} -> env/test, tree as planned; "
        f"re-anchored {old[:4]}..{new[:4]}, 1 unrelated commit\n"
    )
    assert planned.remote_git("show", "env/test:CODEOWNERS") == "* @acme/payments"


@pytest.mark.parametrize("deed", ["delete", "rewrite"])
def test_a_ledger_that_is_no_longer_the_same(planned, deed: str) -> None:
    ledger = "refs/heads/gitpromote/ledger/shop"
    saw = planned.refs()[ledger][:12]
    first = planned.remote_git("rev-list", "--max-parents=0", ledger).strip()
    planned.remote_git("update-ref", *(["-d", ledger] if deed == "delete" else [ledger, first]))
    told = planned.refused("apply", str(planned.file), "--expect-digest", planned.digest(planned.file), code=4)
    assert told == (
        "Error: The ledger is not the one that the plan saw  [ledger-rewritten]\n\n"
        f"{ledger} no longer contains {saw}: it was rewritten or deleted.\n\n"
        "Find out who did that before anything is applied:\n  gitpromote verify\n"
    )


# -- the plan after it


def notes(shop, *words: str) -> list[str]:
    ended = shop.run("plan", *words, "--out", str(shop.root / "next.json"))
    assert ended.code == 0, ended.err
    lines = ended.out.split("\n\n")
    return next((part.split("\n") for part in lines if "[foreign]" in part), [])


def test_the_next_plan_stops_at_what_somebody_wrote(planned) -> None:
    planned.foreign("env/test", {FILE: "kind: Nothing\n"})
    head = planned.refs()["refs/heads/env/test"]
    assert notes(planned) == [
        f'  ! test: holds content that is not ours: {head[:7]} "by hand" (tom@acme.example, claimed)   [foreign]',
        "      gitpromote adopt shop test --reason …   # keep it",
        f"      gitpromote plan shop --replace test@{head[:12]}   # undo it",
    ]


def test_the_next_plan_tells_a_rewritten_branch(planned) -> None:
    ours = short(planned, "env/test")
    planned.foreign("env/test", {FILE: "kind: Nothing\n"}, force=True)
    head = planned.refs()["refs/heads/env/test"]
    assert notes(planned)[0] == (
        f'  ! test: holds content that is not ours: {head[:7]} "by hand" (tom@acme.example, claimed); '
        f"its branch was rewritten and no longer contains {ours} of ours   [foreign]"
    )


def test_a_deleted_branch_has_a_way_out(planned) -> None:
    ours = planned.refs()["refs/heads/env/test"]
    planned.remote_git("update-ref", "-d", "refs/heads/env/test")
    assert notes(planned) == [
        f"  ! test: its branch was deleted; it held {ours[:7]} of ours   [foreign]",
        f"      gitpromote plan shop --replace test@{ours[:12]}   # undo it",
    ]
    assert notes(planned, "--replace", f"test@{ours[:12]}") == [
        f"    test: makes again what was deleted: {ours[:7]}   [foreign]"
    ]
    planned.apply(planned.root / "next.json")
    assert "1.1.0" in planned.remote_git("show", f"env/test:{FILE}")
    assert planned.run("verify").code == 0


# -- names that are taken


def test_a_branch_named_gitpromote(shop) -> None:
    file = shop.plan()
    shop.remote_git("update-ref", "refs/heads/gitpromote", "refs/heads/main")
    for ref, words in {
        "ledger/shop": ["apply", str(file), "--expect-digest", shop.digest(file)],
        "lock/shop/test": ["lock", "test", "--reason", "maintenance"],
    }.items():
        whole = f"refs/heads/gitpromote/{ref}"
        assert shop.refused(*words, code=11) == (
            "Error: Another ref has the name that the ledger needs  [ref-name-taken]\n\n"
            f"{whole}: refs/heads/gitpromote exists, so {whole} cannot: error: cannot lock ref '{whole}': "
            f"'refs/heads/gitpromote' exists; cannot create '{whole}'\n\n"
            "Git cannot have both: rename or delete the other one, or keep the ledger elsewhere: "
            'Pipeline(…, refs="refs/gitpromote").\n'
        )


def test_a_branch_that_is_in_the_way_of_a_target(shop) -> None:
    file = shop.plan()
    shop.remote_git("update-ref", "refs/heads/env", "refs/heads/main")
    before = shop.everything()
    ended = shop.run("apply", str(file), "--expect-digest", shop.digest(file))
    assert (ended.code, ended.out) == (
        1,
        (
            "test  FAILED  The remote refuses the target\n"
            "      env/test: refs/heads/env exists, so refs/heads/env/test cannot: error: cannot lock ref "
            "'refs/heads/env/test': 'refs/heads/env' exists; cannot create 'refs/heads/env/test'\n"
            "prod  waiting: upstream: test: not verified yet\n"
            "Applied: 0 done, 1 failed, 1 waiting, 0 not started.\n"
            "No target was written.   [push-refused]\n"
            "Git cannot have both: rename that branch, or give the pipeline another target.\n"
        ),
    )
    assert shop.everything() == before


# -- branches that somebody works on


def checked_out(where: str) -> str:
    return (
        "Error: A target branch is checked out  [branch-checked-out]\n\n"
        f"test: env/test is checked out in {where}, and Git refuses pushes to a branch that somebody works on.\n\n"
        "Work on another branch, or give the repository a remote that all push to:\n"
        f"  git -C {where} switch -c work\n  git -C {where} remote add origin URL\n"
    )


def test_a_target_that_is_checked_out_in_a_local_repository(shop) -> None:
    shop.git("remote", "remove", "origin")
    shop.git("checkout", "-q", "-b", "env/test")
    for verb in ("validate", "plan"):
        assert shop.refused(verb, code=11) == checked_out("<tmp>/work")


def test_a_target_that_is_checked_out_in_a_second_work_tree(shop) -> None:
    shop.git("remote", "remove", "origin")
    shop.git("worktree", "add", "-q", "-b", "env/test", str(shop.root / "second"))
    assert shop.refused("plan", code=11) == checked_out("<tmp>/second")


def test_a_target_that_is_checked_out_after_the_plan(planned) -> None:
    """The remote is somebody's work tree: Git itself refuses, and says so."""
    before = planned.refs()
    planned.remote_git("config", "core.bare", "false")
    planned.remote_git("symbolic-ref", "HEAD", "refs/heads/env/test")
    ended = planned.run("apply", str(planned.file), "--expect-digest", planned.digest(planned.file))
    assert (ended.code, ended.out) == (
        1,
        (
            "test  FAILED  The remote refuses the target\n"
            "      env/test: branch is currently checked out\n"
            "prod  waiting: upstream: test: not verified yet\n"
            "Applied: 0 done, 1 failed, 1 waiting, 0 not started.\n"
            "No target was written.   [push-refused]\n"
            "Somebody works on it there: switch to another branch, or push to a bare repository.\n"
        ),
    )
    planned.remote_git("config", "core.bare", "true")
    assert planned.refs() == before
