"""A Pipeline fills in what was left out, and refuses parts that do not fit together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import gitpromote
from gitpromote import (
    App,
    Approvals,
    ArgoCD,
    Branch,
    Chart,
    Directory,
    Environment,
    Flux,
    FluxSetters,
    Git,
    Helm,
    Image,
    InPlace,
    Kustomize,
    NoAgent,
    Pipeline,
    Plain,
    Prometheus,
    SecretEnv,
    SetValue,
    Soak,
    Warehouse,
    Window,
    any_of,
    same_commit,
)
from gitpromote.errors import ConfigurationError
from gitpromote.model.resolved import ResolvedTarget
from gitpromote.model.target import KEPT, Target


def shop() -> Pipeline:
    return Pipeline(
        "shop",
        warehouse=Warehouse(Image("ghcr.io/acme/shop", "^1.4"), Git(include=["deploy/"])),
        apps=[App("shop", Kustomize("deploy/overlays/$env"))],
        target=Branch("env/$env"),
        environments=[
            Environment("test", auto=True),
            Environment("uat", auto=True),
            Environment("prod", delivery="pull_request"),
        ],
    )


def checkout() -> Pipeline:
    return Pipeline(
        "checkout",
        warehouse=Warehouse(Image("ghcr.io/acme/checkout", "^2")),
        apps=[
            App(
                "checkout",
                Helm("charts/checkout", values=["envs/common.yaml", "envs/$env/values.yaml"]),
                edits=[SetValue("envs/$env/values.yaml", "image.tag", image="ghcr.io/acme/checkout")],
            )
        ],
        target=InPlace("main"),
        environments=[
            Environment("test", auto=True),
            Environment("uat", auto=True),
            Environment("prod", delivery="pull_request"),
        ],
    )


def pay() -> Pipeline:
    hours = Window("Mon-Thu 09:00-16:00", tz="Europe/Berlin")
    errors = Prometheus(
        "https://prom.acme.example",
        auth=SecretEnv("PROM_TOKEN"),
        over="15m",
        below="0.01",
        query='sum(rate(errors_total{cluster="$upstream"}[15m])) / sum(rate(requests_total{cluster="$upstream"}[15m]))',
    )
    return Pipeline(
        "pay",
        target=Branch("env/$env"),
        delivery="pull_request",
        warehouse=Warehouse(Image("ghcr.io/acme/pay", "^3"), Git(include=["deploy/"]), where=same_commit()),
        apps=[
            App("db", Helm("deploy/db", values=["deploy/db/$env.yaml"])),
            App("api", Kustomize("deploy/api/$env"), after="db"),
        ],
        environments=[
            Environment("test", agent=ArgoCD(context="test"), auto=True, delivery="push"),
            Environment("uat", agent=ArgoCD(context="uat"), auto=True, delivery="push"),
            Environment(
                "prod-eu",
                agent=ArgoCD(context="eu"),
                production=True,
                after="uat",
                gates=[Soak("24h"), hours, Approvals(2, of="@acme/payments")],
            ),
            Environment(
                "prod-us",
                agent=Flux(context="us"),
                production=True,
                after="prod-eu",
                gates=[Soak("2h"), hours, errors],
            ),
        ],
    )


def small(*environments: Environment, **members: Any) -> Pipeline:
    """A Pipeline of which only what a test is about is written."""
    given = {
        "apps": [App("shop", Kustomize("deploy/$env"))],
        "target": Branch("env/$env"),
        "environments": environments or [Environment("test"), Environment("prod")],
        **members,
    }
    return Pipeline("shop", **given)


def problems(make: Callable[[], object]) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        make()
    assert raised.value.exit_code == 11
    return [str(problem).partition(": ")[2] for problem in raised.value.problems]


def targets(pipeline: Pipeline) -> list[tuple[str, str, str]]:
    found = [pipeline.resolved(name).target for name in pipeline.order()]
    return [(target.repository, target.ref, target.path) for target in found]


# --- the three that must work as written


def test_kustomize_overlays_on_one_branch_per_environment() -> None:
    pipeline = shop()
    prod = pipeline.resolved("prod")
    assert prod.target == ResolvedTarget(
        kind="branch", repository="home", ref="refs/heads/env/prod", path="", subtrees=("",), keep=KEPT
    )
    (app,) = prod.apps
    assert (app.name, app.renderer, app.folder, app.files) == (
        "shop",
        Kustomize("deploy/overlays/prod"),
        "",
        "per-object",
    )
    assert (prod.delivery, prod.production, prod.after, prod.join, prod.auto) == (
        "pull_request",
        True,
        ("uat",),
        "all",
        False,
    )
    test = pipeline.resolved("test")
    assert (test.delivery, test.production, test.after, test.direct, test.auto) == ("push", False, (), ("shop",), True)


def test_a_chart_with_values_edited_in_place() -> None:
    uat = checkout().resolved("uat")
    assert uat.target == ResolvedTarget(kind="in-place", ref="refs/heads/main")
    (app,) = uat.apps
    assert app.renderer == Helm(
        "charts/checkout", values=["envs/common.yaml", "envs/uat/values.yaml"], release="checkout"
    )
    assert app.edits == (SetValue("envs/uat/values.yaml", "image.tag", image="ghcr.io/acme/checkout"),)
    assert [warehouse.subscriptions for warehouse in checkout().warehouses] == [(Image("ghcr.io/acme/checkout", "^2"),)]


def test_two_regions_with_other_agents_and_gates() -> None:
    pipeline = pay()
    assert pipeline.order() == ("test", "uat", "prod-eu", "prod-us")
    us = pipeline.resolved("prod-us")
    assert us.agent == Flux(context="us")
    assert [gate.name for gate in us.gates] == ["soak", "window", "prometheus"]
    query = us.gates[2].query  # type: ignore[attr-defined]
    assert query == (
        'sum(rate(errors_total{cluster="prod-eu"}[15m])) / sum(rate(requests_total{cluster="prod-eu"}[15m]))'
    )
    assert [(app.name, app.folder, app.after) for app in us.apps] == [("db", "db", ()), ("api", "api", ("db",))]


@pytest.mark.parametrize("make", [shop, checkout, pay])
def test_they_go_through_data_and_through_their_own_text(make: Callable[[], Pipeline]) -> None:
    pipeline = make()
    again = Pipeline.from_data(pipeline.to_data())
    assert again == pipeline
    assert again.definition_digest == pipeline.definition_digest
    assert again.to_data() == pipeline.to_data()
    assert [again.resolved(name) for name in again.order()] == [pipeline.resolved(name) for name in pipeline.order()]
    names = {name: getattr(gitpromote, name) for name in gitpromote._HOME if name not in gitpromote._MODULES["project"]}
    assert eval(repr(pipeline), names) == pipeline
    assert make() == pipeline
    assert hash(make()) == hash(pipeline)


# --- equality and digests


def test_what_a_default_says_and_what_is_written_out_are_equal() -> None:
    written = small(Environment("test", after=[], production=False), Environment("prod", after="test", production=True))
    assert written == small()
    assert written.definition_digest == small().definition_digest
    assert small(warehouse=Warehouse(Git(include=None))) == small()
    assert small(warehouse=Warehouse(name="shop")) == small()


@pytest.mark.parametrize(
    "other",
    [
        small(Environment("test"), Environment("prod", auto=True)),
        small(Environment("test"), Environment("prod", after=any_of("test"))),
        small(pin="tag"),
        small(delivery="pull_request"),
        small(warehouse=Warehouse(Git(include=[]))),
        small(warehouse=Warehouse(name="other")),
        small(Environment("prod", after="test"), Environment("test", after=[])),
    ],
)
def test_what_means_another_thing_has_another_digest(other: Pipeline) -> None:
    assert other != small()
    assert other.definition_digest != small().definition_digest


def test_the_digest_does_not_move() -> None:
    """It stands in plans and approvals: a change here is a change of the format."""
    assert small().definition_digest == "sha256:a9f8f514618cf7e2cfb98c1071bfb564d963c773f92c6ac18a89893f20940041"


def test_data_is_a_copy_each_time() -> None:
    pipeline = small()
    pipeline.to_data()["environments"].clear()
    assert len(pipeline.to_data()["environments"]) == 2


# --- order


def test_after_defaults_to_the_environment_before_it() -> None:
    pipeline = small(Environment("a"), Environment("b"), Environment("c", after=[]), Environment("d"))
    assert {name: pipeline.upstream(name) for name in pipeline.order()} == {
        "a": (),
        "b": ("a",),
        "c": (),
        "d": ("c",),
    }
    assert [pipeline.is_production(name) for name in ("a", "b", "c", "d")] == [False, True, False, True]


def test_fan_out_and_fan_in() -> None:
    pipeline = small(
        Environment("eu", after="test"),
        Environment("us", after="test"),
        Environment("done", after=["eu", "us"]),
        Environment("any", after=any_of("eu", "us")),
        Environment("test", after=[]),
    )
    assert pipeline.order() == ("test", "eu", "us", "done", "any")
    assert pipeline.downstream("test") == ("eu", "us")
    assert (pipeline.resolved("done").after, pipeline.resolved("done").join) == (("eu", "us"), "all")
    assert (pipeline.resolved("any").after, pipeline.resolved("any").join) == (("eu", "us"), "any")
    assert pipeline.resolved("any").after_data() == {"any": ["eu", "us"]}
    assert pipeline.resolved("test").after_data() == {}
    assert pipeline.up_to(["done"]) == ("test", "eu", "us", "done")


def test_cycles_are_drawn_in_the_direction_of_promotion() -> None:
    told = problems(
        lambda: small(
            Environment("a", after="c"), Environment("b", after="a"), Environment("c", after="b"), Environment("d")
        )
    )
    assert told == [
        'Environment("a"): Environments wait for each other: a -> b -> c -> a  [cycle]  (take one after= out)'
    ]


def test_every_cycle_is_told() -> None:
    told = problems(
        lambda: small(
            Environment("a", after="a"), Environment("b", after="c"), Environment("c", after="b"), Environment("d")
        )
    )
    assert [text.partition("other: ")[2] for text in told] == [
        "a -> a  [cycle]  (take one after= out)",
        "b -> c -> b  [cycle]  (take one after= out)",
    ]


def test_a_cycle_is_told_beside_names_that_are_taken_or_unknown() -> None:
    told = problems(
        lambda: small(
            Environment("test"),
            Environment("test"),
            Environment("uat", after="tst"),
            Environment("x", after="y"),
            Environment("y", after="x"),
            apps=[
                App("shop", Plain("a")),
                App("shop", Plain("b")),
                App("one", Plain("c"), after="two"),
                App("two", Plain("d"), after="one"),
            ],
        )
    )
    codes = sorted(text.rpartition("  [")[2].partition("]")[0] for text in told)
    assert codes == ["cycle", "cycle", "name-taken", "name-taken", "unknown-upstream"]
    assert 'App("one"): Apps wait for each other: one -> two -> one  [cycle]  (take one after= out)' in told
    assert 'Environment("x"): Environments wait for each other: x -> y -> x  [cycle]  (take one after= out)' in told


def test_unknown_and_repeated_names_are_told() -> None:
    told = problems(
        lambda: small(
            Environment("test"),
            Environment("prod", after=["tset", "test", "test"], apps=["shpo"], direct="warehouse"),
            Environment("prod", apps=["shop", "shop"]),
            apps=[App("shop", Plain("a")), App("db", Plain("b"), after="dp")],
        )
    )
    assert sorted(told) == [
        'App("db"): after names "dp", and no App is called so  [unknown-app]  (there is "shop" or "db")',
        'Environment("prod"): after names "test" 2 times  [named-twice]  (name it once)',
        (
            'Environment("prod"): after names "tset", and no Environment is called so  [unknown-upstream]  '
            '(did you mean "test"?)'
        ),
        'Environment("prod"): another Environment has this name on line 218  [name-taken]  '
        "(give each a name of its own)".replace("218", _line_of(told)),
        'Environment("prod"): apps names "shop" 2 times  [named-twice]  (name it once)',
        'Environment("prod"): apps names "shpo", and no App is called so  [unknown-app]  (did you mean "shop"?)',
        (
            'Environment("prod"): direct names "warehouse", and no Warehouse is called so  [unknown-warehouse]  '
            '(there is "shop")'
        ),
    ]


def _line_of(told: Sequence[str]) -> str:
    (line,) = [text.partition("on line ")[2].partition(" ")[0] for text in told if "on line" in text]
    return line


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ("b", "Environments wait for each other: a -> b -> a  [cycle]  (take one after= out)"),
        ("tset", 'after names "tset", and no Environment is called so  [unknown-upstream]  (there is "a" or "b")'),
    ],
)
def test_what_has_nothing_to_do_with_the_order_is_told_beside_what_is_wrong_with_it(after, told) -> None:
    found = problems(
        lambda: small(Environment("a", after=after), Environment("b", after="a"), target=Branch("env/same"))
    )
    assert found[0] == f'Environment("a"): {told}'
    assert [text.rpartition("[")[2].partition("]")[0] for text in found[1:]] == ["path-conflict"]


def test_apps_that_wait_for_each_other_are_a_cycle() -> None:
    told = problems(lambda: small(apps=[App("a", Plain("x"), after="b"), App("b", Plain("y"), after="a")]))
    assert told == ['App("a"): Apps wait for each other: a -> b -> a  [cycle]  (take one after= out)']


def test_a_thousand_environments_in_a_row_are_ordered() -> None:
    names = [f"e{number}" for number in range(1000)]
    pipeline = small(
        *(Environment(name, after=names[at - 1] if at else []) for at, name in reversed([*enumerate(names)]))
    )
    assert list(pipeline.order()) == names


# --- Warehouses


def test_without_a_warehouse_the_sources_alone_make_freight() -> None:
    (warehouse,) = small().warehouses
    assert warehouse == Warehouse(Git(include=None), name="shop")


def test_the_implied_git_goes_to_the_first_warehouse_only() -> None:
    pipeline = small(warehouse=[Warehouse(Image("a/b")), Warehouse(Image("c/d"), name="base")])
    assert pipeline.warehouses == (
        Warehouse(Image("a/b"), Git(include=None), name="shop"),
        Warehouse(Image("c/d"), name="base"),
    )


def test_no_git_is_implied_where_one_is_written_in_any_warehouse() -> None:
    pipeline = small(warehouse=[Warehouse(Image("a/b")), Warehouse(Git(include=["deploy/"]), name="config")])
    assert pipeline.warehouses[0] == Warehouse(Image("a/b"), name="shop")


def test_each_repository_of_sources_is_watched_once() -> None:
    home, other = "https://git.example/acme/gitops.git", "https://git.example/acme/charts"
    pipeline = small(
        repo=home,
        apps=[
            App("a", Plain("a")),
            App("b", Plain("b"), repo="git@git.example:acme/gitops.git"),
            App("c", Plain("c"), repo=other),
            App("d", Plain("d"), repo=other),
        ],
    )
    assert pipeline.warehouses[0].subscriptions == (Git(include=None), Git(repo=other, include=None))
    assert [app.repository for app in pipeline.resolved("prod").apps] == ["home", "home", other, other]


def test_the_home_repository_has_one_name_however_it_is_spelt() -> None:
    home = "https://git.example/acme/gitops.git"
    pipeline = small(repo=home, warehouse=Warehouse(Git(repo="ssh://git@GIT.example/acme/gitops", include=["deploy/"])))
    assert pipeline.warehouses[0].subscriptions == (Git(include=["deploy/"]),)


def test_an_environment_takes_freight_from_the_warehouses_that_reach_it() -> None:
    pipeline = small(
        Environment("test", direct="shop"),
        Environment("uat"),
        Environment("hotfix", after=[], direct=["fix"]),
        Environment("prod", after=any_of("uat", "hotfix")),
        Environment("lab", after=[]),
        Environment("odd", after="uat", direct=True),
        warehouse=[Warehouse(Image("a/b")), Warehouse(Image("a/b"), name="fix")],
    )
    assert {
        name: (pipeline.resolved(name).direct, pipeline.resolved(name).warehouses) for name in pipeline.order()
    } == {
        "test": (("shop",), ("shop",)),
        "uat": ((), ("shop",)),
        "hotfix": (("fix",), ("fix",)),
        "prod": ((), ("shop", "fix")),
        "lab": (("shop", "fix"), ("shop", "fix")),
        "odd": (("shop", "fix"), ("shop", "fix")),
    }


def test_of_several_warehouses_each_needs_a_name() -> None:
    told = problems(lambda: small(warehouse=[Warehouse(Image("a/b")), Warehouse(Image("c/d")), Warehouse(name="shop")]))
    assert told == [
        "Warehouse: name is missing  [missing-argument]  (of several Warehouses each needs one)",
        (
            "Warehouse: the first Warehouse has this name: it is called like the Pipeline  [name-taken]  "
            "(give each a name of its own)"
        ),
    ]


def test_an_edit_names_an_image_that_a_warehouse_subscribes_to() -> None:
    told = problems(
        lambda: small(
            warehouse=Warehouse(Image("ghcr.io/acme/shop"), Chart("oci://ghcr.io/acme/charts/shop")),
            apps=[
                App(
                    "shop",
                    Helm("oci://ghcr.io/acme/chart/shop"),
                    edits=[
                        SetValue("a.yaml", "x", image="ghcr.io/acme/shpo"),
                        SetValue("a.yaml", "y", image="nginx"),
                        SetValue("a.yaml", "z", chart="https://charts.example/db"),
                    ],
                )
            ],
        )
    )
    assert sorted(told) == [
        (
            'Helm: no Warehouse subscribes to the chart "oci://ghcr.io/acme/chart/shop"  [unknown-chart]  '
            '(did you mean "oci://ghcr.io/acme/charts/shop"?)'
        ),
        (
            'SetValue: no Warehouse subscribes to the chart "https://charts.example/db"  [unknown-chart]  '
            '(add Chart("https://charts.example", name="db") to the Warehouse)'
        ),
        (
            'SetValue: no Warehouse subscribes to the image "ghcr.io/acme/shpo"  [unknown-image]  '
            '(did you mean "ghcr.io/acme/shop"?)'
        ),
        (
            'SetValue: no Warehouse subscribes to the image "nginx"  [unknown-image]  '
            '(add Image("nginx", …) to the Warehouse)'
        ),
    ]


@pytest.mark.parametrize(
    ("chart", "watched"),
    [
        ("oci://ghcr.io/acme/charts/shop", Chart("oci://ghcr.io/acme/charts/shop", "^1")),
        ("oci://GHCR.io/acme/charts/shop/", Chart("oci://ghcr.io/acme/charts/shop", "^1")),
        ("https://charts.example/stable/shop", Chart("https://charts.example/stable/", "^1", name="shop")),
        ("oci://ghcr.io/acme/charts/$app", Chart("oci://ghcr.io/acme/charts/shop", "^1")),
    ],
)
def test_a_chart_that_a_warehouse_subscribes_to_may_be_rendered(chart, watched) -> None:
    small(warehouse=Warehouse(watched), apps=[App("shop", Helm(chart) | Kustomize("k"))])


@pytest.mark.parametrize(
    ("chart", "watched", "hint"),
    [
        ("oci://ghcr.io/acme/charts/shop", Image("a/b"), 'add Chart("oci://ghcr.io/acme/charts/shop", …)'),
        ("https://charts.example/shop", Image("a/b"), 'add Chart("https://charts.example", name="shop")'),
        # A registry and a chart repository are never the same place.
        ("oci://x.example/shop", Chart("https://x.example", name="shop"), 'did you mean "https://x.example/shop"?'),
    ],
)
def test_a_chart_that_no_freight_will_hold_is_refused_with_the_subscription(chart, watched, hint) -> None:
    told = problems(lambda: small(warehouse=Warehouse(watched), apps=[App("shop", Helm(chart))]))
    more = "" if hint.startswith("did") else " to the Warehouse"
    assert told == [f'Helm: no Warehouse subscribes to the chart "{chart}"  [unknown-chart]  ({hint}{more})']


def test_a_chart_whose_warehouse_does_not_get_there_is_refused_with_the_environment() -> None:
    chart = "oci://ghcr.io/acme/charts/shop"
    [told] = problems(
        lambda: small(
            Environment("test"),
            Environment("lab", after=[], direct=["fix"]),
            warehouse=[Warehouse(Chart(chart), Git(), name="main"), Warehouse(Git(), name="fix")],
            apps=[App("shop", Helm(chart))],
        )
    )
    assert told == (
        f'Environment("lab"): carries App "shop", and no Freight that gets here holds its chart "{chart}"  '
        "[unknown-chart]  (direct=['main'] lets that of main in)"
    )


def test_in_place_the_version_of_a_chart_is_written_somewhere() -> None:
    chart = "oci://ghcr.io/acme/charts/shop"
    app = App("shop", Helm(chart), edits=[SetValue("$env.yaml", "image.tag", image="a/b")])
    warehouse = Warehouse(Image("a/b"), Chart(chart))
    [told] = problems(lambda: small(Environment("test"), warehouse=warehouse, apps=[app], target=InPlace("main")))
    assert told == (
        f'Environment("test"): is edited in place, and no edit of App "shop" writes the version of "{chart}"  '
        "[nothing-to-promote]  "
        f'(write edits=[SetValue("app.yaml", "spec.source.targetRevision", chart="{chart}")])'
    )


def test_spellings_of_one_image_are_one() -> None:
    edit = SetValue("a.yaml", "x", image="docker.io/library/nginx")
    assert small(warehouse=Warehouse(Image("nginx")), apps=[App("a", Plain("b"), edits=[edit])])
    told = problems(lambda: small(warehouse=Warehouse(Image("nginx"), Image("docker.io/library/nginx"))))
    assert told[0].endswith("its Warehouse subscribes to this twice  [name-taken]  (make one of both)")


# --- targets


def test_several_apps_get_a_folder_each_whichever_an_environment_carries() -> None:
    apps = [App("api", Plain("api")), App("db", Plain("db"))]
    pipeline = small(
        Environment("test"), Environment("prod", apps=["api"]), apps=apps, target=Branch("$env", path="out")
    )
    assert [app.folder for app in pipeline.resolved("test").apps] == ["out/api", "out/db"]
    assert [app.folder for app in pipeline.resolved("prod").apps] == ["out/api"]
    assert pipeline.resolved("prod").target.subtrees == ("out",)


def test_a_target_that_names_the_app_gives_each_its_own_folder() -> None:
    apps = [App("api", Plain("api")), App("db", Plain("db"))]
    pipeline = small(apps=apps, target=Directory("apps/$app/envs/$env", branch="rendered"))
    prod = pipeline.resolved("prod")
    assert [app.folder for app in prod.apps] == ["apps/api/envs/prod", "apps/db/envs/prod"]
    assert prod.target.path == ""
    assert prod.target.subtrees == ("apps/api/envs/prod", "apps/db/envs/prod")


def test_a_control_flow_point_is_written_nowhere() -> None:
    pipeline = small(Environment("test"), Environment("go", apps=[], gates=[Approvals(1)]), Environment("prod"))
    go = pipeline.resolved("go")
    assert go.target == ResolvedTarget(kind="none")
    assert go.is_control_flow
    assert go.warehouses == ("shop",)


def test_an_environment_has_its_own_way() -> None:
    pipeline = small(
        Environment("test", agent=NoAgent(), delivery="push", gates=[], target=Directory("builds/test", branch="x")),
        Environment("prod"),
        agent=ArgoCD(context="$env"),
        delivery="pull_request",
        gates=[Soak("1h")],
    )
    test, prod = pipeline.resolved("test"), pipeline.resolved("prod")
    assert (test.agent, test.delivery, test.gates, test.target.kind) == (None, "push", (), "directory")
    assert (prod.agent, prod.delivery, prod.gates) == (ArgoCD(context="prod"), "pull_request", (Soak("1h"),))


def test_labels_are_substituted() -> None:
    pipeline = small(
        Environment("eu", labels={"region": "west", "acme.example/tier": "gold"}, after=[]),
        target=Branch("env/$label.region", path="${label.acme.example/tier}/$env-x"),
        apps=[App("shop", Helm("charts/shop", values=["$label.region.yaml"], set={"a": "$env$$x", "n": 3}))],
    )
    eu = pipeline.resolved("eu")
    assert (eu.target.ref, eu.target.path) == ("refs/heads/env/west", "gold/eu-x")
    assert eu.apps[0].renderer == Helm("charts/shop", values=["west.yaml"], set={"a": "eu$x", "n": 3}, release="shop")


def test_queries_keep_the_names_that_are_not_ours() -> None:
    gate = Prometheus("https://p.example", query='up{a="$env", b="$__interval", c="$$env"}', above=0)
    resolved = small(Environment("test"), gates=[gate]).resolved("test")
    assert resolved.gates[0].query == 'up{a="test", b="$__interval", c="$env"}'  # type: ignore[attr-defined]


def unfit() -> list[tuple[str, list[str]]]:
    text = (Path(__file__).parents[1] / "cases" / "pipelines-that-do-not-fit.txt").read_text(encoding="utf-8")
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("=> "):
            found[-1][1].append(line.removeprefix("=> "))
        elif line and not line.startswith("#"):
            found.append((line, []))
    return found


@pytest.mark.parametrize(("text", "expected"), unfit())
def test_parts_that_do_not_fit_are_told(text: str, expected: list[str]) -> None:
    names = {name: getattr(gitpromote, name) for name in gitpromote._HOME if name not in gitpromote._MODULES["project"]}
    assert sorted(problems(lambda: eval(text, {**names, "small": small}))) == expected


def test_one_values_file_may_hold_several_environments() -> None:
    edit = SetValue("values.yaml", "$env.image.tag", image="nginx")
    assert small(target=InPlace("main"), warehouse=Warehouse(Image("nginx")), apps=[App("a", Helm("c"), edits=[edit])])


def test_setters_of_one_folder_belong_to_one_environment() -> None:
    app = App("a", Plain("apps"), edits=[FluxSetters()])
    told = problems(lambda: small(target=InPlace("main"), warehouse=Warehouse(Image("nginx")), apps=[app]))
    assert 'writes "setters" in "apps" on branch "main", and so does Environment("test")' in told[0]


def test_output_beside_the_sources_is_allowed() -> None:
    assert targets(small(target=Directory("builds/$env"), warehouse=Warehouse(Git(branch="main")))) == [
        ("home", "refs/heads/main", "builds/test"),
        ("home", "refs/heads/main", "builds/prod"),
    ]


@pytest.mark.parametrize(
    ("target", "paths"),
    [
        (Branch("$env", path="./a/"), ["a", "a"]),
        (Branch("$env", path="."), ["", ""]),
        (Directory("a/$env/", branch="x"), ["a/test", "a/prod"]),
    ],
)
def test_a_folder_has_one_spelling(target: Target, paths: list[str]) -> None:
    assert [path for _, _, path in targets(small(target=target))] == paths


# --- what a Pipeline says of itself


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"identity": "promoter"},
            (
                'identity "promoter" is not a name with an address  [identity-invalid]  '
                '(write "Promoter <promoter@acme.example>")'
            ),
        ),
        (
            {"refs": "gitpromote"},
            (
                'refs "gitpromote" is not a place for refs  [refs-invalid]  '
                '(write "refs/gitpromote" or "refs/heads/gitpromote")'
            ),
        ),
        (
            {"tag": "$env"},
            (
                'the tag "$env" lacks $freight, so a second promotion would want it again  [tag-invalid]  '
                '(write "$env/$freight")'
            ),
        ),
        (
            {"tag": "$env/$frieght/$freight"},
            "tag: $frieght is not known  [unknown-substitution]  (did you mean $freight?)",
        ),
        ({"apps": []}, "apps is empty  [pipeline-empty]"),
        ({"environments": []}, "environments is empty  [pipeline-empty]"),
        (
            {"commit": "promote"},
            'commit takes a message such as Message("promote($env): $freight"), not text  [wrong-type]',
        ),
        (
            {"warehouses": []},
            "no keyword warehouses  [unknown-keyword]  (did you mean warehouse?)",
        ),
        (
            {"warehouse": Image("nginx")},
            "warehouse takes a Warehouse or a list of Warehouses, not an Image  [wrong-type]",
        ),
        (
            {"signers": "/etc/signers"},
            (
                'the signers "/etc/signers" is absolute: write it from the repository\'s root, without the leading /  '
                "[path-invalid]"
            ),
        ),
    ],
)
def test_what_git_will_read_is_checked(members: dict[str, Any], expected: str) -> None:
    (told,) = problems(lambda: small(**members))
    assert told == f'Pipeline("shop"): {expected}'


def test_an_environment_that_is_asked_for_and_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        small().resolved("nowhere")


def test_a_copy_resolves_anew() -> None:
    pipeline = small()
    copy = pipeline.model_copy(update={"delivery": "pull_request"})
    assert copy.resolved("prod").delivery == "pull_request"
    assert pipeline.resolved("prod").delivery == "push"
    assert copy != pipeline


def test_functions_are_listed() -> None:
    from gitpromote import PythonGate, PythonRenderer

    pipeline = small(
        apps=[App("a", PythonRenderer("render:shop") | Kustomize("k"))],
        gates=[PythonGate("gates:signed")],
    )
    assert pipeline.functions() == ("gates:signed", "render:shop")
    assert shop().functions() == ()


def test_a_thousand_environments_cost_little() -> None:
    def best(work: Callable[[], object]) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return min(times)

    def make() -> Pipeline:
        return small(*(Environment(f"e{number}", auto=True) for number in range(1000)))

    pipeline = make()
    data = pipeline.to_data()
    # Ten times what they take on a quiet machine.
    assert best(make) < 0.15
    assert best(pipeline.to_data) < 0.06
    assert best(lambda: Pipeline.from_data(data)) < 0.3

    def resolve() -> None:
        again = pipeline.model_copy()
        for name in again.order():
            again.resolved(name)

    assert best(resolve) < 0.3
