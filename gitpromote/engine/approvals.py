"""Approvals: consent to one change in one Environment, signed, bound to what changes and not to when. Which count."""

from __future__ import annotations

from gitpromote.engine.look import Look
from gitpromote.engine.world import World
from gitpromote.errors import ConfigurationError
from gitpromote.model.canonical import canonical
from gitpromote.model.state import Approval

FORMAT = "gitpromote.approval/1.0"


def signed_bytes(environment: str, approval: Approval) -> bytes:
    """What an approval's signature is over."""
    return canonical(
        {
            "format": FORMAT,
            "environment": environment,
            "change_digest": approval.change_digest,
            "identity": approval.identity,
            "expires": approval.expires,
        }
    )


def approved_changes(world: World, seen: Look) -> dict[str, frozenset[str]]:
    """Environment to the change digests that are approved there now.

    Each needs a sound signature. Where the Pipeline names its signers, it must be one of theirs, checked against that
    file on the home repository's default branch as it is now.
    """
    allowed = allowed_signers(world)
    return {
        name: frozenset(one.change_digest for one in state.approvals if _counts(world, name, one, allowed))
        for name, state in seen.ledger.environments.items()
        if state.approvals
    }


def _counts(world: World, environment: str, approval: Approval, allowed: bytes | None) -> bool:
    if approval.expires is not None and world.clock.now() >= approval.expires:
        return False
    data = signed_bytes(environment, approval)
    verified = world.signing.verify(data, approval.signature, identity=approval.identity, allowed=allowed)
    return verified is not None


def allowed_signers(world: World) -> bytes | None:
    """The file of allowed signers on the home repository's default branch as it is now; ``None`` where none is named.

    :raises ConfigurationError: it is named and is not there (``signers-missing``)
    """
    path = world.pipeline.signers
    if path is None:
        return None
    refs = world.home.fetch(["HEAD", "refs/heads/*"])
    default = world.home.default_ref()
    head = refs.get(default) if default else None
    found = world.home.texts([f"{head}:{path}"])[0] if head else None
    if found is None:
        raise ConfigurationError(
            "The file of allowed signers is missing",
            code="signers-missing",
            detail=f"{path} on {default or 'the default branch'} of {world.home.url}",
            hint="Without it no approval counts. Commit it, in the format of ssh-keygen's allowed signers.",
        )
    return found
