"""Reading: what is stored is what is read, thousands at once, and what is missing is told."""

from __future__ import annotations

import pytest

from gitpromote.adapters.git.commitinfo import Signature, trailers
from gitpromote.adapters.git.objects import Objects, is_lfs_pointer
from gitpromote.adapters.git.revisions import is_ancestor, merge_base, rev_parse
from gitpromote.errors import CacheFailed, InternalError, UsageError
from gitpromote.model.tree import EMPTY_TREE, Entry, blob_id, object_id

ALL = ["refs/*"]


@pytest.fixture
def objects(mirror):
    with Objects(mirror) as found:
        yield found


def test_a_listing_has_every_file_and_folder(origin, mirror, objects):
    head = origin.commit(
        "main", {"a": "1", "d/e/f": "2", "d/run": "3", "link": "a"}, modes={"d/run": "100755", "link": "120000"}
    )
    mirror.fetch(ALL)
    listing = objects.listing(head)
    assert {path: entry.mode for path, entry in listing.items()} == {
        "a": "100644",
        "d": "040000",
        "d/e": "040000",
        "d/e/f": "100644",
        "d/run": "100755",
        "link": "120000",
    }
    assert listing["a"].oid == blob_id(b"1")
    assert objects.listing(listing["d"].oid).keys() == {"e", "e/f", "run"}
    assert objects.listing(EMPTY_TREE) == {}


def test_a_listing_may_be_of_a_few_paths(origin, mirror, objects, monkeypatch):
    head = origin.commit("main", {"a/b/c": "1", "a/x": "2", "z*": "3", "zz": "4", ":(top)q": "5"})
    mirror.fetch(ALL)
    for most in (1000, 0):
        monkeypatch.setattr("gitpromote.adapters.git.objects._MANY_PATHS", most)
        assert objects.listing(head, ["a/b"]).keys() == {"a", "a/b", "a/b/c"}
        assert objects.listing(head, ["z*", "absent", "a/x"]).keys() == {"z*", "a", "a/x"}
        assert objects.listing(head, [":(top)q"]).keys() == {":(top)q"}


def test_odd_names_are_read_as_they_are(origin, mirror, objects, git):
    blob = origin.git("hash-object", "-w", "--stdin", data=b"x")
    names = [b"tab\there", b"line\nbreak", b'quo"te', "ümläut".encode(), b"\xff\xfe", b"back\\slash", b" space "]
    tree = origin.git("mktree", "-z", data=b"".join(b"100644 blob %b\t%b\0" % (blob.encode(), name) for name in names))
    origin.git("update-ref", "refs/heads/main", origin.git("commit-tree", "-m", "odd", tree))
    head = mirror.fetch(ALL)["refs/heads/main"]
    assert objects.listing(head).keys() == {name.decode("utf-8", "surrogateescape") for name in names}
    assert objects.read_tree(tree) == objects.listing(head)


def test_blobs_are_verbatim(origin, mirror, objects):
    stored = {
        ".gitattributes": "* text eol=crlf ident filter=shout\nno export-ignore\n",
        "crlf": b"a\r\nb\r\n",
        "ident": "$Id$\n",
        "no": "kept",
        "binary": bytes(range(256)) * 300,
        "empty": "",
    }
    head = origin.commit("main", stored)
    mirror.fetch(ALL)
    listing = objects.listing(head)
    blobs = objects.blobs(entry.oid for entry in listing.values())
    wanted = {path: text.encode() if isinstance(text, str) else text for path, text in stored.items()}
    assert {path: blobs[entry.oid] for path, entry in listing.items()} == wanted


def test_thousands_are_read_through_one_process(origin, mirror, objects):
    head = origin.commit("main", {f"d{at % 50}/{at}": "x" * 300 + str(at) for at in range(3000)})
    mirror.fetch(ALL)
    listing = objects.listing(head)
    blobs = objects.blobs(entry.oid for entry in listing.values() if entry.mode != "040000")
    assert len(blobs) == 3000
    first = objects._batch._process
    assert objects.blobs([listing["d7/7"].oid]) == {listing["d7/7"].oid: b"x" * 300 + b"7"}
    assert objects._batch._process is first


def test_threads_may_share_a_reader(origin, mirror, objects, in_threads):
    head = origin.commit("main", {str(at): str(at) * 1000 for at in range(400)})
    mirror.fetch(ALL)
    oids = [entry.oid for entry in objects.listing(head).values()]
    answers = in_threads([lambda at=at: objects.blobs(oids[at:]) for at in range(8)])
    assert [len(answer) for answer in answers] == [400 - at for at in range(8)]


