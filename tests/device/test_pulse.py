"""Spans touch, never overlap, and add up to what was: whatever is observed, and whatever the clocks do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.clock import SECOND, Duration, Instant
from hourloom.device.clocks import HEARTBEAT, UNKNOWN_AFTER, Break, Reading, compare
from hourloom.device.pulse import PACE, Pulse, Span

START = Instant(1_790_000_000 * SECOND)
A, B, C = ({"app": name} for name in "ABC")
LAG = Duration(300 * SECOND)


def at(seconds: float) -> Instant:
    return Instant(START + round(seconds * SECOND))


def seconds(spans: Sequence[Span]) -> dict[str, float]:
    found: Counter[str] = Counter()
    for span in spans:
        found[str(span.data["app"])] += span.end - span.start
    return {app: length / SECOND for app, length in found.items() if length}


def assert_apart(spans: Sequence[Span]) -> None:
    """No instant is counted twice, and nothing ends before it begins."""
    held = sorted(span for span in spans if span.end != span.start)
    assert all(span.start <= span.end for span in spans)
    assert all(one.end <= next_.start for one, next_ in pairwise(held))


class Told:
    """A pulse under a clock, with all that it stored."""

    def __init__(self) -> None:
        self.pulse, self.now = Pulse(), START
        self.spans: list[Span] = []

    def go(self, length: float) -> None:
        """Let time pass, ticking whenever something is due."""
        target = Instant(self.now + round(length * SECOND))
        while (due := self.pulse.due()) is not None and due <= target:
            self.now = max(self.now, due)
            self.spans += self.pulse.tick(self.now)
        self.now = target

    def see(self, data: dict[str, str] | None, back: float = 0, lag: Duration = Duration(0)) -> None:  # noqa: B008 - a number
        observed = Instant(self.now - round(back * SECOND))
        self.spans += self.pulse.observed(observed, data, self.now, lag)

    def broken(self, found: Break) -> None:
        self.spans += self.pulse.break_off(found)
        self.now = found.begins

    def end(self) -> dict[str, float]:
        self.spans += self.pulse.end(self.now)
        assert_apart(self.spans)
        return seconds(self.spans)


def test_a_change_ends_the_old_exactly_where_the_new_begins() -> None:
    told = Told()
    told.see(A)
    told.go(20)
    told.see(B)
    told.go(13)
    told.see(None)
    told.go(60)
    assert told.end() == {"A": 20, "B": 13}
    assert told.spans[0] == Span(START, START, A)
    assert [span.data for span in told.spans] == [A, A, A, B, B]


def test_what_goes_on_is_stored_every_heartbeat() -> None:
    told = Told()
    told.see(A)
    told.go(HEARTBEAT / SECOND * 3)
    assert seconds(told.spans) == {"A": 45}


@given(
    st.lists(
        st.tuples(st.sampled_from([A, B, C, None]), st.integers(100_000, 100_000_000)),
        min_size=1,
        max_size=30,
    )
)
def test_no_time_is_lost_or_invented(steps: list[tuple[dict[str, str] | None, int]]) -> None:
    told, truth = Told(), Counter[str]()
    for data, length in steps:
        told.see(data)
        told.go(length / SECOND)
        if data is not None:
            truth[data["app"]] += length
    assert told.end() == {app: length / SECOND for app, length in truth.items()}


@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.integers(0, 300_000)), min_size=1, max_size=60))
def test_of_fast_changes_no_time_is_lost_and_few_are_stored(steps: list[tuple[dict[str, str], int]]) -> None:
    told = Told()
    for data, length in steps:
        told.see(data)
        told.go(length / SECOND)
    stored = [span.start for span in told.spans if span.start == span.end]
    told.go(1)
    total = told.now - START
    assert round(sum(told.end().values()) * SECOND) == total
    assert told.spans[-1].data == steps[-1][0]
    for start in stored:
        assert sum(start <= each < start + SECOND for each in stored) <= SECOND // PACE + 1


def test_ten_thousand_titles_in_a_second_become_ten_changes() -> None:
    told = Told()
    for number in range(10_000):
        told.see({"app": str(number)})
        told.go(0.0001)
    told.go(1)
    assert sum(span.start == span.end for span in told.spans) <= 12
    assert told.pulse.data == {"app": "9999"}
    assert round(sum(told.end().values()), 3) == 2


def test_a_window_seen_for_less_than_a_moment_is_left_out() -> None:
    told = Told()
    told.see(A)
    told.go(5)
    told.see(B)
    told.go(0.05)
    told.see(C)
    told.go(0.02)
    told.see(B)
    told.go(5)
    assert told.end() == {"A": 5, "B": 5.07}


def test_who_went_away_is_away_since_the_last_input() -> None:
    told = Told()
    told.see(A, lag=LAG)
    told.go(600)
    told.see(A, back=1, lag=LAG)  # the last input
    told.go(299)
    told.see(B, back=300)
    told.go(100)
    assert told.end() == {"A": 599, "B": 400}


def a_break(told: Told, *, wall: float, on: float, awake: float) -> Break:
    """Read the clocks after so many seconds of each."""
    before = Reading(told.now, 10**9, 2 * 10**9)
    micro = [round(each * SECOND) for each in (wall, awake, on)]
    found = compare(before, Reading(Instant(before.wall + micro[0]), 10**9 + micro[1], 2 * 10**9 + micro[2]))
    assert found is not None
    return found


def test_time_asleep_is_nobodys() -> None:
    told = Told()
    told.see(A)
    told.go(10)
    found = a_break(told, wall=3600, on=3600, awake=2)
    assert (found.kind, found.length) == ("slept", 3600 * SECOND)
    told.broken(found)
    told.go(5)
    assert told.end() == {"A": 15}


def test_a_short_sleep_is_not_bridged() -> None:
    told = Told()
    told.see(A)
    told.go(10)
    told.broken(a_break(told, wall=20, on=20, awake=1))
    told.go(5)
    assert told.end() == {"A": 15}
    assert told.spans[-1].start == at(30)


def test_what_happened_while_the_program_stood_still_is_unknown() -> None:
    told = Told()
    told.see(A)
    told.go(10)
    found = a_break(told, wall=46, on=46, awake=46)
    assert found.kind == "stalled"
    told.broken(found)
    told.go(5)
    assert told.end() == {"A": 15}


def test_a_clock_set_forward_counts_the_time_that_passed() -> None:
    told = Told()
    told.see(A)
    told.go(10)
    found = a_break(told, wall=3605, on=5, awake=5)
    assert (found.kind, found.length) == ("set forward", 3600 * SECOND)
    told.broken(found)
    told.go(10)
    assert told.end() == {"A": 25}


def test_a_clock_set_back_counts_no_instant_twice() -> None:
    told = Told()
    told.see(A)
    told.go(100)
    told.broken(a_break(told, wall=-55, on=5, awake=5))  # it is 45 again, and 105 were stored
    told.go(30)
    told.see(B)
    told.go(50)
    assert told.end() == {"A": 105, "B": 20}


def test_a_clock_a_day_ahead_that_is_put_right_loses_nothing() -> None:
    told = Told()
    told.now = at(86_400)
    told.see(A)
    told.go(100)
    told.broken(a_break(told, wall=-86_395, on=5, awake=5))
    told.go(100)
    assert told.end() == {"A": 205}


def test_a_clock_set_forward_and_put_right_again_loses_nothing() -> None:
    told = Told()
    told.see(A)
    told.go(100)
    told.broken(a_break(told, wall=3605, on=5, awake=5))
    told.go(10)
    told.broken(a_break(told, wall=-3595, on=5, awake=5))  # nothing is stored of the hour that never was
    told.go(50)
    told.see(B)
    told.go(20)
    assert told.end() == {"A": 170, "B": 20}


def test_a_clock_set_back_into_a_sleep_stores_what_happens_then() -> None:
    told = Told()
    told.see(A)
    told.go(100)
    told.broken(a_break(told, wall=7200, on=7200, awake=0))
    told.broken(a_break(told, wall=-3600, on=0, awake=0))
    told.go(60)
    assert told.end() == {"A": 160}


def test_a_clock_set_back_to_when_nothing_was_observed_stores_what_happens_then() -> None:
    told = Told()
    told.see(A)
    told.go(100)
    told.see(None)
    told.go(600)
    told.broken(a_break(told, wall=-650, on=0, awake=0))  # it is 50 again, and 100 were stored
    told.see(B)
    told.go(80)
    assert told.end() == {"A": 100, "B": 30}


def test_a_clock_set_back_by_less_than_a_jump_counts_no_instant_twice() -> None:
    told = Told()
    told.see(A)
    told.go(105)
    told.now = at(104.1)
    told.see(B)
    told.go(10)
    told.see(C)
    told.go(0.2)
    told.now = at(113.4)
    told.see(A)  # C was there for less than no time
    told.go(10)
    assert told.end() == {"A": 114.3, "B": 9.1}


def test_who_was_there_before_the_clock_was_set_was_there_until_the_last_input() -> None:
    told = Told()
    told.see(A, lag=LAG)
    told.go(100)
    told.broken(a_break(told, wall=3600, on=0, awake=0))
    told.go(250)
    told.see(B, back=300)  # 50 s before the jump
    told.go(10)
    assert told.end() == {"A": 50, "B": 260}


def test_who_is_there_after_the_clock_was_set_was_there_before() -> None:
    told = Told()
    told.see(A, lag=LAG)
    told.go(100)
    told.broken(a_break(told, wall=3600, on=0, awake=0))
    told.go(50)
    told.see(A, lag=LAG)
    told.go(20)
    assert told.end() == {"A": 150}


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("see"), st.sampled_from([A, B, None])),
            st.tuples(st.just("go"), st.floats(0.2, 40)),
            st.tuples(st.just("sleep"), st.floats(1, 4000)),
            st.tuples(st.just("jump"), st.floats(-2000, 2000).filter(lambda x: abs(x) >= 1)),
        ),
        max_size=25,
    )
)
def test_whatever_the_clocks_do_no_instant_counts_twice_and_no_time_is_invented(
    steps: list[tuple[str, object]],
) -> None:
    told, awake = Told(), 0.0
    for what, value in steps:
        if what == "see":
            told.see(value)  # type: ignore[arg-type]
        elif what == "go":
            told.go(value)  # type: ignore[arg-type]
            awake += value  # type: ignore[operator]
        else:
            length = float(value)  # type: ignore[arg-type]
            told.broken(a_break(told, wall=length, on=length if what == "sleep" else 0, awake=0))
    assert sum(told.end().values()) <= awake + 0.001


def length_of(stretches: Sequence[tuple[int, int]]) -> int:
    """Return how long stretches of time last together, each instant counted once."""
    length, reached = 0, 0
    for start, end in sorted(stretches):
        length += max(0, end - max(start, reached))
        reached = max(reached, end)
    return length


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("see"), st.sampled_from([A, B, None])),
            st.tuples(st.just("go"), st.integers(1, 120)),
            st.tuples(st.just("sleep"), st.integers(1, 400)),
            st.tuples(st.just("jump"), st.integers(-300, 300).filter(bool)),
        ),
        max_size=30,
    )
)
def test_whatever_the_clocks_do_what_was_lived_is_stored(steps: list[tuple[str, object]]) -> None:
    """Every instant by the clock at which something was observed is stored, and stored once."""
    told, lived = Told(), []
    for what, value in steps:
        if what == "see":
            told.see(value)  # type: ignore[arg-type]
            told.go(0.2)
            lived.append((told.now - SECOND // 5, told.now, value))
        elif what == "go":
            start = told.now
            told.go(value)  # type: ignore[arg-type]
            lived.append((start, told.now, told.pulse.data))
        else:
            length = float(value)  # type: ignore[arg-type]
            told.broken(a_break(told, wall=length, on=length if what == "sleep" else 0, awake=0))
    stored = round(sum(told.end().values()) * SECOND)
    assert stored == length_of([(start, end) for start, end, data in lived if data is not None])


def test_clocks_that_agree_say_nothing() -> None:
    before = Reading(START, 1_000_000, 5_000_000)
    assert compare(before, Reading(at(15), 16_000_000, 20_000_000)) is None
    assert compare(before, Reading(at(15.9), 16_000_000, 20_000_000)) is None
    most = UNKNOWN_AFTER / SECOND
    assert compare(before, Reading(at(most), 1_000_000 + UNKNOWN_AFTER, 5_000_000 + UNKNOWN_AFTER)) is None
