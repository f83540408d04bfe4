"""What ``freight create`` and ``freight assemble`` have in common: what is said of Freight, and what was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gitpromote.cli.options import together
from gitpromote.cli.parsing import option
from gitpromote.cli.session import Session
from gitpromote.errors import UsageError
from gitpromote.model.words import listed
from gitpromote.views.freight import recorded_view

said = together(
    option("--warehouse", metavar="NAME", help="Of this Warehouse alone."),
    option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="Say something of it; repeatable."),
    option(
        "--provenance",
        multiple=True,
        metavar="KEY=VALUE",
        help="Where it comes from: author, commit, source or ci-run; repeatable.",
    ),
)


def pairs(values: Iterable[str], *, option: str) -> dict[str, str]:
    """``KEY=VALUE``, repeatable.

    :raises UsageError: something else, or one key twice
    """
    found: dict[str, str] = {}
    for text in values:
        key, sign, value = text.partition("=")
        if not (key and sign) or key in found:
            why = "stands there twice" if key in found else "has no key, or no ="
            raise UsageError(
                "This is no pair of a key and a value",
                code="usage",
                detail=f"{option} {text!r} {why}",
                hint=f"Write it like {option} team=payments.",
            )
        found[key] = value
    return found


def recorded(session: Session, pipeline: str, made: Sequence[Any]) -> int:
    """Tell what was recorded, and how to go on."""
    session.give(
        [
            {
                "new": one.new,
                "labelled": one.labelled,
                **({"rejected": one.rejected} if one.rejected else {}),
                "kept": list(one.kept),
                "requested": one.requested,
                "freight": one.freight.model_dump(mode="json"),
            }
            for one in made
        ]
    )
    living = [one.freight.alias for one in made if not one.rejected]
    commands = [session.command("plan", pipeline, "--freight", alias) for alias in living]
    session.show(recorded_view([_told(one) for one in made], commands=commands, width=session.out.width))
    return 0


def _told(one: Any) -> tuple[Any, str, list[str]]:
    """What became of it: what is known takes other labels, and keeps the provenance that it was recorded with."""
    labels = ", ".join(f"{key}={value}" for key, value in sorted(one.freight.labels.items()))
    kept = [f"{word}={one.freight.provenance.get(word, '')}".rstrip("=") for word in one.kept]
    remarks = [f"{one.rejected}: it enters nothing any more; make another one"] if one.rejected else []
    remarks += [f"labels: {labels}"] if one.labelled else []
    remarks += [f"provenance stays as it was recorded: {text}" for text in kept]
    remarks += [_asked(one)] if one.requested else []
    return one.freight, _word(one), remarks


def _word(one: Any) -> str:
    if one.new or one.rejected:
        return "Recorded" if one.new else "Not recorded again:"
    return "Labelled:" if one.labelled else "Requested:" if one.requested else "Known already:"


def _asked(one: Any) -> str:
    """How far it is asked to go, and what was asked before where that was something else."""
    now, before = _far(one.target, one.skip), one.before
    was = _far(before.target, before.skip) if before is not None else now
    return f"asked {now}" + (f"; before, it was asked {was}" if was != now else "")


def _far(target: str | None, skip: Sequence[str]) -> str:
    words = [*([f"to stop at {target}"] if target is not None else []), *([f"to skip {listed(skip)}"] if skip else [])]
    return " and ".join(words) or "to go the whole way"
