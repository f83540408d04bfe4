"""What stands in the way of files, against a slow look at every pair of names."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gitpromote.model.neighbours import Meeting, Neighbours, Newcomers
from gitpromote.model.safepath import collisions
from gitpromote.model.tree import FILE, LINK, Entry

PATHS = st.lists(st.sampled_from(["a", "A", "b", "\u00e9", "e\u0301"]), min_size=1, max_size=3).map("/".join)


def whole(paths: list[str]) -> list[str]:
    """Paths as a tree may hold them: none below another one."""
    every = sorted(set(paths))
    return [path for path in every if not any(other.startswith(f"{path}/") for other in every)]


def slowly(ours: list[str], gone: list[str], there: Mapping[str, Entry]) -> bool:
    changed = {*ours, *gone}
    stays = [path for path in there if path not in changed]
    folders = {path[:at] for path in stays for at, sign in enumerate(path) if sign == "/"}
    places = {*ours, *(path[:at] for path in ours for at, sign in enumerate(path) if sign == "/")}
    around = {place.rpartition("/")[0] for place in places}
    near = [path for path in stays if path.rpartition("/")[0] in around]
    inner = [f"{path}/." for path in folders if path.rpartition("/")[0] in around]
    return any(met.first in places or met.second in places for met in collisions([*ours, *near, *inner]))


@given(st.lists(PATHS, max_size=5), st.lists(PATHS, min_size=1, max_size=4), st.lists(PATHS, max_size=3))
@settings(max_examples=100, deadline=None)
def test_what_is_met_is_what_every_pair_of_names_says(before, ours, gone):
    there = {path: Entry(FILE, "0" * 40) for path in whole(before)}
    ours = whole(ours)
    gone = [path for path in gone if path in there and path not in ours]
    assert (Neighbours(there).meeting(ours, gone) is not None) == slowly(ours, gone, there)


def test_a_link_is_called_one_and_the_way_out_is_told():
    there = Neighbours({"out": Entry(LINK, "0" * 40), "Docs/x": Entry(FILE, "0" * 40)})
    assert there.meeting(["out/a"]) == Meeting("out/a", "lies below out, which is a link there", "Remove the link out.")
    assert there.meeting(["docs/y"]) == Meeting(
        "docs", "meets 'Docs' on file systems that fold case", "Rename one of the two, or remove Docs."
    )
    assert there.meeting(["docs/y"], ["Docs/x"]) is None
    assert there.meeting([".git/hooks/x"]) == Meeting(
        ".git/hooks/x", "has a part that is .git on some file system", "Give the file another name."
    )


@given(st.lists(PATHS, min_size=1, max_size=3), st.lists(PATHS, min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_what_newcomers_meet_is_what_every_pair_of_their_names_says(first, second):
    first, second = whole(first), whole(second)
    assume(not collisions(first) and not collisions(second))
    newcomers = Newcomers()
    assert newcomers.meeting("one", first) is None
    expected = any(met.why != "folder" for met in collisions([*first, *second]))
    assert (newcomers.meeting("other", second) is not None) == expected
