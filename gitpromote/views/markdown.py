"""A plan for a pull request's comment: the same words as in a terminal, in tables and blocks that forges draw.

Whatever comes from Git or from manifests stands in code spans and fences, where a forge sees no mention, link or tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from gitpromote.model.freight_words import versions
from gitpromote.model.outcome import Outcome
from gitpromote.model.plan import EnvironmentPlan, Plan
from gitpromote.model.words import clean, count, listed
from gitpromote.views.changes import change_blocks
from gitpromote.views.discovery import newer_texts, others_newer
from gitpromote.views.environments import FOLD_FROM, changes_text, decision_text
from gitpromote.views.explaining import why_text
from gitpromote.views.findings import LISTED, place_text
from gitpromote.views.journey import artifact_words, moving, running_there
from gitpromote.views.lines import Line, plain
from gitpromote.views.opening import opening, shortened
from gitpromote.views.pruned import pruned_texts
from gitpromote.views.reviewed import Approvals, news, since_texts
from gitpromote.views.summary import summary_line

#: How many characters a comment may have on every forge; what does not fit is counted.
LIMIT = 60_000

_SIGN = re.compile(r"^( *)(-/\+|[+~-])(?= )")


def plan_markdown(
    plan: Plan, *, digest: str, earlier: Plan | None = None, approvals: Approvals | None = None, full: bool = False
) -> str:
    """The whole plan in Markdown, at most :data:`LIMIT` characters unless ``full``."""
    shown, _ = news(plan, earlier)
    seen = "".join(f"- {code(text)}\n" for text in since_texts(plan, earlier, approvals))
    pruned = "".join(f"- {code(text)}\n" for text in pruned_texts(plan.environments, full=full))
    parts = [_head(plan, digest), _table(plan), seen, pruned, _findings(plan), _outcomes(plan)]
    body = "\n".join(part for part in parts if part)
    changes = [(each.name, change) for each in shown for change in each.changes]
    blocks = [
        _block(plain([title]).strip(), lines) for title, lines in change_blocks(changes, every=_names(plan), full=full)
    ]
    end = f"\n**{summary_line(plan.summary)}**\n"
    return body + _fitting(blocks, None if full else LIMIT - len(body) - len(end), digest) + end


def code(text: str) -> str:
    """Somebody else's words in a code span."""
    shown = clean(text)
    if not shown:
        return ""
    ticks = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if len(ticks) > 1 else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def _names(plan: Plan) -> list[str]:
    return [each.name for each in plan.environments]


def _head(plan: Plan, digest: str) -> str:
    lines = [f"### Plan {code(digest)} for {code(plan.pipeline.name)}", ""]
    if plan.request.reason:
        lines += [f"{plan.kind}: {code(plan.request.reason)}", ""]
    told: set[str] = set()
    for freight in moving(plan):
        words = " · ".join(code(word) for word in artifact_words(freight))
        newer = newer_texts(plan, freight.warehouse) if freight.warehouse not in told else []
        told.add(freight.warehouse)
        lines += [f"**Freight** {code(freight.alias)} · {words}", *map(_newer, newer), ""]
    lines += [each for text in others_newer(plan, {one.warehouse for one in moving(plan)}) for each in (code(text), "")]
    return "\n".join(lines)


def _newer(text: str) -> str:
    """``newer, rejected: `…` ``."""
    label, _, words = text.partition(": ")
    return f"{label}: {code(words)}"


def _table(plan: Plan) -> str:
    quiet = [each.name for each in plan.environments if each.decision == "noop" and not each.steps]
    folded = quiet if len(quiet) >= FOLD_FROM else []
    rows = [_row(plan, each) for each in plan.environments if each.name not in folded]
    table = markdown_rows(("Environment", "Runs", "Decision", "Changes", "Opens"), rows) if rows else ""
    whole = [(each.name, _last_cell(plan, each)) for each in plan.environments if each.name not in folded]
    return table + _below(whole) + (f"\n{count(len(folded), 'environment')} unchanged\n" if folded else "")


