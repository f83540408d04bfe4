"""Docker's configuration file: whose login counts, by which spelling of a registry."""

from __future__ import annotations

import base64
import json

import pytest

from gitpromote.adapters.registries.credential_helper import HelperFailed, ask_helper
from gitpromote.adapters.registries.docker_config import DockerCredentials, Login


def packed(text):
    return base64.b64encode(text.encode()).decode()


ADA = {"auth": packed("ada:pass:word")}


@pytest.fixture
def look_up(tmp_path):
    def found(config, host, run=lambda *words, **others: None):
        (tmp_path / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
        return DockerCredentials({"DOCKER_CONFIG": str(tmp_path)}, run=run).look_up(host)

    return found


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("ghcr.io", "ghcr.io"),
        ("https://ghcr.io", "ghcr.io"),
        ("https://ghcr.io/v1/", "ghcr.io"),
        ("GHCR.io", "ghcr.io"),
        ("localhost:5000", "localhost:5000"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("docker.io", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
    ],
)
def test_a_login_is_found_by_every_spelling_of_its_registry(look_up, key, host):
    assert look_up({"auths": {key: ADA}}, host) == (Login("ada", "pass:word"), "")


@pytest.mark.parametrize("host", ["evil.ghcr.io", "ghcr.io.evil.example", "ghcr.io:444", "index.docker.io.evil"])
def test_a_login_is_not_for_another_registry(look_up, host):
    config = {"auths": {"ghcr.io": ADA, "https://index.docker.io/v1/": ADA}}
    assert look_up(config, host) == (None, "")


@pytest.mark.parametrize(
    ("entry", "login"),
    [
        ({"username": "ada", "password": "x"}, Login("ada", "x")),
        ({"auth": packed("ada:x"), "identitytoken": "t"}, Login("<token>", "t", identity=True)),
        ({"auth": packed("ada:")}, Login("ada", "")),
        ({"auth": packed("no colon")}, None),
        ({"auth": packed(":only")}, None),
        ({"auth": "%%%"}, None),
        ({"auth": 7}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_every_form_of_an_entry_is_read(look_up, entry, login):
    assert look_up({"auths": {"ghcr.io": entry}}, "ghcr.io").login == login


@pytest.mark.parametrize(
    "config", ["", "[]", "{", "7", '"x"', "[" * 100_000, '{"auths": 3, "credHelpers": [], "credsStore": {}}']
)
def test_a_configuration_that_is_none_has_no_login(look_up, config):
    assert look_up(config, "ghcr.io").login is None


def test_there_need_be_no_configuration(tmp_path):
    for env in ({"HOME": str(tmp_path)}, {}, {"DOCKER_CONFIG": str(tmp_path / "config.json" / "x")}):
        assert DockerCredentials(env).look_up("example.invalid") == (None, "")


def test_the_hosts_own_helper_comes_before_that_of_all_and_before_the_file(look_up):
    asked = []

    def run(name, server, *, env):
        asked.append((name, server))
        return ("<token>", "t") if name == "own" else ("bo", "y")

    config = {"auths": {"ghcr.io": ADA}, "credHelpers": {"ghcr.io": "own"}, "credsStore": "all"}
    assert look_up(config, "ghcr.io", run).login == Login("<token>", "t", identity=True)
    assert look_up(config, "docker.io", run).login == Login("bo", "y")
    assert asked == [("own", "ghcr.io"), ("all", "https://index.docker.io/v1/")]


def test_the_file_counts_where_the_helper_has_nothing_or_fails(look_up):
    def fail(name, server, *, env):
        raise HelperFailed("it broke")

    config = {"auths": {"ghcr.io": ADA}, "credsStore": "all"}
    assert look_up(config, "ghcr.io") == (Login("ada", "pass:word"), "")
    assert look_up(config, "ghcr.io", fail) == (Login("ada", "pass:word"), "it broke")


def test_a_helper_is_asked_once_for_a_host(tmp_path):
    asked = []

    def run(name, server, *, env):
        asked.append(server)
        return ("ada", "x")

    (tmp_path / "config.json").write_text('{"credsStore": "all"}')
    credentials = DockerCredentials({"DOCKER_CONFIG": str(tmp_path)}, run=run)
    for _ in range(3):
        credentials.look_up("ghcr.io")
    assert asked == ["ghcr.io"]


@pytest.mark.parametrize("name", ["../../bin/sh", "a b", "", "-x", "a;b", "a\nb"])
def test_a_helper_is_a_name_and_not_a_path(name):
    with pytest.raises(HelperFailed, match="which is not on the PATH"):
        ask_helper(name, "ghcr.io", env={"PATH": "/bin:/usr/bin"})


def test_a_helper_that_hangs_is_ended_with_its_children(tmp_path):
    program = tmp_path / "docker-credential-slow"
    program.write_text("#!/bin/sh\n/bin/sleep 60 | /bin/cat\n")
    program.chmod(0o755)
    with pytest.raises(HelperFailed) as caught:
        ask_helper("slow", "ghcr.io", env={"PATH": str(tmp_path)}, seconds=0.2)
    assert str(caught.value) == "docker-credential-slow did not answer in 0.2 s"
    told: list[str] = []
    with pytest.raises(HelperFailed) as caught:
        ask_helper("slow", "ghcr.io", env={"PATH": str(tmp_path)}, seconds=0.4, patience=0.1, slow=told.append)
    assert str(caught.value) == "docker-credential-slow did not answer in 0.4 s"
    assert told == ["for docker-credential-slow, which knows the login for ghcr.io; 0.4 s at most"]
    program.write_text('#!/bin/sh\n/bin/sleep 0.3\necho \'{"Username": "ada", "Secret": "hush"}\'\n')
    found = ask_helper("slow", "ghcr.io", env={"PATH": str(tmp_path)}, patience=0.05, slow=told.append)
    assert (found, len(told)) == (("ada", "hush"), 2)
    program.write_bytes(b"\x00\x01 not a program")
    with pytest.raises(HelperFailed, match="docker-credential-slow cannot be started: Exec format error"):
        ask_helper("slow", "ghcr.io", env={"PATH": str(tmp_path)})


def test_a_login_does_not_show_its_secret():
    assert "ada" not in repr(Login("ada", "s3cret"))
    assert "s3cret" not in repr(Login("ada", "s3cret"))
