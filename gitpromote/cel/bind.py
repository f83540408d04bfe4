"""Names in an expression, tied to what is declared: every path gets its type, and what is not there is told.

A path that is written out, ``upstream.uat.soakMinutes`` or ``upstream["uat"].soakMinutes``, becomes one variable of
its type: so both spellings work, the library's own check sees types, and a fact that is not known is a variable without
a value. What a loop variable leads to stays as it is where it is evaluated, and is typed where it is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gitpromote.cel.adapt import adapted
from gitpromote.cel.declare import TEXT, TRUTH, Anything, Declaration, Items, Record, Scalar, Table, Type
from gitpromote.cel.edits import Edits
from gitpromote.cel.finite import FINITE_DECIMAL, FINITE_IF_DECIMAL
from gitpromote.cel.lists import AT, LAST_AT
from gitpromote.cel.names import MACROS, OPTIONALS, QUALIFIED, RETURNS, TYPE_NAMES, Lookup
from gitpromote.cel.problem import ExpressionProblem
from gitpromote.cel.tree import Binary, Call, Index, ListOf, Literal, MapOf, Name, Node, Select, Ternary, children

__all__ = ["Bound", "Use", "bind"]

Scope = Mapping[str, Type | None]
_COMPARING = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"})
_ARITHMETIC = ("+", "-", "*", "/", "%")
_LITERAL_TYPES = {"string": "text", "int": "whole", "double": "decimal", "bool": "truth"}


@dataclass(frozen=True, slots=True)
class Use:
    """A path that an expression reads.

    :ivar path: from the variable down
    :ivar text: as the expression has it
    :ivar asks: whether ``has(…)`` asks if it is there
    :ivar variable: what stands for it
    """

    path: tuple[str, ...]
    text: str
    type: Type
    asks: bool
    variable: str


@dataclass(slots=True)
class Bound:
    """An expression whose names are tied.

    :ivar checked: edits for the text that the library checks, ``evaluated``: for the one that it evaluates
    :ivar locals: variables that only the checked text has
    """

    text: str
    uses: dict[tuple[tuple[str, ...], bool], Use] = field(default_factory=dict)
    problems: list[ExpressionProblem] = field(default_factory=list)
    checked: Edits = field(default_factory=Edits)
    evaluated: Edits = field(default_factory=Edits)
    locals: dict[str, Scalar] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a path leads to; ``path`` is ``None`` below a loop variable or behind a computed index."""

    node: Node
    type: Type | None
    path: tuple[str, ...] | None = None


def bind(text: str, node: Node, declaration: Declaration) -> Bound:
    """Tie every name of an expression."""
    bound = Bound(text)
    _Binder(bound, declaration).walk(node, {})
    bound.problems.sort(key=lambda problem: problem.at)
    return bound


def _is_no_decimal(kind: Type | None) -> bool:
    """Whether a part is known to be something else, so that no arithmetic with it gives a decimal number."""
    return kind is not None and not (isinstance(kind, Scalar) and kind.name == "decimal") and not _is_open(kind)


def _is_open(kind: Type) -> bool:
    return isinstance(kind, Anything)


def _is_whole(kind: Type | None) -> bool:
    return isinstance(kind, Scalar) and kind.name == "whole"


