"""Gates that ask somebody: when they ask, what stands in the plan, and that an apply asks again."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))

from kube_api import KubeApi, kubeconfig
from odd_server import Said, said, serving

from gitpromote import (
    HTTP,
    ArgoCD,
    CommitSignature,
    Environment,
    Git,
    Image,
    ImageSignature,
    Job,
    Prometheus,
    PythonGate,
    SecretEnv,
    Warehouse,
)
from gitpromote.engine.evidence import ASKERS
from gitpromote.errors import RemoteFailed
from gitpromote.model import gate_evidence, gate_plain, gate_time
from gitpromote.model.gate import Gate
from gitpromote.planning.gating import JUDGES

NOW = 1763600040  # Thu 20 Nov 2025 00:54Z: the clock of a site


def run(*words: str, cwd: Path) -> str:
    done = subprocess.run(["git", *words], cwd=cwd, capture_output=True, check=True, text=True)
    return done.stdout.strip()


def pipeline(site, *gates, **members):
    """``test``, and ``prod`` behind these gates."""
    return site.pipeline(Environment("test"), Environment("prod", gates=list(gates)), **members)


def outcome(plan, name, environment="prod"):
    return next(one for one in plan.data.environment(environment).outcomes if one.id == name)


def verdict(plan, name, environment="prod"):
    found = outcome(plan, name, environment)
    return found.status, found.message


def applied(site, line, plan, **options):
    """Environment to how its apply ended."""
    result = site.project(line).apply(plan, confirmed=True, **options)
    return {one.name: f"{one.status}: {one.message}" for one in result.environments}


@pytest.fixture(autouse=True)
def plain_network(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_every_kind_that_asks_has_who_asks_and_who_judges():
    modules = [gate_evidence, gate_plain, gate_time]
    kinds = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Gate) and kind.asks
    }
    assert set(ASKERS) == kinds
    assert {kind.kind for kind in kinds} <= set(JUDGES)


# -- HTTP


@pytest.fixture
def ready():
    """A server that says whether it is ready."""
    state = {"ready": False}
    with serving(lambda asked: said({"ready": state["ready"]})) as server:
        server.state = state
        yield server


def test_a_plan_asks_where_something_moves_and_says_what_was_answered(site, ready):
    line = pipeline(site, HTTP(f"{ready.url}/$env", success="answer.ready == true"))
    plan = site.project(line).plan()
    assert ready.lines == ["GET /prod"]
    assert verdict(plan, "http") == ("pending", "does not hold yet: answer.ready is false")
    [freight] = plan.data.environment("prod").freight.values()
    assert plan.data.facts["gates"] == {
        "prod": {
            "http": {
                "gate": "http",
                "subject": {
                    "environment": "prod",
                    "freight": {"shop": freight.id},
                    "tree": plan.data.environment("prod").result_tree,
                    "commits": {site.project(line)._world.home.canonical: site.home.head("main")},
                },
                "at": NOW,
                "source": f"{ready.url}/prod",
                "value": {"status": 200, "holds": False, "read": {"answer.ready": False}},
                "error": "",
            }
        }
    }


def test_an_apply_asks_again(site, ready):
    line = pipeline(site, HTTP(ready.url, success="answer.ready"))
    site.apply(project=site.project(line))
    plan = site.project(line).plan()
    assert verdict(plan, "http") == ("pending", "does not hold yet: answer.ready is false")
    assert applied(site, line, plan)["prod"] == "waiting: http: does not hold yet: answer.ready is false"
    ready.state["ready"] = True
    assert applied(site, line, plan)["prod"].startswith("written: ")


def test_an_apply_that_waits_polls_until_it_holds(site, ready):
    line = pipeline(site, HTTP(ready.url, success="answer.ready"))
    site.apply(project=site.project(line))
    plan = site.project(line).plan()
    asked = len(ready.asked)

    def later(question):
        ready.state["ready"] = len(ready.asked) >= asked + 3
        return said({"ready": ready.state["ready"]})

    ready.behaviour = later
    assert applied(site, line, plan, wait=True)["prod"].startswith("written: ")
    assert len(ready.asked) == asked + 3


def test_what_passed_and_does_not_any_more_is_waited_for(site, ready):
    ready.state["ready"] = True
    line = pipeline(site, HTTP(ready.url, success="answer.ready"))
    site.apply(project=site.project(line))
    site.home.commit(site.sources("test", "prod", version="2.0.0"))
    plan = site.project(line).plan()
    assert verdict(plan, "http") == ("pass", "answers 200: answer.ready is true")
    ready.state["ready"] = False
    assert applied(site, line, plan)["prod"].startswith("waiting: ")


def test_a_server_that_is_down_at_apply_blocks(site, ready):
    line = pipeline(site, HTTP(ready.url, success="answer.ready"))
    site.apply(project=site.project(line))
    ready.state["ready"] = True
    plan = site.project(line).plan()
    ready.behaviour = lambda asked: Said(200, b"<html>")
    result = site.project(line).apply(plan, confirmed=True)
    prod = next(one for one in result.environments if one.name == "prod")
    assert (prod.status, prod.exit_code) == ("blocked", 13)
    assert prod.detail == "http: the body is not JSON: it is a web page"


def test_nobody_is_asked_where_nothing_moves(site, ready):
    ready.state["ready"] = True
    line = pipeline(site, HTTP(ready.url))
    for _ in range(2):
        site.apply(project=site.project(line))
    asked = len(ready.asked)
    plan = site.project(line).plan()
    assert plan.data.environment("prod").decision == "noop"
    assert len(ready.asked) == asked
    assert "gates" not in plan.data.facts


def test_a_plan_is_made_again_without_asking_anybody(site, ready):
    line = pipeline(site, HTTP(ready.url, success="answer.ready"))
    project = site.project(line)
    plan = project.plan()
    asked = len(ready.asked)
    ready.state["ready"] = True
    from gitpromote.engine.plans import again

    assert again(project._world, plan.data).environments == plan.data.environments
    assert len(ready.asked) == asked


def test_an_answer_about_another_change_counts_as_none(site, ready):
    ready.state["ready"] = True
    line = pipeline(site, HTTP(ready.url))
    project = site.project(line)
    plan = project.plan().data
    told = json.loads(json.dumps(plan.facts["gates"]))
    told["prod"]["http"]["subject"]["tree"] = "0" * 40
    from gitpromote.engine.plans import again

    forged = plan.model_copy(update={"facts": {**plan.facts, "gates": told}})
    made = again(project._world, forged)
    found = next(one for one in made.environment("prod").outcomes if one.id == "http")
    assert (found.status, found.message) == ("error", "nobody was asked about this change")


def test_facts_that_are_no_answers_are_refused(site, ready):
    project = site.project(pipeline(site, HTTP(ready.url)))
    plan = project.plan().data
    from gitpromote.engine.plans import again
    from gitpromote.errors import PlanInvalid

    for odd in (1, {"prod": 1}, {"prod": {"http": 1}}, {"prod": {"http": {"gate": "http"}}}):
        with pytest.raises(PlanInvalid) as caught:
            again(project._world, plan.model_copy(update={"facts": {"gates": odd}}))
        assert caught.value.code == "plan-facts-invalid"


def test_a_secret_stands_in_no_plan(site, ready, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "s3cret-token")
    gate = HTTP(
        ready.url, headers={"X-Key": SecretEnv("SHOP_TOKEN")}, auth=SecretEnv("SHOP_TOKEN"), success="answer.ready"
    )
    plan = site.project(pipeline(site, gate)).plan()
    assert ready.asked[0].headers["authorization"] == "Bearer s3cret-token"
    assert "s3cret-token" not in plan.data.model_dump_json()


def test_a_secret_that_is_missing_is_an_error_of_its_gate_alone(site, ready):
    plan = site.project(
        pipeline(site, HTTP(ready.url, auth=SecretEnv("NOT_SET")), HTTP(ready.url, name="other"))
    ).plan()
    assert verdict(plan, "http") == (
        "error",
        (
            'A secret is not there: SecretEnv("NOT_SET"): the variable is not set. '
            "It is read by whoever runs gitpromote; give it to that machine or job."
        ),
    )
    assert verdict(plan, "other") == ("pass", "answers 200")


def test_many_gates_ask_at_once(site):
    import threading

    meeting = threading.Barrier(4, timeout=10)

    def behaviour(asked):
        meeting.wait()
        return Said()

    with serving(behaviour) as server:
        gates = [HTTP(server.url, name=f"http-{at}") for at in range(4)]
        plan = site.project(pipeline(site, *gates)).plan()
    assert {verdict(plan, gate.name) for gate in gates} == {("pass", "answers 200")}


# -- Prometheus


def measured(number, *, at=None):
    """What a server says that has measured this: of the moment that it is asked for, or of another one."""

    def answer(asked):
        moment = int(parse_qs(urlsplit(asked.path).query)["time"][0]) if at is None else at
        value = {"resultType": "vector", "result": [{"metric": {}, "value": [moment, number]}]}
        return said({"status": "success", "data": value})

    return answer


@pytest.mark.parametrize("elsewhere", ["/api/v1/query?time=1", "/login"])
def test_a_metric_is_asked_where_it_is_and_nowhere_else(site, elsewhere):
    def answer(asked):
        ours = asked.path.startswith("/prom/")
        return Said(status=302, headers={"Location": elsewhere}) if ours else measured("0.001", at=NOW)(asked)

    with serving(answer) as server:
        gate = Prometheus(f"{server.url}/prom", query="errors", below="0.01")
        plan = site.project(site.pipeline(Environment("prod", gates=[gate]))).plan()
        assert verdict(plan, "prometheus") == (
            "error",
            "the server redirects (302): give the address that answers; a login may stand in between",
        )
        assert len(server.asked) == 1


def test_a_metric_is_not_asked_before_its_range_lies_behind_the_arrival(site):
    with serving(measured("0.001")) as server:
        gate = Prometheus(server.url, query='errors{env="$upstream"}', over="15m", below="0.01")
        line = pipeline(site, gate)
        plan = site.project(line).plan()
        assert verdict(plan, "prometheus") == (
            "pending",
            "counts 15m after arrival upstream, where it is not verified yet",
        )
        site.apply(plan, project=site.project(line))
        plan = site.project(line).plan()
        assert verdict(plan, "prometheus") == (
            "pending",
            "counts 15m after arrival upstream at 00:54Z",
        )
        prod = plan.data.environment("prod")
        assert (prod.decision, prod.opens.earliest) == ("waiting", NOW + 900)
        assert server.asked == []
        site.clock.time = NOW + 900
        assert applied(site, line, plan)["prod"].startswith("written: ")
        [asked] = server.lines
        assert asked == f"GET /api/v1/query?query=errors%7Benv%3D%22test%22%7D&time={NOW + 900}&lookback_delta=300s"


def test_an_apply_that_waits_lets_the_range_pass(site):
    with serving(measured("0.001")) as server:
        line = pipeline(site, Prometheus(server.url, query="errors", over="15m", below="0.01"))
        plan = site.project(line).plan()
        assert applied(site, line, plan, wait=True)["prod"].startswith("written: ")
        assert len(server.asked) == 1


def test_expressions_see_the_value_of_a_metric(site):
    from gitpromote import CEL

    with serving(measured("0.25")) as server:
        rate = Prometheus(server.url, query="errors", below=1, name="rate")
        low = CEL("low", 'metrics["rate"].value < 0.1')
        line = site.pipeline(Environment("test", gates=[rate, low]))
        plan = site.project(line).plan()
    assert verdict(plan, "rate", "test") == ("pass", "0.25 is below 1")
    assert outcome(plan, "low", "test").status == "pending"


# -- signatures of commits


@pytest.fixture
def signing(site, keys, monkeypatch, tmp_path):
    """Makes commits, signed by cleo or by nobody."""
    work = tmp_path / "work"
    run("clone", "-q", str(site.home.path), str(work), cwd=tmp_path)

    def commit(signer: str = "", *, allowed: str | None = None, version: str = "1.1.0") -> str:
        run("pull", "-q", "--ff-only", "origin", "main", cwd=work)
        (work / "deploy/prod/deployment.yaml").write_text(site.deployment("prod", version=version))
        if allowed is not None:
            (work / "allowed_signers").write_text(allowed)
        run("add", "-A", cwd=work)
        who = ["-c", "user.name=Cleo", "-c", "user.email=cleo@acme.example", "-c", "gpg.format=ssh"]
        how = ["-c", f"user.signingKey={keys[signer]}", "commit", "-S"] if signer else ["commit", "--no-gpg-sign"]
        run(*who, *how, "-q", "--allow-empty", "-m", "change", cwd=work)
        run("push", "-q", "origin", "HEAD:main", cwd=work)
        return run("rev-parse", "HEAD", cwd=work)

    return commit


def allowed(keys):
    return f"cleo@acme.example {keys['cleo'].with_suffix('.pub').read_text()}"


def test_every_commit_since_the_last_freight_is_signed(site, signing, keys):
    first = signing("cleo", allowed=allowed(keys), version="1.0.1")
    line = site.pipeline(Environment("prod", gates=[CommitSignature()]), signers="allowed_signers")
    plan = site.project(line).plan()
    assert verdict(plan, "commit-signature") == ("pass", "1 commit signed")
    site.apply(plan, project=site.project(line))
    signing("cleo", version="1.0.2")
    unsigned = signing(version="1.0.3")
    last = signing("cleo", version="1.0.4")
    plan = site.project(line).plan()
    assert verdict(plan, "commit-signature") == (
        "fail",
        f"1 of 3 commits not signed by one of allowed_signers: {unsigned[:7]} has no signature",
    )
    assert plan.data.environment("prod").decision == "blocked"
    evidence = plan.data.facts["gates"]["prod"]["commit-signature"]
    assert evidence["source"] == "git"
    assert evidence["value"] == {
        "commits": 3,
        "unsigned": [{"commit": unsigned, "why": "has no signature"}],
        "lacking": 1,
        "signers": "allowed_signers",
        "at": last,
        "again": {"oldest": unsigned, "root": False, "branch": "main", "gone": False, "pipeline": "shop"},
    }
    assert first != last


def test_answers_that_somebody_wrote_into_a_plan_open_nothing(site, signing, keys):
    signing("dora", allowed=allowed(keys))
    line = site.pipeline(Environment("prod", gates=[CommitSignature(signers="allowed_signers")]))
    plan = site.project(line).plan()
    data = plan.data.model_dump(mode="json", by_alias=True)
    data["facts"]["gates"]["prod"]["commit-signature"]["value"] |= {"unsigned": [], "lacking": 0}
    [prod] = data["environments"]
    prod |= {"decision": "ready", "reason": "", "opens": {"earliest": plan.data.as_of}}
    for one in prod["outcomes"]:
        one |= {"status": "pass", "message": "1 commit signed"} if one["id"] == "commit-signature" else {}
    forged = type(plan)(type(plan.data).model_validate(data))
    assert verdict(forged, "commit-signature") == ("pass", "1 commit signed")
    assert site.told(site.apply(forged, project=site.project(line))) == {"prod": "blocked 13"}
    assert site.home.head("env/prod") is None


def test_who_may_sign_is_read_from_the_default_branch(site, signing, keys):
    signing("dora", allowed=allowed(keys))
    line = site.pipeline(Environment("prod", gates=[CommitSignature(signers="allowed_signers")]))
    status, message = verdict(site.project(line).plan(), "commit-signature")
    assert status == "fail"
    assert message.endswith(" is signed by somebody else")


def test_a_missing_file_of_signers_is_an_error(site):
    line = site.pipeline(Environment("prod", gates=[CommitSignature(signers="gone")]))
    assert verdict(site.project(line).plan(), "commit-signature") == (
        "error",
        (
            f"A file that a gate needs is missing: gone on main of {site.home.path}. "
            "Commit it there: on other branches it does not count."
        ),
    )


def test_nobody_who_may_sign_is_an_error(site):
    line = site.pipeline(Environment("prod", gates=[CommitSignature()]))
    assert verdict(site.project(line).plan(), "commit-signature") == (
        "error",
        (
            "Nobody is named who may sign: commit-signature has no signers=, and neither has the Pipeline. "
            'Write signers="allowed_signers", a file of the home repository.'
        ),
    )


# -- signatures of images

DIGEST = "sha256:" + "ab" * 32


def signed_image(key, digest=DIGEST) -> list:
    """What a registry keeps beside the image: synthetic, as cosign makes it."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    from gitpromote.ports import SignatureBlob

    told = {"image": {"docker-manifest-digest": digest}, "type": "cosign container image signature"}
    payload = json.dumps({"critical": told}).encode()
    signature = base64.b64encode(key.sign(payload, ec.ECDSA(hashes.SHA256()))).decode()
    kind = "application/vnd.dev.cosign.simplesigning.v1+json"
    return [SignatureBlob(media_type=kind, body=payload, signature=signature)]


