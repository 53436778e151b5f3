"""One event as ActivityWatch writes it in JSON, turned into ours."""

from __future__ import annotations

import math
import re

import msgspec

from hourloom.core.clock import LATEST, NotAnInstant, parse_instant
from hourloom.imports.activitywatch.payload import MAX_BYTES, canonical
from hourloom.imports.model import FaultyData, FaultyEvent, SourceEvent

_FINER_THAN_MICROSECONDS = re.compile(r"[.,]\d{6}(\d{1,3})")
_EXACT_IN_NANOSECONDS = 1_000_000.0
"""Seconds up to which a float tells nanoseconds apart."""


class WireEvent(msgspec.Struct, gc=False):
    """The fields of an event that matter; others are ignored."""

    timestamp: str
    id: int | None = None
    duration: float = 0.0
    data: msgspec.Raw = msgspec.Raw(b"{}")


_ONE = msgspec.json.Decoder(WireEvent)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MANY = msgspec.json.Decoder(list[WireEvent])


def decode_many(text: bytes) -> list[WireEvent]:
    """Decode a whole JSON array, or raise if anything in it deserves a closer look."""
    events = _MANY.decode(text)
    singly = text.count(b'"timestamp"') == len(events)
    if not singly or max(text.count(b'"duration"'), text.count(b'"data"')) > len(events):
        raise FaultyData(reason="an event names a field twice")
    return events


def decode_one(text: bytes | None) -> WireEvent:
    """Decode one event, or say what is wrong with it; None stands for one too large to hold."""
    if text is None or len(text) > MAX_BYTES:
        raise FaultyData(reason="it is larger than 1 MiB")
    try:
        event, repeats = _ONE.decode(text), _repeats_a_field(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FaultyData(reason=_explain(error, text)) from None
    if repeats:
        raise FaultyData(reason="it names a field twice")
    return event


def _explain(error: Exception, text: bytes) -> str:
    if isinstance(error, msgspec.ValidationError):
        return f"it has an unexpected shape: {error}"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if re.search(rb"\b(NaN|Infinity)\b", text):
        return "it holds NaN or Infinity, which is no JSON number"
    return "it is not valid JSON"


def _repeats_a_field(text: bytes) -> bool:
    """Compare what was read with the raw fields: a repeated one hides the ones before it."""
    fields = _FIELDS.decode(text)
    kept = sum(_quotes(key.encode()) + 2 + _quotes(bytes(value)) for key, value in fields.items())
    return b"\\" not in text and text.count(b'"') != kept


def _quotes(text: bytes) -> int:
    return text.count(b'"')


def event_of(wire: WireEvent) -> SourceEvent:
    """Return the event with instants in whole microseconds, or raise FaultyData."""
    try:
        start = parse_instant(wire.timestamp)
    except NotAnInstant:
        raise FaultyData(reason=f"its timestamp {wire.timestamp[:40]!r} is no time from 1970 on") from None
    beyond = _nanoseconds_beyond(wire.timestamp) if len(wire.timestamp) > 26 else 0
    end = start + (beyond + nanoseconds(wire.duration)) // 1000
    return checked(start, end, bytes(wire.data))


def read(wire: WireEvent, number: int, offset: int) -> SourceEvent | FaultyEvent:
    """Return the event, or what is wrong with it as a value."""
    try:
        return event_of(wire)
    except FaultyData as fault:
        return FaultyEvent(f"event {number}, about byte {offset}", fault.message)


def read_text(text: bytes | None, number: int, offset: int) -> SourceEvent | FaultyEvent:
    """Return the event in this text, or what is wrong with it as a value."""
    try:
        return event_of(decode_one(text))
    except FaultyData as fault:
        return FaultyEvent(f"event {number}, at byte {offset}", fault.message)


def checked(start: int, end: int, data: bytes) -> SourceEvent:
    """Return an event that lies between 1970 and 9999 and does not end before it starts."""
    if not 0 <= start <= end:
        raise FaultyData(reason="it ends before it starts" if start >= 0 else "it starts before 1970")
    if end >= LATEST:
        raise FaultyData(reason="it ends after the year 9999")
    return SourceEvent(start, end, canonical(data))


def nanoseconds(seconds: float) -> int:
    """Return a duration as aw-server-rust holds it, so that file and database agree."""
    if not math.isfinite(seconds) or seconds < 0:
        raise FaultyData(reason=f"its duration {seconds} is not a length of time")
    if seconds > _EXACT_IN_NANOSECONDS:
        return round(seconds * 1e6) * 1000
    return round(seconds * 1e9)


def _nanoseconds_beyond(timestamp: str) -> int:
    digits = _FINER_THAN_MICROSECONDS.search(timestamp)
    return int(digits[1].ljust(3, "0")) if digits else 0
