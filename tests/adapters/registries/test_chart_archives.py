"""Archives of charts: fetched once, proven by their digests, looked into, and kept whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import time

import pytest
from charts import indexed, packed, pushed, static_files
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_server import Said

from gitpromote.adapters.registries.archives import Archives
from gitpromote.adapters.registries.chart_archive import check_archive
from gitpromote.errors import GitpromoteError, SourceInvalid
from gitpromote.ports import Registry

ABOUT = b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"


def tar(*members):
    """A tar of (name, bytes), or of a member that is neither file nor folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
            else:
                entry.type, entry.linkname = content
                archive.addfile(entry)
    return stream.getvalue()


def chart(*members, about=ABOUT):
    return gzip.compress(tar(("shop/Chart.yaml", about), *members), mtime=0)


def refused(data, *, name="shop", version="1.0.0"):
    with pytest.raises(SourceInvalid) as caught:
        check_archive(data, name=name, version=version, told="oci://x/shop:1.0.0")
    return f"{caught.value.code}: {caught.value.detail.removeprefix('oci://x/shop:1.0.0 ')}"


def digest_of(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


# -- looked into


@pytest.mark.parametrize(
    "data",
    [
        chart(),
        chart(about=ABOUT.replace(b"1.0.0", b"v1.0.0")),
        chart(("shop/templates/a.yaml", b"{{"), ("shop/charts", (tarfile.DIRTYPE, ""))),
        chart(("shop/charts/common-1.0.0.tgz", chart())),
        chart(("shop/files/charts/data.tgz", b"of its own"), ("shop/charts/_x.tgz", b"passed over")),
        gzip.compress(tar(("./shop/Chart.yaml", ABOUT))),
        gzip.compress(tar(("shop/Chart.yaml", ABOUT))[:512]) + gzip.compress(tar(("shop/Chart.yaml", ABOUT))[512:]),
    ],
    ids=lambda _: "",
)
def test_a_sound_archive_is_taken(data):
    check_archive(data, name="shop", version="1.0.0", told="it")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "invalid: is no tar archive"),
        (b"<html>", "invalid: is not packed with gzip"),
        (chart()[:-9], "invalid: is cut off"),
        (chart() + b"rest", "invalid: is not packed with gzip"),
        (gzip.compress(b"x" * 2000), "invalid: is no tar archive"),
        (gzip.compress(tar(("Chart.yaml", ABOUT))), "invalid: has no Chart.yaml that says its name and version"),
        (chart(about=b"name: shop\n"), "invalid: has no Chart.yaml that says its name and version"),
        (chart(about=b"a: ["), "invalid: has no Chart.yaml that says its name and version"),
        (chart(about=ABOUT.replace(b"shop", b"cart")), "invalid: holds the chart 'cart' of version '1.0.0'"),
        (chart(about=ABOUT.replace(b"1.0.0", b"1.0.1")), "invalid: holds the chart 'shop' of version '1.0.1'"),
        (chart(("../../etc/cron", b"x")), "invalid: holds a path that leads out of it: '../../etc/cron'"),
        (chart(("/etc/cron", b"x")), "invalid: holds a path that leads out of it: '/etc/cron'"),
        (chart(("shop\\..\\..\\x", b"x")), "invalid: holds a path that leads out of it: 'shop\\\\..\\\\..\\\\x'"),
        (
            chart(("shop/a", (tarfile.SYMTYPE, "/etc/passwd"))),
            "invalid: holds something that is neither file nor folder: 'shop/a'",
        ),
        (
            chart(("shop/charts/a.tgz", (tarfile.GNUTYPE_SPARSE, ""))),  # its size is what it says it is
            "invalid: holds something that is neither file nor folder: 'shop/charts/a.tgz'",
        ),
        (
            chart(("shop/a", (tarfile.LNKTYPE, "shop/b"))),
            "invalid: holds something that is neither file nor folder: 'shop/a'",
        ),
        (
            chart(("shop/a", (tarfile.CHRTYPE, ""))),
            "invalid: holds something that is neither file nor folder: 'shop/a'",
        ),
        (
            chart(("shop/charts/x.tgz", b"x")),
            "invalid: holds 'shop/charts/x.tgz', which is cut off",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # gzip writes the time: no name for a test
)
def test_an_archive_that_is_no_chart_or_leads_elsewhere_is_told(data, told):
    assert refused(data) == f"chart-archive-{told}"


