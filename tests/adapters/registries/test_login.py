"""Logging in: passwords, tokens, helpers; who is refused is told what to do, and no secret is in what they read."""

from __future__ import annotations

import base64
import json

import pytest
from odd_server import Said, said
from real_registry import BASIC, PASSWORD, USER

IDENTITY = "identity-of-ada"


def test_a_registry_with_passwords_is_read_with_dockers_login(desk, closed):
    desk.log_in(closed.host)
    registry = desk.again()
    assert registry.tags(f"{closed.host}/acme/shop") == ("1.0.0",)
    assert registry.image(f"{closed.host}/acme/shop", "1.0.0").platforms == ("linux/amd64",)


def test_after_the_first_refusal_the_login_is_sent_at_once(desk, closed):
    desk.log_in(closed.host)
    registry = desk.again()
    registry.tags(f"{closed.host}/acme/shop")
    before = len(closed.asked())
    registry.tags(f"{closed.host}/acme/shop")
    assert len(closed.asked()) == before + 1


def test_the_next_run_sends_the_login_at_once_and_to_this_server_alone(desk, closed, odd):
    """A second discovery costs one request per repository, with a login too."""
    desk.log_in(closed.host)
    desk.again().tags(f"{closed.host}/acme/shop")
    before = len(closed.asked())
    desk.again().tags(f"{closed.host}/acme/shop")
    assert len(closed.asked()) == before + 1
    other = odd(lambda asked: said({"tags": ["1"]}))
    desk.docker_config({"auths": {host: {"auth": BASIC.removeprefix("Basic ")} for host in (closed.host, other.host)}})
    assert desk.again().tags(f"{other.host}/acme/shop") == ("1",)
    assert ["authorization" in asked.headers for asked in other.asked] == [False]


def test_the_next_run_fetches_its_token_before_it_asks(desk, tokens):
    real, source = tokens
    desk.log_in(real.host)
    desk.again().tags(f"{real.host}/acme/shop")
    before, fetched = len(real.asked()), len(source.server.asked)
    registry = desk.again()
    for _ in range(2):
        registry.tags(f"{real.host}/acme/shop")
    assert (len(real.asked()) - before, len(source.server.asked) - fetched) == (2, 1)


def test_a_way_that_is_gone_is_forgotten(desk, odd, error):
    """The registry asked for tokens once, and takes everybody, or passwords, now; its token server is gone."""

    def with_tokens(asked):
        if asked.path.startswith("/token"):
            return said({"token": "good"})
        if asked.headers.get("authorization") == "Bearer good":
            return said({"tags": ["1"]})
        return Said(401, b"", {"www-authenticate": f'Bearer realm="{server.url}/token",service="x"'})

    def open_to_all(asked):
        return Said(404) if asked.path.startswith("/token") else said({"tags": ["2"]})

    def with_passwords(asked):
        if asked.path.startswith("/token"):
            return Said(500)
        if asked.headers.get("authorization") == BASIC:
            return said({"tags": ["3"]})
        return Said(401, b"", {"www-authenticate": 'Basic realm="x"'})

    server = odd(with_tokens)
    desk.log_in(server.host)
    for behaviour, tags in ((with_tokens, ("1",)), (open_to_all, ("2",)), (with_passwords, ("3",))):
        server.behaviour = behaviour
        assert desk.again().tags(f"{server.host}/a") == tags
    before = len(server.asked)
    assert desk.again().tags(f"{server.host}/a") == ("3",)
    assert len(server.asked) == before + 1
    desk.log_in(server.host, base64.b64encode(b"ada:changed").decode())
    assert error(desk.again().tags, f"{server.host}/a").code == "registry-access-denied"


@pytest.mark.parametrize("kept", ["x", ["basic"], ["bearer", {}], ["bearer", {"realm": 7}], ["digest", {}], [1, 2]])
def test_a_way_that_is_none_is_not_gone(desk, odd, kept):
    server = odd(lambda asked: said({"tags": ["1"]}))
    registry = desk.again()
    registry._kept.repository(f"the way into {server.url}").put("way", kept)
    assert desk.again().tags(f"{server.host}/a") == ("1",)
    assert len(server.asked) == 1


