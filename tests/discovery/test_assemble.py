"""The newest coherent set of candidates, and one line for each newer one that is not in it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gitpromote.cel.facts import REVISION
from gitpromote.discovery.assemble import LIMIT, Assembly, Offer, assemble, rule_of
from gitpromote.discovery.coherence import named_commits
from gitpromote.model.candidate import Candidate, ChartFacts, CommitCandidate, ImageFacts
from gitpromote.model.subscription import Chart, Git, Image, Subscription
from gitpromote.model.warehouse import Coherence, app_version, same_commit, same_version

SHOP, API = Image("ghcr.io/acme/shop"), Image("ghcr.io/acme/api")
CHART, GIT = Chart("oci://ghcr.io/acme/charts/shop"), Git(repo="https://git.example/acme/deploy.git")


def oid(start: str) -> str:
    return start.ljust(40, "0")


def image(tag: str, revision: str = "", repository: str = SHOP.repo) -> ImageFacts:
    labels = {REVISION: revision} if revision else {}
    return ImageFacts(repository=repository, tag=tag, digest="sha256:" + "0" * 64, labels=labels)


def commit(start: str) -> CommitCandidate:
    return CommitCandidate(repository="git.example/acme/deploy", oid=oid(start))


def chart(version: str, app: str = "") -> ChartFacts:
    return ChartFacts(repository="ghcr.io/acme/charts/shop", version=version, app_version=app)


def assembled(
    *offers: tuple[Subscription, Sequence[Candidate]], where: str | Coherence | None = None, limit: int = LIMIT
) -> Assembly:
    rule = rule_of(where, [subscription for subscription, _ in offers])
    given = [Offer(subscription=one, candidates=tuple(candidates)) for one, candidates in offers]
    return assemble(given, rule, limit=limit)


def chosen(assembly: Assembly) -> list[str]:
    return [
        one.oid[:7] if isinstance(one, CommitCandidate) else one.tag if isinstance(one, ImageFacts) else one.version
        for one in assembly.chosen or ()
    ]


def told(assembly: Assembly) -> list[str]:
    return [f"{one.name} {one.reason}" for one in assembly.rejected]


# --- no rule


def test_without_a_rule_the_newest_of_each_travels() -> None:
    found = assembled((SHOP, [image("2"), image("1")]), (GIT, [commit("b"), commit("a")]))
    assert chosen(found) == ["2", "b000000"]
    assert told(found) == []


@pytest.mark.parametrize("where", [None, same_commit(), "image.tag == '1'"])
def test_a_subscription_without_candidates_makes_no_set(where: str | Coherence | None) -> None:
    found = assembled((SHOP, []), (GIT, [commit("a")]), where=where)
    assert found.chosen is None
    assert found.missing == "there is no candidate for ghcr.io/acme/shop"


def test_no_subscription_makes_no_set() -> None:
    assert assembled().missing == "it subscribes to nothing"


# --- same_commit


@pytest.mark.parametrize(
    ("tag", "revision", "commits"),
    [
        ("1.0", oid("77ab03e"), (oid("77ab03e"),)),
        ("1.0", "77AB03E", ("77ab03e",)),
        (oid("77ab03e"), "", (oid("77ab03e"),)),
        ("main-77ab03e", "", ("77ab03e",)),
        ("sha-77ab03e1", "not-a-commit", ("77ab03e1",)),
        ("main-77ab03e-1763599980", "", ("77ab03e", "1763599980")),
        ("v1.4-3-g77ab03e", "", ("77ab03e",)),
        ("1.0-77ab03", "", ()),
        ("latest", "", ()),
        ("deadbeef", "1f2e3d4", ("1f2e3d4",)),
    ],
)
def test_an_image_says_which_commit_it_was_built_from(tag: str, revision: str, commits: tuple[str, ...]) -> None:
    assert named_commits(image(tag, revision)) == commits


def test_an_image_that_is_not_there_yet_is_waited_for() -> None:
    found = assembled(
        (SHOP, [image("3.8.0", oid("4be1c9f"))]), (GIT, [commit("77ab03e"), commit("4be1c9f")]), where=same_commit()
    )
    assert chosen(found) == ["3.8.0", "4be1c9f"]
    assert told(found) == ["77ab03e has no image yet"]


def test_an_image_of_another_repository_is_passed_over() -> None:
    found = assembled(
        (SHOP, [image("3.9.0", oid("1f2e3d4")), image("3.8.1"), image("3.8.0", oid("4be1c9f"))]),
        (GIT, [commit("4be1c9f")]),
        where=same_commit(),
    )
    assert chosen(found) == ["3.8.0", "4be1c9f"]
    assert told(found) == [
        "3.9.0 was built from 1f2e3d4, not from a commit of deploy",
        f"3.8.1 does not say which commit it was built from: it has no label {REVISION}, and its tag no commit id",
    ]


def test_all_images_are_of_one_commit() -> None:
    found = assembled(
        (SHOP, [image("main-bbbbbbb"), image("main-aaaaaaa")]),
        (API, [image("sha-aaaaaaa", repository=API.repo)]),
        (GIT, [commit("bbbbbbb"), commit("aaaaaaa")]),
        where=same_commit(),
    )
    assert chosen(found) == ["main-aaaaaaa", "sha-aaaaaaa", "aaaaaaa"]
    assert told(found) == [
        "shop main-bbbbbbb needs bbbbbbb, which has no image of api yet",
        "bbbbbbb has no image of api yet",
    ]


def test_with_several_repositories_an_image_is_of_one_of_their_commits() -> None:
    other = Git(repo="https://git.example/acme/source.git")
    found = assembled(
        (SHOP, [image("2", oid("ccccccc")), image("1", oid("aaaaaaa"))]),
        (GIT, [commit("bbbbbbb")]),
        (other, [commit("aaaaaab"), commit("aaaaaaa")]),
        where=same_commit(),
    )
    assert chosen(found) == ["1", "bbbbbbb", "aaaaaaa"]
    assert told(found)[0] == "2 was built from ccccccc, not from a commit of deploy or source"


def test_where_no_image_fits_nothing_is_mixed() -> None:
    found = assembled((SHOP, [image("1", oid("fffffff"))]), (GIT, [commit("aaaaaaa")]), where=same_commit())
    assert found.chosen is None
    assert found.missing == "the only commit does not fit: aaaaaaa has no image yet"
    assert told(found) == [
        "1 was built from fffffff, not from a commit of deploy",
        "aaaaaaa has no image yet",
    ]
    assert not found.bounded


# --- versions


def test_one_version_of_images_and_charts() -> None:
    found = assembled(
        (SHOP, [image("v2.0.0"), image("v1.0.0_b1")]),
        (CHART, [chart("1.1.0"), chart("1.0.0+b1")]),
        (GIT, [commit("a")]),
        where=same_version(),
    )
    assert chosen(found) == ["v1.0.0_b1", "1.0.0+b1", "a000000"]
    assert told(found) == [
        "v2.0.0 has version 2.0.0, and no chart has this version",
        "1.1.0 has version 1.1.0, and no image has this version",
    ]


def test_the_app_version_of_a_chart_is_the_tag_of_the_image_of_its_name() -> None:
    found = assembled(
        (SHOP, [image("1.5.0"), image("1.4.0")]),
        (API, [image("9.9.9", repository=API.repo)]),
        (CHART, [chart("3.1.0"), chart("3.0.1", "v1.4.0"), chart("3.0.0", "1.4.0")]),
        where=app_version(),
    )
    assert chosen(found) == ["1.4.0", "9.9.9", "3.0.1"]
    assert told(found) == [
        "shop 1.5.0 has tag 1.5.0, and no chart has this appVersion",
        "3.1.0 has no appVersion",
    ]


# --- expressions


def test_an_expression_ties_candidates_together() -> None:
    found = assembled(
        (SHOP, [image("2.0.0", oid("b")), image("1.9.0", oid("a")), image("1.8.0", oid("b"))]),
        (GIT, [commit("c"), commit("b"), commit("a")]),
        where='image.revision == commit.id && image.tag.startsWith("1.")',
    )
    assert chosen(found) == ["1.8.0", "b000000"]
    assert told(found) == [
        '2.0.0 does not satisfy image.tag.startsWith("1."): image.tag is "2.0.0"',
        "1.9.0 fits only older ones: a000000",
        f'c000000 fits no image: image.revision == commit.id, where commit.id is "{oid("c")}"',
    ]


def test_a_pair_that_is_no_equality_is_tried() -> None:
    found = assembled(
        (SHOP, [image("2.0.0"), image("1.1.0-x"), image("1.0.0-x")]),
        (CHART, [chart("5", "1.0"), chart("4", "1.1")]),
        where="image.tag.startsWith(chart.appVersion)",
    )
    assert chosen(found) == ["1.0.0-x", "5"]  # as new as 1.1.0-x with 4; charts come first
    assert told(found) == [
        '2.0.0 fits no chart: image.tag.startsWith(chart.appVersion), where image.tag is "2.0.0"',
        "1.1.0-x fits only older ones: 4",
    ]


def test_what_is_not_known_does_not_fit() -> None:
    found = assembled(
        (SHOP, [image("2"), image("1", oid("a"))]), (GIT, [commit("a")]), where="!(image.revision != commit.id)"
    )
    assert chosen(found) == ["1", "a000000"]
    assert told(found) == ["2 fits no commit: !(image.revision != commit.id), where image.revision is not known"]


def test_an_expression_may_read_three_or_a_whole_table() -> None:
    found = assembled(
        (SHOP, [image("3"), image("2"), image("1")]),
        (CHART, [chart("12"), chart("11")]),
        (GIT, [commit("11"), commit("12")]),
        where='commit.id.startsWith(chart.version) && images.all(k, images[k].tag != "3" || chart.version != "12")',
    )
    assert chosen(found) == ["3", "11", "1100000"]
    three = assembled(
        (SHOP, [image("3"), image("2"), image("1")]),
        (CHART, [chart("2"), chart("1")]),
        (GIT, [commit("21"), commit("11")]),
        where="commit.id.startsWith(chart.version + image.tag)",
    )
    assert chosen(three) == ["1", "2", "2100000"]


def test_a_constant_decides_for_all() -> None:
    assert chosen(assembled((SHOP, [image("1")]), where="1 == 1")) == ["1"]
    never = assembled((SHOP, [image("1")]), where="1 == 2")
    assert never.missing == "nothing can satisfy 1 == 2"


def of(name: str) -> Image:
    return Image(f"ghcr.io/acme/{name}")


@pytest.mark.parametrize(
    ("where", "missing"),
    [
        (
            'images.a.version == images.b.version && images.c.version == "9.9.9"',
            (
                "none of the 2 images of c fits: c 1.1.0 does not satisfy "
                'images.c.version == "9.9.9": images.c.version is "1.1.0"'
            ),
        ),
        (
            'images.a.tag == "1.0.0" && images.a.tag == images.b.tag && images.b.tag != "1.0.0"',
            (
                "none of the 2 images of a fits: a 1.0.0 needs b 1.0.0, which does not satisfy "
                'images.b.tag != "1.0.0": images.b.tag is "1.0.0"'
            ),
        ),
        (
            "images.a.tag == images.b.digest",
            (
                "none of the 2 images of a fits: a 1.1.0 fits no image of b: images.a.tag == images.b.digest, "
                'where images.a.tag is "1.1.0"'
            ),
        ),
        ("1 == 2 && images.a.tag == images.b.tag", "nothing can satisfy 1 == 2"),
        (
            "images.a.tag != images.b.tag && images.b.tag != images.c.tag && images.a.tag != images.c.tag",
            (
                "there is no set of candidates for which images.a.tag != images.b.tag && "
                "images.b.tag != images.c.tag && images.a.tag != images.c.tag holds"
            ),
        ),
    ],
)
def test_what_alone_keeps_every_set_away_is_told_first(where: str, missing: str) -> None:
    """Three images of two versions each: where they are to differ, no two of them are at fault."""
    offers = [(of(name), [image("1.1.0"), image("1.0.0")]) for name in "abc"]
    found = assembled(*offers, where=where)
    assert (found.chosen, found.missing) == (None, missing)


# --- the order


def test_as_few_newer_candidates_as_possible_are_passed_over() -> None:
    """Age 2 and 1 is newer than 0 and 4, whichever comes first."""
    shop = [image(tag) for tag in ("5", "4", "3", "2", "1")]
    charts = [chart(version, app) for version, app in (("e", "9"), ("d", "3"), ("c", "8"), ("b", "7"), ("a", "5"))]
    for offers in ([(SHOP, shop), (CHART, charts)], [(CHART, charts), (SHOP, shop)]):
        assert set(chosen(assembled(*offers, where="chart.appVersion == image.tag"))) == {"3", "d"}


def test_what_only_travels_along_counts_less_than_a_trigger() -> None:
    along = Git(repo="https://git.example/acme/deploy.git", trigger=False)
    shop = [image("2", oid("a")), image("1", oid("d"))]
    commits = [commit(one) for one in "dcba"]
    assert chosen(assembled((along, commits), (SHOP, shop), where=same_commit())) == ["a000000", "2"]
    assert chosen(assembled((GIT, commits), (SHOP, shop), where=same_commit())) == ["d000000", "1"]


# --- bounds


def test_a_search_that_is_cut_short_says_so() -> None:
    found = assembled(
        (SHOP, [image(str(number)) for number in range(40)]),
        (CHART, [chart(str(number)) for number in range(40)]),
        (GIT, [commit(f"{number:04x}") for number in range(40)]),
        where='image.tag + chart.version == commit.id + "x"',
        limit=500,
    )
    assert found.chosen is None
    assert found.bounded
    assert found.examined <= 500
    assert found.missing == (
        'no set of candidates was found for which image.tag + chart.version == commit.id + "x" holds, '
        "before the search was cut short"
    )
    assert told(found)[0] == "0 fits nothing that was looked at before the search was cut short"


def test_at_most_ten_of_each_subscription_are_explained() -> None:
    found = assembled(
        (SHOP, [image(str(number)) for number in range(100)]), (GIT, [commit("a")]), where='image.tag == "50"'
    )
    assert chosen(found)[0] == "50"
    assert len(found.rejected) == 10


def test_equal_candidates_are_evaluated_once() -> None:
    found = assembled(
        (SHOP, [image("same") for _ in range(200)]),
        (CHART, [chart("same") for _ in range(200)]),
        where='(image.tag + chart.version).startsWith("x")',
    )
    assert found.chosen is None
    assert found.examined < 1000
