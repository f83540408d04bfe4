"""A tree by path."""

from __future__ import annotations

import subprocess
from pathlib import Path

from gitpromote.model.tree import Entry, blob_id
from gitpromote.render.listing import Listing

FILES = {"a.txt": b"a", "d/b.txt": b"b", "d/e/c.txt": b"c", "d.txt": b"d", "d-e/x": b"x", "dé/y": b"y"}


def listing() -> Listing:
    return Listing.of({path: Entry("100644", blob_id(content)) for path, content in FILES.items()})


def test_folders_and_the_root_have_the_ids_that_git_gives_them(tmp_path: Path) -> None:
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", tmp_path, *words], capture_output=True, text=True, check=True)
        return done.stdout

    git("init", "-q")
    git("add", "-A")
    tree = git("write-tree").strip()
    lines = git("ls-tree", "-r", "-t", "-z", tree).split("\0")[:-1]
    expected = {path: Entry(*facts.split()[::2]) for facts, path in (line.split("\t") for line in lines)}
    assert dict(listing()) == expected
    assert listing().root == Entry("040000", tree)


def test_what_stands_below_a_folder_is_given_in_order_and_nothing_beside_it() -> None:
    assert [path for path, _ in listing().below("d")] == ["d/b.txt", "d/e", "d/e/c.txt"]
    assert [path for path, _ in listing().below("")] == sorted(listing())
    assert list(listing().below("a.txt")) == list(listing().below("none")) == []


def test_an_empty_tree_is_a_tree() -> None:
    assert Listing({}).root.oid == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def test_ids_of_the_longer_format_are_kept() -> None:
    found = Listing.of({"d/a": Entry("100644", "1" * 64)})
    assert {len(found["d"].oid), len(found.root.oid)} == {64}
