"""Charts: in a registry where helm pushed them, and in repositories that helm indexed."""

from __future__ import annotations

import hashlib
import os
import time

import pytest
from charts import indexed, packed, pushed, static_files
from odd_server import Said

from gitpromote.model.candidate import ChartFacts
from gitpromote.ports import Registry


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """shop 1.0.0, 1.1.0 and 1.1.0+build.5, and other 0.1.0, by their names."""
    folder = tmp_path_factory.mktemp("charts")
    made = {}
    for version, app in (("1.0.0", "2.0.0"), ("1.1.0", "2.1.0"), ("1.1.0+build.5", "2.1.0")):
        made[version] = packed(folder, "shop", version, app_version=app)
    made["other"] = packed(folder, "other", "0.1.0")
    return made


@pytest.fixture(scope="module")
def folder(archives):
    return archives["other"].parent.parent


@pytest.fixture(scope="module")
def in_registry(real, archives, folder):
    """The digests of shop's versions that helm pushed."""
    return {
        version: pushed(archive, real.host, "charts", home=folder)
        for version, archive in archives.items()
        if version != "other"
    }


def test_charts_that_helm_pushed_have_versions_app_versions_and_digests(registry, real, in_registry):
    repository = f"oci://{real.host}/charts/shop"
    assert sorted(registry.tags(repository)) == ["1.0.0", "1.1.0", "1.1.0_build.5"]
    facts = registry.chart(repository, "1.0.0")
    assert facts.created is not None
    assert abs(facts.created - time.time()) < 600
    assert facts == ChartFacts(
        repository=repository,
        version="1.0.0",
        app_version="2.0.0",
        digest=in_registry["1.0.0"],
        created=facts.created,
    )


def test_a_plus_in_a_version_is_an_underscore_in_its_tag(registry, real, in_registry):
    facts = registry.chart(f"oci://{real.host}/charts/shop", "1.1.0+build.5")
    assert (facts.version, facts.digest) == ("1.1.0+build.5", in_registry["1.1.0+build.5"])


def test_a_second_look_at_a_chart_that_was_seen_costs_nothing(desk, real, in_registry):
    repository = f"oci://{real.host}/charts/shop"
    first = desk.again().chart(repository, "1.0.0")
    before = len(real.asked())
    assert desk.again().chart(repository, "1.0.0", fresh=False) == first
    assert len(real.asked()) == before


def test_an_image_is_not_a_chart_and_a_chart_may_be_read_as_an_image(registry, real, in_registry, error):
    from pushing import Pusher

    with Pusher(real.url, "acme/image") as pusher:
        pusher.image("1.0.0")
    found = error(registry.chart, f"oci://{real.host}/acme/image", "1.0.0")
    assert found.code == "registry-answer-invalid"
    assert found.detail == f"read {real.host}/acme/image:1.0.0\n  {real.host}: the answer is not a chart"
    facts = registry.image(f"{real.host}/charts/shop", "1.0.0")
    assert (facts.digest, facts.platforms) == (in_registry["1.0.0"], ())


@pytest.mark.parametrize("json", [False, True])
def test_a_repository_that_helm_indexed_lists_every_version_of_a_chart(registry, archives, folder, json):
    served = indexed(folder, *(["--json"] if json else []))
    with static_files(served) as (url, _):
        facts = registry.charts(url + "/", name="shop")
        assert [(chart.version, chart.app_version) for chart in facts] == [
            ("1.1.0+build.5", "2.1.0"),
            ("1.1.0", "2.1.0"),
            ("1.0.0", "2.0.0"),
        ]
        assert {chart.repository for chart in facts} == {f"{url}/shop"}
        digest = hashlib.sha256(archives["1.0.0"].read_bytes()).hexdigest()
        assert facts[2].digest == f"sha256:{digest}"
        assert abs((facts[2].created or 0) - time.time()) < 600
        assert registry.charts(url, name="other")[0].app_version == ""


def test_an_index_that_did_not_change_is_not_sent_again(desk, folder):
    served = indexed(folder)
    os.utime(served / "index.yaml", (1_700_000_000, 1_700_000_000))
    with static_files(served) as (url, asked):
        first = desk.again().charts(url, name="shop")
        assert desk.again().charts(url, name="shop") == first
        assert asked == [("/index.yaml", 200), ("/index.yaml", 304)]
        os.utime(served / "index.yaml", (1_700_000_100, 1_700_000_100))
        assert desk.again().charts(url, name="shop") == first
        assert asked[2:] == [("/index.yaml", 200)]


def test_an_etag_counts_as_well_and_an_index_without_either_is_read_each_time(desk, odd):
    body = b"entries: {shop: [{version: 1.0.0}]}"

    def behave(asked):
        same = asked.headers.get("if-none-match") == '"one"'
        return Said(304) if same else Said(body=body, headers={"etag": '"one"'} if "tagged" in asked.path else {})

    server = odd(behave)
    for _ in range(2):
        for path in ("tagged", "plain"):
            assert desk.again().charts(f"{server.url}/{path}", name="shop")[0].version == "1.0.0"
    assert [asked.headers.get("if-none-match") for asked in server.asked] == [None, None, '"one"', None]


