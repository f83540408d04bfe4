"""The planner: from what was seen to what would be done; a pure function."""

from __future__ import annotations

import dataclasses

import pytest

from gitpromote import CEL, ArgoCD, Branch, Checks, Environment, Message
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import Opens, Request, Summary, Write
from gitpromote.model.state import Held
from gitpromote.model.tree import blob_id

DAY = 24 * 3600


def only(small, observed, *, pipeline=None, ledger=None, blobs=(), **members):
    """The plan of one Environment."""
    chosen = pipeline or small.pipeline(Environment("test"))
    plan = small.plan(chosen, small.observation(observed, ledger=ledger, blobs=blobs), **members)
    return plan.environments[0]


def fresh(small, *, pipeline=None, **members):
    """The plan of an Environment whose target is empty."""
    observed = small.observed("test", {}, {"a.yaml": small.config()})
    return only(small, observed, pipeline=pipeline, blobs=(small.config(),), **members)


def outcome(status, *, identifier="rule", level="hard"):
    return Outcome(id=identifier, kind="policy", level=level, status=status, message="says so")


# -- what would be written


def test_files_are_created_updated_and_pruned_in_their_order(small):
    before = {"a.yaml": small.config("a"), "b.yaml": small.config("b"), "same.yaml": small.config("same")}
    after = {"a.yaml": small.config("a", "2"), "c.yaml": small.config("c"), "same.yaml": small.config("same")}
    plan = small.plan(
        small.pipeline(Environment("test")),
        small.observation(small.observed("test", before, after), blobs=tuple(after.values())),
    )
    [found] = plan.environments
    ids = {path: blob_id(text.encode()) for path, text in after.items()}
    assert found.writes == (
        Write(path="a.yaml", before=blob_id(before["a.yaml"].encode()), after=ids["a.yaml"], action="update"),
        Write(path="b.yaml", before=blob_id(before["b.yaml"].encode()), after=None, action="delete"),
        Write(path="c.yaml", before=None, after=ids["c.yaml"], action="create"),
    )
    assert {oid: blob.text for oid, blob in plan.blobs.items()} == {
        ids["a.yaml"]: after["a.yaml"],
        ids["c.yaml"]: after["c.yaml"],
    }
    assert [(one.object.name, one.actions) for one in found.changes] == [
        ("a", ("update",)),
        ("b", ("delete",)),
        ("c", ("create",)),
    ]
    assert plan.summary == Summary(promote=1, add=1, change=1, delete=1)
    assert found.result_tree == small.content(after).tree


def test_a_sensitive_file_has_neither_bytes_nor_ids(small):
    observed = small.observed("test", {"s.yaml": small.config("s")}, {"s.yaml": small.config("s", "2")})
    hidden = {
        name: dataclasses.replace(getattr(observed, name), sensitive=frozenset({"s.yaml"}))
        for name in ("current", "desired")
    }
    plan = small.plan(
        small.pipeline(Environment("test")), small.observation(dataclasses.replace(observed, **hidden), blobs=())
    )
    [write] = plan.environments[0].writes
    assert write == Write(path="s.yaml", before=None, after=None, sensitive=True, action="update")
    assert (plan.blobs, plan.environments[0].omitted) == ({}, ("s.yaml",))


# -- decisions


@pytest.mark.parametrize(
    ("outcomes", "decision", "reason"),
    [
        ([], "ready", ""),
        ([outcome("pass"), outcome("warn"), outcome("skip")], "ready", ""),
        ([outcome("fail")], "blocked", "rule"),
        ([outcome("error")], "blocked", "rule"),
        ([outcome("fail", level="advisory")], "ready", ""),
        ([outcome("pending")], "waiting", "rule"),
        ([outcome("pending"), outcome("fail", identifier="other")], "blocked", "other"),
        ([outcome("fail"), outcome("error", identifier="other")], "blocked", "rule, other"),
    ],
)
def test_a_decision_follows_from_the_worst_binding_outcome(small, outcomes, decision, reason):
    observed = small.observed("test", {}, {"a.yaml": small.config()}, blocking=tuple(outcomes))
    found = only(small, observed, blobs=(small.config(),))
    assert (found.decision, found.reason) == (decision, reason)
    assert found.outcomes == tuple(outcomes)


