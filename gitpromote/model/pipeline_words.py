"""What is wrong with the texts of a Pipeline that Git will read: identity, refs, tags."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gitpromote.model.message import MESSAGE_NAMES
from gitpromote.model.names import branch_problem, quoted, shown
from gitpromote.model.problems import Fault
from gitpromote.model.substitute import parse, unknown_names

__all__ = ["identity_faults", "ref_faults", "tag_faults"]


def identity_faults(identity: str) -> Iterable[Fault]:
    """What is not ``Name <address>``."""
    if not re.fullmatch(r"[^<>\s][^<>\r\n\0]* <[^<>\s\0]+@[^<>\s\0]+>", identity):
        told = f"identity {shown(identity)} is not a name with an address"
        yield Fault("identity-invalid", told, 'write "Promoter <promoter@acme.example>"', "identity")


def ref_faults(refs: str) -> Iterable[Fault]:
    """What is not a prefix for refs."""
    head, _, rest = refs.partition("/")
    if head != "refs" or not rest or branch_problem(rest) or refs in ("refs/heads", "refs/tags"):
        hint = 'write "refs/gitpromote" or "refs/heads/gitpromote"'
        yield Fault("refs-invalid", f"refs {shown(refs)} is not a place for refs", hint, "refs")


def tag_faults(tag: str) -> Iterable[Fault]:
    """What cannot tag every promotion anew."""
    for told, hint in unknown_names(tag, MESSAGE_NAMES):
        yield Fault("unknown-substitution", f"tag: {told}", hint, "tag")
    reason = branch_problem(parse(tag).fill(dict.fromkeys(parse(tag).names, "x")))
    if reason:
        yield Fault("tag-invalid", f"the tag {shown(tag)} {reason}", "", "tag")
    missing = [f"${name}" for name in ("env", "freight") if name not in parse(tag).names]
    if missing:
        told = f"the tag {quoted(tag)} lacks {' and '.join(missing)}, so a second promotion would want it again"
        yield Fault("tag-invalid", told, 'write "$env/$freight"', "tag")
