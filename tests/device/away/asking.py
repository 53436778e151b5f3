"""Asking one mechanism as the loop does."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

from hourloom.core.clock import SECOND
from hourloom.device.ports import Bound, Observation, SourceLost

LIMIT = 30.0


def state_of(observation: Observation) -> str:
    """Return what an observation says."""
    assert observation.data is not None
    return str(observation.data["state"])


def next_of(
    bound: Bound, wanted: Callable[[Observation], bool], also: Callable[[], object] = lambda: None
) -> Observation:
    """Wait until something is observed, and return it; `also` runs the other side meanwhile."""
    latest = time.monotonic() + LIMIT
    while time.monotonic() < latest:
        for each in bound.observe():
            if wanted(each):
                return each
        due = bound.due()
        wait = min(0.05, due if due is not None else 0.05)
        if bound.fileno() >= 0:
            select.select([bound], [], [], wait)
        else:
            time.sleep(wait)
        also()
    raise AssertionError("it was never observed")


def states(bound: Bound, *wanted: str, also: Callable[[], object] = lambda: None) -> list[Observation]:
    """Wait for states, one after the other."""
    return [next_of(bound, lambda each, want=want: state_of(each) == want, also) for want in wanted]  # type: ignore[misc]


def lost(bound: Bound, also: Callable[[], object] = lambda: None) -> int:
    """Wait until a mechanism is lost, and return how often it was asked until then."""
    latest, asked = time.monotonic() + LIMIT, 0
    while time.monotonic() < latest:
        asked += 1
        try:
            bound.observe()
        except SourceLost:
            return asked
        select.select([bound], [], [], 0.05)
        also()
    raise AssertionError("it was never lost")


def seconds_before(observation: Observation, at: float) -> float:
    """Return how long before a moment something is said to have been."""
    return at - observation.at / SECOND
