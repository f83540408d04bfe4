"""Charts: the versions of an index, and those behind the tags of an OCI registry."""

from __future__ import annotations

from gitpromote import Chart
from gitpromote.discovery.charts import chart_version, charts_in_order, versions_wanted
from gitpromote.discovery.select import Selection, Shortlist
from gitpromote.model.candidate import ChartFacts, Rejected

OCI = "oci://ghcr.io/acme/charts/shop"


def indexed(constraint: str | None = None, *, limit: int = 20) -> Chart:
    return Chart("https://charts.acme.example", constraint, name="shop", limit=limit)


def facts(version: str, *, created: int | None = None, digest: str | None = None) -> ChartFacts:
    return ChartFacts(repository="https://charts.acme.example/shop", version=version, created=created, digest=digest)


def versions(selection: Selection) -> list[str]:
    return [one.version for one in selection.candidates if isinstance(one, ChartFacts)]


def test_an_underscore_in_a_tag_is_a_plus_where_that_makes_a_version() -> None:
    assert [chart_version(tag) for tag in ("1.0.0_build.5", "1.0.0", "1.0.0_a_b", "my_tag")] == [
        "1.0.0+build.5",
        "1.0.0",
        "1.0.0_a_b",
        "my_tag",
    ]


def test_tags_of_an_oci_chart_are_asked_for_as_versions() -> None:
    tags = ["1.0.0_build.5", "1.0.0_build.10", "1.0.0", "0.9.0", "1.1", "my_tag", "1.2.0-rc.1", f"sha256-{'0' * 64}"]
    assert versions_wanted(Chart(OCI, "^1"), tags) == Shortlist(
        wanted=("1.0.0+build.10", "1.0.0+build.5", "1.0.0"),
        rejected=(
            Rejected(name="1.2.0-rc.1", reason="is a prerelease"),
            Rejected(name="1.1", reason="is not a full version: strict asks for major.minor.patch"),
            Rejected(name="0.9.0", reason="is not in ^1"),
            Rejected(name="my_tag", reason="is not a version"),
            Rejected(name=f"sha256-{'0' * 64}", reason="is a signature or attestation of an image"),
        ),
        enough=20,
    )


def test_what_was_rejected_by_name_is_told_with_the_answers() -> None:
    shortlist = versions_wanted(Chart(OCI, "^1"), ["1.0.0", "2.0.0"])
    selection = charts_in_order(Chart(OCI, "^1"), [facts("1.0.0")], shortlist=shortlist)
    assert versions(selection) == ["1.0.0"]
    assert selection.rejected == (Rejected(name="2.0.0", reason="is not in ^1"),)


def test_an_index_may_have_loose_versions() -> None:
    selection = charts_in_order(indexed(">=1", limit=3), map(facts, ["1.0.0", "v2.0.0", "2", "2.1", "odd", "0.1.0"]))
    assert versions(selection) == ["2.1", "v2.0.0", "2"]
    assert [str(one.name) for one in selection.rejected] == ["0.1.0", "odd", "1.0.0"]


def test_a_constraint_that_is_a_version_word_for_word_means_it_alone() -> None:
    selection = charts_in_order(indexed("1.0.0+b.5"), map(facts, ["1.0.0+b.5", "1.0.0+b.9", "2.0.0"]))
    assert versions(selection) == ["1.0.0+b.5"]
    assert selection.rejected == (
        Rejected(name="1.0.0+b.9", reason="is not 1.0.0+b.5 word for word"),
        Rejected(name="2.0.0", reason="is not in 1.0.0+b.5"),
    )
    assert versions(charts_in_order(indexed("1.0.0+b.6"), map(facts, ["1.0.0+b.5", "1.0.0+b.9"]))) == [
        "1.0.0+b.9",
        "1.0.0+b.5",
    ]


def test_of_a_version_that_stands_twice_the_later_counts() -> None:
    older, newer = facts("1.0.0", created=1, digest="sha256:b"), facts("1.0.0", created=2, digest="sha256:a")
    for order in ([older, newer], [newer, older]):
        assert charts_in_order(indexed(), order).candidates == (newer,)
