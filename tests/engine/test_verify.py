"""What Git alone proves, and that it is seen when it no longer does."""

from __future__ import annotations

import json

import pytest

from gitpromote import Directory, Environment
from gitpromote.engine.assess import last_record
from gitpromote.errors import VerificationFailed
from gitpromote.model.canonical import canonical

LEDGER = "gitpromote/ledger/shop"
LAST = (("verified", "uat"), ("written", "prod"))


def findings(site, pipeline=None, cache="cold"):
    """What does not hold: subject and message."""
    report = site.project(pipeline, cache=cache).verify()
    return [(one.subject, one.message) for one in report.findings if not one.ok]


def rewrite(site, change, files=lambda path, text: text):
    """Write the ledger anew: ``change`` gets each Record as data and gives it back, or ``None`` to leave it out."""
    commits = site.home.git("rev-list", "--reverse", LEDGER).splitlines()
    site.home.move(LEDGER, None)
    for oid in commits:
        subject, _, body = site.home.git("log", "-1", "--format=%B", oid).partition("\n\n")
        data = change(json.loads(body))
        if data is None:
            continue
        text = data if isinstance(data, str) else canonical(data).decode()
        state = {path: files(path, content) for path, content in site.home.files(oid).items()}
        site.home.commit(state, branch=LEDGER, message=f"{subject}\n\n{text}\n", at=data_time(oid, site))


def data_time(oid, site):
    return int(site.home.git("log", "-1", "--format=%ct", oid))


def in_record(kind, env, **members):
    def change(data):
        return data | members if (data["kind"], data["environment"]) == (kind, env) else data

    return change


def test_a_history_that_nobody_touched_holds(promoted):
    promoted.promote()
    report = promoted.project(cache="cold").verify()
    assert report.ok
    plans = sorted(record.plan for record in promoted.project().history.kind("planned"))
    envs = ("test", "uat", "prod")
    heads = [promoted.home.head(f"env/{env}") for env in envs]
    old = [promoted.home.git("rev-parse", f"{head}^") for head in heads]
    tree = {oid: promoted.home.git("rev-parse", f"{oid}^{{tree}}")[:7] for oid in heads + old}
    assert [(one.subject, one.message) for one in report.findings] == [
        ("ledger log", "16 Records"),
        ("ledger state", "3 environments follow from the log"),
        *((f"plan {plan[7:19]}", "as it was recorded") for plan in plans),
        ("verdicts", "6 writes judged again, with the same verdicts"),
        *(
            (f"written {env} {oid[:7]}", f"tree {tree[oid]}")
            for env, oid in zip(("test", "uat", "prod"), old, strict=True)
        ),
        *(
            (f"written {env} {oid[:7]}", f"tree {tree[oid]}")
            for env, oid in zip(("test", "uat", "prod"), heads, strict=True)
        ),
    ]


def test_rewriting_alone_changes_nothing_that_is_checked(promoted):
    """So that what the other tests find is what they changed."""
    rewrite(promoted, lambda data: data)
    assert findings(promoted) == []


def test_without_a_ledger_there_is_nothing_to_prove(site):
    report = site.project().verify()
    assert [(one.subject, one.ok, one.message) for one in report.findings] == [("ledger", True, "there is none yet")]