class _Binder:
    def __init__(self, bound: Bound, declaration: Declaration) -> None:
        self.bound = bound
        self.declaration = declaration
        self.lookup = Lookup(bound.text, bound.problems)

    # --- any part

    def walk(self, node: Node, scope: Scope, *, value: bool = False) -> Type | None:
        """The type of a part, as far as it can be told; everything below it is tied.

        :param value: whether a record stands for its value here
        """
        match node:
            case Name() | Select() | Index():
                return self.whole_path(node, scope, value=value)
            case Literal():
                return Scalar(_LITERAL_TYPES[node.kind]) if node.kind in _LITERAL_TYPES else None
            case Call():
                return self.call(node, scope)
            case Binary() if node.sign in _COMPARING:
                return self.comparison(node, scope)
        types = [self.walk(child, scope, value=value) for child in children(node)]
        match node:
            case Binary():
                return TRUTH
            case Ternary():
                self.as_one(node)
            case ListOf():
                return Items(types[0]) if types and types[0] is not None else None
            case MapOf():
                return None
        return types[-1]

    def as_one(self, node: Ternary) -> None:
        """``a ? "text" : null``, which Kubernetes documents, and the library takes for two types."""
        ways = (node.then, node.otherwise)
        nothing = [isinstance(way, Literal) and way.kind == "null" for way in ways]
        if nothing[0] is not nothing[1]:
            other = ways[nothing.index(False)]
            for edits in (self.bound.checked, self.bound.evaluated):
                edits.add(other.start, other.start, "dyn(")
                edits.add(other.end, other.end, ")")

    def comparison(self, node: Binary, scope: Scope) -> Type | None:
        left = self.walk(node.left, scope, value=True)
        right = self.walk(node.right, scope, value=True)
        edits, problems = adapted(self.bound.text, node, left, right)
        for edit in edits:
            self.bound.checked.add(*edit)
            self.bound.evaluated.add(*edit)
        self.bound.problems += problems
        if node.sign in _ARITHMETIC:
            if node.sign != "%" and not _is_no_decimal(left) and not _is_no_decimal(right):
                known = left is not None and right is not None and not (_is_open(left) or _is_open(right))
                self.bound.evaluated.around(node.start, node.end, *(FINITE_DECIMAL if known else FINITE_IF_DECIMAL))
            return right if isinstance(right, Scalar) and right.name == "decimal" else left
        return TRUTH

    # --- paths

    def whole_path(self, node: Node, scope: Scope, *, value: bool) -> Type | None:
        found = self.found(node, scope)
        if value and isinstance(found.type, Record) and found.type.value:
            if found.path is None:
                self.bound.evaluated.add(node.end, node.end, f".{found.type.value}")
            path = None if found.path is None else (*found.path, found.type.value)
            found = _Found(node, found.type.fields[found.type.value], path)
        if found.path is not None:
            self.use(found)
        elif isinstance(found.type, Scalar) and not isinstance(node, Name):
            name = f"c{len(self.bound.locals)}"
            self.bound.locals[name] = found.type
            self.bound.checked.add(node.start, node.end, name)
            if found.type.name == "time":  # within lists and maps the library takes none
                self.bound.evaluated.add(node.start, node.start, "timestamp(")
                self.bound.evaluated.add(node.end, node.end, ")")
        return found.type

    def found(self, node: Node, scope: Scope) -> _Found:
        match node:
            case Name():
                return self.name(node, scope)
            case Select() | Index() if node.optional:
                for part in children(node):
                    self.walk(part, scope)
                return _Found(node, None)
            case Select():
                return self.member(node, self.found(node.operand, scope), node.field, node.at)
            case Index():
                holder = self.found(node.operand, scope)
                key = node.index
                if isinstance(key, Literal) and key.text is not None and not isinstance(holder.type, Items):
                    return self.member(node, holder, key.text, key.start)
                self.walk(key, scope)
                if holder.path is not None:
                    self.use(holder)
                item = holder.type.item if isinstance(holder.type, Table | Items) else None
                return _Found(node, item)
        return _Found(node, self.walk(node, scope))

    def name(self, node: Name, scope: Scope) -> _Found:
        if node.name in scope:
            return _Found(node, scope[node.name])
        known = self.declaration.variables
        if node.name in known:
            return _Found(node, known[node.name], (node.name,))
        if node.name not in TYPE_NAMES:
            self.lookup.no_variable(node, [*scope, *known])
        return _Found(node, None)

    def member(self, node: Node, holder: _Found, name: str, at: int) -> _Found:
        known = self.lookup.member(holder.node, holder.type, name, at, node.end)
        if known is None:
            return _Found(node, None)
        key, kind = known
        return _Found(node, kind, None if holder.path is None else (*holder.path, key))

    def use(self, found: _Found, *, asks: bool = False, at: Node | None = None) -> Use:
        """A variable in the place of a path."""
        node = at or found.node
        key = (found.path or (), asks)
        use = self.bound.uses.get(key)
        if use is None:
            text = self.bound.text[node.start : node.end]
            kind = TRUTH if asks or found.type is None else found.type
            use = self.bound.uses[key] = Use(found.path or (), text, kind, asks, f"v{len(self.bound.uses)}")
        self.bound.checked.add(node.start, node.end, use.variable)
        self.bound.evaluated.add(node.start, node.end, use.variable)
        return use

    # --- calls

    def call(self, node: Call, scope: Scope) -> Type | None:
        self.bound.calls.add(node.name)
        if node.name == "has" and node.target is None:
            return self.has(node, scope)
        if node.target is None:
            self.lookup.function(node)
        elif isinstance(node.target, Name) and node.target.name not in {*scope, *self.declaration.variables}:
            if f"{node.target.name}.{node.name}" in QUALIFIED:
                return self.arguments(node, scope)
            self.lookup.no_function(f"{node.target.name}.{node.name}", node.target.start)
            return None
        elif node.name in MACROS:
            return self.loop(node, node.target, scope)
        elif (kind := self.asked(node, node.target, scope)) is not None:
            return kind
        else:
            self.walk(node.target, scope)
            self.lookup.method(node)
            self.renamed(node)
        return self.arguments(node, scope)

    def arguments(self, node: Call, scope: Scope) -> Type | None:
        types = [self.walk(argument, scope) for argument in node.arguments]
        if node.name == "double" and node.target is None and not (types and _is_whole(types[0])):
            self.bound.evaluated.around(node.start, node.end, *FINITE_DECIMAL)  # "NaN" and "1e999" are texts
        return RETURNS.get(node.name)

    def renamed(self, node: Call) -> None:
        """Methods of lists that the library has for texts alone."""
        name = {"indexOf": AT, "lastIndexOf": LAST_AT}.get(node.name)
        if name is not None:
            for edits in (self.bound.checked, self.bound.evaluated):
                edits.add(node.at, node.at + len(node.name), name)

    def has(self, node: Call, scope: Scope) -> Type:
        asked = node.arguments[0] if len(node.arguments) == 1 else None
        if not isinstance(asked, Select):
            self.lookup.add(node.at, "has() takes one field", "write has(a.b)")
            return TRUTH
        found = self.found(asked, scope)
        if found.path is not None:
            self.use(found, asks=True, at=node)
        else:
            self.bound.checked.add(node.start, node.end, "true")
        return TRUTH

    def asked(self, node: Call, target: Node, scope: Scope) -> Type | None:
        """``changewindow.isBlocked("name")``: an entry of a table, or its opposite."""
        if not isinstance(target, Name | Select | Index):
            return None
        count = len(self.bound.problems)
        found = self.found(target, scope)
        if not isinstance(found.type, Table) or node.name not in found.type.asks or found.path is None:
            del self.bound.problems[count:]  # told when the target is walked
            return None
        key = node.arguments[0] if len(node.arguments) == 1 else None
        if not isinstance(key, Literal) or key.text is None:
            self.lookup.add(node.at, f"{node.name}() takes one name in quotes", "")
            return TRUTH
        entry = self.member(node, found, key.text, key.start)
        if entry.path is not None:
            self.use(entry, at=node)
            if not found.type.asks[node.name]:
                self.bound.checked.add(node.start, node.start, "!")
                self.bound.evaluated.add(node.start, node.start, "!")
        return TRUTH

    def loop(self, node: Call, target: Node, scope: Scope) -> Type | None:
        """A macro such as ``all(i, …)``: its first argument is a variable of its own."""
        over = self.walk(target, scope)
        if len(node.arguments) < 2 or not isinstance(node.arguments[0], Name):
            self.lookup.add(node.at, f"{node.name}() takes a name and an expression", f"write {node.name}(i, …)")
            return None
        if len(node.arguments) > (3 if node.name == "map" else 2):
            self.lookup.add(node.at, f"{node.name}() with two names is not supported", f"write {node.name}(i, …)")
            return None
        item = over.item if isinstance(over, Items) else TEXT if isinstance(over, Table) else None
        inner = {**scope, node.arguments[0].name: item}
        types = [self.walk(argument, inner) for argument in node.arguments[1:]]
        if node.name == "filter":
            return over
        if node.name in OPTIONALS:
            return None
        if node.name == "map":
            return Items(types[-1]) if types[-1] is not None else None
        return TRUTH