def test_what_arrives_after_the_reader_started_is_seen(origin, mirror, objects):
    first = origin.commit("main", {"a": "1"})
    mirror.fetch(ALL)
    objects.commits([first])
    second = origin.commit("main", {"a": "2"})
    mirror.fetch(ALL)
    assert objects.commits([second])[second].parents == (first,)


def test_trees_and_tags(origin, mirror, objects):
    heads = [origin.commit(f"env/{at}", {"a": str(at)}) for at in range(5)]
    origin.git("tag", "-a", "-m", "one", "v1", heads[0])
    origin.git("tag", "of-a-file", blob_id(b"1"))
    refs = mirror.fetch(ALL)
    trees = objects.trees_of(heads)
    assert trees == {head: origin.git("rev-parse", f"{head}^{{tree}}") for head in heads}
    tag = refs["refs/tags/v1"]
    assert objects.trees_of([tag]) == {tag: trees[heads[0]]}
    assert objects.peeled([tag, heads[1], blob_id(b"1")]) == {tag: heads[0], heads[1]: heads[1], blob_id(b"1"): None}
    assert objects.trees_of([]) == {}


def test_subtrees_of_many_commits_are_one_question(origin, mirror, objects):
    head = origin.commit("main", {"builds/shop/prod/a.yaml": "1"})
    mirror.fetch(ALL)
    found = objects.ids(
        [f"{head}:builds/shop/prod", f"{head}:absent", f"{head}:a\nb", f"{head}:", f"{head}:with space"]
    )
    assert found == {
        f"{head}:builds/shop/prod": origin.git("rev-parse", f"{head}:builds/shop/prod"),
        f"{head}:absent": None,
        f"{head}:a\nb": None,
        f"{head}:": origin.git("rev-parse", f"{head}^{{tree}}"),
        f"{head}:with space": None,
    }


def test_the_entries_of_many_trees_come_through_one_process(origin, mirror, objects):
    head = origin.commit("main", {"d/a": "1", "d/e/b": "2"})
    mirror.fetch(ALL)
    names = [f"{head}:d", head, f"{head}:absent", f"{head}:d/a", f"{head}:d\nx", f"{head}:d/e"]
    found = objects.trees(names)
    assert [tree if tree is None else sorted(tree) for tree in found] == [["a", "e"], ["d"], None, None, None, ["b"]]
    long = [f"{head}:{'x' * 4000}"] * 100  # more than a pipe holds
    assert objects.trees([*long, head])[-1] == found[1]


def test_a_submodule_and_an_lfs_pointer_are_recognised(origin, mirror, objects, git):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 12345\n"
    head = origin.commit("main", {"big.bin": pointer})
    tree = origin.git("mktree", data=f"160000 commit {head}\tsub\n100644 blob {blob_id(pointer)}\tbig.bin\n".encode())
    origin.git("update-ref", "refs/heads/main", origin.git("commit-tree", "-m", "sub", "-p", head, tree))
    listing = objects.listing(mirror.fetch(ALL)["refs/heads/main"])
    assert listing["sub"] == Entry("160000", head)
    assert is_lfs_pointer(objects.blobs([listing["big.bin"].oid])[listing["big.bin"].oid])
    assert not is_lfs_pointer(b"version https://git-lfs.github.com/spec/v1 is a line\n")
    assert not is_lfs_pointer(b"kind: ConfigMap\n")


def test_a_commit_says_who_when_and_what(origin, mirror, objects):
    message = "Promote shop\nto prod\n\nBecause.\n\nGitpromote-Plan: sha256:9d1c\nGitpromote-Env: prod\n"
    head = origin.commit("main", {"a": "1"}, message=message)
    mirror.fetch(ALL)
    info = objects.commits([head])[head]
    assert info.author == Signature("Lea", "lea@acme.example", 1763600000, "+0100")
    assert info.committer == Signature("Tom", "tom@acme.example", 1763600001, "+0000")
    assert (info.tree, info.parents, info.is_signed) == (objects.trees_of([head])[head], (), False)
    assert (info.message, info.subject) == (message, "Promote shop to prod")
    assert info.body == "Because.\n\nGitpromote-Plan: sha256:9d1c\nGitpromote-Env: prod"
    assert info.trailers == (("Gitpromote-Plan", "sha256:9d1c"), ("Gitpromote-Env", "prod"))
    assert info.trailer("gitpromote-plan") == "sha256:9d1c"
    assert info.trailer("absent") is None


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("Key: value", ()),
        ("subject\n\nKey: value", (("Key", "value"),)),
        ("subject\n\nprose\nKey: value", ()),
        ("subject\n\nKey: a\n  b\nOther:c\n\n", (("Key", "a b"), ("Other", "c"))),
        ("subject\n\nKey: a\n(cherry picked from commit 1)\n", (("Key", "a"),)),
        ("\n\nKey: value", ()),
        ("", ()),
    ],
)
def test_trailers_are_the_last_paragraph_if_all_of_it_is(message, found):
    assert trailers(message) == found


