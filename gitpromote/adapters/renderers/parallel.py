"""Many jobs at once: threads by default, any ``concurrent.futures`` executor if one is given."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from gitpromote import errors
from gitpromote.adapters.renderers.job import (
    First,
    Second,
    compared,
    render_first,
    render_second,
    wait_for_next_second,
)
from gitpromote.adapters.renderers.process import kill_all
from gitpromote.errors import GitpromoteError
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

    Jobs with the same key are rendered once. What may be random is rendered again after all others, and compared. On
    ``KeyboardInterrupt`` nothing new is started and what runs in this process is killed.

    :param executor: whose workers render; they need the same tools at the same paths. Left open. Default: threads
    :param workers: threads, default one per processor
    """
    first_of = _first_of_its_key(jobs)
    same: dict[int, list[int]] = {}
    for at, first in enumerate(first_of):
        same.setdefault(first, []).append(at)
    results: dict[int, Rendered | GitpromoteError] = {}

    def done(first: int, result: Rendered | GitpromoteError) -> None:
        for at in same[first]:
            results[at] = replace(result, label=jobs[at].label) if isinstance(result, Rendered) else result
            if on_done is not None:
                on_done(at, results[at])

    with _workers(executor, min(workers or os.cpu_count() or 1, len(same))) as pool:
        _render_twice_where_needed({at: jobs[at] for at in same}, pool, done)
    return [results[at] for at in range(len(jobs))]


def _first_of_its_key(jobs: Sequence[RenderJob]) -> list[int]:
    seen: dict[str, int] = {}
    return [seen.setdefault(job.key, at) if job.key else at for at, job in enumerate(jobs)]


@contextmanager
def _workers(executor: Executor | None, workers: int) -> Iterator[Executor | None]:
    """Who does the work: the caller's executor, threads, or nobody but the calling thread."""
    if executor is not None or workers <= 1:
        yield executor
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="gitpromote-render")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _render_twice_where_needed(
    jobs: Mapping[int, RenderJob], pool: Executor | None, done: Callable[[int, Rendered | GitpromoteError], None]
) -> None:
    again: dict[int, First] = {}

    def first_done(at: int, made: First | GitpromoteError) -> None:
        if isinstance(made, GitpromoteError):
            done(at, made)
        elif made.is_final:
            done(at, made.rendered)
        else:
            again[at] = made

    def second_done(at: int, made: Second | GitpromoteError) -> None:
        done(at, made if isinstance(made, GitpromoteError) else compared(again[at], made))

    _run({at: (render_first, job) for at, job in jobs.items()}, pool, first_done)
    if any(first.waits for first in again.values()):
        wait_for_next_second()
    _run({at: (render_second, jobs[at], first.digest) for at, first in again.items()}, pool, second_done)


def _run(calls: Mapping[int, tuple[Any, ...]], pool: Executor | None, done: Callable[[int, Any], None]) -> None:
    """Make calls, by their numbers; ``done`` is told of each result or error in the calling thread."""
    if pool is None:
        for at, call in calls.items():
            done(at, _as_result(attempt(*call, parallel=False)))
        return
    futures = {pool.submit(attempt, *call, parallel=True): at for at, call in calls.items()}
    pending = set(futures)
    try:
        while pending:
            ended, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in sorted(ended, key=futures.__getitem__):
                done(futures[future], _as_result(future.result()))
    except BaseException:
        _end(pending)
        raise


def _end(pending: set[Future[Any]]) -> None:
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


def attempt(step: Callable[..., Any], *given: Any, parallel: bool) -> Any:
    """Do a step of a job; an error of ours becomes a :class:`Failure`. What executors are given to call."""
    try:
        return step(*given, parallel=parallel)
    except GitpromoteError as error:
        return Failure(type(error).__name__, error.summary, error.code, error.detail, error.hint)


def _as_result(made: Any) -> Any:
    if not isinstance(made, Failure):
        return made
    kind: type[GitpromoteError] = getattr(errors, made.kind, GitpromoteError)
    return kind(made.summary, code=made.code, detail=made.detail, hint=made.hint)
