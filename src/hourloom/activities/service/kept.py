"""What is kept in memory of the past, bounded in bytes; what was not asked for longest goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")


class HowKept(NamedTuple):
    """How well keeping works."""

    asked: int
    known: int
    """How many of these were at hand."""
    bytes: int
    entries: int


class Kept(Generic[Value]):
    """Values by keys, each with what it takes; shared by readers."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._bytes = self._asked = self._known = 0
        self._guard = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        """Return a value that is at hand."""
        with self._guard:
            self._asked += 1
            found = self._values.get(key)
            if found is None:
                return None
            self._known += 1
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Keep a value that takes so many bytes."""
        if size > self._most:
            return
        with self._guard:
            old = self._values.pop(key, None)
            self._bytes += size - (old[1] if old is not None else 0)
            self._values[key] = (value, size)
            while self._bytes > self._most:
                _, (_, gone) = self._values.popitem(last=False)
                self._bytes -= gone

    def forget(self) -> None:
        """Drop everything."""
        with self._guard:
            self._values.clear()
            self._bytes = 0

    def figures(self) -> HowKept:
        """Return how well keeping works."""
        with self._guard:
            return HowKept(self._asked, self._known, self._bytes, len(self._values))