def test_an_image_is_waited_for_until_it_is_signed(site):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    site.home.commit({"cosign.pub": key.public_key().public_bytes(serialization.Encoding.PEM, form)})
    image = f"ghcr.io/acme/shop:1.4.2@{DIGEST}"
    site.shelf.put(image)
    site.shelf.signatures = lambda repository, digest: []
    gates = [ImageSignature(key="cosign.pub")]
    line = site.pipeline(Environment("prod", gates=gates), warehouse=Warehouse(Git(), Image("ghcr.io/acme/shop", "^1")))
    plan = site.project(line).plan()
    assert verdict(plan, "image-signature") == (
        "pending",
        f"1 of 1 image not signed by cosign.pub: {image}: has no signature",
    )
    site.shelf.signatures = lambda repository, digest: signed_image(key) if digest == DIGEST else []
    assert applied(site, line, plan)["prod"].startswith("written: ")


SIDECAR = "sha256:" + "cd" * 32
BESIDE = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: {name}, namespace: shop}}
spec:
  template:
    spec:
      containers: [{{name: a, image: "{image}"}}]
      initContainers: [{{name: b, image: "{image}"}}]
"""


@pytest.fixture
def sidecars(site):
    """Asks for a key's signature of everything that would run; registries keep those of ``signed``, and are counted."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    site.home.commit({"cosign.pub": key.public_key().public_bytes(serialization.Encoding.PEM, form)})
    site.home.commit({"deploy/prod/deployment.yaml": BESIDE.format(name="app", image=f"ghcr.io/acme/shop@{DIGEST}")})
    site.signed, site.looked = {DIGEST}, []

    def signatures(repository, digest):
        site.looked.append(f"{repository}@{digest}")
        return signed_image(key, digest) if digest in site.signed else []

    site.shelf.signatures = signatures
    site.line = site.pipeline(Environment("prod", gates=[ImageSignature(key="cosign.pub", images="rendered")]))
    return site


