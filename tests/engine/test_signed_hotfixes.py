"""Where signers are named, a hotfix enters production only under the signature of one of them."""

from __future__ import annotations

import pytest

from gitpromote import Environment, Freeze, OrgGate, OrgPolicies, Soak
from gitpromote.engine.append import append, event, freight_created
from gitpromote.errors import ConfigurationError
from gitpromote.model.definition import from_data
from gitpromote.project.explaining import Explanation
from gitpromote.views.lines import plain
from gitpromote.views.terminal import plan_view

SIGNERS = "ops/allowed_signers"
HOUR = 3600
GATES = (Soak("24h"), Freeze("2025-11-01", until="2025-12-24"))


@pytest.fixture(autouse=True)
def cleo_signs(monkeypatch, keys, tmp_path):
    """What git signs with where nobody names a key."""
    settings = tmp_path / "gitconfig-with-key"
    settings.write_text(f"[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = {keys['cleo']}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))


@pytest.fixture
def pipeline(promoted, keys):
    public = " ".join(keys["cleo"].with_suffix(".pub").read_text().split()[:2])
    promoted.home.commit({SIGNERS: f"cleo@acme.example {public}\n"}, message="signers")
    promoted.home.commit(promoted.sources("test", "uat", "prod", replicas=9), message="fix")
    return promoted.pipeline(
        Environment("test"), Environment("prod", production=True, gates=list(GATES)), signers=SIGNERS
    )


def cleo(site, pipeline):
    return site.project(pipeline, who="Cleo <cleo@acme.example>", cache="cleo")


def freight(site, pipeline):
    [found] = site.project(pipeline).freight.named(commit=site.home.head("main"))
    return found


def hotfix(site, pipeline, *, env="prod", **options):
    given = freight(site, pipeline)
    return cleo(site, pipeline).freight.hotfix(given, env, reason="5xx", expires=HOUR, **options)


def forged(site, pipeline, *, base=None, **changed):
    """A Record that somebody wrote past the verb, who may push and has no key that is listed."""
    world = site.project(pipeline, who="Eve <eve@acme.example>", cache="eve")._world
    told = {"freight": freight(site, pipeline).id, "reason": "y", "bypass": True, "expires": world.clock.now() + HOUR}
    data = {**(base.data if base else told), **changed}
    record = event(world, "freight-approved", environment="prod", data=data)
    append(world, lambda state: [*freight_created(world, [freight(site, pipeline)], state, plan=None), record])


def planned(site, pipeline):
    return site.project(pipeline).plan(freight=freight(site, pipeline).alias, env="prod")


def statuses(plan):
    return {one.id: one.status for one in plan["prod"].outcomes if one.kind != "policy"}


def test_a_hotfix_that_a_listed_key_signed_enters_past_the_gates_of_promotions(promoted, pipeline):
    record = hotfix(promoted, pipeline)
    assert record.actor.proven_by.startswith("ssh:SHA256:")
    assert record.data["signature"].startswith("-----BEGIN SSH SIGNATURE-----\n")
    plan = planned(promoted, pipeline)
    assert (plan["prod"].decision, statuses(plan)) == ("ready", {"upstream": "pass", "soak": "skip", "freeze": "skip"})
    assert "  · prod: a hotfix goes past soak, freeze\n" in plain(plan_view(plan.data))
    assert "  skip  soak      does not apply to a hotfix\n" in str(Explanation(plan, plan["prod"]))
    assert promoted.project(pipeline).plan_verify(plan) == []
    result = promoted.project(pipeline).apply(plan, confirmed=True)
    assert promoted.told(result) == {"prod": "written"}
    assert promoted.project(pipeline, cache="cold").verify().ok


def test_the_verb_refuses_a_key_that_is_not_listed(promoted, pipeline, keys):
    before = promoted.records()
    with pytest.raises(ConfigurationError) as caught:
        hotfix(promoted, pipeline, key=str(keys["dora"]))
    assert str(caught.value) == (
        "This signature would not count  [signer-unknown]\n"
        f"cleo@acme.example with this key is not in {SIGNERS}.\n"
        "Use the key that is listed there: --key FILE."
    )
    assert promoted.records() == before


def test_an_unsigned_hotfix_opens_nothing_in_production_and_says_what_to_do(promoted, pipeline):
    forged(promoted, pipeline)
    plan = planned(promoted, pipeline)
    assert plan["prod"].decision == "waiting"
    assert statuses(plan) == {"upstream": "pending", "soak": "pending", "freeze": "pending"}
    [upstream] = [one for one in plan["prod"].outcomes if one.id == "upstream"]
    alias = freight(promoted, pipeline).alias
    assert upstream.message == (
        "test: not verified yet; the hotfix by Eve <eve@acme.example> does not count: unsigned, and prod is production"
    )
    assert upstream.remedy == f"gitpromote hotfix shop prod --freight {alias} --reason … --key FILE"
    assert promoted.project(pipeline).plan_verify(plan) == []


@pytest.mark.parametrize(
    "changed", [{"expires": 2**40}, {"reason": "z"}, {"identity": "dora@acme.example"}, {"signature": "x"}]
)
def test_a_signature_of_something_else_does_not_count(promoted, pipeline, changed):
    forged(promoted, pipeline, base=hotfix(promoted, pipeline), **changed)
    plan = planned(promoted, pipeline)
    assert statuses(plan)["soak"] == "pending"
    [upstream] = [one for one in plan["prod"].outcomes if one.id == "upstream"]
    assert upstream.message.endswith(f"does not count: no key of {SIGNERS} signed it")
    assert promoted.project(pipeline).plan_verify(plan) == []


def test_who_lost_the_key_since_the_plan_enters_nothing(promoted, pipeline, keys):
    hotfix(promoted, pipeline)
    plan = planned(promoted, pipeline)
    public = " ".join(keys["dora"].with_suffix(".pub").read_text().split()[:2])
    promoted.home.commit({SIGNERS: f"dora@acme.example {public}\n"})
    result = promoted.project(pipeline).apply(plan, confirmed=True)
    assert promoted.told(result) == {"prod": "waiting 3"}


def test_gates_that_a_hotfix_went_past_judge_again_once_it_is_over(promoted, pipeline):
    hotfix(promoted, pipeline)
    plan = planned(promoted, pipeline)
    promoted.apply(promoted.project(pipeline).plan(env="test"), project=promoted.project(pipeline))
    promoted.clock.time += HOUR
    [result] = promoted.project(pipeline).apply(plan, confirmed=True).environments
    assert (result.status, result.message.startswith("soak: "), "freeze" in result.message) == ("waiting", True, True)


def test_elsewhere_an_unsigned_hotfix_goes_as_ever(promoted, pipeline):
    line = pipeline.changed({"signers": None})
    record = hotfix(promoted, line)
    assert (record.actor.proven_by, "signature" in record.data) == (None, False)
    assert planned(promoted, line)["prod"].decision == "ready"


def test_what_does_not_judge_a_rollback_is_told_by_explain(promoted, pipeline):
    hotfix(promoted, pipeline)
    promoted.project(pipeline).apply(planned(promoted, pipeline), confirmed=True)
    back = promoted.project(pipeline).rollback("prod", reason="5xx")
    told = str(Explanation(back, back["prod"]))
    assert "  soak: does not apply to a rollback\n  freeze: does not apply to a rollback\n" in told


def test_an_organisations_gates_judge_hotfixes_unless_they_say_otherwise():
    asked = OrgPolicies(gates=[OrgGate(Soak("24h")), OrgGate(Soak("1h", name="x", applies_to=["promote"]))])
    soak, other = asked.standing("shop", name="prod", at=0).gates
    assert (soak.applies_to, other.applies_to) == (("promote", "hotfix"), ("promote",))
    again = from_data(OrgPolicies, asked.to_data())
    assert [one.gate.applies_to for one in again.gates] == [("promote", "hotfix"), ("promote",)]
