"""Plan <-> the bytes of a plan file. No file is opened here."""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import Any, NoReturn

from pydantic import ValidationError

from gitpromote.errors import PlanInvalid
from gitpromote.model.canonical import canonical, digest
from gitpromote.model.pipeline import DEFINITION_DOMAIN
from gitpromote.model.plan import FORMAT, KNOWN_STEPS, Plan, PlanFile, PlannedBlob, PlanObservations
from gitpromote.model.resolved import HOME
from gitpromote.model.strict_json import KeyTwice, once
from gitpromote.model.tree import blob_id
from gitpromote.planning.counting import summarise
from gitpromote.planning.digests import change_digest, text_digest

_FAMILY, _, _VERSION = FORMAT.partition("/")
_MAJOR = _VERSION.partition(".")[0]
_REPLAN = "Make a new plan; a plan file is never edited by hand:\n  gitpromote plan"


def seal(plan: Plan, observations: PlanObservations) -> tuple[PlanFile, bytes]:
    """The plan with its digest, and the bytes of its file."""
    text = canonical(plan.model_dump(mode="json", by_alias=True))
    digest = text_digest(FORMAT, text)
    members = {"format": FORMAT, "digest": digest, "observations": observations.model_dump(mode="json")}
    return PlanFile(digest=digest, plan=plan, observations=observations), _assembled(members, text)


def _assembled(members: dict[str, Any], plan: bytes) -> bytes:
    """The canonical document of these members and of a plan, whose canonical bytes are megabytes and made once."""
    before = canonical({name: value for name, value in members.items() if name < "plan"})
    after = canonical({name: value for name, value in members.items() if name > "plan"})
    parts = [before[1:-1], b'"plan":' + plan, after[1:-1]]
    return b"{" + b",".join(part for part in parts if part) + b"}\n"


def dumps(file: PlanFile) -> bytes:
    """The bytes of a plan file."""
    return seal(file.plan, file.observations)[1]


def loads(data: bytes, *, name: str) -> PlanFile:
    """A plan file, checked: canonical, digested, of a known version, with every inner id recomputed.

    :param name: what the file is called in messages
    :raises PlanInvalid: exit code 5; nothing of the file was used
    """
    document = _parse(data, name)
    _check_format(document, name)
    whole, text = _canonical(document, name)
    if whole != data:
        _refuse(
            "plan-not-canonical",
            name,
            "It is not in the one form that gitpromote writes: it was edited or re-indented.",
        )
    plan = document.get("plan")
    if not isinstance(plan, dict) or document.get("digest") != text_digest(document["format"], text):
        _refuse("plan-digest", name, "Its digest is not the digest of its content: it was edited.")
    if "observations" not in document:
        _refuse("plan-unreadable", name, "Its observations are missing: it was edited.")
    _check_known(plan, name)
    file = _validate(document, name)
    _check_references(file.plan, name)
    _check_inner(plan, file.plan, name)
    return file


def blob_bytes(blob: PlannedBlob) -> bytes:
    """The bytes that a blob of the plan holds."""
    if blob.text is not None:
        return blob.text.encode()
    return base64.b64decode(blob.base64 or "", validate=True)


def planned_blob(data: bytes) -> PlannedBlob:
    """How bytes stand in a plan: as text if that gives the same bytes back."""
    try:
        return PlannedBlob(text=data.decode())
    except UnicodeDecodeError:
        return PlannedBlob(base64=base64.b64encode(data).decode())


