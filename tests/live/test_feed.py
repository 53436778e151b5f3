"""The feed in both databases: numbers without gaps, kept for a while, gone in portions."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.changes import RecordedChange
from hourloom.core.clock import DAY, Instant
from hourloom.db.transaction import Database
from hourloom.live.body import body_of
from hourloom.live.feed import Feed
from hourloom.live.model import MOST_KEPT, PRUNED_AT_ONCE, FeedExtent, first_kept
from hourloom.testing import FixedClock, OpenDatabase
from tests.live.facts import (
    ELSEWHERE,
    HOME,
    LampLit,
    a_filling,
    fill,
    lamps_in,
    light,
    page_since,
    prune,
    sequences_in,
)


class Refused(Exception):
    """Whatever makes a write fail."""


@pytest.fixture
def feed(clock: FixedClock) -> Feed:
    return Feed(clock)


@pytest.fixture
def published() -> list[RecordedChange]:
    return []


@pytest.fixture
def database(open_database: OpenDatabase, feed: Feed, published: list[RecordedChange]) -> Iterator[Database]:
    database = open_database(feed.record, published.extend)
    yield database
    database.close()


def test_changes_are_numbered_in_the_order_of_their_commits(database: Database, feed: Feed) -> None:
    light(database, 10, 11)
    light(database, 12)
    page = page_since(database, feed, 0)
    assert (sequences_in(page), lamps_in(page), page.newest) == ([1, 2, 3], [10, 11, 12], 3)


def test_each_workspace_counts_for_itself(database: Database, feed: Feed) -> None:
    light(database, 1, 2)
    light(database, 3, workspace=ELSEWHERE)
    assert sequences_in(page_since(database, feed, 0)) == [1, 2]
    assert lamps_in(page_since(database, feed, 0, ELSEWHERE)) == [3]


def test_what_is_published_is_what_is_stored(
    database: Database, feed: Feed, published: list[RecordedChange], clock: FixedClock
) -> None:
    light(database, 1, 2)
    assert published == list(page_since(database, feed, 0).changes)
    assert {change.at for change in published} == {clock.now()}


def test_a_failed_write_leaves_neither_changes_nor_a_gap(
    database: Database, feed: Feed, published: list[RecordedChange]
) -> None:
    def work() -> None:
        with database.begin() as tx:
            tx.changed(HOME, LampLit(1))
            raise Refused

    with pytest.raises(Refused):
        database.write(work)
    light(database, 2)
    assert lamps_in(page_since(database, feed, 0)) == [2]
    assert [change.sequence for change in published] == [1]


def test_numbers_go_on_after_a_restart(open_database: OpenDatabase, feed: Feed) -> None:
    before = open_database(feed.record, lambda _: None)
    light(before, 1)
    before.close()
    after = open_database(feed.record, lambda _: None)
    light(after, 2)
    page = page_since(after, feed, 0)
    after.close()
    assert (sequences_in(page), lamps_in(page)) == ([1, 2], [1, 2])


def test_many_writers_at_once_leave_no_gap(database: Database, feed: Feed) -> None:
    def write() -> None:
        for lamp in range(10):
            light(database, lamp, lamp)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sequences_in(page_since(database, feed, 0)) == list(range(1, 121))


def test_a_page_begins_after_the_place_given_and_is_bounded(database: Database, feed: Feed) -> None:
    light(database, 1, 2, 3, 4, 5)
    page = page_since(database, feed, 2, limit=2)
    assert (sequences_in(page), page.newest, page.complete) == ([3, 4], 5, True)
    assert page_since(database, feed, 5).complete


def test_an_empty_feed_is_complete(database: Database, feed: Feed) -> None:
    page = page_since(database, feed, 0)
    assert (page.changes, page.newest, page.complete) == ([], 0, True)


def test_a_place_ahead_of_the_feed_comes_from_another_database(database: Database, feed: Feed) -> None:
    light(database, 1)
    assert not page_since(database, feed, 2).complete


def test_what_is_older_than_a_week_goes_and_can_be_asked_for_no_longer(
    database: Database, feed: Feed, clock: FixedClock
) -> None:
    light(database, 1, 2)
    clock.advance(8 * 86_400)
    light(database, 3)
    assert prune(database, feed) == 2
    assert prune(database, feed) == 0
    assert not page_since(database, feed, 1).complete
    assert lamps_in(page_since(database, feed, 2)) == [3]


def test_the_newest_change_stays_so_that_numbers_never_begin_anew(
    database: Database, feed: Feed, clock: FixedClock
) -> None:
    light(database, 1, 2)
    clock.advance(30 * 86_400)
    assert prune(database, feed) == 1
    light(database, 3)
    assert sequences_in(page_since(database, feed, 2)) == [3]


def test_a_prune_takes_a_portion_of_all_workspaces(database: Database, feed: Feed, clock: FixedClock) -> None:
    old = Instant(clock.now() - 8 * DAY)
    fill(database, PRUNED_AT_ONCE, old, ELSEWHERE)
    fill(database, PRUNED_AT_ONCE, old)
    gone = []
    while portion := prune(database, feed):
        gone.append(portion)
    assert sum(gone) == 2 * PRUNED_AT_ONCE - 2
    assert max(gone) <= PRUNED_AT_ONCE


def test_a_clock_that_went_back_never_makes_a_hole(database: Database, feed: Feed, clock: FixedClock) -> None:
    fill(database, 3, clock.now())
    fill(database, 3, Instant(clock.now() - 9 * DAY))
    assert prune(database, feed) == 0
    assert sequences_in(page_since(database, feed, 0)) == [1, 2, 3, 4, 5, 6]


@given(
    st.integers(1, 10**6),
    st.integers(0, 3 * MOST_KEPT),
    st.integers(0, 10_000) | st.none(),
    st.integers(1, 2 * PRUNED_AT_ONCE),
)
def test_pruning_stays_in_its_window_and_ends_with_what_may_be_kept(
    oldest: int, more: int, young: int | None, window: int
) -> None:
    extent = FeedExtent(oldest, oldest + more)
    first_young = None if young is None or young >= window else min(oldest + young, extent.newest)
    first = first_kept(extent, first_young, window)
    assert oldest <= first <= min(oldest + window, extent.newest)
    if first_young is None or more >= MOST_KEPT + window:
        assert first == min(oldest + window, extent.newest)
    elif more < MOST_KEPT:
        assert first == first_young


def test_a_body_is_written_as_the_api_writes_it() -> None:
    assert msgspec.json.decode(body_of(a_filling())) == {
        "at": "1970-01-01T00:00:01Z",
        "wick": {"trimmed_at": "1970-01-01T00:00:02Z", "lasts": 0.5},
        "earlier": ["1970-01-01T00:00:03.000001Z"],
        "until": None,
    }
