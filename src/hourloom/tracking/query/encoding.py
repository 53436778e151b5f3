"""Write the result of a query as ActivityWatch's server writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

import msgspec

from hourloom.core.clock import DAY, SECOND
from hourloom.core.decoding import decode
from hourloom.tracking.query.events import Event, Events, Json, Memo, Payload
from hourloom.tracking.query.values import Value, are_events

_FIRST_DAY = date(1970, 1, 1).toordinal()

_encoder = msgspec.json.Encoder(order="deterministic")


class WireEvent(msgspec.Struct, gc=False):
    """An event as `/api/0` shows it."""

    data: msgspec.Raw
    duration: float
    id: int | None
    timestamp: str


Wire: TypeAlias = "bool | int | float | str | WireEvent | Sequence[Wire] | Mapping[str, Wire] | None"


def encode_result(value: Value) -> bytes:
    """Encode a query's result: keys sorted, events with id, timestamp, duration and data."""
    return _encoder.encode(_wire(value))


def json_events(events: Events) -> list[Json]:
    """Return events as plain JSON, for payloads that hold events."""
    decoded: list[Json] = decode(encode_result(events))
    return decoded


def format_timestamp(instant: int) -> str:
    """Write an instant as Python's isoformat does: `+00:00`, six decimals or none."""
    return _timestamp(instant, Memo(_date))


def _wire(value: Value) -> Wire:
    if isinstance(value, Mapping):
        return {key: _wire(item) for key, item in value.items()}
    if are_events(value):
        return _wire_events(value)
    if isinstance(value, (list, tuple)):
        return [_wire(item) for item in value]
    return value  # type: ignore[return-value]


def _wire_events(events: Events) -> list[WireEvent]:
    raws: Memo[Payload, msgspec.Raw] = Memo(lambda payload: msgspec.Raw(payload.text))
    dates: Memo[int, str] = Memo(_date)
    return [_wire_event(event, raws, dates) for event in events]


def _wire_event(event: Event, raws: Memo[Payload, msgspec.Raw], dates: Memo[int, str]) -> WireEvent:
    id, start, end, payload = event
    return WireEvent(raws[payload], (end - start) / SECOND, id, _timestamp(start, dates))


def _timestamp(instant: int, dates: Memo[int, str]) -> str:
    day, rest = divmod(instant, DAY)
    seconds, fraction = divmod(rest, SECOND)
    minutes, second = divmod(seconds, 60)
    decimals = f".{fraction:06}" if fraction else ""
    return f"{dates[day]}T{minutes // 60:02}:{minutes % 60:02}:{second:02}{decimals}+00:00"


def _date(day: int) -> str:
    return date.fromordinal(_FIRST_DAY + day).isoformat()
