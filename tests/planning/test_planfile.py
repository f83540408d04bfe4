"""The plan file: one form, every byte of it counted, and refused with the reason where anything is amiss."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import PlanInvalid
from gitpromote.model.canonical import canonical
from gitpromote.model.plan import PlanObservations
from gitpromote.planning.digests import change_digest, text_digest
from gitpromote.planning.planfile import blob_bytes, dumps, loads, planned_blob, seal

AGAIN = "Make a new plan; a plan file is never edited by hand:\n  gitpromote plan"


@pytest.fixture(scope="module")
def sealed(small):
    """A plan, and the bytes of its file."""
    plan = small.example()
    observations = PlanObservations(
        created_at="2025-11-20T00:54:00Z", created_by="Ada", tools={"kustomize": "sha256:77"}
    )
    return plan, seal(plan, observations)[1]


@pytest.fixture(scope="module")
def data(sealed):
    return sealed[1]


def refused(data):
    """Why it is refused: the code and the detail after the file's name."""
    with pytest.raises(PlanInvalid) as caught:
        loads(data, name="p.json")
    error = caught.value
    assert (error.summary, error.exit_code) == ("This plan file cannot be used", 5)
    assert error.detail.startswith("p.json: ")
    return error.code, error.detail.removeprefix("p.json: "), error.hint


def forged(data, change, *, redigest=True):
    """A file that somebody has changed with care: canonical, and with the digest of what it holds."""
    document = json.loads(data)
    change(document)
    if redigest:
        document["digest"] = text_digest(document["format"], canonical(document["plan"]))
    return canonical(document) + b"\n"


# -- what is written is what is read


def test_a_plan_comes_back_as_it_was(sealed):
    plan, data = sealed
    file = loads(data, name="p.json")
    assert file.plan == plan
    assert dumps(file) == data
    assert file.short_id == file.digest[7:19]


def test_the_file_is_its_canonical_bytes_and_a_newline(data):
    document = json.loads(data)
    assert data == json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert sorted(document) == ["digest", "format", "observations", "plan"]
    assert document["format"] == "gitpromote.plan/1.0"


