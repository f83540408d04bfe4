"""A memo proves that nothing has changed, and says so only where nothing has."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.errors import GitpromoteError
from gitpromote.model.render import Closure, HelmSpec, KustomizeSpec, PlainSpec, RenderSpec
from gitpromote.model.tree import FILE, Entry, blob_id
from gitpromote.render.closure import resolve_closures
from gitpromote.render.listing import Listing
from gitpromote.render.memo import Memo, MemoEntry, spec_text

FILES = {
    "over/prod/kustomization.yaml": "resources: [../../base]\npatches: [{path: p.yaml}]\n",
    "over/prod/p.yaml": "a",
    "base/kustomization.yaml": "resources: [b.yaml]\n",
    "base/b.yaml": "b",
    "charts/shop/Chart.yaml": "name: shop\n",
    "charts/shop/values.yaml": "a: 1\n",
    "plain/a.yaml": "a",
    "README.md": "words",
}
SPECS: dict[str, RenderSpec] = {
    "prod/over": KustomizeSpec(path="over/prod"),
    "prod/chart": HelmSpec(chart="charts/shop", release="shop"),
    "prod/plain": PlainSpec(path="plain"),
}


def listing(files: Mapping[str, str]) -> Listing:
    return Listing.of({path: Entry(FILE, blob_id(text.encode())) for path, text in files.items()})


def closures(files: Mapping[str, str]) -> dict[str, Closure | None]:
    blobs = {blob_id(text.encode()): text.encode() for text in files.values()}
    tree = listing(files)
    found = resolve_closures([(spec, tree) for spec in SPECS.values()], lambda oids: {oid: blobs[oid] for oid in oids})
    return {
        name: None if isinstance(closure, GitpromoteError) else closure
        for name, closure in zip(SPECS, found, strict=True)
    }


def memo(files: Mapping[str, str] = FILES) -> Memo:
    entries = {
        name: MemoEntry(spec_text(SPECS[name]), closure, {"tree": "1234"})
        for name, closure in closures(files).items()
        if closure is not None
    }
    return Memo.loads(Memo().updated(entries).dumps())


def known(saved: Memo, files: Mapping[str, str]) -> dict[str, MemoEntry]:
    view = saved.against(listing(files))
    found = {name: view.get(name, spec_text(spec)) for name, spec in SPECS.items()}
    return {name: entry for name, entry in found.items() if entry is not None}


def test_an_unchanged_tree_gives_back_the_closures_and_results() -> None:
    found = known(memo(), FILES)
    assert {name: entry.closure for name, entry in found.items()} == closures(FILES)
    assert all(entry.result == {"tree": "1234"} for entry in found.values())


def test_a_change_elsewhere_changes_nothing() -> None:
    assert set(known(memo(), FILES | {"README.md": "other words", "new/file": "x"})) == set(SPECS)


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"base/b.yaml": "changed"}, "prod/over"),
        ({"base/kustomization.yml": "appeared"}, "prod/over"),
        ({"over/prod/Kustomization": "appeared"}, "prod/over"),
        ({"charts/shop/templates/new.yaml": "appeared"}, "prod/chart"),
        ({"plain/sub/new.yaml": "appeared"}, "prod/plain"),
        ({"plain/a.yaml": None}, "prod/plain"),
    ],
)
def test_a_change_in_what_one_render_reads_or_looked_for_is_seen_there_alone(
    change: dict[str, str | None], lost: str
) -> None:
    files = {path: text for path, text in (FILES | change).items() if text is not None}
    assert set(SPECS) - set(known(memo(), files)) == {lost}


def test_another_mode_is_another_file() -> None:
    tree = dict(listing(FILES))
    tree["over/prod/p.yaml"] = Entry("100755", tree["over/prod/p.yaml"].oid)
    assert memo().against(Listing(tree)).get("prod/over", spec_text(SPECS["prod/over"])) is None


def test_another_spec_is_another_render() -> None:
    view = memo().against(listing(FILES))
    assert view.get("prod/chart", spec_text(HelmSpec(chart="charts/shop", release="other"))) is None
    assert view.get("prod/unknown", spec_text(SPECS["prod/over"])) is None


def test_entries_are_replaced_kept_and_dropped() -> None:
    saved = memo()
    other = MemoEntry("other", Closure((("x", FILE, "1" * 40),), ("gone",)), {})
    updated = Memo.loads(saved.updated({"prod/over": other}, without=["prod/plain"]).dumps())
    assert len(updated) == 2
    view = updated.against(Listing({"x": Entry(FILE, "1" * 40)}))
    assert view.get("prod/over", "other") == other
    assert set(known(updated, FILES)) == {"prod/chart"}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "5", '{"format": "gitpromote.render-memo/1"}', "\udcff".encode("utf-8", "surrogatepass")],
)
def test_a_damaged_memo_is_as_good_as_none(text: str | bytes) -> None:
    assert len(Memo.loads(text)) == 0


def test_a_memo_cut_short_or_of_another_version_is_as_good_as_none() -> None:
    text = memo().dumps()
    assert all(len(Memo.loads(text[:end])) == 0 for end in range(0, len(text), 7))
    assert len(Memo.loads(text.replace("render-memo/2", "render-memo/1"))) == 0
    data = json.loads(text)
    data["paths"].pop()
    assert len(Memo.loads(json.dumps(data))) == 0


EDITS = st.dictionaries(
    st.sampled_from(
        [*FILES, "over/prod/kustomization.yml", "base/Kustomization", "plain/x.yaml", "charts/shop/x", "new"]
    ),
    st.sampled_from(["changed", "a", "resources: [b.yaml]\n", None]),
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(EDITS)
def test_what_the_memo_knows_is_what_the_closure_is(edits: dict[str, str | None]) -> None:
    files = {path: text for path, text in (FILES | edits).items() if text is not None}
    fresh = closures(files)
    for name, entry in known(memo(), files).items():
        assert entry.closure == fresh[name]


def test_a_thousand_environments_that_share_a_base_are_proven_unchanged_from_one_small_file() -> None:
    shared = [(f"base/f{number}.yaml", FILE, f"{number:040}") for number in range(7)]
    tree = {path: Entry(mode, oid) for path, mode, oid in shared}
    entries = {}
    for number in range(1000):
        own = [(f"over/{number}/{name}", FILE, f"{number:040}") for name in ("k", "l", "m")]
        tree |= {path: Entry(mode, oid) for path, mode, oid in own}
        entries[f"{number}"] = MemoEntry("spec", Closure(tuple(sorted(shared + own)), (f"over/{number}/none",)), {})
    text = Memo().updated(entries).dumps()
    at = Listing(tree)
    view = Memo.loads(text).against(at)
    assert all(view.get(f"{number}", "spec") is not None for number in range(1000))
    assert len(text) < 400_000
