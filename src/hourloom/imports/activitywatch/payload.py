"""An event's data as canonical JSON, or the reason why it cannot be used."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from hourloom.imports.model import FaultyData

MAX_BYTES = 1 << 20
MAX_DEPTH = 60
"""The server takes 64 levels, a few of which belong to the request around the data."""

_MEMO_BYTES = 512
_DECODER = msgspec.json.Decoder(object)
_ENCODER = msgspec.json.Encoder(order="deterministic")
_LONG_NUMBER = re.compile(rb"\d{19}")
_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical(raw: bytes) -> bytes:
    """Return a JSON object with sorted keys, no blanks and no lone surrogates."""
    return _short(raw) if len(raw) <= _MEMO_BYTES else _canonical(raw)


def _canonical(raw: bytes) -> bytes:
    if len(raw) > MAX_BYTES:
        raise FaultyData(reason="its data is larger than 1 MiB")
    value = _decode(raw)
    if not isinstance(value, dict):
        raise FaultyData(reason="its data is not an object")
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise FaultyData(reason=f"its data is nested deeper than {MAX_DEPTH} levels")
    encoded = _ENCODER.encode(value)
    if _LONG_NUMBER.search(encoded) and any(_beyond_64_bits(leaf) for leaf in _leaves(value)):
        raise FaultyData(reason="its data holds an integer beyond 64 bits")
    _refuse_repeated_keys(raw, encoded)
    return encoded


# Real data repeats a few distinct payloads, so most events cost one look-up.
_short = lru_cache(maxsize=16384)(_canonical)


def _decode(raw: bytes) -> object:
    try:
        value: object = _DECODER.decode(raw)
    except RecursionError:
        raise FaultyData(reason=f"its data is nested deeper than {MAX_DEPTH} levels") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        value = _decode_mending(raw)
    return value


def _decode_mending(raw: bytes) -> object:
    """Decode what a strict decoder refuses for its strings alone."""
    try:
        text = raw.decode("utf-8", "replace")
        value: object = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise FaultyData(reason=f"its data is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError:
        raise FaultyData(reason="its data is not valid JSON") from None
    if _depth(value) > MAX_DEPTH:
        raise FaultyData(reason=f"its data is nested deeper than {MAX_DEPTH} levels")
    return _without_surrogates(value)


def _refuse_constant(text: str) -> object:
    raise FaultyData(reason=f"its data holds {text}, which is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise FaultyData(reason="its data holds a number out of range")
    return number


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {replace_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which no encoding can carry, by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def _depth(value: object) -> int:
    """Return the number of levels, walking level by level so that depth costs no stack."""
    levels, here = 0, [value]
    while here := [item for item in here if isinstance(item, dict | list)]:
        levels += 1
        here = [child for item in here for child in _children(item)]
    return levels


def _children(value: dict[str, object] | list[object]) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else value


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        for child in _children(value):
            yield from _leaves(child)
    else:
        yield value


def _beyond_64_bits(value: object) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def _refuse_repeated_keys(raw: bytes, encoded: bytes) -> None:
    if b"\\" in raw:
        # Escapes change the number of quotes, so count keys instead.
        json.loads(raw.decode("utf-8", "replace"), object_pairs_hook=_unique)
    elif raw.count(b'"') != encoded.count(b'"'):
        raise FaultyData(reason="its data names a key twice")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(named := dict(pairs)) != len(pairs):
        raise FaultyData(reason="its data names a key twice")
    return named
