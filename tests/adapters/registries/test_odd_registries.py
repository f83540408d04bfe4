"""Registries that are down, slow, busy, broken or lying."""

from __future__ import annotations

import hashlib
import json
import socket
import time

import pytest
from odd_server import Said, said
from pushing import CONFIG, DOCKER_MANIFEST, INDEX, MANIFEST

from gitpromote.adapters.patience import Patience

AUTH = "Basic YWRhOnMzY3JldC1vZi1hZGE="


def digest_of(body):
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def test_a_registry_that_is_down_is_told_after_some_patience(desk, error):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    registry = desk.again()
    assert str(error(registry.tags, f"{host}/acme/shop")) == (
        "A remote cannot be reached  [remote-unreachable]\n"
        f"read the tags of {host}/acme/shop\n"
        f"  {host}: Connection refused\n"
        "Compare the address, the network and the proxy settings, and try again."
    )
    assert len(desk.clock.slept) == 3
    error(registry.tags, f"{host}/acme/other")
    assert len(desk.clock.slept) == 3  # who was not there a moment ago is asked once


def test_a_registry_that_says_nothing_is_left(desk, odd, error):
    server = odd(lambda asked: Said(body=lambda handler: time.sleep(1)))
    desk.patience = Patience(silence=0.1)
    assert str(error(desk.again().tags, f"{server.host}/acme/shop")) == (
        "A remote did not answer in time  [remote-timeout]\n"
        f"read the tags of {server.host}/acme/shop\n"
        f"  {server.host}: sent nothing for 0.1 s\n"
        "Compare the network and the proxy settings, and try again."
    )


def test_a_registry_that_asks_for_patience_gets_it(desk, odd):
    answers = iter([said({}, status=429, retry_after="7"), said({}, status=503), said({"tags": ["1"]})])
    server = odd(lambda asked: next(answers))
    assert desk.again().tags(f"{server.host}/acme/shop") == ("1",)
    assert desk.clock.slept[0] == 7
    assert 1 <= desk.clock.slept[1] <= 1.25


def test_a_registry_that_limits_requests_for_long_is_told(desk, odd, error):
    server = odd(lambda asked: said({"errors": [{"code": "TOOMANYREQUESTS"}]}, status=429, retry_after="3600"))
    assert str(error(desk.again().tags, f"{server.host}/acme/shop")) == (
        "A registry limits requests  [registry-rate-limited]\n"
        f"read the tags of {server.host}/acme/shop\n"
        f"  {server.host}: 429 Too Many Requests (TOOMANYREQUESTS)\n"
        "  it asks to wait 3600 s\n"
        "Try again later. Many registries allow more to those who are logged in:\n"
        f"  docker login {server.host}"
    )
    assert (len(server.asked), desk.clock.slept) == (1, [])


@pytest.mark.parametrize(
    ("status", "phrase", "times"), [(500, "Internal Server Error", 4), (501, "Not Implemented", 1)]
)
def test_a_registry_that_fails_is_told(desk, odd, error, status, phrase, times):
    server = odd(lambda asked: Said(status, b"<html>oops"))
    assert str(error(desk.again().tags, f"{server.host}/acme/shop")) == (
        "A registry fails  [registry-failed]\n"
        f"read the tags of {server.host}/acme/shop\n"
        f"  {server.host}: {status} {phrase}\n"
        "Try again later; if it stays so, tell who runs it."
    )
    assert len(server.asked) == times


@pytest.mark.parametrize("status", [204, 301, 304, 400, 405, 418, 451, 599 - 100])
def test_any_other_status_is_told(desk, odd, error, status):
    server = odd(lambda asked: Said(status))
    assert error(desk.again().tags, f"{server.host}/acme/shop").code == "registry-answer-invalid"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is not JSON"),
        (b"<!DOCTYPE html><title>Log in</title>", "is a web page"),
        (b"\n <HTML>", "is a web page"),
        (b'{"tags": ["1.0', "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 200_000, "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b"{}", "has no list of tags"),
        (b'{"tags": "1.0.0"}', "has no list of tags"),
        (b'{"tags": ["1.0.0", 2]}', "has no list of tags"),
    ],
)
def test_something_else_than_tags_is_told(desk, odd, error, body, why):
    server = odd(lambda asked: Said(body=body))
    assert str(error(desk.again().tags, f"{server.host}/acme/shop")) == (
        "A registry answers with something else  [registry-answer-invalid]\n"
        f"read the tags of {server.host}/acme/shop\n"
        f"  {server.host}: the answer {why}\n"
        "Compare the address; a proxy, a login page or another service may answer in its place."
    )


