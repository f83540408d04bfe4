"""What the tests of the comparison have in common: reading YAML, comparing, and a plain text of the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gitpromote.diff.compare import compare
from gitpromote.model.change import ChangeSet, FieldChange, ObjectChange, path_text
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef, split_api_version
from gitpromote.render.parse import parse_manifests


def _parsed(text: str, *, app: str = "") -> ManifestSet:
    return parse_manifests(text.encode(), file="all.yaml", app=app).manifests


def _of_data(*documents: dict[str, Any]) -> ManifestSet:
    """Without text, so that nothing is told from it."""
    return ManifestSet.from_iterable(_manifest(document) for document in documents)


def _manifest(data: dict[str, Any]) -> Manifest:
    group, version = split_api_version(data["apiVersion"])
    metadata = data["metadata"]
    ref = ObjectRef(group, data["kind"], metadata.get("namespace", ""), metadata["name"])
    return Manifest(ref=ref, version=version, data=data, text="", file="all.yaml", line=1)


def _compared(before: str, after: str, **options: Any) -> ChangeSet:
    return compare(_parsed(before), _parsed(after), **options)


def _told(changes: ChangeSet) -> str:
    """Everything that a ChangeSet says, as text."""
    return "".join(f"{line}\n" for change in changes.changes for line in _change(change))


def _change(change: ObjectChange) -> list[str]:
    words = [" ".join(change.actions), change.title, f"({', '.join(change.categories)})", change.risk, change.restarts]
    lines = [" ".join(words)]
    if change.generated is not None:
        lines.append(f"  named {change.generated.before} -> {change.generated.after}")
    lines += [f"  read by {reader.object}: {reader.restarts}" for reader in change.readers]
    lines += [f"  {_field(field)}" for field in change.fields]
    lines += [f"  (noise) {_field(field)}" for field in change.noise]
    hidden = [f"{count} {name}" for name, count in change.hidden.model_dump().items() if count]
    return [
        *lines,
        *([f"  hidden: {', '.join(hidden)}"] if hidden else []),
        *(f"  note: {note}" for note in change.notes),
    ]


def _field(field: FieldChange) -> str:
    before, after = _value(field.before), _value(field.after)
    values = {"add": after, "remove": before}.get(field.op, f"{before} -> {after}")
    at = "" if field.index is None else f" at {field.index}"
    return f"{field.op} {path_text(field.path)}{at}: {values}"


def _value(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(each, dict) and len(each) < 3 for each in value):
        return "".join(path_text((each,)) for each in value)
    return str(value)


def _of_case(case: dict[str, Any]) -> tuple[ManifestSet, ManifestSet]:
    """Both sides of a case of ``tests/cases``: an object named x, or none."""
    version, kind = case["object"].split()
    head = {"apiVersion": version, "kind": kind}
    sides = (
        {**head, **body, "metadata": {"name": "x", **body.get("metadata", {})}}
        for body in (case["before"], case["after"])
        if body is not None
    )
    found = [_of_data(side) for side in sides]
    if len(found) == 1:
        found.insert(0 if case["before"] is None else 1, ManifestSet())
    return found[0], found[1]


@pytest.fixture(scope="session")
def of_case() -> Callable[[dict[str, Any]], tuple[ManifestSet, ManifestSet]]:
    return _of_case


@pytest.fixture(scope="session")
def parsed() -> Callable[..., ManifestSet]:
    return _parsed


@pytest.fixture(scope="session")
def of_data() -> Callable[..., ManifestSet]:
    return _of_data


@pytest.fixture(scope="session")
def compared() -> Callable[..., ChangeSet]:
    return _compared


@pytest.fixture(scope="session")
def told() -> Callable[[ChangeSet], str]:
    return _told
