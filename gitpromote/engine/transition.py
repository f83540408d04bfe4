"""One push for all that may go now: commits for every target, Records for the ledger, moved together or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from gitpromote.engine import records as journal
from gitpromote.engine.append import ledger_refused
from gitpromote.engine.assess import Fresh
from gitpromote.engine.file_changes import Changes, file_changes, files_there
from gitpromote.engine.look import Look
from gitpromote.engine.targets import subtree, whole_ids
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError, PlanInvalid
from gitpromote.model.neighbours import Newcomers
from gitpromote.model.outcome import Outcome, Overridden
from gitpromote.model.plan import EnvironmentPlan, Plan, PushStep
from gitpromote.model.record import Record
from gitpromote.model.resolved import HOME
from gitpromote.model.tree import tree_id
from gitpromote.model.words import clean
from gitpromote.planning.planned_target import target_of
from gitpromote.ports import NewCommit, PushAnswer, RefChange

Place = tuple[str, str]  # repository key, full ref name


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What is about to be pushed.

    :ivar commits: environment to its new commit; those that inherit have none
    :ivar refs: place to (expected, new)
    """

    environments: tuple[Fresh, ...]
    commits: Mapping[str, str]
    refs: Mapping[Place, tuple[str | None, str]]
    records: tuple[Record, ...]
    documents: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What became of it.

    :ivar refused: environment to what the remote said
    :ivar lost: somebody else was faster, somewhere: look again
    :ivar unrecorded: environments whose targets moved, while the ledger did not take their Records
    :ivar unannounced: nothing was tried: targets and ledger do not move at once, and the ledger lacks the plan
    """

    written: bool
    refused: Mapping[str, PushAnswer] = field(default_factory=dict)
    ledger_words: str = ""
    lost: bool = False
    unrecorded: frozenset[str] = frozenset()
    unannounced: bool = False


def prepare(
    world: World,
    plan: Plan,
    digest: str,
    document: bytes,
    batch: Sequence[Fresh],
    seen: Look,
    *,
    present: Collection[str] = (),
) -> tuple[Transition, dict[str, GitpromoteError]]:
    """Make the commits, prove their trees, and write the Records that go with them.

    :param present: ids of Records that the ledger has already. Refs are not listed in one instant: a rival's Record may
        be seen before the target that it speaks of, and the same commit, made in the same second, is no conflict to Git
    :returns: the transition, and the environments that must not be written, with the reason
    """
    failed: dict[str, GitpromoteError] = {}
    commits: dict[str, str] = {fresh.planned.name: fresh.ours for fresh in batch if fresh.ours}
    refs: dict[Place, tuple[str | None, str]] = {}
    by_place = _by_place(batch)
    for key in dict.fromkeys(key for key, _ in by_place):
        groups = {place: group for place, group in by_place.items() if place[0] == key}
        made = _commits(world, plan, digest, key, groups, failed)
        commits |= made
        for place, group in groups.items():
            last = next((made[fresh.planned.name] for fresh in reversed(group) if fresh.planned.name in made), None)
            if last is not None:
                refs[place] = (group[0].head, last)
    going = tuple(fresh for fresh in batch if fresh.planned.name not in failed)
    records, documents = journal.records_for(world, plan, digest, document, going, commits, seen, present=present)
    return Transition(environments=going, commits=commits, refs=refs, records=records, documents=documents), failed


def push(world: World, transition: Transition, seen: Look) -> Pushed:
    """Move every ref by compare-and-swap: in one push where targets and ledger share a repository.

    Where they do not move at once, the ledger has the plan before the first target: whoever goes on elsewhere, after a
    run that was killed between the two, has nothing but its digest.

    :raises ConfigurationError: ``ref-name-taken``: there is no room for the ledger
    """
    elsewhere = sorted({key for key, _ in transition.refs} - {HOME})
    if elsewhere and transition.documents:
        return Pushed(written=False, unannounced=True)
    head = seen.head(HOME, world.ledger.ref)
    new = world.ledger.commits(seen.ledger, transition.records, transition.documents)
    written = world.home.write(new) if transition.records else ()
    ledger = RefChange(ref=world.ledger.ref, new=written[-1], expected=head) if written else None
    for key in elsewhere:
        # Targets first: a target without its Record is found by its trailers, a Record without its target would lie.
        answers = world.repository(key).push(_changes(world, transition, key))
        if any(answer.status != "written" for answer in answers.values()):
            return _judged(transition, key, answers)
    changes = [*_changes(world, transition, HOME), *([ledger] if ledger else [])]
    answers = world.home.push(changes, in_turn=not transition.documents) if changes else {}
    if any(answer.status == "apart" for answer in answers.values()):
        return Pushed(written=False, unannounced=True)
    if all(answer.status == "written" for answer in answers.values()):
        return Pushed(written=True)
    judged = _judged(transition, HOME, answers)
    refusal = answers.get(world.ledger.ref)
    if refusal is not None and refusal.code == "ref-conflict":
        raise ledger_refused(world.ledger.ref, refusal.words, code=refusal.code)
    words = refusal.words if refusal is not None and refusal.status == "refused" else ""
    unrecorded = _moved(transition, answers) if words else frozenset()
    return Pushed(written=False, refused=judged.refused, lost=judged.lost, ledger_words=words, unrecorded=unrecorded)


def _moved(transition: Transition, answers: Mapping[str, PushAnswer]) -> frozenset[str]:
    """The environments whose targets are as planned now: all in other repositories, and beside the ledger some."""
    written = {ref for ref, answer in answers.items() if answer.status == "written"}
    targets = {fresh.planned.name: fresh.planned.target for fresh in transition.environments}
    return frozenset(
        name for name in transition.commits if targets[name].repository != HOME or targets[name].ref in written
    )


def _changes(world: World, transition: Transition, key: str) -> list[RefChange]:
    targets = [
        RefChange(ref=ref, new=new, expected=expected)
        for (repository, ref), (expected, new) in transition.refs.items()
        if repository == key
    ]
    return [*targets, *_tags(world, transition, key)]


def _tags(world: World, transition: Transition, key: str) -> list[RefChange]:
    """Tags of what is verified, as far as they do not stand already: a tag is never moved."""
    wanted = {
        f"refs/tags/{step.tag}": transition.commits[fresh.planned.name]
        for fresh in transition.environments
        if fresh.planned.target.repository == key and fresh.planned.name in transition.commits
        for step in fresh.planned.steps
        if isinstance(step, PushStep) and step.tag
    }
    present = world.repository(key).fetch(sorted(wanted)) if wanted else {}
    return [RefChange(ref=ref, new=oid, expected=None) for ref, oid in wanted.items() if ref not in present]


def _judged(transition: Transition, key: str, answers: Mapping[str, PushAnswer]) -> Pushed:
    refused = {
        fresh.planned.name: answer
        for fresh in transition.environments
        if fresh.planned.target.repository == key and (answer := _refusal(fresh, answers)) is not None
    }
    lost = any(answer.status in ("lost", "same") for answer in answers.values())
    return Pushed(written=False, refused=refused, lost=lost or not refused)


def _refusal(fresh: Fresh, answers: Mapping[str, PushAnswer]) -> PushAnswer | None:
    """What the remote has against an environment: against its target, or against its tag."""
    steps = [step for step in fresh.planned.steps if isinstance(step, PushStep)]
    refs = [fresh.planned.target.ref, *(f"refs/tags/{step.tag}" for step in steps if step.tag)]
    return next((answers[ref] for ref in refs if ref in answers and answers[ref].status == "refused"), None)


def _by_place(batch: Sequence[Fresh]) -> dict[Place, list[Fresh]]:
    found: dict[Place, list[Fresh]] = {}
    for fresh in batch:
        if fresh.planned.writes and not fresh.ours:
            found.setdefault((fresh.planned.target.repository, fresh.planned.target.ref), []).append(fresh)
    return found


def _commits(
    world: World,
    plan: Plan,
    digest: str,
    key: str,
    groups: Mapping[Place, Sequence[Fresh]],
    failed: dict[str, GitpromoteError],
) -> dict[str, str]:
    """One commit per environment of a repository, on each ref on top of the one before it.

    All are made by one process. Without what fails they are made again.
    """
    changes: dict[str, Changes] = {}
    every = [one for group in groups.values() for one in group]
    newcomers = {fresh.planned.target.ref: Newcomers() for fresh in every}
    for fresh, there in zip(every, files_there(world, key, every), strict=True):
        beside = newcomers[fresh.planned.target.ref]
        try:
            changes[fresh.planned.name] = file_changes(world, plan, fresh, there, beside)
        except GitpromoteError as error:
            failed[fresh.planned.name] = error
    while going := [found for group in groups.values() if (found := [one for one in group if _goes(one, failed)])]:
        made = _stacked(world, plan, digest, key, going, changes)
        wrong = _disproved(world, [one for group in going for one in group], made)
        if not wrong:
            return made
        failed |= wrong
    return {}


def _goes(fresh: Fresh, failed: Mapping[str, GitpromoteError]) -> bool:
    return fresh.planned.name not in failed


def _stacked(
    world: World, plan: Plan, digest: str, key: str, going: Sequence[Sequence[Fresh]], changes: Mapping[str, Changes]
) -> dict[str, str]:
    names: list[str] = []
    new: list[NewCommit] = []
    for group in going:
        for at, fresh in enumerate(group):
            names.append(fresh.planned.name)
            new.append(
                NewCommit(
                    parent=len(new) - 1 if at else fresh.head,
                    changes=changes[fresh.planned.name],
                    message=message_of(plan, digest, fresh.planned, fresh.outcomes),
                    identity=world.pipeline.identity,
                    at=world.clock.now(),
                )
            )
    return dict(zip(names, world.repository(key).write(new), strict=True))


def _disproved(world: World, group: Sequence[Fresh], made: Mapping[str, str]) -> dict[str, GitpromoteError]:
    """Before anything is pushed: the subtree of every commit must be the one that was reviewed."""
    rendered = [fresh for fresh in group if fresh.planned.target.kind != "in-place"]
    if not rendered:
        return {}
    repository = world.repository(rendered[0].planned.target.repository)
    targets = [target_of(fresh.planned) for fresh in rendered]
    quick = whole_ids(repository, [(made[f.planned.name], target) for f, target in zip(rendered, targets, strict=True)])
    wrong: dict[str, GitpromoteError] = {}
    for fresh, found, target in zip(rendered, quick, targets, strict=True):
        planned = fresh.planned
        if found is None or planned.omitted:
            files = subtree(repository.listing(made[planned.name]), target)
            shown = {path: entry for path, entry in files.items() if path not in planned.omitted}
            found = tree_id(shown, object_format=repository.object_format)
        if found != planned.result_tree:
            # The target is as it was planned: it is the plan that does not say what its own files lead to.
            wrong[planned.name] = PlanInvalid(
                "What would land is not what was reviewed",
                code="tree-differs",
                detail=f"{planned.name}: tree {found[:12]}, planned {str(planned.result_tree)[:12]}",
                hint=f"Nothing was pushed. Make a new plan:\n  gitpromote plan {world.pipeline.name}",
            )
    return wrong


def message_of(plan: Plan, digest: str, planned: EnvironmentPlan, outcomes: Sequence[Outcome] = ()) -> str:
    """The commit's message with its trailers; what was overridden stands among them."""
    step = next((one for one in planned.steps if isinstance(one, PushStep)), None)
    freight = sorted(moving.id for moving in planned.freight.values())
    source = next((one.commit for one in planned.sources), None)
    trailers = [
        ("Plan", digest),
        ("Change", planned.change_digest),
        ("Pipeline", plan.pipeline.name),
        ("Environment", planned.name),
        *(("Freight", identifier) for identifier in freight),
        *((("From", source),) if source else ()),
        *(("Override", _overridden_text(one.id, one.overridden)) for one in outcomes if one.overridden is not None),
    ]
    lines = "\n".join(f"Gitpromote-{name}: {value}" for name, value in trailers)
    return f"{step.message if step else planned.name}\n\n{lines}\n"


def _overridden_text(name: str, told: Overridden) -> str:
    """``window by cleo@acme.example: the shop is down (INC-2211)``, on one line whatever was said."""
    ticket = f" ({told.ticket})" if told.ticket else ""
    return clean(f"{name} by {told.by}: {told.reason}{ticket}")
