"""For whom one signature counts: the Pipeline's signers, and those of an organisation that asks for approvals itself.

Neither file stands in for the other: who writes a pipeline has no say in whose keys an organisation trusts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gitpromote.engine.governed import FACTS
from gitpromote.engine.organisation import Organisation, read_now
from gitpromote.engine.organisation_place import OrgPlace
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, GitpromoteError
from gitpromote.model.gate_plain import Approvals
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.standing import ORG

__all__ = ["Consent", "Given", "OrgSigners", "consent", "organisations_signers", "signers_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A signature.

    :ivar signed: what it is over
    :ivar allowed: the Pipeline's file of signers; ``None`` where it names none
    """

    identity: str
    signed: bytes
    signature: str
    allowed: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A signature that counts for somebody.

    :ivar key: its fingerprint
    :ivar counts: the Pipeline, or a gate of the organisation -> why it does not count for it, or an empty string; empty
        where no organisation asks
    """

    key: str
    counts: dict[str, str]


def consent(world: World, plan: Plan, planned: EnvironmentPlan, given: Given) -> Consent:
    """Whose signature this is, and for whom it counts.

    :raises ConfigurationError: it counts for nobody (``signer-unknown``)
    """
    own = _key(world, given, given.allowed)
    names = _organisations(plan, planned)
    counts = {"the pipeline": "" if own else f"{given.identity} with this key is not in {world.pipeline.signers}"}
    theirs, why = _asked(world, plan, given) if names else (None, "")
    counts |= dict.fromkeys(names, "" if theirs else why)
    found = own or theirs
    if found is None:
        raise ConfigurationError(
            "This signature would not count",
            code="signer-unknown",
            detail=f"{'; '.join(dict.fromkeys(counts.values()))}.",
            hint="Use the key that is listed there: --key FILE.",
        )
    return Consent(key=found, counts=counts if names else {})


def _key(world: World, given: Given, allowed: bytes | None) -> str | None:
    return world.signing.verify(given.signed, given.signature, identity=given.identity, allowed=allowed)


def _organisations(plan: Plan, planned: EnvironmentPlan) -> list[str]:
    """The organisation's gates that ask for approvals of this change."""
    told: Any = plan.facts.get(FACTS) or {}
    gates = [one.get("gate", {}) for one in told.get("rules", {}).get("gates", ())]
    names = {f"{ORG}{one.get('name')}" for one in gates if one.get("kind") == Approvals.kind}
    return [one.id for one in planned.outcomes if one.id.partition("@")[0] in names]


def _asked(world: World, plan: Plan, given: Given) -> tuple[str | None, str]:
    """The key by the organisation's file of signers as it is now; and why it does not count."""
    try:
        found = organisations_signers(world, plan)
    except GitpromoteError as error:
        return None, f"{error.summary}: {error.detail}"
    if found is None or found.content is None:
        return None, "the organisation has no file of signers"
    why = f"{given.identity} with this key is not in the organisation's {found.path}"
    return _key(world, given, found.content), why


# -- an organisation's own signers


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgSigners:
    """The file of signers that an organisation names; ``content`` is ``None`` where it is not there."""

    path: str
    content: bytes | None


def organisations_signers(world: World, plan: Plan) -> OrgSigners | None:
    """As it is now, of the organisation that judged a plan; ``None`` where none did, or it names no such file.

    :raises GitpromoteError: it cannot be read
    """
    told: Any = plan.facts.get(FACTS)
    if told is None:
        return None
    place = world.organisation or OrgPlace(url=told["url"], path=told["path"], branch=told["branch"])
    return signers_at(world, place, read_now(world, place))


def signers_at(world: World, place: OrgPlace, now: Organisation) -> OrgSigners | None:
    """The file of signers of one version of what an organisation asks for; ``None`` where it names none."""
    if now.rules.signers is None:
        return None
    path = f"{now.path}/{now.rules.signers}" if now.path else now.rules.signers
    [content] = world.repository(place.url).texts([f"{now.commit}:{path}"])
    return OrgSigners(path=path, content=content)
