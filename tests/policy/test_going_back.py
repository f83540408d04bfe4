"""The change that takes one back is what a comparison the other way round finds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.diff.compare import compare
from gitpromote.model.change import ObjectChange, path_text
from gitpromote.policy.going_back import effects, reversed_change
from tests.policy.judging import SECRET, deployment, manifests

JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {{name: migrate, namespace: shop}}
spec: {{template: {{spec: {{nodeName: {node}}}}}}}
"""
DOCUMENTS = st.lists(
    st.one_of(
        st.builds(deployment, st.sampled_from("ab"), replicas=st.integers(0, 2), tag=st.sampled_from(["1.0", "2.0"])),
        st.builds(lambda node: JOB.format(node=node), st.sampled_from("ab")),
        st.just(SECRET),
    ),
    max_size=4,
    unique_by=lambda text: text.split("name: ")[1][:8],
)


def facts(change: ObjectChange) -> tuple[object, ...]:
    """What is the same both ways."""
    fields = sorted((path_text(one.path), one.op, str(one.before), str(one.after)) for one in change.fields)
    return str(change.object), change.actions, fields


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_there_and_back(before: list[str], after: list[str]) -> None:
    old, new = manifests(*before), manifests(*after)
    back = [facts(reversed_change(one)) for one in compare(old, new).changes]
    assert back == [facts(one) for one in compare(new, old).changes]


def test_what_goes_back_has_its_effects_and_its_own_fields() -> None:
    [change] = compare(manifests(JOB.format(node="a")), manifests(JOB.format(node="b"))).changes
    back = reversed_change(change)
    assert (back.actions, back.notes, [(one.before, one.after) for one in back.fields]) == (
        ("delete", "create"),
        (),
        [("b", "a")],
    )
    assert list(effects(back)) == ["job-ran", "job-runs-again"]
    assert reversed_change(back).fields == change.fields
