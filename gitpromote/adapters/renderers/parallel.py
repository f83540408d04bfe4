"""Many jobs at once: threads by default, any ``concurrent.futures`` executor if one is given."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from gitpromote import errors
from gitpromote.adapters.renderers import render
from gitpromote.adapters.renderers.process import kill_all
from gitpromote.errors import ConfigurationError, GitpromoteError
from gitpromote.model.render import Rendered, RenderJob

_PATIENCE = 20  # tenths of a second for the workers of another process or machine

#: Called in the calling thread as each job ends, with its place among the jobs.
OnDone = Callable[[int, Rendered | GitpromoteError], None]


def render_all(
    jobs: Sequence[RenderJob],
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    on_done: OnDone | None = None,
) -> list[Rendered | GitpromoteError]:
    """Do many jobs and give what came of each, in their order; a failure stands in its place and spoils no other.

    Jobs with the same key are rendered once. On ``KeyboardInterrupt`` nothing new is started and what runs in this
    process is killed.

    :param executor: whose workers render; they need the same tools at the same paths. Left open. Default: threads
    :param workers: threads, default one per processor
    """
    first_of = _first_of_its_key(jobs)
    results: list[Rendered | GitpromoteError | None] = [None] * len(jobs)
    copies: dict[int, list[int]] = {}
    for at, first in enumerate(first_of):
        copies.setdefault(first, []).append(at)

    def done(first: int, result: Rendered | GitpromoteError) -> None:
        for at in copies[first]:
            own = replace(result, label=jobs[at].label) if isinstance(result, Rendered) else result
            results[at] = own
            if on_done is not None:
                on_done(at, own)

    _run(jobs, list(copies), executor, workers or os.cpu_count() or 1, done)
    return [result for result in results if result is not None]


def _first_of_its_key(jobs: Sequence[RenderJob]) -> list[int]:
    seen: dict[str, int] = {}
    return [seen.setdefault(job.key, at) if job.key else at for at, job in enumerate(jobs)]


def _run(
    jobs: Sequence[RenderJob],
    chosen: Sequence[int],
    executor: Executor | None,
    workers: int,
    done: Callable[[int, Rendered | GitpromoteError], None],
) -> None:
    parallel = min(workers, len(chosen)) > 1 or executor is not None
    if not parallel:
        for at in chosen:
            done(at, _as_result(attempt(jobs[at], parallel=False)))
        return
    pool = executor or ThreadPoolExecutor(min(workers, len(chosen)), thread_name_prefix="gitpromote-render")
    try:
        futures = {pool.submit(attempt, jobs[at], parallel=True): at for at in chosen}
        _collect(futures, done)
    finally:
        if executor is None:
            pool.shutdown(wait=True, cancel_futures=True)


def _collect(
    futures: dict[Future[Rendered | Failure], int], done: Callable[[int, Rendered | GitpromoteError], None]
) -> None:
    pending = set(futures)
    try:
        while pending:
            ended, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in sorted(ended, key=futures.__getitem__):
                done(futures[future], _as_result(future.result()))
    except BaseException:
        _end(pending)
        raise


def _end(pending: set[Future[Rendered | Failure]]) -> None:
    """Start nothing more, and kill what runs here until it has ended: a thread may be about to start a process."""
    left = {future for future in pending if not future.cancel()}
    for _ in range(_PATIENCE):
        kill_all()
        if not wait(left, timeout=0.1).not_done:
            return


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way between processes, where exceptions with keyword arguments do not travel."""

    kind: str
    summary: str
    code: str
    detail: str
    hint: str


def attempt(job: RenderJob, *, parallel: bool) -> Rendered | Failure:
    """Do one job; an error of ours becomes a value. What executors are given to call."""
    try:
        return render(job, parallel=parallel)
    except GitpromoteError as error:
        return Failure(type(error).__name__, error.summary, error.code, error.detail, error.hint)


def _as_result(made: Rendered | Failure) -> Rendered | GitpromoteError:
    if isinstance(made, Rendered):
        return made
    kind: type[GitpromoteError] = getattr(errors, made.kind, GitpromoteError)
    given = {"problems": ()} if issubclass(kind, ConfigurationError) else {}
    return kind(made.summary, code=made.code, detail=made.detail, hint=made.hint, **given)
