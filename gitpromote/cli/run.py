"""``gitpromote run``: plan, carry out what may go by itself, and again."""

from __future__ import annotations

import gc
import json
import re
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gitpromote.cli.every import named_pipeline, one_after_the_other, refuse_beside_all, tell_of_departed
from gitpromote.cli.naming import pipelines
from gitpromote.cli.options import lock_timeout, project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session
from gitpromote.errors import ConfigurationError, GitpromoteError, UsageError
from gitpromote.views.lines import Span, line

if TYPE_CHECKING:
    from gitpromote.model.pipeline import Pipeline
    from gitpromote.model.round import Ran, Round
    from gitpromote.project import Project
    from gitpromote.project.running import Hook

_SECRET = "GITPROMOTE_WEBHOOK_SECRET"
_QUIET = 60.0  # seconds between two complaints about requests that were refused


@verb(
    "run",
    examples=(
        "gitpromote run --once",
        "gitpromote run --once --all",
        "gitpromote run pay --interval 10m",
        "gitpromote run --all",
        "gitpromote run pay --listen 127.0.0.1:8080 --secret-env WEBHOOK_SECRET",
    ),
)
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@option("--once", is_flag=True, help="End as soon as nothing more may go; exit codes as of apply.")
@option("--all", "every", is_flag=True, help="Every pipeline of the file; what fails in one keeps none back.")
@option("--interval", metavar="TIME", help="How long to wait between rounds where nothing opens before; 5m by default.")
@option("--jitter", metavar="TIME", help="Wait up to that much longer; a tenth of the interval by default.")
@option("--listen", metavar="HOST:PORT", help="Take webhooks there: they shorten the wait, and nothing else.")
@option("--secret-env", metavar="NAME", help=f"The variable that holds the webhook's secret; {_SECRET} by default.")
@lock_timeout
@option("--detailed-exitcode", is_flag=True, help="With --once: exit 3 where nothing failed and something still waits.")
@project
@click.pass_obj
def command(session: Session, /, name: str | None, **given: Any) -> int:
    """Plan, apply what may go by itself, and again until it is stopped.

    An environment goes by itself where its definition says auto=True, or a condition that holds; production only where
    the ledger has an approval of that very change, by one of Pipeline(signers=…) where that is given. The pipeline
    file is read anew in every round, and nothing is pulled: whoever updates the checkout decides when a change of it
    counts. Several may run at once. Ctrl-C ends it with 130, a termination signal with 0, both after the step that
    runs.
    """
    _refuse_beside_once(given)
    if given["every"]:
        refuse_beside_all("run", named_pipeline(name))
    if not given["once"]:
        return _for_ever(session, pipelines(session) if given["every"] else [name], given)
    return _every(session, given) if given["every"] else _once(session, name, given)


def _refuse_beside_once(given: dict[str, Any]) -> None:
    odd = [f"--{each}" for each in ("interval", "jitter", "listen") if given["once"] and given[each]]
    if given["secret_env"] and not given["listen"]:
        odd.append("--secret-env")
    if given["detailed_exitcode"] and not given["once"]:
        odd.append("--detailed-exitcode")
    if odd:
        raise UsageError(
            "These options do not go together",
            code="usage",
            detail=f"{', '.join(odd)} {'with' if given['once'] else 'without'} "
            f"{'--listen' if odd == ['--secret-env'] and not given['once'] else '--once'}",
            hint="  gitpromote run --help",
        )


def _every(session: Session, given: dict[str, Any]) -> int:
    """Every pipeline of the file, once."""
    told: list[dict[str, Any]] = []
    return one_after_the_other(session, lambda each: _once(session, each, given, told=told), told=told)


def _once(
    session: Session, name: str | None, given: dict[str, Any], *, told: list[dict[str, Any]] | None = None
) -> int:
    """One pipeline, until nothing more may go.

    :param told: takes the result as data, where it is not printed yet
    """
    from gitpromote.model.round import Ran
    from gitpromote.views.running import ran_view
    from gitpromote.views.time import parse_duration

    rounds: list[Round] = []
    current = session.load(name)
    try:
        ran = current.run_once(lock_timeout=parse_duration(given["lock_timeout"]), tell=rounds.append)
    except GitpromoteError:
        if rounds:  # what was done before is told all the same
            session.show(ran_view(Ran(rounds=tuple(rounds)), width=session.out.width))
        raise
    _tell_of_keys(session, current)
    if told is None:
        session.give(_data(ran))
    else:
        told.append(_data(ran))
    session.show(ran_view(ran, width=session.out.width))
    waits = any(turn.status in ("waiting", "held", "unavailable") for turn in ran.turns)
    return 3 if given["detailed_exitcode"] and ran.exit_code == 0 and waits else ran.exit_code


def _tell_of_keys(session: Session, *projects: Project) -> None:
    """Whose approval opens production, where that is anybody's."""
    from gitpromote.cli.approval import ANY_KEY_OPENS

    if any(_any_key_opens(one.definition) for one in projects):
        session.tell([ANY_KEY_OPENS])