def test_images_beside_the_freight_are_judged_where_the_gate_says_so_and_each_once(sidecars):
    for name in ("one", "two"):
        text = BESIDE.format(name=name, image=f"docker.io/library/proxy:{name}@{SIDECAR}")
        sidecars.home.commit({f"deploy/prod/{name}.yaml": text})
    plan = sidecars.project(sidecars.line).plan()
    assert verdict(plan, "image-signature") == (
        "pending",
        f"1 of 2 images not signed by cosign.pub: docker.io/library/proxy:one@{SIDECAR}: has no signature",
    )
    assert sorted(sidecars.looked) == [f"docker.io/library/proxy@{SIDECAR}", f"ghcr.io/acme/shop@{DIGEST}"]
    assert applied(sidecars, sidecars.line, plan)["prod"].startswith("waiting: image-signature: 1 of 2 images")
    sidecars.signed.add(SIDECAR)
    assert applied(sidecars, sidecars.line, plan)["prod"].startswith("written: ")
    assert sidecars.project(sidecars.line, cache="cold").verify().ok


def test_what_is_in_the_target_already_is_looked_at_when_a_plan_adds_to_it(sidecars):
    """An apply looks at what the target would hold, not at what the plan writes alone."""
    sidecars.signed.add(SIDECAR)
    sidecars.home.commit({"deploy/prod/a.yaml": BESIDE.format(name="proxy", image=f"proxy@{SIDECAR}")})
    project = sidecars.project(sidecars.line)
    assert project.apply(project.plan(), confirmed=True).exit_code == 0
    sidecars.home.commit({"deploy/prod/b.yaml": BESIDE.format(name="app2", image=f"ghcr.io/acme/shop@{DIGEST}")})
    plan = sidecars.project(sidecars.line).plan()
    sidecars.signed.remove(SIDECAR)
    assert applied(sidecars, sidecars.line, plan)["prod"] == (
        f"waiting: image-signature: 1 of 2 images not signed by cosign.pub: proxy@{SIDECAR}: has no signature"
    )


