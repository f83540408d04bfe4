"""What expressions may name in each place, and the facts of the model in these words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gitpromote.cel.contexts import assembly, auto, commit_filter, gates, http_answer, place_of
from gitpromote.cel.expression import compile_expression, problems_in
from gitpromote.cel.facts import (
    assembly_facts,
    bare_version,
    candidate_facts,
    change_semver,
    environment_facts,
    freight_facts,
    freight_version,
)
from gitpromote.model.artifact import Artifact, ChartArtifact, CommitArtifact, ImageArtifact
from gitpromote.model.candidate import ChartFacts, CommitCandidate, ImageFacts
from gitpromote.model.freight import Freight
from gitpromote.model.subscription import Chart, Git, Image

OID = "77ab03e" + "0" * 33
COMMIT = CommitCandidate(
    repository="git.example/acme/gitops",
    oid=OID,
    subject="fix: port",
    author="lea <lea@acme.example>",
    committer="Tom B <tom@acme.example>",
    at=1763599980,
)
SHOP = ImageFacts(
    repository="ghcr.io/acme/shop",
    tag="v1.4.2",
    digest="sha256:" + "1" * 64,
    labels={"org.opencontainers.image.revision": OID},
)
CHART = ChartFacts(repository="ghcr.io/acme/charts/shop", version="2.0.0", app_version="1.4.2", created=10**12)
SUBSCRIBED = [Image("ghcr.io/acme/shop"), Git(), Chart("oci://ghcr.io/acme/charts/shop")]


def freight(*artifacts: Artifact, author: str = "") -> Freight:
    return Freight.of("shop", artifacts, author=author)


def image(tag: str, repository: str = "ghcr.io/acme/shop") -> ImageArtifact:
    return ImageArtifact(repository=repository, tag=tag)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('commit.subject.startsWith("fix")', True),
        ('commit.author == "lea" && commit.committer == "Tom B"', True),
        ('commit.email == "lea@acme.example" && commit.committerEmail == "tom@acme.example"', True),
        ('commit.date < timestamp("2026-01-01T00:00:00Z")', True),
        ("has(commit.tag)", False),
        ('commit.id.startsWith("77ab03e")', True),
    ],
)
def test_a_commit_filter_reads_a_commit(text: str, expected: bool) -> None:
    result = compile_expression(text, commit_filter()).evaluate({"commit": candidate_facts(COMMIT)})
    assert result.value is expected


def test_a_commit_without_a_tag_has_none_to_compare() -> None:
    result = compile_expression('commit.tag != "v1"', commit_filter()).evaluate({"commit": candidate_facts(COMMIT)})
    assert result.error == "commit.tag is not known"


@pytest.mark.parametrize(
    "text",
    [
        'images["ghcr.io/acme/shop"].revision == commits.home.id',
        'images.shop.labels["org.opencontainers.image.revision"] == commit.id',
        "chart.appVersion == image.version && charts.shop.version == '2.0.0'",
        'charts["oci://ghcr.io/acme/charts/shop"].repository == "ghcr.io/acme/charts/shop"',
        'images.all(name, images[name].tag.startsWith("v1."))',
        "size(images) == 1 && size(commits) == 1",
        'commits.all(name, commits[name].date > timestamp("2025-01-01T00:00:00Z"))',
        "!has(chart.digest) && !has(image.created) && !has(chart.created)",
    ],
)
def test_candidates_are_named_by_repository_by_its_last_part_or_alone(text: str) -> None:
    expression = compile_expression(text, assembly(SUBSCRIBED))
    assert expression.evaluate(assembly_facts(SUBSCRIBED, [SHOP, COMMIT, CHART])).holds


def test_a_name_that_two_repositories_share_is_written_in_full() -> None:
    subscribed = [Image("ghcr.io/acme/shop"), Image("other/shop")]
    declaration = assembly(subscribed)
    told = [(one.message, one.hint) for one in problems_in('images.shop.tag == "1"', declaration)]
    assert told == [
        ('there is no image "shop"', 'there is "docker.io/other/shop", "ghcr.io/acme/shop" or "other/shop"')
    ]
    assert not problems_in('images["other/shop"].tag == images["ghcr.io/acme/shop"].tag', declaration)
    assert [problem.message for problem in problems_in('image.tag == ""', declaration)] == [
        "there is no variable image"
    ]


def test_a_second_subscription_to_a_repository_has_a_number() -> None:
    subscribed = [
        Image("ghcr.io/acme/shop", "^1"),
        Image("ghcr.io/acme/shop", "^2"),
        Git(repo="https://g.example/a.git"),
    ]
    assert [place_of(subscribed, number) for number in range(3)] == [
        ("images", "ghcr.io/acme/shop"),
        ("images", "ghcr.io/acme/shop#2"),
        ("commits", "g.example/a"),
    ]
    facts = assembly_facts(subscribed, [SHOP, ImageFacts(repository="ghcr.io/acme/shop", tag="2.0", digest=""), COMMIT])
    text = 'images["ghcr.io/acme/shop"].tag == "v1.4.2" && images["ghcr.io/acme/shop#2"].tag == "2.0" && has(commits.a)'
    assert compile_expression(text, assembly(subscribed)).evaluate(facts).holds


def test_auto_reads_the_change_the_freight_and_the_environment() -> None:
    old = freight(image("1.4.1"), CommitArtifact(repository="git.example/acme/gitops", commit=OID))
    new = freight(image("1.5.0"), CommitArtifact(repository="git.example/acme/gitops", commit=OID), author="lea")
    facts: dict[str, Any] = {
        "change": {"semver": change_semver(old, new), "risk": "low"},
        "freight": freight_facts(new),
        "bundle": freight_facts(new),
        "previousFreight": freight_facts(old),
        "environment": environment_facts("prod", production=True, delivery="pull_request", labels={"tier": "1"}),
    }
    text = (
        "change.semver == 'minor' && change.risk != 'HIGH' && freight.type == 'mixed' && bundle.version == '1.5.0' "
        "&& previousFreight.version == '1.4.1' && freight.provenance.author == 'lea' "
        "&& freight.images[0].tag == '1.5.0' && freight.commits.exists(c, c.id.startsWith('77ab03e')) "
        "&& environment.approval == 'pr-review' && environment.labels.tier == '1' && environment.production"
    )
    result = compile_expression(text, auto()).evaluate(facts)
    assert result.error == ""
    assert result.holds


@pytest.mark.parametrize(
    ("before", "after", "width"),
    [
        (["1.4.1"], ["1.4.1"], "none"),
        (["1.4.1"], ["1.4.2"], "patch"),
        (["v1.4.1"], ["1.5.0"], "minor"),
        (["1.4.1"], ["1.4.1-rc.1"], "prerelease"),
        (["2.0.0"], ["1.4.1"], "major"),
        (["main-77ab03e"], ["main-88ab03e"], None),
        (["1.4.1", "1.0.0"], ["1.4.2", "2.0.0"], "major"),
        (["1.4.1"], ["1.4.1", "1.0.0"], "major"),
    ],
)
def test_the_width_of_a_change_is_that_of_its_widest_step(before: list[str], after: list[str], width: str) -> None:
    old, new = (freight(*(image(tag, f"ghcr.io/acme/{at}") for at, tag in enumerate(tags))) for tags in (before, after))
    assert change_semver(old, new) == width


def test_where_nothing_ran_before_no_width_is_known() -> None:
    assert change_semver(None, freight(image("1.0.0"))) is None


def test_the_version_of_freight_is_its_images_its_charts_or_its_commits() -> None:
    commit = CommitArtifact(repository="g.example/a", commit=OID)
    chart = ChartArtifact(repository="oci://ghcr.io/acme/charts/shop", version="2.0.0")
    assert freight_version(freight(image("v1.4.2"), chart, commit)) == "1.4.2"
    assert freight_version(freight(chart, commit)) == "2.0.0"
    assert freight_version(freight(commit)) == "77ab03e0"
    assert freight_version(freight(ImageArtifact(repository="a", digest="sha256:" + "0" * 64), commit)) == "77ab03e0"


@pytest.mark.parametrize(
    ("text", "bare"),
    [("v1.4.2", "1.4.2"), ("1.0.0_build.5", "1.0.0+build.5"), ("v1_x", "1+x"), ("vim", "vim"), ("main_1", "main_1")],
)
def test_a_bare_version(text: str, bare: str) -> None:
    assert bare_version(text) == bare


def test_gates_know_the_names_of_their_pipeline() -> None:
    declaration = gates(environments=["uat"], metrics=["errors"], windows=["night"])
    assert not problems_in("upstream.uat.verified && metrics.errors < 1 && !changewindow.night", declaration)
    assert len(problems_in("upstream.x.verified && metrics.y < 1 && !changewindow.z", declaration)) == 3


def test_moments_are_in_utc() -> None:
    assert candidate_facts(COMMIT)["date"] == datetime(2025, 11, 20, 0, 53, tzinfo=UTC)


ANSWER: dict[str, Any] = {
    "ready": True,
    "count": 3,
    "rate": 0.5,
    "none": None,
    "huge": 2**70,
    "text": "x",
    "items": [{"ok": True, "n": 1}, {"ok": True, "n": 2}],
    "odd key": {"deep": "y"},
}


@pytest.mark.parametrize(
    "text",
    [
        "answer.ready",
        "answer.ready == true && body.ready",
        'answer["ready"]',
        "answer.count > 2 && answer.count < 3.5",
        "answer.rate * 2.0 == 1.0",
        "answer.none == null",
        "has(answer.count) && !has(answer.gone)",
        "answer.huge > 1",
        "answer.items.all(i, i.ok) && answer.items.exists(i, i.n == 2)",
        "answer.items[1].n == 2",
        "size(answer.items) == 2",
        "answer.items.map(i, i.n) == [1, 2]",
        'answer["odd key"].deep.startsWith("y")',
        '"ready" in answer',
        "answer.gone == 1 || answer.ready",
        "status == 200",
        'headers["content-type"].contains("json")',
    ],
)
def test_an_answer_may_have_any_shape(text: str) -> None:
    facts = {"status": 200, "headers": {"content-type": "application/json"}, "answer": ANSWER, "body": ANSWER}
    assert compile_expression(text, http_answer()).evaluate(facts).holds


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("answer.gone == 1", "answer.gone is not known"),
        ("answer.items[7].n == 1", "there is no item 7 in a list of 2"),
        ("answer.items[0].gone", 'there is no "gone"'),
        ("answer.text.deeper == 1", "answer.text.deeper is not known"),
        ("answer.text", "it gives 'x', not true or false"),
        ("answer.none > 1", "> does not go with null and a whole number"),
    ],
)
def test_what_an_answer_lacks_is_an_error(text: str, error: str) -> None:
    assert compile_expression(text, http_answer()).evaluate({"answer": ANSWER}).error == error


def test_an_answer_that_is_a_list_is_one() -> None:
    facts = {"answer": [{"ok": True}]}
    assert compile_expression("answer[0].ok && answer.size() == 1", http_answer()).evaluate(facts).holds
