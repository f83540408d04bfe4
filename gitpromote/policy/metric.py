"""Prometheus: what is asked, what an answer says, and whether it is within bounds.

An instant query at the moment of judgement. It counts only where all that it reads lies behind the arrival upstream of
what would enter: before that the number speaks of what ran there earlier, and nobody is asked.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from gitpromote.model.evidence import Evidence
from gitpromote.model.fields import duration_text
from gitpromote.model.gate_evidence import Prometheus
from gitpromote.model.moments import LAST, instant, iso
from gitpromote.model.outcome import Outcome
from gitpromote.model.strict_json import strict_json
from gitpromote.policy.answers import answer_of, needs_upstream, operand_text, public, verdict
from gitpromote.policy.gate_context import GateContext
from gitpromote.policy.promql import LOOKBACK, has_bare_selector, range_of, unclear

__all__ = ["answered", "is_due", "judge", "query_address", "value_of"]

_MOST_NAMED = 2
#: Seconds by which an answer may be of another moment than the one that was asked for.
_APART = 5
#: As the server writes numbers: Python takes more, such as 0_0 and the digits of other scripts.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def _over(gate: Prometheus) -> int:
    given: Any = gate.over
    return max(int(given or 0), range_of(gate.query))


def _opens(gate: Prometheus, context: GateContext) -> int | None:
    """When a question makes sense; ``None``: not before something arrives upstream."""
    if not needs_upstream(context):
        return context.as_of
    return None if context.arrived is None else context.arrived + _over(gate)


def is_due(gate: Prometheus, context: GateContext) -> bool:
    """Whether the server is to be asked now."""
    opens = _opens(gate, context)
    return opens is not None and opens <= context.as_of and not unclear(gate.query)


def query_address(gate: Prometheus, at: int) -> str:
    """The URL of the question. ``at`` is epoch seconds."""
    parts = urlsplit(gate.url)
    path = f"{parts.path.rstrip('/').removesuffix('/api/v1/query')}/api/v1/query"
    # A server may be set to look further back: it is told not to. Older ones do not know that word.
    lookback = {"lookback_delta": f"{LOOKBACK}s"} if has_bare_selector(gate.query) else {}
    asked = urlencode({"query": gate.query, "time": at, **lookback})
    query = f"{parts.query}&{asked}" if parts.query else asked
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


# -- the answer


def answered(status: int, body: bytes, *, at: int) -> tuple[dict[str, Any], str]:
    """What an answer says, and why it says nothing. ``at`` is the moment that was asked for, in epoch seconds."""
    data = _object(body)
    if data is not None and data.get("status") == "error":
        words = f"{data.get('errorType', 'error')}: {data.get('error', '')}"
        return {}, f"the server refuses the query: {operand_text(words)}"
    if status != 200:
        return {}, _refusal(status)
    result = data.get("data") if data is not None else None
    if data is None or not isinstance(result, dict) or data.get("status") != "success":
        return {}, f"the answer is not Prometheus's: {_look(body)}"
    partial = [words for name in ("warnings", "infos") for words in _listed(data.get(name))]
    if partial:
        return {}, f"the answer may not be the whole: {operand_text(str(partial[0]))}"
    found, problem = _read(str(result.get("resultType")), result.get("result"))
    other = next((moment for moment in _moments(result) if abs(moment - at) > _APART), None)
    if not problem and other is not None:
        return {}, f"the answer is of {_told(other)}, and the question of {_told(at)}"
    return found, problem


def _moments(result: Mapping[str, Any]) -> list[float]:
    """When each sample is of: servers say the moment for which they evaluated the query."""
    value = result.get("result")
    scalar = result.get("resultType") == "scalar"
    samples: list[Any] = [value] if scalar else [one.get("value") for one in _objects(value)]
    return [one[0] for one in samples if _is_sample(one)]


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _told(moment: float) -> str:
    return iso(int(moment)) if 0 <= moment <= LAST else f"the second {operand_text(moment)}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        data = strict_json(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _refusal(status: int) -> str:
    if status in (401, 403):
        return f"the server denies access ({status}): give a token, auth=SecretEnv(…)"
    if status == 404:
        return "the server has no /api/v1/query (404): compare the address"
    if 300 <= status < 400:
        return f"the server redirects ({status}): give the address that answers; a login may stand in between"
    return f"the server answers {status}"


def _look(body: bytes) -> str:
    begin = body[:200].lstrip().lower()
    if begin.startswith((b"<!doctype html", b"<html")):
        return "a web page; a login may stand in between"
    return "not JSON" if _object(body) is None else "JSON of another kind"


def _read(kind: str, result: Any) -> tuple[dict[str, Any], str]:
    if kind == "scalar" and _is_sample(result):
        return {"kind": kind, "series": [{"labels": "", "value": result[1]}], "count": 1}, ""
    if kind == "vector" and isinstance(result, list):
        series = [_series(one) for one in result]
        known = [one for one in series if one is not None]
        if len(known) != len(series):
            return {}, "the answer has a sample without a value: a histogram, perhaps; ask for a number"
        return {"kind": kind, "series": known[:_MOST_NAMED], "count": len(known)}, ""
    told = {"matrix": "a range of values", "string": "a text"}.get(kind, "something else")
    return {}, f"the query gives {told}, and not one number: take the range away, or aggregate over it"


def _is_sample(value: Any) -> bool:
    if not (isinstance(value, list) and len(value) == 2 and isinstance(value[1], str)):
        return False
    return isinstance(value[0], int | float) and not isinstance(value[0], bool)


def _series(one: Any) -> dict[str, str] | None:
    if not isinstance(one, dict) or not _is_sample(one.get("value")) or not isinstance(one.get("metric"), dict):
        return None
    return {"labels": _named(one["metric"]), "value": one["value"][1]}


def _named(metric: Mapping[str, Any]) -> str:
    labels = ", ".join(f'{name}="{value}"' for name, value in sorted(metric.items()) if name != "__name__")
    return operand_text(f"{metric.get('__name__', '')}{{{labels}}}")


# -- the verdict


def value_of(evidence: Evidence | None) -> float | None:
    """The one finite number that was answered; ``None`` where there is none."""
    return None if evidence is None or evidence.error or _problem(evidence) else _number(evidence)


def _number(evidence: Evidence) -> float | None:
    try:
        text = evidence.value["series"][0]["value"]
        found = float(text) if _NUMBER.fullmatch(text) else math.nan
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return found if math.isfinite(found) else None


def _problem(evidence: Evidence) -> str:
    """Why an answer is not one number."""
    series, count = evidence.value.get("series", ()), evidence.value.get("count", 0)
    if count == 0:
        return "the query gives nothing: no series has a value now"
    if count > 1:
        named = " and ".join(one["labels"] or "{}" for one in series)
        others = f", and {count - len(series)} more" if count > len(series) else ""
        return f"the query gives {count} series, and not one: {named}{others}"
    if _number(evidence) is None:
        return f"the query gives {series[0]['value'] if series else 'nothing'}, which is not a number to compare"
    return ""


def judge(gate: Prometheus, context: GateContext) -> Outcome:
    """Whether the value is within the bounds; pending until a range counts, ``error`` where there is no one number."""
    common: dict[str, Any] = {"expression": gate.query, "threshold": _bounds(gate), "remedy": _remedy(gate)}
    reason = unclear(gate.query)
    if reason:
        return verdict(gate, "error", f"the query {reason}", **common)
    if not is_due(gate, context):
        return _early(gate, context, common)
    answer = answer_of(gate, context, **common)
    if isinstance(answer, Outcome):
        return answer
    problem = _problem(answer)
    if problem:
        return verdict(gate, "error", problem, operands={"asked": answer.at, **answer.value}, **common)
    text = str(answer.value["series"][0]["value"])
    value = float(text)
    below = gate.below is None or value < float(str(gate.below))
    above = gate.above is None or value > float(str(gate.above))
    operands = {"value": {"number": repr(value)}, "asked": answer.at, "range": _over(gate)}
    if below and above:
        return verdict(gate, "pass", f"{text} is {_bounds(gate)}", operands=operands, **common)
    return verdict(gate, "pending", f"{text} is not {_bounds(gate)}", operands=operands, **common)


def _early(gate: Prometheus, context: GateContext, common: Mapping[str, Any]) -> Outcome:
    over, opens = _over(gate), _opens(gate, context)
    operands = {"need": over, "arrived": context.arrived, "asked": None}
    after = f"{duration_text(over)} after" if over else "after"
    if opens is None:
        text = f"counts {after} arrival upstream, where it is not verified yet"
        return verdict(gate, "pending", text, operands=operands, **common)
    arrived = instant(context.arrived or 0, now=context.as_of)
    text = f"counts {after} arrival upstream at {arrived}"
    return verdict(gate, "pending", text, operands=operands, opens=opens, **common)


def _bounds(gate: Prometheus) -> str:
    bounds = [f"above {gate.above}"] if gate.above is not None else []
    bounds += [f"below {gate.below}"] if gate.below is not None else []
    return " and ".join(bounds)


def _remedy(gate: Prometheus) -> str:
    return f"promtool query instant {shlex.quote(public(gate.url))} {shlex.quote(gate.query)}"
