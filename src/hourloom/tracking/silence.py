"""Which watchers have fallen silent: pure decisions about buckets and when they were last heard.

    runs of the look    |     |     |     |     |     |     |
    afk watcher         ======not-afk======------off------===      the device is in use
    window watcher      =====                             =        heard again: counted anew
    missed                    1     2     2     2     2   0

Time counts as missed only while another watcher of the same device tells that somebody is there, so nothing
is missed at night, on a device that is off, or during the first minutes after it was switched on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from hourloom.core.clock import DAY, MINUTE, Duration, Instant

LOOK_EVERY = Duration(5 * MINUTE)
MOST_COUNTED = Duration(2 * LOOK_EVERY)
"""A device that slept has moved on by hours when it is looked at again; nobody used it meanwhile."""
IN_USE = Duration(14 * DAY)
"""A bucket that was not heard for so long has been given up, or came from an import."""
STEADY_TYPES = frozenset({"currentwindow", "afkstatus"})
"""Buckets whose watchers report whenever their device is in use."""
PATIENCE_WITH_OTHERS = 40
"""Browsers and editors report only while they are used: their buckets may miss so many times as much."""


class Stream(msgspec.Struct, frozen=True):
    """A bucket and what its newest event tells."""

    bucket_id: int
    device_id: int
    name: str
    steady: bool
    heard: Instant
    """Where its newest event ends."""
    tells_presence: bool
    """Whether by that event somebody is at the device."""


class Listening(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a bucket until the next look."""

    heard: Instant
    missed: Duration
    """How long its device has been in use since it was heard."""


Heard = dict[int, Listening]
"""By the number of the bucket."""


def listened(before: Mapping[int, Listening], streams: Iterable[Stream], now: Instant) -> Heard:
    """Return what is known after a look, from what was known before."""
    watched = [stream for stream in streams if now - IN_USE < stream.heard <= now + LOOK_EVERY]
    in_use: dict[int, Duration] = {}
    for stream in watched:
        moved = stream.heard - before[stream.bucket_id].heard if stream.bucket_id in before else 0
        if stream.tells_presence and moved > in_use.get(stream.device_id, 0):
            in_use[stream.device_id] = Duration(min(moved, MOST_COUNTED))
    return {stream.bucket_id: _one(before.get(stream.bucket_id), stream, in_use) for stream in watched}


def _one(known: Listening | None, stream: Stream, in_use: Mapping[int, Duration]) -> Listening:
    if known is None or stream.heard > known.heard:
        return Listening(stream.heard, Duration(0))
    return Listening(stream.heard, Duration(known.missed + in_use.get(stream.device_id, 0)))


def silent(streams: Iterable[Stream], heard: Mapping[int, Listening], threshold: Duration) -> dict[str, int]:
    """Return the names of the buckets that are silent, each with the minutes that it missed at least."""
    found = {}
    for stream in streams:
        patience = threshold if stream.steady else threshold * PATIENCE_WITH_OTHERS
        missed = heard[stream.bucket_id].missed if stream.bucket_id in heard else 0
        if threshold and missed >= patience:
            # In whole thresholds, so that a notice is not told anew at each look.
            found[stream.name] = missed // threshold * threshold // MINUTE
    return found
