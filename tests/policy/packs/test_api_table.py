"""The table of removed APIs, against the APIs that Kubernetes itself published release by release."""

from __future__ import annotations

import json
from importlib import resources
from itertools import product

import pytest

from gitpromote.policy.packs.api_served import KNOWN, served_in
from gitpromote.policy.packs.api_table import APIS, INTRODUCED, Key

RELEASES = range(25, 35)


def _has(minor: int, key: Key) -> bool:
    group, version, kind = key
    api = f"{group.split('.')[0]}-{version}" if group else version
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v1.{minor}.0-local"
    return (folder / f"{kind.lower()}-{api}.json").is_file()


@pytest.mark.parametrize("minor", RELEASES)
def test_the_table_agrees_with_what_each_release_has(minor: int) -> None:
    pytest.importorskip("kubernetes_validate")
    for key, api in APIS.items():
        if api.removed is not None and api.removed <= minor:
            assert not _has(minor, key), key
        elif api.deprecated <= minor:
            assert _has(minor, key), key
    for key, since in INTRODUCED.items():
        assert _has(minor, key) == (since <= minor), key


def test_what_takes_the_place_of_an_api_is_not_gone_itself() -> None:
    for key, since in INTRODUCED.items():
        gone = APIS[key].removed if key in APIS else None
        assert gone is None or since < gone


def test_nothing_is_gone_before_it_is_deprecated() -> None:
    for api, _ in product(APIS.values(), (1,)):
        assert api.removed is None or api.deprecated <= api.removed
        assert bool(api.instead) != bool(api.advice)


@pytest.mark.parametrize("minor", KNOWN)
def test_what_is_served_is_what_each_release_publishes(minor: int) -> None:
    pytest.importorskip("kubernetes_validate")
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v1.{minor}.0-local"
    definitions = json.loads((folder / "_definitions.json").read_text("utf-8"))["$defs"].values()
    named = [api for each in definitions for api in each.get("x-kubernetes-group-version-kind", ())]
    keys = {(api["group"], api["version"], api["kind"]) for api in named}
    served = served_in(minor)
    assert served is not None
    assert {key for key in keys if not key[2].endswith("List")} - served.keys <= _of_no_objects(keys)
    assert served.keys <= keys


def _of_no_objects(keys: set[Key]) -> set[Key]:
    words = {"APIGroup", "APIVersions", "DeleteOptions", "Status", "WatchEvent"}
    return {key for key in keys if key[2] in words}


def test_of_releases_that_the_table_is_not_about_nothing_is_said() -> None:
    assert (served_in(KNOWN[0] - 1), served_in(KNOWN[-1] + 1)) == (None, None)
