"""A plan as a comment on a pull request."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from gitpromote.model.change import FieldChange
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import MovingFreight, Plan, Request
from gitpromote.views.markdown import LIMIT, code, plan_markdown

DIGEST = "sha256:" + "9c41" * 16


def test_a_plan_says_in_markdown_what_it_says_in_a_terminal(pay: Plan, snapshot: Any) -> None:
    assert plan_markdown(pay, digest=DIGEST) == snapshot


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("plain", "`plain`"),
        ("a|b", "`a|b`"),
        ("tick ` in it", "`` tick ` in it ``"),
        ("@acme/payments #12 <img src=x> [a](javascript:x)", "`@acme/payments #12 <img src=x> [a](javascript:x)`"),
        ("\x1b[31mred\u202e", "`red`"),
        ("", ""),
    ],
)
def test_somebody_elses_words_stand_in_a_code_span(words: str, span: str) -> None:
    assert code(words) == span


def test_no_mention_link_or_tag_stands_outside_of_code(make: SimpleNamespace) -> None:
    evil = "@everyone <script>alert(1)</script> ```\n</details> |"
    change = make.update().model_copy(
        update={"fields": (FieldChange(path=("data", evil), op="replace", before=evil, after=evil + "x"),)}
    )
    plan = make.plan(
        make.environment("test", changes=(change,), outcomes=(Outcome(id="x", status="fail", message=evil),)),
        kind="rollback",
        request=Request(reason=evil),
    )
    text = plan_markdown(plan, digest=DIGEST)
    outside, fence = [], ""
    for each in text.splitlines():
        if fence or each.startswith("```"):
            closes = fence and each.strip() == fence
            fence = "" if closes else fence or each.rstrip("dif")
            continue
        outside.append(each)
    assert fence == ""
    for each in outside:
        bare = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", each)
        assert "@everyone" not in bare
        assert "<script>" not in bare


def test_what_does_not_fit_into_a_comment_is_counted(make: SimpleNamespace) -> None:
    def change(number: int) -> Any:
        many = tuple(
            FieldChange(path=("data", f"key-{each}"), op="add", after=f"{number}" + "x" * 80) for each in range(40)
        )
        ref = make.update().object.model_copy(update={"name": f"api-{number}"})
        return make.update().model_copy(update={"object": ref, "fields": many})

    plan = make.plan(make.environment("test", changes=tuple(change(number) for number in range(100))))
    text = plan_markdown(plan, digest=DIGEST)
    assert len(text) <= LIMIT
    assert f"more changes not shown here: `gitpromote show {DIGEST} --full`" in text
    assert text.endswith("Gates: 0 passed, 0 pending, 0 failed.**\n")
    assert len(plan_markdown(plan, digest=DIGEST, full=True)) > LIMIT


def test_quiet_environments_are_counted(make: SimpleNamespace) -> None:
    quiet = {"decision": "noop", "steps": (), "freight": {"pay": MovingFreight(id=make.OLD.id, moving=False)}}
    plan = make.plan(*(make.environment(f"cell-{number}", **quiet) for number in range(997)))
    assert plan_markdown(plan, digest=DIGEST) == (
        f"### Plan `{DIGEST}` for `pay`\n\n\n997 environments unchanged\n\n"
        "**Plan: 0 environments to promote, 0 waiting, 0 blocked; 0 to add, 0 to change, 0 to delete. "
        "Gates: 0 passed, 0 pending, 0 failed.**\n"
    )


def test_a_long_reason_stands_whole_below_its_table(make: SimpleNamespace) -> None:
    why = "none of the 20 images of cart fits: " + "1.30.0 was built of a commit that no branch has; " * 4
    given = {"decision": "unavailable", "steps": (), "opens": None, "freight": {}, "reason": why}
    asked = "metrics.errors < 0.01 && " * 5 + "true"
    gate = Outcome(id="errors", status="pending", message="m" * 100, expression=asked)
    plan = make.plan(
        make.environment("test", **given),
        make.environment("prod", **given),
        make.environment("lab", outcomes=(gate, gate)),
    )
    text = plan_markdown(plan, digest=DIGEST)
    rows = [each for each in text.splitlines() if each.startswith("|")]
    assert all(len(each) < 260 for each in rows)
    assert rows[2].endswith("| `none of the 20 images of cart fits: …` |")
    assert f"\n\n- `test, prod`: `{why.strip()}`\n" in text
    assert f"- `lab errors`: `{'m' * 100}`\n- `lab errors`: `{gate.expression}`\n\n</details>" in text