def test_missing_freight_makes_it_unavailable(small):
    observed = small.observed("test", {}, {}, freight=small.freight(), missing="no image of x is known")
    found = only(small, dataclasses.replace(observed, freight={}, current=None, desired=None))
    assert (found.decision, found.reason, found.steps) == ("unavailable", "no image of x is known", ())


def test_a_hold_comes_after_a_failure_and_before_waiting(small):
    freight = small.freight(1)
    held = Held(at=1, record="h", reason="audit", actor="x")
    state = small.holding("test", freight, small.content({}).tree, held=held)
    ledger = small.ledger(state, freight=(freight,))
    for outcomes, decision in (([], "held"), ([outcome("pending")], "held"), ([outcome("fail")], "blocked")):
        observed = small.observed(
            "test", {}, {"a.yaml": small.config()}, freight=small.freight(2), blocking=tuple(outcomes)
        )
        assert only(small, observed, ledger=ledger, blobs=(small.config(),)).decision == decision


def test_nothing_to_do_is_a_noop_whatever_waits(small):
    freight, files = small.freight(1), {"a.yaml": small.config()}
    ledger = small.ledger(small.holding("test", freight, small.content(files).tree), freight=(freight,))
    observed = small.observed("test", files, files, freight=freight, blocking=(outcome("pending"),))
    found = only(small, observed, ledger=ledger)
    assert (found.decision, found.steps, found.writes, found.expires_at) == ("noop", (), (), None)


# -- steps


def kinds(found):
    return [step.kind for step in found.steps]


def test_freight_that_changes_nothing_is_inherited(small):
    files = {"a.yaml": small.config()}
    ledger = small.ledger(small.holding("test", small.freight(1), small.content(files).tree))
    found = only(small, small.observed("test", files, files, freight=small.freight(2)), ledger=ledger)
    assert (found.decision, kinds(found)) == ("noop", ["inherit"])
    assert found.freight["shop"].moving is True


@pytest.mark.parametrize(
    ("members", "wanted"),
    [
        ({}, ["push", "verify"]),
        ({"delivery": "pull_request"}, ["push", "pull-request", "await-merge", "verify"]),
        ({"agent": ArgoCD(context="x")}, ["push", "sync", "await-healthy", "verify"]),
        (
            {"agent": ArgoCD(context="x"), "delivery": "pull_request"},
            ["push", "pull-request", "await-merge", "sync", "await-healthy", "verify"],
        ),
    ],
)
def test_steps_follow_from_delivery_and_agent(small, members, wanted):
    pipeline = small.pipeline(Environment("test", **members))
    observed = small.observed("test", {}, {"a.yaml": small.config()})
    found = only(small, observed, pipeline=pipeline, blobs=(small.config(),))
    assert kinds(found) == wanted
    assert [step.id for step in found.steps] == [str(at) for at in range(1, len(wanted) + 1)]
    assert [step.after for step in found.steps] == [(), *((str(at),) for at in range(1, len(wanted)))]
    assert (found.decision == "ready") == (not members)


def test_gates_of_a_later_version_wait(small):
    gates = [Checks(name="quiet"), Checks(name="soft", level="advisory")]
    pipeline = small.pipeline(Environment("test", gates=gates))
    found = only(
        small, small.observed("test", {}, {"a.yaml": small.config()}), pipeline=pipeline, blobs=(small.config(),)
    )
    assert (found.decision, found.reason) == ("waiting", "quiet")
    assert [(one.id, one.status, one.message) for one in found.outcomes] == [
        ("quiet", "pending", "not judged by this version"),
        ("soft", "pending", "not judged by this version"),
    ]
    assert found.opens == Opens(earliest=None, conditions=({"gate": "quiet"},))


def test_a_rollback_asks_no_gates_and_no_environment_before_it(small):
    pipeline = small.pipeline(Environment("test"), Environment("prod", gates=[CEL("quiet", "true")]))
    observed = small.observed("prod", {"a.yaml": small.config("a", "2")}, {"a.yaml": small.config()})
    ledger = small.ledger(small.holding("prod", small.freight(2), observed.current.tree))
    observation = small.observation(observed, ledger=ledger, blobs=(small.config(),))
    [found] = small.plan(pipeline, observation, kind="rollback").environments
    assert (found.decision, found.outcomes) == ("ready", ())
    assert found.steps[0].message == f"rollback(prod): {small.freight().alias}"


