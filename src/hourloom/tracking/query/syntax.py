"""The syntax tree of a query: what the parser makes and the interpreter walks."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, a number, true or false."""

    at: int
    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Variable:
    """The value a name was given."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    at: int
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list written out."""

    at: int
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class DictOf:
    """A dictionary written out."""

    at: int
    entries: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One operator and what stands to the right of it."""

    at: int
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators applied from left to right; none binds tighter than another, as in aw-server-rust."""

    at: int
    first: Expression
    steps: tuple[Step, ...]


Expression: TypeAlias = Literal | Variable | Call | ListOf | DictOf | Chain


@dataclass(frozen=True, slots=True)
class Assign:
    """Give a name a value; `return x` assigns RETURN."""

    at: int
    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression on its own, such as `print(x);`."""

    at: int
    value: Expression


@dataclass(frozen=True, slots=True)
class Branch:
    """One condition and what it guards."""

    condition: Expression
    block: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If:
    """The first branch whose condition holds is run, or else the last block."""

    at: int
    branches: tuple[Branch, ...]
    otherwise: tuple[Statement, ...]


Statement: TypeAlias = Assign | Evaluate | If


@dataclass(frozen=True, slots=True)
class Program:
    """The statements of a query, and where its lines begin."""

    statements: tuple[Statement, ...]
    line_starts: tuple[int, ...]

    def place(self, at: int) -> tuple[int, int]:
        """Return the line and column of an offset, both counted from 1."""
        return place_in(self.line_starts, at)


def place_in(line_starts: tuple[int, ...], at: int) -> tuple[int, int]:
    """Return the line and column of an offset, both counted from 1."""
    line = bisect_right(line_starts, at)
    return line, at - line_starts[line - 1] + 1
