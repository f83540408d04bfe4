"""Secrets are in no plan, Record or message; random values are found, kept where they may be, refused where not."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from gitpromote import App, Branch, Environment, Helm, Plain

WORDS = ("hunter2-first-word", "hunter3-second-word")
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {{name: db, namespace: shop}}
stringData: {{password: {word}}}
data: {{token: {encoded}}}
"""


def secret(word):
    return SECRET.format(word=word, encoded=base64.b64encode(f"tok-{word}".encode()).decode())


def traces(site, word):
    """All that must not be seen: the values, their encodings, and the ids of the files that hold them."""
    texts = [word, f"tok-{word}"]
    texts += [base64.b64encode(text.encode()).decode().rstrip("=") for text in texts]
    blobs = [path.split("\t")[0].split()[2] for path in site.home.git("ls-tree", "-r", "env/test").splitlines()]
    texts += [oid for oid in blobs if word in site.home.show(oid)]
    source = secret(word).encode()
    texts += [hashlib.sha1(b"blob %d\0" % len(source) + source).hexdigest(), hashlib.sha256(source).hexdigest()]
    return texts


def ledger(site):
    """Every byte of the ledger, its messages and every version of its files."""
    head = site.home.head("gitpromote/ledger/shop")
    objects = {line.split()[0] for line in site.home.git("rev-list", "--objects", head).splitlines()}
    kinds = site.home.git("cat-file", "--batch-check", data="\n".join(objects).encode()).splitlines()
    return "".join(site.home.show(line.split()[0]) for line in kinds if " tree " not in line)


def allowing(site, *environments, **members):
    apps = [App("shop", Plain("deploy/$env"), allow_plaintext_secrets=True)]
    return site.pipeline(*(environments or (Environment("test"),)), apps=apps, **members)


def test_a_plaintext_secret_is_blocked(site):
    site.home.commit({"deploy/test/s.yaml": secret(WORDS[0])})
    plan = site.project().plan(env="test")
    assert site.decisions(plan) == {"test": "blocked plaintext-secret"}
    found = next(one for one in plan["test"].outcomes if one.id == "plaintext-secret")
    assert found.level == "hard"
    remedies = "encrypt it (SOPS, SealedSecret), fetch it (ExternalSecret), or say App(…, allow_plaintext_secrets=True)"
    assert found.message == f"shop: a readable Secret would be written to Git: v1/Secret shop/db; {remedies}"
    before = site.home.refs()
    result = site.apply(plan)
    assert (site.told(result), result.exit_code) == ({"test": "blocked 13"}, 13)
    assert site.home.refs() == before


def test_an_allowed_secret_lands_and_is_seen_nowhere(site):
    site.home.commit({"deploy/test/s.yaml": secret(WORDS[0])})
    pipeline = allowing(site)
    seen = []
    for word in WORDS:
        site.home.commit({"deploy/test/s.yaml": secret(word)}, message="secret")
        project = site.project(pipeline)
        plan = project.plan(record=True)
        write = next(one for one in plan["test"].writes if one.sensitive)
        assert (write.path, write.before, write.after) == ("secret-db.yaml", None, None)
        result = site.apply(plan, project=site.project(pipeline, cache="cold"))
        assert site.told(result) == {"test": "written"}
        assert word in site.home.show("env/test:secret-db.yaml")
        seen += [plan.to_bytes().decode(), result.model_dump_json(), repr(plan), str(plan._repr_mimebundle_())]
        seen += [json.dumps(record.to_data()) for record in project.history]
        seen += [outcome.model_dump_json() for outcome in plan["test"].outcomes]
    again = site.project(pipeline, cache="colder").plan()
    assert site.decisions(again) == {"test": "noop"}
    report = site.project(pipeline).verify()
    assert report.ok
    seen += [again.to_bytes().decode(), report.model_dump_json(), ledger(site)]
    back = site.project(pipeline).rollback("test", reason="x")
    seen += [back.to_bytes().decode(), site.apply(back, project=site.project(pipeline)).model_dump_json(), ledger(site)]
    for word in WORDS:
        for trace in traces(site, word):
            assert not any(trace in text for text in seen), trace


def test_that_a_secret_changes_is_shown_without_its_value(site):
    site.home.commit({"deploy/test/s.yaml": secret(WORDS[0])})
    pipeline = allowing(site)
    site.promote(pipeline)
    site.home.commit({"deploy/test/s.yaml": secret(WORDS[1])})
    [change] = site.project(pipeline).plan()["test"].changes
    assert (change.title, change.actions) == ("v1/Secret shop/db", ("update",))
    shown = [(field.path, str(field.before), str(field.after)) for field in change.fields]
    assert [path[-1] for path, _, _ in shown] == ["token", "password"]
    assert all("sensitive" in before and "sensitive" in after for _, before, after in shown)


def test_user_given_paths_are_sensitive_too(site):
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: shop}}\ndata: {{pin: '{}', open: '{}'}}\n"
    pipeline = site.pipeline(Environment("test"), sensitive_paths=["ConfigMap:data.pin"])
    plans = []
    for pin in ("4711-first", "0815-second"):
        site.home.commit({"deploy/test/c.yaml": text.format(pin, f"o-{pin[:4]}")})
        plans.append(site.promote(pipeline))
    for plan in plans:
        text = plan.to_bytes().decode()
        assert "4711-first" not in text and "0815-second" not in text
    assert "o-4711" in plans[1].to_bytes().decode()
    assert site.decisions(site.project(pipeline, cache="cold").plan()) == {"test": "noop"}


