"""Judging what would be written by forty policies, beside PyYAML's C loader on the same bytes.

    python benchmarks/policies.py [--objects 2000] [--changed 1] [--rounds 5]

*loader*: ``yaml.load_all`` with ``CSafeLoader`` over the render, its result thrown away. *ours*: 26 Rules in CEL and 14
packs over the same objects, already read and compared with a render of which one object in a hundred differs; from
nothing, expressions compiled. *again*: the same with what is compiled, as for the next Environment. All take turns
without the garbage collector, in seconds of processor time; ratios are of medians, the noise is the spread of *loader*.
*admission*: forty admission policies with four variables and five validations each, beside the same loader.
Where ``conftest`` or ``kyverno`` is on PATH, or ``GITPROMOTE_BENCH_CONFTEST`` and ``GITPROMOTE_BENCH_KYVERNO`` name
it, eight of the Rules in its own language are timed in it, its start included, beside the same eight here, reading the
objects included.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.diff_objects import block_style, seconds
from gitpromote import AdmissionPolicies, Pack, Rule
from gitpromote.cel import expression, library
from gitpromote.diff.compare import compare
from gitpromote.engine.policy_documents import policy_documents
from gitpromote.model.outcome import Outcome
from gitpromote.model.policy_base import Policy
from gitpromote.model.resolved import ResolvedEnvironment, ResolvedTarget
from gitpromote.policy import admission_program
from gitpromote.policy.evaluate import evaluate
from gitpromote.policy.judged import Material
from gitpromote.policy.scene import Scene
from gitpromote.render.parse import parse_manifests

_GOAL = 1.0

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{number}
  namespace: team-{team}
  labels: {{app.kubernetes.io/name: app-{number}, team: team-{team}, helm.sh/chart: app-1.0.0}}
spec:
  replicas: {replicas}
  selector:
    matchLabels: {{app.kubernetes.io/name: app-{number}}}
  template:
    metadata:
      labels: {{app.kubernetes.io/name: app-{number}, team: team-{team}}}
      annotations: {{checksum/config: 5f1e{number:08}}}
    spec:
      serviceAccountName: app-{number}
      automountServiceAccountToken: false
      securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
      - name: main
        image: "ghcr.io/acme/app-{number}:{version}@sha256:{number:064x}"
        args: [--listen, ":8080", --log-level, info]
        ports:
        - {{name: http, containerPort: 8080, protocol: TCP}}
        env:
        - {{name: UPSTREAM, value: "http://app-{number}.team-{team}.svc:8080/api"}}
        - name: DB_PASSWORD
          valueFrom: {{secretKeyRef: {{name: app-{number}, key: password}}}}
        resources:
          requests: {{cpu: 50m, memory: 64Mi}}
          limits: {{memory: 128Mi}}
        readinessProbe:
          httpGet: {{path: /ready, port: http}}
        livenessProbe:
          httpGet: {{path: /alive, port: http}}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {{drop: [ALL]}}
        volumeMounts:
        - {{name: tmp, mountPath: /tmp}}
      volumes:
      - name: tmp
        emptyDir: {{}}
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: app-{number}
  namespace: team-{team}
  labels: {{app.kubernetes.io/name: app-{number}, team: team-{team}}}
spec:
  type: ClusterIP
  selector: {{app.kubernetes.io/name: app-{number}}}
  ports:
  - {{name: http, port: 80, targetPort: http}}
"""
_CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-{number}
  namespace: team-{team}
  labels: {{app.kubernetes.io/name: app-{number}, team: team-{team}}}
data:
  LOG_LEVEL: info
  TIMEOUT: "30"
  app.properties: |
    color=blue
    limit={number}
"""
_INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: app-{number}
  namespace: team-{team}
  labels: {{app.kubernetes.io/name: app-{number}, team: team-{team}}}
spec:
  tls:
  - {{hosts: [app-{number}.acme.example], secretName: app-{number}-tls}}
  rules:
  - host: app-{number}.acme.example
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {{service: {{name: app-{number}, port: {{name: http}}}}}}
"""
_NETWORK = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: app-{number}
  namespace: team-{team}
  labels: {{app.kubernetes.io/name: app-{number}, team: team-{team}}}
