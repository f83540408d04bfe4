"""Images, charts and commits, as they are written and as they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from gitpromote.errors import ConfigurationError
from gitpromote.model.artifact import (
    Artifact,
    ChartArtifact,
    CommitArtifact,
    ImageArtifact,
    canonical_repository,
)

DIGEST = f"sha256:{'7f1c' * 16}"
LONG = f"sha512:{'7f1c' * 32}"

IMAGES = {
    "nginx:1.25": ("nginx", "1.25", None),
    f"nginx@{DIGEST}": ("nginx", None, DIGEST),
    f"ghcr.io/acme/shop:1.42.0@{DIGEST}": ("ghcr.io/acme/shop", "1.42.0", DIGEST),
    f"localhost:5000/a/b__c-d.e@{LONG}": ("localhost:5000/a/b__c-d.e", None, LONG),
    "GHCR.io/acme/shop:_x": ("GHCR.io/acme/shop", "_x", None),
    "[::1]:5000/shop:v1": ("[::1]:5000/shop", "v1", None),
    "a.b:1": ("a.b", "1", None),
}


@pytest.mark.parametrize(("text", "parts"), IMAGES.items())
def test_an_image_is_read_and_written_again(text: str, parts: tuple[str, str | None, str | None]) -> None:
    image = ImageArtifact.parse(text)
    assert (image.repository, image.tag, image.digest) == parts
    assert str(image) == text
    assert image.unpinned == (parts[2] is None)


EXAMPLE = 'Write it as "ghcr.io/acme/shop:1.4.2@sha256:…"; the digest may be left out.'
NO_IMAGES = {
    "": ('"" is empty', EXAMPLE),
    "nginx": ('"nginx" has neither tag nor digest', EXAMPLE),
    "nginx:": ('"nginx:" has a colon and no tag', EXAMPLE),
    "nginx:-1": ('"nginx:-1" has a tag that is none: "-1"', EXAMPLE),
    "nginx@": ('"nginx@" has a digest that is none', "A digest is sha256: and 64 hexadecimal digits."),
    "nginx@sha256:12": (
        '"nginx@sha256:12" has a digest that is none',
        "A digest is sha256: and 64 hexadecimal digits.",
    ),
    f"nginx@{DIGEST.upper()}": (
        f'"nginx@{DIGEST.upper()}" has a digest that is none',
        f"Write it in small letters: {DIGEST}",
    ),
    "ghcr.io/Acme/Shop:V1": ('"ghcr.io/Acme/Shop:V1" has capital letters in its path', "Write ghcr.io/acme/shop:V1"),
    "Nginx:1": ('"Nginx:1" has capital letters in its path', "Write nginx:1"),
    "https://ghcr.io/acme/shop:1": ('"https://ghcr.io/acme/shop:1" has a scheme', "Write ghcr.io/acme/shop:1"),
    "docker://nginx:1": ('"docker://nginx:1" has a scheme', "Write nginx:1"),
    " nginx:1": ('" nginx:1" has white space in it', "Write it without."),
    "nginx:1\n": ('"nginx:1\\n" has white space in it', "Write it without."),
    "nginx:1:2": ('"nginx:1:2" is not the name of an image', EXAMPLE),
    "a/../b:1": ('"a/../b:1" is not the name of an image', EXAMPLE),
    "ghcr.io/:1": ('"ghcr.io/:1" is not the name of an image', EXAMPLE),
    "-x.io/a:1": ('"-x.io/a:1" has a registry that is none: "-x.io"', EXAMPLE),
    "a" * 256 + ":1": ('"' + "a" * 199 + '…" has a name of 256 characters, more than 255', EXAMPLE),
}


@pytest.mark.parametrize(("text", "words"), NO_IMAGES.items(), ids=lambda item: repr(item)[:30])
def test_what_is_no_image_is_told_with_what_was_meant(text: str, words: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ImageArtifact.parse(text)
    assert str(caught.value) == f"This is not an image  [image-invalid]\n{words[0]}\n{words[1]}"


def test_a_chart_is_read_and_written_again() -> None:
    for text, repository, version, digest in (
        ("oci://ghcr.io/acme/charts/shop:1.4.2", "oci://ghcr.io/acme/charts/shop", "1.4.2", None),
        (
            "https://me@charts.acme.example/shop:1.0.0+build.5",
            "https://me@charts.acme.example/shop",
            "1.0.0+build.5",
            None,
        ),
        (f"oci://localhost:5000/shop:1.0.0@{DIGEST}", "oci://localhost:5000/shop", "1.0.0", DIGEST),
    ):
        chart = ChartArtifact.parse(text)
        assert (chart.repository, chart.version, chart.digest) == (repository, version, digest)
        assert str(chart) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("oci://ghcr.io/acme/charts/shop", "has no version"),
        ("oci://localhost:5000/shop", "has no version"),
        ("oci://:1.0.0", "has no version"),
        ("shop:", 'has a version that is none: ""'),
        ("shop:1.0 0", "has white space in it"),
        ("shop:1.0.0@sha256:1", "has a digest that is none"),
    ],
)
def test_what_is_no_chart_is_told(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ChartArtifact.parse(text)
    assert (caught.value.code, caught.value.detail) == ("chart-invalid", f'"{text}" {reason}')


def test_a_commit_is_named_in_full() -> None:
    commit = CommitArtifact.parse(f"git@github.com:acme/deploy@{'4be1' * 10}")
    assert (commit.repository, commit.commit, str(commit)) == (
        "git@github.com:acme/deploy",
        "4be1" * 10,
        "git@github.com:acme/deploy@4be14be",
    )
    with pytest.raises(ConfigurationError) as caught:
        CommitArtifact.parse("github.com/acme/deploy@4be14be")
    assert caught.value.code == "commit-invalid"


SPELLINGS = {
    "docker.io/library/nginx": ("nginx", "docker.io/nginx", "index.docker.io/library/nginx", "library/nginx"),
    "docker.io/acme/shop": ("acme/shop", "registry-1.docker.io/acme/shop"),
    "ghcr.io/acme/shop": ("ghcr.io/acme/shop", "GHCR.io/acme/shop", "oci://ghcr.io/acme/shop", "ghcr.io:443/acme/shop"),
    "github.com/acme/Deploy": (
        "github.com/acme/Deploy",
        "https://github.com/acme/Deploy.git",
        "https://me:secret@GitHub.com:443/acme/Deploy/",
        "git@github.com:acme/Deploy.git",
        "github.com:acme/Deploy",
        "ssh://git@github.com/acme/Deploy",
        "ssh://git@github.com:22/acme/Deploy.git/",
        " https://github.com/acme/Deploy ",
    ),
    "git.example:2222/acme/deploy": ("ssh://git@git.example:2222/acme/deploy",),
    "localhost:5000/shop": ("localhost:5000/shop", "http://localhost:5000/shop"),
    "localhost/shop": ("localhost/shop", "http://localhost:80/shop"),
    "/srv/git/deploy": ("/srv/git/deploy.git", "file:///srv/git/deploy.git", "file://localhost/srv/git/deploy/"),
}


@pytest.mark.parametrize(
    ("text", "canonical"), [(text, canonical) for canonical, texts in SPELLINGS.items() for text in texts]
)
def test_one_repository_has_one_canonical_spelling(text: str, canonical: str) -> None:
    assert canonical_repository(text) == canonical
    assert canonical_repository(canonical) == canonical


HOSTS = st.sampled_from(["", "ghcr.io/", "localhost/", "localhost:5000/", "a-b.c:1/", "GHCR.IO/"])
PARTS = st.from_regex(r"[a-z0-9]{1,4}((\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}", fullmatch=True)
TAGS = st.one_of(st.just(""), st.from_regex(r":[A-Za-z0-9_][A-Za-z0-9._-]{0,9}", fullmatch=True))


@settings(max_examples=100, deadline=None)
@given(HOSTS, st.lists(PARTS, min_size=1, max_size=3), TAGS, st.sampled_from(["", f"@{DIGEST}", f"@{LONG}"]))
def test_every_reference_of_the_grammar_is_an_image(host: str, parts: list[str], tag: str, digest: str) -> None:
    name = f"{host}{'/'.join(parts)}"
    text = f"{name}{tag}{digest}"
    first_is_host = not host and len(parts) > 1 and "." in parts[0]
    if first_is_host or (not tag and not digest):
        return
    image = ImageArtifact.parse(text)
    assert (str(image), image.repository) == (text, name)
    again: Artifact = TypeAdapter(Artifact).validate_json(image.model_dump_json())
    assert again == image


def test_the_kind_of_an_artifact_is_told_by_its_kind() -> None:
    read = TypeAdapter(Artifact).validate_python
    assert isinstance(read({"kind": "chart", "repository": "oci://a/b", "version": "1.0.0"}), ChartArtifact)
    commit = read({"kind": "commit", "repository": "a/b", "commit": "0" * 40, "later": "member"})
    assert isinstance(commit, CommitArtifact)
    with pytest.raises(ValueError, match="does not match any of the expected tags"):
        read({"kind": "podcast"})
