"""The ids of folders without what is kept in them: as Git has them, and asked of Git once."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitpromote.adapters.git.objects import Objects
from gitpromote.adapters.git.trimmed import Trimmed
from gitpromote.model.tree import EMPTY_TREE, FOLDER

FILES = {"CODEOWNERS": "a", "app.yaml": "b", ".github/x": "c", "env/prod/a.yaml": "d", "env/prod/docs/b": "e"}


@pytest.fixture
def objects(mirror):
    with Objects(mirror) as found:
        yield found


def ids(mirror, objects, places, keep=()):
    return Trimmed(mirror, objects).ids(places, keep=keep, object_format="sha1")


def test_a_folder_in_which_nothing_is_kept_has_its_own_id(origin, mirror, objects):
    head = origin.commit("main", FILES)
    mirror.fetch(["refs/*"])
    expected = [origin.git("rev-parse", f"{head}:{path}") for path in ("", "env", "env/prod")]
    assert ids(mirror, objects, [(head, ""), (head, "env"), (head, "env/prod")], ["README.md"]) == expected


def test_what_is_kept_makes_no_difference(origin, mirror, objects):
    head = origin.commit("main", FILES)
    other = origin.commit("other", {"app.yaml": "b", "env/prod/a.yaml": "d", "env/prod/docs/b": "e"}, parent=None)
    mirror.fetch(["refs/*"])
    keep = ["CODEOWNERS", ".github/"]
    assert ids(mirror, objects, [(head, "")], keep) == ids(mirror, objects, [(other, "")], keep)
    assert ids(mirror, objects, [(head, "")], keep) != ids(mirror, objects, [(head, "")])


def test_no_folder_is_the_empty_tree_and_what_is_kept_further_down_is_not_known(origin, mirror, objects):
    head = origin.commit("main", FILES)
    mirror.fetch(["refs/*"])
    assert ids(mirror, objects, [(head, "env/uat"), (head, "app.yaml")]) == [EMPTY_TREE, EMPTY_TREE]
    assert ids(mirror, objects, [(head, ""), (head, "env")], ["env/prod/docs"]) == [
        None,
        origin.git("rev-parse", f"{head}:env"),
    ]


def test_a_commit_that_was_seen_is_not_read_again(origin, mirror, objects, monkeypatch):
    head = origin.commit("main", FILES)
    mirror.fetch(["refs/*"])
    places = [(head, ""), (head, "nothing"), (head, "env")]
    known = ids(mirror, objects, places, ["env/x/y"])
    monkeypatch.setattr(Objects, "trees", None)
    assert ids(mirror, objects, places, ["env/x/y"]) == known == [None, EMPTY_TREE, known[2]]
    with pytest.raises(TypeError):
        ids(mirror, objects, places, ["other"])


def test_a_damaged_file_is_made_anew(origin, mirror, objects):
    head = origin.commit("main", FILES)
    mirror.fetch(["refs/*"])
    known = ids(mirror, objects, [(head, "")])
    file = mirror.path / "gitpromote-folders"
    file.write_bytes(file.read_bytes().replace(known[0].encode(), b"0" * 40))
    assert ids(mirror, objects, [(head, "")]) == known


NAMES = st.sampled_from(["a", "b", "a.b", "a-b", "ü", "z"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paths=st.sets(PATHS, max_size=12), folder=st.one_of(st.just(""), PATHS))
def test_files_of_folders_are_those_of_a_listing(origin, mirror, objects, paths, folder):
    files = {path: path for path in paths if not any(other.startswith(f"{path}/") for other in paths)}
    head = origin.commit("main", files, parent=None)
    mirror.fetch(["refs/*"])
    start = f"{folder}/" if folder else ""
    listed = {path: entry for path, entry in objects.listing(head).items() if entry.mode != FOLDER}
    below = {path[len(start) :]: entry for path, entry in listed.items() if path.startswith(start)}
    found = objects.files([f"{head}:{folder}", f"{head}:", f"{head}:missing"])
    assert [list(one.items()) for one in found] == [list(below.items()), list(listed.items()), []]
