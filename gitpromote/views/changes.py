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

Sides = tuple[str, str]
"""The names of two Environments that are compared: nothing happens there, and nobody is warned of it."""


Block = tuple[Line, list[Line]]
"""A headline, and what belongs under it."""


def change_blocks(
    changes: Iterable[tuple[str, ObjectChange]], *, every: Sequence[str], full: bool = False, sides: Sides | None = None
) -> list[Block]:
    """All changes: updates and replacements whole, creations and deletions by name, many of them by kind.

    :param changes: environment and change, in the order of the environments
    :param every: the names of all environments that there are, to say "4 environments" where all are meant
    :param full: creations and deletions whole as well
    :param sides: of a comparison: what differs is told, not what will happen
    """
    told_as = _Happening(every) if sides is None else _Differing(sides)
    sorted_out: dict[str, list[Told]] = {"other": [], "create": [], "delete": []}
    for group in told(changes):
        actions = group.change.actions
        sorted_out[actions[0] if len(actions) == 1 and actions[0] in sorted_out else "other"].append(group)
    return [
        *(_whole(group, told_as, full=full) for group in sorted_out["other"]),
        *_many(sorted_out["create"], told_as, full=full, limit=CREATED),
        *_many(sorted_out["delete"], told_as, full=full, limit=DELETED),
    ]


def change_lines(
    changes: Iterable[tuple[str, ObjectChange]], *, every: Sequence[str], full: bool = False, sides: Sides | None = None
) -> list[Line]:
    """The same as lines, one after the other."""
    blocks = change_blocks(changes, every=every, full=full, sides=sides)
    return [each for title, body in blocks for each in (title, *body)]


def legend(changes: Iterable[ObjectChange], *, decisions: Iterable[str] = ()) -> list[Line]:
    """The symbols that occur, and what they mean."""
    signs = {_ACTIONS[change.actions][0] for change in changes if change.actions in _ACTIONS}
    signs |= {"!"} if "blocked" in decisions else set()
    shown = [f"{sign} {word}" for sign, word in _LEGEND.items() if sign in signs]
    return [line(Span("  " + "   ".join(shown), "faint"))] if shown else []


def _whole(group: Told, told_as: _Happening, *, full: bool) -> Block:
    body = field_lines(group.change, asides=group.asides, full=full)
    return _title(group, told_as), [*body, *told_as.below(group.change)]


def _many(groups: Sequence[Told], told_as: _Happening, *, full: bool, limit: int) -> list[Block]:
    """Objects that come or go as a whole."""
    if full:
        return [(_title(group, told_as), whole_object_lines(group.change)) for group in groups]
    objects = by_object(groups)
    if len(objects) <= limit:
        return [(_title(group, told_as), told_as.below(group.change)) for group in objects]
    blocks: list[Block] = []
    for members in _by_place(objects):
        if len(members) <= _FEW:
            blocks += [(_title(group, told_as), told_as.below(group.change)) for group in members]
        else:
            blocks.append((_counted(members, told_as), []))
    return blocks


def _by_place(groups: Sequence[Told]) -> list[list[Told]]:
    """Those that come or go in the same environments with the same app, together."""
    found: dict[tuple[tuple[str, ...], str], list[Told]] = {}
    for group in groups:
        found.setdefault((group.environments, group.change.app), []).append(group)
    return list(found.values())


def _counted(groups: Sequence[Told], told_as: _Happening) -> Line:
    """``+ # prod · api: 34 objects will be created: 12 apps/Deployment, …``."""
    first = groups[0].change
    kinds = Counter(group.change.title.partition(" ")[0] for group in groups)
    text = listed((f"{number} {visible(kind)}" for kind, number in kinds.most_common()), limit=6)
    of = f"{clean(first.app)}: " if first.app else ""
    sign, style, words = told_as.words(first)
    head = f"# {told_as.where(groups[0])}{of}{count(len(groups), 'object')} {words}"
    return line(
        "  ", Span(f"{sign} ", style), Span(head, "strong"), f": {text}   ", Span("(--full shows each)", "faint")
    )


def _title(group: Told, told_as: _Happening) -> Line:
    change = group.change
    sign, style, words = told_as.words(change, len(group.objects))
    mark = "" if sign == "~" else f"{sign} "
    head = f"# {told_as.where(group)}{_subject(group)} {words}"
    aside = told_as.aside(change)
    return line("  ", Span(mark, style), Span(head, "strong"), f"   ({aside})" if aside else "")


class _Happening:
    """What will happen to objects, where, and what follows from it."""

    def __init__(self, every: Sequence[str]) -> None:
        self._every = every

    def words(self, change: ObjectChange, number: int = 1) -> tuple[str, str, str]:
        """Sign, style, and what happens to so many."""
        return _ACTIONS.get(change.actions, _ACTIONS["update",])

    def where(self, group: Told) -> str:
        return f"{_where(group.environments, self._every)} · "

    def aside(self, change: ObjectChange) -> str:
        return _aside(change)

    def below(self, change: ObjectChange) -> list[Line]:
        return _consequences(change)


class _Differing(_Happening):
    """What differs between two Environments; one label stands for both, and has been told."""

    def __init__(self, sides: Sides) -> None:
        self._before, self._after = map(clean, sides)

    def words(self, change: ObjectChange, number: int = 1) -> tuple[str, str, str]:
        if change.actions == ("create",):
            return "+", "add", f"only in {self._after}"
        if change.actions == ("delete",):
            return "-", "delete", f"only in {self._before}"
        return "~", "change", "differs" if number == 1 else "differ"

    def where(self, group: Told) -> str:
        return ""

    def aside(self, change: ObjectChange) -> str:
        return ", ".join(change.categories) if change.actions not in (("create",), ("delete",)) else ""

    def below(self, change: ObjectChange) -> list[Line]:
        return _named(change)


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


def _named(change: ObjectChange) -> list[Line]:
    if change.generated is None:
        return []
    names = f"{visible(change.generated.before)} -> {visible(change.generated.after)}"
    return [line("      ", Span(f"# named {names}", "faint"))]


def _consequences(change: ObjectChange) -> list[Line]:
    lines = _named(change)
    for reader in change.readers:
        what = _RESTARTS[reader.restarts] or "unchanged"
        lines.append(line("      ", Span(f"# read by {visible(str(reader.object))}: {what}", "faint")))
    notes = (clean(note) for note in change.notes if note not in _SAID)
    lines += [line("      ", Span(f"# {note}", "faint")) for note in notes]
    return lines
