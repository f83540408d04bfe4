"""When an object is applied: the phase of its hook, and its wave.

https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
https://helm.sh/docs/topics/charts_hooks/
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from gitpromote.model.manifest import Manifest
from gitpromote.model.names import did_you_mean, shown
from gitpromote.policy.packs.reading import annotations_of

__all__ = ["HOOKS", "Moment", "moment_of", "wave_problem"]

_WAVE = "argocd.argoproj.io/sync-wave"
_HOOK = "argocd.argoproj.io/hook"
_HELM_HOOK = "helm.sh/hook"
_HELM_WEIGHT = "helm.sh/hook-weight"

#: The annotations that say when.
HOOKS = (_WAVE, _HOOK, _HELM_HOOK, _HELM_WEIGHT)

_PHASES = {"PreSync": 0, "Sync": 1, "PostSync": 2}
_HELM_PHASES = {
    "crd-install": 0,
    "pre-install": 0,
    "pre-upgrade": 0,
    "post-install": 2,
    "post-upgrade": 2,
}
_NEVER = ("SyncFail", "PostDelete", "PreDelete", "Skip")
_HELM_NEVER = ("pre-delete", "post-delete", "pre-rollback", "post-rollback", "test", "test-success", "test-failure")
_WORDS = {_HOOK: (*_PHASES, *_NEVER), _HELM_HOOK: (*_HELM_PHASES, *_HELM_NEVER)}
_INTEGER = re.compile(r"[+-]?[0-9]+")


class Moment(NamedTuple):
    """When in a sync. Phases: 0 before, 1 the sync itself, 2 after it."""

    phase: int
    wave: int

    def __str__(self) -> str:
        phase = next(name for name, number in _PHASES.items() if number == self.phase)
        return f"in wave {self.wave}" if phase == "Sync" else f"in {phase}, wave {self.wave}"


def moment_of(manifest: Manifest) -> Moment | None:
    """When an object is applied; ``None`` where an ordinary sync does not apply it."""
    there = annotations_of(manifest.data)
    if not there:
        return Moment(1, 0)
    phase = _phase(there.get(_HOOK), there.get(_HELM_HOOK))
    return None if phase is None else Moment(phase, _wave(there))


def _phase(hook: Any, helm: Any) -> int | None:
    """The earliest phase that is named."""
    words, phases = (hook, _PHASES) if hook else (helm, _HELM_PHASES)
    if not words:
        return 1
    named = [word for word in _split(words) if word in phases]
    if named:
        return min(phases[word] for word in named)
    never = any(word in _NEVER or word in _HELM_NEVER for word in _split(words))
    return None if never else 1


def _wave(there: Any) -> int:
    for name in (_WAVE, _HELM_WEIGHT) if there.get(_WAVE) is not None or there.get(_HELM_HOOK) else ():
        text = there.get(name)
        if text is not None:
            return int(text) if isinstance(text, str) and _INTEGER.fullmatch(text) else 0
    return 0


def _split(words: Any) -> list[str]:
    return [word.strip() for word in str(words).split(",") if word.strip()]


def wave_problem(name: str, value: Any) -> str:
    """Why an annotation does not say what it seems to; empty if it does."""
    if name in (_WAVE, _HELM_WEIGHT):
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            return ""
        return f"{name} is {shown(str(value))}, which is no whole number in quotes"
    strange = next((word for word in _split(value) if word not in _WORDS[name]), None)
    if strange is None:
        return ""
    near = did_you_mean(strange, _WORDS[name], quote='"')
    return f"{name} knows no {shown(strange)}{f': {near}' if near else ''}"
