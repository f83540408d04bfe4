"""A webhook rings for who knows the secret, answers the others, and believes nobody."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.adapters.webhook import LARGEST, Rate, Webhook, parse_address
from gitpromote.errors import ConfigurationError, UsageError

SECRET = "c2VjcmV0-ä"
BODY = b'{"ref": "refs/heads/main", "repository": {"clone_url": "https://evil.example/x.git"}}'


def signature(body=BODY, secret=SECRET):
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Endpoint:
    """A webhook that listens, what it was rung, and what it answered."""

    def __init__(self, **settings):
        self.rung, self.answers = 0, []
        self.hook = Webhook("127.0.0.1:0", secret=SECRET, ring=self.ring, answered=self.answers.append, **settings)

    def ring(self):
        self.rung += 1

    def send(self, headers=None, body=BODY, *, method="POST", path="/"):
        connection = http.client.HTTPConnection(*self.hook.address, timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def raw(self, data, *, timeout=10.0):
        """Bytes as they are; the answer's first line, empty where it was hung up."""
        with socket.create_connection(self.hook.address, timeout=timeout) as connection:
            connection.sendall(data)
            try:
                return connection.recv(65536).partition(b"\r\n")[0]
            except ConnectionResetError:
                return b""


@pytest.fixture
def endpoint():
    made = Endpoint()
    yield made
    made.hook.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature-256": f"sha256={signature()}"},
        {"X-Gitea-Signature": signature()},
        {"X-Forgejo-Signature": signature()},
        {"X-Gitpromote-Signature": f"sha256={signature()}"},
        {"X-Gitpromote-Signature": signature().upper()},
        {"X-Gitlab-Token": SECRET.encode()},
        {"X-Hub-Signature": "sha1=0", "X-Hub-Signature-256": f"sha256={signature()}"},
    ],
    ids=["github", "gitea", "forgejo", "plain", "upper-case", "gitlab", "beside-an-old-one"],
)
def test_who_knows_the_secret_rings(endpoint, headers):
    assert endpoint.send(headers) == (202, b"")
    assert (endpoint.rung, endpoint.answers) == (1, [202])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": f"sha1={signature()}"},
        {"X-Hub-Signature-256": f"sha256={signature(secret='other')}"},
        {"X-Hub-Signature-256": f"sha256={signature(body=b'other')}"},
        {"X-Hub-Signature-256": f"sha256={signature()[:-1]}"},
        {"X-Hub-Signature": f"sha256={signature()}"},
        {"X-Gitlab-Token": ""},
        {"X-Gitlab-Token": signature()},
        {"X-Gitea-Signature": "ä" * 64},
        {"Authorization": f"Bearer {SECRET.encode().hex()}"},
    ],
)
def test_who_does_not_know_it_gets_401_and_rings_nothing(endpoint, headers):
    assert endpoint.send({name: value.encode() for name, value in headers.items()}) == (401, b"")
    assert (endpoint.rung, endpoint.answers) == (0, [401])


def test_an_empty_body_is_signed_too(endpoint):
    assert endpoint.send({"X-Gitea-Signature": signature(b"")}, b"")[0] == 202


def test_any_path_will_do(endpoint):
    assert endpoint.send({"X-Gitea-Signature": signature()}, path="/../hooks?x=1")[0] == 202


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "TRACE"])
def test_other_methods_are_not_for_here(endpoint, method):
    assert endpoint.send(method=method)[0] == 405


def test_what_is_larger_than_forges_send_is_refused_before_it_is_read(endpoint):
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST + 1}\r\n\r\n"
    assert endpoint.raw(head.encode()) == b"HTTP/1.1 413 Request Entity Too Large"


def test_a_size_that_no_computer_has_is_refused(endpoint):
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {'9' * 5000}\r\n\r\n"
    assert endpoint.raw(head.encode()) == b"HTTP/1.1 413 Request Entity Too Large"


@pytest.mark.parametrize(
    "header",
    ["", "Transfer-Encoding: chunked\r\n", "Content-Length: -1\r\n", "Content-Length: ٣\r\n", "Content-Length: 1x\r\n"],
)
def test_a_body_of_unknown_size_is_not_taken(endpoint, header):
    assert endpoint.raw(f"POST / HTTP/1.1\r\nHost: x\r\n{header}\r\n0\r\n\r\n".encode()).startswith(b"HTTP/1.1 411")


def test_who_asks_first_is_told_first(endpoint):
    head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
    assert endpoint.raw(f"{head}{LARGEST + 1}\r\n\r\n".encode()) == b"HTTP/1.1 413 Request Entity Too Large"
    assert endpoint.raw(f"{head}10\r\n\r\n".encode()) == b"HTTP/1.1 100 Continue"


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"hello\r\n\r\n", b"\r\n"])
def test_what_is_no_http_harms_nobody(endpoint, noise):
    endpoint.raw(noise + b"\r\n", timeout=5)
    assert endpoint.send({"X-Gitea-Signature": signature()})[0] == 202


