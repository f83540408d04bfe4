"""What is known of the approvals that the ledger has: whose they are, and what those people have to do with the change.

Signers and groups are those of the home repository's default branch as it is now; authors are those of the commits that
would come in, and those whom such a commit names as co-authors. Who committed, merged or opened a pull request wrote
nothing by that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitpromote.engine.approvals import allowed_signers, signed_bytes
from gitpromote.engine.ask_signatures import entering, home_file, signers_of
from gitpromote.engine.groups import Groups, is_group, read_groups
from gitpromote.engine.inquiry import Answer, Inquiry, Question, no_answer
from gitpromote.engine.requesters import names_by_key, planned_by, requesters
from gitpromote.engine.signers import is_named, names_of
from gitpromote.errors import ConfigurationError
from gitpromote.model.gate_plain import Approvals
from gitpromote.model.standing import is_organisations
from gitpromote.model.state import Approval

__all__ = ["approvals"]

#: How many approvals are looked at: the newest. Each takes a signature to be verified.
MOST = 50
#: How long after its end an approval is told. Seconds.
TOLD_FOR = 30 * 86400
_MOST_AUTHORS = 20
_MINUTE = 60
_MOST_CLAIMED = 5

_CO_AUTHOR = re.compile(r"^co-authored-by:.*<([^<>\n]+)>[ \t]*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _People:
    """What files and sources say.

    :ivar may: the addresses of those who may approve; ``None``: every known signer
    :ivar wrote: address to the newest commit of what would come in that they wrote
    """

    allowed: bytes | None
    groups: Groups | None
    may: frozenset[str] | None
    wrote: Mapping[str, str]

    def wrote_by(self, names: frozenset[str]) -> str:
        """A commit that one of these names wrote, or an empty string."""
        return next((self.wrote[one] for one in sorted(names) if one in self.wrote), "")


def approvals(inquiry: Inquiry) -> Question:
    """Every approval with the facts that decide whether it counts, and the authors who need not try.

    Where a group may approve and no file of groups is named, nobody is known who may: no approval is told, but why.

    :raises ConfigurationError: the signers, the groups or the sources cannot be read
    """
    unnamed = _unnamed_groups(inquiry)
    if unnamed is not None:
        nobody: dict[str, Any] = {"given": [], "signers": signers_of(inquiry), "nobody": no_answer(unnamed).error}
        return Question("ledger", lambda: Answer(nobody))
    people = _people(inquiry)
    now = inquiry.context.as_of
    told = [one for one in inquiry.context.state.approvals if one.expires is None or one.expires + TOLD_FOR > now]
    given = [_given(inquiry, people, one) for one in sorted(told, key=lambda one: (-one.at, one.record))[:MOST]]
    value = {
        "given": given,
        "authors": _authors(people),
        "signers": signers_of(inquiry),
        **({"groups": people.groups.file} if people.groups is not None else {}),
    }
    return Question("ledger", lambda: Answer(value))


def _claimed(inquiry: Inquiry, people: _People, approval: Approval) -> list[str]:
    """By what names the change was asked for that no file of signers knows: anybody may be behind such a name."""
    if people.allowed is None:
        return []
    names = sorted(requesters(inquiry, approval))
    return [one for one in names if not is_named(one, people.allowed)][:_MOST_CLAIMED]


def _people(inquiry: Inquiry) -> _People:
    gate: Approvals = inquiry.gate
    groups = _groups(inquiry) if any(is_group(one) for one in gate.of) else None
    may = (groups or Groups(file="")).people(gate.of) if gate.of else None
    return _People(allowed=_signers(inquiry), groups=groups, may=may, wrote=_wrote(inquiry))


def _signers(inquiry: Inquiry) -> bytes | None:
    """Whose keys count; of a gate that an organisation asks for, by its own file alone."""
    if is_organisations(inquiry.gate.name):
        return home_file(inquiry, _organisations_signers(inquiry)).content
    if ("signers",) not in inquiry.known:
        inquiry.known["signers",] = allowed_signers(inquiry.world)
    found: bytes | None = inquiry.known["signers",]
    return found


def _organisations_signers(inquiry: Inquiry) -> str:
    path = signers_of(inquiry)
    if path is None:
        raise ConfigurationError(
            "Nobody is named who may sign",
            code="signers-missing",
            detail=f"{inquiry.gate.name} asks for approvals, and the organisation has no signers.",
            hint="Commit such a file beside organisation.yaml, and name it there:\n  signers: allowed_signers",
        )
    return path


def _groups_file(inquiry: Inquiry) -> str | None:
    """Who is in a group an organisation says itself."""
    governing = inquiry.world.governing
    if is_organisations(inquiry.gate.name):
        return governing.now.rules.groups if governing is not None else None
    return inquiry.world.pipeline.groups


def _unnamed_groups(inquiry: Inquiry) -> ConfigurationError | None:
    """That a gate of the pipeline's own asks for a group, and no file is named that says who is in it."""
    named = ", ".join(one for one in inquiry.gate.of if is_group(one))
    if not named or is_organisations(inquiry.gate.name) or _groups_file(inquiry) is not None:
        return None
    return ConfigurationError(
        "Nobody says who is in a group",
        code="groups-missing",
        detail=f"{inquiry.gate.name} asks for {named}, and the pipeline names no file of groups.",
        hint='Commit such a file and name it: Pipeline(…, groups="groups.yaml")',
    )


