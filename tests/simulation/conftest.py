"""Who may enter what, told a second time: from the bare log of events, by other means than the planner's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest


class Event(NamedTuple):
    at: int
    kind: str
    env: str | None
    freight: int
    data: dict[str, Any]


class Env(NamedTuple):
    """What the rules of an Environment are. ``after`` is empty for a start."""

    name: str
    after: tuple[str, ...] = ()
    any: bool = False
    soak: int = 0
    bake: int = 0
    hours: tuple[int, int] | None = None
    control: bool = False
    select: str = "newest"
    may_skip: bool = False
    wave: int | None = None
    max_parallel: int | None = None
    max_failed: int | None = None


@dataclass
class Oracle:
    """Keeps every event and answers from all of them, each time anew."""

    envs: dict[str, Env]
    events: list[Event] = field(default_factory=list)

    def holds(self, env: str) -> int | None:
        arrivals = [e for e in self.events if e.env == env and e.kind in ("written", "rolled-back")]
        return arrivals[-1].freight if arrivals else None

    def since_left(self, env: str, freight: int) -> list[Event]:
        """The events of an Environment since this Freight was rolled away from it."""
        found: list[Event] = []
        held = None
        for event in self.events:
            if event.env != env:
                continue
            if event.kind == "rolled-back" and held == freight and event.freight != freight:
                found = []
            else:
                found.append(event)
            if event.kind in ("written", "rolled-back"):
                held = event.freight
        return found

    def verified(self, env: str, freight: int) -> bool:
        return any(e.kind == "verified" and e.freight == freight for e in self.since_left(env, freight))

    def stays(self, env: str, freight: int, now: int, *, bake: bool) -> int:
        """The longest stay, or the longest stretch without an alarm since the last one."""
        control = self.envs[env].control
        here, start, longest = control, None, 0
        for event in [*self.since_left(env, freight), Event(now, "now", env, freight, {})]:
            arrives = event.kind in ("written", "rolled-back")
            if start is not None and (event.kind == "now" or (arrives and event.freight != freight)):
                longest, start = max(longest, event.at - start), None
            if arrives:
                here = event.freight == freight
            if event.freight == freight:
                if (
                    event.kind in ("verified", *(["healthy"] if bake and self.was_verified(env, event) else []))
                    and here
                ):
                    start = event.at if start is None else start
                if bake and event.kind == "failed":
                    longest, start = 0, None
        return longest

    def was_verified(self, env: str, at: Event) -> bool:
        """Whether the Freight was verified since it came, before an event."""
        seen = False
        for event in self.since_left(env, at.freight):
            if event.kind in ("written", "rolled-back") and event.freight != at.freight:
                seen = False
            if event.kind == "verified" and event.freight == at.freight:
                seen = True
            if event is at:
                return seen
        return seen

    def intent(self, freight: int) -> dict[str, Any]:
        requests = [e.data for e in self.events if e.kind == "requested" and e.freight == freight]
        return requests[-1] if requests else {"target": None, "skip": []}

    def ancestors(self, env: str) -> set[str]:
        return {env}.union(*(self.ancestors(one) for one in self.envs[env].after))

    def said(self, kind: str, env: str | None, freight: int) -> list[Event]:
        return [e for e in self.events if (e.kind, e.env, e.freight) == (kind, env, freight)]

    def refused(self, env: str, freight: int) -> bool:
        intent = self.intent(freight)
        target = intent["target"]
        banned = any(e.kind == "rejected" and e.freight == freight for e in self.events)
        beyond = target is not None and env not in self.ancestors(target) and not self.said("approved", env, freight)
        return banned or beyond or env in intent["skip"]

    def ordinary(self, env: str, freight: int) -> bool:
        """Whether Freight gets there without a hotfix: directly, by approval, or because those before have it."""
        rules = self.envs[env]
        if not rules.after or self.said("approved", env, freight):
            return True
        return self.gathered([self.counts(one, freight) for one in rules.after], rules)

    @staticmethod
    def gathered(parts: list[bool], rules: Env) -> bool:
        return any(parts) if rules.any else all(parts)

    def skipped(self, env: str, freight: int) -> bool:
        return env in self.intent(freight)["skip"] and self.envs[env].may_skip

    def counts(self, env: str, freight: int) -> bool:
        """Whether an Environment vouches for Freight to those after it."""
        rules = self.envs[env]
        if self.skipped(env, freight):
            return not rules.after or self.gathered([self.counts(one, freight) for one in rules.after], rules)
        fixed = bool(self.said("hotfix", env, freight)) and not self.came(env, freight)
        # A point of control holds nothing of its own: it vouches for what those before it vouch for.
        follows = not rules.control or self.ordinary(env, freight)
        return self.verified(env, freight) and follows and not fixed

    def came(self, env: str, freight: int) -> bool:
        """Whether it has come there by what judges everybody else since it was rolled away, if it was."""
        return any(e.freight == freight and e.data.get("came") for e in self.since_left(env, freight))

    def admitted(self, env: str, freight: int, now: int) -> bool:
        if self.refused(env, freight):
            return False
        return self.ordinary(env, freight) or self.fixed(env, freight, now)

    def fixed(self, env: str, freight: int, now: int) -> bool:
        """Whether a hotfix lets it in, the latest word about that."""
        return any(now < e.data["expires"] for e in self.said("hotfix", env, freight)[-1:])

    def kept_away(self, env: str, freight: int, now: int) -> bool:
        """Whether this is a hotfix that was made for another Environment, and nobody has sent it to this one."""
        fixes = [e for e in self.events if e.kind == "hotfix" and e.freight == freight]
        if not fixes or self.said("approved", env, freight) or self.fixed(env, freight, now):
            return False
        asked = [e.at for e in self.events if e.kind == "requested" and e.freight == freight]
        if self.verified(env, freight) or self.holds(env) == freight or (asked and asked[-1] >= fixes[-1].at):
            return False
        starts = {e.env for e in fixes if e.env is not None and not self.envs[e.env].after}
        vouching = self.vouching(env, freight) - starts
        return not (vouching and self.ordinary(env, freight))

    def vouching(self, env: str, freight: int) -> set[str]:
        """The Environments before that have it, those that are left out standing for what comes before them."""
        found: set[str] = set()
        for one in self.envs[env].after:
            if not self.skipped(one, freight):
                found |= {one} if self.counts(one, freight) else set()
            else:
                found |= self.vouching(one, freight) if self.envs[one].after else {one}
        return found

    def lived(self, env: str, freight: int, now: int, need: int, *, bake: bool) -> bool:
        """Whether Freight has been long enough before an Environment."""
        rules = self.envs[env]
        return not need or not rules.after or self._lived(rules, freight, now, need, bake)

    def _lived(self, rules: Env, freight: int, now: int, need: int, bake: bool) -> bool:
        parts = []
        for one in rules.after:
            if self.skipped(one, freight):
                inner = self.envs[one]
                parts.append(not inner.after or self._lived(inner, freight, now, need, bake))
            else:
                parts.append(self.counts(one, freight) and self.stays(one, freight, now, bake=bake) >= need)
        return self.gathered(parts, rules)

    def held(self, env: str) -> Event | None:
        last = [e for e in self.events if e.env == env and e.kind in ("held", "released")][-1:]
        return last[0] if last and last[0].kind == "held" else None

    def has_failed(self, env: str, freight: int) -> bool:
        return self.last(env, freight, "failed", "verified", "healthy") == "failed" or self.refused_there(env, freight)

    def refused_there(self, env: str, freight: int) -> bool:
        """Whether the remote refused it there, and it has not landed since."""
        return self.last(env, freight, "refused", "written", "rolled-back", "verified") == "refused"

    def last(self, env: str, freight: int, *kinds: str) -> str:
        found = [e.kind for e in self.events if e.env == env and e.freight == freight and e.kind in kinds]
        return found[-1] if found else ""

    def wave_allows(self, env: str, freight: int) -> bool:
        mine = self.envs[env]
        if mine.wave is None:
            return True
        for number in range(1, mine.wave + 1):
            members = [one for one in self.envs.values() if one.wave == number]
            most = next((one.max_failed for one in members if one.max_failed is not None), None)
            if number == mine.wave and self.refused_there(env, freight):  # it is tried again
                members = [one for one in members if not self.refused_there(one.name, freight)]
            if most is not None and sum(self.has_failed(one.name, freight) for one in members) > most:
                return False
        members = [one for one in self.envs.values() if one.wave == mine.wave and one.name != env]
        most = next((one.max_parallel for one in [*members, mine] if one.max_parallel is not None), None)
        return most is None or sum(self.under_way(one.name) for one in members) < most

    def under_way(self, env: str) -> bool:
        held = self.holds(env)
        return held is not None and not self.verified(env, held) and not self.has_failed(env, held)

    def open(self, env: str, now: int) -> bool:
        hours = self.envs[env].hours
        return hours is None or hours[0] <= now % 86400 // 3600 < hours[1]

    def why_not(self, env: str, freight: int, now: int, *, ordinarily: bool = False) -> str:
        """Why Freight may not enter; empty where it may.

        :param ordinarily: whatever was said of hotfixes
        """
        rules, held = self.envs[env], self.held(env)
        fix = not ordinarily and self.fixed(env, freight, now)  # for which no time has to pass
        ordinary = not self.refused(env, freight) and self.ordinary(env, freight)
        checks = {
            "not admitted": ordinary if ordinarily else self.admitted(env, freight, now),
            "made for another one": not self.kept_away(env, freight, now),
            "held": held is None or held.freight == freight,
            "soak": fix or self.lived(env, freight, now, rules.soak, bake=False),
            "bake": fix or self.lived(env, freight, now, rules.bake, bake=True),
            "window": fix or self.open(env, now),
            "wave": self.wave_allows(env, freight),
        }
        return ", ".join(name for name, holds in checks.items() if not holds)


@pytest.fixture(scope="session")
def oracle() -> type[Oracle]:
    """The second opinion."""
    return Oracle


@pytest.fixture(scope="session")
def rules() -> type[Env]:
    """The rules of one Environment."""
    return Env


@pytest.fixture(scope="session")
def event() -> type[Event]:
    """One thing that happened."""
    return Event
