"""Approvals of Freight that count: who signed which, and what is known of that when Freight is judged.

Such an approval opens an Environment past those before it, and goes on from there. So it is signed wherever somebody
names signers: the Pipeline, or an organisation. Neither file stands in for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from gitpromote.engine.approvals import allowed_signers
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError, GitpromoteError
from gitpromote.model.canonical import canonical
from gitpromote.model.plan import Plan
from gitpromote.model.state import Admission, FreightState, LedgerState

__all__ = ["admissions_as_known", "signed_admission", "with_proven_admissions"]

FORMAT = "gitpromote.freight-approval/1.0"
#: How many approvals are looked at: the newest. Each takes a signature to be verified.
_MOST = 50
_BEHIND = f"{_MOST} newer ones are looked at, and no more"
_PIPELINE, _ORGANISATION = "the pipeline", "the organisation"

_Whys = Callable[[FreightState], dict[str, str]]
"""A Freight -> Environment to why no approval for it counts."""


class _Signers(NamedTuple):
    """A file of signers that somebody names.

    :ivar whose: ``the pipeline`` or ``the organisation``; ``wrong``: why nobody's word counts, where it cannot be read
    """

    whose: str
    path: str
    content: bytes
    wrong: str = ""


def _signed_bytes(pipeline: str, freight: str, admission: Admission) -> bytes:
    told = admission.model_dump(mode="json", include={"environment", "reason", "identity"})
    return canonical({"format": FORMAT, "pipeline": pipeline, "freight": freight, **told})


# -- giving one


def signed_admission(
    world: World, freight: str, admission: Admission, *, key: str | None
) -> tuple[dict[str, Any], str | None]:
    """What a Record says of an approval's signature, and which key proves it; nothing where none is asked for or given.

    :raises ConfigurationError: it would count for nobody (``signer-unknown``)
    """
    asked = list(_asking(world))
    if not asked and key is None:
        return {}, None
    signature = world.signing.sign(_signed_bytes(world.pipeline.name, freight, admission), key=key)
    signed = admission.model_copy(update={"signature": signature})
    proofs = {one.whose: _proof(world, freight, signed, one.content) for one in asked}
    counts = {one.whose: "" if proofs[one.whose] else one.wrong or _not_in(one, signed) for one in asked}
    proof = next((found for found in proofs.values() if found), None) if asked else _proof(world, freight, signed, None)
    if proof is None:
        raise ConfigurationError(
            "This signature would not count",
            code="signer-unknown",
            detail=f"{'; '.join(counts.values()) or 'it is not sound'}.",
            hint="Use the key that is listed there: --key FILE.",
        )
    told = {"identity": signed.identity, "signature": signature}
    return told | ({"counts": counts} if len(counts) > 1 else {}), f"ssh:{proof}"


def _not_in(signers: _Signers, admission: Admission) -> str:
    file = signers.path if signers.whose == _PIPELINE else f"the organisation's {signers.path}"
    return f"{admission.identity} with this key is not in {file}"


def _proof(world: World, freight: str, admission: Admission, allowed: bytes | None) -> str | None:
    signed = _signed_bytes(world.pipeline.name, freight, admission)
    return world.signing.verify(signed, admission.signature, identity=admission.identity, allowed=allowed)


def _asking(world: World) -> Iterator[_Signers]:
    """The files of signers that have to know who approves Freight."""
    if world.pipeline.signers is not None:
        try:
            yield _Signers(_PIPELINE, world.pipeline.signers, allowed_signers(world) or b"")
        except ConfigurationError as error:
            yield _Signers(_PIPELINE, world.pipeline.signers, b"", _words(error))
    if world.organisation is not None:
        yield from _organisations(world)


def _organisations(world: World) -> Iterator[_Signers]:
    from gitpromote.engine.consent import signers_at  # few have any
    from gitpromote.engine.organisation import read_now

    place = world.organisation
    if place is None:
        return
    try:
        found = signers_at(world, place, world.governing.now if world.governing else read_now(world, place))
    except GitpromoteError as error:
        yield _Signers(_ORGANISATION, "", b"", _words(error))
        return
    if found is not None:
        missing = "" if found.content is not None else f"the organisation's {found.path} is not there"
        yield _Signers(_ORGANISATION, found.path, found.content or b"", missing)


def _words(error: GitpromoteError) -> str:
    return f"{error.summary}: {error.detail}"


# -- which count


def with_proven_admissions(world: World, ledger: LedgerState) -> LedgerState:
    """What the ledger says, with each approval of Freight told that no signature proves where one is asked for."""
    asked = list(_asking(world))
    if not asked:
        return ledger
    signed = [
        (one.at, known.freight.id, one.environment) for known in ledger.freight.values() for one in known.admissions
    ]
    newest = dict.fromkeys(place[1:] for place in sorted(signed, reverse=True))
    behind = set(list(newest)[_MOST:])

    def whys(known: FreightState) -> dict[str, str]:
        return {
            name: _BEHIND if (known.freight.id, name) in behind else _why(world, known, name, asked)
            for name in known.approved_for
        }

    return _marked(ledger, whys)


def _why(world: World, known: FreightState, environment: str, asked: list[_Signers]) -> str:
    """Why nothing that was signed counts; each file that is named must know somebody who signed it."""
    signed = [one for one in known.admissions if one.environment == environment]
    for signers in asked:
        if signers.wrong:
            return signers.wrong
        whose = world.pipeline.name if signers.whose == _PIPELINE else signers.whose
        if not signed:
            return f"unsigned, and {whose} names its signers"
        if not any(_proof(world, known.freight.id, one, signers.content) for one in signed):
            file = signers.path if signers.whose == _PIPELINE else f"the organisation's {signers.path}"
            return f"no key of {file} signed it"
    return ""


def admissions_as_known(plan: Plan, ledger: LedgerState) -> LedgerState:
    """What the ledger said, with the approvals of Freight that did not count when a plan was made."""
    facts: Any = plan.facts.get("freight", {})

    def whys(known: FreightState) -> dict[str, str]:
        told = facts.get(known.freight.id, {}).get("unproven", {})
        return {str(name): str(why) for name, why in told.items()}

    return _marked(ledger, whys)


def _marked(ledger: LedgerState, whys: _Whys) -> LedgerState:
    marks = {identifier: whys(known) for identifier, known in ledger.freight.items() if known.approved_for}
    freight = {
        identifier: ledger.freight[identifier].model_copy(update={"unproven": told})
        for identifier, found in marks.items()
        if (told := {name: why for name, why in found.items() if why})
    }
    return ledger.model_copy(update={"freight": {**ledger.freight, **freight}}) if freight else ledger