def _groups(inquiry: Inquiry) -> Groups:
    path = _groups_file(inquiry)
    if path is None:
        raise ConfigurationError(
            "Nobody says who is in a group",
            code="groups-missing",
            detail=f"{inquiry.gate.name} asks for {', '.join(inquiry.gate.of)}, and the organisation has no groups.",
            hint="Commit such a file beside organisation.yaml, and name it there:\n  groups: groups.yaml",
        )
    file = home_file(inquiry, path)
    return read_groups(file.content, path=path, commit=file.commit)


# -- authors


def _wrote(inquiry: Inquiry) -> dict[str, str]:
    """Address to the newest of the commits that would come in which that person wrote."""
    found: dict[str, str] = {}
    context = inquiry.context
    for warehouse, freight in context.freight.items():
        for repository, oids in entering(inquiry, freight, context.previous.get(warehouse), unsaid=True):
            facts = repository.commits(oids)
            for oid in oids:
                names = [facts[oid].email, *_CO_AUTHOR.findall(facts[oid].message)]
                for name in names:
                    found.setdefault(name.strip().casefold(), oid)
    return {name: oid for name, oid in found.items() if name}


def _authors(people: _People) -> list[dict[str, str]]:
    """Those who could approve had they not written it; where no people are named, nobody knows who could."""
    if people.may is None:
        return []
    found = {one: people.wrote_by(names_of(one, people.allowed)) for one in sorted(people.may)}
    return [{"identity": one, "commit": oid} for one, oid in found.items() if oid][:_MOST_AUTHORS]


# -- one approval


def _given(inquiry: Inquiry, people: _People, approval: Approval) -> dict[str, Any]:
    names = names_of(approval.identity, people.allowed)
    key = _key(inquiry, people, approval)
    # Where no file says whose a key is, whatever it has signed under other names is the same person's.
    known = names | names_by_key(inquiry, key) if key and people.allowed is None else names
    others = sorted(known - {approval.identity.casefold()})
    told: dict[str, Any] = {
        "identity": approval.identity,
        "change": approval.change_digest,
        "record": approval.record,
        "at": approval.at,
        "expires": approval.expires,
        "over": _is_over(inquiry, approval),
        "key": key,
        "names": others,
        "unsound": "" if key else _unsound(inquiry, approval),
        "not_of": _not_of(inquiry, people, approval, names),
        "wrote": people.wrote_by(known),
        "asked": _asked(inquiry, approval, people, known),
        "claimed": _claimed(inquiry, people, approval),
    }
    return {name: value for name, value in told.items() if value not in ("", [], False)}


def _is_over(inquiry: Inquiry, approval: Approval) -> bool:
    """Whether it has ended within the minute of which a plan tells the beginning alone."""
    passed = inquiry.world.clock.now() - inquiry.context.as_of
    return approval.expires is not None and 0 <= passed < _MINUTE and approval.expires <= inquiry.world.clock.now()


def _key(inquiry: Inquiry, people: _People, approval: Approval) -> str:
    data = signed_bytes(inquiry.context.environment.name, approval)
    signing = inquiry.world.signing
    return signing.verify(data, approval.signature, identity=approval.identity, allowed=people.allowed) or ""


def _unsound(inquiry: Inquiry, approval: Approval) -> str:
    """Why a signature does not count: it is none of this, or of somebody whom nobody lets sign."""
    data = signed_bytes(inquiry.context.environment.name, approval)
    signing, signers = inquiry.world.signing, signers_of(inquiry)
    if not approval.signature:
        return "it is not signed"
    if signing.verify(data, approval.signature, identity=approval.identity, allowed=None):
        return f"{signers} does not have this name with this key"
    return "its signature is not of this approval"


def _not_of(inquiry: Inquiry, people: _People, approval: Approval, names: frozenset[str]) -> str:
    if people.may is None or names & people.may:
        return ""
    gate: Approvals = inquiry.gate
    of = " or ".join(gate.of)
    return f"removed from {of}" if _was_of(inquiry, approval, names) else f"not of {of}"


def _was_of(inquiry: Inquiry, approval: Approval, names: frozenset[str]) -> bool:
    """Whether the groups had that person when the approval was given."""
    path, home = inquiry.world.pipeline.groups, inquiry.world.home
    if path is None or is_organisations(inquiry.gate.name):
        return False
    commits = home.log(home_file(inquiry, path).commit, paths=[path])
    then = next((one.oid for one in commits if one.committed_at <= approval.at), None)
    data = home.texts([f"{then}:{path}"])[0] if then is not None else None
    if data is None or then is None:
        return False
    try:
        return bool(names & read_groups(data, path=path, commit=then).people(inquiry.gate.of))
    except ConfigurationError:  # what it was is told for people alone
        return False


def _asked(inquiry: Inquiry, approval: Approval, people: _People, names: frozenset[str]) -> str:
    """Why it is by somebody who asked for the change, or nobody can tell; otherwise an empty string."""
    if approval.plan is None:
        return "it names no plan, so that nobody knows who asked for it"
    if not planned_by(inquiry, approval.plan):
        return "it is of a plan that the ledger does not have, so that nobody knows who asked for it"
    wide = {name for one in requesters(inquiry, approval) for name in names_of(one, people.allowed)}
    return "asked for it" if names & wide else ""
