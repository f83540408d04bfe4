"""Running what judges outside of this process: in a throw-away folder, without credentials, within time and size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitpromote.adapters.python_process import ask_python
from gitpromote.adapters.renderers.process import Ended
from gitpromote.adapters.user_words import last_words
from gitpromote.errors import ConfigurationError
from gitpromote.model.render import Limits
from gitpromote.model.sensitive import without_secrets
from gitpromote.model.strict_json import strict_json

__all__ = ["CHILD_LIMITS", "child_answer", "refuse_excess", "unusable"]

_CHILD = Path(__file__).with_name("policy_child.py")
CHILD_LIMITS = Limits(timeout=60.0, output=32 << 20)


def child_answer(name: str, request: Mapping[str, Any], *, limits: Limits, secrets: frozenset[str]) -> Any:
    """What a Python of its own answers to a request; see :mod:`.policy_child`. It has no network where that can be.

    :raises ConfigurationError: ``policy-timeout``, ``policy-answer-invalid``, ``policy-failed``
    """
    ended, words = ask_python(_CHILD, request, limits=limits)
    said = without_secrets(words, known=secrets)
    refuse_excess(name, ended, limits)
    if ended.status:
        raise unusable("A policy failed", "policy-failed", f"{name}: {last_words(said, ended.status)}")
    try:
        return strict_json(ended.output)
    except (ValueError, RecursionError):
        raise unusable(
            "A policy says what nobody can read", "policy-answer-invalid", f"{name} ended before its end"
        ) from None


def refuse_excess(name: str, ended: Ended, limits: Limits) -> None:
    """Refuse what took too long or said too much.

    :raises ConfigurationError: ``policy-timeout``, ``policy-answer-invalid``
    """
    if ended.excess == "time":
        raise unusable("A policy took too long", "policy-timeout", f"{name}: {limits.timeout:g} s")
    if ended.excess:
        told = f"{name}: more than {limits.output if ended.excess == 'output' else limits.words:,} bytes"
        raise unusable("A policy says what nobody can read", "policy-answer-invalid", told)


def unusable(summary: str, code: str, detail: str, hint: str = "") -> ConfigurationError:
    """Why a policy could not be judged; the plan tells it as an error, which blocks."""
    return ConfigurationError(summary, code=code, detail=detail, hint=hint)
