"""Whatever is given to a constructor: a sound definition, or a ConfigurationError that says why."""

from __future__ import annotations

import inspect
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import gitpromote
from gitpromote import Branch, Environment, Git, Image, Kustomize, Pipeline, Plain, SecretEnv, SetValue, Soak, Warehouse
from gitpromote.errors import ConfigurationError
from gitpromote.model.definition import Definition
from gitpromote.model.kinds import KINDS, class_of, definition_of
from gitpromote.model.problems import collecting

NAMES: dict[str, Any] = {
    name: getattr(gitpromote, name) for name in gitpromote._HOME if name not in gitpromote._MODULES["project"]
}
Call = tuple[type[Definition], list[Any], dict[str, Any]]
CLASSES = [*map(class_of, KINDS), Pipeline]
WORDS = sorted({name for cls in CLASSES for name in cls.model_fields} | {"gate", "names_", ""})
TEXTS = st.sampled_from(
    [
        "",
        "a",
        "prod",
        "^1.4",
        "24h",
        "main",
        "deploy/$env",
        "$x",
        "https://x.example",
        "oci://x/y",
        "1",
        "Mon 09:00-10:00",
    ]
) | st.text(max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-5, 200) | st.floats() | TEXTS | st.binary(max_size=3)
PARTS = st.sampled_from(
    [
        App := NAMES["App"]("a", Plain("d")),
        Branch("env/$env"),
        Environment("e"),
        Git(),
        Image("a/b", "^1"),
        Kustomize("k"),
        SecretEnv("T"),
        SetValue("v.yaml", "a", value=1),
        Soak("1h"),
        Warehouse(Image("a/b")),
        Soak,
        len,
    ]
)
LEAVES = SCALARS | PARTS
VALUES = LEAVES | st.lists(LEAVES, max_size=3) | st.dictionaries(TEXTS, LEAVES, max_size=2)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    cls = draw(st.sampled_from(CLASSES))
    words = sorted(cls.model_fields) if draw(st.booleans()) else []
    names = draw(st.lists(st.sampled_from(words or WORDS), max_size=4))
    return cls, draw(st.lists(VALUES, max_size=3)), {name: draw(VALUES) for name in names}


@given(calls())
@settings(max_examples=100, deadline=None)
def test_a_constructor_makes_a_sound_value_or_says_why(call: Call) -> None:
    cls, positional, members = call
    try:
        value = cls(*positional, **members)
    except ConfigurationError as error:
        assert error.problems
        assert all(problem.message and problem.code and problem.line for problem in error.problems)
        with collecting() as collection:
            placeholder = cls(*positional, **members)
        assert placeholder.flawed
        assert isinstance(repr(placeholder), str)
        assert sorted(map(str, collection.problems)) != []
    else:
        assert eval(repr(value), dict(NAMES)) == value
        data = value.to_data()
        again = Pipeline.from_data(data) if isinstance(value, Pipeline) else definition_of(data)
        assert again == value
        assert again.to_data() == data


def test_every_class_has_a_signature_and_words() -> None:
    for cls in CLASSES:
        assert inspect.signature(cls).parameters.keys() >= set(cls.positional_fields())
        assert cls.__doc__
