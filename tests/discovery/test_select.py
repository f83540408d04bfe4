"""Images: which tags are asked for, in which order the answers stand, and what is said of the rest."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import Image
from gitpromote.discovery.select import MOST_ASKED, Selection, Shortlist, images_in_order, tags_wanted
from gitpromote.model.candidate import ImageFacts, Rejected

REPOSITORY = "ghcr.io/acme/shop"
SIGNATURE = f"sha256-{'0' * 64}.sig"


def image(constraint: str | None = None, **members: object) -> Image:
    return Image(REPOSITORY, constraint, **members)  # type: ignore[arg-type]


def facts(tag: str, *, created: int | None = None, platforms: tuple[str, ...] = ("linux/amd64",)) -> ImageFacts:
    return ImageFacts(repository=REPOSITORY, tag=tag, digest=f"sha256:{tag}", created=created, platforms=platforms)


def rejected(*pairs: str) -> tuple[Rejected, ...]:
    return tuple(Rejected(name=name, reason=reason) for name, _, reason in (pair.partition(" ") for pair in pairs))


def tags(selection: Selection) -> list[str]:
    return [one.tag for one in selection.candidates if isinstance(one, ImageFacts)]


def test_versions_stand_newest_first_and_what_is_nearest_to_the_range_first_among_the_others() -> None:
    names = ["1.4.0", "1.10.0", "1.5.0-rc.1", "2.0.0", "1.3.9", "v1.9.1", "1.9", "latest", "2.0.0-rc.1", SIGNATURE]
    assert tags_wanted(image("^1.4"), names) == Shortlist(
        wanted=("1.10.0", "v1.9.1", "1.4.0"),
        rejected=rejected(
            "1.9 is not a full version: strict asks for major.minor.patch",
            "1.5.0-rc.1 is a prerelease",
            "1.3.9 is not in ^1.4",
            "2.0.0 is not in ^1.4",
            "2.0.0-rc.1 is not in ^1.4",
            "latest is not a version",
            f"{SIGNATURE} is a signature or attestation of an image",
        ),
        enough=20,
    )


def test_without_a_constraint_every_release_counts_and_no_prerelease() -> None:
    assert tags_wanted(image(), ["1.0.0", "0.0.1", "2.0.0-rc.1"]).wanted == ("1.0.0", "0.0.1")


def test_ties_between_spellings_of_one_version_are_broken() -> None:
    names = ["1.4", "1.4.0", "v1.4.0", "v1.4", "1", "01.4.0"]
    assert tags_wanted(image(strict=False), names).wanted == ("v1.4.0", "1.4.0", "01.4.0", "v1.4", "1.4", "1")
    assert tags_wanted(image(), names).wanted == ("v1.4.0", "1.4.0")
    assert tags_wanted(image(), ["01.4.0"]).rejected == rejected(
        "01.4.0 has a number with a leading zero, which strict does not take"
    )


def test_ignore_wins_over_allow_and_both_match_anywhere() -> None:
    asked = image("^1", allow=["-eu$", "^1.0"], ignore=["0-eu"], strict=True)
    found = tags_wanted(image("^1-0", allow=["-eu$"], ignore=["0-eu"]), ["1.2.0-eu", "1.2.1-eu", "1.2.2-us", "1.2.2"])
    assert found.wanted == ("1.2.1-eu",)
    assert found.rejected == rejected(
        "1.2.2 is not allowed by -eu$", "1.2.2-us is not allowed by -eu$", "1.2.0-eu is ignored by 0-eu"
    )
    assert tags_wanted(asked, ["1.5.0"]).rejected == rejected("1.5.0 is not allowed by -eu$ or ^1.0")


def test_two_broken_rules_are_both_told_and_stand_behind_one() -> None:
    found = tags_wanted(image("^1.4", ignore=["x"]), ["1.4.0-x", "3.0.0", "2.0-x"])
    assert found.rejected == rejected(
        "3.0.0 is not in ^1.4",
        "1.4.0-x is a prerelease, and is ignored by x",
        "2.0-x is not in ^1.4, and is ignored by x, and is not a full version: strict asks for major.minor.patch",
    )


def test_no_more_than_the_limit_is_asked_for_and_the_rest_is_told_last() -> None:
    assert tags_wanted(image("^1", limit=2), ["1.0.0", "1.1.0", "1.2.0", "2.0.0"]) == Shortlist(
        wanted=("1.2.0", "1.1.0"),
        rejected=rejected("2.0.0 is not in ^1", "1.0.0 is not among the newest 2"),
        enough=2,
    )


def test_with_a_platform_more_is_asked_for_until_enough_have_it() -> None:
    found = tags_wanted(image("^1", limit=2, platform="linux/arm64"), ["1.0.0", "1.1.0", "1.2.0"])
    assert (found.wanted, found.enough) == (("1.2.0", "1.1.0", "1.0.0"), 2)


def test_lexical_order_is_that_of_characters() -> None:
    names = ["2024-01-31", "2024-02-01", "b", "a", "A", "build-9", "build-10", SIGNATURE]
    found = tags_wanted(image(strategy="lexical", allow=["^2024", "^b"]), names)
    assert found.wanted == ("build-9", "build-10", "b", "2024-02-01", "2024-01-31")
    assert [one.name for one in found.rejected] == ["a", "A", SIGNATURE]


def test_the_newest_build_is_known_from_all_answers() -> None:
    asked = image(strategy="newest-build", ignore=["^latest$"])
    shortlist = tags_wanted(asked, ["a", "b", "c", "d", "e", "latest"])
    assert shortlist == Shortlist(
        wanted=("e", "d", "c", "b", "a"), rejected=rejected("latest is ignored by ^latest$"), enough=None
    )
    answers = [
        facts("a", created=30),
        facts("b", created=10),
        facts("c"),
        facts("d", created=30),
        facts("e", created=0),
    ]
    selection = images_in_order(asked, answers, shortlist=shortlist)
    assert tags(selection) == ["d", "a", "b", "e", "c"]
    assert selection.notes == ("c does not tell when built, and stands last",)
    assert selection.rejected == shortlist.rejected


def test_how_many_builds_are_asked_is_bounded_and_told() -> None:
    shortlist = tags_wanted(image(strategy="newest-build"), [f"build-{number}" for number in range(1200)])
    assert len(shortlist.wanted) == MOST_ASKED
    assert shortlist.wanted[:2] == ("build-1199", "build-1198")
    assert shortlist.rejected[0] == Rejected(name="build-199", reason="was not asked when it was built")
    note = "only 1,000 of 1,200 tags were asked when they were built, those with the greatest names: "
    assert shortlist.notes == (note + "narrow them down with allow=, or raise limit=",)
    answers = [facts("build-1199", created=1)]
    assert images_in_order(image(strategy="newest-build"), answers, shortlist=shortlist).notes == shortlist.notes
    more = tags_wanted(image(strategy="newest-build", limit=1100), [f"build-{number}" for number in range(1200)])
    assert len(more.wanted) == 1100


def test_many_builds_without_a_time_are_told_in_one_note() -> None:
    selection = images_in_order(image(strategy="newest-build"), [facts(tag) for tag in "abcde"])
    assert tags(selection) == ["e", "d", "c", "b", "a"]
    assert selection.notes == ("e, d, c and 2 more do not tell when built, and stand last",)


def test_one_mutable_tag_is_followed() -> None:
    asked = image("latest", strategy="digest")
    assert tags_wanted(asked, ["1.0.0", "latest"]) == Shortlist(
        wanted=("latest",), rejected=rejected("1.0.0 is not latest, the tag that is followed"), enough=1
    )
    assert tags(images_in_order(asked, [facts("latest")])) == ["latest"]
    missing = tags_wanted(asked, ["1.0.0", "Latest", "latest-eu", "lat"])
    assert missing.wanted == ()
    assert [one.name for one in missing.rejected] == ["Latest", "latest-eu", "lat", "1.0.0"]
    ignored = tags_wanted(image("latest", strategy="digest", ignore=["late"]), ["latest"])
    assert (ignored.wanted, ignored.rejected) == ((), rejected("latest is ignored by late"))


@pytest.mark.parametrize(
    ("asked", "has", "fits"),
    [
        ("linux/amd64", ("linux/amd64", "linux/arm64"), True),
        ("linux/arm64", ("linux/arm64/v8",), True),
        ("linux/arm64/v8", ("linux/arm64",), True),
        ("linux/arm64/v8", ("linux/arm64/v9",), False),
        ("linux/arm", ("linux/arm/v6", "linux/arm/v7"), True),
        ("linux/arm/v7", ("linux/arm",), True),
        ("linux/arm/v7", ("linux/arm/v6",), False),
        ("linux/arm", ("linux/arm64",), False),
        ("linux/amd64", ("unknown/unknown",), False),
        ("linux/amd64", (), False),
    ],
)
def test_a_platform_is_found_among_those_of_an_index(asked: str, has: tuple[str, ...], fits: bool) -> None:
    found = images_in_order(image("^1", platform=asked), [facts("1.0.0", platforms=has)])
    assert bool(found.candidates) is fits


def test_an_index_without_the_platform_is_passed_over_and_its_platforms_are_told() -> None:
    asked = image("^1", platform="linux/arm64", limit=2)
    both = ("linux/amd64", "linux/arm64")
    answers = [
        facts("1.0.0", platforms=both),
        facts("1.1.0", platforms=both),
        facts("1.2.0", platforms=both),
        facts("1.3.0", platforms=("windows/amd64", "linux/amd64", "unknown/unknown")),
        facts("1.10.0", platforms=()),
    ]
    shortlist = tags_wanted(asked, [one.tag for one in answers] + ["2.0.0"])
    selection = images_in_order(asked, answers, shortlist=shortlist)
    assert tags(selection) == ["1.2.0", "1.1.0"]
    assert selection.rejected == rejected(
        "1.10.0 does not tell its platforms",
        "1.3.0 is not for linux/arm64, but for linux/amd64, windows/amd64",
        "2.0.0 is not in ^1",
        "1.0.0 is not among the newest 2",
    )


def test_answers_are_judged_like_names() -> None:
    selection = images_in_order(image("^1"), [facts("2.0.0"), facts("1.0.0")])
    assert (tags(selection), selection.rejected) == (["1.0.0"], rejected("2.0.0 is not in ^1"))
    assert images_in_order(image("^1"), []) == Selection()


NAMES = st.sampled_from(
    "1 1.4 1.4.0 v1.4.0 1.4.1 01.4.1 1.5.0-rc.1 1.5.0-rc.2 2.0.0 2.0.0-a 3 build-9 build-10 latest x sha256-".split()
)
IMAGES = st.sampled_from(
    [
        image("^1.4", limit=2),
        image("^1.4 || >=2.0.0-0", strict=False, platform="linux/amd64"),
        image(strategy="lexical", limit=3, ignore=["rc"]),
        image(strategy="newest-build", limit=3, allow=["1"]),
        image("latest", strategy="digest"),
    ]
)
ANSWERS = st.builds(
    facts,
    NAMES,
    created=st.none() | st.integers(0, 2),
    platforms=st.sampled_from([("linux/amd64",), ("linux/arm64",), ()]),
)


@given(IMAGES, st.lists(NAMES, max_size=12), st.lists(ANSWERS, max_size=8, unique_by=lambda one: one.tag), st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_input_does_not_count(asked: Image, names: list[str], answers: list[ImageFacts], draw) -> None:  # type: ignore[no-untyped-def]
    shortlist = tags_wanted(asked, names)
    selection = images_in_order(asked, answers, shortlist=shortlist)
    draw.shuffle(names)
    draw.shuffle(answers)
    assert tags_wanted(asked, [*names, *names]) == shortlist
    assert images_in_order(asked, answers, shortlist=shortlist) == selection
    assert sorted([*shortlist.wanted, *(one.name for one in shortlist.rejected)]) == sorted(set(names))
    told = {one.tag for one in answers} - set(tags(selection))
    assert told <= {one.name for one in selection.rejected}
    assert len(selection.candidates) <= asked.limit


def test_forty_thousand_tags_take_well_under_a_second() -> None:
    names = [
        f"{number % 5}.{number % 61}.{number // 61}{'-rc.1' if number % 7 == 0 else ''}" for number in range(40_000)
    ]
    started = time.process_time()
    assert len(tags_wanted(image("^3.1"), names).wanted) == 20
    assert time.process_time() - started < 2  # 0.5 s alone; other tests run beside it
