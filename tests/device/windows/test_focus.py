"""What is told of the focused window: no flicker, nothing twice, nothing invented."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.clock import SECOND, Instant
from hourloom.device.windows.focus import FLICKER, Focus, Window
from tests.device.fakes import START, FixedClocks


def window(app: str = "a", title: str = "") -> Window:
    return {"app": app, "title": title}


class Watched:
    """A Focus with clocks that the test moves."""

    def __init__(self) -> None:
        self.clocks = FixedClocks()
        self.focus = Focus(self.clocks, lambda: self.clocks.read().awake / SECOND)

    def told(self) -> list[tuple[float, Window | None]]:
        return [((each.at - START) / SECOND, each.data) for each in self.focus.take()]


def test_the_present_is_told_at_once_even_if_it_is_nothing() -> None:
    watched = Watched()
    watched.focus.on(None)
    assert watched.focus.due() == 0.0
    assert watched.told() == [(0.0, None)]
    assert watched.focus.due() is None


def test_nothing_between_two_windows_is_not_told() -> None:
    watched = Watched()
    watched.focus.on(window("a"))
    watched.clocks.go(1)
    watched.focus.on(None)
    watched.clocks.go(0.05)
    watched.focus.on(window("b"))
    watched.clocks.go(1)
    assert watched.told() == [(0.0, window("a")), (1.05, window("b"))]


def test_nothing_that_stays_is_told_as_of_when_it_began() -> None:
    watched = Watched()
    watched.focus.on(window("a"))
    watched.told()
    watched.clocks.go(1)
    watched.focus.on(None)
    assert watched.told() == []
    watched.clocks.go(0.06)
    watched.focus.on(None)
    due = watched.focus.due()
    assert due is not None
    assert 0 < due < FLICKER
    watched.clocks.go(due + 0.001)
    assert watched.told() == [(1.0, None)]
    assert watched.focus.due() is None


def test_nothing_that_was_over_before_anybody_asked_is_told_if_it_was_long() -> None:
    watched = Watched()
    watched.focus.on(window("a"))
    watched.clocks.go(1)
    watched.focus.on(None)
    watched.clocks.go(1)
    watched.focus.on(window("a"))
    assert watched.told() == [(0.0, window("a")), (1.0, None), (2.0, window("a"))]


def test_of_titles_that_spin_the_last_is_told() -> None:
    watched = Watched()
    watched.focus.on(window("a", "0"))
    for number in range(1, 10):
        watched.clocks.go(0.01)
        watched.focus.on(window("a", str(number)))
    assert watched.told() == [(0.0, window("a", "0"))]
    watched.clocks.go(0.02)
    assert watched.told() == [(0.09, window("a", "9"))]
    watched.focus.on(window("b", "0"))
    assert watched.told() == [(0.11, window("b", "0"))]


def test_the_same_again_is_not_told_and_takes_back_what_is_held() -> None:
    watched = Watched()
    watched.focus.on(window("a"))
    watched.focus.on(None)
    watched.focus.on(window("a"))
    watched.clocks.go(1)
    assert watched.told() == [(0.0, window("a"))]


def test_an_observation_says_how_long_its_end_may_be_told_later() -> None:
    focus = Focus()
    focus.on(window("a"), Instant(7))
    (told,) = focus.take()
    assert (told.at, told.lag, told.stream) == (7, FLICKER, "window")


steps = st.tuples(
    st.sampled_from(["a", "b", None]), st.integers(0, 2), st.sampled_from([0, 0.01, 0.09, 0.2]), st.booleans()
)


@given(st.lists(steps, max_size=30))
def test_whatever_happens_time_runs_on_nothing_repeats_and_the_end_is_true(
    happening: list[tuple[str | None, int, float, bool]],
) -> None:
    watched = Watched()
    told: list[tuple[float, Window | None]] = []
    present: Window | None = None
    for app, title, seconds, asks in happening:
        present = None if app is None else window(app, str(title))
        watched.focus.on(present)
        watched.clocks.go(seconds)
        if asks:
            told += watched.told()
    watched.clocks.go(1)
    told += watched.told()
    assert [at for at, _ in told] == sorted(at for at, _ in told)
    assert all(before != after for (_, before), (_, after) in itertools.pairwise(told))
    assert (told[-1][1] if told else None) == present
