"""What programs and functions said -> findings: whom each is about, and where a person would look."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gitpromote.model.change import ObjectId
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest, ObjectRef
from gitpromote.model.sensitive import without_secrets
from gitpromote.model.words import clean
from gitpromote.policy.judged import Judged
from gitpromote.policy.program_answer import Said, Weight

__all__ = ["Answer", "judged_of"]

_LONGEST = 1000  # characters of a message
_LONGEST_FILE = 300
_MOST_LINES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a program said and what it had been given.

    :ivar files: the name of each object's file
    :ivar secrets: values that nobody may repeat
    """

    policy: str
    said: Iterable[Said]
    files: Mapping[str, Manifest]
    secrets: frozenset[str] = frozenset()

    @cached_property
    def by_name(self) -> Mapping[tuple[str, str], list[Manifest]]:
        """Kind and name to objects."""
        found: dict[tuple[str, str], list[Manifest]] = {}
        for manifest in self.files.values():
            found.setdefault((manifest.ref.kind, manifest.ref.name), []).append(manifest)
        return found

    @cached_property
    def beginning(self) -> Counter[tuple[str, int]]:
        """How many objects begin at a place: items of a List have one line together, and none of their own."""
        return Counter((one.file, one.line) for one in self.files.values())


def judged_of(answer: Answer) -> Judged:
    """Findings with the objects that they are about, and no secret in them."""
    found: dict[Weight, list[Finding]] = {"error": [], "warning": [], "unknown": []}
    for one in answer.said:
        found[one.weight].append(_finding(one, answer))
    return Judged(
        findings=tuple(found["error"]),
        warnings=tuple(found["warning"]),
        errors=tuple(found["unknown"]),
        looked_at=len(answer.files),
    )


def _finding(said: Said, answer: Answer) -> Finding:
    manifest = _about(said, answer)
    quiet = {
        name: without_secrets(getattr(said, name), known=answer.secrets) for name in ("message", "hint", "rule", "file")
    }
    rule = (
        quiet["rule"] if said.rule.startswith(answer.policy) else "/".join(filter(None, (answer.policy, quiet["rule"])))
    )
    return Finding(
        rule=rule[:200],
        message=" ".join(quiet["message"].split())[:_LONGEST] or "it says no more",
        object=ObjectId.of(manifest.ref) if manifest is not None else None,
        hint=" ".join(quiet["hint"].split())[:_LONGEST],
        **_place(said, quiet["file"], manifest, answer),
    )


# --- where


def _place(said: Said, file: str, manifest: Manifest | None, answer: Answer) -> Mapping[str, Any]:
    """Nothing where the object's own place is what is known."""
    given = answer.files.get(posixpath.basename(said.file), manifest if not said.file else None)
    if given is not None:
        return _in_object(given, said.line, answer)
    name = _relative(file)
    app = {"app": manifest.app} if manifest is not None else {}
    return {"file": name, "line": said.line if said.line <= _MOST_LINES else 0, **app} if name else {}


def _in_object(manifest: Manifest, line: int, answer: Answer) -> Mapping[str, Any]:
    """A line of an object's file where the object stands; what lies beyond it is no line of it."""
    alone = answer.beginning[manifest.file, manifest.line] == 1
    if not alone or not 0 < line <= len(manifest.text.splitlines()):
        return {}
    return {"file": manifest.file, "line": manifest.line + line - 1, "app": manifest.app}


def _relative(file: str) -> str:
    """A path as the program says it; what lies outside of the sources, or nowhere, is no place for a reader."""
    name = clean(file)
    path = posixpath.normpath(name) if name else ""
    outside = path in (".", "..") or path.startswith(("/", "../")) or len(path) > _LONGEST_FILE
    return "" if outside else path


# --- whom it is about


def _about(said: Said, answer: Answer) -> Manifest | None:
    """The object that it names, or whose file it names. What fits several is none of them."""
    if said.object is not None:
        found = _named(said.object, answer.by_name)
        if found is not None:
            return found
    return answer.files.get(posixpath.basename(said.file))


def _named(said: Mapping[str, Any], by_name: Mapping[tuple[str, str], list[Manifest]]) -> Manifest | None:
    metadata = _mapping(said.get("metadata")) or {}
    ref = ObjectRef(
        group=_group(said),
        kind=_text(said.get("kind")),
        namespace=_text(said.get("namespace")) or _text(metadata.get("namespace")),
        name=_text(said.get("name")) or _text(metadata.get("name")),
    )
    near = [
        one
        for one in by_name.get((ref.kind, ref.name), ())
        if (not ref.group or one.ref.group == ref.group) and (not ref.namespace or one.ref.namespace == ref.namespace)
    ]
    return near[0] if len(near) == 1 else None


def _group(said: Mapping[str, Any]) -> str:
    if isinstance(said.get("group"), str):
        return str(said["group"])
    group, slash, _ = _text(said.get("apiVersion")).rpartition("/")
    return group if slash else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, dict) else None
