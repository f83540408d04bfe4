"""The index of a chart repository: every version of every chart in one YAML file, asked for by its ETag or its time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from gitpromote.adapters.http_question import Answer
from gitpromote.adapters.registries.failures import odd_answer
from gitpromote.adapters.registries.kept import KeptRepository
from gitpromote.adapters.registries.manifest import epoch
from gitpromote.adapters.registries.session import Session
from gitpromote.errors import RemoteFailed, SourceInvalid
from gitpromote.model.names import did_you_mean
from gitpromote.render.json_reader import JsonProblem, read_json
from gitpromote.render.parse import parse_yaml
from gitpromote.render.yaml_reader import LIMITS

_MOST = 32 << 20  # bytes; the largest public ones have 20 MB, which take two seconds to read
_NAMED = 8  # charts, where one is not there
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")

#: version, appVersion, digest, created, and where the archive is, as the index says it
Row = Sequence[Any]


def read_index(session: Session, url: str, kept: KeptRepository) -> Mapping[str, Sequence[Row]]:
    """The versions of every chart, in the index's order.

    :raises GitpromoteError: the server refuses, cannot be reached, or answers with something else
    """
    doing = f"read {_shown(url)}"
    known = kept.get("charts")
    conditions = known["conditions"] if known else {}
    parts = urlsplit(url)
    answer = session.ask(
        parts.path + (f"?{parts.query}" if parts.query else ""),
        doing=doing,
        headers=conditions,
        limit=_MOST,
        allowed=frozenset({200, 304, 404} if conditions else {200, 404}),
    )
    if answer.status == 404:
        raise _no_index(url, parts.netloc)
    if answer.status == 304:
        charts: Mapping[str, Sequence[Row]] = known["charts"]
        return charts
    charts = _charts(answer, session, doing, url)
    if answer.conditions:
        kept.put("charts", {"conditions": answer.conditions, "charts": charts})
    return charts


def chart_missing(url: str, name: str, known: Iterable[str]) -> RemoteFailed:
    """The error for a chart that the index does not list; the caller raises it.

    :param known: the charts that it lists
    """
    known = sorted(known)
    near = did_you_mean(name, known)
    listed = f"It lists {', '.join(known[:_NAMED])}{f' and {len(known) - _NAMED:,} more' * (len(known) > _NAMED)}."
    hint = near[:1].upper() + near[1:] if near else listed if known else "It lists no chart at all."
    return RemoteFailed(
        "A chart repository has no such chart",
        code="registry-chart-not-found",
        detail=f"{_shown(url)} lists no chart {name}",
        hint=hint,
    )


def _no_index(url: str, server: str) -> RemoteFailed:
    return RemoteFailed(
        "A chart repository has no index",
        code="registry-index-not-found",
        detail=f"read {_shown(url)}\n  {server}: 404 Not Found",
        hint="Compare the address: helm repo add needs the same. A chart in a registry is written oci://…",
    )


def _charts(answer: Answer, session: Session, doing: str, url: str) -> dict[str, list[list[Any]]]:
    try:
        data = _parsed(answer.body, _shown(url))
    except (SourceInvalid, JsonProblem) as problem:
        why = problem.code if isinstance(problem, JsonProblem) else problem.detail.rpartition("\n")[2]
        raise odd_answer(answer, session.asked(doing), f"is not YAML that can be read: {why}") from None
    entries = data.get("entries", False) if isinstance(data, dict) else False
    if entries is None:
        return {}
    if not isinstance(entries, dict):
        raise odd_answer(answer, session.asked(doing), "is not the index of a chart repository")
    return {str(name): _rows(versions) for name, versions in entries.items()}


def _parsed(body: bytes, file: str) -> Any:
    if body.lstrip()[:1] == b"{":
        found = read_json(body.decode("utf-8", "replace"), depth=LIMITS.depth)
        if found and found[0]:
            return found[0][0]
    documents = parse_yaml(body, file=file)
    return documents[0] if documents else None


def _rows(versions: Any) -> list[list[Any]]:
    """What is not a version is left out, as Helm does."""
    found = []
    for entry in versions if isinstance(versions, list) else ():
        if not isinstance(entry, dict) or not isinstance(entry.get("version"), str):
            continue
        app = entry.get("appVersion")
        digest = _DIGEST.fullmatch(str(entry.get("digest") or ""))
        told = f"sha256:{digest[1]}" if digest else None
        urls = entry.get("urls")
        url = next((url for url in urls if isinstance(url, str) and url), "") if isinstance(urls, list) else ""
        found.append([entry["version"], "" if app is None else str(app), told, epoch(entry.get("created")), url])
    return found


def _shown(url: str) -> str:
    """Without its query, which may hold a key."""
    return url.partition("?")[0]