def nested(depth):
    data = chart()
    for _ in range(depth):
        data = chart(("shop/charts/shop-1.0.0.tgz", data))
    return data


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (lambda: chart(("shop/a", b"\0" * (101 << 20))), "unpacks to more than 104,857,600 bytes"),
        (lambda: chart(*((f"shop/{at}", b"") for at in range(10_000))), "holds more than 10,000 files"),
        (lambda: chart(about=b"#" * (2 << 20)), "has a Chart.yaml of more than 1,048,576 bytes"),
        (
            lambda: chart(("shop/charts/a.tgz", gzip.compress(b"\0" * (101 << 20)))),
            "holds 'shop/charts/a.tgz', which unpacks to more than 104,",
        ),
        (lambda: nested(6), "holds 'shop/charts/shop-1.0.0.tgz', which " * 5 + "holds charts in charts, more than 5"),
    ],
)
def test_a_bomb_is_told_before_helm_sees_it(data, told):
    began = time.monotonic()
    assert refused(data()).startswith(f"chart-archive-too-large: {told}")
    assert time.monotonic() - began < 10


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 400), byte=st.integers(0, 255))
def test_whatever_is_wrong_with_an_archive_is_an_error_of_ours(at, byte):
    data = bytearray(tar(("shop/Chart.yaml", ABOUT)))
    data[at] = byte
    try:
        check_archive(gzip.compress(bytes(data)), name="shop", version="1.0.0", told="it")
    except GitpromoteError as error:
        assert error.code == "chart-archive-invalid"


# -- kept


def test_what_is_kept_is_there_whole_or_not_at_all(tmp_path):
    archives = Archives(tmp_path / "charts")
    assert archives.get("sha256:a") is None
    archives.put("sha256:a", b"one")
    assert Archives(tmp_path / "charts").get("sha256:a") == b"one"
    [file] = (tmp_path / "charts").glob("*.tgz")
    assert (file.stat().st_mode & 0o777, (tmp_path / "charts").stat().st_mode & 0o777) == (0o600, 0o700)
    file.write_bytes(file.read_bytes()[:-1])
    assert archives.get("sha256:a") is None


def test_what_nobody_asks_for_goes_after_a_month_and_what_is_asked_for_stays(tmp_path):
    archives = Archives(tmp_path / "charts")
    for name in ("old", "used"):
        archives.put(name, name.encode())
    (tmp_path / "charts/broken.tmp").write_bytes(b"")
    now = time.time()
    for file in (tmp_path / "charts").iterdir():
        os.utime(file, (now - 31 * 86400,) * 2)
    assert archives.get("used") == b"used"
    assert archives.prune(now=now) == 2
    assert (archives.get("used"), archives.get("old")) == (b"used", None)


# -- fetched


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """shop 1.0.0, packed and indexed by helm."""
    folder = tmp_path_factory.mktemp("archives")
    packed(folder, "shop", "1.0.0")
    indexed(folder)
    return folder


def test_an_archive_of_a_registry_is_fetched_by_its_manifest_and_kept(desk, real, folder):
    archive = folder / "archives/shop-1.0.0.tgz"
    digest = pushed(archive, real.host, "archived", home=folder)
    address = f"oci://{real.host}/archived/shop"
    assert desk.again().archive(address, "1.0.0", digest=None) == archive.read_bytes()
    before = len(real.asked())
    again: Registry = desk.again()
    assert again.archive(address, "1.0.0", digest=digest) == archive.read_bytes()
    assert again.archive(address, "1.0.0", digest=None) == archive.read_bytes()
    assert len(real.asked()) == before


