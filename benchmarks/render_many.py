"""Cold rendering of many kustomize overlays, beside the same renderer processes alone.

    python benchmarks/render_many.py [--overlays 200] [--rounds 3] [--workers N]

*alone*: the overlays lie in one folder on disk; as many threads start the same program in the same environment and
throw its output away. *ours*: closures are found, inputs written to throw-away folders, programs run, their output read
into manifests and laid out as files. Both take turns; the ratio is of medians, the noise is the spread of *alone*.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from gitpromote.adapters.renderers.parallel import render_all
from gitpromote.adapters.renderers.sandbox import Sandbox, write_files
from gitpromote.adapters.renderers.tools import Toolbox
from gitpromote.model.render import Closure, KustomizeSpec, Rendered, RendererTool, RenderJob
from gitpromote.model.tree import FILE, Entry, blob_id
from gitpromote.render.closure import resolve_closures
from gitpromote.render.listing import Listing
from gitpromote.render.reads import closure_files

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  replicas: 1
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
      - name: shop
        image: ghcr.io/acme/shop:1.0.0
        ports: [{name: http, containerPort: 8080}]
        envFrom: [{configMapRef: {name: shop}}]
        resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {memory: 128Mi}}
"""
_BASE = {
    "deployment.yaml": _DEPLOYMENT,
    "service.yaml": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n"
        "spec: {selector: {app: shop}, ports: [{port: 80, targetPort: http}]}\n"
    ),
    "account.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: shop}\n",
    "budget.yaml": (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: shop}\n"
        "spec: {minAvailable: 1, selector: {matchLabels: {app: shop}}}\n"
    ),
    "shop.properties": "color=blue\nlimit=10\n",
    "kustomization.yaml": (
        "resources: [deployment.yaml, service.yaml, account.yaml, budget.yaml]\n"
        "configMapGenerator:\n- name: shop\n  files: [shop.properties]\n"
    ),
}
_OVERLAY = """\
namespace: shop-{number}
resources: [../../base]
images:
- {{name: ghcr.io/acme/shop, newTag: 1.{number}.0}}
patches:
- path: replicas.yaml
"""
_PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop}}\nspec: {{replicas: {number}}}\n"


def sources(count: int) -> dict[str, bytes]:
    files = {f"deploy/base/{name}": text.encode() for name, text in _BASE.items()}
    for number in range(1, count + 1):
        folder = f"deploy/overlays/env-{number:04}"
        files[f"{folder}/kustomization.yaml"] = _OVERLAY.format(number=number).encode()
        files[f"{folder}/replicas.yaml"] = _PATCH.format(number=number).encode()
    return files


def alone(overlays: list[str], root: Path, tool: RendererTool, env: dict[str, str], workers: int) -> None:
    def one(overlay: str) -> None:
        subprocess.run(
            [*tool.command, overlay], cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, overlays))


def ours(overlays: list[str], files: dict[str, bytes], tool: RendererTool, workers: int) -> None:
    listing = Listing.of({path: Entry(FILE, blob_id(content)) for path, content in files.items()})
    blobs = {entry.oid: files[path] for path, entry in listing.items() if path in files}
    specs = [KustomizeSpec(path=overlay) for overlay in overlays]
    closures = resolve_closures([(spec, listing) for spec in specs], lambda oids: {oid: blobs[oid] for oid in oids})
    jobs = []
    for spec, closure in zip(specs, closures, strict=True):
        assert isinstance(closure, Closure), closure
        read = {path: (entry.mode, blobs[entry.oid]) for path, entry in closure_files(closure, listing).items()}
        jobs.append(RenderJob(label=spec.path, spec=spec, inputs=read, tools=(tool,)))
    for made in render_all(jobs, workers=workers):
        assert isinstance(made, Rendered), made
        assert len(made.layout.contents) == 5


def seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--overlays", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    tool = Toolbox().find("kustomize")
    files = sources(given.overlays)
    overlays = [f"deploy/overlays/env-{number:04}" for number in range(1, given.overlays + 1)]
    bare, full = [], []
    with Sandbox({}) as place, tempfile.TemporaryDirectory() as folder:
        write_files({path: (FILE, content) for path, content in files.items()}, folder)
        env = place.environment(parallel=given.workers > 1)
        for _ in range(given.rounds):
            bare.append(seconds(lambda: alone(overlays, Path(folder), tool, env, given.workers)))
            full.append(seconds(lambda: ours(overlays, files, tool, given.workers)))
    ratio = statistics.median(full) / statistics.median(bare)
    noise = (max(bare) - min(bare)) / statistics.median(bare)
    print(f"{given.overlays} overlays, {given.workers} at once, {' '.join(tool.command)} {tool.version}")
    print(f"  renderer alone    {statistics.median(bare):6.2f} s   (noise {noise:.0%})")
    print(f"  closure to files  {statistics.median(full):6.2f} s")
    print(f"  ratio             {ratio:6.2f}     (goal at most 1.10)")


if __name__ == "__main__":
    main()