def test_a_secret_that_the_first_plan_finds_in_the_target_is_not_shown(site):
    site.home.commit({"old.yaml": secret(WORDS[0])}, branch="env/test", message="by hand", parent=None)
    plan = site.project().plan(env="test")
    for trace in traces(site, WORDS[0]):
        assert trace not in plan.to_bytes().decode()
    assert site.told(site.apply(plan)) == {"test": "written"}
    assert list(site.home.files("env/test")) == ["apps-deployment-shop.yaml"]


def test_a_render_that_comes_out_differently_is_not_pushed(site):
    """The sources are pinned, so only another renderer can do that."""
    from gitpromote.engine import sensitive

    site.home.commit({"deploy/test/s.yaml": secret(WORDS[0])})
    pipeline = allowing(site)
    plan = site.project(pipeline).plan()
    project = site.project(pipeline, cache="cold")
    whole = sensitive.rendered_asks
    try:
        sensitive.rendered_asks = lambda *given: []
        result = site.apply(plan, project=project)
    finally:
        sensitive.rendered_asks = whole
    found = result.environments[0]
    assert (found.status, found.exit_code, found.code) == ("failed", 1, "sensitive-differs")
    assert "env/test" not in str(site.home.refs())


# -- random values

CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "chart/values.yaml": "color: red\n",
    "chart/templates/c.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: shop}
data: {salt: "{{ randAlphaNum 12 }}", color: "{{ .Values.color }}"}
""",
}
RANDOM_SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: shop}
stringData: {password: "{{ randAlphaNum 12 }}"}
"""


@pytest.fixture
def salted(bare):
    bare.home.commit(CHART)
    return bare, bare.pipeline(Environment("test"), apps=[App("shop", Helm("chart"))], target=Branch("env/$env"))


def test_a_random_value_is_kept_as_it_is_in_the_target(salted):
    site, pipeline = salted
    plan = site.project(pipeline).plan()
    found = next(one for one in plan["test"].outcomes if one.id == "nondeterministic")
    text = "shop: drawn anew by every render, written as drawn in this plan: configmap-c.yaml: data.salt"
    assert (found.level, found.status, found.message) == ("advisory", "warn", text)
    assert site.told(site.apply(plan, project=site.project(pipeline, cache="cold"))) == {"test": "written"}
    [drawn] = {blob.text for blob in plan.data.blobs.values()}
    assert site.home.show("env/test:configmap-c.yaml") == drawn
    for cache in ("cache", "cold", "colder"):
        assert site.decisions(site.project(pipeline, cache=cache).plan()) == {"test": "noop"}


def drawn(plan):
    """What the plan says becomes of the values that were drawn."""
    [found] = [one.message for one in plan["test"].outcomes if one.id == "nondeterministic"]
    return found.removeprefix("shop: drawn anew by every render, ").removesuffix(": configmap-c.yaml: data.salt")


def test_a_plan_with_drawn_values_is_planned_again_with_those(salted):
    site, pipeline = salted
    plan = site.project(pipeline).plan()
    assert site.project(pipeline, cache="cold").plan_verify(plan) == []
    site.apply(plan, project=site.project(pipeline))
    site.home.commit({"chart/values.yaml": "color: blue\n"})
    later = site.project(pipeline).plan()
    for one in (plan, later):
        assert site.project(pipeline, cache="colder").plan_verify(one) == []


def test_a_random_value_changes_with_the_object_that_holds_it(salted):
    site, pipeline = salted
    site.promote(pipeline)
    before = site.home.show("env/test:configmap-c.yaml")
    site.home.commit({"chart/templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"})
    assert drawn(site.promote(pipeline)) == "kept as it is"
    assert site.home.show("env/test:configmap-c.yaml") == before
    site.home.commit({"chart/values.yaml": "color: blue\n"})
    assert drawn(site.promote(pipeline)) == "written as drawn in this plan"
    after = site.home.show("env/test:configmap-c.yaml")
    assert ("red" in before, "blue" in after) == (True, True)
    assert site.decisions(site.project(pipeline, cache="cold").plan()) == {"test": "noop"}


def test_a_random_secret_is_blocked_with_the_remedy(salted):
    site, _ = salted
    site.home.commit({"chart/templates/s.yaml": RANDOM_SECRET})
    apps = [App("shop", Helm("chart"), allow_plaintext_secrets=True)]
    pipeline = site.pipeline(Environment("test"), apps=apps)
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {"test": "blocked nondeterministic-secret"}
    found = next(one for one in plan["test"].outcomes if one.id == "nondeterministic-secret")
    assert found.message == (
        "shop: a secret that is drawn anew by every render cannot be reviewed (secret-s.yaml: stringData.password); "
        "give the chart an existing Secret, or fetch it with an ExternalSecret"
    )
    assert site.told(site.apply(plan, project=site.project(pipeline))) == {"test": "blocked 13"}


def test_a_random_value_beside_a_secret_is_applied_with_a_cold_cache(salted):
    """What is drawn stands in the plan; what is secret is rendered again."""
    site, _ = salted
    site.home.commit({"chart/templates/s.yaml": secret(WORDS[0])})
    apps = [App("shop", Helm("chart"), allow_plaintext_secrets=True)]
    pipeline = site.pipeline(Environment("test"), apps=apps)
    plan = site.project(pipeline).plan()
    assert site.decisions(plan) == {"test": "ready"}
    assert site.told(site.apply(plan, project=site.project(pipeline, cache="cold"))) == {"test": "written"}
    assert WORDS[0] in site.home.show("env/test:secret-db.yaml")
    assert site.decisions(site.project(pipeline, cache="colder").plan()) == {"test": "noop"}
