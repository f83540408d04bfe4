"""Reading and comparing manifests, beside PyYAML's C loader alone on the same bytes.

    python benchmarks/diff_objects.py [--objects 2000] [--changed 1] [--rounds 5]

*loader*: ``yaml.load_all`` with ``CSafeLoader`` over both renders, its result thrown away. *ours*: both renders are
read as Kubernetes reads them, masked, compared, and told as changes with risk and effects. *once*: the same, but
documents that both renders share are read once. The renders are in block style, as renderers write them. All take
turns without the garbage collector, in seconds of processor time; ratios are of medians, the noise is the spread of
*loader*. *all changed* compares renders of which every object differs, already read.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from gitpromote.diff.compare import compare
from gitpromote.model.change import ChangeSet
from gitpromote.model.manifest import ManifestSet
from gitpromote.render.dump import dump_yaml
from gitpromote.render.parse import parse_manifests, parse_pieces, parse_yaml, split_documents

_GOAL = 0.7

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{number}
  namespace: shop
  labels: {{app.kubernetes.io/name: app-{number}, helm.sh/chart: app-1.0.0}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app.kubernetes.io/name: app-{number}}}
  template:
    metadata:
      labels: {{app.kubernetes.io/name: app-{number}}}
      annotations: {{checksum/config: 5f1e{number:08}}}
    spec:
      serviceAccountName: app-{number}
      containers:
      - name: main
        image: "ghcr.io/acme/app-{number}:{version}"
        args: [--listen, ":8080", --log-level, info]
        ports:
        - {{name: http, containerPort: 8080, protocol: TCP}}
        env:
        - name: UPSTREAM
          value: http://app-{number}.shop.svc:8080/api
        - name: DB_PASSWORD
          valueFrom: {{secretKeyRef: {{name: app-{number}, key: password}}}}
        envFrom:
        - configMapRef: {{name: app-{number}}}
        resources:
          requests: {{cpu: 50m, memory: 64Mi}}
          limits: {{memory: 128Mi}}
        readinessProbe:
          httpGet: {{path: /ready, port: http}}
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
  namespace: shop
spec:
  selector: {{app.kubernetes.io/name: app-{number}}}
  ports:
  - name: http
    port: 80
    targetPort: http
"""
_CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-{number}
  namespace: shop
data:
  LOG_LEVEL: info
  TIMEOUT: "30"
  app.properties: |
    color=blue
    limit=10
"""
_SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: app-{number}
  namespace: shop
type: Opaque
data:
  password: aHVudGVyMi1hcHAt{number:08}
"""
_KINDS = (_DEPLOYMENT, _SERVICE, _CONFIG, _SECRET)


def render(objects: int, changed: int = 0) -> bytes:
    """As many objects, every fourth a Deployment; in every hundred objects, as many of these have another image."""
    documents = []
    for place in range(objects):
        number, kind = divmod(place, len(_KINDS))
        version = "1.42.0" if number % 25 < changed else "1.41.0"
        documents.append(block_style(_KINDS[kind].format(number=number, version=version)))
    return "---\n".join(documents).encode()


def block_style(document: str) -> str:
    """One document as a renderer would write it."""
    return dump_yaml(parse_yaml(document.encode(), file="template")[0])


def all_changed(objects: int) -> tuple[ManifestSet, ManifestSet]:
    """Deployments, each with another image on the other side."""
    sides = (
        "---\n".join(block_style(_DEPLOYMENT.format(number=number, version=version)) for number in range(objects))
        for version in ("1.41.0", "1.42.0")
    )
    before, after = (parse_manifests(text.encode(), file="all.yaml").manifests for text in sides)
    return before, after


def loader(before: bytes, after: bytes) -> None:
    for side in (before, after):
        for _ in yaml.load_all(side, Loader=yaml.CSafeLoader):
            pass


def ours(before: bytes, after: bytes) -> ChangeSet:
    return compare(*(parse_manifests(side, file="all.yaml").manifests for side in (before, after)))


def once(before: bytes, after: bytes) -> ChangeSet:
    old = parse_manifests(before, file="before.yaml").manifests
    known = {manifest.text: manifest for manifest in old.values()}
    pieces = split_documents(after.decode(), file="after.yaml")
    fresh = parse_pieces([piece for piece in pieces if piece.text not in known], file="after.yaml").manifests
    shared = [known[piece.text] for piece in pieces if piece.text in known]
    return compare(old, ManifestSet.from_iterable([*shared, *fresh.values()]))


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()
    started = time.process_time()
    work()
    taken = time.process_time() - started
    gc.enable()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--changed", type=int, default=1, help="objects of a hundred that differ")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    before, after = render(given.objects), render(given.objects, given.changed)
    changes = ours(before, after)
    assert changes == once(before, after)
    works: dict[str, Callable[[], object]] = {
        "loader": lambda: loader(before, after),
        "ours": lambda: ours(before, after),
        "once": lambda: once(before, after),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(given.rounds):
        for name, work in works.items():
            taken[name].append(seconds(work))
    report(given.objects, len(changes.changes), len(before) + len(after), taken)
    every = all_changed(given.objects)
    compared = statistics.median(seconds(lambda: compare(*every)) for _ in range(given.rounds))
    print(
        f"  all changed   {compared:6.3f} s   for {given.objects} objects, {compared / given.objects * 1e6:.0f} µs each"
    )


def report(objects: int, changed: int, size: int, taken: dict[str, list[float]]) -> None:
    median = {name: statistics.median(each) for name, each in taken.items()}
    noise = (max(taken["loader"]) - min(taken["loader"])) / median["loader"]
    print(f"{objects} objects on each side, {size / 1e6:.1f} MB together, {changed} changed")
    print(f"  loader alone  {median['loader']:6.3f} s   (noise {noise:.0%})")
    for name in ("ours", "once"):
        ratio = median[name] / median["loader"]
        print(f"  {name}          {median[name]:6.3f} s   ratio {ratio:.2f}  (goal at most {_GOAL})")


if __name__ == "__main__":
    main()