def test_an_archive_that_is_kept_is_no_other_version(desk, real, folder, error):
    archive = folder / "archives/shop-1.0.0.tgz"
    digest = pushed(archive, real.host, "versions", home=folder)
    address = f"oci://{real.host}/versions/shop"
    assert desk.again().archive(address, "1.0.0", digest=digest) == archive.read_bytes()
    for version in ("1.1.0", "1.1.0"):
        found = error(desk.again().archive, address, version, digest=digest)
        assert found.code == "chart-archive-invalid"
        assert "holds the chart 'shop' of version '1.0.0'" in found.detail
    missing = error(desk.again().archive, address, "1.1.0", digest=None)
    assert missing.code == "registry-chart-version-not-found"  # nothing was noted of it


def test_an_archive_of_a_repository_is_where_its_index_says(desk, folder):
    archive = (folder / "archives/shop-1.0.0.tgz").read_bytes()
    with static_files(folder / "archives") as (url, asked):
        for digest in (None, digest_of(archive)):
            assert desk.again().archive(f"{url}/shop", "1.0.0", digest=digest) == archive
        assert asked == [("/index.yaml", 200), ("/shop-1.0.0.tgz", 200)]


def index(entry):
    return f"entries: {{shop: [{{version: 1.0.0, {entry}}}]}}".encode()


def served(index_body, archive=b""):
    def behave(asked):
        if asked.path.startswith("/index.yaml"):
            return Said(body=index_body)
        return Said(body=archive) if asked.path.partition("?")[0] == "/shop.tgz" else Said(404)

    return behave


def told(error, registry, url, version="1.0.0", digest=None):
    found = error(registry.archive, f"{url}/shop", version, digest=digest)
    return f"{found.exit_code} {found}".replace(url.partition("://")[2], "HOST")


def test_an_index_without_digests_is_taken_by_what_came_first(desk, odd):
    server = odd(served(index("urls: [shop.tgz]"), chart()))
    address = f"{server.url}/shop"
    assert desk.again().archive(address, "1.0.0", digest=None) == chart()
    server.behaviour = served(index("urls: [shop.tgz]"), chart(("shop/new", b"x")))
    assert desk.again().archive(address, "1.0.0", digest=None) == chart()
    assert len(server.asked) == 2


def test_a_version_that_was_published_again_is_told(desk, odd, error):
    first, second = chart(), chart(("shop/new", b"x"))
    server = odd(served(index(f"urls: [shop.tgz], digest: {digest_of(first)}"), first))
    address = f"{server.url}/shop"
    desk.again().archive(address, "1.0.0", digest=None)
    for file in (desk.cache / "charts").glob("*.tgz"):
        file.unlink()  # pruned: what the version was is still known
    expected = (
        "1 A version of a chart is another one than it was  [registry-chart-changed]\n"
        "http://HOST/shop:1.0.0\n"
        f"  known as {digest_of(first)}\n"
        f"  now      {digest_of(second)}\n"
        "Somebody published it again. Publish what it is now as a new version, and promote that."
    )
    server.behaviour = served(index(f"urls: [shop.tgz], digest: {digest_of(second)}"), second)
    assert told(error, desk.again(), server.url) == expected
    server.behaviour = served(index("urls: [shop.tgz]"), second)
    assert told(error, desk.again(), server.url) == expected
    assert told(error, desk.again(), server.url, digest=digest_of(first)) == expected


