"""Appending Records without writing to any target: by compare-and-swap on the ledger, again after a lost race."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from gitpromote.engine.source_order import in_history, recorded_since
from gitpromote.engine.world import World
from gitpromote.errors import AccessDenied, ConfigurationError, Contention
from gitpromote.model.freight import Freight
from gitpromote.model.plan import EnvironmentPlan, Plan, PlanFile
from gitpromote.model.record import Actor, Record, document_record_id, event_record_id
from gitpromote.model.state import LedgerState
from gitpromote.ports import RefChange

#: How long lost races are repeated where the caller does not say. Seconds.
PATIENCE = 60.0


def pause(attempt: int) -> float:
    """How long to wait after a lost race: doubling up to two seconds, with jitter so that rivals part ways."""
    return min(2.0**attempt * 0.05, 2.0) * random.uniform(0.5, 1.0)


def append(
    world: World,
    make: Callable[[LedgerState], Sequence[Record]],
    *,
    documents: Mapping[str, bytes] | None = None,
    patience: float = PATIENCE,
) -> tuple[Sequence[Record], LedgerState]:
    """Append what ``make`` says for the state at hand; it is asked again after a lost race.

    :returns: the Records and the state after them
    :raises Contention: races were lost until the patience was over
    :raises AccessDenied: the remote refuses the ledger
    :raises ConfigurationError: another ref has the name that the ledger needs
    """
    ledger, home = world.ledger, world.home
    started, attempt = world.clock.now(), 0
    while True:
        head = home.fetch([ledger.ref]).get(ledger.ref)
        state = ledger.read(head)
        records = make(state)
        commits, after = ledger.prepare(state, records, documents or {})
        if not commits:
            return records, state
        new = home.write(commits)[-1]
        answer = home.push([RefChange(ref=ledger.ref, new=new, expected=head)])[ledger.ref]
        if answer.status == "written":
            return records, after.model_copy(update={"head": new})
        if answer.status == "refused":
            raise ledger_refused(ledger.ref, answer.words, code=answer.code)
        if world.clock.now() - started > patience:
            raise Contention(
                "Others write to the ledger all the time",
                code="ledger-contention",
                detail=f"{ledger.ref}: {attempt + 1} races lost",
                hint="Try again.",
            )
        world.clock.sleep(pause(attempt))
        attempt += 1


def ledger_refused(ref: str, words: str, *, code: str = "") -> AccessDenied | ConfigurationError:
    """The error for a remote that does not take our Records.

    :param code: of the remote's answer, see :class:`~gitpromote.ports.PushAnswer`
    """
    if code == "ref-conflict":
        return ConfigurationError(
            "Another ref has the name that the ledger needs",
            code="ref-name-taken",
            detail=f"{ref}: {words}",
            hint="Git cannot have both: rename or delete the other one, or keep the ledger elsewhere: "
            'Pipeline(…, refs="refs/gitpromote").',
        )
    return AccessDenied(
        "The remote refuses the ledger",
        code="ledger-refused",
        detail=f"{ref}: {words}",
        hint="Let the promoting identity push to branches below gitpromote/.",
    )


def event(world: World, kind: str, *, environment: str | None = None, **data: object) -> Record:
    """A Record that needs no plan: an explicit verb's."""
    members = {
        "kind": kind,
        "at": world.clock.now(),
        "actor": Actor(claimed=world.actor).model_dump(mode="json"),
        "environment": environment,
        **data,
    }
    identifier = event_record_id(members, secrets.token_hex(16))
    return Record.model_validate({**members, "id": identifier})


def freight_created(
    world: World,
    freight: Iterable[Freight],
    state: LedgerState,
    *,
    plan: str | None,
    since: Collection[str] = (),
) -> list[Record]:
    """Records for the Freight that the ledger does not know yet.

    :param plan: the digest of the plan that found it
    :param since: Freight that the ledger got after that; see :func:`recorded_since`
    """
    return [
        Record(
            id=document_record_id("freight-created", one.id),
            kind="freight-created",
            at=world.clock.now(),
            actor=Actor(claimed=world.actor),
            plan=plan,
            freight={one.warehouse: one.id},
            data={"freight": in_history(world, one, state, since=since).model_dump(mode="json")},
        )
        for one in freight
        if one.id not in state.freight
    ]


def planned(world: World, plan: Plan, digest: str, known: Iterable[str]) -> list[Record]:
    """The Record of a plan document, with the changes that somebody asks for by it, unless it is there."""
    if digest in known:
        return []
    identifier = document_record_id("planned", digest)
    actor = Actor(claimed=world.actor)
    changes = {one.name: one.change_digest for one in plan.environments if one.steps}
    data = {"changes": changes}
    return [Record(id=identifier, kind="planned", at=world.clock.now(), actor=actor, plan=digest, data=data)]


def record_plan(world: World, plan: Plan, digest: str, document: bytes) -> str | None:
    """Put a plan and its Freight into the ledger, unless they are there: from then on its digest is enough.

    :returns: the ledger's head with them
    :raises AccessDenied: the remote refuses the ledger
    """
    _, after = append(world, lambda state: plan_records(world, plan, digest, state), documents={digest: document})
    return after.head


def plan_records(world: World, plan: Plan, digest: str, state: LedgerState) -> list[Record]:
    """The Records of a plan and of its Freight, as far as the ledger does not have them."""
    freight = [one.freight() for one in plan.freight.values()]
    since = recorded_since(world, plan, state)
    made = freight_created(world, freight, state, plan=digest, since=since)
    return [*made, *planned(world, plan, digest, world.ledger.plans(state.head))]


def said_of_change(
    world: World,
    file: PlanFile,
    document: bytes,
    kind: str,
    *,
    environment: EnvironmentPlan,
    data: Mapping[str, object],
    proof: str | None,
) -> Record:
    """Append what one person says of an environment's change; the plan and its Freight go along if they are not there.

    :param proof: by which key it was proven who that is, see :class:`~gitpromote.model.record.Actor`
    :raises PlanInvalid: the plan says of its Freight what is not so (``plan-unsound``)
    """
    from gitpromote.engine.freight_facts import refuse_forged_freight  # what others approve is to be so

    def records(state: LedgerState) -> list[Record]:
        refuse_forged_freight(world, file.plan, state, name=file.short_id)
        made = plan_records(world, file.plan, file.digest, state)
        said = event(
            world,
            kind,
            environment=environment.name,
            plan=file.digest,
            change_digest=environment.change_digest,
            freight={name: moving.id for name, moving in environment.freight.items()},
            data=dict(data),
        )
        return [*made, said.model_copy(update={"actor": Actor(claimed=world.actor, proven_by=proof)})]

    appended, _ = append(world, records, documents={file.digest: document})
    return appended[-1]
