"""JSON as an attacker might write it: no NaN, no duplicate keys, bounded depth and numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from hourloom.core.errors import Invalid

DEPTH = 64
LARGEST_GLANCED_AT = 4096
_LARGEST = 2**63
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DOUBTFUL = re.compile(rb"\\|\d{18}|[eE][+]?\d\d|NaN|Infinity")
"""Escapes, numbers that may be too large, and words that are no JSON."""
_OUTSIDE_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[^][{}"]+')


class NotJson(Invalid):
    """The body is not valid JSON: {reason}."""


class DuplicateKey(Invalid):
    """The key '{key}' occurs twice in one JSON object."""


class TooDeep(Invalid):
    """The JSON is nested deeper than 64 levels."""


class NumberTooLarge(Invalid):
    """A number in the JSON does not fit into 64 bits."""


class LoneSurrogate(Invalid):
    """A text in the JSON holds one half of a surrogate pair, which is no character."""


def loads(text: bytes) -> Any:  # any JSON value
    """Parse JSON strictly; lone surrogates become U+FFFD, since they cannot be stored."""
    refuse_deep(text)
    value = _decoded(text)
    return _without_surrogates(value) if may_hold_surrogates(text) else value


def refuse_duplicates(text: bytes) -> None:
    """Raise for what `loads` would refuse; for text decoded elsewhere."""
    refuse_deep(text)
    if not _is_harmless(text):
        _decoded(text)


def _is_harmless(text: bytes) -> bool:
    """Return whether it can be seen without parsing that no two keys are the same and no number is doubtful.

    Most bodies are a heartbeat of half a dozen keys, and parsing them only for this would take longer
    than all else that is done with them. Between two quotes is a string, and a key has a colon behind it.
    Large bodies are lists, which name the same keys again and again, so there is nothing to be seen.
    """
    if len(text) > LARGEST_GLANCED_AT or not text.isascii() or _DOUBTFUL.search(text):
        return False
    pieces = text.split(b'"')
    keys = [pieces[n] for n in range(1, len(pieces) - 1, 2) if pieces[n + 1].lstrip().startswith(b":")]
    return len(set(keys)) == len(keys)


def mended(text: bytes) -> bytes:
    """Return JSON in which lone surrogates, which some programs write, have become U+FFFD."""
    return canonical(loads(text)).encode()


def may_hold_surrogates(text: bytes) -> bool:
    """Return whether lone surrogates may be what a strict parser refused."""
    return b"\\ud" in text or b"\\uD" in text


def _decoded(text: bytes) -> Any:  # any JSON value
    try:
        return _DECODER.decode(text.decode())
    except (ValueError, RecursionError) as error:
        raise NotJson(reason=str(error)[:100]) from None


def canonical(value: object) -> str:
    """Write JSON in one way only: sorted keys, no blanks, as UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def refuse_deep(text: bytes) -> None:
    """Raise when JSON is nested too deeply, without parsing it."""
    if text.count(b"[") + text.count(b"{") <= DEPTH:
        return
    depth = deepest = 0
    for bracket in _OUTSIDE_BRACKETS.sub(b"", text):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > DEPTH:
        raise TooDeep


def _distinct(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DuplicateKey(key=_LONE_SURROGATE.sub("\ufffd", twice[:40]))
    return found


def _refuse_constant(name: str) -> object:
    raise NotJson(reason=f"{name} is not a JSON number")


def _bounded_int(text: str) -> int:
    if len(text) > 20 or not -_LARGEST <= (number := int(text)) < _LARGEST:
        raise NumberTooLarge
    return number


def _bounded_float(text: str) -> float:
    if math.isinf(number := float(text)):
        raise NumberTooLarge
    return number


def _without_surrogates(value: Any) -> Any:  # any JSON value
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        # Two keys may have become one.
        return _distinct([(_without_surrogates(k), _without_surrogates(item)) for k, item in value.items()])
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_distinct,
    parse_constant=_refuse_constant,
    parse_int=_bounded_int,
    parse_float=_bounded_float,
)