def _parse(data: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=once,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except UnicodeDecodeError as error:
        _refuse("plan-unreadable", name, f"It is not UTF-8 at byte {error.start}.", cause=error)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f" at byte {error.pos} of {len(data)}" if isinstance(error, json.JSONDecodeError) else ""
        _refuse("plan-unreadable", name, f"It is not whole JSON{where}: truncated, or not a plan file.", cause=error)
    except KeyTwice as error:
        said = f'The key "{error.key}" stands in it twice: readers would disagree on which one counts.'
        _refuse("plan-not-canonical", name, said, cause=error)
    except _Unusual as error:
        _refuse("plan-not-canonical", name, str(error), cause=error)
    except ValueError as error:  # Python reads no integers of thousands of digits
        _refuse("plan-unreadable", name, "It holds a number that is too long to be read.", cause=error)
    if not isinstance(document, dict):
        _refuse("plan-unreadable", name, "It holds no plan document.")
    return document


def _canonical(document: dict[str, Any], name: str) -> tuple[bytes, bytes]:
    """The canonical bytes of a document, and of the plan in it, which are most of them."""
    try:
        text = canonical(document.get("plan"))
        return (_assembled(document, text) if "plan" in document else canonical(document) + b"\n"), text
    except UnicodeEncodeError as error:
        _refuse("plan-not-canonical", name, "It holds half a character, which no text can.", cause=error)


class _Unusual(ValueError):
    """A member that the canonical form cannot hold."""


def _no_float(text: str) -> NoReturn:
    raise _Unusual(f"It holds the number {text}; a plan holds integers only.")


def _check_format(document: dict[str, Any], name: str) -> None:
    found = document.get("format")
    family, _, version = found.partition("/") if isinstance(found, str) else ("", "", "")
    if family != _FAMILY:
        _refuse("plan-unreadable", name, f"It is no gitpromote plan: its format is {found!r}.")
    if version.partition(".")[0] != _MAJOR:
        _refuse(
            "plan-version",
            name,
            f"Its format is {found}; this version carries out {_FAMILY}/{_MAJOR}.x.",
            hint="Apply it with the version of gitpromote that made it, or make a new plan.",
        )


def _check_known(plan: dict[str, Any], name: str) -> None:
    critical = plan.get("critical")
    for word in critical if isinstance(critical, list) else ():
        _refuse(
            "plan-critical", name, f'It needs "{word}", which this version does not know.', hint="Upgrade gitpromote."
        )
    environments = plan.get("environments")
    for environment in environments if isinstance(environments, list) else ():
        for step in environment.get("steps", ()) if isinstance(environment, dict) else ():
            kind = step.get("kind") if isinstance(step, dict) else None
            if kind not in KNOWN_STEPS:
                text = f'Its step "{kind}" for {environment.get("name")} is none that this version knows.'
                _refuse("plan-step", name, text, hint="Upgrade gitpromote.")


def _validate(document: dict[str, Any], name: str) -> PlanFile:
    try:
        return PlanFile.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        _refuse("plan-unreadable", name, f"{where}: {first['msg']}", cause=error)


def _check_inner(data: dict[str, Any], plan: Plan, name: str) -> None:
    """Ids that others bind to (approvals, the Git objects) must be those of the content, not merely digested."""
    for environment in data.get("environments", ()):
        if environment.get("change_digest") != _recomputed(plan.pipeline.name, environment):
            _refuse("plan-digest", name, f"The change_digest of {environment['name']} is not that of its change.")
    if plan.pipeline.definition_digest != digest(plan.pipeline.definition, domain=DEFINITION_DOMAIN):
        _refuse("plan-digest", name, "The definition_digest is not that of the definition.")
    formats = {basis.object_format for basis in plan.basis.repositories.values()} or {"sha1"}
    for oid, blob in plan.blobs.items():
        content = _content(blob, oid, name)
        if not any(blob_id(content, object_format=object_format) == oid for object_format in formats):
            _refuse("plan-digest", name, f"The blob {oid[:12]} holds other bytes than its id says.")
    for oid in _needed(plan) - plan.blobs.keys():
        _refuse("plan-digest", name, f"The blob {oid[:12]} is to be written, and is not in it.")
    if plan.summary != summarise(plan.environments):
        _refuse("plan-digest", name, "Its summary counts otherwise than its environments say.")
    for identifier, planned in plan.freight.items():
        if planned.freight().id != identifier:
            _refuse("plan-digest", name, f"The Freight {identifier[:12]} holds other artifacts than its id says.")


def _check_references(plan: Plan, name: str) -> None:
    """What the parts of a plan name in each other must be there, once."""
    names = Counter(environment.name for environment in plan.environments)
    environments = plan.pipeline.definition.get("environments")
    defined = {one.get("name") for one in environments or () if isinstance(one, dict)}
    if HOME not in plan.basis.repositories:
        _refuse("plan-digest", name, "Its basis has no home repository.")
    for environment in plan.environments:
        if names[environment.name] > 1 or environment.name not in defined:
            _refuse("plan-digest", name, f"The environment {environment.name} is in it twice, or not in its pipeline.")
        for moving in environment.freight.values():
            if moving.id not in plan.freight:
                _refuse("plan-digest", name, f"The Freight {moving.id[:12]} of {environment.name} is not in it.")
        if environment.target.repository not in plan.basis.repositories:
            _refuse("plan-digest", name, f"A repository of {environment.name} is not in its basis.")


def _content(blob: PlannedBlob, oid: str, name: str) -> bytes:
    try:
        return blob_bytes(blob)
    except ValueError as error:
        _refuse("plan-digest", name, f"The blob {oid[:12]} cannot be read.", cause=error)


def _needed(plan: Plan) -> set[str]:
    """The blobs that are written as they are; what is sensitive is made again instead."""
    writes = [write for environment in plan.environments for write in environment.writes]
    return {str(write.after) for write in writes if write.action != "delete" and not write.sensitive}


def _recomputed(pipeline: str, environment: dict[str, Any]) -> str | None:
    try:
        return change_digest(pipeline, environment)
    except (KeyError, TypeError):
        return None


def _refuse(code: str, name: str, detail: str, *, hint: str = _REPLAN, cause: Exception | None = None) -> NoReturn:
    raise PlanInvalid("This plan file cannot be used", code=code, detail=f"{name}: {detail}", hint=hint) from cause


__all__ = ["blob_bytes", "dumps", "loads", "planned_blob", "seal"]
