"""Objects held against the schemas that Kubernetes publishes, by the library kubernetes-validate (extra ``schema``).

Custom resources have no schema there: they are counted, and not judged. What is in a group of Kubernetes itself and has
no schema is mistyped, or not of this version. What is wrong is told without the value, which may be secret.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gitpromote.errors import ConfigurationError
from gitpromote.model.change import Path, PathElement
from gitpromote.model.finding import Finding
from gitpromote.model.manifest import Manifest
from gitpromote.model.names import one_of, quoted
from gitpromote.policy.judged import NOT_JUDGED, Judged
from gitpromote.policy.packs import PACKS
from gitpromote.policy.packs.api_served import Served, api_name, defined_in
from gitpromote.policy.packs.pack import found
from gitpromote.policy.packs.setting import minor_of, of_kind
from gitpromote.policy.scene import Scene

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

__all__ = ["judge_schema"]

_RULE = "schema/invalid"
_TYPES = {"array": "a list", "boolean": "true or false", "integer": "a whole number", "object": "a mapping"}
_TYPES |= {"number": "a number", "string": "text"}


def judge_schema(scene: Scene, settings: Mapping[str, Any], leave_out: Sequence[str] = ()) -> Judged:
    """What does not fit the schemas, with the kinds that have none.

    :param settings: those of the pack ``schema``
    :raises ConfigurationError: ``extra-missing``, ``kubernetes-unknown``
    """
    if {"invalid", "unknown"}.issubset(leave_out):
        return Judged(looked_at=0)
    told = PACKS["schema"].with_defaults(settings)
    minor = minor_of(told["kubernetes"])
    schemas = _schemas(minor, told["strict"])
    wanted = [one for one in scene.objects.values() if not of_kind(one.ref, told["ignore_kinds"])]
    known = [one for one in wanted if schemas.validator(one) is not None]
    defined = defined_in(scene.objects)
    lacking = [one for one in wanted if schemas.lacks(one) and (one.ref.group, one.ref.kind) not in defined]
    others = Counter(map(api_name, wanted)) - Counter(map(api_name, (*known, *lacking)))
    findings = {
        "invalid": (finding for one in known for finding in _findings(one, schemas.validator(one))),
        "unknown": (_unknown(one, minor, schemas.served) for one in lacking),
    }
    return Judged(
        findings=tuple(one for rule, some in findings.items() if rule not in leave_out for one in some),
        looked_at=len(wanted) - others.total(),
        operands={"without a schema": dict(sorted(others.items())), NOT_JUDGED: others.total()} if others else {},
    )


@dataclass(frozen=True, slots=True)
class _Schemas:
    """The schemas of one version of Kubernetes. Those of a kind are read when it is first asked for."""

    folder: str
    _known: dict[tuple[str, str, str], Validator | None] = field(default_factory=dict)

    def validator(self, manifest: Manifest) -> Validator | None:
        """Who judges an object; ``None`` for a kind that Kubernetes itself does not have."""
        ref = manifest.ref
        key = (ref.group, manifest.version, ref.kind)
        if key not in self._known:
            self._known[key] = self._read(*key)
        return self._known[key]

    @property
    def served(self) -> Served:
        """Every API that there is."""
        return _served(self.folder)

    def lacks(self, manifest: Manifest) -> bool:
        """Whether an object is of an API that Kubernetes itself should have, and has not."""
        return self.validator(manifest) is None and self.served.lacks(manifest)

    def _read(self, group: str, version: str, kind: str) -> Validator | None:
        from jsonschema.validators import Draft202012Validator
        from kubernetes_validate.utils import schema_contents
        from referencing import Registry, Resource

        api = f"{group.split('.')[0]}-{version}" if group else version
        try:
            schema = schema_contents(f"{self.folder}/{kind.lower()}-{api}.json", "")
        except FileNotFoundError:
            return None
        # Files are called after the group's first word alone, which others use too.
        meant = {"group": group, "kind": kind, "version": version}
        if meant not in schema.get("x-kubernetes-group-version-kind", ()):
            return None
        definitions = _definitions(self.folder)
        registry: Any = definitions @ (Resource.from_contents(schema) @ Registry())
        return Draft202012Validator(schema, registry=registry)


@lru_cache(maxsize=4)
def _definitions(folder: str) -> Any:
    from kubernetes_validate.utils import schema_contents
    from referencing import Resource

    return Resource.from_contents(schema_contents(f"{folder}/_definitions.json", ""))


@lru_cache(maxsize=4)
def _served(folder: str) -> Served:
    every = _definitions(folder).contents["$defs"].values()
    named = (api for each in every for api in each.get("x-kubernetes-group-version-kind", ()))
    return Served.of((api["group"], api["version"], api["kind"]) for api in named)


@lru_cache(maxsize=4)
def _schemas(minor: int, strict: bool) -> _Schemas:
    try:
        from kubernetes_validate.utils import all_versions
    except ImportError as error:
        raise ConfigurationError(
            "Schemas need a library that this machine does not have",
            code="extra-missing",
            detail=f"kubernetes-validate: {error}",
            hint='Install it:\n  pip install "gitpromote[schema]"',
        ) from error
    known = {minor_of(version): version for version in all_versions()}
    if minor not in known:
        raise ConfigurationError(
            "There are no schemas of this version of Kubernetes",
            code="kubernetes-unknown",
            detail=f"1.{minor} is not among 1.{min(known)} to 1.{max(known)}, which the installed library has.",
            hint='Take another version, or a newer library:\n  pip install --upgrade "gitpromote[schema]"',
        )
    return _Schemas(f"kubernetes-json-schema/v{known[minor]}-local{'-strict' if strict else ''}")


def _unknown(manifest: Manifest, minor: int, served: Served) -> Finding:
    message = f"Kubernetes 1.{minor} has no {api_name(manifest)}"
    return found("schema/unknown", manifest, message, path=("apiVersion",), hint=served.instead(manifest))


def _findings(manifest: Manifest, validator: Validator | None) -> Iterator[Finding]:
    if validator is None:
        return
    data = _without_nulls(manifest.data)
    for error in validator.iter_errors(data):
        path = _path(data, error.absolute_path)
        for message, below in _told(error):
            yield found(_RULE, manifest, message, path=(*path, *below))


def _without_nulls(value: Any) -> Any:
    """To the API server, null is the same as nothing."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _told(error: ValidationError) -> Iterator[tuple[str, Path]]:
    """What is wrong, each time without the value."""
    rule, wanted, given = str(error.validator), error.validator_value, error.instance
    if rule == "additionalProperties" and isinstance(given, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        yield from ((f"there is no field {name}", (str(name),)) for name in given if name not in known)
    elif rule == "required":
        # One error for each name that is missing.
        missing = [name for name in wanted if name not in given and repr(name) in error.message]
        yield from ((f"{name} is missing", (name,)) for name in missing)
    elif rule == "type":
        yield f"takes {_types(wanted)}, not {_kind(given)}", ()
    elif rule in ("anyOf", "oneOf"):
        yield f"takes {_types(each.get('type') for each in wanted)}, not {_kind(given)}", ()
    elif rule == "enum":
        yield f"takes {one_of(quoted(str(value)) for value in wanted)}", ()
    else:
        yield f"breaks {rule}: {wanted}", ()


def _kind(given: Any) -> str:
    words = {bool: "true or false", dict: "a mapping", float: "a number", int: "a number", list: "a list", str: "text"}
    return words.get(type(given), "something else")


def _types(wanted: Any) -> str:
    names: dict[str, None] = {}
    for each in [wanted] if isinstance(wanted, str) else wanted:
        names.update(dict.fromkeys([each] if isinstance(each, str) else each or ()))
    words = [_TYPES.get(name, name) for name in names if name != "null"]
    return one_of(words) if words else "nothing"


def _path(data: Any, steps: Iterable[str | int]) -> Path:
    """A place as plans name it: elements of lists by their names, where these differ."""
    path: list[PathElement] = []
    for step in steps:
        element: PathElement = step
        if isinstance(data, list) and isinstance(step, int):
            names = [item.get("name") if isinstance(item, dict) else None for item in data]
            name = names[step]
            element = {"name": name} if isinstance(name, str) and names.count(name) == 1 else step
        path.append(element)
        data = data[step]
    return tuple(path)