spec:
  podSelector: {{matchLabels: {{app.kubernetes.io/name: app-{number}}}}}
  ingress:
  - from: [{{podSelector: {{}}}}]
"""
_ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: app-{number}
  namespace: team-{team}
  labels: {{app.kubernetes.io/name: app-{number}, team: team-{team}}}
rules:
- {{apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}}
"""
_ACCOUNT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: app-{number}
  namespace: team-{team}
  labels: {{app.kubernetes.io/name: app-{number}, team: team-{team}}}
automountServiceAccountToken: false
"""
_OTHERS = (_INGRESS, _NETWORK, _ROLE, _ACCOUNT)


def render(objects: int, changed: int = 0) -> bytes:
    """Every fourth a Deployment; in every hundred objects, as many of these have another image."""
    documents = []
    for place in range(objects):
        number, kind = divmod(place, 4)
        template = (_DEPLOYMENT, _SERVICE, _CONFIG, _OTHERS[number % len(_OTHERS)])[kind]
        version = "1.42.0" if number % 25 < changed else "1.41.0"
        told = {"number": number, "team": number % 12, "replicas": 2 + number % 5, "version": version}
        documents.append(block_style(template.format(**told)))
    return "---\n".join(documents).encode()


_POD = "spec.template.spec"
_CONTAINERS = f"object.{_POD}.containers"
_HERE = "ghcr.io/acme/"
_EACH = f"some c in input.{_POD}.containers; "
#: Name, CEL and Rego of Rules over Deployments, for those who compare with other programs.
BOTH = (
    ("two-replicas", "object.spec.replicas >= 2", "input.spec.replicas < 2"),
    ("no-latest", f"{_CONTAINERS}.all(c, !c.image.endsWith(':latest'))", f'{_EACH}endswith(c.image, ":latest")'),
    ("from-here", f"{_CONTAINERS}.all(c, c.image.startsWith('{_HERE}'))", f'{_EACH}not startswith(c.image, "{_HERE}")'),
    ("limits", f"{_CONTAINERS}.all(c, has(c.resources.limits.memory))", f"{_EACH}not c.resources.limits.memory"),
    ("ready", f"{_CONTAINERS}.all(c, has(c.readinessProbe))", f"{_EACH}not c.readinessProbe"),
    ("no-root", f"object.{_POD}.securityContext.runAsNonRoot", f"not input.{_POD}.securityContext.runAsNonRoot"),
    ("team", "has(object.metadata.labels.team)", "not input.metadata.labels.team"),
    ("account", f"object.{_POD}.serviceAccountName != 'default'", f'input.{_POD}.serviceAccountName == "default"'),
)

_OBJECT_RULES = {
    "few-replicas": "object.spec.replicas <= 50",
    "names": "object.metadata.name.matches('^[a-z0-9-]+$')",
    "same-name": "object.metadata.labels['app.kubernetes.io/name'] == object.metadata.name",
    "pod-team": "object.spec.template.metadata.labels.team == object.metadata.labels.team",
    "ports": f"{_CONTAINERS}.all(c, c.ports.all(p, p.containerPort > 1024))",
    "no-plain": f"{_CONTAINERS}.all(c, !has(c.env) || c.env.all(e, !e.name.contains('PASSWORD') || !has(e.value)))",
    "named-ports": f"{_CONTAINERS}.all(c, c.ports.all(p, has(p.name)))",
    "shrink-slowly": "oldObject == null || object.spec.replicas * 2 >= oldObject.spec.replicas",
}
_EVERY_KIND = {
    "namespace": "object.metadata.namespace.startsWith('team-')",
    "owned": "has(object.metadata.labels.team) && object.metadata.labels.team == object.metadata.namespace",
    "not-default": "object.metadata.namespace != 'default'",
    "short": "object.metadata.name.size() <= 53",
}
_CHANGE_RULES = {
    "calm": "change.risk != 'high'",
    "no-deletes": "!('delete' in change.actions)",
    "no-selectors": "change.fields.all(f, !f.path.startsWith('spec.selector'))",
}


def policies() -> list[Policy]:
    """Forty."""
    rules = [Rule(name, cel, kinds="Deployment") for name, cel, _ in BOTH]
    rules += [Rule(name, cel, kinds="Deployment") for name, cel in _OBJECT_RULES.items()]
    rules += [Rule(name, cel) for name, cel in _EVERY_KIND.items()]
    rules += [Rule(name, cel, on="change") for name, cel in _CHANGE_RULES.items()]
    rules += [
        Rule("cluster-ip", "object.spec.type == 'ClusterIP'", kinds="Service"),
        Rule("few", "plan.deletes < 10 && plan.changes < 500", on="plan"),
        Rule("own-hosts", "object.spec.rules.all(r, r.host.endsWith('.acme.example'))", kinds="Ingress"),
    ]
    names = "secrets resources probes ingress-tls deprecated-apis deletes widening network-policy read-only-root order"
    packs = [Pack(name) for name in names.split()]
    packs += [
        Pack("images", settings={"registries": ["ghcr.io/acme"]}),
        Pack("pod-security", settings={"profile": "restricted"}),
        Pack("labels", settings={"required": ["app.kubernetes.io/name", "team"]}),
        Pack("rollback-ready"),
    ]
    return [*rules, *packs]


_ADMISSION = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: p{number}}}
spec:
  matchConstraints:
    resourceRules: [{{apiGroups: [apps], apiVersions: [v1], operations: ["*"], resources: [deployments]}}]
  variables:
  - {{name: pod, expression: object.spec.template.spec}}
  - {{name: init, expression: "has(variables.pod.initContainers) ? variables.pod.initContainers : []"}}
  - {{name: containers, expression: variables.pod.containers + variables.init}}
  - {{name: images, expression: "variables.containers.map(c, c.image)"}}
  validations:
  - {{expression: "variables.containers.size() < {number} + 10"}}
  - {{expression: "variables.containers.all(c, has(c.resources.limits))"}}
  - {{expression: "variables.containers.all(c, has(c.readinessProbe))"}}
  - {{expression: "variables.images.all(i, i.contains('@sha256:'))"}}
  - {{expression: "variables.pod.securityContext.runAsNonRoot"}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: b{number}}}
spec: {{policyName: p{number}, validationActions: [Deny]}}
"""