def test_a_repository_without_tags_has_none_and_what_no_tag_can_be_is_none(desk, odd):
    server = odd(lambda asked: said({"tags": None if "empty" in asked.path else ["ok", "", "../x", "-a", "a b", "é"]}))
    assert desk.again().tags(f"{server.host}/empty") == ()
    assert desk.again().tags(f"{server.host}/some") == ("ok",)


def pages(tags, size, link):
    def behave(asked):
        _, _, last = asked.path.partition("last=")
        start = tags.index(last) + 1 if last else 0
        page = tags[start : start + size]
        more = start + size < len(tags)
        return said({"tags": page}, **({"link": link.format(last=page[-1])} if more else {}))

    return behave


@pytest.mark.parametrize(
    "link",
    [
        '</v2/acme/shop/tags/list?n=1000&last={last}>; rel="next"',
        "<list?n=1000&last={last}>;rel=next",
        '<http://inside.cluster:8080/v2/acme/shop/tags/list?last={last}>; foo=bar; rel="next"',
    ],
)
def test_forty_thousand_tags_are_read_page_by_page(desk, odd, link):
    tags = [f"1.0.{at}" for at in range(40_000)]
    server = odd(pages(tags, 1000, link))
    began = time.monotonic()
    assert desk.again().tags(f"{server.host}/acme/shop") == tuple(tags)
    assert len(server.asked) == 40
    assert time.monotonic() - began < 5


def test_forty_thousand_tags_on_one_page_are_read_and_kept_by_their_etag(desk, odd):
    tags = [f"1.0.{at}" for at in range(40_000)]

    def behave(asked):
        same = asked.headers.get("if-none-match") == '"one"'
        return Said(304) if same else said({"tags": tags}, etag='"one"')

    server = odd(behave)
    assert desk.again().tags(f"{server.host}/a") == tuple(tags)
    assert desk.again().tags(f"{server.host}/a") == tuple(tags)
    assert [asked.headers.get("if-none-match") for asked in server.asked] == [None, '"one"']


def test_pages_that_lead_back_are_told(desk, odd, error):
    server = odd(lambda asked: said({"tags": ["1"]}, link="</v2/a/tags/list?n=1000>; rel=next"))
    found = error(desk.again().tags, f"{server.host}/a")
    assert found.detail.endswith("the answer has pages without end")


def test_an_answer_without_end_is_left(desk, odd, error):
    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            handler.wfile.write(b"x" * 1_000_000)

    server = odd(lambda asked: Said(body=endless))
    assert str(error(desk.again().image, f"{server.host}/a", "1")) == (
        "A remote answers with more than is read  [remote-answer-too-large]\n"
        f"read {server.host}/a:1\n"
        f"  {server.host} sends more than 4,194,304 bytes"
    )


CONFIG_BODY = json.dumps({"os": "linux", "architecture": "amd64", "config": {"Labels": {"a": "b"}}}).encode()
MANIFEST_BODY = json.dumps(
    {"schemaVersion": 2, "config": {"mediaType": CONFIG, "digest": digest_of(CONFIG_BODY)}, "layers": []}
).encode()


def registry_of(manifest=MANIFEST_BODY, config=CONFIG_BODY, *, told=None, content=MANIFEST):
    def behave(asked):
        if "/blobs/" in asked.path:
            return Said(404) if config is None else Said(body=config)
        headers = {"content-type": content, "docker-content-digest": told or digest_of(manifest)}
        return Said(body=manifest, headers={name: value for name, value in headers.items() if value != "-"})

    return behave


