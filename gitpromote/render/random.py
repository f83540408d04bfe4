"""Values that come out different each time: where they can come from in a chart, and where they came out."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from gitpromote.model.manifest import ManifestSet
from gitpromote.model.render import ChainSpec, HelmSpec, KustomizeSpec, PythonSpec, RandomField, RenderSpec
from gitpromote.render.parse import parse_yaml
from gitpromote.render.references import KUSTOMIZATION_NAMES, kustomization_references

# Template functions whose result is not a function of their arguments. `keys` and `values` list a map in random order.
_RANDOM = (
    "rand[A-Z]\\w*|shuffle|uuidv4|gen(PrivateKey|CA|SelfSignedCert|SignedCert)(WithKey)?"
    "|htpasswd|bcrypt|encryptAES|getHostByName|lookup|keys|values"
)
# Some read the clock only for want of a time as argument; which of the two it is cannot be seen from outside.
_CLOCK = "now|ago|date|dateInZone|date_in_zone|htmlDate|htmlDateInZone|durationRound"

# As a function: no field (.now), no variable ($now), no part of a longer name. Quoted text counts: tpl may run it.
_CALLED = re.compile(
    rb"(?<![\w.$-])(?:(?P<random>" + _RANDOM.encode() + rb")|(?P<clock>" + _CLOCK.encode() + rb"))(?![\w-])"
)
_COMMENT = re.compile(rb"-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)

_GZIP = re.compile(rb"\x1f\x8b\x08")  # how an archive begins; three bytes that may also be something else
_MOST_ARCHIVES = 200
_LARGEST_ARCHIVE = 64 * 1024 * 1024  # bytes, unpacked


class Sources(NamedTuple):
    """Where output may depend on more than the inputs: ``file: function``, sorted.

    :ivar random: two renders may differ
    :ivar clock: two renders may differ if time passes between them
    """

    random: tuple[str, ...] = ()
    clock: tuple[str, ...] = ()


def sources_of_chance(spec: RenderSpec, inputs: Mapping[str, tuple[str, bytes]], *, has_helm: bool) -> Sources:
    """Why a render might give something else the next time; nothing where it cannot.

    kustomize and plain files always give the same. A chart does unless one of its files calls certain functions.

    :param has_helm: whether helm takes part, for kustomizations with charts
    """
    match spec:
        case HelmSpec():
            files = {path: content for path, (_, content) in inputs.items()}
            files.update((f"set {name}", str(value).encode()) for name, value in spec.set)
            return random_sources(files)
        case KustomizeSpec() if has_helm:
            found = random_sources({path: content for path, (_, content) in inputs.items()})
            return Sources(found.random, tuple(sorted({*found.clock, *_without_release(inputs)})))
        case PythonSpec():
            return Sources(random=(f"{spec.function}: a function",))
        case ChainSpec():
            parts = [sources_of_chance(part, inputs, has_helm=has_helm) for part in (spec.first, spec.second)]
            both = [tuple(sorted({name for part in parts for name in part[at]})) for at in (0, 1)]
            return Sources(*both)
    return Sources()


def _without_release(inputs: Mapping[str, tuple[str, bytes]]) -> Iterator[str]:
    """Charts for whose release kustomize lets helm make up a name, from the time."""
    for path, (_, content) in inputs.items():
        if b"helmChart" in content and path.rpartition("/")[2] in KUSTOMIZATION_NAMES:
            charts = kustomization_references(next(iter(parse_yaml(content, file=path)), None)).charts
            yield from (f"{path}: {chart.name} has no releaseName" for chart in charts if not chart.release)


def random_sources(files: Mapping[str, bytes]) -> Sources:
    """Look for calls of functions that do not always give the same, in templates and in all that may become one.

    It errs on the safe side: a function may be named that is never reached. A name that a template puts together from
    pieces is not found.
    """
    found = [(path, _calls(content, path.endswith((".tgz", ".tar.gz")))) for path, content in files.items()]
    random = sorted(f"{path}: {name}" for path, calls in found for name in calls.random)
    clock = sorted(f"{path}: {name}" for path, calls in found for name in calls.clock)
    return Sources(tuple(random), tuple(clock))


@lru_cache(maxsize=1024)
def _calls(content: bytes, is_archive: bool) -> Sources:
    """The functions that one file calls. Remembered: a chart's files are the same in every environment."""
    found: dict[str, set[str]] = {"random": set(), "clock": set()}
    for text in _unpacked(content, _LARGEST_ARCHIVE) if is_archive else [content]:
        if text is None:
            found["random"].add("cannot be looked into")
            continue
        for call in (call for action in _actions(text) for call in _CALLED.finditer(action)):
            for group, names in found.items():
                if call[group]:
                    names.add(call[group].decode())
    return Sources(tuple(found["random"]), tuple(found["clock"]))


def _actions(content: bytes) -> Iterator[bytes]:
    """What stands between ``{{`` and the last ``}}`` before the next ``{{``: quoted braces inside hide nothing."""
    for piece in content.split(b"{{")[1:]:
        comment = _COMMENT.match(piece)
        rest = piece[comment.end() :] if comment else piece
        end = rest.rfind(b"}}")
        if end >= 0:
            yield rest[:end]
        elif not comment:
            yield rest


def _unpacked(content: bytes, room: int) -> Iterator[bytes | None]:
    """What is packed in an archive and in those inside it, each as one text of all its files, as they are.

    ``None`` stands for what cannot be unpacked, or not within ``room`` bytes.
    """
    pending = list(islice(_packed_in(content), _MOST_ARCHIVES)) or [memoryview(b"")]
    for count, packed in enumerate(pending):  # which grows on the way
        text = _unzipped(packed, room) if count < _MOST_ARCHIVES else None
        yield text
        if text is None:
            return
        room -= len(text)
        pending += islice(_packed_in(text), _MOST_ARCHIVES)


def _packed_in(text: bytes) -> Iterator[memoryview]:
    view = memoryview(text)
    return (view[at.start() :] for at in _GZIP.finditer(text) if _is_zipped(view[at.start() : at.start() + 512]))


def _unzipped(packed: memoryview, room: int) -> bytes | None:
    """What is packed, if it is whole and there is room for it."""
    unpack = zlib.decompressobj(wbits=31)
    try:
        text = unpack.decompress(packed, room) if room > 0 else b""
    except zlib.error:
        return None
    return text if unpack.eof else None


def _is_zipped(start: memoryview) -> bool:
    try:
        zlib.decompressobj(wbits=31).decompress(start, 1)
    except zlib.error:
        return False
    return True


def random_fields(first: ManifestSet, second: ManifestSet) -> tuple[RandomField, ...]:
    """Where two renders of the same inputs differ, object by object; what only one of them has differs whole."""
    alone = [RandomField(ref, ()) for ref in (*first, *second) if (ref in first) != (ref in second)]
    both = [(ref, first[ref].data, second[ref].data) for ref in first if ref in second]
    return (*alone, *(RandomField(ref, path) for ref, one, other in both for path in _differences(one, other)))


def _differences(one: Any, other: Any, path: tuple[str | int, ...] = ()) -> Iterable[tuple[str | int, ...]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            if name in one and name in other:
                yield from _differences(one[name], other[name], (*path, name))
            else:
                yield (*path, name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for at, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(left, right, (*path, at))
    elif type(one) is not type(other) or one != other:
        yield path