def test_a_chart_that_is_not_listed_is_told_with_the_nearest_name(registry, odd, error):
    server = odd(lambda asked: Said(body=b"entries: {shop: [{version: 1.0.0}], empty: []}"))
    assert str(error(registry.charts, server.url, name="shpo")) == (
        "A chart repository has no such chart  [registry-chart-not-found]\n"
        f"{server.url}/index.yaml lists no chart shpo\n"
        "Did you mean shop?"
    )
    assert error(registry.charts, server.url, name="quite-another").hint == "It lists empty, shop."
    assert registry.charts(server.url, name="empty") == ()


def test_of_many_charts_some_are_named(registry, odd, error):
    every = ", ".join(f"chart{number}: []" for number in range(12))
    server = odd(lambda asked: Said(body=f"entries: {{{every}}}".encode() if "many" in asked.path else b"entries: {}"))
    assert error(registry.charts, f"{server.url}/many", name="zz").hint == (
        "It lists chart0, chart1, chart10, chart11, chart2, chart3, chart4, chart5 and 4 more."
    )
    assert error(registry.charts, f"{server.url}/none", name="zz").hint == "It lists no chart at all."


def test_versions_that_are_none_are_left_out(registry, odd):
    sound = b"{version: 1.0.0, digest: nonsense, created: never, appVersion: 2}"
    body = b"entries: {shop: [" + sound + b", {version: 1}, {}, 3, null]}"
    server = odd(lambda asked: Said(body=body))
    assert registry.charts(server.url, name="shop") == (
        ChartFacts(repository=f"{server.url}/shop", version="1.0.0", app_version="2"),
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is not the index of a chart repository"),
        (b"<!doctype html><p>Log in", "is a web page"),
        (b"just text", "is not the index of a chart repository"),
        (b"entries: [1]", "is not the index of a chart repository"),
        (b"apiVersion: v1", "is not the index of a chart repository"),
        (b"entries: {a: [", None),
        (b"\xff\xfe", None),
        (b"entries: " + b"[" * 5000, None),
        (b"a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [" + b"*a," * 999 + b"]\nc: [" + b"*b," * 999 + b"]", None),
        (b'{"entries": {"a"', None),
    ],
)
def test_an_index_that_is_none_is_told(registry, odd, error, body, why):
    server = odd(lambda asked: Said(body=body))
    found = error(registry.charts, server.url, name="shop")
    assert found.code == "registry-answer-invalid"
    head = f"read {server.url}/index.yaml\n  {server.host}: the answer "
    assert found.detail.startswith(head + (why or "is not YAML that can be read: "))
    assert why is None or found.detail == head + why


def test_a_large_index_is_read_in_bounded_time_and_a_larger_one_is_not_read(desk, odd, error):
    entry = "  - version: 1.0.{}\n    description: " + "x" * 400 + "\n    digest: " + "a" * 64 + "\n    urls: [a, b]\n"
    body = ("entries:\n  shop:\n" + "".join(entry.format(at) for at in range(10_000))).encode()
    server = odd(lambda asked: Said(body=body, headers={"etag": '"one"'}))
    began = time.monotonic()
    assert len(desk.again().charts(server.url, name="shop")) == 10_000
    assert time.monotonic() - began < 10
    server.behaviour = lambda asked: Said(body=b"x" * (33 << 20))
    assert error(desk.again().charts, server.url, name="shop").code == "remote-answer-too-large"


def test_a_repository_without_its_index_or_without_tls_is_told(registry, odd, error):
    server = odd(lambda asked: Said(404))
    assert str(error(registry.charts, f"{server.url}/charts?key=s3cret", name="shop")) == (
        "A chart repository has no index  [registry-index-not-found]\n"
        f"read {server.url}/charts/index.yaml\n"
        f"  {server.host}: 404 Not Found\n"
        "Compare the address: helm repo add needs the same. A chart in a registry is written oci://…"
    )
    assert str(error(registry.charts, "http://charts.acme.example/stable", name="shop")) == (
        "This is not the address of a registry  [registry-address-invalid]\n"
        "'http://charts.acme.example/stable' has no TLS, and is not on this machine\n"
        "Write https://charts.acme.example/stable"
    )
    for address in ("oci://x/y", "https://", "https://[::", "charts.acme.example"):
        assert error(registry.charts, address, name="shop").code == "registry-address-invalid"
    assert str(error(registry.charts, "https://charts.acme.example", name=None)) == (
        "A chart repository holds many charts  [registry-chart-unnamed]\n"
        "https://charts.acme.example was asked for none of them\n"
        'Write name="…".'
    )


def test_it_is_what_the_engine_asks_for(registry):
    port: Registry = registry
    assert port.together([]) == []
