"""Fill the short gaps that watchers leave between events."""

from __future__ import annotations

from operator import itemgetter

from hourloom.core.clock import SECOND
from hourloom.tracking.query.deadline import NEVER, Deadline
from hourloom.tracking.query.events import EMPTY, Event, Events, Memo, Payload
from hourloom.tracking.query.ordering import sort_by_timestamp

PULSETIME = 5 * SECOND

_OVERLAP_TO_TRIM = SECOND // 10
"""Overlaps shorter than this are taken for imprecision and split like gaps."""

_LAST: Event = (None, 2**62, 2**62, EMPTY)
"""Stands after all events and too far from them to touch, so that the loop needs no second ending."""

_by_end = itemgetter(2)


def flood(events: Events, pulsetime: int = PULSETIME, deadline: Deadline = NEVER) -> Events:
    """Close gaps up to a pulsetime, so that no time is lost between two polls and none counts twice.

        events  |  aa  aa   bb      cc |
        result  |  aaaaaaaabbbb     cc |

    Neighbours that say the same become one; others meet in the middle of their gap. Where events
    overlap, those that say the same become one and otherwise the later wins. Events without length
    are dropped. The result is in order of time.
    """
    ordered = sort_by_timestamp(sorted(events, key=_by_end))
    if not ordered:
        return []
    flooded: Events = []
    covered = -1
    texts: Memo[Payload, str] = Memo(lambda payload: payload.text)
    id, start, end, payload = ordered[0]
    said = texts[payload]
    for part in deadline.parts([*ordered[1:], _LAST]):
        for following in part:
            next_id, next_start, next_end, next_payload = following
            next_said = texts[next_payload]
            gap = next_start - end
            if gap < 0 or 0 < gap <= pulsetime:
                if said == next_said:
                    if gap < 0 or end - start >= next_end - next_start:
                        start, end = min(start, next_start), max(end, next_end)
                        next_start = next_end = end
                    else:
                        next_start, end = start, start
                elif -_OVERLAP_TO_TRIM < gap <= pulsetime:
                    next_start = end = end + gap // 2
            if covered <= start < end:
                flooded.append((id, start, end, payload))
                covered = end
            elif start < end:
                covered = _lay(flooded, (id, start, end, payload))
            id, start, end, payload, said = next_id, next_start, next_end, next_payload, next_said
    return flooded


def _lay(flooded: Events, event: Event) -> int:
    """Append an event, taking from those before it what they overlap; return where the last now ends."""
    _, start, end, payload = event
    while flooded and flooded[-1][2] > start:
        last_id, last_start, last_end, last_payload = flooded.pop()
        if last_payload.same_as(payload):
            flooded.append((last_id, last_start, max(last_end, end), last_payload))
            return flooded[-1][2]
        if start > last_start:
            flooded.append((last_id, last_start, start, last_payload))
            break
    flooded.append(event)
    return end
