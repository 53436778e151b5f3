"""Bring what comes from windows within bounds: any program may give its window any title."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hourloom.device.ports import Json

LONGEST: dict[str, int] = {"app": 255}
LONGEST_TEXT = 2_000
MOST_FIELDS, MOST_ITEMS, DEEPEST = 32, 64, 3
_READ_AT_MOST = 16 * LONGEST_TEXT
"""Of a title of a megabyte no more is looked at."""
# Control characters, those that change the direction of text, line separators, and halves of a pair.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def clean(data: Mapping[str, Json]) -> dict[str, Json]:
    """Return data that can be stored and shown."""
    return {
        text(name, 64): _value(value, LONGEST.get(name, LONGEST_TEXT), DEEPEST)
        for name, value in list(data.items())[:MOST_FIELDS]
    }


def text(value: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text without what cannot be shown, shortened with an ellipsis."""
    found = _UNWANTED.sub(_replacement, value[:_READ_AT_MOST]).strip()
    return found if len(found) <= longest else found[: longest - 1] + "\u2026"


def _replacement(found: re.Match[str]) -> str:
    return " " if any(char in "\t\n\v\f\r\u2028\u2029" for char in found[0]) else ""


def _value(value: Json, longest: int, depth: int) -> Json:
    if isinstance(value, str):
        return text(value, longest)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else None
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if not depth:
        return None
    if isinstance(value, Mapping):
        items = list(value.items())[:MOST_FIELDS]
        return {text(name, 64): _value(item, LONGEST_TEXT, depth - 1) for name, item in items}
    return [_value(item, LONGEST_TEXT, depth - 1) for item in value[:MOST_ITEMS]]
