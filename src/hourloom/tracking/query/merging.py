"""Sum events that say the same, and chunk neighbours that do."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import itemgetter

import msgspec

from hourloom.tracking.query.deadline import NEVER, Deadline
from hourloom.tracking.query.encoding import json_events
from hourloom.tracking.query.events import Event, Events, Json, Memo, Payload
from hourloom.tracking.query.ordering import duration_of

_encode = msgspec.json.Encoder(order="sorted").encode


def merge_events_by_keys(events: Events, keys: Sequence[str], deadline: Deadline = NEVER) -> Events:
    """Sum the events whose values for some keys agree, in the order in which each was first seen.

        events  |  a  bb   aaa  b |     keys: the letter
        result  |  aaaa  bbb      |

    Each result begins where its first event does, lasts as long as all of them, has no id and only
    the keys asked for. Events that lack a key are merged with those that lack the same. Without
    keys the events come back as they are.
    """
    if not keys:
        return events
    identity = _identity_by(keys)
    groups: dict[Hashable, int] = {}
    numbers: dict[Payload, int] = {}
    firsts: list[tuple[int, Payload]] = []
    durations: list[int] = []
    for part in deadline.parts(events):
        for _, start, end, payload in part:
            number = numbers.get(payload)
            if number is None:
                # Most payloads are seen once, so that this is as busy as the loop itself.
                numbers[payload] = number = groups.setdefault(identity(payload.data), len(firsts))
                if number == len(firsts):
                    firsts.append((start, payload))
                    durations.append(0)
            durations[number] += end - start
    return [
        (None, start, start + duration, Payload({key: data[key] for key in keys if key in data}))
        for (start, data), duration in zip(
            ((start, payload.data) for start, payload in firsts), durations, strict=True
        )
    ]


def chunk_events_by_key(events: Events, key: str, deadline: Deadline = NEVER) -> Events:
    """Join neighbours in the list whose value for a key is equal; events without the key are left out.

        events  |  a aa  b  bb a |     key: the letter
        result  |  aaa   bbb   a |

    Each chunk lasts as long as its events do together and keeps them under `subevents`.
    """
    runs: list[Events] = []
    identity = _identity_by([key])
    identities: Memo[Payload, Hashable] = Memo(lambda payload: identity(payload.data))
    last: Hashable = None
    for part in deadline.parts(events):
        for event in part:
            if key in event[3].data:
                same = identities[event[3]]
                if not runs or same != last:
                    runs.append([])
                runs[-1].append(event)
                last = same
    return [_chunk(run, key) for run in runs]


def _chunk(run: Events, key: str) -> Event:
    _, start, _, payload = run[0]
    data: dict[str, Json] = {key: payload.data[key], "subevents": json_events(run)}
    return (None, start, start + sum(map(duration_of, run)), Payload.of(data))


def _identity_by(keys: Sequence[str]) -> Callable[[Mapping[str, Json]], Hashable]:
    """Return what tells data apart by some keys' values, as JSON does: 1, 1.0 and true differ."""
    pick = itemgetter(*keys)

    def identity(data: Mapping[str, Json]) -> Hashable:
        try:
            values: Hashable = pick(data)
        except KeyError:
            return _encode({key: data[key] for key in keys if key in data})
        if type(values) is str:
            return values
        if type(values) is tuple:
            for value in values:
                if type(value) is not str:
                    break
            else:
                return values
        return _encode(values)

    return identity
