"""The expressions of one admission policy, compiled: what each may name, as Kubernetes has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from gitpromote.cel.declare import TEXT, TRUTH, Anything, Declaration, Record, Type
from gitpromote.cel.edits import Edits
from gitpromote.cel.expression import Expression, Held, compile_expression, problems_in
from gitpromote.cel.names import MACROS
from gitpromote.cel.parse import parse
from gitpromote.cel.problem import InvalidExpression
from gitpromote.cel.tree import Call, Index, Name, Node, Select, children
from gitpromote.policy.admission_facts import Runner
from gitpromote.policy.admission_objects import ValidatingPolicy

__all__ = ["Program", "Rule", "UnfitProgram", "program_of"]

_KIND = Record({"group": TEXT, "version": TEXT, "kind": TEXT})
_RESOURCE = Record({"group": TEXT, "version": TEXT, "resource": TEXT})
_REQUEST = Record(
    {
        **dict.fromkeys(("kind", "requestKind"), _KIND),
        **dict.fromkeys(("resource", "requestResource"), _RESOURCE),
        **dict.fromkeys(("subResource", "requestSubResource", "name", "namespace", "operation", "uid"), TEXT),
        **dict.fromkeys(("userInfo", "options"), Anything()),
        "dryRun": TRUTH,
    }
)
_ROOTS: dict[str, Type] = {
    **dict.fromkeys(("object", "oldObject", "params", "namespaceObject"), Anything()),
    "request": _REQUEST,
}
_AUTHORIZER: dict[str, Type] = {"authorizer": Anything()}
_CONDITIONS = Declaration({**_ROOTS, **_AUTHORIZER})


@lru_cache(maxsize=256)
def _declared(variables: tuple[str, ...], *, asks: bool) -> Declaration:
    """What expressions may name behind these variables: the same for all policies, which share what is compiled.

    :param asks: whether they may ask whom the cluster lets do what
    """
    fields: dict[str, Type] = dict.fromkeys(variables, Anything())
    return Declaration({**_ROOTS, **(_AUTHORIZER if asks else {}), "variables": Record(fields)})


#: What has no equal in Python, so that such a variable can only stand in its place as text.
_ONLY_CEL = re.compile(r"optional_type|timestamp|time|duration|uint|bytes|type")
#: Characters of an expression with its variables in it; beyond, they are evaluated on their own.
_LONGEST = 3_000


@dataclass(frozen=True, slots=True)
class Rule:
    """One of ``validations``; ``told`` is its ``messageExpression``."""

    holds: Runner
    told: Runner | None


@dataclass(frozen=True, slots=True)
class Program:
    """All expressions of a policy.

    :ivar together: true where all rules hold, and says nothing where it is not; ``None`` where one is asked at a time
    :ivar audits: key to what is told
    """

    conditions: tuple[Runner, ...]
    rules: tuple[Rule, ...]
    together: Runner | None
    audits: tuple[tuple[str, Runner], ...]
    variables: dict[str, Runner]

    @property
    def is_one(self) -> bool:
        """Whether its rules are all that there is to be asked."""
        return not (self.conditions or self.audits)


class UnfitProgram(ValueError):
    """Expressions that cannot be used; ``faults``: each with the field that it stands in and what to do."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(told for told, _ in faults))


def program_of(spec: ValidatingPolicy) -> Program:
    """Its expressions, compiled once for all Environments that have them.

    :raises UnfitProgram: with everything that is wrong
    """
    found = _program(
        tuple((one.name, one.expression) for one in spec.variables),
        tuple(one.expression for one in spec.match_conditions),
        tuple((one.expression, one.message_expression) for one in spec.validations),
        tuple((one.key, one.value_expression) for one in spec.audit_annotations),
    )
    if isinstance(found, UnfitProgram):
        raise UnfitProgram(list(found.faults))
    return found


@lru_cache(maxsize=256)
def _program(
    variables: tuple[tuple[str, str], ...],
    conditions: tuple[str, ...],
    rules: tuple[tuple[str, str], ...],
    audits: tuple[tuple[str, str], ...],
) -> Program | UnfitProgram:
    made = _Maker()
    asked = tuple(
        made.runner(f"spec.matchConditions[{at}].expression", text, _CONDITIONS) for at, text in enumerate(conditions)
    )
    known = made.variables(variables)
    together = made.together([text for text, _ in rules])
    judging = tuple(
        made.rule(f"spec.validations[{at}]", *one, sound=together is not None) for at, one in enumerate(rules)
    )
    found = Program(
        conditions=asked,
        variables=known,
        rules=judging,
        together=together,
        audits=tuple(
            (key, made.runner(f"spec.auditAnnotations[{at}].valueExpression", text, made.all, gives="text"))
            for at, (key, text) in enumerate(audits)
        ),
    )
    return UnfitProgram(made.faults) if made.faults else found