def test_bytes_that_are_not_those_of_the_index_are_told(desk, odd, error):
    server = odd(served(index(f"urls: [shop.tgz], digest: {'a' * 64}"), chart()))
    assert told(error, desk.again(), server.url) == (
        "1 A registry serves bytes that do not have their digest  [registry-digest-mismatch]\n"
        "fetch http://HOST/shop:1.0.0\n"
        f"  HOST: told sha256:{'a' * 64}\n"
        f"  got {digest_of(chart())}\n"
        "Something between here and the registry, or in it, changes what it sends. Nothing of it is used."
    )
    assert not list((desk.cache / "charts").glob("*")) if (desk.cache / "charts").exists() else True


@pytest.mark.parametrize(
    ("entry", "version", "why", "hint"),
    [
        ("urls: [shop.tgz]", "1.0.1", "http://HOST/index.yaml does not list it", "Did you mean 1.0.0?"),
        ("urls: []", "1.0.0", "http://HOST/index.yaml does not say where its archive is", ""),
        ("urls: [gone.tgz]", "1.0.0", "http://HOST/gone.tgz is not there: 404", ""),
    ],
)
def test_a_version_that_is_not_there_is_told(desk, odd, error, entry, version, why, hint):
    server = odd(served(index(entry)))
    assert told(error, desk.again(), server.url, version) == (
        "1 A version of a chart is not there  [registry-chart-version-not-found]\n"
        f"http://HOST/shop:{version}\n"
        f"  {why}\n"
        f"{hint or 'It may not have been pushed yet, or was removed.'}"
    )


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("http://charts.acme.example/shop.tgz", "charts.acme.example"),
        ("https://ada:secret@charts.acme.example/shop.tgz", "charts.acme.example"),
        ("ftp://charts.acme.example/shop.tgz", "charts.acme.example"),
        ("file:///etc/passwd", "nowhere"),
        ("https://[::", "[::"),
    ],
)
def test_an_archive_is_not_fetched_from_where_others_listen_in(desk, odd, error, url, server):
    asked = odd(served(index(f"urls: ['{url}']")))
    assert told(error, desk.again(), asked.url) == (
        "1 A chart repository names an archive that is not fetched  [registry-archive-unsafe]\n"
        "fetch http://HOST/shop:1.0.0\n"
        f"  it is said to be at {server}: without TLS, or by an address with a login in it\n"
        "Tell who runs it: helm repo index --url must be given an address with https://"
    )


def test_what_lies_beside_an_index_is_asked_for_with_its_query(desk, odd):
    server = odd(served(index("urls: [shop.tgz]"), chart()))
    # The address has the chart's name at its end: a query belongs to the repository before it.
    assert desk.again().archive(f"{server.url}?key=1/shop", "1.0.0", digest=None) == chart()
    assert [one.path for one in server.asked] == ["/index.yaml?key=1", "/shop.tgz?key=1"]


def test_an_index_may_lead_to_a_registry(desk, odd, real, folder):
    archive = folder / "archives/shop-1.0.0.tgz"
    pushed(archive, real.host, "led", home=folder)
    server = odd(
        served(index(f"urls: ['oci://{real.host}/led/shop:1.0.0'], digest: {digest_of(archive.read_bytes())}"))
    )
    assert desk.again().archive(f"{server.url}/shop", "1.0.0", digest=None) == archive.read_bytes()


def test_a_failure_stands_for_a_moment_and_no_longer(desk, odd, error):
    server = odd(lambda asked: Said(404))
    registry = desk.again()
    for _ in range(3):
        assert error(registry.archive, f"{server.url}/shop", "1.0.0").code == "registry-index-not-found"
    assert len(server.asked) == 1
    desk.clock.time += 31
    server.behaviour = served(index("urls: [shop.tgz]"), chart())
    assert registry.archive(f"{server.url}/shop", "1.0.0") == chart()


def test_an_archive_of_any_size_is_not_read(desk, odd, error):
    server = odd(served(index("urls: [shop.tgz]"), b"x" * ((32 << 20) + 1)))
    assert error(desk.again().archive, f"{server.url}/shop", "1.0.0").code == "remote-answer-too-large"
