"""Sum events that say the same, and chunk neighbours that do."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
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
    groups = _Groups(keys)
    durations = groups.durations
    for part in deadline.parts(events):
        for _, start, end, payload in part:
            number = groups.get(payload)
            if number is None:
                number = groups.placed(payload, start)
            durations[number] += end - start
    return [
        (None, start, start + duration, _projected(payload, keys))
        for (start, payload), duration in zip(groups.firsts, durations, strict=True)
    ]


class _Groups(dict[Payload, int]):
    """The number of the group that each payload belongs to, with each group's first event and duration."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__()
        self.durations: list[int] = []
        self.firsts: list[tuple[int, Payload]] = []
        self._identity = _identity_by(keys)
        self._numbers: dict[Hashable, int] = {}

    def placed(self, payload: Payload, start: int) -> int:
        """Return the group of a payload seen for the first time, a new one if none says the same."""
        number = self._numbers.setdefault(self._identity(payload), len(self.firsts))
        if number == len(self.firsts):
            self.firsts.append((start, payload))
            self.durations.append(0)
        self[payload] = number
        return number


def chunk_events_by_key(events: Events, key: str, deadline: Deadline = NEVER) -> Events:
    """Join neighbours in the list whose value for a key is equal; events without the key are left out.

        events  |  a aa  b  bb a |     key: the letter
        result  |  aaa   bbb   a |

    Each chunk lasts as long as its events do together and keeps them under `subevents`.
    """
    runs: list[Events] = []
    identities = Memo(_identity_by([key]))
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


def _projected(payload: Payload, keys: Sequence[str]) -> Payload:
    data = payload.data
    return Payload(None, {key: data[key] for key in keys if key in data})


def _identity_by(keys: Sequence[str]) -> Callable[[Payload], Hashable]:
    """Return what tells payloads apart by some keys' values, as JSON does: 1, 1.0 and true differ."""
    pick = itemgetter(*keys)

    def identity(payload: Payload) -> Hashable:
        data = payload.data
        try:
            values: Hashable = pick(data)
        except KeyError:
            return _encode({key: data[key] for key in keys if key in data})
        return values if type(values) is str or _all_text(values) else _encode(values)

    return identity


def _all_text(values: Hashable) -> bool:
    if type(values) is not tuple:
        return False
    for value in values:  # noqa: SIM110  # a generator for all() takes four times as long
        if type(value) is not str:
            return False
    return True
