"""The time a query may take, looked at by every loop in passing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from hourloom.tracking.query.errors import QueryTimedOut

T = TypeVar("T")

PART = 4096
"""How many items a loop handles between two looks at the clock."""


class Deadline:
    """Stop a query that takes longer than it may."""

    __slots__ = ("_ends", "_monotonic", "_seconds")

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._ends = monotonic() + seconds

    def check(self) -> None:
        """Raise once the time is up."""
        if self._monotonic() > self._ends:
            raise QueryTimedOut(seconds=f"{self._seconds:g}")

    def parts(self, items: Sequence[T]) -> Iterator[Sequence[T]]:
        """Hand out the items in parts, checking the time before each."""
        if len(items) <= PART:
            self.check()
            yield items
            return
        for first in range(0, len(items), PART):
            self.check()
            yield items[first : first + PART]


NEVER = Deadline(math.inf)
"""For callers whose lists are known to be short."""
