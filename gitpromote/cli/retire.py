"""``gitpromote retire``: plan to prune an environment or an app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gitpromote.cli.deciding import decide
from gitpromote.cli.naming import known_environment, present_or_departed
from gitpromote.cli.options import approve_automatically, full, lock_timeout, project, reason
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.saving import refuse_nowhere
from gitpromote.cli.session import Session
from gitpromote.errors import UsageError
from gitpromote.model.names import did_you_mean
from gitpromote.model.words import clean, listed
from gitpromote.views.lines import line

if TYPE_CHECKING:
    from gitpromote.project import Project


@verb(
    "retire",
    examples=(
        'gitpromote retire shop --env qa --reason "not used any more"',
        'gitpromote retire --app legacy --reason "replaced"',
        'gitpromote retire previews --gone --reason "closed"',
    ),
)
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@option("--env", metavar="ENV", help="Prune everything that this environment's target holds.")
@option("--app", metavar="APP", help="Prune this App from every environment.")
@option("--gone", is_flag=True, help="Prune environments that the pipeline has no more, and previews that are over.")
@reason
@option("--out", metavar="FILE", help="Save the plan there instead of applying it.")
@approve_automatically
@lock_timeout
@full
@project
@click.pass_obj
def command(
    session: Session, /, name: str | None, env: str | None, app: str | None, gone: bool, reason: str, **given: Any
) -> int:
    """Prune what an environment or an app has left behind; the plan is shown and asked for."""
    if [env is not None, app is not None, gone].count(True) != 1:
        raise UsageError(
            "Say what is to be retired",
            code="usage",
            detail="One of --env, --app and --gone is needed, and no two of them.",
            hint="  gitpromote retire [PIPELINE] --env ENV --reason …",
        )
    current = present_or_departed(session, name) if gone else session.load(name)
    if gone and not current.remains():
        left = current.left_behind()
        session.give({"environments": [], "left_behind": left})
        first = "Nothing is left over." if not left else "No environment is left over."
        session.show([line(first), *(line(f"  {clean(each)}   [target-moved]") for each in left)])
        return 0
    if env is not None:
        _refuse_gone(session, current, env)
        known_environment(env, current.pipeline.order())
    elif app is not None:
        _refuse_unknown_app(session, current, app)
    refuse_nowhere(given["out"])
    plan = current.retire(env=env, app=app, gone=gone, reason=reason)
    if all(each.decision == "noop" and not each.steps for each in plan.data.environments):
        where = f"nothing of {app} is in any environment" if app else f"nothing is left in {env or 'what is gone'}"
        session.give({"environments": []})
        session.show([line(f"There is nothing to retire: {clean(where)}.")])
        return 0
    what = ("--gone",) if gone else ("--env", env) if env is not None else ("--app", str(app))
    again = ("retire", *((name,) if name else ()), *what, "--reason", reason)
    return decide(session, current, plan, given, again=again)[0]


def _refuse_gone(session: Session, current: Project, name: str) -> None:
    """What the pipeline has no more is not retired by its name.

    :raises UsageError: where the ledger still knows it
    """
    past = current.gone(name)
    if past is None:
        return
    told = f"what it wrote still stands in {past.target}" if past.target else "nothing of it is left"
    command = f"{session.command('retire', current.name, '--gone')} --reason …"
    raise UsageError(
        "The pipeline has no such environment any more",
        code="environment-gone",
        detail=f"{name}: {told}",
        hint=f"What environments left behind that are gone, this prunes:\n  {command}" if past.target else "",
    )


def _refuse_unknown_app(session: Session, current: Project, name: str) -> None:
    """An App that the pipeline has no more needs no retirement.

    :raises UsageError: with the one that was probably meant
    """
    known = [one.name for one in current.pipeline.apps]
    if name in known:
        return
    command = session.command("plan", current.name)
    meant = did_you_mean(name, known)
    gone = f"What an App left behind that the pipeline has no more, the next plan deletes:\n  {command}"
    raise UsageError(
        "There is no such App",
        code="app-unknown",
        detail=f"{name!r}; {current.name} has {listed(known)}",
        hint="\n".join(text for text in (meant, gone) if text),
    )
