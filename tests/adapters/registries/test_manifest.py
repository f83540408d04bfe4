"""Platforms, times and digests of manifests."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.adapters.registries.address import index_address, repository_address
from gitpromote.adapters.registries.manifest import Descriptor, Index, Malformed, epoch, fits, pick, read_manifest


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("nginx", ("docker.io", "https://registry-1.docker.io", "library/nginx")),
        ("acme/shop", ("docker.io", "https://registry-1.docker.io", "acme/shop")),
        ("docker.io/nginx", ("docker.io", "https://registry-1.docker.io", "library/nginx")),
        ("index.docker.io/acme/shop", ("docker.io", "https://registry-1.docker.io", "acme/shop")),
        ("ghcr.io/acme/shop", ("ghcr.io", "https://ghcr.io", "acme/shop")),
        ("GHCR.io/acme/shop", ("ghcr.io", "https://ghcr.io", "acme/shop")),
        ("oci://ghcr.io/acme/charts/shop/", ("ghcr.io", "https://ghcr.io", "acme/charts/shop")),
        (
            "registry.acme.example:8443/shop",
            ("registry.acme.example:8443", "https://registry.acme.example:8443", "shop"),
        ),
        ("localhost/shop", ("localhost", "http://localhost", "shop")),
        ("localhost:5000/shop", ("localhost:5000", "http://localhost:5000", "shop")),
        ("127.0.0.1:5000/shop", ("127.0.0.1:5000", "http://127.0.0.1:5000", "shop")),
        ("127.8.8.8/shop", ("127.8.8.8", "http://127.8.8.8", "shop")),
        ("oci://[::1]:5000/shop", ("[::1]:5000", "http://[::1]:5000", "shop")),
        ("localhost.acme.example/shop", ("localhost.acme.example", "https://localhost.acme.example", "shop")),
        ("10.0.0.1:5000/shop", ("10.0.0.1:5000", "https://10.0.0.1:5000", "shop")),
    ],
)
def test_a_repository_is_found_by_its_name_and_only_this_machine_without_tls(name, address):
    assert repository_address(name) == address


@pytest.mark.parametrize(
    ("repository", "url"),
    [
        ("https://charts.acme.example", "https://charts.acme.example/index.yaml"),
        ("https://charts.acme.example/stable//", "https://charts.acme.example/stable/index.yaml"),
        ("https://charts.acme.example/x?key=1#y", "https://charts.acme.example/x/index.yaml?key=1"),
        ("http://localhost:8080", "http://localhost:8080/index.yaml"),
    ],
)
def test_an_index_is_beside_its_charts(repository, url):
    assert index_address(repository) == url


@pytest.mark.parametrize(
    ("have", "wanted", "does"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64", "linux/arm64", False),
        ("windows/amd64", "linux/amd64", False),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/v9", "linux/arm64", False),
        ("linux/arm/v7", "linux/arm", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/arm", "linux/arm/v7", False),
    ],
)
def test_a_platform_fits(have, wanted, does):
    assert fits(have, wanted) is does


def index(*platforms):
    return Index(tuple(Descriptor("", f"sha256:{at:064}", platform) for at, platform in enumerate(platforms)), {})


@pytest.mark.parametrize(
    ("platforms", "wanted", "at"),
    [
        (["unknown/unknown", "linux/amd64", "linux/arm64"], None, 1),
        (["linux/amd64", "linux/arm64"], "linux/arm64", 1),
        (["linux/arm/v6", "linux/arm/v7"], "linux/arm", 1),
        (["linux/arm/v7", "linux/arm"], "linux/arm", 1),
        (["unknown/unknown"], None, None),
        (["", ""], None, 0),
        ([""], "linux/amd64", None),
        ([], None, None),
    ],
)
def test_the_entry_of_a_platform_is_picked(platforms, wanted, at):
    found = pick(index(*platforms), wanted)
    assert (int(found.digest[-9:]) if found else None) == at


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-02T03:04:05Z", 1767323045),
        ("2026-01-02T03:04:05.123456789Z", 1767323045),
        ("2026-01-02T05:04:05+02:00", 1767323045),
        ("2026-01-02t03:04:05z", 1767323045),
        ("2026-01-02T03:04:05", 1767323045),
        ("1970-01-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", 253402351199),
        ("2026-13-01T00:00:00Z", None),
        ("2026-01-02", None),
        ("1767323045", None),
        ("", None),
        (None, None),
        (1767323045, None),
    ],
)
def test_a_time_is_read_in_seconds(text, seconds):
    assert epoch(text) == seconds


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\d[Tt ]\S{0,20}", fullmatch=True))
def test_any_text_is_a_time_or_none(text):
    found = epoch(text)
    assert found is None or found >= 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["config", "manifests", "digest", "platform", "os", "annotations"]), inner, max_size=4
        )
    ),
    max_leaves=9,
)


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_any_json_is_a_manifest_or_malformed(value):
    with contextlib.suppress(Malformed):
        read_manifest(json.dumps(value).encode())
