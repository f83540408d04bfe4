"""Writing commits: exactly the trees that were meant, many at once, and nothing beside them."""

from __future__ import annotations

import subprocess
import time

import pytest

from gitpromote.adapters.git.commits import CommitSpec, Identity, Signing, write_commits
from gitpromote.adapters.git.objects import Objects
from gitpromote.errors import Blocked, ConfigurationError, GitpromoteError, InternalError
from gitpromote.model.tree import EMPTY_TREE, Entry, blob_id, tree_id
from tests.programs import needed

WHO = Identity("gitpromote", "gitpromote@localhost")


def spec(**words) -> CommitSpec:
    return CommitSpec(**({"parent": None, "message": "m", "author": WHO, "at": 1763600000} | words))


@pytest.fixture
def head(origin, mirror):
    found = origin.commit("main", {"a": "1", "d/b": "2", "d/e/c": "3"})
    mirror.fetch(["refs/*"])
    return found


def files(mirror, commit: str) -> dict[str, bytes]:
    with Objects(mirror) as objects:
        listing = {path: entry.oid for path, entry in objects.listing(commit).items() if entry.mode != "040000"}
        blobs = objects.blobs(listing.values())
    return {path: blobs[oid] for path, oid in listing.items()}


def test_a_commit_changes_what_it_names_and_keeps_the_rest(mirror, head):
    changes = [("a", "100644", b"new"), ("d/e", "", None), ("x/y", "100755", b"run"), ("same", "100644", blob_id(b"2"))]
    (commit,) = write_commits(mirror, [spec(parent=head, files=changes)])
    assert files(mirror, commit) == {"a": b"new", "d/b": b"2", "x/y": b"run", "same": b"2"}
    with Objects(mirror) as objects:
        info = objects.commits([commit])[commit]
        assert objects.listing(commit)["x/y"].mode == "100755"
    assert info.parents == (head,)


def test_a_commit_may_start_from_any_tree(mirror, head):
    with Objects(mirror) as objects:
        tree = objects.listing(head)["d"].oid
    specs = [
        spec(parent=head, tree=EMPTY_TREE, files=[("only", "100644", b"1")]),
        spec(parent=head, tree=tree),
        spec(parent=head, tree=tree, files=[("b", "", None)]),
        spec(parent=head, files=[("copy", "040000", tree)]),
    ]
    commits = write_commits(mirror, specs)
    assert [sorted(files(mirror, commit)) for commit in commits] == [
        ["only"],
        ["b", "e/c"],
        ["e/c"],
        ["a", "copy/b", "copy/e/c", "d/b", "d/e/c"],
    ]


def test_the_trees_are_those_that_were_computed(mirror, head):
    data = {f"ns-{at % 3}/obj-{at}.yaml": f"kind: X\nn: {at}\n".encode() for at in range(60)}
    (commit,) = write_commits(mirror, [spec(tree=EMPTY_TREE, files=[(p, "100644", c) for p, c in data.items()])])
    with Objects(mirror) as objects:
        assert objects.trees_of([commit])[commit] == tree_id({p: Entry("100644", blob_id(c)) for p, c in data.items()})


def test_a_file_may_give_way_to_a_folder_and_back(mirror, head):
    there = [("a", "", None), ("a/inner", "100644", b"1"), ("d", "", None), ("d", "100644", b"file")]
    (commit,) = write_commits(mirror, [spec(parent=head, files=there)])
    assert files(mirror, commit) == {"a/inner": b"1", "d": b"file"}


def test_commits_may_follow_one_another(mirror, head):
    specs = [
        spec(parent=head if at == 0 else at - 1, message=f"r{at}", files=[("n", "100644", b"%d" % at)])
        for at in range(5)
    ]
    commits = write_commits(mirror, [*specs, spec(parent=None, message="alone")])
    with Objects(mirror) as objects:
        log = objects.log([commits[4]])
        assert [info.oid for info in log] == [*reversed(commits[:5]), head]
        assert objects.commits([commits[5]])[commits[5]].parents == ()
        assert objects.trees_of([commits[5]]) == {commits[5]: EMPTY_TREE}


