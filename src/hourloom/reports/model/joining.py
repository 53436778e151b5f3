"""Join stretches too short to be seen, so that a picture needs no more of them than it has room for."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value", bound=Hashable)


class Joining(Generic[Value]):
    """Takes stretches in order; what is shorter than a piece of time goes to what has most of that piece.

    stretches  |aabbaab|cccccccccccc|      |
    pieces     |-------|-------|-------|---|
    joined     |aaaaaaa|cccccccccccc|      |
    """

    def __init__(self, start: int, width: int) -> None:
        self._start, self._width = start, max(1, width)
        self._found: list[tuple[int, int, Value]] = []
        self._piece = -1
        self._lasted: dict[Value, int] = {}

    def add(self, start: int, end: int, value: Value) -> None:
        """Add the next stretch."""
        if end - start >= self._width:
            self._close()
            self._put(start, end, value)
            return
        piece = (start - self._start) // self._width
        if piece != self._piece:
            self._close()
            self._piece = piece
        self._lasted[value] = self._lasted.get(value, 0) + end - start

    def done(self) -> list[tuple[int, int, Value]]:
        """Return what they come to, none over another."""
        self._close()
        return self._found

    def _close(self) -> None:
        if self._lasted:
            value = max(self._lasted, key=self._lasted.__getitem__)
            begins = self._start + self._piece * self._width
            self._lasted = {}
            self._put(begins, begins + self._width, value)

    def _put(self, start: int, end: int, value: Value) -> None:
        last = self._found[-1] if self._found else None
        start = start if last is None else max(start, last[1])
        if start >= end:
            return
        if last is not None and last[1:] == (start, value):
            self._found[-1] = last[0], end, value
        else:
            self._found.append((start, end, value))
