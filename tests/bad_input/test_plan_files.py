"""A plan file that is not what was saved: exit code 5 and nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gitpromote.errors import PlanInvalid
from gitpromote.model.canonical import canonical, digest
from gitpromote.model.pipeline import DEFINITION_DOMAIN
from gitpromote.planning.digests import change_digest, text_digest
from gitpromote.planning.planfile import loads

AGAIN = "Make a new plan; a plan file is never edited by hand:\n  gitpromote plan\n"


def refused(code: str, detail: str, hint: str = AGAIN) -> str:
    return f"Error: This plan file cannot be used  [{code}]\n\n<tmp>/plan.json: {detail}\n\n{hint}"


def reindented(data: bytes) -> bytes:
    return json.dumps(json.loads(data), indent=2).encode() + b"\n"


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (
        lambda data: b"",
        refused("plan-unreadable", "It is not whole JSON at byte 0 of 0: truncated, or not a plan file."),
    ),
    "truncated": (
        lambda data: data[:10],
        refused("plan-unreadable", "It is not whole JSON at byte 10 of 10: truncated, or not a plan file."),
    ),
    "without-its-last-byte": (
        lambda data: data[:-1],
        refused(
            "plan-not-canonical", "It is not in the one form that gitpromote writes: it was edited or re-indented."
        ),
    ),
    "edited": (
        lambda data: data.replace(b"shop:1.0.0", b"shop:1.0.1", 1),
        refused("plan-digest", "Its digest is not the digest of its content: it was edited."),
    ),
    "re-indented": (
        reindented,
        refused(
            "plan-not-canonical", "It is not in the one form that gitpromote writes: it was edited or re-indented."
        ),
    ),
    "a-key-twice": (
        lambda data: data.replace(b'{"digest":', b'{"digest":"x","digest":', 1),
        refused(
            "plan-not-canonical", 'The key "digest" stands in it twice: readers would disagree on which one counts.'
        ),
    ),
    "of-an-unknown-major": (
        lambda data: data.replace(b"gitpromote.plan/1.0", b"gitpromote.plan/2.0", 1),
        refused(
            "plan-version",
            "Its format is gitpromote.plan/2.0; this version carries out gitpromote.plan/1.x.",
            "Apply it with the version of gitpromote that made it, or make a new plan.\n",
        ),
    ),
    "another-document": (
        lambda data: b'{"kind":"List"}\n',
        refused("plan-unreadable", "It is no gitpromote plan: its format is None."),
    ),
    "no-text": (lambda data: b"\xff\xfe" + data, refused("plan-unreadable", "It is not UTF-8 at byte 0.")),
    "a-fraction": (
        lambda data: b'{"a":0.5}\n',
        refused("plan-not-canonical", "It holds the number 0.5; a plan holds integers only."),
    ),
    "a-number-of-many-digits": (
        lambda data: b'{"a":' + b"9" * 5000 + b"}\n",
        refused("plan-unreadable", "It holds a number that is too long to be read."),
    ),
    "nested-without-end": (
        lambda data: b"[" * 100_000,
        refused("plan-unreadable", "It is not whole JSON: truncated, or not a plan file."),
    ),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_plan_is_not_applied(shop, case: str) -> None:
    file = shop.plan()
    damage, told = DAMAGE[case]
    data = damage(file.read_bytes())
    assert data != file.read_bytes()
    file.write_bytes(data)
    assert shop.refused("apply", str(file), "-auto-approve", code=5) == told
    assert shop.refused("show", str(file), code=5) == told


def test_no_byte_outside_of_the_observations_can_be_changed(shop) -> None:
    """Every second one is tried on the reader, and some on the command line."""
    file = shop.plan()
    data = file.read_bytes()
    begin, end = data.index(b'"observations":') + len(b'"observations":'), data.index(b',"plan":')
    outside = [at for at in range(len(data)) if not begin <= at < end]
    for at in outside[::2]:
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(PlanInvalid):
            loads(changed, name="plan.json")
    for at in outside[:: len(outside) // 6]:
        file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        shop.refused("apply", str(file), "-auto-approve", code=5)


# -- plans whose digests are right, written by somebody who knows how


def forged(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(data)
    plan = document["plan"]
    change(plan)
    for environment in plan["environments"]:
        environment["change_digest"] = change_digest(plan["pipeline"]["name"], environment)
    document["digest"] = text_digest(document["format"], canonical(plan))
    return canonical(document) + b"\n"


def write_to(path: str) -> Callable[[dict[str, Any]], object]:
    def change(plan: dict[str, Any]) -> None:
        plan["environments"][0]["writes"][0]["path"] = path

    return change


def other_bytes(plan: dict[str, Any]) -> None:
    for blob in plan["blobs"].values():
        blob["text"] = "kind: Evil\n"


FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "unknown-critical": (
        lambda plan: plan.update(critical=["quorum"]),
        refused("plan-critical", 'It needs "quorum", which this version does not know.', "Upgrade gitpromote.\n"),
    ),
    "unknown-step": (
        lambda plan: plan["environments"][0]["steps"][0].update(kind="teleport"),
        refused("plan-step", 'Its step "teleport" for test is none that this version knows.', "Upgrade gitpromote.\n"),
    ),
    "definition": (
        lambda plan: plan["pipeline"]["definition"].update(name="pay"),
        refused("plan-digest", "The definition_digest is not that of the definition."),
    ),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_plan_is_not_read(shop, case: str) -> None:
    file = shop.plan()
    change, told = FORGERIES[case]
    file.write_bytes(forged(file.read_bytes(), change))
    assert shop.refused("apply", str(file), "-auto-approve", code=5) == told


@pytest.mark.parametrize("change", [lambda plan: plan["blobs"].clear(), other_bytes], ids=["none", "others"])
def test_a_plan_holds_the_bytes_that_its_ids_say(shop, change: Callable[[dict[str, Any]], object]) -> None:
    file = shop.plan()
    file.write_bytes(forged(file.read_bytes(), change))
    assert "The blob " in shop.refused("apply", str(file), "-auto-approve", code=5)


UNSOUND: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "into-the-ledger": (
        lambda plan: of_test(plan)["target"].update(ref="refs/heads/gitpromote/ledger/shop"),
        "test: it would write to 'refs/heads/gitpromote/ledger/shop', where gitpromote keeps its own refs",
    ),
    "into-the-locks": (
        lambda plan: of_test(plan)["target"].update(ref="refs/heads/gitpromote/lock/shop/test"),
        "test: it would write to 'refs/heads/gitpromote/lock/shop/test', where gitpromote keeps its own refs",
    ),
    "into-a-tag": (
        lambda plan: of_test(plan)["target"].update(ref="refs/tags/x"),
        "test: it would write to 'refs/tags/x', which is no branch",
    ),
    "into-another-branch": (
        lambda plan: of_test(plan)["target"].update(ref="refs/heads/main"),
        "test: its target is not the one that the definition gives it",
    ),
    "into-another-folder": (
        lambda plan: of_test(plan)["target"].update(path="x", subtrees=["x"]),
        "test: its target is not the one that the definition gives it",
    ),
    "of-another-kind": (
        lambda plan: of_test(plan)["target"].update(kind="in-place"),
        "test: its target is not the one that the definition gives it",
    ),
    "a-submodule": (
        lambda plan: of_test(plan)["writes"][0].update(mode="160000"),
        "would be written with the mode '160000', which no file has",
    ),
    "a-mode-of-nothing": (
        lambda plan: of_test(plan)["writes"][0].update(mode="100600"),
        "would be written with the mode '100600', which no file has",
    ),
    "no-steps": (
        lambda plan: of_test(plan).update(steps=[]),
        "test: its steps are none; what it changes takes push, verify",
    ),
    "no-check-of-what-landed": (
        lambda plan: of_test(plan).update(steps=of_test(plan)["steps"][:1]),
        "test: its steps are push; what it changes takes push, verify",
    ),
    "a-tag-of-its-own": (
        lambda plan: of_test(plan)["steps"][0].update(tag="v1"),
        "test: its push moves another ref, or sets another tag, than the definition says",
    ),
}


def of_test(plan: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = plan["environments"][0]
    return found


@pytest.mark.parametrize("case", UNSOUND)
def test_a_plan_that_its_definition_cannot_lead_to_is_not_carried_out(shop, case: str) -> None:
    file = shop.plan()
    change, told = UNSOUND[case]
    file.write_bytes(forged(file.read_bytes(), change))
    error = shop.refused("apply", str(file), "--expect-digest", shop.digest(file), code=5)
    assert error.startswith(
        "Error: This plan file cannot be used  [plan-unsound]\n\n"
        "<tmp>/plan.json: It does not follow from its definition.\n"
    )
    assert told in error
    assert error.endswith("\n\nSomebody has made it by hand, or changed it. Make a new plan:\n  gitpromote plan shop\n")
    assert shop.refused("approve", str(file), "--env", "test", code=5) == error


def redefined(plan: dict[str, Any]) -> None:
    """The branch of the ledger as a target, said by the definition as well."""
    plan["pipeline"]["definition"]["target"]["branch"] = "gitpromote/ledger/shop"
    plan["pipeline"]["definition_digest"] = digest(plan["pipeline"]["definition"], domain=DEFINITION_DOMAIN)
    of_test(plan)["target"].update(ref="refs/heads/gitpromote/ledger/shop")


def test_a_definition_that_is_not_valid_is_not_carried_out(shop) -> None:
    file = shop.plan()
    file.write_bytes(forged(file.read_bytes(), redefined))
    error = shop.refused("apply", str(file), "--expect-digest", shop.digest(file), code=5)
    assert error.startswith("Error: This plan file cannot be used  [plan-definition]\n\n")


def test_a_plan_without_a_home_is_not_read(shop) -> None:
    file = shop.plan()
    file.write_bytes(forged(file.read_bytes(), lambda plan: plan.update(environments=[], basis={})))
    assert "Its basis has no home repository." in shop.refused("apply", str(file), "-auto-approve", code=5)


@pytest.mark.parametrize("path", ["../escaped.yaml", "/etc/passwd", ".git/hooks/post-update", "a/../../b", "a//b", ""])
def test_a_path_that_leaves_its_target_is_not_written(shop, path: str) -> None:
    file = shop.plan()
    file.write_bytes(forged(file.read_bytes(), write_to(path)))
    before = shop.everything()
    error = shop.refused("apply", str(file), "--env", "test", "--expect-digest", shop.digest(file), code=5)
    assert f"test: the path {path!r} " in error
    assert shop.everything() == before


def test_a_path_of_the_last_environment_keeps_the_first_from_being_written(shop) -> None:
    file = shop.plan()
    file.write_bytes(
        forged(file.read_bytes(), lambda plan: plan["environments"][-1]["writes"][0].update(path=".git/hooks/x"))
    )
    before = shop.everything()
    error = shop.refused("apply", str(file), "--expect-digest", shop.digest(file), code=5)
    assert "prod: the path '.git/hooks/x' " in error
    assert shop.everything() == before


def test_a_plan_whose_files_do_not_lead_to_its_tree_is_no_plan(shop) -> None:
    file = shop.plan()
    file.write_bytes(forged(file.read_bytes(), lambda plan: plan["environments"][0].update(result_tree="1" * 40)))
    before = shop.refs()
    ended = shop.run("apply", str(file), "--env", "test", "--expect-digest", shop.digest(file))
    assert ended.code == 5
    assert "tree-differs" in ended.out and "Nothing was pushed. Make a new plan:" in ended.out
    assert {ref: oid for ref, oid in shop.refs().items() if "/env/" in ref} == {
        ref: oid for ref, oid in before.items() if "/env/" in ref
    }


# -- plans that are whole, and not for this


def test_a_plan_of_another_pipeline_is_not_applied_by_this_one(shop) -> None:
    file = shop.plan()
    shop.write("pay.py", (shop.work / "pipeline.py").read_text().replace('"shop",\n', '"pay",\n', 1))
    told = (
        "Error: This plan is of another pipeline  [plan-other-pipeline]\n\n"
        "It is of shop, and pay.py defines pay.\n\n"
        "A plan needs no pipeline file: leave --pipeline out, or name the right one.\n"
    )
    digest = shop.digest(file)
    assert shop.refused("--pipeline", "pay.py", "apply", str(file), "--expect-digest", digest, code=5) == told
    assert shop.refused("--pipeline", "pay.py", "plan", "--verify", str(file), code=5) == told
    assert shop.refused("--pipeline", "pay.py", "approve", str(file), "--env", "prod", code=5) == told


def test_a_plan_is_not_applied_where_another_pipeline_is_at_home(shop) -> None:
    """The file there is read, never run."""
    file = shop.plan()
    text = (shop.work / "pipeline.py").read_text().replace('"shop",\n', '"pay",\n', 1)
    shop.write("pipeline.py", text + 'open("run", "w").close()\n')
    told = (
        "Error: This plan is of another pipeline  [plan-other-pipeline]\n\n"
        "It is of shop, and pipeline.py defines pay.\n\n"
        "Name the right plan. If this one is meant, say so:\n  gitpromote WORDS --pipeline shop\n"
    )
    digest = shop.digest(file)
    words = f"apply <tmp>/plan.json --expect-digest {digest}"
    assert shop.refused("apply", str(file), "--expect-digest", digest, code=5) == told.replace("WORDS", words)
    words = "approve <tmp>/plan.json --env prod"
    assert shop.refused("approve", str(file), "--env", "prod", code=5) == told.replace("WORDS", words)
    assert shop.run("show", str(file)).code == 0
    assert shop.run("apply", str(file), "--expect-digest", digest, "--pipeline", "shop").code == 0
    assert not (shop.work / "run").exists()


def test_a_plan_needs_no_pipeline_file_and_none_that_can_be_read(shop) -> None:
    file = shop.plan()
    shop.write("pipeline.py", "from teams import names\nfor name in names: Pipeline(name)\n")
    assert shop.run("apply", str(file), "--expect-digest", shop.digest(file)).code == 0


def test_a_plan_that_was_not_expected_is_not_applied(shop) -> None:
    file = shop.plan()
    assert shop.refused("apply", str(file), "--expect-digest", "sha256:" + "0" * 64, code=5) == (
        "Error: This is not the plan that was expected  [plan-unexpected]\n\n"
        f"expected sha256:{'0' * 64}\nfound    {shop.digest(file)}\n\n"
        "Compare with what was reviewed:\n  gitpromote show <tmp>/plan.json\n"
    )


def test_there_is_no_such_plan_file(shop) -> None:
    assert shop.refused("apply", "plans/shop.plan.json", code=64) == (
        "Error: There is no such plan file  [plan-missing]\n\n"
        "plans/shop.plan.json\n\n"
        "Name the file that plan has saved, or a plan of the ledger by its digest.\n"
    )


def test_a_short_id_that_two_plans_begin_with_is_ambiguous(shop) -> None:
    assert shop.run("plan", "--record", "--out", str(shop.root / "plan.json")).code == 0
    digest = shop.digest(shop.root / "plan.json")
    twin = digest[:-4] + ("0000" if digest[-4:] != "0000" else "1111")
    shop.foreign("gitpromote/ledger/shop", {f"plans/{twin.removeprefix('sha256:')}.json": "{}\n"})
    for words in (["apply", digest[7:19], "-auto-approve"], ["show", digest[7:19]]):
        told = shop.refused(*words, code=64)
        assert told.splitlines()[0] == "Error: More than one plan begins so  [plan-ambiguous]"
        assert sorted(told.splitlines()[2:4]) == sorted([f"  {digest}", f"  {twin}"])
        assert told.endswith("\n\nName the whole digest.\n")


def test_by_its_short_id_a_plan_is_not_applied_unattended(shop) -> None:
    assert shop.run("plan", "--record", "--out", str(shop.root / "plan.json")).code == 0
    digest = shop.digest(shop.root / "plan.json")
    before = shop.everything()
    ended = shop.run("apply", digest[7:19], "-auto-approve")
    assert ended.code == 8
    assert f"This is the plan {digest}\n" in ended.err
    assert ended.err.endswith(
        "Error: Somebody has to approve this, and there is no terminal to ask on  [approval-needed]\n\n"
        f"Nothing was written.\n\n  gitpromote apply {digest}\n"
    )
    assert shop.everything() == before