def _row(plan: Plan, environment: EnvironmentPlan) -> Sequence[str]:
    symbol = "! " if environment.decision == "blocked" else ""
    return (
        code(environment.name) + (" (production)" if environment.production else ""),
        code(versions(running_there(plan, environment))),
        f"{symbol}{code(decision_text(environment))}",
        code(changes_text(environment)),
        _short(_last_cell(plan, environment)),
    )


def _last_cell(plan: Plan, environment: EnvironmentPlan) -> str:
    reason = environment.reason if environment.decision == "unavailable" else ""
    return reason or opening(environment, now=plan.as_of)


def _short(text: str) -> str:
    """A cell that leaves the others room: forges give a table no more width than its longest line."""
    return code(shortened(clean(text)))


def _below(told: Iterable[tuple[str, str]]) -> str:
    """What was shortened in a table's cells, whole and once, with whom it is about."""
    names: dict[str, list[str]] = {}
    for name, text in told:
        if shortened(clean(text)) != clean(text):
            names.setdefault(clean(text), []).append(name)
    lines = "".join(f"- {code(listed(dict.fromkeys(each)))}: {code(text)}\n" for text, each in names.items())
    return f"\n{lines}" if lines else ""


def markdown_rows(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar in a cell does not end it, in a code span neither."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n" for cells in lines)


def _outcomes(plan: Plan) -> str:
    every = [(each.name, outcome) for each in plan.environments for outcome in each.outcomes]
    told = [(name, one, why_text(one, now=plan.as_of), _asked(one)) for name, one in every]
    rows = [(code(name), one.status, code(one.id), _short(why), _short(asked)) for name, one, why, asked in told]
    if not rows:
        return ""
    columns = ("Environment", "Status", "Gate or policy", "Why", "Condition")
    shown = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    table = markdown_rows(columns[:shown], [row[:shown] for row in rows])
    whole = _below((f"{name} {one.id}", text) for name, one, *texts in told for text in texts)
    return f"<details><summary>{count(len(rows), 'verdict')}</summary>\n\n{table}{whole}\n</details>\n"


def _asked(outcome: Outcome) -> str:
    """What was asked, as somebody wrote it, or what it was held against."""
    return " ".join((outcome.expression or outcome.threshold).split())


def _findings(plan: Plan) -> str:
    """What policies found, each cause with its first place, once for all environments that have it."""
    told: dict[tuple[str, str], list[str]] = {}
    for environment in plan.environments:
        for outcome in environment.outcomes:
            for finding in outcome.findings[:LISTED]:
                place = place_text(finding)
                words = f"{code(finding.message)}{f' at {code(place)}' if place else ''}"
                told.setdefault((outcome.id, words), []).append(environment.name)
            if len(outcome.findings) > LISTED:
                words = count(len(outcome.findings) - LISTED, "more cause")
                told.setdefault((outcome.id, words), []).append(environment.name)
    return "".join(f"- {code(listed(names))} {code(one)}: {words}\n" for (one, words), names in told.items())


def _block(title: str, lines: Sequence[Line]) -> str:
    if not lines:
        return f"\n<code>{escape(title)}</code>\n"
    text = "".join(f"{_sign_first(every)}\n" for every in plain(lines).splitlines())
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"\n<details><summary><code>{escape(title)}</code></summary>\n\n{fence}diff\n{text}{fence}\n\n</details>\n"


def _sign_first(text: str) -> str:
    """The sign at the beginning of its line, where forges look for it."""
    found = _SIGN.match(text)
    if found is None:
        return f" {text}"
    return f"{found[2]}{found[1]}{text[found.end() :]}"


def _fitting(blocks: Sequence[str], limit: int | None, digest: str) -> str:
    if limit is None:
        return "".join(blocks)
    room, shown = limit - 200, []
    for block in blocks:
        room -= len(block)
        if room < 0:
            break
        shown.append(block)
    left = len(blocks) - len(shown)
    more = f"\n{count(left, 'more change')} not shown here: `gitpromote show {digest} --full`\n" if left else ""
    return "".join(shown) + more