def test_a_commit_in_another_encoding_and_a_malformed_one_are_read(origin, mirror, objects):
    tree = origin.git("mktree", data=b"")
    head = (
        b"tree %b\nauthor J\xfcrgen <j@x> 1 +0000\ncommitter nobody\nencoding ISO-8859-1\n\ngr\xfc\xdfe\n"
        % tree.encode()
    )
    odd = origin.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", data=head)
    origin.git("update-ref", "refs/heads/main", odd)
    mirror.fetch(ALL)
    info = objects.commits([odd])[odd]
    assert (info.author.name, info.message, info.committer) == ("Jürgen", "grüße\n", Signature("", "", 0, "+0000"))


def test_the_log_follows_paths_and_ranges(origin, mirror, objects):
    one = origin.commit("main", {"a": "1"}, message="one")
    two = origin.commit("main", {"a": "1", "b": "1"}, message="two")
    three = origin.commit("main", {"a": "2", "b": "1"}, message="three")
    mirror.fetch(ALL)
    assert [info.subject for info in objects.log([three])] == ["three", "two", "one"]
    assert [info.oid for info in objects.log([three], paths=["a"])] == [three, one]
    assert [info.oid for info in objects.log([three], without=[one])] == [three, two]
    assert [info.oid for info in objects.log([three], limit=1, first_parent=True)] == [three]
    assert objects.log([one], without=[three]) == []


def test_the_log_of_the_first_parents_counts_a_merge_for_all_that_it_brought(origin, mirror, objects):
    base = origin.commit("main", {"a": "1", "b": "1"}, message="base")
    side = origin.commit("side", {"a": "2", "b": "1"}, parent=base, message="side")
    fix = origin.commit("main", {"a": "1", "b": "2"}, message="fix")
    tree = origin.git("rev-parse", f"{origin.commit('joined', {'a': '2', 'b': '2'}, parent=fix)}^{{tree}}").strip()
    merge = origin.git("commit-tree", tree, "-p", fix, "-p", side, "-m", "merge").strip()
    origin.git("update-ref", "refs/heads/main", merge)
    mirror.fetch(ALL)
    every = {"first_parent": True, "without": [base]}
    assert [info.subject for info in objects.log([merge], **every)] == ["merge", "fix"]
    assert [info.subject for info in objects.log([merge], paths=["a"], **every)] == ["merge"]
    assert [info.subject for info in objects.log([merge], paths=["b"], **every)] == ["fix"]
    assert [info.subject for info in objects.log([merge], first_parent=True, without=[side])] == ["merge", "fix"]


def test_the_log_of_a_path_looks_at_exactly_that_path(origin, mirror, objects):
    origin.commit("main", {"ab": "1"})
    head = origin.commit("main", {"ab": "1", "a*": "1"}, message="star")
    mirror.fetch(ALL)
    assert [info.subject for info in objects.log([head], paths=["a*"])] == ["star"]


def test_ancestry(origin, mirror):
    base = origin.commit("main", {"a": "1"})
    left = origin.commit("main", {"a": "2"})
    right = origin.commit("side", {"a": "3"}, parent=base)
    other = origin.commit("other", {"a": "3"}, parent=None)
    mirror.fetch(ALL)
    assert merge_base(mirror, left, right) == base
    assert merge_base(mirror, left, other) is None
    assert (is_ancestor(mirror, base, left), is_ancestor(mirror, left, base), is_ancestor(mirror, left, left)) == (
        True,
        False,
        True,
    )


def test_what_people_call_a_commit(origin, mirror):
    one = origin.commit("main", {"a": "1"})
    two = origin.commit("main", {"a": "2"})
    origin.git("tag", "-a", "-m", "x", "v1", one)
    mirror.fetch(ALL)
    names = [
        "main",
        "refs/heads/main",
        two,
        two[:7],
        two[:7].upper(),
        "main~1",
        "main^",
        "v1",
        "refs/tags/v1",
        f"{two[:9]}~1",
    ]
    assert [rev_parse(mirror, name) for name in names] == [two, two, two, two, two, one, one, one, one, one]


