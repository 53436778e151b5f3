"""Keep or drop events by what their payloads say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hourloom.tracking.query.deadline import NEVER, Deadline
from hourloom.tracking.query.events import Events, Json, Memo, Payload
from hourloom.tracking.query.patterns import compile_pattern
from hourloom.tracking.query.values import Value


def filter_keyvals(events: Events, key: str, values: Sequence[Value], deadline: Deadline = NEVER) -> Events:
    """Keep the events whose value for a key is one of some; an event without the key is dropped.

    events  |  aaa bb  aa ccc |     values: a, c
    result  |  aaa     aa ccc |
    """
    return _kept(events, lambda payload: _is_one_of(payload, key, values), deadline)


def exclude_keyvals(events: Events, key: str, values: Sequence[Value], deadline: Deadline = NEVER) -> Events:
    """Drop the events whose value for a key is one of some; an event without the key is kept.

    events  |  aaa bb  aa ccc |     values: a, c
    result  |      bb         |
    """
    return _kept(events, lambda payload: not _is_one_of(payload, key, values), deadline)


def filter_keyvals_regex(events: Events, key: str, regex: str, deadline: Deadline = NEVER) -> Events:
    """Keep the events in whose value for a key the pattern is found; values other than text do not match.

    events  |  code vim codium |     regex: ^cod
    result  |  code     codium |
    """
    pattern = compile_pattern(regex)

    def found(value: Json) -> bool:
        return isinstance(value, str) and pattern.search(value) is not None

    founds = Memo(found)
    return _kept(events, lambda payload: _text_passes(payload, key, founds), deadline)


def _is_one_of(payload: Payload, key: str, values: Sequence[Value]) -> bool:
    data = payload.data
    return key in data and data[key] in values


def _text_passes(payload: Payload, key: str, founds: Memo[Json, bool]) -> bool:
    value = payload.data.get(key)
    return isinstance(value, str) and founds[value]


def _kept(events: Events, keep: Callable[[Payload], bool], deadline: Deadline) -> Events:
    keeps = Memo(keep)
    return [event for part in deadline.parts(events) for event in part if keeps[event[3]]]
