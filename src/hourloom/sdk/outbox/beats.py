"""Beats as a program hands them over, and as they wait."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from hourloom.core.clock import EARLIEST, LATEST, SECOND, Duration, Instant
from hourloom.core.errors import Invalid

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]

LARGEST_DATA = 64 * 1024
LONGEST_NAME = 200
_LONGEST = 100 * 366 * 24 * 3600.0
_SAME_MOMENT = 1_000
"""So many microseconds before the newest beat, a beat is taken to have come at the same moment."""

_encoder = msgspec.json.Encoder(order="deterministic")


class BeatRefused(Invalid):
    """This can never be recorded: {reason}."""


class Beat(NamedTuple):
    """From `at` on, what is observed is `data`: it begins, or it is still so.

    `pulsetime`, in seconds, is the longest silence before it that still counts as the same event.
    `duration`, in seconds, is for how long it is known to last.
    """

    bucket: str
    at: Instant
    data: Mapping[str, Json]
    pulsetime: float
    duration: float = 0.0


class Declaration(msgspec.Struct, frozen=True):
    """What the server is told of a bucket when it makes it."""

    name: str
    type: str
    client: str
    hostname: str


class Waiting:
    """A beat that waits to be sent; it grows while it is the newest of its bucket."""

    __slots__ = ("data", "ended_at", "place", "pulsetime", "started_at")

    def __init__(self, started_at: int, ended_at: int, pulsetime: int, data: bytes) -> None:
        self.started_at, self.ended_at = started_at, ended_at
        self.pulsetime, self.data = pulsetime, data
        self.place: tuple[int, int] | None = None
        """Where on disk it ends: number of the file and place in it; None while it is in memory alone."""

    def grown(self, later: Waiting) -> int | None:
        """Return until when this lasts if a later beat says "still so", or None if that one is another event.

        this     |------|
        later              |--|
                        <-->  at most the later one's pulsetime
        becomes  |------------|
        """
        if later.data != self.data:
            return None
        if not self.started_at <= later.started_at <= self.ended_at + later.pulsetime:
            return None
        return max(self.ended_at, later.ended_at)

    def after(self, other: Waiting) -> Waiting:
        """Return this one a moment later if it began with the other: two of a bucket never begin together.

        The server finds the event that a beat belongs to by its beginning. If two began together, the first
        of them sent twice would be taken for something new.
        """
        if not other.started_at - _SAME_MOMENT <= self.started_at <= other.started_at:
            return self
        started_at = other.started_at + 1
        return Waiting(started_at, max(started_at, self.ended_at), self.pulsetime, self.data)


def waiting_of(beat: Beat) -> Waiting:
    """Return a beat as it waits; raise BeatRefused for one that no server would ever take."""
    pulsetime, duration = _length("pulsetime", beat.pulsetime), _length("duration", beat.duration)
    if beat.at < EARLIEST or beat.at + duration >= LATEST:
        raise BeatRefused(reason="its time lies outside the years 1970 to 9998")
    if not isinstance(beat.data, Mapping):
        raise BeatRefused(reason="its data is no JSON object")
    return Waiting(int(beat.at), int(beat.at) + duration, pulsetime, _encoded(beat.data))


def named(what: str, name: str, *, required: bool = False) -> str:
    """Return a name as the server takes it; raise BeatRefused otherwise."""
    if len(name) > LONGEST_NAME or (required and not name):
        raise BeatRefused(reason=f"the {what} has {len(name)} characters")
    if any(ord(letter) < 32 or letter in "\x7f\ufffd" or "\ud800" <= letter <= "\udfff" for letter in name):
        raise BeatRefused(reason=f"the {what} holds a character that is none")
    if required and "/" in name:
        raise BeatRefused(reason=f"the {what} holds a slash")
    return name


def _length(what: str, seconds: float) -> Duration:
    if not math.isfinite(seconds) or not 0 <= seconds <= _LONGEST:
        raise BeatRefused(reason=f"its {what} is no time between 0 s and a hundred years")
    return Duration(round(seconds * SECOND))


def _encoded(data: Mapping[str, Json]) -> bytes:
    try:
        encoded = _encoder.encode(data)
    except UnicodeEncodeError:
        # Half of a surrogate pair, as file names and titles may hold: no character, so it is replaced.
        text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        encoded = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    except (TypeError, ValueError, RecursionError):
        raise BeatRefused(reason="its data is no JSON") from None
    if len(encoded) > LARGEST_DATA:
        raise BeatRefused(reason=f"its data is larger than {LARGEST_DATA} bytes")
    return encoded
