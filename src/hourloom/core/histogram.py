"""Counting how often something took how long, cheaply enough for what happens thousands of times a second."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""The bounds between which durations are told apart."""


class Histogram:
    """How many values were at most as large as each bound, and their sum.

    Adding takes no lock: two threads that add to one histogram at the same moment may lose a count.
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        """Return how many values were counted."""
        return sum(self.counts)

    def up_to(self) -> Iterator[tuple[float, int]]:
        """Yield each bound with how many values were at most as large; the last bound is infinite."""
        below = 0
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            below += count
            yield bound, below
