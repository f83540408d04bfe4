"""A stream of YAML -> manifests, as Kubernetes reads it. Bytes come in; nothing is opened here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gitpromote.errors import Problem, SourceInvalid
from gitpromote.model.manifest import Manifest, ManifestSet, ObjectRef, split_api_version
from gitpromote.render.documents import Piece, split_documents
from gitpromote.render.dump import dump_yaml
from gitpromote.render.json_reader import JsonProblem, read_json
from gitpromote.render.yaml_problems import unreadable
from gitpromote.render.yaml_reader import LIMITS, Limits, YamlReader
from gitpromote.render.yaml_text import decode, without_bom

__all__ = ["ParsedManifests", "Piece", "parse_manifests", "parse_pieces", "parse_yaml", "split_documents"]


class ParsedManifests(NamedTuple):
    """What a stream holds. The warnings do not keep it from being applied."""

    manifests: ManifestSet
    warnings: tuple[Problem, ...]


def parse_manifests(data: bytes, *, file: str, app: str = "", limits: Limits = LIMITS) -> ParsedManifests:
    """Every object of a stream of YAML or JSON documents, in its order; Lists are taken apart.

    :param file: what messages call the stream
    :param app: the App that the objects belong to
    :raises SourceInvalid: what is wrong, with file, line and document
    """
    pieces = split_documents(_text(data, file, limits), file=file, limits=limits)
    return parse_pieces(pieces, file=file, app=app, limits=limits)


def parse_pieces(pieces: Iterable[Piece], *, file: str, app: str = "", limits: Limits = LIMITS) -> ParsedManifests:
    """The objects of documents that were split before, for whoever does not need to read all of them."""
    reader = _Stream(file, app, limits)
    manifests = ManifestSet.from_iterable(manifest for piece in pieces for manifest in reader.manifests(piece))
    return ParsedManifests(manifests, tuple(reader.warnings))


def parse_yaml(data: bytes, *, file: str, strict: bool = False, limits: Limits = LIMITS) -> list[Any]:
    """Every document of a YAML file of any sort, as plain data; an empty document is None.

    :param strict: a repeated key is an error; otherwise the last one counts
    :raises SourceInvalid: what is wrong, with file and line
    """
    text = without_bom(_text(data, file, limits))
    _check_size("document", text, limits.document, file)
    return YamlReader(file=file, strict=strict, limits=limits).read(text)


class _Stream:
    """Reads the pieces of one stream."""

    def __init__(self, file: str, app: str, limits: Limits) -> None:
        self._file, self._app, self._limits = file, app, limits
        self._yaml = YamlReader(file=file, limits=limits)
        self.warnings = self._yaml.warnings

    def manifests(self, piece: Piece) -> list[Manifest]:
        """The objects of one document: none, one, or the items of a List."""
        where = f"{self._file}:{piece.line}: document {piece.number}"
        _check_size("document", piece.text, self._limits.document, where)
        objects = [item for value in self._values(piece, where) for item in _objects(value, where)]
        if len(objects) == 1 and objects[0][1]:
            return [self._manifest(objects[0][0], piece.text, piece.line, where)]
        return [self._manifest(item, dump_yaml(item), piece.line, where) for item, _ in objects]

    def _values(self, piece: Piece, where: str) -> list[Any]:
        if piece.text.lstrip()[:1] == "{":
            try:
                found = read_json(piece.text, depth=self._limits.depth)
            except JsonProblem as problem:
                raise unreadable(problem.code, f"{where}: {problem}") from problem
            if found:
                self._warn(found[1], piece)
                return found[0]
        values = self._yaml.read(piece.text, line=piece.line, number=piece.number)
        if len(values) > 1:
            raise unreadable(
                "yaml-hidden-document", f"{where}: another one begins in it, which Kubernetes does not see"
            )
        return values

    def _warn(self, repeated: list[str], piece: Piece) -> None:
        for key in repeated:
            message = f"document {piece.number}: the key '{key}' appears twice; the last one counts"
            self.warnings.append(Problem("yaml-duplicate-key", message, path=self._file, line=piece.line))

    def _manifest(self, data: dict[str, Any], text: str, line: int, where: str) -> Manifest:
        metadata = data.get("metadata")
        names = metadata if isinstance(metadata, dict) else {}
        api_version, kind, name, namespace = data.get("apiVersion"), data.get("kind"), names.get("name"), _scope(names)
        if not (api_version and kind and name) or not all(
            isinstance(word, str) for word in (api_version, kind, name, namespace)
        ):
            raise _not_object(data, names, where)
        try:
            group, version = split_api_version(api_version)
        except ValueError as error:
            raise unreadable("manifest-invalid", f"{where}{_called(kind, name)}: {error}") from error
        return Manifest(ObjectRef(group, kind, namespace, name), version, data, text, self._file, line, self._app)


def _scope(metadata: dict[str, Any]) -> Any:
    namespace = metadata.get("namespace")
    return "" if namespace is None else namespace


def _objects(value: Any, where: str) -> Iterator[tuple[dict[str, Any], bool]]:
    """The objects of a document, each with whether the document is that object and nothing else."""
    if value is None:
        return
    if not isinstance(value, dict):
        raise unreadable("manifest-invalid", f"{where}: it is {_name_of(value)}, not a mapping")
    if not _is_list(value):
        yield value, True
        return
    for index, item in enumerate(value["items"] or (), 1):
        if not isinstance(item, dict) or _is_list(item):
            what = "a List of its own" if isinstance(item, dict) else _name_of(item)
            raise unreadable("manifest-invalid", f"{where}: item {index} of the {value.get('kind')} is {what}")
        yield _item(value, item), False


def _is_list(value: dict[str, Any]) -> bool:
    """What Kubernetes takes for a list of objects: ``items`` decides, whatever the kind is called."""
    if "items" not in value:
        return False
    return isinstance(value["items"], list) or (value["items"] is None and str(value.get("kind")).endswith("List"))


def _item(parent: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """An item; without a kind of its own, it is of the kind that its list is a list of."""
    kind = str(parent.get("kind")).removesuffix("List")
    if item.get("kind") or not kind:
        return item
    return {"apiVersion": parent.get("apiVersion"), "kind": kind, **item}


def _called(*words: Any) -> str:
    known = [word for word in words if isinstance(word, str) and word]
    return f" ({' '.join(known)})" if known else ""


def _not_object(data: dict[str, Any], metadata: dict[str, Any], where: str) -> SourceInvalid:
    where += _called(data.get("kind"), metadata.get("name"))
    for field in ("apiVersion", "kind"):
        if not isinstance(data.get(field), str) or not data[field]:
            return _unfit(where, field, data.get(field))
    if not isinstance(data.get("metadata"), dict):
        return _unfit(where, "metadata", data.get("metadata"), wanted="a mapping")
    if not metadata.get("name") and metadata.get("generateName"):
        return unreadable("generate-name", f"{where}: metadata.generateName is {metadata['generateName']!r}")
    field = "name" if not isinstance(metadata.get("name"), str) or not metadata["name"] else "namespace"
    return _unfit(where, f"metadata.{field}", metadata.get(field))


def _unfit(where: str, field: str, value: Any, *, wanted: str = "a string") -> SourceInvalid:
    if value is None or value == "":
        return unreadable("manifest-invalid", f"{where}: {field} is missing")
    return unreadable("manifest-invalid", f"{where}: {field} is {_name_of(value)}, not {wanted}{_quote_it(value)}")


def _quote_it(value: Any) -> str:
    return "; quote it" if isinstance(value, bool | int | float) else ""


def _name_of(value: Any) -> str:
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    names: dict[type, str] = {str: "a string", list: "a list", dict: "a mapping"}
    return names.get(type(value), "null")


def _text(data: bytes, file: str, limits: Limits) -> str:
    if len(data) > limits.stream:
        raise unreadable("yaml-too-large", f"{file}: {len(data)} bytes, more than {limits.stream}")
    return decode(data, file=file)


def _check_size(what: str, text: str, limit: int, where: str) -> None:
    if len(text) * 4 <= limit:
        return
    size = len(text.encode())
    if size > limit:
        raise unreadable("yaml-too-large", f"{where}: a {what} of {size} bytes, more than {limit}")
