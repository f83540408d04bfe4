"""HTTP: what a server's answer says about a gate, and the verdict.

Of the answer a plan keeps the status and what the expression read, nothing else: bodies and headers may hold anything.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from gitpromote.model.canonical import plain_number
from gitpromote.model.gate_evidence import HTTP
from gitpromote.model.outcome import Outcome
from gitpromote.model.strict_json import strict_json
from gitpromote.policy.answers import answer_of, operand_text, public, verdict
from gitpromote.policy.gate_context import GateContext

__all__ = ["answered", "judge"]


class _Headers(dict[str, str]):
    """Headers by name, however that is written."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def answered(gate: HTTP, status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """What an answer says.

    :param headers: by names in small letters
    :returns: ``status``; where it is the expected one and an expression is asked: ``holds`` or ``problem``, and
        ``read``, what the expression read
    """
    if status != gate.expect or gate.success is None:
        return {"status": status}
    return {"status": status, **_asked(gate.success, status, _Headers(headers), body)}


def _asked(expression: str, status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    from gitpromote.cel.contexts import http_answer
    from gitpromote.cel.expression import compile_expression
    from gitpromote.cel.problem import InvalidExpression

    try:
        compiled = compile_expression(expression, http_answer())
    except InvalidExpression as error:
        return {"problem": error.detail.partition("\n")[0], "read": {}}
    facts: dict[str, Any] = {"status": status, "headers": headers}
    if any(use.path[0] in ("answer", "body") for use in compiled.uses):
        try:
            facts["answer"] = facts["body"] = strict_json(body)
        except (ValueError, RecursionError) as error:
            return {"problem": f"the body is not JSON{_look(body) or _why(error)}", "read": {}}
    result = compiled.evaluate(facts)
    read = {one.text: _plain(one.value) for one in result.operands}
    return {"problem": result.error, "read": read} if result.error else {"holds": result.holds, "read": read}


def _why(error: Exception) -> str:
    """What is wrong, where it reads like JSON."""
    return "" if isinstance(error, RecursionError | json.JSONDecodeError | UnicodeDecodeError) else f": {error}"


def _look(body: bytes) -> str:
    begin = body[:200].lstrip().lower()
    if not begin:
        return ": it is empty"
    return ": it is a web page" if begin.startswith((b"<!doctype html", b"<html")) else ""


def _plain(value: Any) -> Any:
    """An operand as a plan holds it: small, and without floats."""
    if value is None or isinstance(value, bool | int):
        return value
    return plain_number(value) if isinstance(value, float) else operand_text(value)


def judge(gate: HTTP, context: GateContext) -> Outcome:
    """Whether the last answer was the expected one. Otherwise the next may be: pending."""
    common: dict[str, Any] = {"expression": gate.success or "", "threshold": _threshold(gate), "remedy": _remedy(gate)}
    answer = answer_of(gate, context, **common)
    if isinstance(answer, Outcome):
        return answer
    value, operands = answer.value, {"asked": answer.at, **answer.value}
    status = value.get("status")
    if status != gate.expect:
        text = f"answers {status}, not {gate.expect}"
        return verdict(gate, "pending", text, operands=operands, **common)
    if gate.success is None:
        return verdict(gate, "pass", f"answers {status}", operands=operands, **common)
    if value.get("holds") is None:
        return verdict(gate, "error", str(value.get("problem") or "no answer to it"), operands=operands, **common)
    told = ", ".join(_told(value.get("read", {}).items())) or gate.success
    if value["holds"] is True:
        return verdict(gate, "pass", f"answers {status}: {told}", operands=operands, **common)
    return verdict(gate, "pending", f"does not hold yet: {told}", operands=operands, **common)


def _told(read: Iterable[tuple[str, Any]]) -> Iterable[str]:
    for text, value in read:
        yield f"{text} is {value['number'] if isinstance(value, Mapping) else _shown(value)}"


def _shown(value: Any) -> str:
    """As JSON has it where it would read like something else: the text "true" is not true."""
    if not isinstance(value, str):
        return json.dumps(value) if value is None or isinstance(value, bool) else str(value)
    try:
        json.loads(value)
    except ValueError:
        return value
    return f'the text "{value}"'


def _threshold(gate: HTTP) -> str:
    return f"status {gate.expect}" + (f" and {gate.success}" if gate.success else "")


def _remedy(gate: HTTP) -> str:
    method = {"GET": "-i", "HEAD": "-I", "POST": "-i -X POST"}[gate.method]
    return f"curl {method} {shlex.quote(public(gate.url))}"
