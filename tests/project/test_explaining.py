"""Why an environment waits, in Python; and a plan at another moment, with nobody asked."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gitpromote.errors import PlanInvalid, UsageError
from gitpromote.project import Plan

AS_OF = 1763600040  # Thu 20 Nov 2025, 00:54Z
PIPELINE = """\
from gitpromote import CEL, App, Branch, Environment, Pack, Pipeline, Plain, Soak, Window

shop = Pipeline(
    "shop",
    apps=[App("shop", Plain("deploy/$env"))],
    target=Branch("env/$env"),
    policies=[Pack("images", level="advisory")],
    environments=[
        Environment("test", gates=[Window("Mon-Thu 09:00-16:00", tz="Europe/Berlin", name="hours")]),
        Environment("prod", gates=[Soak("24h"), CEL("no", "plan.adds == 0")]),
    ],
)
"""


@pytest.fixture
def gated(desk):
    """A project whose ``test`` opens on weekdays."""
    desk.push({"pipeline.py": PIPELINE})
    return desk.project()


def test_an_explanation_has_gates_policies_and_when_it_opens(gated):
    found = gated.plan(as_of=AS_OF).explain("test")
    assert (found.decision, found.reason) == ("waiting", "hours")
    assert [one.id for one in found.gates] == ["hours"]
    assert [one.id for one in found.policies] == ["images"]
    assert [one.id for one in found] == [one.id for one in found.outcomes] == ["hours", "images"]
    assert found["hours"].status == "pending"
    assert found.opens.earliest == AS_OF + 7 * 3600 + 6 * 60
    assert found.remedies == {}
    assert (len(found), bool(found)) == (2, True)


def test_an_explanation_shows_itself(gated):
    found = gated.plan(as_of=AS_OF).explain("test")
    assert repr(found) == "<Explanation shop test: waiting (hours)>"
    lines = str(found).splitlines()
    assert lines[0].endswith(" · waiting: hours · opens 08:00Z")
    assert lines[1:3] == [
        "  pending  hours   Mon-Thu 09:00-16:00 Europe/Berlin; closed; opens 08:00Z",
        "                   reads live facts; judges promote",
    ]
    shown = found._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/markdown", "application/vnd.gitpromote.explanation.v1+json"}
    assert shown["text/plain"] == str(found)
    assert shown["application/vnd.gitpromote.explanation.v1+json"]["applies_to"] == {"hours": ["promote"]}


def test_a_project_explains_freshly(gated):
    assert gated.explain("prod").remedies["upstream"].startswith("gitpromote ")


@pytest.mark.parametrize(
    ("words", "tz", "decision"),
    [
        ("2025-11-20T08:00Z", "UTC", "ready"),
        ("2025-11-20T07:59Z", "UTC", "waiting"),
        ("2025-11-20T09:00", "Europe/Berlin", "ready"),
        ("Thu 15:00", "UTC", "waiting"),
        ("Thu 15:00", "Europe/Berlin", "ready"),
        ("Sat 15:00", "UTC", "waiting"),
        ("Wed 00:00", "UTC", "waiting"),
        (AS_OF + 8 * 3600, "UTC", "ready"),
        (datetime(2025, 11, 20, 9, tzinfo=ZoneInfo("Europe/Berlin")), "UTC", "ready"),
        (datetime(2025, 11, 20, 9), "Europe/Berlin", "ready"),  # noqa: DTZ001 (whoever names no zone means tz=)
    ],
)
def test_a_plan_is_judged_at_another_moment(gated, words, tz, decision):
    plan = gated.plan(as_of=AS_OF)
    then = plan.at(words, tz=tz)
    assert then["test"].decision == decision
    assert (plan["test"].decision, plan.data.as_of) == ("waiting", AS_OF)
    assert then["test"].change_digest == plan["test"].change_digest


def test_a_saved_plan_needs_nobody_for_it(gated, tmp_path, monkeypatch):
    path = gated.plan(as_of=AS_OF).save(tmp_path / "p.json")
    monkeypatch.chdir(tmp_path)
    assert Plan.load(path).at("2025-11-20T08:00Z")["test"].decision == "ready"


def test_what_is_no_time_is_refused(gated):
    with pytest.raises(UsageError) as caught:
        gated.plan(as_of=AS_OF).at("some day")
    assert caught.value.code == "bad-time"


def test_a_plan_that_does_not_follow_from_its_definition_is_not_judged(gated):
    plan = gated.plan(as_of=AS_OF)
    forged = Plan(plan.data.model_copy(update={"environments": (plan["test"].model_copy(update={"name": "x"}),)}))
    with pytest.raises(PlanInvalid) as caught:
        forged.at(AS_OF + 60)
    assert caught.value.code == "plan-unsound"


# -- simulations


def test_a_simulation_holds_both_plans(desk, gated):
    before = desk.refs()
    found = gated.simulate("2025-11-20T08:00Z", as_of=AS_OF)
    assert (found.now["test"].decision, found.then["test"].decision) == ("waiting", "ready")
    assert (found.blocked, found.waiting) == (("prod",), ())
    assert repr(found).splitlines()[0] == "Now is 20 Nov 2025 00:54Z; then is 20 Nov 2025 08:00Z."
    assert desk.refs() == before


def test_a_forecast_tells_every_change(gated):
    found = gated.forecast("2025-11-25", as_of=AS_OF, env="test")
    assert [(one.at - AS_OF, one.decision) for one in found][:3] == [
        (0, "waiting"),
        (7 * 3600 + 360, "ready"),
        (14 * 3600 + 360, "waiting"),
    ]
    assert len(found.turns) == 5  # Thursday and Monday
    assert (found.blocked, found.waiting) == ((), ("test",))


def test_what_judges_where_is_listed(gated):
    rows = {row.name: (row.what, row.source, row.environments) for row in gated.policies()}
    assert rows == {
        "hours": ("gate", "environment", ("test",)),
        "soak": ("gate", "environment", ("prod",)),
        "no": ("gate", "environment", ("prod",)),
        "images": ("policy", "pipeline", ("test", "prod")),
    }