def test_nothing_is_left_but_the_objects(mirror, head):
    before = mirror.git(["for-each-ref"])
    write_commits(mirror, [spec(parent=head), spec(parent=head)])
    assert mirror.git(["for-each-ref"]) == before
    assert mirror.git(["fsck", "--strict", "--no-dangling"]) == b""


def test_no_commits_are_no_process(mirror):
    assert write_commits(mirror, []) == []


def test_hundreds_of_commits_take_under_a_second(mirror, head):
    specs = [
        spec(parent=head, files=[(f"{env}/{at}.yaml", "100644", b"%d %d" % (env, at)) for at in range(10)])
        for env in range(300)
    ]
    start = time.perf_counter()
    commits = write_commits(mirror, specs)
    assert time.perf_counter() - start < 2
    assert len(set(commits)) == 300


def test_identity_time_and_message_stand_as_given(mirror, head):
    message = 'Promote "shop"\n\n{"ü":1}\n\nGitpromote-Plan: sha256:9d\n'
    author = Identity("Jürgen O'Neill, jr.", "j@acme.example")
    (commit,) = write_commits(mirror, [spec(message=message, author=author, committer=WHO, zone="+0530")])
    with Objects(mirror) as objects:
        info = objects.commits([commit])[commit]
    assert info.author == ("Jürgen O'Neill, jr.", "j@acme.example", 1763600000, "+0530")
    assert info.committer == ("gitpromote", "gitpromote@localhost", 1763600000, "+0530")
    assert info.message == message


def test_a_message_ends_in_one_line_break_and_has_no_nul(mirror, head):
    (commit,) = write_commits(mirror, [spec(message="a\0b\n\n\n")])
    with Objects(mirror) as objects:
        assert objects.commits([commit])[commit].message == "ab\n"


def test_odd_names_and_contents_are_written_as_they_are(mirror, head):
    odd = {
        "spa ce": b"data 3\nabc",
        'quo"te': b"",
        "ümläut/ß": b"\0\r\n",
        "*": b"done\n",
        "-f": b"x",
        ".gitattributes": b"* eol=crlf",
    }
    (commit,) = write_commits(mirror, [spec(files=[(path, "100644", content) for path, content in odd.items()])])
    assert files(mirror, commit) == odd


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../x", "has a part '..'"),
        ("/x", "is absolute"),
        ("a//b", "has an empty part"),
        (".git/config", "has a part that is .git on some file system"),
        ("a/.GIT/hooks/x", "has a part that is .git on some file system"),
        ("a\nb", "has a control character"),
    ],
)
def test_a_path_that_escapes_is_refused(mirror, head, path, reason):
    with pytest.raises(Blocked) as caught:
        write_commits(mirror, [spec(files=[(path, "100644", b"x")])])
    assert str(caught.value) == f"A path must not stand in a commit  [unsafe-path]\nthe path {path!r} {reason}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gitpromote <gitpromote@localhost>", ("gitpromote", "gitpromote@localhost")),
        ("  A. B <a@b> ", ("A. B", "a@b")),
        ("X <>", ("X", "")),
        ("J\u00fcrgen \u00df <j@x>", ("J\u00fcrgen \u00df", "j@x")),
    ],
)
def test_an_identity_is_read(text, found):
    assert Identity.parse(text) == found


@pytest.mark.parametrize("text", ["", "name", "<a@b>", "a\nb <c@d>", "a <b@c> <d@e>", "a <b c>", "a> <b@c>"])
def test_a_malformed_identity_is_refused(text):
    with pytest.raises(ConfigurationError) as caught:
        Identity.parse(text)
    assert caught.value.code == "identity-malformed"


@pytest.mark.parametrize("words", [{"parent": 0}, {"parent": "main"}, {"zone": "CET"}, {"at": -1}, {"tree": "x"}])
def test_a_malformed_spec_is_our_bug(mirror, head, words):
    with pytest.raises(InternalError):
        write_commits(mirror, [spec(**words)])


