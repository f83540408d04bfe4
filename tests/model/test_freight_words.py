"""The words by which people tell Freight from its neighbours, and what of several of them runs in one place."""

from __future__ import annotations

from gitpromote.model.artifact import CommitArtifact, ImageArtifact
from gitpromote.model.freight import Freight
from gitpromote.model.freight_words import spoken_for, version_of, versions, versions_beside

CART, SEARCH, PAY = (f"ghcr.io/acme/{name}" for name in ("cart", "search", "pay"))
COMMIT = CommitArtifact(repository="git.acme.example/acme/deploy.git", commit="4be1c9f" + "0" * 33)


def freight(*artifacts: str | CommitArtifact, of: str = "trunk") -> Freight:
    return Freight.of(of, [ImageArtifact.parse(one) if isinstance(one, str) else one for one in artifacts])


def test_one_image_or_one_commit_is_a_version() -> None:
    one, commit = freight(f"{CART}:1.4.0", COMMIT), freight(COMMIT)
    assert (versions([one, commit]), versions_beside([one, commit])) == ("1.4.0, 4be1c9f",) * 2
    assert (versions([]), versions_beside([])) == ("-", "-")


def test_of_several_images_the_alias_stands_alone_and_the_images_stand_beside_it() -> None:
    two = freight(f"{CART}:1.4.0", f"{SEARCH}:2.0.0", COMMIT)
    assert (version_of(two), versions_beside([two])) == (two.alias, "cart:1.4.0, search:2.0.0")
    three = freight(f"{CART}:1.4.0", f"{SEARCH}:2.0.0", f"{PAY}@sha256:{'a' * 64}")
    assert versions_beside([three]) == "cart:1.4.0, pay@sha256:aaaa… and 1 more"
    commits = freight(COMMIT, CommitArtifact(repository="git.acme.example/acme/other", commit="7" * 40))
    assert versions_beside([commits]) == "deploy@4be1c9f, other@7777777"


def test_what_two_hold_is_of_the_one_that_came_last() -> None:
    trunk, urgent = freight(f"{CART}:1.4.0", COMMIT), freight(f"{CART}:hotfix-1", of="urgent")
    held = {"trunk": trunk, "urgent": urgent}
    assert versions(spoken_for(held, {"trunk": 1, "urgent": 2}).values()) == "4be1c9f, hotfix-1"
    assert versions(spoken_for(held, {"trunk": 2, "urgent": 1}).values()) == "1.4.0"
    assert versions(spoken_for(held, {"trunk": 1, "urgent": 2}, moving=["trunk"]).values()) == "1.4.0"
    assert spoken_for({"trunk": trunk}, {}) == {"trunk": trunk}


def test_freight_that_shares_nothing_runs_side_by_side() -> None:
    app, config = freight(f"{CART}:1.4.0"), freight(COMMIT, of="config")
    assert spoken_for({"app": app, "config": config}, {"app": 1, "config": 2}) == {"app": app, "config": config}