def admission() -> Material:
    """Forty admission policies, in one file."""
    text = "---\n".join(_ADMISSION.format(number=number) for number in range(40))
    documents = policy_documents({"vap.yaml": text}).objects
    return Material(documents=documents, of={"vap": ("vap.yaml",)})


def scene(before: bytes, after: bytes) -> Scene:
    old, new = (parse_manifests(side, file="all.yaml").manifests for side in (before, after))
    target = ResolvedTarget(kind="branch", ref="refs/heads/env/prod")
    return Scene(
        pipeline="shop",
        environment=ResolvedEnvironment(name="prod", target=target, production=True),
        occasion="promote",
        objects=new,
        before=old,
        changes=tuple(compare(old, new).changes),
    )


def forget() -> None:
    """What is kept of expressions: the next ones are compiled from nothing."""
    for kept in (
        expression._known,
        library._environment,
        admission_program._program,
        admission_program._with_variables,
    ):
        kept.cache_clear()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--changed", type=int, default=1, help="objects of a hundred that differ")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    before, after = render(given.objects), render(given.objects, given.changed)
    asked = policies()
    outcomes: list[tuple[Outcome, ...]] = [evaluate(asked, scene(before, after))]
    taken: dict[str, list[float]] = {"loader": [], "ours": [], "again": [], "admission": []}
    files = AdmissionPolicies("vap.yaml", name="vap")
    for _ in range(given.rounds):
        taken["loader"].append(seconds(lambda: list(yaml.load_all(after, Loader=yaml.CSafeLoader))))
        for name in ("ours", "again"):
            if name == "ours":
                forget()
            # Each round has objects of its own: nothing is remembered of those before.
            fresh = scene(before, after)
            taken[name].append(seconds(lambda fresh=fresh: outcomes.append(evaluate(asked, fresh))))
        forget()
        fresh, material = scene(before, after), admission()
        taken["admission"].append(seconds(lambda fresh=fresh, material=material: evaluate([files], fresh, material)))
    report(given.objects, len(asked), len(after), taken, outcomes[-1])
    beside_programs(after, given.rounds)


