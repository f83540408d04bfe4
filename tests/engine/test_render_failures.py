"""A fault that several environments have in common is told once."""

from __future__ import annotations

from gitpromote.engine.render_failures import Failed, for_all, one_error
from gitpromote.errors import RenderFailed

BASE = "nothing selected by Nope in base"


def failed(env, words=BASE):
    detail = f"{env}/shop: kubectl kustomize deploy/{env}  (exit status 1)\n  error: {words}"
    return Failed(
        f"{env}/shop", "4be1c9f" + "0" * 33, RenderFailed("A renderer failed", code="render-failed", detail=detail)
    )


def test_the_same_words_of_a_renderer_are_told_once_with_all_environments():
    error = one_error([failed("test"), failed("uat"), failed("prod")])
    assert str(error) == (
        f"{error.summary}  [render-failed]\n"
        "test/shop: kubectl kustomize deploy/test  (exit status 1)\n"
        f"  error: {BASE}\n"
        "the same in uat/shop, prod/shop"
    )


def test_other_words_are_told_beside_them():
    error = one_error([failed("test"), failed("uat", "another one"), failed("prod")])
    assert error.detail.count("(exit status 1)") == 2
    assert "the same in prod/shop" in error.detail
    assert "error: another one" in error.detail


def test_a_name_inside_a_word_is_no_environment():
    words = [failed("test", "latest is missing"), failed("uat", "lauat is missing")]
    assert one_error(words).detail.count("(exit status 1)") == 2


def test_of_many_environments_the_first_are_named():
    error = one_error([failed(f"e{number}") for number in range(9)])
    assert error.detail.endswith("\nthe same in e1/shop, e2/shop, e3/shop, e4/shop, e5/shop …")


def test_what_would_have_been_the_same_render_failed_too_and_the_one_that_was_tried_comes_first():
    tried, alone = failed("test"), failed("uat", "another one")
    alike = [[("test/shop", tried.commit), ("stage/shop", "5" * 40), ("prod/shop", "5" * 40)], [alone[:2]]]
    failures = for_all([tried, alone], alike)
    assert [(one.name, one.commit) for one in failures] == [*alike[0], *alike[1]]
    assert one_error(failures[:3]).detail == f"{tried.error.detail}\nthe same in stage/shop, prod/shop"
    assert one_error(failures).detail.count("(exit status 1)") == 2