def test_a_manifest_that_has_not_the_digest_that_is_told_is_refused(desk, odd, error):
    wrong = "sha256:" + "0" * 64
    server = odd(registry_of(told=wrong))
    assert str(error(desk.again().image, f"{server.host}/a", "1")) == (
        "A registry serves bytes that do not have their digest  [registry-digest-mismatch]\n"
        f"read {server.host}/a:1\n"
        f"  {server.host}: told {wrong}\n"
        f"  got {digest_of(MANIFEST_BODY)}\n"
        "Something between here and the registry, or in it, changes what it sends. Nothing of it is used."
    )


def test_a_configuration_of_another_digest_is_refused_and_nothing_is_kept(desk, odd, error):
    server = odd(registry_of(config=CONFIG_BODY + b" "))
    assert error(desk.again().image, f"{server.host}/a", "1").code == "registry-digest-mismatch"
    server.behaviour = registry_of()
    assert desk.again().image(f"{server.host}/a", "1", fresh=False).labels == {"a": "b"}


def test_a_digest_of_another_sort_is_checked_and_the_images_own_is_given(desk, odd, error):
    server = odd(registry_of(told="sha512:" + hashlib.sha512(MANIFEST_BODY).hexdigest()))
    assert desk.again().image(f"{server.host}/a", "1").digest == digest_of(MANIFEST_BODY)
    server.behaviour = registry_of(told="sha512:" + "0" * 128)
    assert error(desk.again().image, f"{server.host}/b", "1").code == "registry-digest-mismatch"


def test_a_registry_that_tells_no_digest_is_read(desk, odd):
    server = odd(registry_of(told="-"))
    for _ in range(2):
        assert desk.again().image(f"{server.host}/a", "1").digest == digest_of(MANIFEST_BODY)


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (b"", "is not JSON"),
        (b"<html>", "is a web page"),
        (b"[]", "is not a JSON object"),
        (b'{"schemaVersion": 2}', "is neither a manifest nor an index"),
        (b'{"schemaVersion": 1}', "is a manifest of schema 1, which no longer counts: push the image again"),
        (b'{"config": 3}', "names something without a digest"),
        (b'{"config": {"digest": "sha256:../../x"}}', "names something without a digest"),
        (b'{"manifests": [{}]}', "names something without a digest"),
        (b'{"manifests": [[]]}', "names something without a digest"),
    ],
)
def test_a_manifest_that_is_none_is_told(desk, odd, error, manifest, why):
    server = odd(registry_of(manifest))
    found = error(desk.again().image, f"{server.host}/a", "1")
    assert found.code == "registry-answer-invalid"
    assert found.detail == f"read {server.host}/a:1\n  {server.host}: the answer {why}"


@pytest.mark.parametrize(
    ("config", "why"),
    [(None, "names {digest}, which is not there"), (b"nothing", "is not JSON"), (b"[]", "is not a JSON object")],
)
def test_a_configuration_that_is_none_is_told(desk, odd, error, config, why):
    digest = digest_of(config or CONFIG_BODY)
    manifest = json.dumps({"config": {"mediaType": CONFIG, "digest": digest}}).encode()
    server = odd(registry_of(manifest, config))
    found = error(desk.again().image, f"{server.host}/a", "1")
    assert found.detail.endswith(f"the answer {why.format(digest=digest)}")


@pytest.mark.parametrize(
    "config",
    [
        b"{}",
        b'{"config": null, "os": 7, "created": 5}',
        b'{"config": {"Labels": [1]}}',
        b'{"config": {"Labels": {"a": 1}}}',
    ],
)
def test_a_configuration_that_says_nothing_is_nothing(desk, odd, config):
    manifest = json.dumps({"config": {"mediaType": CONFIG, "digest": digest_of(config)}}).encode()
    server = odd(registry_of(manifest, config))
    facts = desk.again().image(f"{server.host}/a", "1", platform="linux/amd64")
    assert (facts.created, facts.labels, facts.platforms) == (None, {}, ())


def test_an_index_of_indexes_ends(desk, odd):
    body = b'{"manifests": []}'

    def behave(asked):
        nonlocal body
        wanted = asked.path.rpartition("/")[2]
        if wanted == "1":
            return Said(body=levels[0])
        return Said(body=next(level for level in levels if digest_of(level) == wanted))

    levels = [b'{"manifests": []}']
    for _ in range(6):
        inner = {
            "mediaType": INDEX,
            "digest": digest_of(levels[0]),
            "platform": {"os": "linux", "architecture": "amd64"},
        }
        levels.insert(0, json.dumps({"manifests": [inner]}).encode())
    server = odd(behave)
    assert desk.again().image(f"{server.host}/a", "1").platforms == ("linux/amd64",)
    assert len(server.asked) == 4