def test_an_object_that_is_not_there_fails_and_leaves_nothing(mirror, head):
    with pytest.raises(GitpromoteError) as caught:
        write_commits(mirror, [spec(parent="1" * 40)])
    assert caught.value.code in ("git-failed", "mirror-damaged")
    assert list(mirror.path.glob("fast_import_crash_*")) == []


def test_commits_that_are_still_being_made_are_the_same_ones(mirror, head):
    contents = [f"{number}\n".encode() * 2000 for number in range(40)]  # many times what fits into a pipe
    chain = [
        spec(parent=at - 1 if at else head, message=f"m {at}", files=[(f"x/{at % 7}", "100644", content)])
        for at, content in enumerate(contents * 50)  # so are their ids
    ]
    assert write_commits(mirror, iter(chain)) == write_commits(mirror, chain)
    assert write_commits(mirror, iter([])) == []


def test_what_goes_wrong_while_commits_are_made_ends_the_writing(mirror, head):
    def made():
        yield spec(parent=head, files=[("b", "100644", b"x" * 1_000_000)])
        raise LookupError("no more")

    before = sorted(mirror.path.glob("objects/pack/*.pack"))
    with pytest.raises(LookupError, match="no more"):
        write_commits(mirror, made())
    assert list(mirror.path.glob("fast_import_crash_*")) == []
    assert sorted(mirror.path.glob("objects/pack/*.pack")) == before
    assert len(write_commits(mirror, iter([spec(parent=head)]))) == 1


def test_git_that_ends_while_commits_are_made_says_why(mirror, head):
    many = (spec(parent="1" * 40, message=str(at), files=[("b", "100644", b"%d" % at * 5000)]) for at in range(100))
    with pytest.raises(GitpromoteError) as caught:
        write_commits(mirror, many)
    assert caught.value.code in ("git-failed", "mirror-damaged")
    assert list(mirror.path.glob("fast_import_crash_*")) == []


def test_a_sha256_repository_takes_commits(new_origin, cache):
    from gitpromote.adapters.git.mirror import Mirror

    origin = new_origin(object_format="sha256")
    mirror = Mirror.open(str(origin.path), cache_dir=cache)
    head = origin.commit("main", {"a": "1"})
    mirror.fetch(["refs/*"])
    (commit,) = write_commits(mirror, [spec(parent=head, files=[("b", "100644", b"2")])])
    assert files(mirror, commit) == {"a": b"1", "b": b"2"}


@pytest.fixture
def signing_key(tmp_path, only_our_settings):
    key = tmp_path / "key"
    subprocess.run([needed("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (tmp_path / "allowed").write_text(f"gitpromote@localhost {key.with_suffix('.pub').read_text()}")
    only_our_settings.write_text(f'[gpg]\n format = ssh\n[gpg "ssh"]\n allowedSignersFile = {tmp_path}/allowed\n')
    return key


def test_commits_are_signed_where_asked(mirror, head, signing_key):
    specs = [spec(parent=head, files=[("a", "100644", b"x")], zone="+0100"), spec(parent=0, message="two")]
    plain = write_commits(mirror, specs)
    commits = write_commits(mirror, specs, signing=Signing(key=str(signing_key)))
    for commit in commits:
        assert mirror.call(["verify-commit", commit]).status == 0
    with Objects(mirror) as objects:
        signed, unsigned = objects.commits(commits), objects.commits(plain)
        assert [info.is_signed for info in signed.values()] == [True, True]
        assert signed[commits[1]].parents == (commits[0],)
        for one, other in zip(signed.values(), unsigned.values(), strict=True):
            assert (one.tree, one.author, one.committer, one.message) == (
                other.tree,
                other.author,
                other.committer,
                other.message,
            )


def test_signing_that_does_not_work_is_told(mirror, head, only_our_settings):
    only_our_settings.write_text("[gpg]\n format = ssh\n")
    with pytest.raises(ConfigurationError) as caught:
        write_commits(mirror, [spec(parent=head)], signing=Signing(key="/nowhere/key"))
    assert caught.value.code == "signing-failed"
    assert caught.value.summary == "A commit could not be signed"
