"""Secrets that were seeded into sources, targets and addresses are in no output, plan, Record, event or report."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

import pytest

#: One of each sort; every one must be found in the rendered branch and nowhere else.
SEEDS = {
    "data": "correct-horse-battery-1",
    "string-data": "correct-horse-battery-2",
    "values-file": "correct-horse-battery-3",
    "sensitive-path": "correct-horse-battery-4",
    "token": "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "sops": "pxuhF1wXKbyTwJ4qhrLmVc0nTQ==",
    "pem": "MIIEowIBAAKCAQEAx4UbaDzY5xjW6hc9jwN0mX33XpTDVWZ",
}
ADDRESS = "correct-horse-battery-9"

PIPELINE = """\
from gitpromote import App, Branch, Environment, Helm, Pipeline, Plain

shop = Pipeline(
    "shop",
    apps=[
        App("shop", Plain("deploy/$env"), allow_plaintext_secrets=True),
        App("chart", Helm("chart", values=["values/$env.yaml"]), allow_plaintext_secrets=True),
    ],
    sensitive_paths=["ConfigMap/settings: data.answer"],
    target=Branch("env/$env"),
    environments=[Environment("test"), Environment("prod")],
)
"""


def objects(generation: str) -> str:
    seeds = {name: seed + generation for name, seed in SEEDS.items()}
    return f"""\
apiVersion: v1
kind: Secret
metadata: {{name: login, annotations: {{note: "old password {seeds["data"]}"}}}}
data: {{password: {base64.b64encode(seeds["data"].encode()).decode()}}}
stringData: {{user: {seeds["string-data"]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: copies}}
data:
  url: "postgres://shop:{seeds["data"]}@db/shop"
  settings.json: '{{"user": "{seeds["string-data"]}"}}'
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: copy-of-another-app}}
data: {{note: "of the chart: {seeds["values-file"]}"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings}}
data: {{answer: {seeds["sensitive-path"]}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: sealed}}
stringData: {{password: "ENC[AES256_GCM,data:{seeds["sops"]},iv:aXY=,tag:dGFn,type:str]"}}
sops: {{mac: "ENC[AES256_GCM,data:{seeds["sops"]},iv:aXY=,tag:dGFn,type:str]", version: 3.9.0}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop}}
spec:
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/shop:1.0.0
          args: ["--key={seeds["jwt"]}"]
          env:
            - {{name: TOKEN, value: {seeds["token"]}}}
            - name: KEY
              value: |
                -----BEGIN RSA PRIVATE KEY-----
                {seeds["pem"]}
                -----END RSA PRIVATE KEY-----
