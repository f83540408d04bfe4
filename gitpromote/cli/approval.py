"""Asking a person: the shown plan is approved with the word ``yes``, pruning production with its name."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gitpromote.cli.session import Session
from gitpromote.errors import Declined, Interrupted
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.words import count
from gitpromote.views.lines import Span, line

#: Said wherever an approval is made or opens production although no file says whose signatures count.
ANY_KEY_COUNTS = line(
    Span("! ", "bad"),
    "No allowed signers are configured: an approval signed with any key counts. "
    "Commit a file of them and name it: Pipeline(…, signers=…)",
)
#: Said by ``run`` where production goes by itself: what opens it there is an approval alone.
ANY_KEY_OPENS = line(
    Span("! ", "bad"),
    "Production goes by itself as soon as its change is approved, and no allowed signers are configured: an approval "
    "signed with any key counts. Commit a file of them and name it: Pipeline(…, signers=…)",
)
_QUESTION = "Only 'yes' will be accepted to approve: "


def may_be_written(environment: EnvironmentPlan, *, wait: bool) -> bool:
    """Whether an apply that starts now could write there: ready, or waiting only for what the same apply brings."""
    if not environment.steps or environment.decision not in ("ready", "waiting", "noop"):
        return False
    pending = [outcome for outcome in environment.outcomes if outcome.binding and outcome.status == "pending"]
    return wait or all(outcome.kind == "availability" for outcome in pending)


def in_reach(plan: Plan, *, only: Collection[str] | None, wait: bool) -> list[EnvironmentPlan]:
    """The environments that an apply could write now."""
    chosen = [each for each in plan.environments if only is None or each.name in only]
    return [each for each in chosen if may_be_written(each, wait=wait)]


def pruned_in_production(environments: Sequence[EnvironmentPlan]) -> list[tuple[str, str]]:
    """Production environments that would lose something, and what: ``2 objects and 3 files``."""
    found = []
    for each in environments:
        objects = sum(1 for change in each.changes if change.actions == ("delete",))
        files = sum(1 for write in each.writes if write.action == "delete")
        told = [count(number, noun) for number, noun in ((objects, "object"), (files, "file")) if number]
        if each.production and told:
            found.append((each.name, " and ".join(told)))
    return found


def ask(session: Session, environments: Sequence[EnvironmentPlan], *, instead: str) -> None:
    """Ask for ``yes``, and for the name of each production environment that loses objects.

    :param instead: what to type where nobody can be asked
    :raises Declined: for any other answer, or where nobody is there
    """
    if session.unattended:
        raise Declined(
            "Somebody has to approve this, and there is no terminal to ask on",
            code="approval-needed",
            detail="Nothing was written.",
            hint=instead,
        )
    _expect(session, _QUESTION, "yes")
    for name, lost in pruned_in_production(environments):
        _expect(session, f"This deletes {lost} in production. Type {name} to approve: ", name)


def _expect(session: Session, question: str, answer: str) -> None:
    if _answer(session, question).strip() != answer:
        raise Declined("Not approved", code="declined", detail="Nothing was written.")


def _answer(session: Session, question: str) -> str:
    session.clear()
    stream = session.asks_on
    try:
        stream.write(question)
        stream.flush()
        text = session.stdin.readline()
    except KeyboardInterrupt:
        raise Interrupted("Interrupted", code="interrupted", hint="Nothing was written.") from None
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text.endswith("\n"):
        stream.write("\n")
    return text