def test_without_a_login_it_is_told_how_to_get_one(registry, closed, error):
    found = error(registry.tags, f"{closed.host}/acme/shop")
    assert found.exit_code == 12
    assert str(found) == (
        "A registry denies access  [registry-access-denied]\n"
        f"read the tags of {closed.host}/acme/shop\n"
        f"  {closed.host}: 401 Unauthorized (UNAUTHORIZED)\n"
        "Docker's configuration has no login for it. Log in once:\n"
        f"  docker login {closed.host}"
    )


def test_a_login_that_is_wrong_is_told_and_not_shown(desk, closed, error):
    wrong = base64.b64encode(b"ada:wrong-pass").decode()
    desk.log_in(closed.host, wrong)
    found = error(desk.again().tags, f"{closed.host}/acme/shop")
    assert str(found) == (
        "A registry denies access  [registry-access-denied]\n"
        f"read the tags of {closed.host}/acme/shop\n"
        f"  {closed.host}: 401 Unauthorized (UNAUTHORIZED)\n"
        "The login that Docker's configuration has for it does not suffice. Log in anew:\n"
        f"  docker login {closed.host}"
    )


def test_a_registry_with_tokens_is_read_with_a_login_and_without_one_where_it_is_public(desk, tokens, error):
    real, _ = tokens
    _.public.add("public/shop")
    registry = desk.again()
    assert registry.tags(f"{real.host}/public/shop") == ("1.0.0",)
    assert error(registry.tags, f"{real.host}/acme/shop").code == "registry-access-denied"
    desk.log_in(real.host)
    registry = desk.again()
    assert registry.tags(f"{real.host}/acme/shop") == ("1.0.0",)
    assert registry.image(f"{real.host}/acme/shop", "1.0.0").platforms == ("linux/amd64",)


def test_a_token_serves_for_its_life_and_is_then_fetched_anew(desk, tokens):
    real, source = tokens
    desk.log_in(real.host)
    registry = desk.again()
    before = len(source.server.asked)
    for _ in range(3):
        registry.tags(f"{real.host}/acme/shop")
    assert len(source.server.asked) == before + 1
    desk.clock.time += source.life - 9
    registry.tags(f"{real.host}/acme/shop")
    assert len(source.server.asked) == before + 2


def test_an_identity_token_is_changed_for_a_token_in_the_body_of_a_question(desk, tokens):
    real, source = tokens
    source.identities.add(IDENTITY)
    desk.docker_config({"auths": {real.host: {"identitytoken": IDENTITY}}})
    assert desk.again().tags(f"{real.host}/acme/shop") == ("1.0.0",)
    last = source.server.asked[-1]
    assert (last.method, IDENTITY in last.path, IDENTITY.encode() in last.body) == ("POST", False, True)


def test_a_token_server_that_refuses_is_told(desk, tokens, error):
    real, source = tokens
    desk.log_in(real.host, base64.b64encode(b"ada:wrong-pass").decode())
    assert str(error(desk.again().tags, f"{real.host}/acme/shop")) == (
        "A registry denies access  [registry-access-denied]\n"
        f"read the tags of {real.host}/acme/shop\n"
        f"  {source.server.host}: 401 Unauthorized (UNAUTHORIZED)\n"
        "The login that Docker's configuration has for it does not suffice. Log in anew:\n"
        f"  docker login {real.host}"
    )


@pytest.mark.parametrize("key", ["credHelpers", "credsStore"])
def test_a_credential_helper_is_asked_on_its_standard_input(desk, closed, key):
    answer = json.dumps({"ServerURL": closed.host, "Username": USER, "Secret": PASSWORD})
    desk.helper("vault", f'[ "$1" = get ] && [ "$(/bin/cat)" = {closed.host} ] && echo \'{answer}\'')
    desk.docker_config({key: {closed.host: "vault"} if key == "credHelpers" else "vault"})
    assert desk.again().tags(f"{closed.host}/acme/shop") == ("1.0.0",)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (None, "Docker's configuration names docker-credential-vault, which is not on the PATH"),
        (
            "echo s3cret-of-ada; echo s3cret-of-ada >&2; exit 3",
            "docker-credential-vault failed with status 3; try: echo {host} | docker-credential-vault get",
        ),
        ("echo s3cret-of-ada", "docker-credential-vault answered with something that is not a login"),
        ("echo '{\"Username\": 7}'", "docker-credential-vault answered with something that is not a login"),
    ],
)
def test_a_helper_that_fails_is_told_where_access_is_denied(desk, closed, error, script, told):
    if script:
        desk.helper("vault", script)
    desk.docker_config({"credsStore": "vault"})
    assert str(error(desk.again().tags, f"{closed.host}/acme/shop")) == (
        "A registry denies access  [registry-access-denied]\n"
        f"read the tags of {closed.host}/acme/shop\n"
        f"  {closed.host}: 401 Unauthorized (UNAUTHORIZED)\n"
        f"  {told.format(host=closed.host)}\n"
        "Docker's configuration has no login for it. Log in once:\n"
        f"  docker login {closed.host}"
    )


