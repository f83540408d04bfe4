"""Why there is nothing, or nothing newer, in words."""

from __future__ import annotations

from gitpromote import Chart, Git, Image
from gitpromote.discovery.charts import charts_in_order
from gitpromote.discovery.commits import commits_in_order
from gitpromote.discovery.select import Selection, images_in_order, tags_wanted
from gitpromote.discovery.why import newer_rejected, why_nothing
from gitpromote.model.candidate import ChartFacts, ImageFacts, Rejected

REPOSITORY = "ghcr.io/acme/shop"


def fact(tag: str, *platforms: str) -> ImageFacts:
    return ImageFacts(repository=REPOSITORY, tag=tag, digest="sha256:0", platforms=platforms)


def test_the_nearest_are_told_a_line_each_and_the_others_counted() -> None:
    image = Image(REPOSITORY, "^3.8")
    tags = ["3.9.0-rc.1", "3.7.4", "3.7.3", "4.0.0", "2.9.9", "2.9.8", "latest", "3"]
    assert str(why_nothing(image, tags_wanted(image, tags))) == (
        "none of the 8 tags of ghcr.io/acme/shop is in ^3.8\n"
        "  3.9.0-rc.1 is a prerelease\n"
        "  3.7.4 is not in ^3.8\n"
        "  3.7.3 is not in ^3.8\n"
        "  4.0.0 is not in ^3.8\n"
        "  2.9.9 is not in ^3.8\n"
        "  and 3 more"
    )


def test_an_image_for_another_platform_is_nearer_than_any_other() -> None:
    image = Image(REPOSITORY, "^3.8", platform="linux/arm64")
    shortlist = tags_wanted(image, ["3.8.1", "4.0.0"])
    selection = images_in_order(image, [fact("3.8.1", "linux/amd64")], shortlist=shortlist)
    assert str(why_nothing(image, selection)) == (
        "none of the 2 tags of ghcr.io/acme/shop is in ^3.8 and is for linux/arm64\n"
        "  3.8.1 is not for linux/arm64, but for linux/amd64\n"
        "  4.0.0 is not in ^3.8"
    )


def test_an_empty_repository_is_called_so() -> None:
    for subscription, told in (
        (Image(REPOSITORY, "^1"), "ghcr.io/acme/shop has no tags"),
        (Image(REPOSITORY, "latest", strategy="digest"), "ghcr.io/acme/shop has no tags"),
        (Chart("oci://ghcr.io/acme/charts/shop"), "oci://ghcr.io/acme/charts/shop has no versions"),
        (Git(), "the home repository has no commits"),
        (Git(strategy="newest-tag", repo="https://git.acme.example/a"), "https://git.acme.example/a has no tags"),
    ):
        assert str(why_nothing(subscription, Selection())) == told


def test_every_strategy_says_what_it_looked_for() -> None:
    follow = Image(REPOSITORY, "latest", strategy="digest")
    assert str(why_nothing(follow, tags_wanted(follow, ["1.0.0", "edge"]))) == (
        "none of the 2 tags of ghcr.io/acme/shop is latest\n"
        "  edge is not latest, the tag that is followed\n"
        "  1.0.0 is not latest, the tag that is followed"
    )
    lexical = Image(REPOSITORY, strategy="lexical", ignore=["a"])
    assert str(why_nothing(lexical, tags_wanted(lexical, ["a", "ab"]))) == (
        "none of the 2 tags of ghcr.io/acme/shop counts\n  ab is ignored by a\n  a is ignored by a"
    )
    release = Image(REPOSITORY)
    assert str(why_nothing(release, tags_wanted(release, ["1.0.0-rc.1"]))) == (
        "the only tag of ghcr.io/acme/shop does not count: wanted is one that is a release\n"
        "  1.0.0-rc.1 is a prerelease"
    )
    git = Git(strategy="semver", constraint="^1")
    assert str(why_nothing(git, commits_in_order(git, []))) == "the home repository has no tags"


def test_a_tag_that_is_followed_and_is_for_other_platforms_says_for_which() -> None:
    follow = Image(REPOSITORY, "stable", strategy="digest", platform="linux/s390x")
    there = fact("stable", "linux/amd64", "linux/arm64")
    selection = images_in_order(follow, [there], shortlist=tags_wanted(follow, ["stable"]))
    assert str(why_nothing(follow, selection)) == (
        "the tag stable of ghcr.io/acme/shop does not count\n"
        "  stable is not for linux/s390x, but for linux/amd64, linux/arm64"
    )


def test_a_signature_is_no_newer_image() -> None:
    lexical = Image(REPOSITORY, strategy="lexical", allow=["^[0-9s]"])
    signature = f"sha256-{'a' * 64}.sig"
    shortlist = tags_wanted(lexical, ["2025-01", signature, "zeta"])
    selection = images_in_order(lexical, [fact("2025-01")], shortlist=shortlist)
    assert [one.name for one in selection.rejected] == ["zeta", signature]
    assert [one.name for one in newer_rejected(lexical, selection)] == ["zeta"]


def test_what_is_newer_and_passed_over_is_told_newest_first() -> None:
    image = Image(REPOSITORY, "^3.8")
    shortlist = tags_wanted(image, ["3.8.1", "3.8.0", "3.9.0-rc.1", "3.7.0", "4.0.0", "3.9", "x"])
    selection = images_in_order(image, [fact("3.8.1"), fact("3.8.0")], shortlist=shortlist)
    told = newer_rejected(image, selection)
    assert "; ".join(f"{one.name} {one.reason}" for one in told) == (
        "4.0.0 is not in ^3.8; 3.9 is not a full version: strict asks for major.minor.patch; 3.9.0-rc.1 is a prerelease"
    )
    assert newer_rejected(image, selection, at_most=1) == told[:1]
    assert newer_rejected(image, Selection(rejected=told)) == ()


def test_what_is_newer_depends_on_the_strategy() -> None:
    lexical = Image(REPOSITORY, strategy="lexical", ignore=["b"])
    selection = images_in_order(lexical, [fact("aa")], shortlist=tags_wanted(lexical, ["aa", "b", "bb", "ab", "a"]))
    assert newer_rejected(lexical, selection) == (
        Rejected(name="bb", reason="is ignored by b"),
        Rejected(name="b", reason="is ignored by b"),
        Rejected(name="ab", reason="is ignored by b"),
    )
    built = Image(REPOSITORY, strategy="newest-build", ignore=["b"])
    assert newer_rejected(built, images_in_order(built, [fact("a")], shortlist=tags_wanted(built, ["a", "b"]))) == ()
    chart = Chart("https://charts.acme.example", "<2", name="shop")
    facts = [ChartFacts(repository="r", version=version) for version in ("1.0.0", "2.0.0")]
    assert newer_rejected(chart, charts_in_order(chart, facts)) == (Rejected(name="2.0.0", reason="is not in <2"),)
