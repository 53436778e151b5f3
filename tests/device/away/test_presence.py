"""Presence derived from raw inputs: examples, and laws for any sequence of them."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.clock import MINUTE, SECOND, Duration
from hourloom.device.away.presence import MOST_KEPT, RAW, Presence, Raw, Rule, Span, Stream, _joined, derive

FIVE = Rule(Duration(300 * SECOND))


def raw(seconds: float, stream: Stream, state: str | None) -> Raw:
    return Raw(round(seconds * SECOND), stream, state)


def found(raws: Sequence[Raw], until: float, rule: Rule = FIVE) -> list[tuple[float, float, str, str]]:
    spans = derive(raws, 0, round(until * SECOND), rule)
    return [(each.start / SECOND, each.end / SECOND, each.status, each.why) for each in spans]


def test_away_begins_at_the_last_input() -> None:
    raws = [raw(0, "input", "active"), raw(100, "input", "idle"), raw(500, "input", "active")]
    assert found(raws, 600) == [(0, 100, "not-afk", ""), (100, 500, "afk", "idle"), (500, 600, "not-afk", "")]


def test_a_pause_shorter_than_the_threshold_is_presence() -> None:
    raws = [raw(0, "input", "active"), raw(100, "input", "idle"), raw(399.9, "input", "active")]
    assert found(raws, 600) == [(0, 600, "not-afk", "")]


@pytest.mark.parametrize("state", ["locked", "asleep"])
def test_lock_and_sleep_are_away_at_once(state: str) -> None:
    raws = [raw(0, "input", "active"), raw(50, "session", state), raw(60, "session", "open")]
    assert found(raws, 100) == [(0, 50, "not-afk", ""), (50, 60, "afk", state), (60, 100, "not-afk", "")]


def test_a_lock_in_a_pause_begins_the_away_at_the_last_input() -> None:
    raws = [raw(0, "input", "active"), raw(100, "input", "idle"), raw(220, "session", "locked")]
    assert found(raws, 300) == [(0, 100, "not-afk", ""), (100, 300, "afk", "locked")]


def test_unlocking_alone_is_no_return() -> None:
    raws = [
        raw(0, "input", "idle"),
        raw(10, "session", "locked"),
        raw(20, "session", "open"),
        raw(70, "input", "active"),
    ]
    assert found(raws, 80) == [(0, 10, "not-afk", ""), (10, 70, "afk", "locked"), (70, 80, "not-afk", "")]


def test_input_at_a_locked_screen_is_no_presence() -> None:
    raws = [raw(0, "input", "active"), raw(10, "session", "locked"), raw(20, "input", "active")]
    assert found(raws, 80) == [(0, 10, "not-afk", ""), (10, 80, "afk", "locked")]


def test_what_nobody_knows_is_neither() -> None:
    raws = [raw(10, "input", "active"), raw(20, "input", None), raw(900, "input", "idle")]
    assert found(raws, 910) == [
        (0, 10, "unknown", ""),
        (10, 20, "not-afk", ""),
        (20, 900, "unknown", ""),
        (900, 910, "not-afk", ""),
    ]


def test_media_count_only_where_they_are_to() -> None:
    raws = [
        raw(0, "input", "active"),
        raw(0, "media", "playing"),
        raw(10, "input", "idle"),
        raw(1000, "media", "quiet"),
        raw(1400, "input", "active"),
    ]
    assert found(raws, 1400) == [(0, 10, "not-afk", ""), (10, 1400, "afk", "idle")]
    assert found(raws, 1400, FIVE._replace(media=True)) == [
        (0, 1000, "not-afk", ""),
        (1000, 1400, "afk", "idle"),
    ]
    locked = [*raws, raw(500, "session", "locked")]
    assert found(locked, 1400, FIVE._replace(media=True))[1] == (500, 1400, "afk", "locked")


STATES: dict[Stream, list[str | None]] = {
    "input": ["active", "idle", None],
    "session": ["open", "locked", "asleep"],
    "media": ["playing", "quiet"],
}
ANY_RAWS = st.lists(
    st.sampled_from(sorted(STATES)).flatmap(
        lambda stream: st.builds(
            Raw, st.integers(0, 40 * MINUTE), st.just(stream), st.sampled_from(STATES[stream])
        )
    ),
    max_size=30,
)
RULES = st.builds(
    Rule, st.sampled_from([10, 60, 61, 300, 900]).map(lambda s: Duration(s * SECOND)), st.booleans()
)


@given(ANY_RAWS, RULES, st.integers(0, 45 * MINUTE))
def test_spans_touch_are_in_order_and_leave_nothing_out(raws: list[Raw], rule: Rule, until: int) -> None:
    spans = derive(raws, 0, until, rule)
    edges = [0, *(each.end for each in spans)]
    assert [each.start for each in spans] == edges[:-1]
    assert edges[-1] == until
    assert all(each.start < each.end for each in spans)
    assert all(one.status != two.status for one, two in itertools.pairwise(spans))


EVENTS = st.lists(
    st.tuples(
        st.one_of(st.integers(1, 20), st.integers(1, 2000)),
        st.sampled_from(["input", "input", "input", "lock", "unlock", "sleep", "wake", "play", "hush"]),
    ),
    max_size=40,
)
MEANS: dict[str, tuple[Stream, str]] = {
    "lock": ("session", "locked"),
    "unlock": ("session", "open"),
    "sleep": ("session", "asleep"),
    "wake": ("session", "open"),
    "play": ("media", "playing"),
    "hush": ("media", "quiet"),
}


def arriving(events: Sequence[tuple[int, str]], pause: int) -> list[tuple[int, Raw]]:
    """Turn what people do into raw inputs with when each arrives: a pause is noticed late."""
    now, last, idle = 0, 0, False
    arrived = [(0, Raw(0, "input", "active"))]
    for gap, kind in events:
        now += gap * SECOND
        if not idle and now - last >= pause:
            idle = True
            arrived.append((last + pause, Raw(last, "input", "idle")))
        if kind in ("input", "unlock"):
            last = now
            if idle:
                idle = False
                arrived.append((now, Raw(now, "input", "active")))
        if kind != "input":
            arrived.append((now, Raw(now, *MEANS[kind])))
    return sorted(arrived, key=lambda each: each[0])


def lived(arrived: Sequence[tuple[int, Raw]], rule: Rule, until: int) -> tuple[list[Span], list[Raw]]:
    """Run presence live; return what it told and took."""
    presence, told, taken = Presence(rule), list[Span](), list[Raw]()
    waiting = [(at, number, each) for number, (at, each) in enumerate(arrived)]
    heapq.heapify(waiting)
    now = 0
    while waiting or (presence.due() or until) < until:
        due = presence.due()
        if due is not None and (not waiting or due < waiting[0][0]):
            now = max(now, due)
        else:
            now, _, each = heapq.heappop(waiting)
            took = presence.take(each)
            taken += [took] if took else []
        told += presence.tell(now)
    told += presence.tell(until)
    ends = [*(each.start for each in told[1:]), until]
    return _joined([each._replace(end=end) for each, end in zip(told, ends, strict=True)]), taken


@given(EVENTS, RULES)
def test_what_is_told_live_is_what_is_derived_afterwards(events: list[tuple[int, str]], rule: Rule) -> None:
    until = sum(gap for gap, _ in events) * SECOND + 30 * MINUTE
    told, taken = lived(arriving(events, rule.raw), rule, until)
    whole = derive(taken, 0, until, rule)
    assert told == whole


@given(EVENTS, RULES, RULES)
def test_another_rule_is_recomputed_from_what_was_recorded(
    events: list[tuple[int, str]], lived_by: Rule, asked: Rule
) -> None:
    until = sum(gap for gap, _ in events) * SECOND + 30 * MINUTE
    lived_by, asked = (each._replace(threshold=max(each.threshold, RAW)) for each in (lived_by, asked))
    _, taken = lived(arriving(events, lived_by.raw), lived_by, until)
    told, _ = lived(arriving(events, asked.raw), asked, until)
    assert derive(taken, 0, until, asked) == told


def test_ten_thousand_changes_a_second_are_not_kept() -> None:
    presence = Presence(FIVE._replace(media=True))
    presence.take(raw(0, "input", "active"))
    for number in range(3 * MOST_KEPT):
        presence.take(Raw(SECOND + number, "media", ("playing", "quiet")[number % 2]))
        presence.take(Raw(SECOND + number, "session", ("open", "locked")[number % 2]))
        presence.tell(SECOND + number)
    assert len(presence._raws) <= MOST_KEPT + 2


def test_an_inactivity_before_the_program_began_counts() -> None:
    presence = Presence(FIVE)
    presence.take(raw(1000, "session", "open"))
    assert presence.tell(1000 * SECOND) == []
    presence.take(raw(400, "input", "idle"))
    assert [each[2:] for each in presence.tell(1000 * SECOND)] == [("afk", "idle")]
    assert presence.told is not None
    assert presence.told.start == 400 * SECOND
