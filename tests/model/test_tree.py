"""Tree ids as git computes them, and the paths that no tree of ours may hold."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gitpromote.errors import InternalError, SourceInvalid
from gitpromote.model.tree import (
    EMPTY_TREE,
    Collision,
    Entry,
    blob_id,
    blocked_parent,
    collisions,
    empty_tree,
    object_id,
    tree_id,
    tree_objects,
    unsafe_path,
)

FORMATS = ["sha1", "sha256"]


def git(repository: Path, *args: str, data: bytes = b"") -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    words = ["git", "-C", str(repository), *args]
    return subprocess.run(words, input=data, capture_output=True, check=True, env=env).stdout.decode().strip()


@pytest.fixture(scope="module", params=FORMATS)
def repository(request, tmp_path_factory):
    path = tmp_path_factory.mktemp(request.param)
    git(path, "init", "-q", "--bare", f"--object-format={request.param}", str(path))
    return path, request.param


def git_tree(path: Path, entries: dict[str, Entry]) -> str:
    """What git makes of the same paths."""
    index = path / "index"
    index.unlink(missing_ok=True)
    lines = b"".join(
        b"%b %b 0\t%b\0" % (entry.mode.encode(), entry.oid.encode(), name.encode("utf-8", "surrogateescape"))
        for name, entry in entries.items()
    )
    env = os.environ | {"GIT_INDEX_FILE": str(index), "GIT_DIR": str(path)}
    subprocess.run(["git", "update-index", "-z", "--add", "--index-info"], input=lines, check=True, env=env)
    done = subprocess.run(["git", "write-tree", "--missing-ok"], capture_output=True, check=True, env=env)
    return done.stdout.decode().strip()


names = st.one_of(
    st.sampled_from(["a", "a-", "a.", "a0", "ab", "A", "b", "é", "e\u0301", "\uffff", "\U0001f600", "\udcff", "x y"]),
    st.text(
        st.characters(exclude_characters="/\\\0\x7f", min_codepoint=33, exclude_categories=["Cs", "Cc"]),
        min_size=1,
        max_size=3,
    ),
).filter(lambda name: unsafe_path(name) is None or "\udcff" in name)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(paths, st.sampled_from(["100644", "100755", "120000", "160000"]), max_size=12))
def test_a_tree_id_is_the_one_that_git_computes(repository, modes):
    folders = {path[:at] for path in modes for at, sign in enumerate(path) if sign == "/"}
    assume(not folders & modes.keys())
    path, object_format = repository
    entries = {
        name: Entry(mode, blob_id(name.encode("utf-8", "replace"), object_format=object_format))
        for name, mode in modes.items()
    }
    found = tree_id(entries, object_format=object_format)
    assert found == git_tree(path, entries)
    objects = tree_objects(entries, object_format=object_format)
    assert list(objects)[-1] == found
    assert all(object_id("tree", data, object_format=object_format) == oid for oid, data in objects.items())


def test_the_trees_can_be_written_as_they_are(repository):
    path, object_format = repository
    entries = {
        f"{at % 3}/{at % 5}/{at}": Entry("100644", blob_id(b"%d" % at, object_format=object_format)) for at in range(40)
    }
    for oid, data in tree_objects(entries, object_format=object_format).items():
        written = git(path, "hash-object", "-w", "-t", "tree", "--literally", "--stdin", data=data)
        assert written == oid
    listed = git(path, "ls-tree", "-r", tree_id(entries, object_format=object_format)).splitlines()
    assert {line.split("\t")[1]: line.split()[2] for line in listed} == {
        name: entry.oid for name, entry in entries.items()
    }


def test_nothing_is_the_empty_tree():
    assert tree_id({}) == EMPTY_TREE == empty_tree("sha1")
    assert tree_objects({}) == {EMPTY_TREE: b""}
    assert tree_id({}, object_format="sha256") == empty_tree("sha256")


def test_a_known_folder_stands_for_its_files():
    inner = {"a": Entry("100644", blob_id(b"1")), "z/b": Entry("100755", blob_id(b"2"))}
    around = {"d-": Entry("100644", blob_id(b"3")), "d0": Entry("100644", blob_id(b"4"))}
    whole = around | {f"d/{path}": entry for path, entry in inner.items()}
    assert tree_id(around | {"d": Entry("040000", tree_id(inner))}) == tree_id(whole)


def test_a_blob_id_is_gits():
    assert blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert len(blob_id(b"", object_format="sha256")) == 64


@pytest.mark.parametrize("other", ["a/b", "a/b/c"])
def test_a_file_that_is_a_folder_too_is_refused(other):
    entries = {"a": Entry("100644", EMPTY_TREE), "a-": Entry("100644", EMPTY_TREE), other: Entry("100644", EMPTY_TREE)}
    with pytest.raises(SourceInvalid) as caught:
        tree_id(entries)
    assert str(caught.value) == "A path is a file and a folder at once  [path-conflict]\na"


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("", Entry("100644", EMPTY_TREE)),
        ("/a", Entry("100644", EMPTY_TREE)),
        ("a/", Entry("100644", EMPTY_TREE)),
        ("a//b", Entry("100644", EMPTY_TREE)),
        ("a", Entry("100600", EMPTY_TREE)),
        ("a", Entry("100644", "abc")),
        ("a", Entry("100644", "zz" * 20)),
        ("a", Entry("100644", "00" * 32)),
    ],
)
def test_a_malformed_entry_is_our_bug(path, entry):
    with pytest.raises(InternalError) as caught:
        tree_id({path: entry})
    assert caught.value.code == "tree-entry-malformed"


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "a/b.yaml",
        ".gitattributes",
        ".github/CODEOWNERS",
        "..a",
        "a..",
        "git",
        "ümläut",
        "rbac-system:node.yaml",
        "a b",
        "x" * 255,
    ],
)
def test_ordinary_paths_are_safe(path):
    assert unsafe_path(path) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "is empty"),
        ("/etc/passwd", "is absolute"),
        ("a\\b", "has a backslash, which separates folders on Windows"),
        ("a\0b", "has a control character"),
        ("a\nb", "has a control character"),
        ("a\x7f", "has a control character"),
        ("a//b", "has an empty part"),
        ("a/", "has an empty part"),
        (".", "has a part '.'"),
        ("a/./b", "has a part '.'"),
        ("../a", "has a part '..'"),
        ("a/..", "has a part '..'"),
        ("\udcff", "is not UTF-8"),
        ("x" * 256, "has a part that is longer than 255 bytes"),
        ("é" * 128, "has a part that is longer than 255 bytes"),
        ("/".join(["x" * 100] * 41), "is longer than 4095 bytes"),
    ],
)
def test_unsafe_paths_are_told_why(path, reason):
    assert unsafe_path(path) == reason


@pytest.mark.parametrize(
    "name",
    [
        ".git",
        ".GIT",
        ".Git",
        ".git.",
        ".git ",
        ".git. .",
        "git~1",
        "GIT~1",
        "git~2",
        ".git::$INDEX_ALLOCATION",
        ".git:x",
        ".g\u200cit",
        "\ufeff.git",
        ".gi\u200dT",
    ],
)
def test_every_disguise_of_git_is_seen(name):
    for path in (name, f"a/{name}", f"{name}/config"):
        assert unsafe_path(path) == "has a part that is .git on some file system"


def test_names_that_collide_somewhere_are_found():
    assert collisions(["a/b", "A/b", "x/y", "x/Y", "x", "é", "e\u0301", "straße", "STRASSE", "one", "two"]) == [
        Collision("A", "a", "case"),
        Collision("STRASSE", "straße", "case"),
        Collision("e\u0301", "é", "unicode"),
        Collision("x", "x/Y", "folder"),
        Collision("x", "x/y", "folder"),
        Collision("x/Y", "x/y", "case"),
    ]


def test_ordinary_names_do_not_collide():
    assert collisions(["a", "a-b", "b/a", "b/b", "a"]) == []
    assert collisions([]) == []


def test_a_link_or_file_above_a_path_blocks_it():
    modes = {"link": "120000", "dir": "040000", "dir/sub": "160000", "file": "100644"}
    assert blocked_parent("link/x/y", modes) == "link"
    assert blocked_parent("dir/sub/x", modes) == "dir/sub"
    assert blocked_parent("file/x", modes) == "file"
    assert blocked_parent("dir/new", modes) is None
    assert blocked_parent("new/x", modes) is None
    assert blocked_parent("link", modes) is None
