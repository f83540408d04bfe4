"""Reading and writing manifests, beside PyYAML's C loader and dumper on the same bytes.

    python benchmarks/read_manifests.py [FILE ...] [--objects 2000] [--rounds 7]

Without files, a stream of Deployments, Services, ConfigMaps and HorizontalPodAutoscalers is made up. All take turns;
a ratio is of medians, the noise is the spread of the C loader. *events* is what libyaml's events alone cost in Python:
nothing that reads them can be faster. Goals: the reader 2.4 times as fast, the dumper 4 times; reading both sides of a
change of one object in a hundred in 0.7 of the time that the loader takes for one of them.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from yaml.cyaml import CParser

sys.path.insert(0, str(Path(__file__).parents[1]))

from gitpromote.render.dump import dump_yaml
from gitpromote.render.parse import parse_manifests, parse_pieces, parse_yaml, split_documents

_OBJECTS = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    checksum/config: 0e3f6c1c8a9bb5f0f0f9c3c2d7f3f6a1e9cba1f2d3c4b5a69788f6e5d4c3b2a1
  labels:
    app.kubernetes.io/instance: shop-{n}
    app.kubernetes.io/managed-by: Helm
    app.kubernetes.io/name: shop
    helm.sh/chart: shop-1.4.2
  name: shop-{n}
  namespace: prod
spec:
  progressDeadlineSeconds: 600
  replicas: 3
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      app.kubernetes.io/instance: shop-{n}
  strategy:
    rollingUpdate: {{maxSurge: 25%, maxUnavailable: 0}}
    type: RollingUpdate
  template:
    metadata:
      labels:
        app.kubernetes.io/instance: shop-{n}
    spec:
      automountServiceAccountToken: false
      containers:
      - args: ["--port=9898", "--level=info", "--grpc-port=9999"]
        env:
        - name: FEATURE_X
          value: "on"
        - name: NODE
          valueFrom:
            fieldRef:
              fieldPath: spec.nodeName
        image: ghcr.io/acme/shop:1.42.{n}
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
          initialDelaySeconds: 5
          timeoutSeconds: 5
        name: shop
        ports:
        - containerPort: 9898
          name: http
          protocol: TCP
        resources:
          limits: {{cpu: "1", memory: 512Mi}}
          requests:
            cpu: 100m
            memory: 64Mi
        volumeMounts:
        - mountPath: /data
          name: data
      volumes:
      - emptyDir: {{}}
        name: data
---
apiVersion: v1
kind: Service
metadata:
  labels:
    app.kubernetes.io/instance: shop-{n}
  name: shop-{n}
  namespace: prod
spec:
  ports:
  - name: http
    port: 80
    targetPort: http
  selector:
    app.kubernetes.io/instance: shop-{n}
  type: ClusterIP
---
apiVersion: v1
data:
  settings.yaml: |
    # settings of shop {n}
    log:
      level: info
      format: json
  upstream: "http://shop-{n}.prod:80"
kind: ConfigMap
metadata:
  name: shop-{n}
  namespace: prod
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: shop-{n}
  namespace: prod
spec:
  maxReplicas: 10
  metrics:
  - resource:
      name: cpu
      target:
        averageUtilization: 80
        type: Utilization
    type: Resource
  minReplicas: 3
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: shop-{n}
"""


def _median(works: dict[str, Callable[[], Any]], rounds: int) -> tuple[dict[str, float], float]:
    """Seconds of each, taking turns, and the spread of the first one."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - start)
    first = next(iter(taken.values()))
    return {name: statistics.median(times) for name, times in taken.items()}, max(first) / min(first)


def _events(data: bytes) -> None:
    for _ in iter(CParser(data).get_event, None):
        pass


def _changed(data: bytes) -> bytes:
    """One object in a hundred is another one."""
    documents = data.split(b"---\n")
    documents[::100] = [document.replace(b"name: ", b"name: x-", 1) for document in documents[::100]]
    return b"---\n".join(documents)


def _read_what_differs(before: bytes, after: bytes) -> None:
    old, new = (split_documents(data.decode(), file="x.yaml") for data in (before, after))
    old_texts, new_texts = {piece.text for piece in old}, {piece.text for piece in new}
    parse_pieces([piece for piece in old if piece.text not in new_texts], file="x.yaml")
    parse_pieces([piece for piece in new if piece.text not in old_texts], file="x.yaml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    made_up = [_OBJECTS.format(n=number).encode() for number in range(-(-asked.objects // 4))]
    data = b"---\n".join([path.read_bytes() for path in asked.files] or made_up)
    objects = [value for value in parse_yaml(data, file="x.yaml") if value is not None]
    after = _changed(data)
    works: dict[str, Callable[[], Any]] = {
        "CSafeLoader": lambda: list(yaml.load_all(data, yaml.CSafeLoader)),
        "events": lambda: _events(data),
        "reader": lambda: parse_yaml(data, file="x.yaml"),
    }
    if not asked.files:
        works["manifests"] = lambda: parse_manifests(data, file="x.yaml")
        works["1 % changed, both sides"] = lambda: _read_what_differs(data, after)
    reading, noise = _median(works, asked.rounds)
    writing, _ = _median(
        {
            "CSafeDumper": lambda: [yaml.dump(value, Dumper=yaml.CSafeDumper) for value in objects],
            "dumper": lambda: [dump_yaml(value) for value in objects],
        },
        max(1, asked.rounds // 2),
    )
    print(f"{len(objects)} documents, {len(data)} bytes, {asked.rounds} rounds, noise {noise:.2f}")
    for times in (reading, writing):
        peer = next(iter(times.values()))
        for name, seconds in times.items():
            print(f"{name:26} {seconds * 1000:8.1f} ms   {peer / seconds:6.2f} times as fast as {next(iter(times))}")


if __name__ == "__main__":
    main()