def _any_key_opens(pipeline: Pipeline) -> bool:
    by_itself = [one.name for one in pipeline.environments if one.auto]
    return pipeline.signers is None and any(pipeline.is_production(name) for name in by_itself)


def _data(ran: Ran) -> dict[str, Any]:
    turns = [turn.model_dump(mode="json", by_alias=True) for turn in ran.turns]
    return {**ran.model_dump(mode="json", by_alias=True), "environments": turns, "exit_code": ran.exit_code}


def _for_ever(session: Session, names: Sequence[str | None], given: dict[str, Any]) -> int:
    """Round after round, of one pipeline or of several at once."""
    from gitpromote.project import Project
    from gitpromote.project.running import Runner
    from gitpromote.views.time import parse_duration

    gc.enable()  # this run is not short
    interval = parse_duration(given["interval"] or "5m")
    runner = Runner(
        interval=interval,
        jitter=parse_duration(given["jitter"]) if given["jitter"] else interval / 10,
        hook=_hook(session, given),
    )
    _tell_of_keys(session, *(session.load(name) for name in names))
    if given["every"]:
        tell_of_departed(session)
    terminated = Project.run_all(
        {name or "": partial(session.load, name) for name in names},
        runner,
        listeners={name or "": Log(session, name if len(names) > 1 else None) for name in names},
        lock_timeout=parse_duration(given["lock_timeout"]),
    )
    session.tell([line("Stopped; nothing more is started.")])
    return 0 if terminated else 130


def _hook(session: Session, given: dict[str, Any]) -> Hook | None:
    from gitpromote.project.running import Hook

    if not given["listen"]:
        return None
    variable = given["secret_env"] or _SECRET
    return Hook(
        address=given["listen"],
        secret=_secret(session, variable),
        answered=Complaints(session, variable).answered,
        opened=lambda address: session.tell([line(f"Listening on {address[0]} port {address[1]}")]),
    )


def _secret(session: Session, variable: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
        raise UsageError(
            "This is no name of a variable",
            code="usage",
            detail="--secret-env takes the name of the variable that holds the secret, not the secret.",
            hint=f"  export {_SECRET}=…",
        )
    if variable not in session.environ:
        raise ConfigurationError(
            "The webhook has no secret",
            code="webhook-secret-missing",
            detail=f"The variable {variable} is not set.",
            hint="Set it to what the forge signs with, or name another variable with --secret-env.",
        )
    return session.environ[variable]


class Log:
    """Tells each round in a line, if it is another one than before; with ``-v`` all of them."""

    def __init__(self, session: Session, pipeline: str | None = None) -> None:
        self._session = session
        self._named = {"pipeline": pipeline} if pipeline is not None else {}
        self._last: object = None
        self._failure: tuple[str, str] | None = None

    def ended(self, done: Round, *, again: float) -> None:
        """A line on the standard output, or one of JSON; what the plan warns of on the standard error."""
        from gitpromote.cli.remarks import notice_lines
        from gitpromote.views.running import quiet_line, round_line

        session, data = self._session, done.model_dump(mode="json", by_alias=True)
        if session.events is not None:
            session.events.event("round", **data, again=again)
        changed = done.standing != self._last or done.wrote or self._failure is not None
        self._last, self._failure = done.standing, None
        if changed:
            self._json({"kind": "round", **data, "again": again})
            session.show([round_line(done, again=again)])
            session.tell(notice_lines(done.warnings))
        elif session.verbose:
            session.show([quiet_line(done, again=again)])

    def failed(self, error: GitpromoteError, *, again: float) -> None:
        """The whole error on the standard error once, then a line each time."""
        from gitpromote.cli.addressing import completed
        from gitpromote.cli.failure import error_data, error_lines
        from gitpromote.views.running import failed_line

        session, error = self._session, completed(error, self._session)
        data = {**self._named, **error_data(error)}
        if session.events is not None:
            session.events.event("round-failed", **data, again=again)
        if self._failure != (error.code, error.detail):
            session.tell(error_lines(error))
        self._failure = (error.code, error.detail)
        self._json({"kind": "round-failed", **data, "again": again})
        session.show([failed_line(error, pipeline=self._named.get("pipeline"), now=int(time.time()), again=again)])

    def _json(self, data: dict[str, Any]) -> None:
        """One object in one line, as it happens."""
        if self._session.json:
            from gitpromote.views.text import visible_json

            self._session.clear()
            text = json.dumps(data, ensure_ascii=False, sort_keys=True)
            self._session.out.text(visible_json(text) + "\n")


class Complaints:
    """Says that requests are refused, once a minute at most: one should know of a forge that has another secret."""

    def __init__(self, session: Session, variable: str) -> None:
        self._session, self._variable = session, variable
        self._next = 0.0

    def answered(self, status: int) -> None:
        """An answer of the webhook, in the thread of its request."""
        if self._session.events is not None:
            self._session.events.event("webhook", status=status)
        if status == 401 and time.monotonic() >= self._next:
            self._next = time.monotonic() + _QUIET
            text = f"A webhook was refused: it does not know the secret in {self._variable}."
            self._session.tell([line(Span("! ", "bad"), text)])
