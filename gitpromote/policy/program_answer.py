"""What a policy's program printed -> what it found. Programs of the field are read in their own JSON.

- ours: ``{"findings": [{"message": …, "level": "error", "object": {…}, "file": …, "line": …, "hint": …}]}``
- conftest: a list of files with ``failures``, ``warnings`` and ``exceptions``
- kubeconform: ``resources`` with ``status`` and ``msg``
- policy reports (``PolicyReport``, ``ClusterPolicyReport``; kyverno): ``results`` with ``result`` and ``resources``
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from gitpromote.model.strict_json import strict_json

__all__ = ["Said", "Unreadable", "read_json"]

Weight: TypeAlias = Literal["error", "warning", "unknown"]
_WEIGHTS: Mapping[str, Weight | None] = {
    **dict.fromkeys(("error", "deny", "fail", "failure", "violation", "high", "critical", "medium", ""), "error"),
    **dict.fromkeys(("warning", "warn", "note", "info", "low", "informational"), "warning"),
    "unknown": "unknown",
    **dict.fromkeys(("pass", "none", "skip", "ok"), None),
}


class Unreadable(ValueError):
    """What was printed is not what was agreed on; the text says why."""


class Said(NamedTuple):
    """One thing that a program said.

    :ivar weight: ``unknown`` is what the program itself could not judge
    :ivar object: as far as it names one
    :ivar file: as the program calls it: an object's own file, or any other
    :ivar line: of ``file``, or of the object's own where it names no file; from 1; 0 where it names none
    """

    message: str
    weight: Weight = "error"
    rule: str = ""
    object: Mapping[str, Any] | None = None
    file: str = ""
    line: int = 0
    hint: str = ""


Reader: TypeAlias = Callable[[Any], Iterator[Said]]


def read_json(text: str) -> list[Said]:
    """Everything that a program said in JSON.

    :raises Unreadable: it is no JSON, or nothing that anybody knows
    """
    try:
        data = strict_json(text)
    except (ValueError, RecursionError):
        raise Unreadable("it is no JSON") from None
    if data == []:
        raise Unreadable('an empty list does not say that anything was looked at: print {"findings": []}')
    for fits, read in _READERS:
        if fits(data):
            return list(read(data))
    raise Unreadable('it holds no "findings"')


# --- the shapes that there are


def _ours(data: Any) -> Iterator[Said]:
    for one in data["findings"] if isinstance(data, dict) else data:
        if isinstance(one, str):
            yield Said(one)
            continue
        message = one.get("message", one.get("msg")) if isinstance(one, dict) else None
        if not isinstance(message, str):
            raise Unreadable('a finding has no "message"')
        weight = _weight(one.get("level", one.get("severity")))
        if weight is None:
            continue
        yield Said(
            message=message,
            weight=weight,
            rule=_text(one.get("rule")),
            object=_mapping(one.get("object")),
            file=_text(one.get("file")),
            line=_line(one.get("line")),
            hint=_text(one.get("hint")),
        )


def _conftest(data: Any) -> Iterator[Said]:
    weights: tuple[tuple[str, Weight], ...] = (("failures", "error"), ("warnings", "warning"))
    for file in data:
        for part, weight in weights:
            for one in file.get(part) or ():
                metadata = _mapping(one.get("metadata")) or {}
                yield Said(_text(one.get("msg")), weight, _text(metadata.get("query")), file=_text(file["filename"]))


def _kubeconform(data: Any) -> Iterator[Said]:
    summary = _mapping(data.get("summary")) or {}
    for word, status in (("invalid", "statusInvalid"), ("errors", "statusError")):
        counted = _line(summary.get(word))
        named = sum(one.get("status") == status for one in data["resources"])
        if counted > named:
            raise Unreadable(f'its summary counts {counted} "{word}", and its "resources" name {named}')
    for one in data["resources"]:
        status = _text(one.get("status"))
        if status not in ("statusInvalid", "statusError"):
            continue
        named = {"kind": one.get("kind"), "name": one.get("name")}
        weight: Weight = "error" if status == "statusInvalid" else "unknown"
        yield Said(_text(one.get("msg")), weight, object=named, file=_text(one.get("filename")))


def _reports(data: Any) -> Iterator[Said]:
    for report in data if isinstance(data, list) else data.get("items") or [data]:
        for one in report.get("results") or ():
            result = _text(one.get("result")).lower()
            weight = "unknown" if result == "error" else _weight(result)
            if weight is None:
                continue
            rule = "/".join(part for part in (_text(one.get("policy")), _text(one.get("rule"))) if part)
            for resource in one.get("resources") or [None]:
                yield Said(_text(one.get("message")), weight, rule, object=_mapping(resource))


def _is_conftest(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(one, dict) and "filename" in one for one in data)


def _is_report(data: Any) -> bool:
    if isinstance(data, list):
        return bool(data) and all(_is_report(one) for one in data)
    reports = ("PolicyReport", "ClusterPolicyReport", "PolicyReportList", "Report", "ClusterReport")
    return isinstance(data, dict) and (data.get("kind") in reports or _is_report(data.get("items")))


def _is_ours(data: Any) -> bool:
    return isinstance(data, list) or (isinstance(data, dict) and isinstance(data.get("findings"), list))


def _is_kubeconform(data: Any) -> bool:
    resources = data.get("resources") if isinstance(data, dict) else None
    return isinstance(resources, list) and all(isinstance(one, dict) for one in resources)


#: Tried in this order: a bare list is ours where nobody else's.
_READERS: tuple[tuple[Callable[[Any], bool], Reader], ...] = (
    (_is_conftest, _conftest),
    (_is_report, _reports),
    (_is_kubeconform, _kubeconform),
    (_is_ours, _ours),
)


def _weight(level: Any) -> Weight | None:
    """How much it counts; what nobody knows counts in full."""
    return _WEIGHTS.get(str(level or "").lower(), "error")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, dict) else None


def _line(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