def test_the_digest_is_the_documented_one(data):
    document = json.loads(data)
    text = json.dumps(document["plan"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    expected = hashlib.sha256(f"gitpromote-plan-v1\ngitpromote.plan/1.0\n{text}".encode()).hexdigest()
    assert document["digest"] == f"sha256:{expected}"


def test_blobs_hold_text_where_it_is_text_and_base64_where_it_is_not():
    for data in (b"", b"a\n", "é☃\u2028".encode(), b"\xff\x00", b"\xed\xa0\x80", bytes(range(256))):
        assert blob_bytes(planned_blob(data)) == data
    assert planned_blob(b"a").base64 is None and planned_blob(b"\xff").text is None


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_bytes_stand_in_a_blob(data):
    assert blob_bytes(planned_blob(data)) == data


# -- any change is seen


def outside_observations(data):
    """Where the observations start and end in the file."""
    start = data.index(b'"observations":')
    return start, data.index(b',"plan":')


@given(at=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
@settings(max_examples=100, deadline=None)
def test_any_byte_that_is_another_one_is_seen(sealed, at, byte):
    plan, data = sealed
    position = int(at * len(data))
    changed = data[:position] + bytes([byte]) + data[position + 1 :]
    start, end = outside_observations(data)
    if changed == data:
        return
    if start <= position < end:
        with contextlib.suppress(PlanInvalid):
            assert loads(changed, name="p.json").plan == plan
    else:
        refused(changed)


@given(at=st.floats(0, 1, exclude_max=True), length=st.integers(1, 40), twice=st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_bytes_that_are_missing_or_stand_there_twice_are_seen(sealed, at, length, twice):
    plan, data = sealed
    position = int(at * len(data))
    piece = data[position : position + length]
    changed = data[:position] + (piece * 2 if twice else b"") + data[position + length :]
    start, end = outside_observations(data)
    if start <= position and position + length <= end:
        with contextlib.suppress(PlanInvalid):
            assert loads(changed, name="p.json").plan == plan
    else:
        refused(changed)


def test_every_single_bit_of_the_digest_counts(data):
    at = data.index(b"sha256:") + 7
    for position in range(at, at + 64):
        flipped = bytes([data[position] ^ 1])
        assert refused(data[:position] + flipped + data[position + 1 :])[0] in ("plan-digest", "plan-unreadable")


# -- forms


def test_a_truncated_file_is_refused(data):
    short = data[:-200]
    told = f"It is not whole JSON at byte {refused_at(short)} of {len(short)}: truncated, or not a plan file."
    assert refused(short) == ("plan-unreadable", told, AGAIN)
    assert refused(b"")[0] == "plan-unreadable"
    assert refused(data[:-1])[0] == "plan-not-canonical"


def refused_at(data):
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        return error.pos
    raise AssertionError


@pytest.mark.parametrize("indent", [1, 2, None])
def test_a_file_in_another_form_is_refused(data, indent):
    text = json.dumps(json.loads(data), ensure_ascii=False, sort_keys=True, indent=indent).encode() + b"\n"
    told = "It is not in the one form that gitpromote writes: it was edited or re-indented."
    assert refused(text) == ("plan-not-canonical", told, AGAIN)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data + b"\n",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace("é".encode(), b"\\u00e9"),
        lambda data: data.replace(b'"as_of":1763600040', b'"as_of":1763600040.0'),
        lambda data: data.replace(b'"as_of":1763600040', b'"as_of":17636000400e-1'),
        lambda data: data.replace(b'"as_of":1763600040', b'"as_of":NaN'),
        lambda data: data.replace(b'"as_of":1763600040', b'"as_of":-0'),
        lambda data: data.replace(b'"as_of":1763600040', b'"as_of":' + b"1" * 5000),
        lambda data: data.replace(b'"critical":[]', b'"critical":["\\ud800"]'),
        lambda data: b"[" * 100_000,
        lambda data: b'{"a":' * 100_000,
        lambda data: b"null\n",
        lambda data: b"[]\n",
        lambda data: b"\xff\xfe" + data,
        lambda data: data[:-2] + b',"zzz":1}\n',
    ],
)
def test_other_spellings_are_refused(data, change):
    changed = change(data)
    assert changed != data
    if changed.endswith(b',"zzz":1}\n'):
        assert loads(changed, name="p.json").plan == loads(data, name="p.json").plan  # a member of a later version
    else:
        assert refused(changed)[0] in ("plan-unreadable", "plan-not-canonical")


@pytest.mark.parametrize("where", ["top", "inside"])
def test_a_key_that_stands_there_twice_is_refused(data, where):
    if where == "top":
        text, key = data[:-2] + b',"plan":{}}\n', "plan"
    else:
        text, key = data.replace(b'"as_of":', b'"as_of":1,"as_of":', 1), "as_of"
    told = f'The key "{key}" stands in it twice: readers would disagree on which one counts.'
    assert refused(text) == ("plan-not-canonical", told, AGAIN)


# -- versions


def test_an_unknown_major_version_is_refused(data):
    text = forged(data, lambda document: document.update(format="gitpromote.plan/2.0"))
    assert refused(text) == (
        *("plan-version", "Its format is gitpromote.plan/2.0; this version carries out gitpromote.plan/1.x."),
        "Apply it with the version of gitpromote that made it, or make a new plan.",
    )


@pytest.mark.parametrize("found", ["other/1.0", "", None, 1, "gitpromote.plan"])
def test_something_else_is_refused(data, found):
    document = json.loads(data)
    document["format"] = found
    code, told, _ = refused(canonical(document) + b"\n")
    assert code == "plan-unreadable" if found != "gitpromote.plan" else "plan-version"
    assert repr(found) in told or "gitpromote.plan" in told


def test_what_a_later_minor_version_added_is_digested_and_ignored(sealed):
    plan, data = sealed

    def later(document):
        document["format"] = "gitpromote.plan/1.7"
        document["plan"]["novelty"] = {"a": [1]}
        document["plan"]["environments"][0]["novelty"] = "x"
        document["plan"]["environments"][0]["writes"][0]["novelty"] = "y"
        document["plan"]["environments"][0]["change_digest"] = change_digest(
            "shop", document["plan"]["environments"][0]
        )

    text = forged(data, later)
    file = loads(text, name="p.json")
    assert (file.format, file.digest != json.loads(data)["digest"]) == ("gitpromote.plan/1.7", True)
    assert file.plan.environments[0].writes == plan.environments[0].writes
    without = forged(text, lambda document: document["plan"].pop("novelty"), redigest=False)
    assert refused(without)[0] == "plan-digest"


def test_what_must_be_known_and_is_not_is_refused(data):
    text = forged(data, lambda document: document["plan"].update(critical=["waves"]))
    assert refused(text) == (
        *("plan-critical", 'It needs "waves", which this version does not know.'),
        "Upgrade gitpromote.",
    )


def test_an_unknown_step_is_refused(data):
    def add(document):
        document["plan"]["environments"][1]["steps"].append({"id": "9", "after": [], "kind": "pray"})

    told = 'Its step "pray" for prod is none that this version knows.'
    assert refused(forged(data, add)) == ("plan-step", told, "Upgrade gitpromote.")


# -- forged with care: the digest is right, what it holds is not


def in_environment(**members):
    return lambda document: document["plan"]["environments"][0].update(members)


def blob_with_other_bytes(document):
    next(iter(document["plan"]["blobs"].values()))["text"] = "evil: true\n"


def missing_blob(document):
    document["plan"]["blobs"].popitem()


def other_artifacts(document):
    freight = next(iter(document["plan"]["freight"].values()))
    freight["artifacts"][0]["commit"] = "f" * 40


def other_definition(document):
    document["plan"]["pipeline"]["definition"]["environments"][1]["production"] = False


def other_write(document):
    document["plan"]["environments"][0]["writes"][0]["path"] = "../evil.yaml"


def no_writes(document):
    del document["plan"]["environments"][0]["writes"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (in_environment(change_digest="sha256:" + "0" * 64), "The change_digest of test is not that of its change."),
        (other_write, "The change_digest of test is not that of its change."),
        (in_environment(delivery="pull_request"), "The change_digest of test is not that of its change."),
        (no_writes, "The change_digest of test is not that of its change."),
        (blob_with_other_bytes, "The blob "),
        (missing_blob, "The blob "),
        (other_artifacts, "The Freight "),
        (other_definition, "The definition_digest is not that of the definition."),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_ids_inside_are_those_of_the_content(data, change, told):
    code, detail, _ = refused(forged(data, change))
    assert (code, detail.startswith(told)) == ("plan-digest", True), detail


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["plan"].update(environments="all"),
        lambda document: document["plan"].update(environments=[1]),
        lambda document: document["plan"]["environments"][0].update(steps="none"),
        lambda document: document["plan"]["environments"][0].update(steps=[1]),
        lambda document: document["plan"].update(as_of="now"),
        lambda document: document["plan"].update(critical="x"),
        lambda document: document.update(plan=[]),
        lambda document: document.update(observations=[]),
        lambda document: document.pop("observations"),
        lambda document: next(iter(document["plan"]["blobs"].values())).update(text=None, base64="!"),
        lambda document: next(iter(document["plan"]["blobs"].values())).update(text=None, base64=None),
        lambda document: document["plan"]["environments"].append(copy.deepcopy(document["plan"]["environments"][0])),
        lambda document: document["plan"]["environments"][0]["freight"].update(shop={"id": "0" * 64, "moving": True}),
        lambda document: document["plan"]["environments"][0].update(name="live"),
        lambda document: document["plan"].update(basis={"repositories": {}}),
    ],
)
def test_what_makes_no_sense_is_refused_and_never_a_bug_of_ours(data, change):
    def all_digests(document):
        change(document)
        plan = document["plan"]
        for environment in plan.get("environments", ()) if isinstance(plan, dict) else ():
            with contextlib.suppress(KeyError, TypeError, AttributeError):
                environment["change_digest"] = change_digest("shop", environment)

    try:
        text = forged(data, all_digests)
    except (TypeError, AttributeError):
        document = json.loads(data)
        change(document)
        text = canonical(document) + b"\n"
    assert refused(text)[0] in ("plan-unreadable", "plan-digest", "plan-step")


def test_a_change_digest_is_of_the_change_alone(small):
    """Heads, times, decisions and verdicts are not in it: approvals survive a new plan of the same change."""
    plan = small.example()
    data = plan.model_dump(mode="json", by_alias=True)["environments"][0]
    wanted = data["change_digest"]
    for name in ("reads", "decision", "reason", "outcomes", "expires_at", "opens", "production", "omitted"):
        assert change_digest("shop", {**data, name: "other"}) == wanted
    for name, value in (
        *(("name", "live"), ("delivery", "pull_request"), ("writes", []), ("changes", []), ("edits", [{"a": 1}])),
        *(("target", {}), ("freight", {}), ("sources", []), ("steps", [])),
    ):
        assert change_digest("shop", {**data, name: value}) != wanted, name
    assert change_digest("pay", data) != wanted


@pytest.mark.parametrize("member", ["promote", "waiting", "delete", "gates_failed"])
def test_a_summary_that_counts_otherwise_than_the_environments_is_refused(data, member):
    def change(document):
        document["plan"]["summary"][member] += 1

    assert refused(forged(data, change)) == (
        "plan-digest",
        "Its summary counts otherwise than its environments say.",
        AGAIN,
    )
