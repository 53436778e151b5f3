"""The functions that queries can call, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from hourloom.core.clock import SECOND
from hourloom.tracking.query.arguments import Arguments
from hourloom.tracking.query.categories import categorize, tag
from hourloom.tracking.query.deadline import Deadline
from hourloom.tracking.query.errors import QueryFunctionError
from hourloom.tracking.query.events import Events, refuse_too_many
from hourloom.tracking.query.filters import exclude_keyvals, filter_keyvals, filter_keyvals_regex
from hourloom.tracking.query.flooding import PULSETIME, flood
from hourloom.tracking.query.merging import chunk_events_by_key, merge_events_by_keys
from hourloom.tracking.query.ordering import (
    concat,
    limit_events,
    sort_by_duration,
    sort_by_timestamp,
    sum_durations,
)
from hourloom.tracking.query.periods import filter_period_intersect, period_union, union_no_overlap
from hourloom.tracking.query.ports import EventSource
from hourloom.tracking.query.subwatchers import merge_subwatcher_fields
from hourloom.tracking.query.titles import simplify_window_titles
from hourloom.tracking.query.urls import split_url_events
from hourloom.tracking.query.values import Value

_DAY_OF_SECONDS = 86_400


class Surroundings(Protocol):
    """What a call may use besides its arguments."""

    source: EventSource
    deadline: Deadline

    def window(self) -> tuple[int, int]:
        """Return the period that the query reads now."""
        ...


class Function(NamedTuple):
    """A function of the language: how many arguments it takes, and what it does."""

    least: int
    most: int
    call: Callable[[Surroundings, Arguments], Value]


def _query_bucket(here: Surroundings, given: Arguments) -> Events:
    start, end = here.window()
    bucket = _existing(here, given.text(0))
    return here.source.events(bucket, start, end) if start <= end else []


def _query_bucket_eventcount(here: Surroundings, given: Arguments) -> int:
    start, end = here.window()
    bucket = _existing(here, given.text(0))
    return here.source.count(bucket, start, end) if start <= end else 0


def _existing(here: Surroundings, name: str) -> str:
    if not any(bucket.id == name for bucket in here.source.buckets()):
        raise QueryFunctionError(f"There's no bucket named '{name}'")
    return name


def _query_bucket_names(here: Surroundings, given: Arguments) -> list[Value]:
    return [bucket.id for bucket in here.source.buckets()]


def _find_bucket(here: Surroundings, given: Arguments) -> str:
    """Find the bucket of exactly this name, or else the oldest whose name contains it."""
    part, hostname = given.text(0), given.text(1) if given.has(1) else ""
    buckets = [bucket for bucket in here.source.buckets() if hostname in ("", bucket.hostname)]
    exact = [bucket.id for bucket in buckets if bucket.id == part]
    containing = [bucket.id for bucket in buckets if part in bucket.id]
    for name in exact + containing:
        return name
    raise QueryFunctionError(
        f"Unable to find bucket matching '{part}' (hostname filter set to '{hostname or None}')"
    )


def _flood(here: Surroundings, given: Arguments) -> Events:
    pulsetime = PULSETIME
    if given.has(1):
        seconds = min(max(given.number(1), -_DAY_OF_SECONDS), 366 * _DAY_OF_SECONDS)
        pulsetime = round(seconds * SECOND)
    return flood(given.events(0), pulsetime, here.deadline)


def _concat(here: Surroundings, given: Arguments) -> Events:
    lists = [given.events(index) for index in range(len(given))]
    refuse_too_many(sum(map(len, lists)))
    return concat(*lists)


def _merge_subwatcher_fields(here: Surroundings, given: Arguments) -> Events:
    conflict = given.text(3) if given.has(3) else "base_wins"
    if conflict not in ("base_wins", "sub_wins"):
        raise QueryFunctionError(f"conflict must be 'base_wins' or 'sub_wins', got '{conflict}'")
    return merge_subwatcher_fields(
        given.events(0),
        given.events(1),
        given.texts(2),
        base_wins=conflict == "base_wins",
        deadline=here.deadline,
    )


def _contains(here: Surroundings, given: Arguments) -> bool:
    holder = given.values[0]
    return given.text(1) in holder if isinstance(holder, Mapping) else given.values[1] in given.items(0)


FUNCTIONS: Mapping[str, Function] = {
    "query_bucket": Function(1, 1, _query_bucket),
    "query_bucket_eventcount": Function(1, 1, _query_bucket_eventcount),
    "query_bucket_names": Function(0, 0, _query_bucket_names),
    "find_bucket": Function(1, 2, _find_bucket),
    "filter_keyvals": Function(
        3,
        3,
        lambda here, given: filter_keyvals(given.events(0), given.text(1), given.items(2), here.deadline),
    ),
    "exclude_keyvals": Function(
        3,
        3,
        lambda here, given: exclude_keyvals(given.events(0), given.text(1), given.items(2), here.deadline),
    ),
    "filter_keyvals_regex": Function(
        3,
        3,
        lambda here, given: filter_keyvals_regex(
            given.events(0), given.text(1), given.text(2), here.deadline
        ),
    ),
    "filter_period_intersect": Function(
        2, 2, lambda here, given: filter_period_intersect(given.events(0), given.events(1), here.deadline)
    ),
    "period_union": Function(
        2, 2, lambda here, given: period_union(given.events(0), given.events(1), here.deadline)
    ),
    "union_no_overlap": Function(
        2, 2, lambda here, given: union_no_overlap(given.events(0), given.events(1), here.deadline)
    ),
    "concat": Function(0, 1000, _concat),
    "flood": Function(1, 2, _flood),
    "merge_events_by_keys": Function(
        2, 2, lambda here, given: merge_events_by_keys(given.events(0), given.texts(1), here.deadline)
    ),
    "merge_subwatcher_fields": Function(3, 4, _merge_subwatcher_fields),
    "chunk_events_by_key": Function(
        2, 2, lambda here, given: chunk_events_by_key(given.events(0), given.text(1), here.deadline)
    ),
    "sort_by_timestamp": Function(1, 1, lambda here, given: sort_by_timestamp(given.events(0))),
    "sort_by_duration": Function(1, 1, lambda here, given: sort_by_duration(given.events(0))),
    "limit_events": Function(2, 2, lambda here, given: limit_events(given.events(0), given.whole(1))),
    "sum_durations": Function(1, 1, lambda here, given: sum_durations(given.events(0))),
    "split_url_events": Function(1, 1, lambda here, given: split_url_events(given.events(0), here.deadline)),
    "simplify_window_titles": Function(
        2, 2, lambda here, given: simplify_window_titles(given.events(0), given.text(1), here.deadline)
    ),
    "categorize": Function(
        2, 2, lambda here, given: categorize(given.events(0), given.categories(1), here.deadline)
    ),
    "tag": Function(2, 2, lambda here, given: tag(given.events(0), given.tags(1), here.deadline)),
    "contains": Function(2, 2, _contains),
    "print": Function(0, 1000, lambda here, given: None),
    "nop": Function(0, 0, lambda here, given: 1),
}
