"""What every mechanism that tells the focused window has to keep to, whichever system it is on."""

from __future__ import annotations

import contextlib
import itertools
import select
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from hourloom.core.clock import SECOND, SystemClock
from hourloom.device.ports import Bound, Json, Observation, Source, SourceLost
from hourloom.device.windows.focus import FLICKER

LIMIT = 30.0
"""Seconds that anything may take: many times of what it takes, for machines that are busy."""

Wanted = Callable[[Observation], bool]


class Desktop(Protocol):
    """A desktop that a test drives, or a stand-in for one. It begins with nothing or anything in focus."""

    source: Source

    def show(self, title: str) -> None:
        """Bring a window of this title to the front, making it if it is not there."""
        ...

    def retitle(self, title: str) -> None:
        """Give another title to the window in front."""
        ...

    def end(self) -> None:
        """End the mechanism, as a crash would."""
        ...


@contextlib.contextmanager
def bound_to(source: Source) -> Iterator[Bound]:
    """Bind a source for a while."""
    bound = source.bind()
    try:
        yield bound
    finally:
        bound.close()


def observed(bound: Bound, wanted: Wanted, limit: float = LIMIT) -> list[Observation]:
    """Return what is observed until something is wanted, waiting as the device program does."""
    found: list[Observation] = []
    latest = time.monotonic() + limit
    while not any(map(wanted, found)):
        left = latest - time.monotonic()
        assert left > 0, f"not observed within {limit} s; instead: {found}"
        due = bound.due()
        select.select([bound], [], [], left if due is None else min(left, due))
        found += bound.observe()
    return found


def titled(title: str) -> Wanted:
    """Want a window of this title."""
    return lambda each: each.data is not None and each.data["title"] == title


def nothing(each: Observation) -> bool:
    """Want that no window has the focus."""
    return each.data is None


def loses(bound: Bound, limit: float = LIMIT) -> SourceLost:
    """Return what a bound mechanism says when it is lost."""
    try:
        observed(bound, lambda _: False, limit)
    except SourceLost as lost:
        return lost
    raise AssertionError("it is not lost")


def shapes(told: Sequence[Observation]) -> list[Mapping[str, Json] | None]:
    """Return what was told without when."""
    return [each.data for each in told]


def flickers(told: Sequence[Observation]) -> bool:
    """Tell whether no window at all was told for a moment only, as desktops say between two windows."""
    return any(
        before.data is None and after.at - before.at < FLICKER * SECOND
        for before, after in itertools.pairwise(told)
    )


class WindowSourceContract:
    """Mixed into a class of tests with the fixtures `desktop` and `doomed`, a desktop that may be ended."""

    def test_the_first_observation_tells_the_present(self, desktop: Desktop) -> None:
        desktop.show("here already")
        with bound_to(desktop.source) as bound:
            told = observed(bound, titled("here already"))
        assert {each.stream for each in told} == {"window"}
        assert told[-1].data is not None
        assert set(told[-1].data) == {"app", "title"}
        assert told[-1].data["app"] not in ("", "unknown")

    def test_another_window_and_another_title_are_told_once_and_in_order(self, desktop: Desktop) -> None:
        desktop.show("first")
        with bound_to(desktop.source) as bound:
            observed(bound, titled("first"))
            began = SystemClock().now()
            desktop.show("second")
            told = observed(bound, titled("second"))
            desktop.retitle("second, changed")
            told += observed(bound, titled("second, changed"))
        assert [each.at for each in told] == sorted(each.at for each in told)
        assert all(before.data != after.data for before, after in itertools.pairwise(told))
        assert all(began - SECOND <= each.at <= SystemClock().now() for each in told)
        assert not flickers(told)

    def test_what_goes_on_is_not_told_again(self, desktop: Desktop) -> None:
        desktop.show("steady")
        with bound_to(desktop.source) as bound:
            observed(bound, titled("steady"))
            assert [each for _ in range(3) for each in bound.observe()] == []

    def test_it_can_be_closed_twice_and_bound_again(self, desktop: Desktop) -> None:
        for _ in range(2):
            desktop.show("again")
            bound = desktop.source.bind()
            observed(bound, titled("again"))
            bound.close()
            bound.close()

    def test_the_end_of_the_mechanism_is_told_with_a_reason(self, doomed: Desktop) -> None:
        doomed.show("to the end")
        with bound_to(doomed.source) as bound:
            observed(bound, titled("to the end"))
            doomed.end()
            assert loses(bound).fields["reason"]