def test_all_four_sorts_of_manifests_are_asked_for(desk, odd):
    server = odd(registry_of())
    desk.again().image(f"{server.host}/a", "1")
    accepted = server.asked[0].headers["accept"].split(", ")
    assert (len(accepted), {INDEX, MANIFEST, DOCKER_MANIFEST} <= set(accepted)) == (4, True)


def test_a_login_does_not_follow_to_another_host(desk, odd):
    """Registries keep blobs elsewhere, and a login is nobody else's business."""
    storage = odd(lambda asked: Said(body=CONFIG_BODY))
    inside = registry_of()

    def behave(asked):
        if "authorization" not in asked.headers:
            return Said(401, b"", {"www-authenticate": 'Basic realm="x"'})
        if "/blobs/" in asked.path:
            return Said(307, b"x" * 100, {"location": f"{storage.url}/bucket/1?signature=abc"})
        return inside(asked)

    server = odd(behave)
    desk.log_in(server.host, AUTH)
    assert desk.again().image(f"{server.host}/a", "1").labels == {"a": "b"}
    assert storage.lines == ["GET /bucket/1?signature=abc"]
    assert "authorization" not in storage.asked[0].headers
    assert server.asked[-1].headers["authorization"] == AUTH


def test_where_a_login_was_kept_back_it_is_not_told_to_be_wrong(desk, odd, error):
    other = odd(lambda asked: Said(401))

    def behave(asked):
        if "authorization" not in asked.headers:
            return Said(401, b"", {"www-authenticate": 'Basic realm="x"'})
        return Said(307, b"", {"location": f"{other.url}{asked.path}"})

    server = odd(behave)
    desk.log_in(server.host, AUTH)
    assert str(error(desk.again().tags, f"{server.host}/a")) == (
        "A registry denies access  [registry-access-denied]\n"
        f"read the tags of {server.host}/a\n"
        f"  {other.host}: 401 Unauthorized\n"
        f"{server.host} redirected to {other.host}, and a login does not follow to another host. "
        f"Where {other.host} is the registry, name it in the pipeline."
    )
    assert ["authorization" in asked.headers for asked in other.asked] == [False]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("no \x1b[31mway\r\n::error::x", "\n  it says: no [31mway ::error::x"),
        ("w" * 300, f"\n  it says: {'w' * 199}…"),
        ("", ""),
        (7, ""),
    ],
)
def test_what_a_registry_says_of_a_403_is_quoted_on_one_line(desk, odd, error, message, told):
    server = odd(lambda asked: said({"errors": [{"code": "DENIED", "message": message}]}, status=403))
    found = error(desk.again().tags, f"{server.host}/a")
    assert found.detail == f"read the tags of {server.host}/a\n  {server.host}: 403 Forbidden (DENIED){told}"


@pytest.mark.parametrize(
    "repository", ["https://ghcr.io/a", "ghcr.io/", "ghcr.io/A/b", "a:70000/b", "[::1/b", "x y/z", "ghcr.io/a/../b", ""]
)
def test_what_is_no_repository_is_told_before_anything_is_asked(registry, error, repository):
    found = error(registry.tags, repository)
    assert (found.code, found.exit_code) == ("registry-address-invalid", 11)


def test_a_login_in_an_address_is_refused_and_not_shown(registry, error):
    for found in (
        error(registry.tags, "ada:s3cret@ghcr.io/acme/shop"),
        error(registry.charts, "https://ada:s3cret@charts.acme.example", name="shop"),
    ):
        assert found.code == "registry-address-invalid"
        assert "s3cret" not in str(found)
    assert str(error(registry.tags, "ada:s3cret@ghcr.io/acme/shop")) == (
        "This is not the address of a registry  [registry-address-invalid]\n"
        "'ghcr.io/acme/shop' has a user, a password or a digest in it\n"
        "Log in once, and Docker's configuration file has it:\n  docker login <registry>"
    )
