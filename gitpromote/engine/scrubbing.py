"""Words of policies without values of Secrets: somebody may print what was given to him to judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from gitpromote.model.manifest import ManifestSet
from gitpromote.model.outcome import Outcome

__all__ = ["Scrub", "scrubbed", "scrubbed_data", "scrubbing"]

Scrub = Callable[[str], str]


def scrubbing(sets: Sequence[ManifestSet], *, sensitive_paths: Iterable[str]) -> Scrub:
    """Puts a mark in place of every secret that some manifests hold. They are sought when the first words come."""

    @cache
    def redactor() -> Any:
        from gitpromote.diff.redact import Redactor

        return Redactor(*sets, sensitive_paths=tuple(sensitive_paths))

    return lambda text: redactor().scrub(text) if text else text


def scrubbed_data(value: Any, scrub: Scrub) -> Any:
    """Plain data with all of its texts scrubbed; keys stay."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: scrubbed_data(item, scrub) for key, item in value.items()}
    return [scrubbed_data(item, scrub) for item in value] if isinstance(value, list | tuple) else value


def scrubbed(outcomes: Iterable[Outcome], scrub: Scrub) -> tuple[Outcome, ...]:
    """The same verdicts. Those without a finding say nothing that somebody else has said."""
    return tuple(_scrubbed(one, scrub) if one.findings else one for one in outcomes)


def _scrubbed(outcome: Outcome, scrub: Scrub) -> Outcome:
    findings = tuple(
        one.model_copy(update={"message": scrub(one.message), "hint": scrub(one.hint)}) for one in outcome.findings
    )
    operands = scrubbed_data(outcome.operands, scrub)
    return outcome.model_copy(update={"message": scrub(outcome.message), "findings": findings, "operands": operands})
