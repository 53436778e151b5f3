"""Enrich events with what another watcher saw at the same time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import accumulate, pairwise
from typing import TypeAlias

from hourloom.tracking.query.deadline import NEVER, Deadline
from hourloom.tracking.query.events import Event, Events, Json, Memo, Payload, refuse_too_many
from hourloom.tracking.query.ordering import by_start

_Enriched: TypeAlias = Memo[tuple[Payload, Payload], Payload]
"""A base payload and another watcher's, to what they make together."""


def merge_subwatcher_fields(
    base: Events, others: Events, keys: Sequence[str], *, base_wins: bool = True, deadline: Deadline = NEVER
) -> Events:
    """Split events where another watcher's events begin and end, and copy some keys from these.

        base    |  aaaaaaaa   bbb |
        others  |     xxxyyy      |
        result  |  aaaAAAÀÀ   bbb |     A: a with x's keys, À: a with y's

    Where several of the others overlap, the one that began last counts. No time is added or lost.
    """
    covering = _Covering(others)
    enrich: _Enriched = Memo(lambda pair: _enriched(pair, keys, base_wins=base_wins))
    result: Events = []
    for event in base:
        deadline.check()
        refuse_too_many(len(result))
        result.extend(_split(event, covering, enrich) if keys else [event])
    return result


class _Covering:
    """The other watcher's events, found by the time they cover."""

    def __init__(self, events: Events) -> None:
        self._events = sorted((event for event in events if event[1] < event[2]), key=by_start)
        self._starts = [event[1] for event in self._events]
        self._latest_ends = list(accumulate((event[2] for event in self._events), max))

    def within(self, start: int, end: int) -> Events:
        """Return the events that share time with a period, the oldest first."""
        first = bisect_right(self._latest_ends, start)
        last = bisect_left(self._starts, max(end, start + 1))
        return [event for event in self._events[first:last] if event[2] > start]


def _split(event: Event, covering: _Covering, enrich: _Enriched) -> Events:
    id, start, end, payload = event
    overlapping = covering.within(start, end)
    if not overlapping:
        return [event]
    inner = {time for other in overlapping for time in other[1:3] if start < time < end}
    pieces: Events = []
    newest: list[tuple[int, int, int]] = []
    waiting = 0
    for begins, ends in pairwise((start, *sorted(inner), end)):
        while waiting < len(overlapping) and overlapping[waiting][1] <= begins:
            heappush(newest, (-overlapping[waiting][1], -overlapping[waiting][2], waiting))
            waiting += 1
        while newest and -newest[0][1] <= begins:
            heappop(newest)
        said = enrich[payload, overlapping[newest[0][2]][3]] if newest else payload
        if pieces and pieces[-1][3].same_as(said):
            pieces[-1] = (id, pieces[-1][1], ends, said)
        else:
            pieces.append((id, begins, ends, said))
    return pieces


def _enriched(pair: tuple[Payload, Payload], keys: Sequence[str], *, base_wins: bool) -> Payload:
    base, other = pair
    added: dict[str, Json] = {key: other.data[key] for key in keys if key in other.data}
    return base.having({**added, **base.data} if base_wins else added)
