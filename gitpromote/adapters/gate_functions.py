"""Gates of the user: run in a Python of their own, with the facts and nothing else; no network where that can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from gitpromote.adapters.python_process import ask_python
from gitpromote.adapters.renderers.process import Ended
from gitpromote.adapters.user_words import last_words
from gitpromote.errors import ConfigurationError
from gitpromote.model.canonical import plain_number
from gitpromote.model.render import Limits
from gitpromote.model.sensitive import without_secrets
from gitpromote.model.strict_json import strict_json

__all__ = ["ChildGates"]

_CHILD = Path(__file__).with_name("gate_child.py")
_LIMITS = Limits(timeout=30.0, output=1 << 20)


class ChildGates:
    """A :class:`~gitpromote.ports.GateFunctions`. Safe to share between threads.

    :param limits: of one call
    """

    def __init__(self, *, limits: Limits = _LIMITS) -> None:
        self._limits = limits

    def call(self, function: str, *, file: str, code: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the function says.

        :raises ConfigurationError: ``gate-raised``, ``gate-timeout``, ``gate-answer-invalid``
        """
        module, _, name = function.partition(":")
        request = {"module": module, "name": name, "file": file, "code": code, "facts": _json(facts)}
        ended, said = ask_python(_CHILD, request, limits=self._limits)
        return self._answer(function, ended, without_secrets(said))

    def _answer(self, function: str, ended: Ended, said: str) -> Mapping[str, Any]:
        if ended.excess == "time":
            told = f"{function}: {self._limits.timeout:g} s"
            raise ConfigurationError("A gate's function took too long", code="gate-timeout", detail=told)
        if ended.excess:
            allowed = self._limits.output if ended.excess == "output" else self._limits.words
            raise _unfit(f"{function}: more than {allowed:,} bytes")
        if ended.status:
            told = f"{function}: {last_words(said, ended.status)}"
            raise ConfigurationError("A gate's function failed", code="gate-raised", detail=told)
        try:
            answer = _exact(strict_json(ended.output))
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise _unfit(f"{function} ended before its end")
        return answer


def _json(value: Any) -> Any:
    """Facts as JSON has them: a moment as text, UTC."""
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _exact(value: Any) -> Any:
    """An answer as a plan holds it: numbers with a fraction have one text."""
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return plain_number(value) if isinstance(value, float) else value


def _unfit(detail: str) -> ConfigurationError:
    return ConfigurationError("A gate's function gives no answer", code="gate-answer-invalid", detail=detail)
