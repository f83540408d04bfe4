"""A pipeline file that can be believed without being run: it names definitions and computes with what it holds."""

from __future__ import annotations

import pytest

from gitpromote.adapters.self_contained import is_self_contained

PLAIN = """\
from __future__ import annotations
from gitpromote import App, Branch, Environment, Kustomize, Pipeline

REGIONS = ("eu", "us")

def region(name: str, wave: int = 0) -> Environment:
    return Environment(f"prod-{name}", after="uat", labels={"wave": str(wave)})

shop = Pipeline(
    "shop",
    apps=[App("shop", Kustomize("deploy/overlays/$env"))],
    target=Branch("env/$env"),
    environments=[Environment("uat"), *(region(name, at) for at, name in enumerate(sorted(REGIONS)))],
)
"""


def said(source: str) -> bool:
    return is_self_contained(source.encode(), is_definition=lambda name: name in PLAIN)


def test_definitions_and_what_they_are_made_of() -> None:
    assert said(PLAIN)


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "from os import environ",
        "from teams import shop as other",
        "from . import other",
        "from gitpromote import folders",
        "from gitpromote.adapters import generating",
        "text = open('x').read()",
        "text = __import__('os').getcwd()",
        "text = eval('1')",
        "text = getattr(Pipeline, 'x')",
        "text = input()",
        "text = hash('x')",
        "text = id(shop)",
        "names = [name for name in {'a', 'b'}]",
        "names = list({name for name in REGIONS})",
        "names = list(set(REGIONS))",
        "text = shop.__class__",
        "text = region.__globals__",
        "text = shop._root",
        "text = __file__",
        "text = undefined",
        "class Region: pass",
        "try:\n    pass\nexcept ValueError:\n    pass",
        "this is no Python",
        "text = '\0'",
    ],
)
def test_whatever_reaches_out_of_the_file(line: str) -> None:
    assert not said(PLAIN + line + "\n")
