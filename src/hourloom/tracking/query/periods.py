"""Intersect and unite the time that lists of events cover."""

from __future__ import annotations

from hourloom.tracking.query.deadline import NEVER, Deadline
from hourloom.tracking.query.events import EMPTY, Event, Events, refuse_too_many
from hourloom.tracking.query.ordering import by_start, concat


def filter_period_intersect(events: Events, filters: Events, deadline: Deadline = NEVER) -> Events:
    """Cut the events to the time that the filter events cover; ids and payloads stay.

        events   |   =======        ======== |
        filters  | ------  ---  ---   ----   |
        result   |   ====  =          ====   |

    An event under several filters comes out once for each, one without length survives inside a
    filter. Both lists are walked once, whichever ends first being left behind, as in ActivityWatch:
    the result never has more events than both lists together.
    """
    cut: Events = []
    windows = iter(sorted(filters, key=by_start))
    window = next(windows, None)
    if window is None:
        return cut
    opens, closes = window[1], window[2]
    for part in deadline.parts(sorted(events, key=by_start)):
        for event in part:
            id, start, end, payload = event
            while not (opens <= start and end <= closes):
                low = start if start > opens else opens  # noqa: FURB136  # max() is slower
                high = end if end < closes else closes  # noqa: FURB136
                if low < high or (low == high and (start == end or opens == closes)):
                    cut.append((id, low, high, payload))
                if end <= closes:
                    break
                window = next(windows, None)
                if window is None:
                    return cut
                opens, closes = window[1], window[2]
            else:
                cut.append(event)
    return cut


def period_union(first: Events, second: Events, deadline: Deadline = NEVER) -> Events:
    """Return the time covered by either list, touching periods joined, with empty payloads.

    first   |   -------       --------- |
    second  | ------  ---  --    ----   |
    result  | -----------  -- --------- |
    """
    union: Events = []
    ends = -1
    for part in deadline.parts(sorted(concat(first, second), key=by_start)):
        for id, start, end, _ in part:
            if start > ends:
                union.append((id, start, end, EMPTY))
                ends = end
            elif end > ends:
                union[-1] = (union[-1][0], union[-1][1], end, EMPTY)
                ends = end
    return union


def union_no_overlap(first: Events, second: Events, deadline: Deadline = NEVER) -> Events:
    """Return the events of both lists, those of the second cut around those of the first.

    first   | xxx    xx     xxx     |
    second  |  ----     ------   -- |
    result  | xxx--  xx ----xxx  -- |
    """
    if not first or not second:
        return first or second
    united: Events = []
    rest = sorted(second, key=by_start)
    rest.reverse()
    for event in sorted(first, key=by_start):
        deadline.check()
        refuse_too_many(len(united))
        _place_before(united, rest, event)
        united.append(event)
        _drop_covered(rest, event)
    return united + rest[::-1]


def _place_before(united: Events, rest: Events, event: Event) -> None:
    """Move what lies before an event out of the rest: a stack, the oldest on top."""
    start, crossing = event[1], []
    while rest and rest[-1][1] < start:
        id, began, ended, payload = rest.pop()
        united.append((id, began, min(ended, start), payload))
        if ended > start:
            crossing.append((id, start, ended, payload))
    rest.extend(reversed(crossing))


def _drop_covered(rest: Events, event: Event) -> None:
    """Cut from the rest what an event covers."""
    end, crossing = event[2], []
    while rest and (rest[-1][1] < end or rest[-1][2] <= end):
        id, _, ended, payload = rest.pop()
        if ended > end:
            crossing.append((id, end, ended, payload))
    rest.extend(reversed(crossing))
