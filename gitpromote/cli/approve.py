"""``gitpromote approve``: sign a change for an environment."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from gitpromote.cli.approval import ANY_KEY_COUNTS
from gitpromote.cli.naming import opened_to_act, selected
from gitpromote.cli.options import environments, project
from gitpromote.cli.parsing import option, verb
from gitpromote.cli.recording import told
from gitpromote.cli.session import Session
from gitpromote.errors import UsageError
from gitpromote.model.words import clean, listed
from gitpromote.views.lines import Line, Span, line

if TYPE_CHECKING:
    from gitpromote.project import Plan


@verb(
    "approve",
    examples=("gitpromote approve 9c41d7e0b2aa --env prod-eu", "gitpromote approve plan.json --env prod --expires 2d"),
)
@click.argument("plan")
@environments
@option("--expires", default="7d", show_default=True, metavar="TIME", help="How long the approval holds.")
@option("--key", metavar="FILE", help="The SSH key to sign with; by default git's user.signingKey.")
@project
@click.pass_obj
def command(session: Session, /, plan: str, env: tuple[str, ...], expires: str, key: str | None) -> int:
    """Sign a change for an environment, and record that in the ledger.

    The signature binds to what would be written there, so it survives a new plan of the same change.
    """
    from gitpromote.project import project_of
    from gitpromote.views.time import parse_duration

    found = opened_to_act(session, plan)
    names = selected(env, (each.name for each in found.data.environments))
    if not names:
        raise _unnamed(found, plan)
    current = project_of(found, cache_dir=session.cache_dir, reporter=session.reporter())
    seconds = parse_duration(expires)
    records = current.approve(found, names, expires=seconds, key=key)
    if current.pipeline.signers is None:
        session.tell([ANY_KEY_COUNTS])
    told_of = [told(session, each, f"Approved {name}") for name, each in zip(names, records, strict=True)]
    session.tell([each for record in records for each in (*counting(record), *uncounted(found, record))])
    session.give(told_of)
    return 0


def counting(record: Any) -> list[Line]:
    """For whom an approval counts, where an organisation has signers of its own."""
    counts: dict[str, str] = record.data.get("counts", {})
    good = [name for name, why in counts.items() if not why]
    lines = [line(f"{record.environment}: it counts for {listed(good)}")] if good else []
    bad = ((name, why) for name, why in counts.items() if why)
    return [*lines, *(line(Span("! ", "bad"), clean(f"it does not count for {name}: {why}")) for name, why in bad)]


def uncounted(plan: Plan, record: Any) -> list[Line]:
    """Why an approval will not count for gates that ask for approvals, as far as the plan knows it now."""
    gates: dict[str, Any] = plan.data.facts.get("gates", {}).get(record.environment, {})
    asking = {name: one["value"] for name, one in gates.items() if "given" in one.get("value", {})}
    me = str(record.data["identity"]).casefold()
    asked = plan.file.observations.created_by.rpartition("<")[2].rstrip(">").strip().casefold() == me
    found = []
    for name, value in asking.items():
        wrote = next((one["commit"] for one in value.get("authors", ()) if one["identity"].casefold() == me), "")
        why = f"wrote {wrote[:7]}" if wrote else "asked for it" if asked else ""
        if why:
            text = f"it does not count for {name} in {record.environment}: {record.data['identity']} {why}"
            found.append(line(Span("! ", "bad"), clean(text)))
    return found


def _unnamed(plan: Plan, word: str) -> UsageError:
    """The error that asks for an environment, with those that there are."""
    every = [each.name for each in plan.data.environments if each.steps]
    if not every:
        return UsageError("There is nothing to approve", code="nothing-to-approve", detail="The plan changes nothing.")
    production = [each.name for each in plan.data.environments if each.steps and each.production]
    return UsageError(
        "An environment is to be named",
        code="usage",
        detail=f"The plan changes {listed(every, limit=12)}.",
        hint=f"  gitpromote approve {shlex.quote(word)} --env {(production or every)[0]}",
    )
