"""The syntax tree of a query: what the parser makes and the interpreter walks."""

from __future__ import annotations

from bisect import bisect_right
from typing import TypeAlias

import msgspec


class Literal(msgspec.Struct, frozen=True):
    """A string, a number, true or false."""

    at: int
    value: str | int | float | bool


class Variable(msgspec.Struct, frozen=True):
    """The value a name was given."""

    at: int
    name: str


class Call(msgspec.Struct, frozen=True):
    """A function and its arguments."""

    at: int
    name: str
    arguments: tuple[Expression, ...]


class ListOf(msgspec.Struct, frozen=True):
    """A list written out."""

    at: int
    items: tuple[Expression, ...]


class DictOf(msgspec.Struct, frozen=True):
    """A dictionary written out."""

    at: int
    entries: tuple[tuple[str, Expression], ...]


class Step(msgspec.Struct, frozen=True):
    """One operator and what stands to the right of it."""

    at: int
    operator: str
    operand: Expression


class Chain(msgspec.Struct, frozen=True):
    """Operators applied from left to right; none binds tighter than another, as in aw-server-rust."""

    at: int
    first: Expression
    steps: tuple[Step, ...]


Expression: TypeAlias = Literal | Variable | Call | ListOf | DictOf | Chain


class Assign(msgspec.Struct, frozen=True):
    """Give a name a value; `return x` assigns RETURN."""

    at: int
    name: str
    value: Expression


class Evaluate(msgspec.Struct, frozen=True):
    """An expression on its own, such as `print(x);`."""

    at: int
    value: Expression


class Branch(msgspec.Struct, frozen=True):
    """One condition and what it guards."""

    condition: Expression
    block: tuple[Statement, ...]


class If(msgspec.Struct, frozen=True):
    """The first branch whose condition holds is run, or else the last block."""

    at: int
    branches: tuple[Branch, ...]
    otherwise: tuple[Statement, ...]


Statement: TypeAlias = Assign | Evaluate | If


class Program(msgspec.Struct, frozen=True):
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
