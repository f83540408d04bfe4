"""Why an environment's gates hold or not, for a pull request's comment."""

from __future__ import annotations

from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.words import count
from gitpromote.views.explaining import Applies, condition_words, head_text, why_text
from gitpromote.views.findings import LISTED, place_text
from gitpromote.views.markdown import code, markdown_rows
from gitpromote.views.remedies import remedies

__all__ = ["explanation_markdown"]


def explanation_markdown(
    plan: Plan,
    environment: EnvironmentPlan,
    *,
    applies: Applies | None = None,
    called: str = "",
    known_as: str = "",
    full: bool = False,
) -> str:
    """The head, one row for each verdict, what policies found, and what would help."""
    rows = [_row(outcome, plan.as_of, applies or {}) for outcome in environment.outcomes]
    silence = "No gate is configured.\n" if environment.decision != "unavailable" else ""
    table = markdown_rows(("Status", "Gate or policy", "Why", "Condition"), rows) if rows else silence
    found = "".join(each for outcome in environment.outcomes for each in _findings(outcome, full=full))
    helps = remedies(plan, environment, called=called, known_as=known_as)
    helping = "".join(f"- {code(name)}: {code(text)}\n" for name, text in helps.items())
    parts = [f"### {code(head_text(plan, environment))}\n", table, found, helping and f"What would help:\n\n{helping}"]
    return "\n".join(part for part in parts if part)


def _row(outcome: Outcome, now: int, applies: Applies) -> tuple[str, ...]:
    words = condition_words(outcome, applies.get(outcome.id))
    condition = "; ".join([*([outcome.expression] if outcome.expression else []), *words])
    level = f" ({outcome.level})" if outcome.level != "hard" else ""
    return outcome.status, code(outcome.id) + level, code(why_text(outcome, now=now)), code(condition)


def _findings(outcome: Outcome, *, full: bool) -> list[str]:
    shown = outcome.findings if full else outcome.findings[:LISTED]
    lines = []
    for finding in shown:
        place = place_text(finding)
        lines.append(f"- {code(outcome.id)}: {code(finding.message)}{f' at {code(place)}' if place else ''}\n")
    left = len(outcome.findings) - len(shown)
    return [*lines, *([f"- {code(outcome.id)}: {count(left, 'more cause')}\n"] if left else [])]
