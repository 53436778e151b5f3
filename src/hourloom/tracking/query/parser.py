"""Read a query in ActivityWatch's language, in the Python server's dialect and the Rust server's alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from hourloom.tracking.query.errors import QueryParseError
from hourloom.tracking.query.lexer import Token, line_starts_of, tokens_of, unquoted
from hourloom.tracking.query.syntax import (
    Assign,
    Branch,
    Call,
    Chain,
    DictOf,
    Evaluate,
    Expression,
    If,
    ListOf,
    Literal,
    Program,
    Statement,
    Step,
    Variable,
    place_in,
)

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64
MAX_STATEMENTS = 10_000

_LONGEST_REMEMBERED = 32 * 1024
"""Screens ask the same few queries again and again; longer ones would take too much memory."""

_OPERATORS = frozenset(("+", "-", "*", "/", "%", "=="))
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False}
_KEYWORDS = frozenset(("if", "elif", "else", "return"))
_LARGEST_WHOLE = 2**63 - 1


def parse_query(lines: Sequence[str]) -> Program:
    """Parse a query given as a list of lines (or as one string).

    The lines are joined with line breaks; a statement ends at `;`, and also at the end of its line
    when the next line cannot continue it.
    """
    text = lines if isinstance(lines, str) else "\n".join(lines)
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else _parsed(text)


def _parsed(text: str) -> Program:
    _refuse_unfit(text)
    return _Parser(text).program()


_remembered = lru_cache(maxsize=16)(_parsed)


def _refuse_unfit(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise QueryParseError("The query contains half a character (a lone surrogate).") from None
    if size > MAX_BYTES:
        raise QueryParseError(f"The query is longer than {MAX_BYTES // 1024} KiB.")


class _Parser:
    """One pass over the tokens, one method per rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._line_starts = line_starts_of(text)
        self._tokens = tokens_of(text)
        self._index = 0
        self._token = self._tokens[0]
        self._depth = 0
        self._statements = 0

    def program(self) -> Program:
        statements = self._statements_until("end")
        return Program(statements, self._line_starts)

    def _statements_until(self, end: str) -> tuple[Statement, ...]:
        statements: list[Statement] = []
        while not self._is(end):
            if self._token.kind == "end":
                raise self._error(f"expected '{end}', found the end of the query")
            if not self._took(";"):
                statements.append(self._statement())
        return tuple(statements)

    def _statement(self) -> Statement:
        self._statements += 1
        if self._statements > MAX_STATEMENTS:
            raise self._error(f"a query may have {MAX_STATEMENTS} statements at most")
        if self._is("if"):
            return self._if()
        statement = self._simple_statement()
        if not (self._took(";") or self._token.on_new_line or self._is("}")):
            raise self._error(f"expected ';' or an operator, found {self._token.shown}")
        return statement

    def _simple_statement(self) -> Statement:
        start = self._token
        if self._took("return"):
            return Assign(start.at, "RETURN", self._expression())
        following = self._tokens[self._index + 1] if start.kind == "name" else start
        if following.text == "=":
            return self._assignment(start)
        value = self._expression()
        if self._is("="):
            raise self._error("only a variable can be assigned to")
        return Evaluate(start.at, value)

    def _assignment(self, name: Token) -> Assign:
        if name.text in _CONSTANTS or name.text in _KEYWORDS:
            raise self._error(f"'{name.text}' cannot be assigned to")
        self._next()
        self._next()
        return Assign(name.at, name.text, self._expression())

    def _if(self) -> If:
        start = self._token
        branches: list[Branch] = []
        while self._took("elif" if branches else "if"):
            branches.append(Branch(self._expression(), self._block()))
        otherwise = self._block() if self._took("else") else ()
        return If(start.at, tuple(branches), otherwise)

    def _block(self) -> tuple[Statement, ...]:
        self._expect("{")
        self._descend()
        statements = self._statements_until("}")
        self._depth -= 1
        self._expect("}")
        return statements

    def _expression(self) -> Expression:
        self._descend()
        first = self._operand()
        steps: list[Step] = []
        while self._token.kind == "mark" and self._token.text in _OPERATORS:
            operator = self._next()
            steps.append(Step(operator.at, operator.text, self._operand()))
        self._depth -= 1
        return Chain(first.at, first, tuple(steps)) if steps else first

    def _operand(self) -> Expression:
        token = self._next()
        if token.kind == "string":
            return Literal(token.at, unquoted(token.text))
        if token.kind == "number":
            return Literal(token.at, self._number(token))
        if token.kind == "name":
            return self._named(token)
        return self._marked(token)

    def _named(self, token: Token) -> Expression:
        if token.text in _CONSTANTS:
            return Literal(token.at, _CONSTANTS[token.text])
        if token.text in _KEYWORDS:
            raise self._error(f"'{token.text}' cannot stand here", token)
        if self._took("("):
            return Call(token.at, token.text, self._items(")"))
        return Variable(token.at, token.text)

    def _marked(self, token: Token) -> Expression:
        if token.text == "[":
            return ListOf(token.at, self._items("]"))
        if token.text == "{":
            return self._dictionary(token)
        if token.text == "(":
            inner = self._expression()
            self._expect(")")
            return inner
        if token.text == "-":
            self._descend()
            operand = self._operand()
            self._depth -= 1
            return _negative(token, operand)
        raise self._error(f"expected a value, found {token.shown}", token)

    def _number(self, token: Token) -> int | float:
        if "." not in token.text and len(token.text) < 20 and int(token.text) <= _LARGEST_WHOLE:
            return int(token.text)
        number = float(token.text)
        if math.isinf(number):
            raise self._error("this number is too large", token)
        return number

    def _items(self, end: str) -> tuple[Expression, ...]:
        items: list[Expression] = []
        while not self._took(end):
            items.append(self._expression())
            self._comma_or(end)
        return tuple(items)

    def _dictionary(self, start: Token) -> DictOf:
        entries: dict[str, Expression] = {}
        while not self._took("}"):
            key = self._next()
            if key.kind != "string":
                raise self._error(f"expected a key in quotes, found {key.shown}", key)
            self._expect(":")
            entries[unquoted(key.text)] = self._expression()
            self._comma_or("}")
        return DictOf(start.at, tuple(entries.items()))

    def _comma_or(self, end: str) -> None:
        if not self._took(",") and not self._is(end):
            raise self._error(f"expected ',' or '{end}', found {self._token.shown}")

    def _is(self, text: str) -> bool:
        token = self._token
        return (token.text == text and token.kind in ("mark", "name")) or token.kind == text == "end"

    def _took(self, text: str) -> bool:
        if not self._is(text):
            return False
        self._next()
        return True

    def _expect(self, text: str) -> None:
        if not self._took(text):
            raise self._error(f"expected '{text}', found {self._token.shown}")

    def _next(self) -> Token:
        token = self._token
        if token.kind != "end":
            self._index += 1
            self._token = self._tokens[self._index]
        return token

    def _descend(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"a query may be nested {MAX_DEPTH} deep at most")

    def _error(self, reason: str, token: Token | None = None) -> QueryParseError:
        line, column = place_in(self._line_starts, (token or self._token).at)
        return QueryParseError(reason + ".", line, column)


def _negative(minus: Token, operand: Expression) -> Expression:
    if isinstance(operand, Literal) and type(operand.value) in (int, float):
        return Literal(minus.at, -operand.value)  # type: ignore[operator]
    return Chain(minus.at, Literal(minus.at, 0), (Step(minus.at, "-", operand),))