@pytest.mark.parametrize(
    ("image", "why"), [("proxy:1.2", "has no digest"), ("$(IMAGE)", "is no image"), ("proxy", "has no digest")]
)
def test_an_image_without_a_digest_cannot_be_judged(sidecars, image, why):
    sidecars.home.commit({"deploy/prod/a.yaml": BESIDE.format(name="proxy", image=image)})
    assert verdict(sidecars.project(sidecars.line).plan(), "image-signature") == (
        "error",
        (
            f"1 image cannot be judged: {image} of apps/DaemonSet shop/proxy {why}; write @sha256:… behind it; "
            'where a Warehouse brings it, App(…, pin="tag@digest") does that'
        ),
    )


def test_freight_alone_is_judged_by_default(sidecars):
    sidecars.home.commit({"deploy/prod/a.yaml": BESIDE.format(name="proxy", image="proxy")})
    gates = [ImageSignature(key="cosign.pub")]
    line = sidecars.pipeline(
        Environment("prod", gates=gates), warehouse=Warehouse(Git(), Image("ghcr.io/acme/shop", "^1"))
    )
    sidecars.shelf.put(f"ghcr.io/acme/shop:1.4.2@{DIGEST}")
    assert verdict(sidecars.project(line).plan(), "image-signature") == ("pass", "1 image signed by cosign.pub")


