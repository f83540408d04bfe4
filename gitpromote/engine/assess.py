"""One environment of a plan, looked at afresh just before its first write: may it go, and if not, why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitpromote.engine.in_place import edits_hold, observe_sources
from gitpromote.engine.look import Look
from gitpromote.engine.targets import subtree
from gitpromote.engine.world import World
from gitpromote.errors import RemoteFailed
from gitpromote.history.moved import names_of
from gitpromote.model.change import ObjectChange
from gitpromote.model.evidence import Evidence, Subject
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.pipeline import Pipeline
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.record import Record
from gitpromote.model.resolved import ResolvedTarget
from gitpromote.model.state import EnvironmentState, LedgerState, Override
from gitpromote.model.tree import Entry, tree_id
from gitpromote.planning import staleness
from gitpromote.planning.availability import Journey, planned_freight
from gitpromote.planning.changed_objects import changes_of
from gitpromote.planning.gating import subject_of
from gitpromote.planning.overriding import as_judged, overridden
from gitpromote.planning.planfile import blob_bytes
from gitpromote.planning.staleness import Difference, FreshLook, Judgement
from gitpromote.planning.supersede import superseded_since
from gitpromote.planning.verdicts import judge as judge_gates
from gitpromote.ports import Repository

#: How many commits since the plan are searched for our own.
_LOOKED_THROUGH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedBy:
    """What verdicts were judged by, just before a write.

    :ivar at: epoch seconds
    :ivar after: the id of the last Record that the ledger had: what it says of the journey follows from there
    :ivar subject: what they are about
    :ivar evidence: gate to what was answered when it asked
    """

    at: int
    after: str | None
    subject: Subject
    evidence: Mapping[str, Evidence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What there is to know of one environment now.

    :ivar ours: the target holds this very change, committed by this plan, although no Record says so
    :ivar judged: by what the outcomes were judged
    """

    planned: EnvironmentPlan
    head: str | None
    judgement: Judgement
    outcomes: tuple[Outcome, ...]
    ours: str | None = None
    judged: JudgedBy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was answered when gates asked, and when that was: they are judged at that very moment.

    :ivar after: the id of the Record that was the last one then; ``None`` where there is none
    :ivar answers: Environment to gate to its answer
    """

    as_of: int
    after: str | None = None
    answers: Mapping[str, Mapping[str, Evidence]] = field(default_factory=dict)


def target_of(planned: EnvironmentPlan) -> ResolvedTarget:
    """The target as the plan has it: a definition that changed since does not matter."""
    target = planned.target
    return ResolvedTarget(
        kind=target.kind,
        repository=target.repository,
        ref=target.ref,
        path=target.path,
        subtrees=target.subtrees,
        keep=target.keep,
    )


def assess(
    world: World,
    plan: Plan,
    digest: str,
    planned: EnvironmentPlan,
    seen: Look,
    records: Sequence[Record],
    *,
    mine: Mapping[tuple[str, str], frozenset[str]],
    answered: Answered,
) -> Fresh:
    """Staleness in its order, then gates and policies with fresh facts.

    :param records: since the plan's basis, oldest first
    :param mine: (repository, ref) to the commits that this run has pushed there
    """
    target = planned.target
    head = seen.head(target.repository, target.ref) if target.ref else None
    look = _fresh_look(world, plan, planned, seen, records, head)
    generation = plan.basis.ledger.generations.get(planned.name, 0)
    judgement = staleness.judge(planned, look, plan=digest, generation=generation, now=world.clock.now())
    if judgement.verdict == "rerender":
        judgement = _rerendered(world, plan, planned, seen, head, judgement)
    if judgement.verdict == "reanchor" and head in mine.get((target.repository, target.ref), frozenset()):
        judgement = Judgement(verdict="go")
    ours = None
    if judgement.verdict in ("stale", "reanchor", "go") and look.result_holds and planned.writes and head:
        ours = _ours(world, planned, head, look.planned_head)
    return Fresh(
        planned=planned,
        head=head,
        judgement=Judgement(verdict="go") if ours else judgement,
        outcomes=_outcomes(world, plan, planned, seen, answered, head),
        ours=ours,
        judged=JudgedBy(
            at=answered.as_of,
            after=answered.after,
            subject=subject_of(observed_again(plan, planned)),
            evidence=answered.answers.get(planned.name, {}),
        ),
    )


def last_record(world: World, head: str | None) -> str | None:
    """The id of the Record that a commit of the ledger holds."""
    if head is None:
        return None
    body = world.home.commits([head])[head].message.partition("\n\n")[2]
    return Record.model_validate_json(body).id


def _fresh_look(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, records: Sequence[Record], head: str | None
) -> FreshLook:
    target = planned.target
    basis = plan.basis.repositories.get(target.repository)
    planned_head = basis.refs.get(target.ref) if basis and target.ref else None
    names = names_of(world.pipeline, planned.name)  # renamed meanwhile: others may have written under the old one
    here = [record for record in records if record.environment in names]
    functions = plan.pipeline.source.callables if plan.pipeline.source else {}
    common = {
        "head": head,
        "planned_head": planned_head,
        "records": here,
        "superseded": _superseded(world, plan, planned, seen),
        "changed_callables": world.changed_callables(functions),
    }
    if head == planned_head or not target.ref:
        return FreshLook(reads=planned.reads, result_holds=not planned.writes, **common)  # type: ignore[arg-type]
    listing = world.repository(target.repository).listing(head) if head else {}
    reads = _reads_now(planned, listing, world.repository(target.repository).object_format)
    return FreshLook(
        reads=reads,
        earlier=_earlier(plan, planned),
        result_holds=_holds(world, planned, listing, reads),
        unrelated=_commits_between(world, target.repository, planned_head, head),
        differences=_differences(world, planned, reads, listing, head, planned_head),
        **common,  # type: ignore[arg-type]
    )


def _reads_now(
    planned: EnvironmentPlan, listing: Mapping[str, Entry], object_format: str
) -> tuple[tuple[str, str, str | None], ...]:
    if planned.target.kind != "in-place":
        files = subtree(listing, target_of(planned))
        shown = {path: entry for path, entry in files.items() if path not in planned.omitted}
        oid = tree_id(shown, object_format=object_format) if files else None
        return (("", "tree" if files else "absent", oid),)
    return tuple((path, kind, listing[path].oid if path in listing else None) for path, kind, _ in planned.reads)


def _holds(
    world: World,
    planned: EnvironmentPlan,
    listing: Mapping[str, Entry],
    reads: Sequence[tuple[str, str, str | None]],
) -> bool:
    """Whether the target holds what this plan would write. Sources: whether the edited values are there."""
    if planned.target.kind != "in-place":
        files = subtree(listing, target_of(planned))
        hidden = [write for write in planned.writes if write.sensitive]
        present = all((write.path in files) == (write.action != "delete") for write in hidden)
        return present and reads[0][2] == (planned.result_tree if files else None)
    return not planned.writes or edits_hold(world.repository(planned.target.repository), listing, planned.edits)


def _earlier(plan: Plan, planned: EnvironmentPlan) -> dict[str, frozenset[str | None]]:
    """Ids that environments before this one, on the same branch, put at paths."""
    found: dict[str, set[str | None]] = {}
    for other in plan.environments:
        if other.name == planned.name:
            break
        if (other.target.repository, other.target.ref) == (planned.target.repository, planned.target.ref):
            for write in other.writes:
                found.setdefault(write.path, set()).add(write.after)
    return {path: frozenset(ids) for path, ids in found.items()}


def _commits_between(world: World, repository: str, before: str | None, after: str | None) -> int:
    if before is None or after is None or not world.repository(repository).is_ancestor(before, after):
        return 0
    return len(world.repository(repository).log(after, since=before))


def _differences(
    world: World,
    planned: EnvironmentPlan,
    reads: Sequence[tuple[str, str, str | None]],
    listing: Mapping[str, Entry],
    head: str | None,
    planned_head: str | None,
) -> tuple[Difference, ...]:
    """What changed and who did it, where Git still knows."""
    repository = world.repository(planned.target.repository)
    changed = [
        (path, before, now)
        for (path, _, before), (_, _, now) in zip(planned.reads, reads, strict=True)
        if before != now
    ]
    known = planned_head is None or _is_there(repository, planned_head)
    if planned.target.kind != "in-place" and changed and known:
        old = subtree(repository.listing(planned_head), target_of(planned)) if planned_head else {}
        new = subtree(listing, target_of(planned))
        changed = [
            (path, old[path].oid if path in old else None, new[path].oid if path in new else None)
            for path in sorted(old.keys() | new.keys())
            if old.get(path) != new.get(path) and path not in planned.omitted
        ]
    return tuple(_difference(world, planned, path, before, now, head) for path, before, now in changed[:20])


def _is_there(repository: Repository, commit: str) -> bool:
    """Whether the remote still has a commit; one that was forced away may be gone for good."""
    try:
        repository.ensure([commit])
    except RemoteFailed:
        return False
    return True


def _difference(
    world: World, planned: EnvironmentPlan, path: str, before: str | None, now: str | None, head: str | None
) -> Difference:
    root = "" if planned.target.kind == "in-place" else planned.target.path
    whole = "/".join(part for part in (root, path) if part)
    found = (
        world.repository(planned.target.repository).log(head, paths=[whole] if whole else [], limit=1) if head else []
    )
    last = found[0] if found else None
    return Difference(
        path=path,
        planned=before,
        now=now,
        commit=last.oid if last else None,
        author=(last.email or last.author) if last else "",
        subject=last.subject if last else "",
        at=last.committed_at if last else None,
    )


def _superseded(world: World, plan: Plan, planned: EnvironmentPlan, seen: Look) -> str:
    """Why what the plan would move there may no longer go there: availability, judged again."""
    for moving in planned.freight.values():
        known = seen.ledger.freight.get(moving.id)
        if known is not None and known.rejected:
            return f"the Freight was rejected: {known.rejected}"
    if plan.kind != "promote":
        return ""
    journey = journey_of(world, seen)
    moves = [one for name, one in planned_freight(plan, planned).items() if planned.freight[name].moving]
    told = {outcome.id for outcome in planned.outcomes}
    for freight in moves:
        verdict = journey.verdict(planned.name, freight)
        if verdict.refused and verdict.way not in told:
            return f"{freight.alias}: {verdict.message}"
    by = [one for outcome in planned.outcomes if outcome.id == "superseded" for one in outcome.operands.get("by", ())]
    since = superseded_since(journey, planned.name, moves, told=by)
    return f"{since[0].alias} was superseded by {since[1].alias} since" if since else ""


def journey_of(world: World, seen: Look) -> Journey:
    """What the ledger says now of where Freight may go."""
    return journey_at(world, seen.ledger, world.clock.now())


def journey_at(world: World, ledger: LedgerState, as_of: int) -> Journey:
    """What a ledger says, at a moment, of where Freight may go."""
    return Journey(pipeline=world.pipeline, ledger=ledger, as_of=as_of, ask=world.ask)


def _rerendered(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, head: str | None, before: Judgement
) -> Judgement:
    """Something that the render reads has changed, but not what is edited: does the same change come out?"""
    observed = _predicted(world, plan, planned, seen, head)
    same_result = observed.desired is None or observed.desired.tree == planned.result_tree
    if same_result and _same_change(planned, observed, world.pipeline):
        return Judgement(verdict="reanchor", message="rendered again: the same change")
    text = "what it renders is no longer what was reviewed"
    return Judgement(
        verdict="stale",
        code="plan-stale",
        message=text,
        differences=before.differences,
        rendered=_since_review(world, plan, planned, seen, observed),
    )


def _predicted(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, head: str | None
) -> EnvironmentObservation:
    """What the planned edits would render to at a commit of the target."""
    resolved, state = world.pipeline.resolved(planned.name), seen.ledger.environment(planned.name)
    overlay = _still_to_come(world, plan, planned, head)
    freight = planned_freight(plan, planned)
    return observe_sources(world, resolved, freight, head=head, state=state, overlay=overlay)[0]


def _since_review(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, now: EnvironmentObservation
) -> tuple[ObjectChange, ...]:
    """What would come now against what was reviewed; nothing where the commit that was reviewed is gone."""
    basis = plan.basis.repositories.get(planned.target.repository)
    reviewed = basis.refs.get(planned.target.ref) if basis else None
    if reviewed is None or not _is_there(world.repository(planned.target.repository), reviewed):
        return ()
    then = _predicted(world, plan, planned, seen, reviewed)
    return changes_of(replace(now, current=then.desired), world.pipeline)


def _still_to_come(world: World, plan: Plan, planned: EnvironmentPlan, head: str | None) -> dict[str, bytes]:
    """Files as environments before this one will leave them, as far as they have not done so yet."""
    listing = world.repository(planned.target.repository).listing(head) if head else {}
    found: dict[str, bytes] = {}
    ids = {path: entry.oid for path, entry in listing.items()}
    for other in plan.environments:
        if other.name == planned.name:
            break
        if (other.target.repository, other.target.ref) == (planned.target.repository, planned.target.ref):
            for write in other.writes:
                if ids.get(write.path) == write.before and write.after is not None:
                    ids[write.path] = write.after
                    found[write.path] = blob_bytes(plan.blobs[write.after])
    return found


def _same_change(planned: EnvironmentPlan, observed: EnvironmentObservation, pipeline: Pipeline) -> bool:
    written = {path: after.oid for path, (_, after) in observed.edited.items()}
    expected = {write.path: write.after for write in planned.writes}
    return written == expected and changes_of(observed, pipeline) == planned.changes


def _ours(world: World, planned: EnvironmentPlan, head: str, planned_head: str | None) -> str | None:
    """The commit in which this very change was made since the plan, although its Record got lost on the way."""
    repository = world.repository(planned.target.repository)
    since = planned_head if planned_head and repository.is_ancestor(planned_head, head) else None
    found = repository.log(head, since=since, limit=_LOOKED_THROUGH)
    return next((one.oid for one in found if one.trailers.get("Gitpromote-Change") == planned.change_digest), None)


def _outcomes(
    world: World, plan: Plan, planned: EnvironmentPlan, seen: Look, answered: Answered, head: str | None
) -> tuple[Outcome, ...]:
    """The plan's verdicts, those that read live facts judged again."""
    overrides = _overrides(world, seen.ledger.environment(planned.name))
    evidence = answered.answers.get(planned.name, {})
    journey = journey_at(world, seen.ledger, answered.as_of)
    judged = judged_again(journey, plan, planned, evidence=evidence, overrides=())
    if world.governing is not None:
        from gitpromote.engine.organisation_again import with_organisation  # few plans are judged by any

        judged = with_organisation(world, journey, plan, planned, judged, head=head)
    return overridden(judged, overrides, change_digest=planned.change_digest, as_of=journey.as_of)


