"""What a plan looks like in a terminal: whole outputs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gitpromote.model.change import FieldChange, Generated, Hidden, ObjectChange, ObjectId, Reader
from gitpromote.model.freight import Freight
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import MovingFreight, Opens, Plan, PlannedPipeline, Request, Write
from gitpromote.model.state import Approval
from gitpromote.model.tree import empty_tree
from gitpromote.views.explaining import explanation
from gitpromote.views.lines import filled, plain
from gitpromote.views.markdown import plan_markdown
from gitpromote.views.opening import opening
from gitpromote.views.reviewed import since_texts
from gitpromote.views.summary import summary_line
from gitpromote.views.terminal import diff_view, plan_view


def shown(plan: Plan, **options: Any) -> str:
    """The plan as plain text."""
    return plain(plan_view(plan, **options))


def test_the_same_change_in_four_environments_is_told_once(pay: Plan, snapshot: Any) -> None:
    assert shown(pay) == snapshot


def test_at_80_columns_no_line_of_the_table_is_broken_badly(pay: Plan, snapshot: Any) -> None:
    text = shown(pay, width=80)
    assert text == snapshot
    head = text.split("# 4 environments")[0].split("\n", 1)[1]
    assert max(map(len, head.splitlines())) <= 80


def test_full_shows_noise_and_whole_objects(pay: Plan, snapshot: Any) -> None:
    assert shown(pay, full=True, digest="sha256:" + "9c41" * 16) == snapshot


def test_what_is_waited_for_fits_into_a_row(make: SimpleNamespace) -> None:
    texts = ["Mon-Thu 09:00-16:00 Europe/Berlin", "an answer of " + "somebody " * 20]
    conditions = ({"verified": ["uat"], "plus": 86400}, *({"text": text} for text in texts))
    environment = make.environment("prod", decision="waiting", reason="soak", opens=Opens(conditions=conditions))
    cell = "uat verified + 24h, then Mon-Thu 09:00-16:00 Europe/Berlin, then …"
    assert next(row for row in shown(make.plan(environment)).splitlines() if "prod " in row).endswith(f"  {cell}")
    alone = make.environment("prod", decision="waiting", reason="asked", opens=Opens(conditions=({"text": texts[1]},)))
    row = next(row for row in shown(make.plan(alone)).splitlines() if "prod " in row)
    assert row.endswith("…") and len(row) < 140
    assert opening(environment, now=0) == ", then ".join(["uat verified + 24h", *texts]).rstrip()


def test_nothing_to_do_is_one_sentence(make: SimpleNamespace, snapshot: Any) -> None:
    quiet = {"decision": "noop", "steps": (), "freight": {"pay": MovingFreight(id=make.OLD.id, moving=False)}}
    assert shown(make.plan(make.environment("test", **quiet), make.environment("uat", **quiet))) == snapshot


def test_a_thousand_quiet_environments_are_counted(make: SimpleNamespace, snapshot: Any) -> None:
    quiet = {"decision": "noop", "steps": (), "freight": {"pay": MovingFreight(id=make.OLD.id, moving=False)}}
    others = [make.environment(f"cell-{number}", **quiet) for number in range(997)]
    news = [make.environment(name, changes=(make.update(),)) for name in ("test", "uat", "prod-eu")]
    assert shown(make.plan(*others, *news)) == snapshot


def test_many_ready_environments_are_listed_up_to_forty(make: SimpleNamespace) -> None:
    plan = make.plan(*(make.environment(f"cell-{number}") for number in range(100)))
    assert "  60 more environments ready   (--full lists them)\n" in shown(plan)
    assert "cell-40" not in shown(plan)
    assert "cell-99" in shown(plan, full=True)


def test_a_first_plan_of_many_objects_counts_them_by_kind(make: SimpleNamespace, snapshot: Any) -> None:
    kinds = [("ConfigMap", 9), ("Service", 6), ("Secret", 1)]
    created = tuple(
        make.whole("create", kind, f"{kind.lower()}-{number}") for kind, many in kinds for number in range(many)
    )
    environments = [make.environment(name, changes=created) for name in ("test", "uat", "prod")]
    assert shown(make.plan(*environments)) == snapshot


def test_a_few_created_objects_are_named(make: SimpleNamespace, snapshot: Any) -> None:
    created = (make.whole("create", "Service", "web"), make.whole("create", "ConfigMap", "web"))
    assert shown(make.plan(make.environment("test", changes=created))) == snapshot


def test_what_blocks_and_what_warns_is_told_below_the_table(make: SimpleNamespace, snapshot: Any) -> None:
    foreign = Outcome(
        id="foreign",
        kind="policy",
        status="fail",
        message='holds content that is not ours: b7d2210 "double\x1b[31m replicas" (tom, claimed)',
        operands={"named": "b7d2210" + "0" * 33},
    )
    adoption = Outcome(
        id="adoption",
        kind="policy",
        status="warn",
        message="no record yet: this plan adopts the target as it is (2 files)",
    )
    plan = make.plan(
        make.environment("test", outcomes=(adoption,)),
        make.environment("uat", outcomes=(adoption,)),
        make.environment("prod-eu", decision="blocked", reason="foreign", outcomes=(foreign,)),
        make.environment("prod-us", decision="unavailable", reason="no Freight yet: pay has no image", steps=()),
        make.environment("lab", decision="held", reason="held"),
    )
    assert shown(plan) == snapshot


def test_a_remark_that_does_not_fit_goes_on_further_in(make: SimpleNamespace) -> None:
    reorder = Outcome(
        id="order",
        kind="policy",
        level="advisory",
        status="warn",
        message="the order of 3 lists changes, which is told because some programs go by it, and stops nothing at all",
    )
    told = plain(plan_view(make.plan(make.environment("test", outcomes=(reorder,))), width=80)).splitlines()
    at = next(number for number, text in enumerate(told) if text.startswith("  · test"))
    assert told[at : at + 3] == [
        "  · test: the order of 3 lists changes, which is told because some programs go",
        "      by it, and stops nothing at all   [order]   (advisory: stops nothing)",
        "",
    ]
    assert max(map(len, told)) <= 80


def test_how_a_wave_stands_is_told_below_the_table(make: SimpleNamespace) -> None:
    def in_wave(name: str, status: str, message: str) -> Any:
        outcome = Outcome.model_validate({"id": "wave", "kind": "gate", "status": status, "message": message})
        return make.environment(name, decision="ready" if status == "pass" else "waiting", outcomes=(outcome,))

    crowd = "wave 2: 2 at a time, others go first (eu, us)"
    environments = [
        in_wave("one", "pass", "wave 1"),
        in_wave("us", "pass", "wave 2: 1 of 2 under way (eu); 0 failed, 1 may"),
        in_wave("ap", "pending", crowd),
        in_wave("sa", "pending", crowd),
    ]
    told = [text for text in plain(plan_view(make.plan(*environments))).splitlines() if "[wave]" in text]
    assert told == [
        "    us: wave 2: 1 of 2 under way (eu); 0 failed, 1 may   [wave]",
        f"  … ap, sa: {crowd}   [wave]",
    ]


def test_every_kind_of_field_change_has_its_line(make: SimpleNamespace, snapshot: Any) -> None:
    fields = (
        FieldChange(path=("spec", "replicas"), op="replace", before=2, after=4),
        FieldChange(path=("spec", "paused"), op="add", after=None),
        FieldChange(path=("metadata", "annotations", "a/b"), op="remove", before="x\u202ey"),
        FieldChange(
            path=("data", "app.conf"), op="replace", before="a = 1\nb = 2\nc = 3\n", after="a = 1\nb = 5\nc = 3\n"
        ),
        FieldChange(path=("spec", "hosts"), op="reorder", before=["a", "b"], after=["b", "a"]),
        FieldChange(
            path=("spec", "containers", {"name": "web"}, "env", {"name": "T"}), op="add", after={"name": "T"}, index=1
        ),
        FieldChange(path=("data", "password"), op="replace", before="(sensitive ①)", after="(sensitive ②)"),
    )
    change = ObjectChange(
        object=ObjectId(kind="ConfigMap", name="web"),
        version="v1",
        actions=("update",),
        categories=("config",),
        risk="high",
        fields=fields,
        hidden=Hidden(order=1, references=2),
        generated=Generated(before="web-7f9c", after="web-5d2b"),
        readers=(Reader(object=ObjectId(group="apps", kind="Deployment", name="web"), restarts="keeps-old-config"),),
        notes=("a field that everybody reads",),
    )
    replaced = ObjectChange(
        object=ObjectId(group="batch", kind="Job", namespace="pay", name="migrate"),
        version="v1",
        actions=("delete", "create"),
        categories=("image",),
        fields=(FieldChange(path=("spec", "template"), op="replace", before={"a": 1}, after={"a": 2}),),
    )
    nothing = ObjectChange(object=ObjectId(kind="Service", name="web"), version="v1", actions=("no-op",))
    assert shown(make.plan(make.environment("test", changes=(change, replaced, nothing)))) == snapshot


def test_several_freight_in_one_plan_are_told_apart(make: SimpleNamespace, snapshot: Any) -> None:
    older = {"pay": MovingFreight(id=make.OLD.id, moving=True)}
    assert shown(make.plan(make.environment("test"), make.environment("prod-eu", freight=older))) == snapshot


def test_freight_that_the_plan_does_not_hold_is_no_error(make: SimpleNamespace) -> None:
    unknown = {"pay": MovingFreight(id="f" * 64, moving=True)}
    assert "  test         3.7.2  ready" in shown(make.plan(make.environment("test", freight=unknown)))


def test_a_rollback_says_where_it_goes_and_what_follows(make: SimpleNamespace, snapshot: Any) -> None:
    back = make.environment(
        "prod-eu",
        production=True,
        freight={"pay": MovingFreight(id=make.OLD.id, moving=True)},
        changes=(make.update(),),
        result_tree="5e09c1d" + "0" * 33,
    )
    request = Request(environments=("prod-eu",), complete=False, reason="5xx, INC-2211")
    assert shown(make.plan(back, kind="rollback", request=request)) == snapshot


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_rollback_of_secrets_alone_names_no_tree(make: SimpleNamespace, object_format: str) -> None:
    freight = {"pay": MovingFreight(id=make.OLD.id, moving=True)}
    back = make.environment("prod-eu", freight=freight, changes=(make.update(),), result_tree=empty_tree(object_format))
    text = shown(make.plan(back, kind="rollback", request=Request(reason="5xx")))
    assert "(nothing is rendered)" in text
    assert "recorded tree" not in text


def test_only_what_is_new_since_the_review_is_shown(pay: Plan, make: SimpleNamespace, snapshot: Any) -> None:
    earlier = make.plan(*pay.environments[1:])
    assert shown(pay, earlier=earlier) == snapshot


def test_long_lines_go_on_further_in_on_a_narrow_screen_and_stay_whole_elsewhere() -> None:
    text = '         deploy@4be1c9f "a subject that is far too long" (lea)'
    assert plain(filled(text, indent=2, width=None)) == f"{text}\n"
    assert plain(filled(text, indent=2, width=40)) == (
        '         deploy@4be1c9f "a subject that\n           is far too long" (lea)\n'
    )
    assert plain(filled("word", indent=2, width=2)) == "word\n"


def test_no_line_but_commands_and_changes_is_wider_than_the_screen(pay: Plan) -> None:
    shown = plain(plan_view(pay, width=80)).splitlines()
    assert shown[-2:] == [
        "Plan: 1 environment to promote, 3 waiting, 0 blocked;",
        "      0 to add, 4 to change, 1 to delete. Gates: 0 passed, 5 pending, 0 failed.",
    ]
    head = shown[: next(at for at, text in enumerate(shown) if text.startswith("  # "))]
    assert [text for text in head if len(text) > 80] == []


def test_the_summary_line_is_stable(pay: Plan) -> None:
    assert summary_line(pay.summary) == (
        "Plan: 1 environment to promote, 3 waiting, 0 blocked; 0 to add, 4 to change, 1 to delete. "
        "Gates: 0 passed, 5 pending, 0 failed."
    )


def test_on_a_screen_the_summary_is_broken_between_its_parts_and_for_programs_never(pay: Plan) -> None:
    whole = summary_line(pay.summary)
    assert plain(plan_view(pay, width=80)).splitlines()[-2:] == [
        "Plan: 1 environment to promote, 3 waiting, 0 blocked;",
        "      0 to add, 4 to change, 1 to delete. Gates: 0 passed, 5 pending, 0 failed.",
    ]
    assert plain(plan_view(pay, width=60)).splitlines()[-3:] == [
        "Plan: 1 environment to promote, 3 waiting, 0 blocked;",
        "      0 to add, 4 to change, 1 to delete.",
        "      Gates: 0 passed, 5 pending, 0 failed.",
    ]
    assert plain(plan_view(pay, width=60, piped=True)).splitlines()[-1] == whole
    assert plain(plan_view(pay, width=len(whole))).splitlines()[-1] == whole


def test_two_environments_are_compared_without_a_warning(make: SimpleNamespace) -> None:
    found = {"dev -> prod": (make.whole("create"), make.whole("delete"), make.update())}
    view = diff_view(found, before="dev", after="prod", sides=("dev", "prod"), namespaces={"dev": "prod"})
    text = plain(view)
    assert text.startswith("dev -> prod\nnamespace dev -> prod\n\n")
    assert text.endswith("\n1 object only in dev, 1 different, 1 only in prod.\n")
    heads = [row.split(" #", 1) for row in text.splitlines() if " # " in row and not row.startswith("      ")]
    assert [(sign.strip(), words.split("   (")[0].split(" ", 3)[3]) for sign, words in heads] == [
        ("", "differs"),
        ("+", "only in prod"),
        ("-", "only in dev"),
    ]
    assert not any(word in text for word in ("DELETED", "risk", "will be", "rendered", "restarts"))


def test_a_comparison_of_two_environments(make: SimpleNamespace, snapshot: Any) -> None:
    found = {"api": (make.update(),), "web": (make.whole("create"),)}
    assert plain(diff_view(found, before="test", after="prod")) == snapshot
    assert plain(diff_view({"api": ()}, before="a", after="b")) == "a -> b\nNo difference.\n"


def test_nothing_from_git_reaches_the_screen_as_it_is(make: SimpleNamespace) -> None:
    evil = "\x1b]0;owned\x07\u202eevil\x9b31m"
    freight = Freight.of("pay", make.NEW.artifacts, subject=evil, author=evil)
    change = make.whole("create", f"Con{evil}fig", evil, notes=(evil,))
    outcome = Outcome(id="x", status="fail", message=evil)
    plan = make.plan(
        make.environment("test", changes=(change,), outcomes=(outcome,), reason=evil, decision="blocked"),
        freight={
            freight.id: {
                "alias": freight.alias,
                "warehouse": "pay",
                **freight.model_dump(exclude={"id", "alias", "warehouse", "labels"}),
            }
        },
        request=Request(reason=evil),
    )
    for text in (shown(plan), shown(plan, full=True)):
        assert not any(sign in text for sign in "\x1b\x07\x9b\u202e")


def test_a_rollback_says_what_stays_which_gates_are_passed_by_and_what_waits(make: SimpleNamespace) -> None:
    definition = {
        "environments": [
            {"name": "prod-eu", "after": {"all": ["uat"]}, "gates": None},
            {"name": "prod-us", "after": {"all": ["prod-eu"]}, "gates": None},
        ],
        "gates": [
            {"name": "soak", "applies_to": ["promote"]},
            {"name": "freeze", "applies_to": ["promote", "rollback"]},
        ],
    }
    back = make.environment(
        "prod-eu",
        after={"all": ("uat",)},
        freight={"pay": MovingFreight(id=make.OLD.id, moving=True)},
        outcomes=(Outcome(id="not-undone", kind="policy", status="warn", message="Job pay/migrate ran for 3.8.0"),),
    )
    pipeline = PlannedPipeline(name="pay", definition=definition, definition_digest=f"sha256:{'41aa' * 16}")
    left = {"prod-eu": {make.OLDER.id: {"closed": ["prod-us"], "runs": ["prod-ap", "prod-au"], "open": ["edge"]}}}
    made = make.plan(back, kind="rollback", pipeline=pipeline, request=Request(reason="5xx"))
    text = shown(made.model_copy(update={"facts": made.facts | {"left": left}}))
    assert text.splitlines()[-7:-1] == [
        "  ! Not undone by Git: Job pay/migrate ran for 3.8.0",
        "  Gates: soak, upstream do not apply to a rollback",
        f"  Then: prod-eu is held on {make.OLD.alias}; {make.OLDER.alias} will not go on to prod-us",
        f"        {make.OLDER.alias} stays in prod-ap, prod-au, where it has arrived already: roll that back as well",
        (
            f"        {make.OLDER.alias} may still go on to edge; to stop it: "
            f"gitpromote freight reject {pipeline.name} {make.OLDER.alias} --reason …"
        ),
        "",
    ]
    assert text.count("Not undone") == 1


def test_the_fate_of_each_approval_is_told_since_the_review(make: SimpleNamespace) -> None:
    now = make.plan(
        make.environment("test", change_digest="sha256:aa"),
        make.environment("uat", change_digest="sha256:bb"),
        make.environment("prod-eu", change_digest="sha256:cc"),
    )
    earlier = make.plan(
        make.environment("test", change_digest="sha256:aa"),
        make.environment("uat", change_digest="sha256:b0"),
        make.environment("prod-eu", change_digest="sha256:cc"),
    )

    def approval(name: str, change: str, expires: int | None = None) -> Approval:
        return Approval(record="r", at=1, identity=f"{name}@acme.example", change_digest=change, expires=expires)

    approvals = {
        "test": [approval("lea", "sha256:aa")],
        "uat": [approval("lea", "sha256:b0"), approval("bo", "sha256:bb")],
        "prod-eu": [approval("cleo", "sha256:cc", now.as_of)],
    }
    assert since_texts(now, earlier, approvals) == [
        "The same change as reviewed in test, prod-eu: not shown again.",
        "test: the approval of lea@acme.example still holds",
        "uat: the approval of lea@acme.example does not count any more: the change is another one",
        "prod-eu: the approval of cleo@acme.example has expired",
    ]
    assert since_texts(now, earlier, None) == [
        "The same change as reviewed in test, prod-eu: not shown again.",
        "Approvals of it still hold in test, prod-eu.",
        "Another change than reviewed in uat: approvals of that one do not count.",
    ]
    assert since_texts(now, None, approvals) == []


def test_gates_that_nobody_judges_yet_are_told_as_such(make: SimpleNamespace) -> None:
    pending = [Outcome(id=name, status="pending", message="not judged by this version") for name in ("soak", "quiet")]
    other = Outcome(id="delivery", status="pending", message="pull requests are not supported by this version")
    conditions = ({"verified": ["uat"], "plus": 0}, {"gate": "soak"}, {"gate": "delivery"}, {"gate": "quiet"})
    waiting = make.environment(
        "prod-eu", decision="waiting", outcomes=(*pending, other), opens=Opens(conditions=conditions)
    )
    assert opening(waiting, now=make.NOW) == (
        "uat verified, then pull requests are not supported by this version, "
        "then needs soak, quiet, which this version cannot judge"
    )


def pruning(make: SimpleNamespace, *names: str, files: int = 2) -> list[Any]:
    """Environments that lose files of which no object tells."""
    gone = tuple(Write(path=f"f{number}.md", before="1" * 40, action="delete") for number in range(files))
    kept = Write(path="a.yaml", before="1" * 40, after="2" * 40)
    return [make.environment(name, writes=(*gone, kept)) for name in names]


def test_pruned_files_are_told_whatever_they_hold(make: SimpleNamespace) -> None:
    plan = make.plan(*pruning(make, "test", "uat"), *pruning(make, "prod-eu", files=9), make.environment("prod-us"))
    assert [each for each in shown(plan).splitlines() if "prunes" in each] == [
        "  - test, uat: prunes 2 files: f0.md, f1.md",
        "  - prod-eu: prunes 9 files: f0.md, f1.md, f2.md, f3.md, f4.md, 4 more",
    ]
    assert "prunes 9 files: f0.md, f1.md, f2.md, f3.md, f4.md, f5.md, f6.md, f7.md, f8.md\n" in shown(plan, full=True)
    markdown = plan_markdown(plan, digest="sha256:1")
    assert "- `test, uat: prunes 2 files: f0.md, f1.md`\n" in markdown
    assert "  - test: prunes 2 files: f0.md, f1.md" in plain(explanation(plan, plan.environments[0]))


def test_the_name_of_a_pruned_file_is_somebody_elses_word(make: SimpleNamespace) -> None:
    gone = Write(path="\x1b[31m@me.md", before="1" * 40, action="delete")
    plan = make.plan(make.environment("test", writes=(gone,)))
    assert "test: prunes 1 file: @me.md\n" in shown(plan)
    assert "`test: prunes 1 file: @me.md`" in plan_markdown(plan, digest="sha256:1")
