"""The JSON Schemas of what is saved, for other programs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from gitpromote.model.freight import Freight
from gitpromote.model.plan import FORMAT, PlanFile
from gitpromote.model.record import FORMAT as RECORD_FORMAT
from gitpromote.model.record import Record

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DOCUMENTS: dict[str, tuple[type[BaseModel], str]] = {
    "plan": (PlanFile, FORMAT),
    "record": (Record, RECORD_FORMAT),
    "freight": (Freight, "gitpromote.freight/1.0"),
}


def schema_of(document: str) -> dict[str, Any]:
    """The schema of ``plan``, ``record`` or ``freight``, JSON Schema 2020-12.

    Unknown members are allowed: a later minor version may bring some.
    """
    model, name = _DOCUMENTS[document]
    return {
        "$schema": _DIALECT,
        "$id": f"urn:{name.replace('/', ':')}",
        **model.model_json_schema(by_alias=True, mode="validation"),
    }
