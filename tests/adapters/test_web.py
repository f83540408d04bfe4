"""Servers that gates name: asked once, within their time, and what is secret goes to nobody else."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from odd_server import Said, said, serving

from gitpromote.adapters.secrets import Secrets
from gitpromote.adapters.web import HttpWeb
from gitpromote.errors import GitpromoteError
from gitpromote.model.secret import SecretCommand, SecretEnv, SecretFile
from gitpromote.ports import WebRequest

TOKEN = "s3cret-token"


class Clock:
    def now(self) -> int:
        return 1_790_000_000

    def sleep(self, seconds: float) -> None:
        raise AssertionError("a gate is not asked twice at once")


@pytest.fixture(autouse=True)
def plain_network(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def web(tmp_path):
    web = HttpWeb(secrets=Secrets(folder=tmp_path, env={"TOKEN": TOKEN}), clock=Clock())
    yield web
    web.close()


def request(url, **members):
    return WebRequest(url=url, doing="ask a thing", **{"headers": {}, "auth": None, "timeout": 5.0, **members})


def failure(web, asked):
    with pytest.raises(GitpromoteError) as caught:
        web.ask(asked)
    return caught.value


def test_an_answer_is_given_whatever_its_status(web):
    with serving(lambda asked: said({"ready": False}, status=503, retry_after="60")) as server:
        answer = web.ask(request(f"{server.url}/ready?a=b"))
        assert server.lines == ["GET /ready?a=b"]
    assert (answer.status, json.loads(answer.body), answer.headers["retry-after"]) == (503, {"ready": False}, "60")


def test_a_question_says_what_was_written_and_what_is_secret(web):
    with serving(lambda asked: Said()) as server:
        headers = {"X-Team": "a", "X-Key": SecretEnv("TOKEN")}
        web.ask(request(server.url, method="POST", headers=headers, auth=SecretEnv("TOKEN")))
        [asked] = server.asked
    assert asked.method == "POST"
    assert asked.headers["x-team"] == "a"
    assert asked.headers["x-key"] == TOKEN
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.body == b""


def test_another_server_is_not_asked(web):
    """A login page elsewhere answers 200 to everybody."""
    with serving(lambda asked: Said(200, b"there")) as other:
        with serving(lambda asked: Said(302, b"", {"location": f"{other.url}/in"})) as server:
            headers = {"X-Team": "a", "X-Key": SecretEnv("TOKEN"), "Cookie": SecretEnv("TOKEN")}
            error = failure(web, request(server.url, headers=headers, auth=SecretEnv("TOKEN")))
            assert server.asked[0].headers["x-key"] == TOKEN
        assert not other.asked
    assert error.code == "remote-redirect"
    assert error.detail == f"ask a thing\n  {server.host} redirects to {other.host}, which is another server"


def test_what_is_secret_follows_on_the_same_host(web):
    def behaviour(asked):
        return Said(200, b"in") if asked.path == "/in" else Said(307, b"", {"location": "/in"})

    with serving(behaviour) as server:
        web.ask(request(server.url, headers={"X-Key": SecretEnv("TOKEN")}))
        assert [asked.headers.get("x-key") for asked in server.asked] == [TOKEN, TOKEN]


def test_a_post_is_not_led_elsewhere(web):
    with serving(lambda asked: Said(302, b"", {"location": "/other"})) as server:
        assert web.ask(request(server.url, method="POST")).status == 302
        assert server.lines == ["POST /"]


def test_a_redirect_without_tls_to_another_machine_is_not_followed(web):
    with serving(lambda asked: Said(302, b"", {"location": "http://prom.acme.example/"})) as server:
        error = failure(web, request(server.url))
        assert error.code == "remote-redirect"
        assert error.detail == f"ask a thing\n  {server.host} redirects to prom.acme.example, without TLS"


def test_a_slow_server_is_given_its_time_and_no_more(web):
    def slow(handler):
        time.sleep(1.5)

    with serving(lambda asked: Said(200, slow)) as server:
        began = time.monotonic()
        error = failure(web, request(server.url, timeout=0.2))
        assert time.monotonic() - began < 1
        assert error.code == "remote-timeout"
        assert error.detail == f"ask a thing\n  {server.host}: sent nothing for 0.2 s"


def test_a_server_that_drips_is_given_its_time_and_no_more(web):
    def dripping(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(40):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    with serving(lambda asked: Said(200, dripping)) as server:
        began = time.monotonic()
        error = failure(web, request(server.url, timeout=0.3))
        assert time.monotonic() - began < 1.5
        assert error.detail == f"ask a thing\n  {server.host}: took longer than 0.3 s"


def test_an_answer_beyond_its_size_is_not_read(web):
    with serving(lambda asked: Said(200, b"x" * 5000)) as server:
        error = failure(web, request(server.url, limit=4096))
        assert error.code == "remote-answer-too-large"
        assert error.detail == f"ask a thing\n  {server.host} sends more than 4,096 bytes"


def test_a_server_that_is_not_there_is_asked_once(web):
    with serving(lambda asked: Said()) as server:
        url, host = server.url, server.host
    error = failure(web, request(url))
    assert (error.code, error.detail) == ("remote-unreachable", f"ask a thing\n  {host}: Connection refused")


# -- secrets


@pytest.fixture
def secrets(tmp_path):
    return Secrets(folder=tmp_path, env={"TOKEN": TOKEN, "EMPTY": "", "ODD": "a\nb", "PATH": "/usr/bin:/bin"})


def test_secrets_are_found_where_their_references_say(secrets, tmp_path):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert secrets.resolve(SecretEnv("TOKEN")) == TOKEN
    assert secrets.resolve(SecretFile("token")) == TOKEN
    assert secrets.resolve(SecretFile(str(tmp_path / "token"))) == TOKEN
    assert secrets.resolve(SecretCommand(["printf", f"{TOKEN}\\r\\n"])) == TOKEN


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (SecretEnv("NONE"), 'SecretEnv("NONE"): the variable is not set'),
        (SecretEnv("EMPTY"), 'SecretEnv("EMPTY"): it is empty'),
        (SecretEnv("ODD"), 'SecretEnv("ODD"): it has a line end or a control character in it'),
        (SecretFile("gone"), 'SecretFile("gone"): No such file or directory'),
        (SecretFile("."), 'SecretFile("."): Is a directory'),
        (SecretFile("latin"), 'SecretFile("latin"): it is not text'),
        (SecretFile("large"), 'SecretFile("large"): it has more than 65,536 bytes'),
        (SecretCommand(["false"]), 'SecretCommand(["false"]): exit status 1'),
        (SecretCommand(["nothing-here"]), 'SecretCommand(["nothing-here"]): No such file or directory'),
    ],
)
def test_a_secret_that_cannot_be_had_says_why(secrets, tmp_path, secret, why):
    (tmp_path / "latin").write_bytes(b"\xff")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    with pytest.raises(GitpromoteError) as caught:
        secrets.resolve(secret)
    assert (caught.value.code, caught.value.detail) == ("secret-missing", why)


def test_a_missing_secret_asks_nobody(web):
    with serving(lambda asked: Said()) as server:
        assert failure(web, request(server.url, auth=SecretEnv("NONE"))).code == "secret-missing"
        assert server.asked == []
