"""An expression is read as the library reads it, and what is wrong is told in our words, at its place."""

from __future__ import annotations

import pytest
from cel_expr_python import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from gitpromote.cel.parse import LONGEST, conjuncts, parse
from gitpromote.cel.problem import InvalidExpression
from gitpromote.cel.tokens import quoted_text, text_of, tokens
from gitpromote.cel.tree import Binary, Call, Index, Literal, Name, Node, Select, Ternary, Unary, depth

WORDS = [
    *"a b 1 2u 0x1F .5 1.5e3 'x' \"y\" r'\\d' b'z' '''q''' true null in { } : ? , . + - * / % ! && || == != <".split(),
    *"has(a.b) f( x.y( .a a.`b-c` ( ) [ ] '\\n' '\\d' i.all(j,".split(),
    *(" ", "\n", "// c\n"),
]
SIMPLE = ["a", "1", ".5", "'x'", "true", "a.b", 'a["k"]', "f(a)", "a.f(1, 2)", "[1, 2]", '{"a": 1}', "x.all(i, i > 1)"]


def refused(text: str) -> tuple[str, str, str]:
    """The place, the message and the hint."""
    with pytest.raises(InvalidExpression) as raised:
        parse(text)
    (problem,) = raised.value.expression_problems
    return problem.where, problem.message, problem.hint


def drawn(node: Node) -> str:
    """The tree with every bracket, so that precedence can be seen."""
    match node:
        case Binary():
            return f"({drawn(node.left)} {node.sign} {drawn(node.right)})"
        case Unary():
            return f"({node.sign}{drawn(node.operand)})"
        case Ternary():
            return f"({drawn(node.condition)} ? {drawn(node.then)} : {drawn(node.otherwise)})"
        case Select():
            return f"{drawn(node.operand)}.{node.field}"
        case Index():
            return f"{drawn(node.operand)}[{drawn(node.index)}]"
        case Call():
            target = f"{drawn(node.target)}." if node.target else ""
            return f"{target}{node.name}({', '.join(map(drawn, node.arguments))})"
        case Name():
            return node.name
        case Literal():
            return node.kind if node.text is None else repr(node.text)
    return type(node).__name__


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a || b && c == d + e * -f.g", "(a || (b && (c == (d + (e * (-f.g))))))"),
        ("a - b - c", "((a - b) - c)"),
        ("(a || b) && c", "((a || b) && c)"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("!a.b(c)[d]", "(!a.b(c)[d])"),
        ("a in [b] == c", "((a in ListOf) == c)"),
        ("a.`x-y`.z", "a.x-y.z"),
        ("r'\\d' + '\\u00e9\\n' // the end", "('\\\\d' + 'é\\n')"),
        ("!-1", "(!(-int))"),
    ],
)
def test_operators_bind_as_in_cel(text: str, tree: str) -> None:
    assert drawn(parse(text)) == tree


def test_parts_know_where_they_stand() -> None:
    text = 'x && (a.b["c"] == 1)'
    second = conjuncts(parse(text))[1]
    assert text[second.start : second.end] == '(a.b["c"] == 1)'
    assert isinstance(second, Binary)
    assert text[second.left.start : second.left.end] == 'a.b["c"]'


@pytest.mark.parametrize(
    ("text", "where", "message", "hint"),
    [
        ("", "column 1", "it is empty", ""),
        ("a &&", "column 5", "it ends where a value should stand", ""),
        ("a and b", "column 3", "and stands where an operator should", "write &&"),
        ("not a", "column 1", "CEL has no not", "write !"),
        ("a = 1", "column 3", "CEL has no =", "write =="),
        ("a & b", "column 3", "CEL has no &", "write &&"),
        ("a == True", "column 6", "there is no True", "write true"),
        ("a == 'x", "column 6", "the text that starts here is not closed", "add a closing '"),
        ("(a == 1", "column 8", "it ends where ) should stand", ""),
        ("a.matches('\\d+')", "column 12", "a text has no \\d", "write r'\\d+', or \\\\d"),
        ("a ==\n  b.in", "line 2, column 5", "in stands where the name of a field should", ""),
        ("a == #", "column 6", "CEL has no #", ""),
        ("f(1, )", "column 6", ") stands where a value should", ""),
        ("a ? b", "column 6", "it ends where : should stand", ""),
        ("(" * 100 + "a" + ")" * 100, "column 41", "it is nested too deeply", ""),
        ("+".join("a" * 200), "column 1", "it is nested too deeply", ""),
        ("!" * 100 + "a", "column 1", "it is nested too deeply", ""),
        ("a" + ".b" * 100, "column 82", "it is nested too deeply", ""),
    ],
)
def test_what_does_not_parse_is_told_at_its_place(text: str, where: str, message: str, hint: str) -> None:
    assert refused(text) == (where, message, hint)


def test_a_long_expression_is_refused_before_it_is_read() -> None:
    assert refused("a" * (LONGEST + 1))[1] == "it has 10001 characters, and 10000 are allowed"


def test_the_place_is_pointed_at_also_in_a_long_line() -> None:
    with pytest.raises(InvalidExpression) as raised:
        parse("a == 1 && " * 30 + "b = 2" + " && c == 3" * 30)
    pointed = raised.value.expression_problems[0].pointed
    line, caret = pointed.split("\n")
    assert line[caret.index("^")] == "="
    assert len(line) < 110


def test_hundreds_of_conjuncts_make_no_deep_tree() -> None:
    node = parse(" && ".join(["a == 1"] * 500))
    assert len(conjuncts(node)) == 500
    assert depth(node) < 20


def _accepted(text: str) -> bool:
    try:
        cel.NewEnv(variables={}).compile(text, disable_check=True)
    except RuntimeError:
        return False
    return True


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map("".join))
def test_what_the_library_accepts_is_accepted_here(text: str) -> None:
    if _accepted(text):
        parse(text)


def _expressions() -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(SIMPLE),
        lambda inner: st.one_of(
            st.builds("{} {} {}".format, inner, st.sampled_from("+ - * && || == < in".split()), inner),
            st.builds("({})".format, inner),
            st.builds("({}) ? ({}) : {}".format, inner, inner, inner),
            st.builds("!({})".format, inner),
        ),
        max_leaves=8,
    )


@settings(max_examples=100, deadline=None)
@given(_expressions())
def test_what_is_accepted_here_the_library_accepts(text: str) -> None:
    parse(text)
    assert _accepted(text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_survives_as_a_literal(text: str) -> None:
    literal = quoted_text(text)
    assert text_of(literal) == text
    assert cel.NewEnv(variables={}).compile(literal).eval(data={}).value() == text if "\0" not in text else True


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        parse(text)
    except InvalidExpression as error:
        assert error.code == "expression-invalid"
        assert error.expression_problems[0].pointed


def test_tokens_end_with_the_end() -> None:
    assert [(token.kind, token.text) for token in tokens("a.b == 'x'")] == [
        ("name", "a"),
        ("sign", "."),
        ("name", "b"),
        ("sign", "=="),
        ("string", "'x'"),
        ("end", ""),
    ]
