"""What is wrong with the waves of a Pipeline, and with Environments that say what they were called before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitpromote.errors import Problem
from gitpromote.model.definition import problem
from gitpromote.model.environment import AnyOf, Environment
from gitpromote.model.names import quoted
from gitpromote.model.problems import Fault
from gitpromote.model.wave import Wave

__all__ = ["moved_problems", "wave_problems"]


def wave_problems(environments: Sequence[Environment]) -> Iterator[Problem]:
    """Gaps between waves, budgets that differ, and waves where one of several is enough."""
    waves = [(one, one.wave) for one in environments if isinstance(one.wave, Wave)]
    numbers = {wave.number for _, wave in waves}
    budgets: dict[int, Environment] = {}
    for environment, wave in waves:
        number = wave.number
        if number > 1 and number - 1 not in numbers:
            yield _told(environment, Fault("wave-gap", f"there is a wave {number} and no wave {number - 1}", ""))
        if number > 1 and isinstance(environment.after, AnyOf):
            message = f"wave {number} comes after all of wave {number - 1}, and any_of(…) asks for one"
            yield _told(environment, Fault("wave-any", message, "take any_of(…) out, or the wave"))
        if not wave.has_budget:
            continue
        other = budgets.setdefault(number, environment)
        if other.wave != wave:
            message = f"wave {number} has another budget in {quoted(other.name)}"
            yield _told(environment, Fault("wave-budget", message, f"write wave={number} in all but one of them"))


def moved_problems(environments: Sequence[Environment]) -> Iterator[Problem]:
    """Old names that are still in use, or that two Environments claim."""
    names = {environment.name for environment in environments}
    claimed: dict[str, str] = {}
    for environment in environments:
        for old in environment.moved or ():
            if old in names:
                message = f"moved names {quoted(old)}, and an Environment is called so"
                yield _told(environment, Fault("moved-in-use", message, "moved= is for names that are no longer used"))
            elif claimed.setdefault(old, environment.name) != environment.name:
                message = f"moved names {quoted(old)}, as {quoted(claimed[old])} does"
                yield _told(environment, Fault("moved-twice", message, "only one can go on from it"))


def _told(environment: Environment, fault: Fault) -> Problem:
    return problem(environment.place, fault, environment.subject)