def judged_again(
    journey: Journey,
    plan: Plan,
    planned: EnvironmentPlan,
    *,
    evidence: Mapping[str, Evidence],
    overrides: tuple[Override, ...],
) -> tuple[Outcome, ...]:
    """A plan's verdicts at the moment of a journey: what reads live facts afresh, the rest as the plan has it.

    :param overrides: those whose word counts; what the plan itself says of overrides is not looked at
    """
    digest = planned.change_digest
    observed = replace(observed_again(plan, planned), evidence=evidence)
    resolved = journey.pipeline.resolved(planned.name)
    judged = judge_gates(journey, resolved, observed, kind=plan.kind, changes=planned.changes, change_digest=digest)
    fresh = {outcome.id: outcome for outcome in judged}
    told = [as_judged(outcome) for outcome in planned.outcomes]
    now = [fresh.get(outcome.id, outcome) if _is_judged_again(outcome) else outcome for outcome in told]
    # What an organisation asks for since the plan.
    now += [fresh[gate.name] for gate in resolved.organisation.gates if _is_new(gate.name, told, fresh)]
    return overridden(now, overrides, change_digest=digest, as_of=journey.as_of)


def _overrides(world: World, state: EnvironmentState) -> tuple[Override, ...]:
    """What somebody overrode there, as far as their word counts now."""
    if not state.overrides:
        return ()
    from gitpromote.engine.overrides import sound_overrides  # hardly ever

    return sound_overrides(world, state)


def observed_again(plan: Plan, planned: EnvironmentPlan) -> EnvironmentObservation:
    """What a plan would make of an Environment, as the subject of verdicts."""
    tree = planned.result_tree
    desired = Content(tree=tree, whole=tree) if tree is not None else None
    return EnvironmentObservation(name=planned.name, freight=planned_freight(plan, planned), desired=desired)


def _is_new(name: str, told: Sequence[Outcome], fresh: Mapping[str, Outcome]) -> bool:
    return name in fresh and all(outcome.id != name for outcome in told)


def _is_judged_again(outcome: Outcome) -> bool:
    """Policies read what the plan holds; what failed needs another plan."""
    return outcome.kind in ("gate", "availability") and outcome.status != "fail"
