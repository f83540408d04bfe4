"""A template of Environments becomes an ordinary Pipeline of what is alive."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote import (
    App,
    Branch,
    Environment,
    EphemeralPipeline,
    Git,
    Image,
    InPlace,
    Pipeline,
    Plain,
    Warehouse,
    any_of,
    same_commit,
)
from gitpromote.errors import ConfigurationError
from gitpromote.model.ephemeral import LONGEST_KEY, Preview, base_of, expanded, key_of
from gitpromote.model.names import label_problem


def template(**members: object) -> EphemeralPipeline:
    given: dict[str, object] = {
        "apps": [App("shop", Plain("deploy"))],
        "target": Branch("preview/$env"),
        "environments": [Environment("pr")],
    }
    return EphemeralPipeline("previews", **{**given, **members})


ONE = Preview("1", "login", {"number": "1", "branch": "login"})
TWO = Preview("22", "cart", {"number": "22", "branch": "cart"})


def refused(**members: object) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        template(**members)
    return [f"{one.message}  [{one.code}]" for one in caught.value.problems]


def test_its_line_makes_it_again() -> None:
    made = template(ttl="3d", of="refs/heads/feature/*")
    assert eval(repr(made)) == made
    assert (made.seconds, made.follows_branches) == (3 * 86400, True)
    assert (template().seconds, template().follows_branches) == (7 * 86400, False)


def test_it_stands_for_an_ordinary_pipeline() -> None:
    made = expanded(template(), [ONE, TWO])
    assert type(made) is Pipeline
    assert made == Pipeline(
        "previews",
        warehouse=[
            Warehouse(Git(branch="login", include=None), name="previews-1"),
            Warehouse(Git(branch="cart", include=None), name="previews-22"),
        ],
        apps=[App("shop", Plain("deploy"))],
        target=Branch("preview/$env"),
        environments=[
            Environment(
                "pr-1",
                after=[],
                direct="previews-1",
                production=False,
                labels={"number": "1", "branch": "login"},
            ),
            Environment(
                "pr-22",
                after=[],
                direct="previews-22",
                production=False,
                labels={"number": "22", "branch": "cart"},
            ),
        ],
    )
    assert Pipeline.from_data(made.to_data()) == made
    assert made.resolved("pr-22").target.ref == "refs/heads/preview/pr-22"
    assert made.resolved("pr-22").warehouses == ("previews-22",)


def test_an_order_is_kept_within_each_and_between_none() -> None:
    made = expanded(
        template(
            environments=[
                Environment("a"),
                Environment("b", after=[]),
                Environment("c", after=any_of("a", "b")),
                Environment("d", production=True, moved="old"),
            ]
        ),
        [ONE, TWO],
    )
    assert {name: made.upstream(name) for name in made.order()} == {
        "a-1": (),
        "b-1": (),
        "c-1": ("a-1", "b-1"),
        "d-1": ("c-1",),
        "a-22": (),
        "b-22": (),
        "c-22": ("a-22", "b-22"),
        "d-22": ("c-22",),
    }
    assert (made.join("c-1"), made.join("d-1")) == ("any", "all")
    assert [name for name in made.order() if made.is_production(name)] == ["d-1", "d-22"]
    assert made.environment("d-22").moved == ("old-22",)


def test_waves_do_not_run_through_all_of_them() -> None:
    made = expanded(
        template(environments=[Environment("a", wave=1), Environment("b", wave=1), Environment("c", wave=2)]),
        [ONE, TWO],
    )
    assert made.upstream("c-22") == ("a-22", "b-22")


def test_images_come_from_the_same_commit_and_other_warehouses_are_shared() -> None:
    made = expanded(
        template(
            warehouse=[
                Warehouse(Git(branch="main"), Image("ghcr.io/acme/shop"), where=same_commit()),
                Warehouse(Git(repo="https://git.example/base.git"), name="base"),
            ],
            environments=[Environment("pr"), Environment("next", direct=["base"])],
        ),
        [ONE],
    )
    assert [one.name for one in made.warehouses] == ["previews-1", "base"]
    assert made.warehouses[0].subscriptions == (Git(branch="login"), Image("ghcr.io/acme/shop"))
    assert made.resolved("pr-1").direct == ("previews-1", "base")
    assert made.resolved("next-1").direct == ("base",)
    assert base_of(template(warehouse=Warehouse(Git(branch="trunk")))) == "trunk"
    assert base_of(template()) is None


def test_a_preview_is_no_production_by_being_last() -> None:
    assert not template().is_production("pr")
    assert template(environments=[Environment("pr", production=True)]).is_production("pr")


def test_what_cannot_be_is_told() -> None:
    hint = "no pattern of refs with one *  [refs-invalid]"
    for of in ("refs/pull/1/head", "pull/*", "refs/*/*", "refs/pull/*/he ad", "*"):
        assert refused(of=of) == [f'EphemeralPipeline("previews"): of "{of}" is {hint}']
    assert refused(limit=0) == [
        'EphemeralPipeline("previews"): limit is 0, not between 1 and 1000  [number-invalid]',
    ]
    assert refused(ttl=3) == [
        'EphemeralPipeline("previews"): ttl is 3 without a unit  [duration-invalid]',
    ]


def test_what_would_be_wrong_with_two_of_them_is_told_at_once() -> None:
    subject, name = 'EphemeralPipeline("previews")', "e" * 60
    allowed, other = "allowed  [name-invalid]", 'Environment("pr-1000000")'
    assert refused(environments=[Environment(name)]) == [
        f'{subject}: Environment("{name}-1000000"): the name "{name[1:]}…" has 68 characters, and 63 are {allowed}'
    ]
    assert refused(target=Branch("preview")) == [
        f'{subject}: Environment("pr-1"): writes branch "preview", and so does {other}  [path-conflict]'
    ]
    assert refused(target=InPlace("main")) == [
        f"{subject}: a preview edits nothing in place: what is over could not be taken away  [target-unfit]"
    ]
    assert template(target=Branch("preview/$label.branch"), environments=[Environment("pr", labels={"branch": "x"})])


@pytest.mark.parametrize(
    ("pattern", "ref", "key"),
    [
        ("refs/pull/*/head", "refs/pull/12/head", "12"),
        ("refs/pull/*/head", "refs/pull/12/merge", None),
        ("refs/pull/*/head", "refs/heads/main", None),
        ("refs/heads/feature/*", "refs/heads/feature/login", "login"),
        ("refs/heads/feature/*", "refs/heads/feature/Login_Page", "login-page-bf645f"),
        ("refs/heads/feature/*", "refs/heads/feature/login/page", "login-page-6d8321"),
        ("refs/heads/feature/*", "refs/heads/feature/___", "ref-bda251"),
        ("refs/heads/feature/*", "refs/heads/feature/", None),
        ("refs/heads/feature/*", f"refs/heads/feature/{'n' * 27}", "n" * 27),
        ("refs/heads/feature/*", f"refs/heads/feature/{'n' * 28}", f"{'n' * 20}-e79898"),
    ],
)
def test_a_key_is_what_the_star_stands_for(pattern: str, ref: str, key: str | None) -> None:
    assert key_of(pattern, ref) == key


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=80), unique=True, max_size=5))
def test_keys_are_labels_and_no_two_names_get_one(names: list[str]) -> None:
    keys = [key_of("refs/heads/*", f"refs/heads/{name}") for name in names]
    assert all(key is None or (label_problem(key) is None and len(key) <= LONGEST_KEY) for key in keys)
    known = [key for key in keys if key is not None]
    assert len(set(known)) == len(known)