class _Maker:
    """Compiles one expression after the other; variables see those before them.

    Variables stand in their place as text, where that is short and in no loop: what is asked of an object is one
    evaluation then, and not one for each of them.
    """

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []
        self.all = _declared((), asks=True)
        self.told = _declared((), asks=False)
        self._texts: dict[str, _Text] = {}

    def variables(self, given: tuple[tuple[str, str], ...]) -> dict[str, Runner]:
        found: dict[str, Runner] = {}
        for at, (name, text) in enumerate(given):
            where = f"spec.variables[{at}].expression"
            runner = found[name] = self.runner(where, text, self.all, gives="")
            expression = runner.expression
            only_cel = bool(_ONLY_CEL.search(expression.program.gives))
            self._texts[name] = _Text(expression.text, only_cel, is_path=_root(parse(expression.text)) is not _NOWHERE)
            self.all, self.told = (_declared(tuple(found), asks=asks) for asks in (True, False))
        return found

    def rule(self, where: str, text: str, message: str, *, sound: bool) -> Rule:
        """One of the rules.

        :param sound: whether its expression was compiled with the others: alone it is, where somebody breaks one
        """
        declaration = self.all
        if sound:
            holds = Runner(lambda: self._compiled(text, declaration, truth=True))
        else:
            holds = self.runner(f"{where}.expression", text, declaration)
        told = self.runner(f"{where}.messageExpression", message, self.told, gives="text") if message else None
        return Rule(holds, told)

    def together(self, rules: Sequence[str]) -> Runner | None:
        """All rules as one expression: most objects are as they should be, and asked once."""
        if len(rules) < 2 or self.faults:
            return None
        try:
            whole = " && ".join(f"({_changed(one, parse(one), self._texts)}\n)" for one in rules)
        except InvalidExpression:
            return None
        if len(whole) > _LONGEST or problems_in(whole, self.all):
            return None
        return Runner(compile_expression(whole, self.all))

    def runner(self, where: str, text: str, declaration: Declaration, *, gives: str = "truth") -> Runner:
        """A compiled expression; a fault and one that stands for it where it cannot be used."""
        try:
            expression = self._compiled(text, declaration, truth=gives == "truth")
        except InvalidExpression as error:
            self.faults += [(f"{where}: {one.told}", one.hint) for one in error.expression_problems]
            return Runner(compile_expression("true", _CONDITIONS))
        if gives == "text" and expression.program.gives not in (gives, ""):
            self.faults.append((f"{where}: it gives no text", ""))
        return Runner(expression)

    def _compiled(self, text: str, declaration: Declaration, *, truth: bool) -> Expression:
        found = _with_variables(text, tuple(self._texts.items()), Held(declaration), truth)
        return compile_expression(found, declaration, truth=truth)


class _Text(NamedTuple):
    """A variable as text.

    :ivar only_cel: whether it can be nothing else, ``is_path``: whether it costs nothing to say it again
    """

    text: str
    only_cel: bool
    is_path: bool


@lru_cache(maxsize=1024)
def _with_variables(text: str, known: tuple[tuple[str, _Text], ...], held: Held, truth: bool) -> str:
    """An expression with the variables in it that are better there."""
    node, variables = parse(text), dict(known)
    needed = {name: one for name, one in known if one.only_cel}
    if needed != variables:
        whole = _changed(text, node, variables)
        if len(whole) <= _LONGEST and not problems_in(whole, held.declaration, truth=truth):
            return whole
    return _changed(text, node, needed)


def _changed(text: str, node: Node, variables: Mapping[str, _Text]) -> str:
    """With variables in their place, and without what the library cannot call."""
    edits = Edits()
    for start, end, new in _changes(node, text, variables):
        edits.add(start, end, new)
    return edits.apply(text).text


def _changes(
    node: Node, text: str, variables: Mapping[str, _Text], *, in_loop: bool = False
) -> Iterator[tuple[int, int, str]]:
    root = _root(node)
    if root.name == "authorizer" and root is not node:
        # Whom the cluster lets do what, nobody else knows: ``authorizer.….allowed()`` is one word.
        rest = re.sub(r"[^\n]", " ", text[node.start + len("authorizer") : node.end])
        yield node.start, node.end, f"authorizer{rest}"
        return
    if isinstance(node, Select) and isinstance(node.operand, Name) and node.operand.name == "variables":
        known = variables.get(node.field)
        if known is not None and (known.only_cel or known.is_path or not in_loop):
            yield node.start, node.end, f"({known.text})"
        return
    if isinstance(node, Call) and node.name == "has" and node.target is None:
        fields = [one for one in node.arguments if isinstance(one, Select)]
        parts = tuple(one.operand for one in fields if not _is_root(one.operand))  # of a field, not of a variable
    else:
        parts = children(node)
    loops = isinstance(node, Call) and node.name in MACROS
    for child in parts:
        inner = in_loop or (loops and isinstance(node, Call) and child is not node.target)
        yield from _changes(child, text, variables, in_loop=inner)


def _is_root(node: Node) -> bool:
    return isinstance(node, Name)


_NOWHERE = Name(start=0, end=0, name="")


def _root(node: Node) -> Name:
    """What a path begins with."""
    while isinstance(node, Select | Index | Call):
        inner = node.target if isinstance(node, Call) else node.operand
        if inner is None:
            return _NOWHERE
        node = inner
    return node if isinstance(node, Name) else _NOWHERE
