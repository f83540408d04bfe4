"""What ``approve`` says of an approval: for whom it counts, where an organisation has signers of its own."""

from __future__ import annotations

from gitpromote.cli.approve import counting
from gitpromote.model.record import Actor, Record
from gitpromote.views.lines import plain

WHY = "cleo@acme.example with this key is not in the organisation's signers"


def record(**counts: str) -> Record:
    data = {"counts": {name.replace("_", " "): why for name, why in counts.items()}} if counts else {}
    return Record(id="0" * 64, kind="approved", at=0, actor=Actor(claimed="x"), environment="prod", data=data)


def test_for_whom_an_approval_counts_is_told() -> None:
    assert plain(counting(record())) == ""
    assert plain(counting(record(the_pipeline="", two=""))) == "prod: it counts for the pipeline, two\n"
    assert plain(counting(record(the_pipeline="", two=WHY))) == (
        f"prod: it counts for the pipeline\n! it does not count for two: {WHY}\n"
    )
