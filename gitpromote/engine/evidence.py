"""Gates that ask somebody else: who asks for which, when, and how the answers travel with a plan.

Asked for Environments in which something is to be done: when a plan is made, and again when it is applied. What comes
from Git is read here, one after the other; then all servers are asked at once. Whatever goes wrong is an answer too:
the gate's verdict is ``error``, and the others are not in its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

from pydantic import ValidationError

from gitpromote.engine import ask_approvals, ask_images, ask_jobs, ask_servers, ask_signatures
from gitpromote.engine.inquiry import Answer, Asker, Inquiry, Question, no_answer
from gitpromote.engine.journeys import journey_at
from gitpromote.engine.judged_again import observed_again
from gitpromote.engine.look import Look
from gitpromote.engine.targets import read_content
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError, PlanInvalid
from gitpromote.model.change import ObjectChange
from gitpromote.model.evidence import Evidence
from gitpromote.model.gate import Gate
from gitpromote.model.gate_evidence import HTTP, CommitSignature, ImageSignature, Job, Prometheus
from gitpromote.model.gate_plain import Approvals, PythonGate
from gitpromote.model.manifest import ManifestSet
from gitpromote.model.observation import EnvironmentObservation, Observation
from gitpromote.model.plan import EnvironmentPlan, Plan, PlanKind
from gitpromote.model.state import EnvironmentState
from gitpromote.planning.asking import Asking
from gitpromote.planning.availability import Journey
from gitpromote.planning.changed_objects import changes_of
from gitpromote.planning.gating import gate_context, organisations_part, subject_of
from gitpromote.planning.verdicts import asking_of
from gitpromote.policy.conditional import not_asked

__all__ = ["ASKERS", "answers_again", "evidence_in", "gathered", "with_answers", "with_evidence"]

#: Every kind of gate that asks somebody, with who asks.
ASKERS: Mapping[type[Gate], Asker] = MappingProxyType(
    {
        Prometheus: ask_servers.metric,
        HTTP: ask_servers.http,
        PythonGate: ask_servers.function,
        CommitSignature: ask_signatures.commits,
        ImageSignature: ask_images.images,
        Job: ask_jobs.job,
        Approvals: ask_approvals.approvals,
    }
)

_AT_ONCE = 16

Answers: TypeAlias = dict[str, dict[str, Evidence]]
"""Environment to gate to its answer."""


def with_evidence(world: World, observation: Observation, kind: PlanKind) -> Observation:
    """What was seen, with what everybody answered whom gates ask."""
    journey = Journey(pipeline=world.pipeline, ledger=observation.ledger, as_of=observation.as_of, ask=world.ask)
    acting = [
        _with_changes(world, one)
        for one in observation.environments.values()
        if _acts(one, journey.state(one.name)) and _gates(world, one, Gate)
    ]
    answers = gathered(world, journey, acting, kind)
    found = {one.name: replace(one, evidence=answers.get(one.name, {})) for one in acting}
    return replace(observation, environments={**observation.environments, **found})


def _gates(world: World, observed: EnvironmentObservation, kind: type[Gate]) -> list[Gate]:
    gates = world.pipeline.resolved(observed.name).all_gates
    return [gate for gate in gates if gate.asks and isinstance(gate, kind)]


def _with_changes(world: World, observed: EnvironmentObservation) -> EnvironmentObservation:
    """With what changes in the manifests, where a function of the user or a condition may ask for that."""
    gates = _gates(world, observed, Gate)
    if not any(gate.when or isinstance(gate, PythonGate) for gate in gates):
        return observed
    return replace(observed, changes=changes_of(observed, world.pipeline))


def _acts(observed: EnvironmentObservation, state: EnvironmentState) -> bool:
    """Whether there is something to be done."""
    if observed.missing:
        return False
    moves = any(state.freight.get(name) != one.id for name, one in observed.freight.items())
    current, desired = observed.current, observed.desired
    differs = current is not None and desired is not None and current.whole != desired.whole
    return moves or differs or bool(observed.edited)


def answers_again(
    world: World, plan: Plan, environments: Sequence[EnvironmentPlan], *, seen: Look, as_of: int
) -> Answers:
    """What is answered just before something is written; a Job is started where nothing else stands against it."""
    journey, planned = journey_at(world, seen.ledger, as_of), {one.name: one for one in environments}

    def objects(observed: EnvironmentObservation) -> ManifestSet | None:
        from gitpromote.engine.organisation_again import would_hold  # few gates look at what is rendered

        one = planned[observed.name]
        return would_hold(world, journey, plan, one, head=seen.head(one.target.repository, one.target.ref))

    acting = [
        replace(observed_again(plan, one, seen.ledger), changes=_changes(world, journey, plan, one, seen))
        for one in environments
    ]
    starting = frozenset(one.name for one in environments if one.decision in ("ready", "waiting"))
    return gathered(world, journey, acting, plan.kind, starting=starting, objects=objects)


def _changes(
    world: World, journey: Journey, plan: Plan, planned: EnvironmentPlan, seen: Look
) -> tuple[ObjectChange, ...]:
    """What conditions of gates are judged by: of an organisation's, what really would change."""
    if not any(one.when for one in journey.pipeline.resolved(planned.name).organisation.gates):
        return planned.changes
    from gitpromote.engine.organisation_again import changed_again, seen_again

    head = seen.head(planned.target.repository, planned.target.ref)
    found = changed_again(journey, planned, seen_again(world, journey, plan, planned, head=head))
    return planned.changes if found is None else found


