"""What a variable of a query may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeGuard

from hourloom.tracking.query.events import Event, Events

Value: TypeAlias = "bool | int | float | str | Event | Sequence[Value] | Mapping[str, Value] | None"


def are_events(value: Value) -> TypeGuard[Events]:
    """Tell whether a value is a list of events; the empty list is one.

    The first element decides: only functions make events, and they make whole lists of them.
    """
    return isinstance(value, list) and (not value or type(value[0]) is tuple)


def kind_of(value: Value) -> str:
    """Name a value's type in the words of a message."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, Mapping):
        return "a dictionary"
    if isinstance(value, list):
        return "a list of events" if value and are_events(value) else "a list"
    return "nothing"
