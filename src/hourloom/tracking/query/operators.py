"""What `+ - * / % ==` mean between two values of a query."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from operator import add, mod, mul, sub, truediv

from hourloom.tracking.query.errors import QueryInterpretError
from hourloom.tracking.query.events import refuse_too_many
from hourloom.tracking.query.values import Value, are_events, kind_of

MAX_TEXT = 1024 * 1024

_EXACT = 2**53
"""Whole numbers beyond this are handled as floats, as all numbers are in JavaScript and aw-server-rust."""

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": truediv,
    "%": mod,
}


def apply(operator: str, left: Value, right: Value) -> Value:
    """Return what an operator makes of two values."""
    if operator == "==":
        return _equal(left, right)
    if _is_number(left) and _is_number(right):
        return _calculated(operator, left, right)
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return _joined_text(left, right)
    if operator == "+" and isinstance(left, list) and isinstance(right, list):
        return _joined_lists(left, right)
    raise QueryInterpretError(f"'{operator}' cannot be used between {kind_of(left)} and {kind_of(right)}.")


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(left: Value, right: Value) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _calculated(operator: str, left: Value, right: Value) -> int | float:
    assert isinstance(left, (int, float))
    assert isinstance(right, (int, float))
    if operator in "/%" and not right:
        raise QueryInterpretError("This divides by zero.")
    if operator == "%":
        return (
            math.fmod(left, right)
            if isinstance(left, float) or isinstance(right, float)
            else _remainder(left, right)
        )
    try:
        result = _ARITHMETIC[operator](left, right)
    except OverflowError:
        raise QueryInterpretError("This number is too large.") from None
    if math.isinf(result):
        raise QueryInterpretError("This number is too large.")
    return result if abs(result) <= _EXACT else float(result)


def _remainder(left: int, right: int) -> int:
    """Return what division leaves, with the sign of the dividend as in Rust."""
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def _joined_text(left: str, right: str) -> str:
    if len(left) + len(right) > MAX_TEXT:
        raise QueryInterpretError(f"A string may have {MAX_TEXT} characters at most.")
    return left + right


def _joined_lists(left: list[Value], right: list[Value]) -> list[Value]:
    if left and right and are_events(left) != are_events(right):
        raise QueryInterpretError("A list of events and another list cannot be joined.")
    refuse_too_many(len(left) + len(right))
    return left + right
