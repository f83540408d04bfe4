"""``gitpromote doctor``: check git, renderers, cache and remotes."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import Any

import click

from gitpromote.cli.options import project
from gitpromote.cli.parsing import verb
from gitpromote.cli.session import Session
from gitpromote.views.checking import doctor_view


@verb("doctor", examples=("gitpromote doctor",))
@click.argument("name", required=False, metavar="[PIPELINE]")
@project
@click.pass_obj
def command(session: Session, /, name: str | None) -> int:
    """Check what a promotion needs here: git, the renderers, the cache, the repositories.

    Exits 11 where something is missing.
    """
    findings = list(session.load(name).doctor())
    ok = all(each.ok for each in findings)
    session.give({"ok": ok, "findings": [_data(each) for each in findings]})
    session.show(doctor_view(findings, width=session.out.width))
    return 0 if ok else 11


def _data(finding: Any) -> dict[str, Any]:
    data: dict[str, Any] = asdict(finding) if is_dataclass(finding) else finding.model_dump(mode="json")  # type: ignore[arg-type]
    return data