def test_a_helper_that_has_nothing_is_no_failure(desk, closed, error):
    desk.helper("vault", "echo credentials not found in native keychain; exit 1")
    desk.docker_config({"credsStore": "vault"})
    assert "vault" not in str(error(desk.again().tags, f"{closed.host}/acme/shop"))


def test_a_public_registry_is_read_whatever_the_configuration_is(desk, real):
    desk.docker_config("{ this is no JSON")
    from pushing import Pusher

    with Pusher(real.url, "public/one") as pusher:
        pusher.image("1.0.0")
    assert desk.again().tags(f"{real.host}/public/one") == ("1.0.0",)


def test_a_configuration_that_cannot_be_read_is_told_where_a_login_is_missing(desk, closed, error):
    file = desk.docker_config('{"auths": s3cret-of-ada')
    found = str(error(desk.again().tags, f"{closed.host}/acme/shop"))
    assert f"\n  {file} is not JSON\n" in found
    assert PASSWORD not in found


@pytest.mark.parametrize(
    "realm", ["http://tokens.acme.example/token", "ftp://x/", "", "https://", "https://[::", "https://u:p@x/"]
)
def test_a_login_is_not_sent_to_a_token_server_that_others_can_read(desk, odd, error, realm):
    server = odd(lambda asked: Said(401, b"", {"www-authenticate": f'Bearer realm="{realm}",service="x"'}))
    desk.log_in(server.host)
    found = error(desk.again().tags, f"{server.host}/acme/shop")
    assert found.exit_code == 12
    assert str(found) == (
        "A registry sends logins to where they are not safe  [registry-realm-unsafe]\n"
        f"read the tags of {server.host}/acme/shop\n"
        f"  {server.host} names a token server without TLS, or none\n"
        "Tell who runs it: the realm of its Bearer challenge must begin with https://"
    )


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"token": 7}', b'{"token": "two\\r\\nlines"}', b"<html>", b"[" * 100_000]
)
def test_a_token_server_without_a_token_is_told(desk, odd, error, body):
    def behave(asked):
        if asked.path.startswith("/token"):
            return Said(200, body)
        return Said(401, b"", {"www-authenticate": f'Bearer realm="{server.url}/token"'})

    server = odd(behave)
    found = error(desk.again().tags, f"{server.host}/acme/shop")
    assert found.code == "registry-answer-invalid"
    why = "is a web page" if body == b"<html>" else "of its token server has no token"
    assert found.detail == f"read the tags of {server.host}/acme/shop\n  {server.host}: the answer {why}"


def test_a_token_that_is_refused_is_fetched_anew_once(desk, odd, error):
    given = iter(["first", "second", "third"])
    good = {"Bearer second"}

    def behave(asked):
        if asked.path.startswith("/token"):
            return said({"token": next(given)})
        if asked.headers.get("authorization") in good:
            return said({"tags": ["1"]})
        return Said(401, b"", {"www-authenticate": f'Bearer realm="{server.url}/token"'})

    server = odd(behave)
    registry = desk.again()
    assert error(registry.tags, f"{server.host}/a").code == "registry-access-denied"
    assert registry.tags(f"{server.host}/a") == ("1",)
    good.clear()
    assert error(registry.tags, f"{server.host}/a").code == "registry-access-denied"
    assert len([asked for asked in server.asked if asked.path.startswith("/token")]) == 3


