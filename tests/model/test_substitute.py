"""$names are filled in, $$ is a dollar sign, and what is unknown is told where it may not stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.model.substitute import parse, unknown_names

VALUES = {"env": "prod", "app": "shop", "upstream": None, "label.region": "eu", "label.acme.example/tier": "gold"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("", ""),
        ("deploy", "deploy"),
        ("$env", "prod"),
        ("env/$env", "env/prod"),
        ("$env/$app/$env", "prod/shop/prod"),
        ("$env-x.$app", "prod-x.shop"),
        ("${env}_values", "prod_values"),
        ("$label.region/x", "eu/x"),
        ("$label.region.yaml", "eu.yaml"),
        ("$label.region-b", "eu-b"),
        ("${label.acme.example/tier}", "gold"),
        ("$$env", "$env"),
        ("$$$env", "$prod"),
        ("$$$$", "$$"),
        ("$upstream", "$upstream"),
        ("$__interval", "$__interval"),
        ("${other}", "${other}"),
        ("$environment", "$environment"),
        ("$ENV", "$ENV"),
        ("$", "$"),
        ("a$", "a$"),
        ("$5", "$5"),
        ("${", "${"),
        ("${}", "${}"),
        ("$label", "$label"),
        ("$label.", "$label."),
    ],
)
def test_a_text_is_filled_in(text: str, filled: str) -> None:
    assert parse(text).fill(VALUES) == filled


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("deploy/$env/$app/$upstream/$label.region", []),
        ("$stage", [("$stage is not known", "did you mean $env?")]),
        ("$environment", [("$environment is not known", "did you mean $env?")]),
        ("$ENV", [("$ENV is not known", "did you mean $env?")]),
        ("$env_eu", [("$env_eu is not known", "write ${env}_eu")]),
        ("$apps", [("$apps is not known", "did you mean $app?")]),
        ("$upsteam", [("$upsteam is not known", "did you mean $upstream?")]),
        ("$label", [("$label is not known", "write $label.NAME")]),
        ("$PORT", [("$PORT is not known", "write $$ for a dollar sign")]),
        ("a$/b", [("a $ stands alone", "write $$ for a dollar sign")]),
        ("$$/b", []),
        ("{env}", [("{env} is not substituted", "write $env")]),
        ("{{ env }}", [("{{ env }} is not substituted", "write $env")]),
        ("{{ .environment }}", [("{{ .environment }} is not substituted", "write $env")]),
        ("<env>/<app>", [("<env> is not substituted", "write $env"), ("<app> is not substituted", "write $app")]),
        ("{a,b}", []),
    ],
)
def test_what_is_unknown_is_told_with_what_was_meant(text: str, told: list[tuple[str, str]]) -> None:
    assert unknown_names(text, ("env", "app", "upstream")) == told


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_a_text_with_doubled_dollars_fills_to_itself(text: str) -> None:
    assert parse(text.replace("$", "$$")).fill(VALUES) == text
