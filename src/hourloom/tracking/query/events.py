"""Events as queries handle them: bare tuples of integers around a payload that many events share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from hourloom.tracking.query.errors import QueryFunctionError

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

_decoder: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])
_encoder = msgspec.json.Encoder(order="sorted")


class Payload(msgspec.Struct, gc=False, eq=False):
    """A JSON object shared by all the events that carry it, to be read only; written when first needed.

    Treat it as unchangeable. Two payloads may say the same without being one object; sharing makes
    queries faster (every rule runs once per payload), never different. Kept out of the garbage
    collector's sight, and with it every event: JSON holds no cycles.
    """

    data: Mapping[str, Json]
    _text: str | None = None
    split: bool = False
    """Whether the parts of its URL are among its keys, so that nobody splits it again."""

    @classmethod
    def of_text(cls, text: str) -> Payload:
        """Make a payload of canonical JSON text: sorted keys, no blanks."""
        return cls(_decoder.decode(text), text)

    @classmethod
    def of(cls, data: dict[str, Json]) -> Payload:
        """Make a payload of a dictionary that nobody changes from now on."""
        return cls(data)

    @property
    def text(self) -> str:
        """Return the canonical JSON text."""
        if self._text is None:
            self._text = _encoder.encode(self.data).decode()
        return self._text

    def same_as(self, other: Payload) -> bool:
        """Tell whether both say the same."""
        return self is other or self.text == other.text

    def having(self, added: Mapping[str, Json]) -> Payload:
        """Return the payload with some keys added or replaced."""
        return Payload({**self.data, **added})


EMPTY = Payload.of({})

Event: TypeAlias = tuple[int | None, int, int, Payload]
"""Id, start, end (both in microseconds since 1970), payload. Never changed, so lists may share it."""

Events: TypeAlias = list[Event]

Row: TypeAlias = tuple[int, int, int, int]
"""An event as it is stored: id, started_at, ended_at, payload_id."""

MAX_EVENTS = 5_000_000
"""How many events a list may have."""

Given = TypeVar("Given")
Found = TypeVar("Found")


class Memo(dict[Given, Found], Generic[Given, Found]):
    """Remember what a function said of each argument; `memo[argument]` asks it at most once."""

    __slots__ = ("_ask",)

    def __init__(self, ask: Callable[[Given], Found]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, given: Given) -> Found:
        found = self[given] = self._ask(given)
        return found


def events_of_rows(rows: Iterable[Row], payloads: Mapping[int, Payload], start: int, end: int) -> Events:
    """Make events of rows as they are stored, cut to a period.

    The rows must meet the period. `payloads` maps payload ids to payloads and should give the same
    object for the same id: a cache kept between queries saves decoding.

        rows    |  ----- --   ---- |
        period  |     ^-----------^
        result  |     -- --   ---  |
    """
    # Conditions and not max() and min(), which would double the time of this loop.
    return [
        (id, began if began > start else start, ended if ended < end else end, payloads[payload_id])  # noqa: FURB136
        for id, began, ended, payload_id in rows
    ]


def with_payloads(events: Sequence[Event], payloads: Mapping[Payload, Payload]) -> Events:
    """Return the events with each payload exchanged for another."""
    return [(id, start, end, payloads[payload]) for id, start, end, payload in events]


def refuse_too_many(count: int) -> None:
    """Raise if a list of so many events would fill the memory."""
    if count > MAX_EVENTS:
        raise QueryFunctionError(
            f"The result would have more than {MAX_EVENTS} events; ask for a shorter period."
        )