def test_messages_and_tags_are_filled_in(small):
    pipeline = small.pipeline(
        Environment("test", labels={"region": "eu"}),
        commit=Message("$pipeline/$env/$label.region: $freight"),
        tag="v/$env/$freight",
    )
    found = only(
        small, small.observed("test", {}, {"a.yaml": small.config()}), pipeline=pipeline, blobs=(small.config(),)
    )
    alias = small.freight().alias
    assert (found.steps[0].message, found.steps[0].tag) == (f"shop/test/eu: {alias}", f"v/test/{alias}")


# -- when


def test_what_is_ready_opens_now_and_ends_in_a_week(small):
    found = fresh(small)
    assert found.opens == Opens(earliest=small.as_of)
    assert found.expires_at == small.as_of + 7 * DAY


def test_what_waits_for_others_says_for_whom(small):
    plan = small.example()
    prod = plan.environment("prod")
    assert (prod.decision, prod.reason, prod.after) == ("waiting", "upstream", {"all": ("test",)})
    assert prod.opens == Opens(earliest=None, conditions=({"verified": "test", "plus": 0},))
    assert plan.summary == Summary(promote=1, waiting=1, add=3, change=1, delete=1, gates_pending=1)


# -- the target


def test_foreign_content_fails_and_a_named_replacement_warns(small):
    freight = small.freight(1)
    ledger = small.ledger(small.holding("test", freight, "f" * 40), freight=(freight,))
    observed = small.observed(
        "test", {"a.yaml": small.config("a", "9")}, {"a.yaml": small.config("a")}, freight=freight, is_foreign=True
    )
    for replace, decision in ((None, "blocked"), ("111", "blocked"), ("1111", "ready"), ("2" * 40, "blocked")):
        request = Request(replace={"test": replace} if replace else {})
        found = only(small, observed, ledger=ledger, blobs=(small.config("a"),), request=request)
        assert found.decision == decision, replace
        assert [(one.id, one.status) for one in found.outcomes] == [
            ("foreign", "warn" if decision == "ready" else "fail")
        ]


def test_content_before_the_first_record_is_adopted(small):
    observed = small.observed("test", {"a.yaml": small.config("a", "9")}, {"a.yaml": small.config("a")})
    found = only(small, observed, blobs=(small.config("a"),))
    assert [(one.id, one.status) for one in found.outcomes] == [("adoption", "warn")]
    assert found.decision == "ready"


def test_a_target_that_moved_is_told(small):
    freight = small.freight(1)
    ledger = small.ledger(small.holding("test", freight, "f" * 40), freight=(freight,))
    pipeline = small.pipeline(Environment("test"), target=Branch("live/$env", path="shop"))
    observed = small.observed("test", {}, {"a.yaml": small.config()}, freight=freight)
    found = only(small, observed, pipeline=pipeline, ledger=ledger, blobs=(small.config(),))
    assert [one.message for one in found.outcomes] == [
        "was written to env/test until now; what is there stays as it is"
    ]
    assert (found.decision, kinds(found)) == ("ready", ["push", "verify"])


# -- the whole


def test_only_what_was_observed_is_planned_in_the_order_of_the_pipeline(small):
    pipeline = small.pipeline(Environment("test"), Environment("uat"), Environment("prod"))
    observed = [small.observed(name, {}, {"a.yaml": small.config()}) for name in ("prod", "test")]
    plan = small.plan(pipeline, small.observation(*observed, blobs=(small.config(),)))
    assert [one.name for one in plan.environments] == ["test", "prod"]
    assert [one.production for one in plan.environments] == [False, True]


def test_facts_and_freight_are_those_that_the_verdicts_read(small):
    plan = small.example()
    first, second = small.freight(1), small.freight(2)
    assert {one.alias for one in plan.freight.values()} == {first.alias, second.alias}
    assert plan.facts == {
        "source": "ledger",
        "at": "e" * 40,
        "environments": {
            "test": {
                "freight": {"shop": first.id},
                "verified": {first.id: small.as_of - 60},
                "held": None,
                "tree": plan.facts["environments"]["test"]["tree"],
            }
        },
    }
    for identifier, planned in plan.freight.items():
        assert planned.freight().id == identifier


def test_the_same_values_give_the_same_plan(small):
    assert small.example() == small.example()
