"""Closing gaps."""

from itertools import pairwise

from hypothesis import given

from hourloom.core.clock import SECOND
from hourloom.tracking.query.events import Events
from hourloom.tracking.query.flooding import flood
from tests.tracking.query.builders import an_event, covered, event_lists, shown, spans, steady, total


def test_a_short_gap_between_equals_is_closed() -> None:
    assert spans(flood([an_event(0, 4, app="a"), an_event(6, 9, app="a")])) == [(0, 9)]


def test_a_short_gap_between_others_is_shared() -> None:
    flooded = flood([an_event(0, 4, app="a"), an_event(6, 9, app="b")])
    assert shown(flooded) == [(0, 5, {"app": "a"}), (5, 9, {"app": "b"})]


def test_a_gap_of_exactly_the_pulsetime_is_closed_and_a_longer_one_stays() -> None:
    assert spans(flood([an_event(0, 1, app="a"), an_event(6, 7, app="a")])) == [(0, 7)]
    assert spans(flood([an_event(0, 1, app="a"), an_event(6.1, 7, app="a")])) == [(0, 1), (6.1, 7)]
    assert spans(flood([an_event(0, 1, app="a"), an_event(6.1, 7, app="a")], 6 * SECOND)) == [(0, 7)]


def test_of_overlapping_others_the_later_wins() -> None:
    assert spans(flood([an_event(0, 9, app="a"), an_event(4, 6, app="b")])) == [(0, 4), (4, 6)]


def test_overlapping_equals_become_one() -> None:
    assert spans(flood([an_event(0, 9, app="a"), an_event(4, 12, app="a")])) == [(0, 12)]


def test_events_without_length_go_but_their_neighbours_grow_towards_them() -> None:
    assert spans(flood([an_event(0, 4, app="a"), an_event(6, 6, app="b")])) == [(0, 5), (5, 6)]
    assert flood([an_event(6, 6, app="b")]) == []


def test_equal_payloads_need_not_be_one_object() -> None:
    assert spans(flood([an_event(0, 1, a=1, b=2), an_event(2, 3, b=2, a=1)])) == [(0, 3)]


def test_nothing_flooded_is_nothing() -> None:
    assert flood([]) == []


@steady
@given(event_lists())
def test_no_time_counts_twice(events: Events) -> None:
    flooded = flood(events)
    assert total(flooded) == covered(flooded)
    assert all(start < end for _, start, end, _ in flooded)
    assert flooded == sorted(flooded, key=lambda event: event[1])


@steady
@given(event_lists(overlapping=False))
def test_no_time_is_lost_and_only_gaps_are_gained(events: Events) -> None:
    gaps = sum(max(min(after[1] - before[2], 5 * SECOND), 0) for before, after in pairwise(events))
    assert total(events) <= total(flood(events)) <= total(events) + gaps


@steady
@given(event_lists())
def test_the_order_of_the_list_does_not_matter(events: Events) -> None:
    distinct = list({event[1:3]: event for event in events}.values())
    assert flood(distinct[::-1]) == flood(distinct)
