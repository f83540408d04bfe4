"""What discovery found, and what keeps Freight away, in as few lines as say it."""

from __future__ import annotations

from types import SimpleNamespace

from gitpromote.model.discovered import DiscoveredSubscription, DiscoveredWarehouse, DiscoveryReport, Told
from gitpromote.views.discovery import discovery_view
from gitpromote.views.lines import plain
from gitpromote.views.terminal import plan_view

LONG = (
    "none of the 20 images of cart fits: cart 1.29.0 does not satisfy images.cart.version == '9.9.9': "
    'images.cart.version is "1.29.0"'
)


def test_candidates_of_one_reason_are_told_together() -> None:
    newer = [Told(name=f"a 1.{minor}.0", reason="fits no set of candidates") for minor in range(30, 20, -1)]
    newer += [Told(name=f"c 1.{minor}.0", reason=f'is "1.{minor}.0"') for minor in range(30, 20, -1)]
    newer += [Told(name=name, reason="is a prerelease") for name in ("2.0.0-rc.2", "2.0.0-rc.1")]
    image = DiscoveredSubscription(kind="image", address="a.io/a", strategy="semver", candidates=20)
    warehouse = DiscoveredWarehouse(
        name="shop", status="nothing", reason="it is so", subscriptions=(image,), newer=tuple(newer)
    )
    report = DiscoveryReport(pipeline="shop", as_of=0, warehouses=(warehouse,))
    assert plain(discovery_view(report)).splitlines() == [
        "shop",
        "  image a.io/a (semver)   none fits   of 20 candidates",
        "  = no Freight   none: it is so",
        *(f'    rejected: c 1.{minor}.0 is "1.{minor}.0"' for minor in range(30, 25, -1)),
        "    rejected: and 17 more",
    ]
    few = warehouse.model_copy(update={"newer": (*newer[:4], *newer[-2:])})
    assert plain(discovery_view(report.model_copy(update={"warehouses": (few,)}))).splitlines()[3:] == [
        "    rejected: fits no set of candidates: a 1.30.0, a 1.29.0, a 1.28.0 and 1 more",
        "    rejected: is a prerelease: 2.0.0-rc.2, 2.0.0-rc.1",
    ]


def test_a_long_reason_stands_once_below_the_table(make: SimpleNamespace) -> None:
    given = {"decision": "unavailable", "steps": (), "opens": None, "freight": {}}
    plan = make.plan(
        make.environment("test", reason=LONG, **given),
        make.environment("prod", reason=LONG, **given),
        make.environment("lab", reason="no Freight yet", **given),
    )
    told = [text for text in plain(plan_view(plan)).splitlines() if "fits" in text or "no Freight yet" in text]
    assert [text.split("  ")[-1].strip() for text in told[:2]] == ["none of the 20 images of cart fits: …"] * 2
    assert told[2].endswith("no Freight yet")
    assert told[3:] == [f"  test, prod: {LONG}"]


def test_a_reason_without_a_place_to_cut_is_cut(make: SimpleNamespace) -> None:
    environment = make.environment("test", decision="unavailable", steps=(), freight={}, reason="x" * 100)
    told = [text for text in plain(plan_view(make.plan(environment))).splitlines() if "xxx" in text]
    assert [text.split(" ")[-1] for text in told] == [f"{'x' * 79}…", "x" * 100]
