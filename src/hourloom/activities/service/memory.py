"""What is remembered of things by numbers, bounded in how many; what was not asked for longest goes first."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from itertools import islice, repeat
from typing import Any, Generic, TypeVar

MOST_REMEMBERED = 60_000
"""Of about 100 bytes each, what is remembered being shared."""
UNKNOWN = object()

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """What is known of subjects that are the same in words; shared by readers."""

    def __init__(self, number: int) -> None:
        self.number = number
        """No other of its kind ever has it."""
        self._new: dict[int, Value] = {}
        self._old: dict[int, Value] = {}
        self._guard = threading.Lock()

    def get(self, essence: int, default: object = None) -> Any:  # what was kept, or the default
        """Return what is known, or what is given."""
        found = self._new.get(essence, default)
        if found is not default:
            return found
        found = self._old.get(essence, default)
        if found is not default:
            self.keep({essence: found})  # type: ignore[dict-item]  # it is not the default
        return found

    def all(self, essences: Iterable[int]) -> list[Any]:  # as above
        """Return what is known of each, or `UNKNOWN`."""
        found: list[Any] = list(map(self._new.get, essences, repeat(UNKNOWN)))
        if self._old and UNKNOWN in found:
            for place, essence in enumerate(essences):
                if found[place] is UNKNOWN:
                    found[place] = self.get(essence, UNKNOWN)
        return found

    def keep(self, learnt: Mapping[int, Value]) -> None:
        """Remember it, in two generations: what is not asked for again goes with the older one."""
        with self._guard:
            if len(self._new) + len(learnt) > MOST_REMEMBERED // 2:
                self._old, self._new = self._new, {}
            self._new.update(islice(learnt.items(), MOST_REMEMBERED // 2))
