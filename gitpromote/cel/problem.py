"""What is wrong with an expression, and the place in it."""

from __future__ import annotations

from gitpromote.errors import ConfigurationError
from gitpromote.model.names import shown

__all__ = ["ExpressionProblem", "InvalidExpression"]

_WIDEST = 100


class ExpressionProblem:
    """One thing that is wrong with an expression.

    :ivar at: the offset in the text, in characters
    :ivar message: what is wrong there
    :ivar hint: what was probably meant, or an empty string
    """

    __slots__ = ("at", "hint", "message", "text")

    def __init__(self, text: str, at: int, message: str, hint: str = "") -> None:
        self.text = text
        self.at = min(max(at, 0), len(text))
        self.message = message
        self.hint = hint

    @property
    def line(self) -> int:
        """1-based."""
        return self.text.count("\n", 0, self.at) + 1

    @property
    def column(self) -> int:
        """1-based, in its line."""
        return self.at - (self.text.rfind("\n", 0, self.at) + 1) + 1

    @property
    def where(self) -> str:
        """``column 9``, or ``line 2, column 4`` where there are several lines."""
        return f"line {self.line}, column {self.column}" if "\n" in self.text.strip() else f"column {self.column}"

    @property
    def pointed(self) -> str:
        """The line that is meant, and a caret below the place; a long line is cut around it."""
        line = self.text.split("\n")[self.line - 1].replace("\t", " ")
        first = max(0, min(self.column - 1 - _WIDEST // 2, len(line) - _WIDEST))
        part = line[first : first + _WIDEST]
        head = "…" if first else ""
        tail = "…" if first + _WIDEST < len(line) else ""
        return f"{head}{part}{tail}\n{' ' * (len(head) + self.column - 1 - first)}^"

    @property
    def told(self) -> str:
        """On one line, the expression included: for lists of problems."""
        return f"{self.where} of {shown(' '.join(self.text.split()), 80)}: {self.message}"

    def __repr__(self) -> str:
        return f"ExpressionProblem({self.where}: {self.message!r})"


class InvalidExpression(ConfigurationError):
    """An expression that cannot be used. ``expression_problems`` has everything that is wrong with it."""

    def __init__(self, text: str, at: int, message: str, hint: str = "") -> None:
        self.expression_problems = [ExpressionProblem(text, at, message, hint)]
        first = self.expression_problems[0]
        super().__init__(
            "This expression cannot be used",
            code="expression-invalid",
            detail=f"{first.where}: {first.message}\n{first.pointed}",
            hint=hint,
        )

    @classmethod
    def of(cls, problems: list[ExpressionProblem]) -> InvalidExpression:
        """One error for all of them; its place and words are those of the first."""
        first = problems[0]
        error = cls(first.text, first.at, first.message, first.hint)
        error.expression_problems = problems
        error.detail = "\n".join(f"{one.where}: {one.message}\n{one.pointed}" for one in problems)
        return error
