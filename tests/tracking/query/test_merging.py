"""Summing, chunking and enriching events."""

from hypothesis import given
from hypothesis import strategies as st

from hourloom.tracking.query.encoding import encode_result
from hourloom.tracking.query.events import Events
from hourloom.tracking.query.merging import chunk_events_by_key, merge_events_by_keys
from hourloom.tracking.query.subwatchers import merge_subwatcher_fields
from tests.tracking.query.builders import an_event, event_lists, shown, spans, steady, total


def test_equal_values_are_summed_in_the_order_first_seen() -> None:
    events = [an_event(5, 6, 1, app="b", title="x"), an_event(0, 2, 2, app="a"), an_event(7, 9, 3, app="b")]
    merged = merge_events_by_keys(events, ["app"])
    assert shown(merged) == [(5, 8, {"app": "b"}), (0, 2, {"app": "a"})]
    assert [event[0] for event in merged] == [None, None]


def test_several_keys_are_taken_together() -> None:
    events = [an_event(0, 1, a="x", b="y", c=1), an_event(1, 2, a="x", b="z"), an_event(2, 3, a="x", b="y")]
    assert shown(merge_events_by_keys(events, ["a", "b"])) == [
        (0, 2, {"a": "x", "b": "y"}),
        (1, 2, {"a": "x", "b": "z"}),
    ]


def test_events_that_lack_a_key_are_merged_with_those_that_lack_the_same() -> None:
    events = [an_event(0, 1, a="x"), an_event(1, 2, b="x"), an_event(2, 3, a="x"), an_event(3, 4)]
    assert shown(merge_events_by_keys(events, ["a", "b"])) == [
        (0, 2, {"a": "x"}),
        (1, 2, {"b": "x"}),
        (3, 4, {}),
    ]


def test_lists_and_numbers_can_be_merged_by() -> None:
    events = [
        an_event(0, 1, k=["a", "b"]),
        an_event(1, 2, k=["a", "b"]),
        an_event(2, 3, k=1),
        an_event(3, 4, k=True),
    ]
    assert shown(merge_events_by_keys(events, ["k"])) == [
        (0, 2, {"k": ["a", "b"]}),
        (2, 3, {"k": 1}),
        (3, 4, {"k": True}),
    ]


def test_without_keys_the_events_come_back() -> None:
    events = [an_event(0, 1, app="a")]
    assert merge_events_by_keys(events, []) == events


@steady
@given(event_lists(), st.lists(st.sampled_from(["app", "title", "none"])))
def test_merging_loses_no_second(events: Events, keys: list[str]) -> None:
    assert total(merge_events_by_keys(events, keys)) == total(events)


def test_neighbours_with_one_value_become_a_chunk_that_keeps_them() -> None:
    events = [an_event(0, 1, 1, app="a", title="x"), an_event(2, 4, 2, app="a"), an_event(5, 6, 3, app="b")]
    first, second = chunk_events_by_key(events, "app")
    assert spans([first, second]) == [(0, 3), (5, 6)]
    assert [sub["id"] for sub in first[3].data["subevents"]] == [1, 2]  # type: ignore[union-attr, call-overload, index]
    assert b'"subevents":[{"data":{"app":"b"},"duration":1.0,"id":3,' in encode_result([second])


def test_events_without_the_key_do_not_end_the_chunks() -> None:
    events = [
        an_event(0, 1, app="a"),
        an_event(1, 2, other=1),
        an_event(2, 3, app="a"),
        an_event(3, 4, app="b"),
    ]
    assert spans(chunk_events_by_key(events, "app")) == [(0, 2), (3, 4)]


def test_an_event_is_split_where_the_other_watcher_saw_something_else() -> None:
    base = [an_event(0, 8, 1, app="editor"), an_event(11, 14, 2, app="web")]
    others = [an_event(3, 6, 8, project="x", app="vim"), an_event(6, 9, 9, project="y")]
    assert shown(merge_subwatcher_fields(base, others, ["project", "app"])) == [
        (0, 3, {"app": "editor"}),
        (3, 6, {"app": "editor", "project": "x"}),
        (6, 8, {"app": "editor", "project": "y"}),
        (11, 14, {"app": "web"}),
    ]


def test_the_other_watcher_may_win() -> None:
    base, others = [an_event(0, 2, app="a")], [an_event(0, 1, app="b")]
    assert shown(merge_subwatcher_fields(base, others, ["app"], base_wins=False)) == [
        (0, 1, {"app": "b"}),
        (1, 2, {"app": "a"}),
    ]


def test_what_began_last_counts() -> None:
    others = [an_event(0, 9, p="old"), an_event(2, 4, p="new")]
    assert [
        data.get("p") for _, _, data in shown(merge_subwatcher_fields([an_event(0, 9)], others, ["p"]))
    ] == [
        "old",
        "new",
        "old",
    ]


def test_an_event_without_length_is_enriched_and_kept() -> None:
    assert shown(merge_subwatcher_fields([an_event(3, 3)], [an_event(2, 4, p="x")], ["p"])) == [
        (3, 3, {"p": "x"})
    ]


@steady
@given(base=event_lists(), others=event_lists(), base_wins=st.booleans())
def test_enriching_adds_and_loses_no_time(base: Events, others: Events, *, base_wins: bool) -> None:
    enriched = merge_subwatcher_fields(base, others, ["title"], base_wins=base_wins)
    assert total(enriched) == total(base)
    assert len(enriched) >= len(base)
