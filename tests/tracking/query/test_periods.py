"""Time that lists of events cover, intersected and united."""

from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.clock import SECOND
from hourloom.tracking.query.events import Event, Events
from hourloom.tracking.query.periods import filter_period_intersect, period_union, union_no_overlap
from tests.tracking.query.builders import an_event, covered, event_lists, shown, spans, steady, total


def test_events_are_cut_to_the_filters() -> None:
    events = [an_event(2, 9, 1, app="a"), an_event(17, 25, 2, app="b")]
    filters = [an_event(0, 6), an_event(8, 11), an_event(13, 16), an_event(19, 23)]
    cut = filter_period_intersect(events, filters)
    assert shown(cut) == [(2, 6, {"app": "a"}), (8, 9, {"app": "a"}), (19, 23, {"app": "b"})]
    assert [event[0] for event in cut] == [1, 1, 2]


def test_lists_may_come_newest_first() -> None:
    events = [an_event(5, 8), an_event(0, 3)]
    assert spans(filter_period_intersect(events, [an_event(6, 9), an_event(1, 2)])) == [(1, 2), (6, 8)]


def test_an_event_without_length_survives_inside_a_filter_alone() -> None:
    events = [an_event(1, 1), an_event(5, 5), an_event(9, 9)]
    assert spans(filter_period_intersect(events, [an_event(2, 5)])) == [(5, 5)]


def test_touching_is_not_meeting() -> None:
    assert filter_period_intersect([an_event(0, 5)], [an_event(5, 9)]) == []


def test_an_event_under_two_filters_comes_out_twice() -> None:
    assert spans(filter_period_intersect([an_event(0, 9)], [an_event(1, 4), an_event(1, 4)])) == [
        (1, 4),
        (1, 4),
    ]


@steady
@given(event_lists(overlapping=False), event_lists(overlapping=False))
def test_what_is_inside_and_what_is_outside_make_the_whole(events: Events, filters: Events) -> None:
    inside = filter_period_intersect(events, filters)
    assert total(inside) == total(events) + total(filters) - covered(events + filters)
    assert all(start <= end for _, start, end, _ in inside)


@steady
@given(event_lists(), event_lists(), st.randoms(use_true_random=False))
def test_the_order_of_the_lists_does_not_matter(events: Events, filters: Events, random: object) -> None:
    events = [event for number, event in enumerate(events) if event[1] not in {e[1] for e in events[:number]}]
    assert filter_period_intersect(events[::-1], filters) == filter_period_intersect(events, filters)


@steady
@given(event_lists(), event_lists())
def test_the_result_is_no_longer_than_both_lists(events: Events, filters: Events) -> None:
    assert len(filter_period_intersect(events, filters)) <= len(events) + len(filters)


def test_the_union_joins_what_touches() -> None:
    first = [an_event(2, 9, app="a"), an_event(17, 26, app="b")]
    second = [an_event(0, 6), an_event(9, 11), an_event(13, 15), an_event(18, 22)]
    assert shown(period_union(first, second)) == [(0, 11, {}), (13, 15, {}), (17, 26, {})]


def test_the_union_leaves_the_events_it_was_given_as_they_are() -> None:
    first = [an_event(0, 1, app="a")]
    period_union(first, [])
    assert shown(first) == [(0, 1, {"app": "a"})]


@steady
@given(event_lists(), event_lists())
def test_the_union_covers_what_either_covers(first: Events, second: Events) -> None:
    union = period_union(first, second)
    assert total(union) == covered(union) == covered(first + second)
    assert spans(union) == spans(period_union(second, first))
    assert spans(period_union(union, [])) == spans(union)


def test_the_first_list_wins() -> None:
    first = [an_event(0, 3, app="a"), an_event(7, 9, app="a"), an_event(14, 17, app="a")]
    second = [an_event(1, 5, app="b"), an_event(10, 16, app="b"), an_event(20, 22, app="b")]
    assert [(start, end, data["app"]) for start, end, data in shown(union_no_overlap(first, second))] == [
        (0, 3, "a"),
        (3, 5, "b"),
        (7, 9, "a"),
        (10, 14, "b"),
        (14, 17, "a"),
        (20, 22, "b"),
    ]


def test_with_an_empty_list_the_other_comes_back_in_its_own_order() -> None:
    events = [an_event(5, 6), an_event(0, 1)]
    assert union_no_overlap([], events) == union_no_overlap(events, []) == events


@steady
@given(event_lists(), event_lists())
def test_no_time_is_lost_or_doubled_by_the_second_list(first: Events, second: Events) -> None:
    united = union_no_overlap(first, second)
    assert covered(united) == covered(first + second)
    assert [event for event in united if event in first] == first
    assert all(start <= end for _, start, end, _ in united)
    assert spans(united) == sorted(spans(united), key=lambda span: span[0])


@steady
@given(event_lists(overlapping=False), event_lists(overlapping=False))
def test_of_two_lists_without_overlap_none_comes(first: Events, second: Events) -> None:
    united = union_no_overlap(first, second)
    assert total(united) == covered(united)


def test_a_hundred_thousand_filters_take_no_more_than_a_walk() -> None:
    def chain(length: int) -> Events:
        return [an_event(n, n + 1) for n in range(100_000 // length)]

    whole: Event = (None, *chain(100_000)[0][1:2], chain(1)[-1][2], chain(1)[0][3])
    assert total(filter_period_intersect([whole], chain(1))) == 100_000 * SECOND
    assert total(union_no_overlap(chain(1), [whole] * 3)) == 100_000 * SECOND