def test_a_registry_that_fails_is_an_error_of_the_gate(sidecars):
    def broken(repository, digest):
        raise RemoteFailed("A registry cannot be reached", code="registry-unreachable", detail=repository)

    sidecars.shelf.signatures = broken
    assert verdict(sidecars.project(sidecars.line).plan(), "image-signature") == (
        "error",
        "A registry cannot be reached: ghcr.io/acme/shop",
    )


def test_signatures_by_an_identity_are_not_judged_by_this_version(site):
    gate = ImageSignature(identity="ci@acme.example", issuer="https://accounts.example")
    plan = site.project(site.pipeline(Environment("prod", gates=[gate]))).plan()
    assert verdict(plan, "image-signature") == (
        "error",
        "signatures by an identity need sigstore: not supported by this version; give key=",
    )


# -- Jobs

MANIFEST = """\
apiVersion: batch/v1
kind: Job
metadata: {name: smoke, namespace: ci}
spec:
  template: {spec: {restartPolicy: Never, containers: [{name: t, image: ghcr.io/acme/smoke}]}}
"""


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A synthetic API server behind a kubeconfig."""
    api = KubeApi()
    with serving(api) as server:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, server.url)))
        yield api


def test_a_plan_starts_no_job_and_an_apply_starts_one(site, cluster, monkeypatch):
    site.home.commit({"smoke.yaml": MANIFEST})
    line = site.pipeline(Environment("prod", gates=[Job("smoke.yaml", context="uat")]))
    plan = site.project(line).plan()
    status, message = verdict(plan, "job")
    name = outcome(plan, "job").operands["job"]
    assert (status, message) == ("pending", f"{name} has not run: apply starts it")
    assert name.startswith("ci/smoke-")
    assert cluster.jobs == {}
    assert applied(site, line, plan)["prod"] == f"waiting: job: {name} runs"
    assert list(cluster.jobs) == [name]
    assert applied(site, line, plan)["prod"] == f"waiting: job: {name} runs"
    assert len(cluster.jobs) == 1
    cluster.finish("Complete")
    assert applied(site, line, plan)["prod"].startswith("written: ")


def test_a_generated_name_and_a_deleted_job(site, cluster, monkeypatch):
    site.home.commit({"smoke.yaml": MANIFEST.replace("name: smoke", "generateName: smoke-")})
    line = site.pipeline(Environment("prod", gates=[Job("smoke.yaml", context="uat")]))
    plan = site.project(line).plan()
    name = outcome(plan, "job").operands["job"]
    assert name.startswith("ci/smoke-")
    assert applied(site, line, plan)["prod"] == f"waiting: job: {name} runs"
    cluster.jobs[name]["metadata"]["deletionTimestamp"] = "2025-11-20T00:00:00Z"
    ending = f"waiting: job: {name} was deleted and is still there: apply starts it again"
    assert applied(site, line, plan)["prod"] == ending
    del cluster.jobs[name]
    assert applied(site, line, plan)["prod"] == f"waiting: job: {name} runs"


def test_a_namespace_that_is_not_there_is_an_error(site, cluster):
    cluster.namespaces = {"default"}
    site.home.commit({"smoke.yaml": MANIFEST})
    line = site.pipeline(Environment("prod", gates=[Job("smoke.yaml", context="uat")]))
    plan = site.project(line).plan()
    assert verdict(plan, "job")[0] == "pending"
    assert applied(site, line, plan)["prod"] == "blocked: job"
    assert cluster.jobs == {}


def test_a_failed_job_blocks(site, cluster):
    site.home.commit({"smoke.yaml": MANIFEST})
    line = site.pipeline(Environment("prod", gates=[Job("smoke.yaml", context="uat")]))
    plan = site.project(line).plan()
    applied(site, line, plan)
    cluster.finish("Failed", reason="DeadlineExceeded", message="Job was active longer than specified deadline")
    plan = site.project(line).plan()
    status, message = verdict(plan, "job")
    assert status == "fail"
    assert message.endswith(" failed: DeadlineExceeded: Job was active longer than specified deadline")


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (None, "smoke.yaml is not in the sources of this Freight"),
        ("a: [", "smoke.yaml:2:1: document 1: "),
        ("- 1", "smoke.yaml is not one object"),
        (MANIFEST + "---\n" + MANIFEST, "smoke.yaml is not one object"),
        ("apiVersion: v1\nkind: Pod\n", "smoke.yaml is no Job of batch/v1"),
        ("apiVersion: batch/v1\nkind: Job\nmetadata: {}\n", "smoke.yaml has no metadata.name"),
        (
            MANIFEST.replace("smoke,", "Smoke_Test,"),
            'smoke.yaml is called "Smoke_Test", which Kubernetes does not take',
        ),
        (MANIFEST.replace("smoke,", "a/b,"), 'smoke.yaml is called "a/b", which Kubernetes does not take'),
        (MANIFEST.replace("namespace: ci", "namespace: a/b"), 'smoke.yaml is in the namespace "a/b"'),
        (MANIFEST.replace("namespace: ci", "namespace: 7"), 'smoke.yaml is in the namespace "7"'),
        (MANIFEST.partition("spec:")[0], "smoke.yaml has no spec"),
    ],
)
def test_a_manifest_that_is_no_job_is_an_error(site, cluster, manifest, why):
    if manifest is not None:
        site.home.commit({"smoke.yaml": manifest})
    line = site.pipeline(Environment("prod", gates=[Job("smoke.yaml", context="uat")]))
    status, message = verdict(site.project(line).plan(), "job")
    assert status == "error"
    assert why in message


def test_a_cluster_that_nobody_names_is_an_error(site):
    site.home.commit({"smoke.yaml": MANIFEST})
    line = site.pipeline(Environment("prod", gates=[Job("smoke.yaml")]))
    assert verdict(site.project(line).plan(), "job") == (
        "error",
        (
            "It is not known in which cluster a Job runs: job of prod: prod has no agent that says. "
            'Name it: Job("smoke.yaml", context="…").'
        ),
    )


# -- functions

GATES = """
def careful(facts):
    return {"status": "pending", "message": f"{facts['environment']['name']} waits for {facts['freight']['subject']}"}

