"""The one way to servers: patient where it helps, bounded always, and a login goes to nobody else."""

from __future__ import annotations

import gzip
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from odd_server import Said, serving

from gitpromote.adapters import http as http_module
from gitpromote.adapters.http import Http, is_loopback, is_private_line, origin
from gitpromote.adapters.http_question import Answer, Question
from gitpromote.adapters.patience import Patience, asked_to_wait
from gitpromote.errors import ConfigurationError, GitpromoteError
from tests.programs import needed

NOW = 1_790_000_000
AUTH = "Basic YWRhOnMzY3JldC1vZi1hZGE="


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.time, self.slept = float(NOW), []

    def now(self):
        return int(self.time)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def http(clock):
    with Http(clock=clock) as http:
        yield http


@pytest.fixture(autouse=True)
def plain_network(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    http_module._trusted.cache_clear()
    yield
    http_module._trusted.cache_clear()


def get(url, **others):
    return Question(url=url, doing="read a thing", **others)


def failure(http, question):
    with pytest.raises(GitpromoteError) as caught:
        http.ask(question)
    return caught.value


def test_an_answer_is_given_whatever_its_status(http):
    with serving(lambda asked: Said(418, b"tea", {"X-Kind": "Green"})) as server:
        answer = http.ask(get(f"{server.url}/pot?a=b"))
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (418, b"tea", "Green")
    assert answer.url == f"{server.url}/pot?a=b"


def test_connections_are_kept_open(http):
    seen = set()

    def behave(asked):
        return Said(200, threading.current_thread().name.encode())

    with serving(behave) as server:
        for _ in range(5):
            seen.add(http.ask(get(server.url)).body)
        http.close()
    assert len(seen) == 1


def test_what_is_packed_is_unpacked_and_counted_unpacked(http):
    packed = gzip.compress(b"x" * 10_000_000)
    with serving(lambda asked: Said(200, packed, {"content-encoding": "gzip"})) as server:
        assert len(http.ask(get(server.url, limit=10_000_000)).body) == 10_000_000
        assert failure(http, get(server.url, limit=9_999_999)).code == "remote-answer-too-large"
        http.close()


def test_no_cookie_and_no_netrc_is_sent(http, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password s3cret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with serving(lambda asked: Said(200, b"", {"set-cookie": "a=b; Path=/"})) as server:
        for _ in range(2):
            http.ask(get(server.url))
        http.close()
    assert not {"cookie", "authorization"} & {name for asked in server.asked for name in asked.headers}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_a_login_stays_with_its_host(http, status):
    with serving(lambda asked: Said(200, b"there")) as storage:

        def behave(asked):
            where = "/b" if asked.path == "/a" else f"{storage.url}/c"
            return Said(status, b"x" * 9_999_999, {"location": where})

        with serving(behave) as server:
            answer = http.ask(get(f"{server.url}/a", headers={"Authorization": AUTH, "accept": "x"}, limit=100))
            http.close()
    assert (answer.body, answer.url) == (b"there", f"{storage.url}/c")
    assert [asked.headers.get("authorization") for asked in server.asked] == [AUTH, AUTH]
    (asked,) = storage.asked
    assert (asked.headers.get("authorization"), asked.headers["accept"]) == (None, "x")


def test_a_login_that_was_left_behind_does_not_come_back(http):
    places = iter(["back", "end"])
    with serving(lambda asked: Said(302, b"", {"location": f"{server.url}/{next(places)}"})) as other:
        behave = lambda asked: Said(302, b"", {"location": other.url}) if asked.path == "/" else Said()  # noqa: E731
        with serving(behave) as server:
            http.ask(get(f"{server.url}/", headers={"authorization": AUTH}))
            http.close()
    assert [asked.headers.get("authorization") for asked in server.asked] == [AUTH, None]


@pytest.mark.parametrize(
    ("location", "how"),
    [
        ("/", "more than 5 redirects"),
        ("http://evil.example/x?signature=1", "to evil.example, without TLS"),
        ("ftp://evil.example/", "to evil.example, without TLS"),
        ("http://[::", "to an address that is none"),
        ("http://h:99999999/", "to an address that is none"),
        ("https://", "to nowhere, without TLS"),
    ],
)
def test_a_redirect_that_leads_astray_is_told(http, location, how):
    with serving(lambda asked: Said(302, b"", {"location": location})) as server:
        found = failure(http, get(server.url))
        http.close()
    assert str(found) == (
        "A remote redirects to where it is not followed  [remote-redirect]\n"
        f"read a thing\n  {server.host} redirects {how}\n"
        "Compare the address; a proxy or a login page may stand in between."
    )


def test_what_is_posted_is_not_sent_elsewhere_and_not_sent_twice(http, clock):
    with serving(lambda asked: Said(307, b"", {"location": "/b"})) as server:
        assert http.ask(get(server.url, method="POST", body=b"s3cret")).status == 307
        server.behaviour = lambda asked: Said(body=lambda handler: None)
        assert failure(http, get(server.url, method="POST", body=b"s3cret")).code == "remote-unreachable"
        http.close()
    assert (len(server.asked), clock.slept) == (2, [])


def test_a_connection_that_breaks_is_tried_again(http, clock):
    answers = iter([Said(body=lambda handler: None), Said(200, b"well")])
    with serving(lambda asked: next(answers)) as server:
        assert http.ask(get(server.url)).body == b"well"
        http.close()
    assert len(clock.slept) == 1


def test_an_answer_that_ends_too_early_is_none(http):
    def short(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort")

    with serving(lambda asked: Said(body=short)) as server:
        found = failure(http, get(server.url))
        http.close()
    assert (found.code, len(server.asked)) == ("remote-unreachable", 4)


def test_an_answer_that_trickles_is_left(clock):
    def trickle(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.02)

    with serving(lambda asked: Said(body=trickle)) as server, Http(clock=clock, patience=Patience(whole=0.1)) as http:
        found = failure(http, get(server.url))
    assert found.detail == f"read a thing\n  {server.host}: took longer than 0.1 s"


def test_retries_wait_longer_each_time_and_end(http, clock):
    with serving(lambda asked: Said(503)) as server:
        assert http.ask(get(server.url)).status == 503
        http.close()
    first, second, third = clock.slept
    assert 0.5 <= first <= 0.625
    assert (second, third) == (pytest.approx(2 * first), pytest.approx(4 * first))


@pytest.mark.parametrize(
    ("told", "slept"),
    [
        ("2", [2, 2, 2]),
        ("0", [0, 0, 0]),
        ("25", [25, 25]),
        ("61", []),
        ("999999999999999999999", []),
        ("Mon, 21 Sep 2026 14:13:25 GMT", [5, 0, 0]),
        ("Mon, 21 Sep 2020 14:13:25 GMT", [0, 0, 0]),
    ],
)
def test_a_server_that_names_a_time_is_waited_for_up_to_a_minute(http, clock, told, slept):
    with serving(lambda asked: Said(429, b"", {"retry-after": told})) as server:
        assert http.ask(get(server.url)).status == 429
        http.close()
    assert clock.slept == slept


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_whatever_a_server_asks_for_is_seconds_or_nothing(text):
    found = asked_to_wait({"retry-after": text}, now=NOW)
    assert found is None or found >= 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.floats(0, 1e9), max_size=20))
def test_all_waiting_together_has_an_end(asked):
    patience, waited = Patience(), 0.0
    for attempt, seconds in enumerate(asked, 2):
        pause = patience.before(attempt, url="https://x", asked=seconds, waited=waited)
        if pause is None:
            break
        waited += pause
    assert waited <= patience.wait
    assert attempt <= patience.attempts + 1 if asked else True


@pytest.mark.parametrize("url", ["http://h:99999/", "https://[::zz]/", "https://exa mple/", "nonsense", "https:///x"])
def test_an_address_that_is_none_is_told(http, url):
    assert failure(http, get(url)).code == "remote-unreachable"


def test_a_name_that_nobody_knows_is_told(http):
    found = failure(http, get("https://registry.invalid/x"))
    assert found.code == "remote-unreachable"
    assert found.detail.startswith("read a thing\n  registry.invalid: ")


@pytest.fixture
def with_tls(tmp_path):
    """A server with a certificate of its own making, and the certificate."""
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [needed("openssl"), *words.split(), "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(lambda asked: Said(200, b"safe")) as server:
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        yield f"https://localhost:{server.port}", certificate


def test_a_certificate_that_nobody_vouches_for_is_refused_until_it_is_named(clock, with_tls, monkeypatch):
    url, certificate = with_tls
    with Http(clock=clock) as http:
        found = failure(http, get(url))
    assert (found.code, clock.slept) == ("remote-certificate", [])
    assert found.hint == "Name your own authority:\n  export SSL_CERT_FILE=…"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    http_module._trusted.cache_clear()
    with Http(clock=clock) as http:
        assert http.ask(get(url)).body == b"safe"


def test_the_environments_proxy_is_used_and_its_password_is_not_shown(clock, monkeypatch):
    with serving(lambda asked: Said(200, b"by proxy")) as proxy, Http(clock=clock) as http:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert http.ask(get("http://registry.invalid/x")).body == b"by proxy"
        assert proxy.lines == ["GET http://registry.invalid/x"]
    monkeypatch.setenv("http_proxy", "nonsense://ada:s3cret@proxy")
    with Http(clock=clock) as http:
        found = failure(http, get("http://registry.invalid/x"))
    assert isinstance(found, ConfigurationError)
    assert found.code == "network-settings-invalid"
    assert "s3cret" not in str(found)


def test_questions_and_answers_do_not_show_secrets():
    question = get("https://x", headers={"authorization": AUTH}, body=b"s3cret")
    assert AUTH not in repr(question)
    assert "s3cret" not in repr(question)


def test_only_sound_conditions_are_given_back():
    def conditions(**headers):
        return Answer(200, {name.replace("_", "-"): value for name, value in headers.items()}, b"", "").conditions

    assert conditions(etag='"a"', last_modified="then") == {"if-none-match": '"a"', "if-modified-since": "then"}
    assert conditions(etag="ü", last_modified="") == {}


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://GHCR.io/x", "https://ghcr.io:443"),
        ("http://a", "http://a:80"),
        ("http://a:8080/", "http://a:8080"),
        ("https://u:p@a:443", "https://a:443"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, found):
    assert origin(url) == found


def test_only_this_machine_needs_no_tls():
    hosts = ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1", "[::1]"]
    assert [is_loopback(host) for host in hosts] == [True] * 6
    hosts = ["localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "0.0.0.0", "127.1"]
    assert [is_loopback(host) for host in hosts] == [False] * 6
    assert [is_private_line(url) for url in ("https://x", "http://x", "http://[::1]:5", "x", "")] == [
        True, False, True, False, False,
    ]  # fmt: skip
