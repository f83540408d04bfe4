"""Images read from a real registry: tags, digests, platforms, labels and times; the second time for less."""

from __future__ import annotations

import pytest
from pushing import Pusher

from gitpromote.model.candidate import ImageFacts

CREATED = "org.opencontainers.image.created"
REVISION = "org.opencontainers.image.revision"
AT = 1767323045  # 2026-01-02T03:04:05Z


@pytest.fixture
def pusher(real, request):
    """Pushes to a repository of the test's own."""
    with Pusher(real.url, f"t/{abs(hash(request.node.nodeid))}") as pusher:
        yield pusher


@pytest.fixture
def repository(real, pusher):
    return f"{real.host}/{pusher._path.removeprefix('/v2/')}"


def test_all_tags_are_listed(registry, repository, pusher):
    for tag in ("1.0.0", "1.1.0", "latest"):
        pusher.image(tag)
    assert sorted(registry.tags(repository)) == ["1.0.0", "1.1.0", "latest"]


def test_an_image_has_its_digest_platform_labels_and_time(registry, repository, pusher):
    digest = pusher.image("1.0.0", platform="linux/arm64/v8", labels={REVISION: "abc"})
    assert registry.image(repository, "1.0.0") == ImageFacts(
        repository=repository,
        tag="1.0.0",
        digest=digest,
        created=AT,
        labels={REVISION: "abc"},
        platforms=("linux/arm64/v8",),
    )


def test_annotations_count_more_than_labels_and_a_told_time_more_than_the_builders(registry, repository, pusher):
    labels = {CREATED: "2026-05-01T00:00:00Z", "team": "a", "only": "label"}
    pusher.image("1", labels=labels)
    assert registry.image(repository, "1").created == 1777593600
    pusher.image("2", labels=labels, annotations={CREATED: "2026-06-01T02:00:00+02:00", "team": "b"})
    facts = registry.image(repository, "2")
    assert facts.created == 1780272000
    assert facts.labels == {CREATED: "2026-06-01T02:00:00+02:00", "team": "b", "only": "label"}


@pytest.mark.parametrize("created", [None, "0001-01-01T00:00:00Z", "yesterday"])
def test_a_time_that_is_not_told_is_none(registry, repository, pusher, created):
    pusher.image("1", created=created)
    assert registry.image(repository, "1").created is None


@pytest.mark.parametrize("docker", [False, True])
def test_an_index_tells_its_platforms_and_the_labels_of_the_one_that_is_asked_for(registry, repository, pusher, docker):
    amd = pusher.image("", labels={"for": "amd64"}, docker=docker)
    arm = pusher.image("", platform="linux/arm64", labels={"for": "arm64"}, docker=docker)
    seal = pusher.image("", platform="unknown/unknown", labels={"for": "nobody"}, docker=docker)
    images = [("unknown/unknown", seal), ("linux/amd64", amd), ("linux/arm64", arm)]
    digest = pusher.index("1.0.0", images, docker=docker)
    first = registry.image(repository, "1.0.0")
    assert (first.digest, first.platforms) == (digest, ("linux/amd64", "linux/arm64"))
    assert first.labels == {"for": "amd64"}
    assert registry.image(repository, "1.0.0", platform="linux/arm64").labels == {"for": "arm64"}


def test_an_index_without_the_platform_says_which_it_has_and_nothing_else(registry, repository, pusher):
    amd = pusher.image("", labels={"for": "amd64"})
    digest = pusher.index("1.0.0", [("linux/amd64", amd)], annotations={"a": "b"})
    assert registry.image(repository, "1.0.0", platform="linux/s390x") == ImageFacts(
        repository=repository, tag="1.0.0", digest=digest, platforms=("linux/amd64",)
    )


def test_an_image_for_another_platform_says_which_and_nothing_else(registry, repository, pusher):
    digest = pusher.image("1.0.0", labels={"for": "amd64"})
    assert registry.image(repository, "1.0.0", platform="linux/arm64") == ImageFacts(
        repository=repository, tag="1.0.0", digest=digest, platforms=("linux/amd64",)
    )


