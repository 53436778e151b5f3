"""A Change's body as the API writes it: instants in RFC 3339, durations in decimal seconds."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from hourloom.core.changes import Change
from hourloom.core.clock import Duration, Instant, format_instant, seconds_of

Form = Callable[[Any], object]  # of a value whose type its field states
_encode = msgspec.json.Encoder().encode


def body_of(change: Change) -> bytes:
    """Write a Change as JSON."""
    return _encode(_form_of(type(change))(change))


@lru_cache(maxsize=1024)
def _form_of(hint: Any) -> Form:
    """Return how values of a type are written."""
    if hint is Instant:
        return format_instant
    if hint is Duration:
        return seconds_of
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _struct_form(hint)
    arguments = get_args(hint)
    if get_origin(hint) in (list, tuple, frozenset, set):
        item = _form_of(arguments[0])
        return lambda values: [item(value) for value in values]
    if type(None) in arguments and len(arguments) == 2:
        present = _form_of(next(a for a in arguments if a is not type(None)))
        return lambda value: None if value is None else present(value)
    return _as_it_is


def _struct_form(kind: type[msgspec.Struct]) -> Form:
    hints = get_type_hints(kind)
    fields = [(name, _form_of(hints[name])) for name in kind.__struct_fields__]
    return lambda value: {name: form(getattr(value, name)) for name, form in fields}


def _as_it_is(value: object) -> object:
    return value
