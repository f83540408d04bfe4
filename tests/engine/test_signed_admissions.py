"""Where signers are named, Freight is approved for an environment only under the signature of one of them."""

from __future__ import annotations

import pytest

from gitpromote import Environment
from gitpromote.engine import admissions
from gitpromote.engine.append import append, event, freight_created
from gitpromote.engine.organisation_place import VARIABLE
from gitpromote.errors import ConfigurationError
from gitpromote.model.record import Actor
from tests.engine.conftest import Origin

SIGNERS = "ops/allowed_signers"
EVE = "Eve <eve@acme.example>"
MISSING = "test: not verified yet; its approval for prod does not count: "


@pytest.fixture(autouse=True)
def cleo_signs(monkeypatch, keys, tmp_path):
    """What git signs with where nobody names a key."""
    settings = tmp_path / "gitconfig-with-key"
    settings.write_text(f"[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = {keys['cleo']}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))


def listed(keys, *names):
    public = {name: " ".join(keys[name].with_suffix(".pub").read_text().split()[:2]) for name in names}
    return "".join(f"{name}@acme.example {key}\n" for name, key in public.items())


@pytest.fixture
def pipeline(promoted, keys):
    promoted.home.commit({SIGNERS: listed(keys, "cleo")}, message="signers")
    promoted.home.commit(promoted.sources("test", "uat", "prod", replicas=9), message="fix")
    return promoted.pipeline(Environment("test"), Environment("prod"), signers=SIGNERS)


@pytest.fixture
def organisation(promoted, keys, monkeypatch):
    """One whose signers know Dora alone."""
    origin = Origin(promoted.root / "organisation.git")
    origin.commit({"organisation.yaml": "signers: signers\n", "signers": listed(keys, "dora")})
    monkeypatch.setenv(VARIABLE, str(origin.path))
    return origin


def freight(site, pipeline):
    [found] = site.project(pipeline).freight.named(commit=site.home.head("main"))
    return found


def approve(site, pipeline, name="cleo", **options):
    known = freight(site, pipeline)
    project = site.project(pipeline, who=f"{name.title()} <{name}@acme.example>", cache=name)
    append(project._world, lambda state: freight_created(project._world, [known], state, plan=None))
    return project.freight.approve(known.alias, "prod", reason="INC-1", **options)


def forged(site, pipeline, *, base=None, **changed):
    """A Record that somebody wrote past the verb, who may push and has no key that is listed."""
    world = site.project(pipeline, who=EVE, cache="eve")._world
    data = {**(base.data if base else {"freight": freight(site, pipeline).id, "reason": "y"}), **changed}
    record = event(world, "freight-approved", environment="prod", data=data)
    record = record.model_copy(update={"actor": Actor(claimed=EVE, proven_by=base and base.actor.proven_by)})
    append(world, lambda state: [*freight_created(world, [freight(site, pipeline)], state, plan=None), record])


def planned(site, pipeline):
    return site.project(pipeline).plan(freight=freight(site, pipeline).alias, env="prod")


def upstream(plan):
    [found] = [one for one in plan["prod"].outcomes if one.id == "upstream"]
    return found.status, found.message


def test_a_listed_key_lets_freight_in(promoted, pipeline):
    record = approve(promoted, pipeline)
    assert record.actor.proven_by.startswith("ssh:SHA256:")
    assert (record.data["identity"], "counts" in record.data) == ("cleo@acme.example", False)
    plan = planned(promoted, pipeline)
    assert upstream(plan) == ("pass", "approved for prod")
    assert promoted.project(pipeline).plan_verify(plan) == []
    assert promoted.told(promoted.project(pipeline).apply(plan, confirmed=True)) == {"prod": "written"}
    assert promoted.project(pipeline, cache="cold").verify().ok


def test_the_verb_refuses_a_key_that_is_not_listed(promoted, pipeline, keys):
    with pytest.raises(ConfigurationError) as caught:
        approve(promoted, pipeline, key=str(keys["dora"]))
    assert str(caught.value) == (
        "This signature would not count  [signer-unknown]\n"
        f"cleo@acme.example with this key is not in {SIGNERS}.\n"
        "Use the key that is listed there: --key FILE."
    )
    assert ("freight-approved", "prod") not in promoted.records()


def test_an_unsigned_approval_opens_nothing_and_says_what_to_do(promoted, pipeline):
    forged(promoted, pipeline)
    plan = planned(promoted, pipeline)
    assert upstream(plan) == ("pending", f"{MISSING}unsigned, and shop names its signers")
    [told] = [one for one in plan["prod"].outcomes if one.id == "upstream"]
    alias = freight(promoted, pipeline).alias
    assert told.remedy == f"gitpromote freight approve shop {alias} --env prod --reason … --key FILE"
    assert promoted.project(pipeline).plan_verify(plan) == []
    report = promoted.project(pipeline).freight.show(alias)
    assert report.unproven == {"prod": "unsigned, and shop names its signers"}


@pytest.mark.parametrize("changed", [{"reason": "z"}, {"identity": "dora@acme.example"}, {"signature": "x"}])
def test_a_signature_of_something_else_does_not_count(promoted, pipeline, keys, changed):
    open_to_all = pipeline.changed({"signers": None})
    signed = approve(promoted, open_to_all, key=str(keys["dora"]))  # before the pipeline names signers
    forged(promoted, open_to_all, base=signed, **changed)
    plan = planned(promoted, pipeline)
    assert upstream(plan) == ("pending", f"{MISSING}no key of {SIGNERS} signed it")
    assert promoted.project(pipeline).plan_verify(plan) == []


def test_what_comes_later_does_not_take_a_sound_approval_away(promoted, pipeline):
    forged(promoted, pipeline, base=approve(promoted, pipeline), signature="x")
    forged(promoted, pipeline)
    assert upstream(planned(promoted, pipeline)) == ("pass", "approved for prod")


def test_an_approval_of_one_freight_says_nothing_of_another_one(promoted, pipeline):
    signed = approve(promoted, pipeline)
    promoted.home.commit(promoted.sources("test", "uat", "prod", replicas=10), message="other")
    forged(promoted, pipeline, base=signed, freight=freight(promoted, pipeline).id)
    assert upstream(planned(promoted, pipeline)) == ("pending", f"{MISSING}no key of {SIGNERS} signed it")


def test_who_lost_the_key_since_the_plan_opens_nothing(promoted, pipeline, keys):
    approve(promoted, pipeline)
    plan = planned(promoted, pipeline)
    promoted.home.commit({SIGNERS: listed(keys, "dora")})
    [result] = promoted.project(pipeline).apply(plan, confirmed=True).environments
    assert (result.status, result.message) == ("waiting", f"upstream: {MISSING}no key of {SIGNERS} signed it")
    assert promoted.project(pipeline).plan_verify(plan) == []


def test_without_signers_it_needs_no_signature(promoted, pipeline):
    line = pipeline.changed({"signers": None})
    record = approve(promoted, line)
    assert (record.actor.proven_by, record.data.keys()) == (None, {"freight", "reason"})
    assert upstream(planned(promoted, line)) == ("pass", "approved for prod")


def test_an_organisations_signers_have_to_know_it_too(promoted, pipeline, organisation, keys):
    record = approve(promoted, pipeline)
    why = "cleo@acme.example with this key is not in the organisation's signers"
    assert record.data["counts"] == {"the pipeline": "", "the organisation": why}
    plan = planned(promoted, pipeline)
    assert upstream(plan) == ("pending", f"{MISSING}no key of the organisation's signers signed it")
    assert promoted.project(pipeline).plan_verify(plan) == []
    approve(promoted, pipeline, "dora", key=str(keys["dora"]))
    assert upstream(planned(promoted, pipeline)) == ("pass", "approved for prod")


def test_an_organisations_signers_count_where_the_pipeline_names_none(promoted, pipeline, organisation):
    line = pipeline.changed({"signers": None})
    forged(promoted, line)
    assert upstream(planned(promoted, line)) == (
        "pending",
        f"{MISSING}unsigned, and the organisation names its signers",
    )


def test_signers_that_are_missing_know_nobody(promoted, pipeline):
    approve(promoted, pipeline)
    line = pipeline.changed({"signers": "gone"})
    status, message = upstream(planned(promoted, line))
    assert (status, message) == (
        "pending",
        f"{MISSING}The file of allowed signers is missing: gone on refs/heads/main of {promoted.home.path}",
    )


def test_only_the_newest_approvals_are_looked_at(promoted, pipeline, monkeypatch):
    monkeypatch.setattr(admissions, "_MOST", 0)
    approve(promoted, pipeline)
    assert upstream(planned(promoted, pipeline)) == (
        "pending",
        f"{MISSING}50 newer ones are looked at, and no more",
    )
