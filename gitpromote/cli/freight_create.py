"""``gitpromote freight create``: Freight by hand."""

from __future__ import annotations

from typing import Any

import click

from gitpromote.cli.freight_making import pairs, recorded, said
from gitpromote.cli.naming import selected
from gitpromote.cli.options import comma_list, project
from gitpromote.cli.parsing import completes, option, verb
from gitpromote.cli.session import Session
from gitpromote.cli.shaping import unpinned


@verb(
    "create",
    examples=(
        "gitpromote freight create --image ghcr.io/acme/pay:3.8.0@sha256:b20e…",
        "gitpromote freight create pay --image ghcr.io/acme/pay:3.8.0 --commit 4be1c9f --provenance ci-run=$RUN_URL",
        "gitpromote freight create --image ghcr.io/acme/pay:feature-7 --target test",
        "gitpromote freight create pay --freight brave-otter-1c07",
    ),
)
@click.argument("name", required=False, metavar="[PIPELINE]", shell_complete=completes)
@option("--image", "images", multiple=True, metavar="REPO:TAG@DIGEST", help="With this image; repeatable.")
@option("--chart", "charts", multiple=True, metavar="CHART:VERSION", help="With this chart; repeatable.")
@option("--commit", metavar="REV", help="With this commit of the home repository.")
@option("--freight", metavar="FREIGHT", help="Of what is there already: ask for it anew.")
@unpinned
@said
@option("--target", metavar="ENV", help="Ask for it to go as far as this environment.")
@option("--skip", multiple=True, metavar="ENV[,ENV…]", help="Ask for it to leave these out, where that is permitted.")
@project
@click.pass_obj
def command(session: Session, /, name: str | None, **given: Any) -> int:
    """Record Freight of artifacts that are named. What is not named is found, as a plan would find it.

    Its registry says which digest a tag has, and whether what is named is there. Of several requests for one Freight
    the latest counts: without --target and --skip it goes the whole way.
    """
    current = session.load(name)
    every = current.pipeline.order()
    target = selected([given["target"]], every)[0] if given["target"] is not None else None
    skip = selected(comma_list(given["skip"]), every) if given["skip"] else ()
    made = current.freight.create(
        images=given["images"],
        charts=given["charts"],
        commit=given["commit"],
        unpinned=given["unpinned"],
        warehouse=given["warehouse"],
        freight=given["freight"],
        labels=pairs(given["labels"], option="--label"),
        provenance=pairs(given["provenance"], option="--provenance"),
        target=target,
        skip=skip,
    )
    return recorded(session, current.name, made)
