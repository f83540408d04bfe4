"""What changes in the manifests, object by object, told once for all environments in which it is the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from gitpromote.model.change import ObjectChange
from gitpromote.model.words import clean, count, listed
from gitpromote.views.fields import field_lines, whole_object_lines
from gitpromote.views.folding import Told, by_object, told
from gitpromote.views.lines import Line, Span, line
from gitpromote.views.text import visible

#: How many created objects are listed one by one; of more, kinds are counted.
CREATED = 12
#: How many deleted ones.
DELETED = 40
#: How many of one place are never counted by kind.
_FEW = 3

_RESTARTS = {
    "pods": "restarts pods",
    "keeps-old-config": "keeps the old config",
    "next-run": "takes effect at the next run",
    "on-delete": "takes effect when its pods are deleted",
    "paused": "paused: no rollout",
    "none": "",
}

#: What the headline says already.
_SAID = frozenset(("no longer rendered",))

#: What happens to an object: sign, style, words.
_ACTIONS = {
    ("create",): ("+", "add", "will be created"),
    ("update",): ("~", "change", "will be updated"),
    ("delete",): ("-", "delete", "will be DELETED"),
    ("delete", "create"): ("-/+", "delete", "will be REPLACED"),
}
_LEGEND = {"+": "create", "~": "update", "-": "delete", "-/+": "replace", "!": "blocked", "…": "waiting"}


Block = tuple[Line, list[Line]]
"""A headline, and what belongs under it."""


def change_blocks(
    changes: Iterable[tuple[str, ObjectChange]], *, every: Sequence[str], full: bool = False
) -> list[Block]:
    """All changes: updates and replacements whole, creations and deletions by name, many of them by kind.

    :param changes: environment and change, in the order of the environments
    :param every: the names of all environments that there are, to say "4 environments" where all are meant
    :param full: creations and deletions whole as well
    """
    sorted_out: dict[str, list[Told]] = {"other": [], "create": [], "delete": []}
    for group in told(changes):
        actions = group.change.actions
        sorted_out[actions[0] if len(actions) == 1 and actions[0] in sorted_out else "other"].append(group)
    return [
        *(_whole(group, every, full=full) for group in sorted_out["other"]),
        *_many(sorted_out["create"], every, full=full, limit=CREATED),
        *_many(sorted_out["delete"], every, full=full, limit=DELETED),
    ]


def change_lines(
    changes: Iterable[tuple[str, ObjectChange]], *, every: Sequence[str], full: bool = False
) -> list[Line]:
    """The same as lines, one after the other."""
    return [each for title, body in change_blocks(changes, every=every, full=full) for each in (title, *body)]


def legend(changes: Iterable[ObjectChange], *, decisions: Iterable[str] = ()) -> list[Line]:
    """The symbols that occur, and what they mean."""
    signs = {_ACTIONS[change.actions][0] for change in changes if change.actions in _ACTIONS}
    signs |= {"!"} if "blocked" in decisions else set()
    shown = [f"{sign} {word}" for sign, word in _LEGEND.items() if sign in signs]
    return [line(Span("  " + "   ".join(shown), "faint"))] if shown else []


def _whole(group: Told, every: Sequence[str], *, full: bool) -> Block:
    body = field_lines(group.change, asides=group.asides, full=full)
    return _title(group, every), [*body, *_consequences(group.change)]


def _many(groups: Sequence[Told], every: Sequence[str], *, full: bool, limit: int) -> list[Block]:
    """Objects that come or go as a whole."""
    if full:
        return [(_title(group, every), whole_object_lines(group.change)) for group in groups]
    objects = by_object(groups)
    if len(objects) <= limit:
        return [(_title(group, every), _consequences(group.change)) for group in objects]
    blocks: list[Block] = []
    for members in _by_place(objects):
        if len(members) <= _FEW:
            blocks += [(_title(group, every), _consequences(group.change)) for group in members]
        else:
            blocks.append((_counted(members, every), []))
    return blocks


def _by_place(groups: Sequence[Told]) -> list[list[Told]]:
    """Those that come or go in the same environments with the same app, together."""
    found: dict[tuple[tuple[str, ...], str], list[Told]] = {}
    for group in groups:
        found.setdefault((group.environments, group.change.app), []).append(group)
    return list(found.values())


def _counted(groups: Sequence[Told], every: Sequence[str]) -> Line:
    """``+ # prod · api: 34 objects will be created: 12 apps/Deployment, …``."""
    first = groups[0].change
    sign, style, words = _ACTIONS[first.actions]
    kinds = Counter(group.change.title.partition(" ")[0] for group in groups)
    text = listed((f"{number} {visible(kind)}" for kind, number in kinds.most_common()), limit=6)
    of = f"{clean(first.app)}: " if first.app else ""
    head = f"# {_where(groups[0].environments, every)} · {of}{count(len(groups), 'object')} {words}"
    return line(
        "  ", Span(f"{sign} ", style), Span(head, "strong"), f": {text}   ", Span("(--full shows each)", "faint")
    )


def _title(group: Told, every: Sequence[str]) -> Line:
    change = group.change
    sign, style, words = _ACTIONS.get(change.actions, ("~", "change", "will be updated"))
    mark = "" if change.actions == ("update",) else f"{sign} "
    head = f"# {_where(group.environments, every)} · {_subject(group)} {words}"
    aside = _aside(change)
    return line("  ", Span(mark, style), Span(head, "strong"), f"   ({aside})" if aside else "")


def _subject(group: Told) -> str:
    """The object; of several with the same change: one name in other namespaces, or how many, and their names."""
    if len(group.objects) == 1:
        return visible(group.change.title)
    kind = visible(group.change.title.partition(" ")[0])
    if len({each.name for each in group.objects}) == 1:
        spaces = listed((visible(each.namespace) or "none" for each in group.objects), limit=4)
        return f"{kind} {visible(group.change.object.name)} (namespaces {spaces})"
    names = listed((visible(str(each).partition(" ")[2]) for each in group.objects), limit=4)
    return f"{len(group.objects):,} {kind} ({names})"


def _where(names: Sequence[str], every: Sequence[str]) -> str:
    if len(names) > 3 and len(names) == len(every):
        return count(len(names), "environment")
    return listed(names, limit=4)


def _aside(change: ObjectChange) -> str:
    """What kinds of things change, and what follows from it."""
    if change.actions == ("delete",):
        return "no longer rendered" + (f"; {change.risk} risk" if change.risk != "low" else "")
    follows = [_RESTARTS[change.restarts]] if change.actions != ("create",) else []
    if change.actions == ("delete", "create"):
        follows.insert(0, "a field that cannot be changed")
    if change.risk != "low":
        follows.append(f"{change.risk} risk")
    parts = [", ".join(change.categories) if change.actions != ("create",) else "", *follows]
    return "; ".join(part for part in parts if part)


def _consequences(change: ObjectChange) -> list[Line]:
    lines: list[Line] = []
    if change.generated is not None:
        names = f"{visible(change.generated.before)} -> {visible(change.generated.after)}"
        lines.append(line("      ", Span(f"# named {names}", "faint")))
    for reader in change.readers:
        what = _RESTARTS[reader.restarts] or "unchanged"
        lines.append(line("      ", Span(f"# read by {visible(str(reader.object))}: {what}", "faint")))
    notes = (clean(note) for note in change.notes if note not in _SAID)
    lines += [line("      ", Span(f"# {note}", "faint")) for note in notes]
    return lines