def test_no_secret_is_in_the_cache_the_log_the_errors_or_any_repr(desk, tokens, closed, odd, error, caplog):
    caplog.set_level("DEBUG")
    real, source = tokens
    source.identities.add(IDENTITY)
    echo = odd(
        lambda asked: said(
            {"errors": [{"code": "DENIED", "message": asked.headers.get("authorization", "")}]},
            status=403 if "authorization" in asked.headers else 401,
            www_authenticate="Basic realm=x",
        )
    )
    basic = BASIC.removeprefix("Basic ")
    auths = {host: {"auth": basic} for host in (closed.host, echo.host)}
    desk.docker_config({"auths": {**auths, real.host: {"identitytoken": IDENTITY}}})
    registry = desk.again()
    for host in (real.host, closed.host):
        registry.image(f"{host}/acme/shop", "1.0.0")
    told = [str(error(registry.tags, f"{echo.host}/acme/shop"))]
    told += [repr(registry._credentials.look_up(host)) for host in (real.host, closed.host)]
    told += [caplog.text, *(file.read_text() for file in desk.cache.iterdir())]
    tokens_given = {kept.token for session in registry._sessions.values() for kept in session._tokens._kept.values()}
    assert tokens_given
    for secret in (PASSWORD, basic, IDENTITY, *tokens_given):
        assert not any(secret in text for text in told)


FORBIDDEN = {"errors": [{"code": "DENIED", "message": "no"}]}


def test_a_registry_that_forbids_instead_of_asking_gets_the_login_that_there_is(desk, odd):
    """Some answer 403 to everybody without a name, and name no way in."""

    def behave(asked):
        known = asked.headers.get("authorization") == BASIC
        return said({"tags": ["1"]}) if known else said(FORBIDDEN, status=403)

    server = odd(behave)
    desk.log_in(server.host)
    registry = desk.again()
    assert registry.tags(f"{server.host}/a") == ("1",)
    assert ["authorization" in asked.headers for asked in server.asked] == [False, True]
    registry.tags(f"{server.host}/a")
    desk.again().tags(f"{server.host}/a")
    assert ["authorization" in asked.headers for asked in server.asked[2:]] == [True, True]


def test_a_403_that_names_a_way_in_is_a_question_like_a_401(desk, odd):
    def behave(asked):
        if asked.path.startswith("/token"):
            return said({"token": "good" if asked.headers.get("authorization") == BASIC else "bad"})
        if asked.headers.get("authorization") == "Bearer good":
            return said({"tags": ["1"]})
        return Said(403, b"", {"www-authenticate": f'Bearer realm="{server.url}/token",service="x"'})

    server = odd(behave)
    desk.log_in(server.host)
    assert desk.again().tags(f"{server.host}/a") == ("1",)


@pytest.mark.parametrize(
    ("auths", "hint"),
    [
        ({}, "Docker's configuration has no login for it. Log in once:"),
        (
            {"auth": BASIC.removeprefix("Basic ")},
            "The login that Docker's configuration has for it does not suffice. Log in anew:",
        ),
        (
            {"identitytoken": IDENTITY},
            (
                "Docker's configuration has an identity token for it, and it asks for none: nothing was sent. "
                "Log in with a password:"
            ),
        ),
    ],
)
def test_of_a_403_it_is_told_what_was_tried(desk, odd, error, auths, hint):
    server = odd(lambda asked: said(FORBIDDEN, status=403))
    desk.docker_config({"auths": {server.host: auths} if auths else {}})
    assert str(error(desk.again().tags, f"{server.host}/a")) == (
        "A registry denies access  [registry-access-denied]\n"
        f"read the tags of {server.host}/a\n"
        f"  {server.host}: 403 Forbidden (DENIED)\n"
        "  it says: no\n"
        f"{hint}\n"
        f"  docker login {server.host}"
    )
    assert [asked.headers.get("authorization") for asked in server.asked] == [None, BASIC][: 1 + ("auth" in auths)]


def test_a_403_of_somebody_else_does_not_get_the_login(desk, odd, error):
    """A registry that redirects and whose other host forbids: the password is for the registry alone."""
    other = odd(lambda asked: said(FORBIDDEN, status=403))
    server = odd(lambda asked: Said(307, b"", {"location": f"{other.url}{asked.path}"}))
    desk.log_in(server.host)
    assert str(error(desk.again().tags, f"{server.host}/a")).endswith(
        f"{server.host} redirected to {other.host}, and a login does not follow to another host. "
        f"Where {other.host} is the registry, name it in the pipeline."
    )
    assert ["authorization" in asked.headers for asked in (*server.asked, *other.asked)] == [False, False]