@pytest.mark.parametrize(
    "rev",
    [
        "nope",
        "main~7",
        "",
        "-x",
        "main..v1",
        "main:a",
        "@{1}",
        "HEAD",
        "refs/heads/no",
        "a b",
        "1" * 40,
        "mirror/heads/main",
    ],
)
def test_an_unknown_revision_is_a_clear_error(origin, mirror, rev):
    origin.commit("main", {"a": "1"})
    mirror.fetch(ALL)
    with pytest.raises(UsageError) as caught:
        rev_parse(mirror, rev)
    assert str(caught.value) == (
        "A revision is unknown  [revision-unknown]\n"
        f"{rev!r} is no branch, tag or commit of {origin.path}\n"
        "Give a full commit id, a branch or a tag of that repository."
    )


def test_an_ambiguous_revision_is_refused(origin, mirror):
    origin.commit("v1", {"a": "1"})
    origin.git("tag", "v1", origin.commit("main", {"a": "2"}))
    mirror.fetch(ALL)
    with pytest.raises(UsageError) as caught:
        rev_parse(mirror, "v1")
    assert caught.value.code == "revision-ambiguous"
    assert caught.value.detail == f"'v1' in {origin.path} could be refs/heads/v1, refs/tags/v1"


def test_an_ambiguous_short_id_is_refused(origin, mirror):
    # Commits that differ in their message alone, until two begin with the same four digits.
    base = origin.show(origin.commit("main", {"a": "1"}))
    seen: dict[str, bytes] = {}
    for at in range(5000):
        content = base.rstrip(b"\n") + b" %d\n" % at
        short = object_id("commit", content)[:4]
        if short in seen:
            break
        seen[short] = content
    ids = []
    for data in (seen[short], content):
        made = origin.git("hash-object", "-t", "commit", "-w", "--stdin", data=data)
        origin.git("update-ref", f"refs/heads/x{made}", made)
        ids.append(made)
    mirror.fetch(ALL)
    with pytest.raises(UsageError) as caught:
        rev_parse(mirror, short)
    assert str(caught.value) == (
        "A revision is ambiguous  [revision-ambiguous]\n"
        f"{short!r} in {origin.path} could be {', '.join(sorted(ids))}\n"
        "Give the full commit id, or the ref's full name."
    )


def test_a_full_id_is_fetched_where_asked(origin, mirror):
    first = origin.commit("main", {"a": "1"})
    lost = origin.commit("main", {"a": "2"})
    origin.git("update-ref", "refs/heads/main", first)
    mirror.fetch(ALL)
    assert rev_parse(mirror, lost, fetch=True) == lost


def test_a_missing_object_is_told_and_the_mirror_made_anew(origin, mirror, objects):
    head = origin.commit("main", {"a": "1"})
    mirror.fetch(ALL)
    for pack in mirror.path.glob("objects/??/*"):
        pack.unlink()
    with pytest.raises(CacheFailed) as caught:
        objects.trees_of([head])
    assert str(caught.value) == (
        "An object is missing in the cached copy of a repository  [object-missing]\n"
        f"{head} of {origin.path}\n"
        "Run the command again: the copy is made anew."
    )
    mirror.fetch(ALL)
    with Objects(mirror) as again:
        assert again.blobs([blob_id(b"1")]) == {blob_id(b"1"): b"1"}


def test_a_corrupt_object_is_told_and_the_mirror_made_anew(origin, mirror, objects):
    origin.commit("main", {"a": "1" * 500})
    mirror.fetch(ALL)
    oid = blob_id(b"1" * 500)
    file = mirror.path / "objects" / oid[:2] / oid[2:]
    file.chmod(0o600)
    file.write_bytes(b"garbage")
    with pytest.raises(CacheFailed) as caught:
        objects.blobs([oid])
    assert caught.value.code in ("mirror-damaged", "object-missing")
    mirror.fetch(ALL)
    with Objects(mirror) as again:
        assert again.blobs([oid]) == {oid: b"1" * 500}


def test_an_object_of_another_kind_and_a_malformed_id_are_our_bugs(origin, mirror, objects):
    head = origin.commit("main", {"a": "1"})
    mirror.fetch(ALL)
    with pytest.raises(InternalError) as caught:
        objects.blobs([head])
    assert caught.value.detail == f"{head}: commit, not blob"
    for call in (objects.blobs, objects.commits, objects.log, lambda ids: objects.listing(ids[0])):
        with pytest.raises(InternalError):
            call(["--all"])