def report(objects: int, asked: int, size: int, taken: dict[str, list[float]], outcomes: tuple[Outcome, ...]) -> None:
    median = {name: statistics.median(each) for name, each in taken.items()}
    noise = (max(taken["loader"]) - min(taken["loader"])) / median["loader"]
    words = sorted({one.status for one in outcomes})
    told = ", ".join(f"{sum(one.status == word for one in outcomes)} {word}" for word in words)
    print(f"{asked} policies over {objects} objects, {size / 1e6:.1f} MB; {told}")
    print(f"  loader alone  {median['loader']:6.3f} s   (noise {noise:.0%})")
    for name in ("ours", "again", "admission"):
        ratio = median[name] / median["loader"]
        print(f"  {name:12}  {median[name]:6.3f} s   ratio {ratio:.2f}  (goal at most {_GOAL:.0f})")


# --- other programs


def beside_programs(objects: bytes, rounds: int) -> None:
    rules = [Rule(name, cel, kinds="Deployment") for name, cel, _ in BOTH]
    for program, written in (("conftest", _rego), ("kyverno", _kyverno)):
        variable = f"GITPROMOTE_BENCH_{program.upper()}"
        found = shutil.which(os.environ.get(variable) or program)
        if found is None:
            print(f"  {program:12}  not found: neither on PATH nor by {variable}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            here = Path(folder)
            (here / "all.yaml").write_bytes(objects)
            command = [found, *written(here)]
            if wrong := _failure(command):
                print(f"  {program:12}  cannot be timed: {wrong}")
                continue
            theirs = [_spent(command) for _ in range(rounds)]
        ours = [_from_nothing(rules, objects) for _ in range(rounds)]
        mine, other = statistics.median(ours), statistics.median(theirs)
        print(f"  {program:12}  {other:6.3f} s   for {len(rules)} rules; ours {mine:.3f} s, ratio {mine / other:.2f}")


def _from_nothing(rules: list[Rule], objects: bytes) -> float:
    forget()
    work: Callable[[], object] = lambda: evaluate(rules, scene(b"", objects))  # noqa: E731
    return seconds(work)


def _rego(folder: Path) -> list[str]:
    """What conftest is told to do, its rules beside the objects."""
    lines = ["package main", "import rego.v1"]
    lines += [f'deny contains "{name}" if {{ input.kind == "Deployment"; {against} }}' for name, _, against in BOTH]
    (folder / "rules").mkdir()
    (folder / "rules" / "rules.rego").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ["test", "--policy", str(folder / "rules"), str(folder / "all.yaml")]


def _kyverno(folder: Path) -> list[str]:
    rules = [
        {
            "name": name,
            "match": {"any": [{"resources": {"kinds": ["Deployment"]}}]},
            "validate": {"cel": {"expressions": [{"expression": cel, "message": name}]}},
        }
        for name, cel, _ in BOTH
    ]
    policy = {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "rules"}}
    (folder / "policy.yaml").write_text(yaml.safe_dump({**policy, "spec": {"rules": rules}}), encoding="utf-8")
    return ["apply", str(folder / "policy.yaml"), "--resource", str(folder / "all.yaml")]


def _failure(command: list[str]) -> str:
    """Why a program does not judge these objects as it should: all of them keep to all rules."""
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    lines = [line.strip() for line in (ended.stderr + ended.stdout).splitlines() if line.strip()]
    return "" if ended.returncode == 0 else f"exit status {ended.returncode}: {lines[-1][:200] if lines else ''}"


def _spent(command: list[str]) -> float:
    """Seconds of processor time of a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
