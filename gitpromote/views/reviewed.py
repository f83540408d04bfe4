"""What is new since a plan that was reviewed, and what that means for its approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.state import Approval
from gitpromote.model.words import clean, listed

#: Environment to the approvals that the ledger holds for it.
Approvals = Mapping[str, Sequence[Approval]]


def news(plan: Plan, earlier: Plan | None) -> tuple[list[EnvironmentPlan], list[str]]:
    """The environments whose change is another one than in the earlier plan, and the names of the rest."""
    if earlier is None:
        return list(plan.environments), []
    before = _digests(earlier)
    same = [each.name for each in plan.environments if each.steps and before.get(each.name) == each.change_digest]
    return [each for each in plan.environments if each.name not in same], same


def since_texts(plan: Plan, earlier: Plan | None, approvals: Approvals | None) -> list[str]:
    """Sentences: where the change is the reviewed one, and the fate of each approval.

    :param approvals: ``None`` where the ledger could not be asked
    """
    if earlier is None:
        return []
    _, same = news(plan, earlier)
    before, now = _digests(earlier), {each.name: each.change_digest if each.steps else "" for each in plan.environments}
    found = [f"The same change as reviewed in {listed(same)}: not shown again."] if same else []
    if approvals is None:
        return [*found, *_unasked(same, [name for name in before if now.get(name, "") != before[name]])]
    for name, digest in before.items():
        if name in now:
            found += _fates(name, approvals.get(name, ()), reviewed=digest, now=now[name], at=plan.as_of)
    return found


def _digests(plan: Plan) -> dict[str, str]:
    return {each.name: each.change_digest for each in plan.environments if each.steps}


def _unasked(same: Sequence[str], changed: Sequence[str]) -> Iterator[str]:
    if same:
        yield f"Approvals of it still hold in {listed(same)}."
    if changed:
        yield f"Another change than reviewed in {listed(changed)}: approvals of that one do not count."


def _fates(name: str, given: Sequence[Approval], *, reviewed: str, now: str, at: int) -> Iterator[str]:
    for approval in given:
        if approval.change_digest != reviewed:
            continue
        who = f"{name}: the approval of {clean(approval.identity)}"
        if now != reviewed:
            yield f"{who} does not count any more: {'the change is another one' if now else 'nothing changes there'}"
        elif approval.expires is not None and approval.expires <= at:
            yield f"{who} has expired"
        else:
            yield f"{who} still holds"