"""


def files(generation: str) -> dict[str, str]:
    found = {
        "pipeline.py": PIPELINE,
        "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        "chart/templates/secret.yaml": (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: chart}\nstringData: {password: {{ .Values.password }}}\n"
        ),
    }
    for env in ("test", "prod"):
        found[f"deploy/{env}/deployment.yaml"] = objects(generation)
        found[f"values/{env}.yaml"] = f"password: {SEEDS['values-file']}{generation}\n"
    return found


@pytest.fixture
def seeded(shop):
    """Two generations of secrets, the first of them written; the address has a password too."""
    shop.git("remote", "set-url", "origin", f"https://lea:{ADDRESS}@git.example/acme/shop.git")
    settings = Path(os.environ["GIT_CONFIG_GLOBAL"])
    bases = (f"https://lea:{ADDRESS}@git.example/acme/shop.git", "https://git.example/acme/shop.git")
    known = "".join(f"\tinsteadOf = {base}\n" for base in bases)
    settings.write_text(f'{settings.read_text()}[url "{shop.remote}"]\n{known}')
    shop.push(files("a"))
    return shop


def secrets() -> dict[str, bytes]:
    """What is searched for: each seed as it is, and as base64 at every offset."""
    found = {f"{name}": seed.encode() for name, seed in (SEEDS | {"address": ADDRESS}).items()}
    for name, seed in SEEDS.items():
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + seed.encode())
            found[f"{name} in base64 at {shift}"] = encoded[(shift * 8 + 5) // 6 : len(encoded) - 4]
    return found


def leaks(texts: dict[str, bytes]) -> list[str]:
    return [
        f"{name} in {where}" for where, text in texts.items() for name, secret in secrets().items() if secret in text
    ]


def told(shop, *words: str, code: int = 0) -> bytes:
    ended = shop.run(*words)
    assert ended.code == code, ended.err
    return (ended.out + ended.err).encode()


def records(shop) -> dict[str, bytes]:
    """Every commit and file that the ledger has ever had."""
    ledger = "gitpromote/ledger/shop"
    lines = shop.remote_git("rev-list", "--objects", ledger, "--not", "main").splitlines()
    return {f"ledger {line}": shop.remote_git("cat-file", "-p", line.split()[0]).encode() for line in lines}


def test_no_seeded_secret_is_told_anywhere(seeded) -> None:
    first, second, events = (seeded.root / name for name in ("plan.json", "second.json", "events.json"))
    texts = {"plan": told(seeded, "plan", "--full", "-v", "--out", str(first), "--json-into", str(events))}
    texts |= {"plan file": first.read_bytes(), "events of plan": events.read_bytes()}
    digest = seeded.digest(first)
    apply = ("apply", str(first), "--expect-digest", digest, "--json-into", str(events))
    texts |= {"apply": told(seeded, *apply), "events of apply": events.read_bytes()}
    seeded.push(files("b"))
    texts["plan of changes"] = told(seeded, "plan", "--full", "--out", str(second))
    texts |= {"second plan file": second.read_bytes(), "json": told(seeded, "plan", "--json")}
    for kind in ("text", "markdown", "json"):
        texts[f"show {kind}"] = told(seeded, "show", str(second), "--full", "--format", kind)
    for words in ("status", "history", "explain test", "validate", "graph", "verify", "diff test prod", "doctor"):
        texts[words] = told(seeded, *words.split())
    texts |= {f"{name} as JSON": told(seeded, name, "--json") for name in ("status", "history", "verify", "doctor")}
    texts["apply again"] = told(seeded, "apply", str(second), "--expect-digest", seeded.digest(second))
    assert leaks(texts | records(seeded)) == []


def test_the_branches_hold_what_was_seeded(seeded) -> None:
    """The search above would find nothing either if the seeds were not there."""
    seeded.apply()
    branch = {path: seeded.remote_git("show", f"env/prod:{path}") for path in paths(seeded, "env/prod")}
    whole = "\n".join(branch.values())
    encoded = base64.b64encode(f"{SEEDS['data']}a".encode()).decode()
    assert [name for name, seed in SEEDS.items() if seed not in whole] == []
    assert encoded in whole


def paths(shop, ref: str) -> list[str]:
    return str(shop.remote_git("ls-tree", "-r", "--name-only", ref)).splitlines()


def test_a_plan_holds_no_id_of_a_file_with_a_secret(seeded) -> None:
    """A hash of a short secret is the secret, to somebody who can count."""
    file = seeded.plan()
    plan = file.read_text()
    seeded.apply(file)
    ids = dict(line.split("\t")[::-1] for line in seeded.remote_git("ls-tree", "-r", "env/prod").splitlines())
    hidden = {path: entry.split()[2] for path, entry in ids.items() if "secret" in path or "configmap" in path}
    assert len(hidden) == 6
    assert [path for path, oid in hidden.items() if oid in plan] == []


def test_a_copy_of_another_apps_secret_is_no_foreign_content(seeded) -> None:
    seeded.apply()
    assert "No changes." in seeded.run("plan").out


def test_what_counts_as_a_secret_may_change_without_an_alarm(seeded) -> None:
    seeded.apply()
    more = PIPELINE.replace(
        '["ConfigMap/settings: data.answer"]', '["Deployment/shop: spec.template.spec.containers.**"]'
    )
    seeded.push({"pipeline.py": more})
    assert "No changes." in seeded.run("plan").out
    seeded.push({"deploy/test/deployment.yaml": objects("a").replace("shop:1.0.0", "shop:1.1.0")})
    told = seeded.run("plan")
    assert "foreign" not in told.out
    assert "1 environment to promote" in told.out


def test_a_report_of_our_own_bug_holds_no_secret(seeded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AssertionError(f"{ADDRESS[:7]} https://lea:{ADDRESS}@git.example/acme/shop.git {SEEDS['token']}")

    monkeypatch.setattr("gitpromote.project.Project.plan", broken)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    ended = seeded.run("plan")
    reports = {str(path): path.read_bytes() for path in (tmp_path / "state").rglob("*.txt")}
    assert (ended.code, len(reports)) == (70, 1)
    assert leaks(reports | {"screen": (ended.out + ended.err).encode()}) == []


@pytest.mark.parametrize("name", ["token", "jwt"])
def test_a_renderer_that_prints_a_token_is_not_quoted_with_it(seeded, name: str) -> None:
    seeded.push({"chart/templates/fails.yaml": f'{{{{ fail "no access with {SEEDS[name]}" }}}}\n'})
    ended = seeded.run("plan")
    assert ended.code == 1
    assert "no access with (sensitive)" in ended.err
    assert leaks({"screen": (ended.out + ended.err).encode()}) == []


# -- a Secret on its way into Git, and values that are drawn

ONE = PIPELINE.replace(", allow_plaintext_secrets=True", "").replace('[Environment("test"), Environment("prod")]', "[]")
PLAIN_SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {user: correct-horse-battery-2}\n"
WHY = (
    "plaintext-secret: shop: a readable Secret would be written to Git: v1/Secret login; encrypt it (SOPS, "
    "SealedSecret), fetch it (ExternalSecret), or say App(…, allow_plaintext_secrets=True)"
)


def test_a_plaintext_secret_is_not_written(one) -> None:
    one.push({"deploy/test/login.yaml": PLAIN_SECRET})
    file = one.plan()
    assert one.run("plan", "--fail-on", "blocked", "--json").code == 13
    told = one.refused(
        "apply",
        str(file),
        "--expect-digest",
        one.digest(file),
        code=13,
        out=(
            f"test  BLOCKED  plaintext-secret\n      {WHY}\n"
            "Applied: 0 done, 1 failed, 0 waiting, 0 not started.\n"
            "No target was written.   [plaintext-secret]\n"
            f"See what would help:\n  gitpromote explain shop test --plan {file}\n"
        ),
    )
    assert told == ""
    assert b"correct-horse" not in file.read_bytes()


def drawing(kind: str, member: str, *, allow: bool = False) -> dict[str, str]:
    allowed = ", allow_plaintext_secrets=True" if allow else ""
    return {
        "pipeline.py": (
            "from gitpromote import App, Branch, Environment, Helm, Pipeline\n\n"
            f'shop = Pipeline("shop", apps=[App("shop", Helm("chart"){allowed})], target=Branch("env/$env"),\n'
            '                environments=[Environment("test")])\n'
        ),
        "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        "chart/templates/drawn.yaml": (
            f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: drawn}}\n{member}: {{x: {{{{ randAlphaNum 24 }}}}}}\n"
        ),
    }


def test_a_drawn_value_is_drawn_once_and_kept(one) -> None:
    one.push(drawing("ConfigMap", "data"))
    ended = one.run("plan", "--out", str(one.root / "plan.json"))
    assert (
        "  · test: shop: drawn anew by every render, written as drawn in this plan: configmap-drawn.yaml: data.x"
        "   [nondeterministic]   (advisory: stops nothing)"
    ) in ended.out.splitlines()
    one.apply(one.root / "plan.json")
    written = one.refs()["refs/heads/env/test"]
    again = one.run("plan", env={"GITPROMOTE_CACHE_DIR": str(one.root / "cold")})
    assert "No changes." in again.out
    assert one.refs()["refs/heads/env/test"] == written


def test_a_drawn_value_is_in_a_plan_of_a_cold_cache_only_if_it_was_drawn_before(one, monkeypatch) -> None:
    one.push(drawing("ConfigMap", "data"))
    one.apply()
    monkeypatch.setenv("GITPROMOTE_CACHE_DIR", str(one.root / "cold"))
    one.push({"chart/templates/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"})
    ended = one.run("plan", "--full", "--json-into", str(one.root / "events"))
    assert "drawn" not in [line.split()[-1] for line in ended.out.splitlines() if "will be updated" in line]
    assert "1 to add, 0 to change" in ended.out


def test_a_drawn_secret_is_not_written(one) -> None:
    one.push(drawing("Secret", "stringData", allow=True))
    file = one.plan()
    one.refused(
        "apply",
        str(file),
        "--expect-digest",
        one.digest(file),
        code=13,
        out=(
            "test  BLOCKED  nondeterministic-secret\n"
            "      nondeterministic-secret: shop: a secret that is drawn anew by every render cannot be reviewed "
            "(secret-drawn.yaml: stringData.x); give the chart an existing Secret, or fetch it with an ExternalSecret\n"
            "Applied: 0 done, 1 failed, 0 waiting, 0 not started.\n"
            "No target was written.   [nondeterministic-secret]\n"
            f"See what would help:\n  gitpromote explain shop test --plan {file}\n"
        ),
    )


def test_no_digest_of_a_secret_stands_in_a_record(seeded) -> None:
    seeded.apply()
    encoded = [hashlib.sha256(f"{seed}a".encode()).hexdigest() for seed in SEEDS.values()]
    whole = b"\n".join(records(seeded).values()).decode("utf-8", "replace")
    assert [digest for digest in encoded if digest in whole] == []
