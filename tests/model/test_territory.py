"""Two that write one place are found, whoever comes first, and nobody else is accused."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.model.territory import Claim, conflicts, overlap

PATHS = st.lists(st.sampled_from(["a", "b", "a-b", "ab"]), max_size=3).map("/".join)


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    count = draw(st.integers(0, 7))
    return [
        Claim(
            "home",
            draw(st.sampled_from(["main", "x"])),
            draw(PATHS),
            draw(st.sampled_from(["", "", "s", "t"])),
            f"o{at}",
        )
        for at in range(count)
    ]


def clash(one: Claim, other: Claim) -> bool:
    """The rule itself, pair by pair."""
    if (one.repository, one.branch) != (other.repository, other.branch):
        return False
    if one.slot and other.slot:
        return (one.path, one.slot) == (other.path, other.slot)
    if not one.slot and not other.slot:
        return overlap(one.path, other.path)
    folder, file = (one, other) if not one.slot else (other, one)
    return not folder.path or file.path == folder.path or file.path.startswith(f"{folder.path}/")


@given(claims())
@settings(max_examples=100, deadline=None)
def test_conflicts_are_real_and_none_is_missed(given_claims: list[Claim]) -> None:
    found = list(conflicts(given_claims))
    assert all(clash(*conflict) for conflict in found)
    pairs = [
        (one, other) for at, one in enumerate(given_claims) for other in given_claims[at + 1 :] if clash(one, other)
    ]
    assert bool(found) == bool(pairs)
    place = {id(claim): at for at, claim in enumerate(given_claims)}
    assert all(place[id(one)] < place[id(other)] for one, other in found)


def test_a_sibling_with_the_same_beginning_is_no_conflict() -> None:
    assert not list(conflicts([Claim("home", "main", path, "", path) for path in ("a", "a-b", "ab", "a.b")]))


def test_what_lies_between_does_not_hide_a_conflict() -> None:
    found = list(conflicts([Claim("home", "main", path, "", path) for path in ("a/b", "a-b", "a", "a/c/d")]))
    assert [(one.path, other.path) for one, other in found] == [("a/b", "a"), ("a", "a/c/d")]