@pytest.mark.parametrize(
    ("members", "subject", "message"),
    [
        ({"actor": {"claimed": "Eve <eve@x>", "proven_by": None}}, "ledger state", "it does not follow from the log"),
        ({"at": 1}, "ledger state", "it does not follow from the log"),
        ({"tree": "0" * 40}, "written uat", "its id or its tree is not that of its plan"),
        ({"id": "0" * 64}, "written uat", "its id or its tree is not that of its plan"),
        ({"freight": {"shop": "0" * 64}}, "written uat", "its plan has other Freight"),
        ({"change_digest": "sha256:" + "0" * 64}, "written uat", "its plan has no such change"),
        ({"commit": "0" * 40}, "written uat 0000000", "its commit is gone: "),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_record_that_was_tampered_with_is_found(promoted, members, subject, message):
    rewrite(promoted, in_record("written", "uat", **members))
    found = findings(promoted)
    assert any(one.startswith(subject) and text.startswith(message) for one, text in found), found


def test_a_record_for_a_tree_that_the_commit_does_not_hold_is_found(promoted):
    """Even where everything else was written to fit it."""
    commit = promoted.home.head("env/test")
    rewrite(promoted, in_record("written", "uat", commit=commit))
    tree = promoted.home.git("rev-parse", f"{commit}^{{tree}}")[:7]
    recorded = promoted.home.git("rev-parse", "env/uat^{tree}")[:7]
    assert (f"written uat {commit[:7]}", f"tree {tree}, recorded {recorded}") in findings(promoted)


@pytest.mark.parametrize("path", ["environments/prod.json", "freight"])
def test_a_state_file_that_was_tampered_with_is_found(promoted, path):
    def files(name, text):
        if not name.startswith(path):
            return text
        data = json.loads(text)
        return canonical(data | ({"generation": 99} if path.startswith("env") else {"sequence": 99})).decode() + "\n"

    rewrite(promoted, lambda data: data, files)
    assert findings(promoted) == [("ledger state", "it does not follow from the log")]


def test_a_plan_document_that_was_tampered_with_is_found(promoted):
    def files(name, text):
        return text.replace('"production":true', '"production":false') if name.startswith("plans/") else text

    rewrite(promoted, lambda data: data, files)
    [(subject, message)] = findings(promoted)
    assert subject.startswith("plan ") and "Its digest is not the digest of its content" in message


def test_a_plan_document_under_another_name_is_found(promoted):
    plan = promoted.project().plan(record=True)
    evil = promoted.project().plan(env="test")
    digits = plan.digest.removeprefix("sha256:")
    files = {f"plans/{digits}.json": evil.to_bytes()}
    record = promoted.home.git("log", "-1", "--format=%B", LEDGER)
    promoted.home.commit(files, branch=LEDGER, message=record)
    assert (f"plan {digits[:12]}", "another digest than its name") in findings(promoted)


@pytest.mark.parametrize(
    ("text", "message"),
    [("hello", "this commit holds no Record"), ('{"kind": "held"}', "this commit holds no Record")],
)
def test_a_commit_that_is_no_record_is_found(promoted, text, message):
    oid = promoted.home.commit({}, branch=LEDGER, message=f"x\n\n{text}\n")
    assert findings(promoted) == [("ledger", f"refs/heads/{LEDGER} at {oid[:12]}: {message}")]


def test_nothing_is_applied_over_a_commit_that_is_no_record(promoted):
    plan = promoted.plan()
    promoted.home.commit({"environments/prod.json": "{}"}, branch=LEDGER, message="written prod")
    with pytest.raises(VerificationFailed) as caught:
        promoted.project().apply(plan, confirmed=True)
    assert (caught.value.code, caught.value.exit_code) == ("ledger-damaged", 10)
    with pytest.raises(VerificationFailed):
        last_record(promoted.project()._world, promoted.home.head(LEDGER))


def test_a_record_in_another_form_is_found(promoted):
    rewrite(promoted, lambda data: json.dumps(data, indent=1) if data["kind"] == "planned" else data)
    [(subject, message)] = findings(promoted)
    assert (subject, message.startswith("not written by gitpromote: ")) == ("ledger log", True)


def test_a_record_that_stands_there_twice_is_found(promoted):
    text = promoted.home.git("log", "-1", "--format=%B", LEDGER)
    promoted.home.commit({}, branch=LEDGER, message=text)
    record = json.loads(text.partition("\n\n")[2])
    assert findings(promoted) == [("ledger log", f"Records that stand there twice: {record['id'][:7]}")]


def test_a_record_that_was_left_out_is_found(promoted):
    records = promoted.project().history
    left_out, prod = (next(one.id[:7] for one in records if (one.kind, one.environment) == place) for place in LAST)
    rewrite(promoted, lambda data: None if data["environment"] == "uat" and data["kind"] == "verified" else data)
    assert findings(promoted) == [
        ("ledger state", "it does not follow from the log"),
        (f"verdicts prod {prod}", f"they were judged after the Record {left_out}, which is not there"),
    ]


def test_a_missing_commit_is_found(promoted):
    oid = promoted.home.head("env/uat")
    promoted.home.move("env/uat", None)
    promoted.home.git("gc", "-q", "--prune=now")
    [(subject, message)] = findings(promoted)
    assert (subject, message.startswith(f"its commit is gone: fetch commit {oid} from ")) == (
        f"written uat {oid[:7]}",
        True,
    )


@pytest.mark.parametrize("how", ["deleted", "cut"])
def test_a_ledger_that_was_cut_short_is_found_by_our_commits_in_the_targets(promoted, how):
    promoted.home.move(LEDGER, None if how == "deleted" else promoted.home.git("rev-parse", f"{LEDGER}~2"))
    text = "no Record speaks of it: apply its plan again, or find out who cut the ledger short"
    commits = {env: promoted.home.head(f"env/{env}")[:7] for env in ("test", "uat", "prod")}
    lost = {(f"commit {env} {oid}", text) for env, oid in commits.items()}
    assert set(findings(promoted)) == (lost if how == "deleted" else {(f"commit prod {commits['prod']}", text)})


def test_commits_of_others_in_a_target_are_not_ours_to_prove(site):
    pipeline = site.pipeline(Environment("test"), target=Directory("builds/$env"))
    site.promote(pipeline)
    site.home.commit({"README": "x\n"})
    assert findings(site, pipeline) == []
