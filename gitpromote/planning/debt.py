"""Debt: what runs somewhere although trunk does not contain it. It is told on every plan until trunk does.

Two ways lead into it, and each has its own proof that it is over:

- A **hotfix** by bypass. Trunk contains it when the Freight gets there the ordinary way, or when what comes there the
  ordinary way holds each of its artifacts: the same one, a commit that contains it, or a later version that nobody knew
  when the hotfix was recorded. What was there before it was not made with it, whatever its number says.
- **Adopted** content. Trunk contains it when every field that somebody changed is rendered as it is in the target.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from gitpromote.model.artifact import Artifact, CommitArtifact, canonical_repository
from gitpromote.model.change import ObjectChange, path_text
from gitpromote.model.freight import Freight
from gitpromote.model.observation import Content, EnvironmentObservation
from gitpromote.model.outcome import Outcome
from gitpromote.model.state import Content as Recorded
from gitpromote.model.state import EnvironmentState
from gitpromote.model.version import Version
from gitpromote.planning.availability import Journey, bypass_text

_Key: TypeAlias = tuple[str, str, str, str | None]

Field = tuple[str, str]
"""The title of an object, and the path of a field in it as people read it; ``.`` for all of it."""


def hotfixes(journey: Journey, environment: str) -> list[Freight]:
    """Freight that a hotfix brought to an Environment and that does not get there the ordinary way, oldest first."""
    here = journey.state(environment)
    return [
        state.freight
        for state in journey.bypassed.get(environment, ())
        if (state.freight.id in here.verified or state.freight.id in here.freight.values())
        and not journey.gets_there(environment, state.freight)
    ]


def hotfix_debts(
    journey: Journey, environment: str, comes: Mapping[str, Freight], *, later: Collection[tuple[str, str]] = ()
) -> list[Outcome]:
    """The hotfixes of an Environment that what comes there does not contain.

    :param comes: Warehouse to the Freight that the Environment is to hold
    :param later: pairs of commits, of which the second is a descendant of the first
    """
    ordinary = [one for one in comes.values() if journey.gets_there(environment, one)]
    debts = [
        one
        for one in hotfixes(journey, environment)
        if not contains(ordinary, one, later=later, before=_known_before(journey, one))
    ]
    return [_hotfix_debt(journey, environment, one, comes.values()) for one in debts]


def _hotfix_debt(journey: Journey, environment: str, freight: Freight, comes: Iterable[Freight]) -> Outcome:
    known = journey.known(freight.id)
    bypass = known.bypass[environment] if known is not None else None
    held = freight.id in journey.state(environment).freight.values()
    verb = "keeps" if freight.id in {one.id for one in comes} else "undoes" if held else "no longer has"
    told = bypass_text(bypass, now=journey.as_of) if bypass else "hotfix"
    text = f"{verb} {freight.alias}, {told}; debt until trunk contains it"
    return _outcome(text, {"freight": freight.id, "hotfixed_at": bypass.at if bypass else None})


def _known_before(journey: Journey, freight: Freight) -> frozenset[_Key]:
    """The images and charts that the ledger knew when it came to know a Freight."""
    mine = journey.known(freight.id)
    if mine is None:
        return frozenset()
    moment = (mine.created_at, mine.sequence)
    before = [one.freight for one in journey.ledger.freight.values() if (one.created_at, one.sequence) < moment]
    return frozenset(_key(artifact) for one in before for artifact in one.artifacts)


def contains(
    comes: Iterable[Freight],
    freight: Freight,
    *,
    later: Collection[tuple[str, str]] = (),
    before: Collection[_Key] = (),
) -> bool:
    """Whether each artifact of a Freight is among others, as it is or later.

    :param later: pairs of commits, of which the second is a descendant of the first
    :param before: images and charts that were there before this Freight: a later version among them has nothing of it
    """
    others = [artifact for one in comes for artifact in one.artifacts]
    return all(any(_covers(other, artifact, later, before) for other in others) for artifact in freight.artifacts)


def _key(artifact: Artifact) -> _Key:
    digest = None if isinstance(artifact, CommitArtifact) else artifact.digest
    return artifact.kind, canonical_repository(artifact.repository), _version(artifact), digest


def _covers(other: Artifact, artifact: Artifact, later: Collection[tuple[str, str]], before: Collection[_Key]) -> bool:
    same = canonical_repository(other.repository) == canonical_repository(artifact.repository)
    if other.kind != artifact.kind or not same:
        return False
    if isinstance(other, CommitArtifact) or isinstance(artifact, CommitArtifact):
        return _commit(other) == _commit(artifact) or (_commit(artifact), _commit(other)) in later
    if other.digest is not None and other.digest == artifact.digest:
        return True
    if _key(other) in before and _key(other) != _key(artifact):
        return False
    return _not_before(_version(other), _version(artifact))


def _commit(artifact: Artifact) -> str:
    return artifact.commit if isinstance(artifact, CommitArtifact) else ""


def _version(artifact: Artifact) -> str:
    if artifact.kind == "image":
        return artifact.tag or ""
    return artifact.version if artifact.kind == "chart" else ""


def _not_before(version: str, other: str) -> bool:
    """Whether a version is the same as another or after it; what is no version is after none."""
    one, two = Version.parse(version), Version.parse(other)
    return one is not None and two is not None and one.precedence >= two.precedence


# -- adopted content


def adopted_debt(
    observed: EnvironmentObservation, state: EnvironmentState, changes: Iterable[ObjectChange], *, keeps: bool
) -> list[Outcome]:
    """What was adopted and is not in what the sources render, or would be undone.

    :param changes: what would change in the target if it became what the sources render
    :param keeps: whether the plan leaves the target as it is
    """
    content, current, desired = state.content, observed.current, observed.desired
    if content is None or content.kind != "adopted" or current is None or desired is None:
        return []
    if current.whole == desired.whole or not _concerns(
        content, [*fields_of(changes), *files_between(current, desired)]
    ):
        return []
    verb = "keeps" if keeps else "undoes"
    text = f'{verb} what {content.actor} adopted: "{content.reason}"; it stays if the sources contain it'
    return [_outcome(text, {"adopted_at": content.at})]


def _concerns(content: Recorded, fields: Iterable[Field]) -> bool:
    """Whether a field that somebody changed would become another one; where those are not known, any would be."""
    if content.adopted is None:
        return True
    return any(_touch(one, other) for one in fields for other in content.adopted)


def _touch(one: Field, other: Field) -> bool:
    if one[0] != other[0]:
        return False
    return one[1] == other[1] or _within(one[1], other[1]) or _within(other[1], one[1])


def _within(path: str, whole: str) -> bool:
    return whole == "." or (path.startswith(whole) and path[len(whole)] in ".[")


def fields_of(changes: Iterable[ObjectChange]) -> list[Field]:
    """The title and path of every field that changes; ``.`` for an object that comes or goes."""
    found: list[Field] = []
    for change in changes:
        paths = [path_text(field.path) for field in change.fields] if "update" in change.actions else ["."]
        found += [(change.title, path) for path in paths or ["."]]
    return found


def files_between(one: Content, other: Content) -> list[Field]:
    """``file NAME`` and ``.`` for every file that differs and in which neither side has an object."""
    held = {manifest.file for each in (one, other) for manifest in (each.manifests or {}).values()}
    paths = sorted({*one.files, *other.files} - held)
    return [(f"file {path}", ".") for path in paths if one.files.get(path) != other.files.get(path)]


def _outcome(text: str, operands: dict[str, object]) -> Outcome:
    return Outcome(id="debt", kind="policy", level="hard", status="warn", message=text, operands=operands)
