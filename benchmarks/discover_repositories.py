"""A second discovery of many repositories of a real registry in which nothing changed, beside the bare requests.

    python benchmarks/discover_repositories.py [--repositories 200] [--tags 10] [--rounds 7]

*bare*: one list of tags per repository, by the same HTTP library with as many threads and connections, thrown away.
*ours*: the cache is opened anew, tags are listed, every image is told with digest, labels and time. What a process pays
once, importing the library and loading the certificate authorities, is in neither: both have it before they start.
Both open new connections in each round, and take turns; the ratio is of medians, the noise is the spread of *bare*. The
requests of each second discovery are counted from the registry's own log, and must be one per repository.

Needs Debian's docker-registry: ``export GITPROMOTE_TEST_REGISTRY="$(.ci/tools.sh FOLDER)"``.
"""

from __future__ import annotations

import argparse
import ssl
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "servers"))

import httpx2
from pushing import Pusher
from ratio import told
from real_registry import RealRegistry, program, running

from gitpromote.adapters.registries.registry import HttpRegistry
from gitpromote.model.candidate import ImageFacts
from gitpromote.project.wiring import WallClock

THREADS = 16


def filled(registry: RealRegistry, repositories: int, tags: int) -> list[str]:
    """Repositories with a few versions each."""
    names = [f"acme/service-{at:03}" for at in range(repositories)]

    def fill(name: str) -> None:
        with Pusher(registry.url, name) as pusher:
            for tag in range(tags):
                pusher.image(f"1.{tag}.0", labels={"org.opencontainers.image.revision": f"{name} {tag}"})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, names))
    return [f"{registry.host}/{name}" for name in names]


def discovered(cache: Path, repositories: list[str]) -> list[list[ImageFacts]]:
    """Every image of every repository, as the engine asks for them."""
    registry = HttpRegistry.open(cache, clock=WallClock(), env={})

    def images(repository: str) -> list[ImageFacts]:
        return [registry.image(repository, tag, fresh=False) for tag in registry.tags(repository)]

    try:
        answers = registry.together([partial(images, repository) for repository in repositories])
    finally:
        registry.close()
    failures = [answer for answer in answers if isinstance(answer, Exception)]
    if failures:
        raise failures[0]
    return [answer for answer in answers if not isinstance(answer, Exception)]


def bare(url: str, repositories: list[str], trusted: ssl.SSLContext) -> None:
    """The same lists of tags, by the library alone."""
    limits = httpx2.Limits(max_connections=THREADS, max_keepalive_connections=THREADS)
    with httpx2.Client(limits=limits, verify=trusted) as client, ThreadPoolExecutor(THREADS) as pool:

        def ask(repository: str) -> None:
            path = repository.partition("/")[2]
            client.get(f"{url}/v2/{path}/tags/list?n=1000").raise_for_status()

        list(pool.map(ask, repositories))


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--tags", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    if program() is None:
        sys.exit('there is no docker-registry: export GITPROMOTE_TEST_REGISTRY="$(.ci/tools.sh FOLDER)"')
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "registry") as registry:
        repositories = filled(registry, asked.repositories, asked.tags)
        cache = Path(folder) / "cache"
        before = len(registry.asked())
        first = timed(lambda: discovered(cache, repositories))
        print(f"first discovery: {first * 1000:.0f} ms, {len(registry.asked()) - before} requests")
        ours, other = [], []
        trusted = httpx2.create_ssl_context()
        bare(registry.url, repositories, trusted)
        for _ in range(asked.rounds):
            other.append(timed(lambda: bare(registry.url, repositories, trusted)))
            before = len(registry.asked())
            ours.append(timed(lambda: discovered(cache, repositories)))
            requests = len(registry.asked()) - before
            if requests != len(repositories):
                sys.exit(f"a second discovery made {requests} requests for {len(repositories)} repositories")
        title = f"second discovery of {len(repositories)} repositories with {asked.tags} tags each"
        told(title, ours=ours, other=other, beside="the bare requests", goal=1.3)


if __name__ == "__main__":
    main()
