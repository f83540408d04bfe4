"""Who judges what would be written: programs asked, verdicts of the pipeline's and of an organisation's policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gitpromote.engine.origins import located, locating
from gitpromote.engine.others import Others, compares
from gitpromote.engine.policy_files import PolicyFiles, named
from gitpromote.engine.scrubbing import Scrub, scrubbed, scrubbed_data, scrubbing
from gitpromote.engine.world import World
from gitpromote.errors import GitpromoteError
from gitpromote.model.change import ObjectId
from gitpromote.model.finding import Finding
from gitpromote.model.observation import EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import PlanKind, Write
from gitpromote.model.policy_base import Policy
from gitpromote.model.standing import Standing
from gitpromote.policy.boundaries import Touched, judge_boundary
from gitpromote.policy.evaluate import applies, evaluate, is_outside
from gitpromote.policy.judged import Judged, Material
from gitpromote.policy.organisation import judge_standing
from gitpromote.policy.scene import Scene

__all__ = ["Court", "Judging", "judging"]

_LISTS = ("findings", "warnings", "errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """An Environment that is judged, and by whom.

    :ivar policies: the Pipeline's
    :ivar standing: what an organisation asks for beside them
    :ivar writes: what would be written
    """

    observed: EnvironmentObservation
    scene: Scene
    policies: tuple[Policy, ...]
    standing: Standing
    writes: tuple[Write, ...] = ()

    @property
    def all_policies(self) -> tuple[Policy, ...]:
        """The Pipeline's, and the organisation's."""
        return (*self.policies, *(one.policy for one in self.standing.policies))


def judging(observed: EnvironmentObservation, scene: Scene, writes: tuple[Write, ...]) -> Judging | None:
    """Who judges an Environment in which something would be written; ``None`` where nobody does."""
    resolved = scene.environment
    policies = tuple(one for one in resolved.policies if applies(one, scene))
    asked = tuple(one for one in resolved.organisation.policies if applies(one.policy, scene))
    standing = replace(resolved.organisation, policies=asked)
    if not policies and not asked and not standing.boundaries:
        return None
    return Judging(observed=observed, scene=scene, policies=policies, standing=standing, writes=writes)


@dataclass(slots=True, kw_only=True)
class Court:
    """Who judges all Environments of one plan.

    :ivar known: what somebody outside said when an earlier plan was made; ``None`` where he is to be asked
    :ivar answers: Environment to policy to what somebody outside said, as plain data
    """

    world: World
    kind: PlanKind
    files: PolicyFiles
    others: Others
    scrub: Scrub
    known: Mapping[str, Any] | None = None
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def over(
        cls,
        world: World,
        judged: Sequence[Judging],
        *,
        kind: PlanKind,
        files: PolicyFiles,
        others: Others,
        known: Mapping[str, Any] | None = None,
    ) -> Court:
        """The court over some Environments."""
        sets = [each for one in judged for each in (one.scene.before, one.scene.objects)]
        scrub = scrubbing([*sets, *others.objects.values()], sensitive_paths=world.pipeline.sensitive_paths)
        return cls(world=world, kind=kind, files=files, others=others, scrub=scrub, known=known)

    def judged(self, one: Judging) -> EnvironmentObservation:
        """What was seen of an Environment, with what all policies conclude."""
        scene = self._scene(one)
        own = {policy.name: policy for policy in one.policies}
        kept: dict[str, Any] = {}
        outcomes = evaluate(one.policies, scene, self._material(own, scene, self.files, kept))
        outcomes += self._organisations(one, scene, kept)
        if any(outcome.findings for outcome in outcomes):
            locate = locating(self.world, one.observed, scene, self.kind)
            outcomes = located(scrubbed(outcomes, self.scrub), scene, locate)
        return replace(one.observed, policies=outcomes)

    def organisations(self, one: Judging) -> tuple[Outcome, ...]:
        """What the organisation's policies and boundaries conclude; places are not sought in the sources."""
        return scrubbed(self._organisations(one, self._scene(one), {}), self.scrub)

    def _scene(self, one: Judging) -> Scene:
        beside = {name: objects for name, objects in self.others.objects.items() if name != one.observed.name}
        return replace(one.scene, others=beside)

    # -- the organisation's

    def _organisations(self, one: Judging, scene: Scene, kept: dict[str, Any]) -> tuple[Outcome, ...]:
        governing = self.world.governing
        if governing is None:
            return ()
        found: list[Outcome] = []
        for policy in one.standing.policies:
            material = self._material({policy.id: policy.policy}, scene, governing.now.files, kept)
            found += judge_standing(policy, scene, material, exemptions=governing.exemptions)
        if one.standing.boundaries:
            touched = self._touched(one)
            found += (judge_boundary(name, each, touched) for name, each in one.standing.boundaries.items())
        return tuple(found)

    def _touched(self, one: Judging) -> Touched:
        target = one.scene.environment.target
        root = f"{target.path}/" if target.path and target.kind != "in-place" else ""
        gone = [change.object for change in one.scene.changes if "delete" in change.actions]
        return Touched(
            environment=one.observed.name,
            repository=self.world.repository(target.repository).canonical,
            paths=tuple(root + write.path for write in one.writes),
            objects=(*(ObjectId.of(ref) for ref in one.scene.objects), *gone),
        )

    # -- what policies are made of

    def _material(
        self, policies: Mapping[str, Policy], scene: Scene, files: PolicyFiles, kept: dict[str, Any]
    ) -> Material:
        """What some policies are made of.

        :param policies: by the name under which the plan says what they were answered
        :param kept: what evaluators keep from one to the next of the same Scene
        """
        each = policies.values()
        missing = {one.name: files.missing[named(one)] for one in each if named(one) in files.missing}
        if self.others.unread:
            missing |= {one.name: self.others.unread for one in each if compares(one)}
        answers = self._answers(policies, scene, missing, files)
        own = {one.name: tuple(files.own(one)) for one in each}
        return Material(
            texts=files.texts, documents=files.documents, of=own, answers=answers, missing=missing, kept=kept
        )

    def _answers(
        self, policies: Mapping[str, Policy], scene: Scene, missing: dict[str, str], files: PolicyFiles
    ) -> dict[str, Judged]:
        found: dict[str, Judged] = {}
        for name, policy in policies.items():
            if not is_outside(policy) or policy.name in missing:
                continue
            told = scrubbed_data(self._answer(name, policy, scene, files), self.scrub)
            self.answers.setdefault(scene.environment.name, {})[name] = told
            if "missing" in told:
                missing[policy.name] = told["missing"]
            else:
                found[policy.name] = _from_data(told)
        return found

    def _answer(self, name: str, policy: Policy, scene: Scene, files: PolicyFiles) -> dict[str, Any]:
        """What a program says now, or said when the earlier plan was made."""
        if self.known is not None:
            known = self.known.get(scene.environment.name, {}).get(name)
            return dict(known) if known is not None else {"missing": "the plan does not say what it answered"}
        if self.world.policy_programs is None:
            return {"missing": "there is nobody here who could ask it"}
        try:
            return _as_data(self.world.policy_programs.judge(policy, scene, files.own(policy)))
        except GitpromoteError as error:
            return {"missing": "; ".join(part for part in (error.summary, error.detail) if part)}


def _as_data(judged: Judged) -> dict[str, Any]:
    lists = {name: [one.model_dump(mode="json") for one in _each(judged, name)] for name in _LISTS}
    told: dict[str, Any] = {name: found for name, found in lists.items() if found}
    if judged.looked_at is not None:
        told["judged"] = judged.looked_at
    return told | ({"operands": dict(judged.operands)} if judged.operands else {})


def _each(judged: Judged, name: str) -> Iterable[Finding]:
    found: Iterable[Finding] = getattr(judged, name)
    return found


def _from_data(told: Mapping[str, Any]) -> Judged:
    lists = {name: tuple(Finding.model_validate(one) for one in told.get(name, ())) for name in _LISTS}
    return Judged(looked_at=told.get("judged"), operands=told.get("operands", {}), **lists)