def gathered(
    world: World,
    journey: Journey,
    acting: Iterable[EnvironmentObservation],
    kind: PlanKind,
    *,
    starting: frozenset[str] = frozenset(),
    objects: Callable[[EnvironmentObservation], ManifestSet | None] | None = None,
) -> Answers:
    """Environment to gate to its answer. Functions of the user come last: they may see what the others were told.

    :param starting: Environments for which a Job may be started; a plan starts none
    :param objects: gives everything that a target would hold; by default as it was seen
    """
    held = objects if objects is not None else partial(_objects, world)
    found: dict[str, dict[str, Evidence]] = {}
    shared: dict[tuple[str, ...], Any] = {}
    acting = list(acting)
    for late in (False, True):
        known = [replace(one, evidence=found.get(one.name, {})) for one in acting]
        inquiries = [
            replace(one, objects=partial(held, each))
            for each in known
            for one in _inquiries(world, journey, each, kind)
        ]
        wanted = [one for one in inquiries if isinstance(one.gate, PythonGate) is late]
        ready = [replace(one, starts=one.subject.environment in starting, known=shared) for one in wanted]
        for evidence in _answers(ready):
            found.setdefault(evidence.subject.environment, {})[evidence.gate] = evidence
    return found


def _answers(inquiries: Sequence[Inquiry]) -> list[Evidence]:
    questions = [(one, question) for one in inquiries if (question := _question(one)) is not None]
    answers = _all_answered([question for _, question in questions])
    return [
        Evidence(
            gate=one.gate.name,
            subject=one.subject,
            at=one.context.as_of,
            source=question.source,
            value=dict(answer.value),
            error=answer.error,
        )
        for (one, question), answer in zip(questions, answers, strict=True)
    ]


def _inquiries(world: World, journey: Journey, observed: EnvironmentObservation, kind: PlanKind) -> list[Inquiry]:
    asking = asking_of(journey, world.pipeline.resolved(observed.name), observed, kind)
    parts = [asking, organisations_part(asking)] if asking.resolved.organisation.gates else [asking]
    return [one for part in parts for one in _of_part(world, part)]


def _of_part(world: World, asking: Asking) -> list[Inquiry]:
    gates = [one for one in asking.resolved.gates if type(one) in ASKERS and asking.occasion in one.applies_to]
    if not gates:
        return []
    context, subject = gate_context(asking), subject_of(asking.observed)
    asked = [one for one in gates if not_asked(one, context) is None]
    return [Inquiry(world=world, gate=one, context=context, subject=subject) for one in asked]


def _question(inquiry: Inquiry) -> Question | None:
    """The question, ready to be asked in a thread; ``None`` where it is too early for one."""
    try:
        return ASKERS[type(inquiry.gate)](inquiry)
    except GitpromoteError as error:
        answer = no_answer(error)
        return Question("gitpromote", lambda: answer)


def _all_answered(questions: Sequence[Question]) -> list[Answer]:
    workers = min(_AT_ONCE, len(questions))
    if workers <= 1:
        return [_answered(question) for question in questions]
    pool = ThreadPoolExecutor(workers, thread_name_prefix="gitpromote-gate")
    try:
        return list(pool.map(_answered, questions))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _answered(question: Question) -> Answer:
    try:
        return question.ask()
    except GitpromoteError as error:
        return no_answer(error)


def _objects(world: World, observed: EnvironmentObservation) -> ManifestSet | None:
    """Everything that a target would hold; where that is what it holds nobody has read it yet."""
    current, desired, resolved = observed.current, observed.desired, world.pipeline.resolved(observed.name)
    if desired is None or desired.manifests is not None:
        return desired.manifests if desired is not None else None
    if current is None or current.whole != desired.whole:
        return None
    names = [app.name for app in resolved.apps]
    repository = world.repository(resolved.target.repository)
    return read_content(
        repository,
        observed.head,
        resolved.target,
        apps=names,
        sensitive_paths=world.pipeline.sensitive_paths,
        parsed=world.parsed,
    ).manifests


# -- in a plan


def with_answers(observation: Observation, plan: Plan) -> Observation:
    """What was seen, with the answers that a plan holds: nobody is asked.

    :raises PlanInvalid: its facts are no answers (``plan-facts-invalid``)
    """
    found = {name: replace(one, evidence=evidence_in(plan, name)) for name, one in observation.environments.items()}
    return replace(observation, environments=found)


def evidence_in(plan: Plan, environment: str) -> dict[str, Evidence]:
    """What a plan says was answered.

    :raises PlanInvalid: its facts are no answers (``plan-facts-invalid``)
    """
    told: Any = plan.facts.get("gates", {})
    try:
        answers = dict(dict(told).get(environment, {}))
        return {name: Evidence.model_validate(one) for name, one in answers.items()}
    except (ValidationError, ValueError, TypeError):
        raise PlanInvalid(
            "What gates were answered cannot be read from the plan",
            code="plan-facts-invalid",
            detail=f"facts.gates of {environment} is not what this version writes.",
            hint=f"Plan again:\n  gitpromote plan {plan.pipeline.name}",
        ) from None