def test_an_indexs_annotations_stand_between_those_of_the_image_and_its_labels(registry, repository, pusher):
    image = pusher.image("", labels={"a": "label", "b": "label", "c": "label"}, annotations={"a": "image"})
    pusher.index("1", [("linux/amd64", image)], annotations={"a": "index", "b": "index"})
    assert registry.image(repository, "1").labels == {"a": "image", "b": "index", "c": "label"}


def test_a_second_discovery_asks_for_the_tags_alone(desk, real, repository, pusher):
    for at in range(5):
        pusher.image(f"1.{at}.0")

    def discover():
        registry = desk.again()
        tags = registry.tags(repository)
        return [registry.image(repository, tag, fresh=False) for tag in tags]

    first = discover()
    before = len(real.asked())
    assert discover() == first
    assert real.asked()[before:] == [f"GET {pusher._path}/tags/list?n=1000"]


def test_a_tag_that_is_followed_costs_one_question_that_is_no_pull(desk, real, repository, pusher):
    pusher.image("latest", labels={"n": "1"})
    first = desk.again().image(repository, "latest")
    before = len(real.asked())
    assert desk.again().image(repository, "latest") == first
    assert real.asked()[before:] == [f"HEAD {pusher._path}/manifests/latest"]


def test_a_tag_that_moved_is_seen_where_it_is_asked_for_anew(desk, repository, pusher):
    old = pusher.image("latest", labels={"n": "1"})
    assert desk.again().image(repository, "latest").digest == old
    new = pusher.image("latest", labels={"n": "2"})
    assert desk.again().image(repository, "latest", fresh=False).digest == old
    assert desk.again().image(repository, "latest").digest == new
    assert desk.again().image(repository, "latest", fresh=False).labels == {"n": "2"}


def test_what_a_tag_was_seen_as_is_told_without_a_question(desk, real, repository, pusher):
    old = pusher.image("1.0.0", labels={"n": "1"})
    assert desk.again().seen(repository, "1.0.0") is None
    desk.again().image(repository, "1.0.0")
    pusher.image("1.0.0", labels={"n": "2"})
    before = len(real.asked())
    assert desk.again().seen(repository, "1.0.0") == old
    assert len(real.asked()) == before


def test_two_tags_of_one_digest_cost_its_configuration_once(registry, real, repository, pusher):
    pusher.image("1.0.0")
    pusher.image("1.0")
    registry.image(repository, "1.0.0")
    before = len(real.asked())
    registry.image(repository, "1.0")
    assert real.asked()[before:] == [f"GET {pusher._path}/manifests/1.0"]


def test_what_does_not_exist_is_told(registry, real, repository, pusher, error):
    pusher.image("1.0.0")
    assert str(error(registry.tags, f"{real.host}/none/here")) == (
        "A registry knows no such repository  [registry-repository-unknown]\n"
        f"read the tags of {real.host}/none/here\n"
        f"  {real.host}: 404 Not Found (NAME_UNKNOWN)\n"
        "Nothing may have been pushed there yet, or it is hidden from you.\n"
        f"  docker login {real.host}"
    )
    assert str(error(registry.image, repository, "2.0.0")) == (
        "A tag does not exist  [registry-tag-not-found]\n"
        f"read {repository}:2.0.0\n"
        f"  {real.host}: 404 Not Found (MANIFEST_UNKNOWN)\n"
        "It may not have been pushed yet, or was removed."
    )


def test_many_questions_are_asked_together_and_a_failure_stands_in_its_place(registry, repository, pusher):
    for at in range(40):
        pusher.image(f"1.{at}.0", labels={"at": str(at)})
    tags = [f"1.{at}.0" for at in range(40)]
    tags[7] = "none"

    def question(tag):
        return lambda: registry.image(repository, tag)

    answers = registry.together([question(tag) for tag in tags])
    assert [getattr(answer, "code", None) or answer.labels["at"] for answer in answers] == [
        "registry-tag-not-found" if at == 7 else str(at) for at in range(40)
    ]
    nested = registry.together([lambda: registry.together([question("1.1.0")] * 3) for _ in range(20)])
    assert {facts.tag for answers in nested for facts in answers} == {"1.1.0"}