def broken(facts):
    raise ValueError("no such label")
"""


def test_a_function_judges_over_the_facts_of_expressions(site, tmp_path):
    file = tmp_path / "my_gates.py"
    file.write_text(GATES)
    line = site.pipeline(Environment("prod", gates=[PythonGate("my_gates:careful"), PythonGate("my_gates:broken")]))
    project = site.project(line)
    project._world.functions = {f"my_gates:{name}": (str(file), "") for name in ("careful", "broken")}
    plan = project.plan()
    assert verdict(plan, "careful") == ("pending", "prod waits for first")
    assert verdict(plan, "broken") == (
        "error",
        "A gate's function failed: my_gates:broken: ValueError: no such label (my_gates.py:6)",
    )
    assert plan.data.facts["gates"]["prod"]["careful"]["value"] == {
        "status": "pending",
        "message": "prod waits for first",
    }


def test_a_function_sees_what_changes_and_what_other_gates_were_told(site, tmp_path):
    file = tmp_path / "my_gates.py"
    file.write_text(
        "def told(facts):\n"
        "    rate = facts['metrics']['rate']\n"
        "    return {'status': 'pass', 'message': f\"{facts['plan']['changes']} {rate['value']} {facts['at']}\"}\n"
    )
    with serving(measured("0.25")) as server:
        gates = [PythonGate("my_gates:told"), Prometheus(server.url, query="errors", below=1, name="rate")]
        line = site.pipeline(Environment("prod", gates=gates))
        project = site.project(line)
        project._world.functions = {"my_gates:told": (str(file), "")}
        plan = project.plan()
        assert verdict(plan, "told") == ("pass", "1 0.25 2025-11-20T00:54:00Z")
        assert applied(site, line, plan)["prod"].startswith("blocked: ")
        assert project.apply(plan, confirmed=True).exit_code == 0


def test_a_job_is_not_started_for_what_is_blocked(site, cluster):
    site.home.commit({"smoke.yaml": MANIFEST})
    with serving(lambda asked: Said(200, b"{}")) as server:
        gates = [Job("smoke.yaml"), HTTP(server.url, success="answer.ready")]
        line = site.pipeline(Environment("prod", gates=gates, agent=ArgoCD(context="uat")))
        plan = site.project(line).plan()
        assert plan.data.environment("prod").decision == "blocked"
        applied(site, line, plan)
    assert cluster.jobs == {}


def test_a_file_that_many_gates_need_is_read_once(site):
    site.home.commit({"allowed_signers": ""})
    names = ["test", "uat", "prod"]
    environments = [Environment(name, after=[], gates=[CommitSignature()]) for name in names]
    project = site.project(site.pipeline(*environments, signers="allowed_signers"))
    plan = project.plan()
    assert {verdict(plan, "commit-signature", name)[0] for name in names} == {"fail"}
    assert sum(patterns == ("HEAD", "refs/heads/*") for patterns, _ in project._world.home.looked) == 1