def test_an_answer_says_nothing_of_the_request(endpoint):
    with socket.create_connection(endpoint.hook.address, timeout=10) as connection:
        connection.sendall(b"<script>/ HTTP/9.9\r\n\r\n")
        assert b"script" not in connection.recv(65536)


def test_a_body_that_ends_early_rings_nothing(endpoint):
    head = f"POST / HTTP/1.1\r\nX-Gitea-Signature: {signature()}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    with socket.create_connection(endpoint.hook.address, timeout=10) as connection:
        connection.sendall(head.encode() + BODY[:-1])
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536) == b""
    assert (endpoint.rung, endpoint.answers) == (0, [])


def test_who_dawdles_is_hung_up_on_however_often_a_byte_comes():
    endpoint = Endpoint(seconds=0.3)
    try:
        with socket.create_connection(endpoint.hook.address, timeout=10) as connection:
            start = time.monotonic()
            try:
                while time.monotonic() - start < 5:
                    connection.sendall(b"X")
                    time.sleep(0.05)
            except OSError:
                pass
            assert time.monotonic() - start < 3
    finally:
        endpoint.hook.close()


def test_many_who_dawdle_do_not_keep_out_others_for_long():
    endpoint = Endpoint(seconds=0.5)
    idle = [socket.create_connection(endpoint.hook.address, timeout=10) for _ in range(40)]
    try:
        time.sleep(1)
        assert endpoint.send({"X-Gitea-Signature": signature()})[0] == 202
    finally:
        for one in idle:
            one.close()
        endpoint.hook.close()


def test_who_comes_too_often_gets_429_and_may_come_again_later():
    now = [0.0]
    endpoint = Endpoint(clock=lambda: now[0])
    try:
        headers = {"X-Gitea-Signature": signature()}
        with ThreadPoolExecutor(4) as pool:
            answers = [status for status, _ in pool.map(lambda _: endpoint.send(headers), range(70))]
        assert (answers.count(202), answers.count(429)) == (60, 10)
        now[0] = 5.0
        assert endpoint.send(headers)[0] == 202
    finally:
        endpoint.hook.close()


@given(st.lists(st.tuples(st.floats(-5, 50), st.integers(0, 30)), max_size=20))
@settings(max_examples=100, deadline=None)
def test_no_more_than_the_rate_is_let_through_whatever_the_clock_does(steps):
    now = [0.0]
    rate, passed, allowed = Rate(10, 2.0, lambda: now[0]), 0.0, 0
    for seconds, asks in steps:
        now[0] += seconds
        passed += max(0.0, seconds)
        allowed += sum(rate.allows() for _ in range(asks))
        assert allowed <= 10 + 2 * passed + 1e-6


@pytest.mark.parametrize("secret", ["", " ", "\n", "\r\n"])
def test_a_secret_that_everybody_knows_is_refused(secret):
    with pytest.raises(ConfigurationError) as caught:
        Webhook("127.0.0.1:0", secret=secret, ring=lambda: None)
    assert str(caught.value) == (
        "The secret of the webhook is empty  [webhook-secret-empty]\n"
        "Without one, anybody could ring.\n"
        "Draw one, and give it to the forge as well:\n"
        "  openssl rand -hex 32"
    )


def test_a_secret_that_was_read_from_a_file_has_no_newline():
    rung: list[int] = []
    with Webhook("127.0.0.1:0", secret="token\n", ring=lambda: rung.append(1)) as hook:
        connection = http.client.HTTPConnection(*hook.address, timeout=10)
        connection.request("POST", "/", body=b"x", headers={"X-Gitea-Signature": signature(b"x", "token")})
        assert connection.getresponse().status == 202
        connection.close()
    assert rung == [1]


def test_a_port_that_is_taken_is_a_configuration_error(endpoint):
    port = endpoint.hook.address[1]
    with pytest.raises(ConfigurationError) as caught:
        Webhook(f"127.0.0.1:{port}", secret=SECRET, ring=lambda: None)
    assert str(caught.value) == (
        "This address cannot be listened on  [listen-failed]\n"
        f"127.0.0.1:{port}: Address already in use\n"
        "Name an address of this machine and a port that is free, such as 127.0.0.1:8080."
    )


def test_a_closed_endpoint_listens_no_more(endpoint):
    with Webhook("127.0.0.1:0", secret=SECRET, ring=lambda: None) as other:
        address = other.address
    with pytest.raises(OSError):
        socket.create_connection(address, timeout=2).close()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_addresses(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "8080", ":8080", "localhost", "localhost:", "localhost:65536", "localhost:x", "::1:80", "[x]:80", "a:٣"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(UsageError) as caught:
        parse_address(text)
    assert str(caught.value) == (
        f"This is no address to listen on  [bad-address]\n{text!r}\n"
        "Write it like 127.0.0.1:8080 or [::1]:8080; 0.0.0.0:8080 is every network of this machine."
    )
