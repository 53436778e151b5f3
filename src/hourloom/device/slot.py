"""Keeps one mechanism of a watcher bound: what is lost is bound again, what goes mad rests for a while."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from typing import NamedTuple

from hourloom.core.clock import SECOND
from hourloom.core.errors import HourloomError
from hourloom.device.ports import Bound, CannotBind, Observation, Source, SwitchedOff, Watcher

log = logging.getLogger(__name__)

FIRST_DELAY, LONGEST_DELAY = SECOND // 2, 30 * SECOND
LIVES_AFTER = 60 * SECOND
ASKS_AT_ONCE, ASKS_A_SECOND = 50, 50
IN_VAIN = 500
"""So many wake-ups without an observation or a rest are a fault of the mechanism."""


class Failure(NamedTuple):
    """Why a source does not work here, and what a person can do about it."""

    source: str
    reason: str
    next_step: str


class Slot:
    """One group of sources, of which the first that binds is used. Times are those of the clock `awake`."""

    def __init__(self, watcher: Watcher, sources: Sequence[Source]) -> None:
        self.watcher, self.sources = watcher, sources
        self.source: Source | None = None
        self.failures: list[Failure] = []
        """What stood in the way the last time that something was bound."""
        self.lost: str | None = None
        """Why the mechanism before this one ended."""
        self.is_off = False
        """Whether nothing is bound because a person does not want it: that is no trouble."""
        self.streams: set[str] = set()
        """What it told of since it was bound."""
        self.due: int | None = 0
        """When to ask, or to bind again."""
        self.bound_at = 0
        self._bound: Bound | None = None
        self._delay = FIRST_DELAY
        self._asks, self._asked, self._in_vain = float(ASKS_AT_ONCE), 0, 0

    @property
    def is_bound(self) -> bool:
        """Tell whether a mechanism works at the moment."""
        return self._bound is not None

    def fileno(self) -> int:
        """Return the descriptor to wait for, or -1."""
        return -1 if self._bound is None else self._bound.fileno()

    def bind(self, now: int) -> bool:
        """Try one source after the other; tell whether one works."""
        self.failures = []
        is_off = False
        for source in self.sources:
            try:
                self._bound = source.bind()
            except SwitchedOff:
                is_off, self.lost = True, None
            except CannotBind as error:
                self._failed(source, str(error.fields["reason"]), str(error.fields.get("next_step", "")))
            except HourloomError as error:
                self._failed(source, error.message, "")
            except Exception as error:
                log.warning("%s cannot be bound", source.name, exc_info=True)
                self._failed(source, f"it failed ({type(error).__name__})", "")
            else:
                self.source, self.bound_at, self.due = source, now, now
                self._asks, self._in_vain = float(ASKS_AT_ONCE), 0
                self.streams, self.is_off = set(), False
                return True
        self.is_off = is_off and not self.failures
        self._wait(now)
        return False

    def ask(self, now: int) -> list[Observation]:
        """Return what the mechanism observed; when it is lost, close it and raise its last words."""
        if self._bound is None:
            return []
        self._asks = min(ASKS_AT_ONCE, self._asks + (now - self._asked) / SECOND * ASKS_A_SECOND)
        if self._asks >= ASKS_AT_ONCE:
            self._in_vain = 0  # it was quiet
        self._asks -= 1
        was_due, self._asked = self.due is not None and self.due <= now, now
        try:
            observed = [each for raw in self._bound.observe() for each in self.watcher.refine(raw)]
            self._plan(now)
        except Exception as error:
            if not isinstance(error, HourloomError):
                log.warning("%s failed", self._name, exc_info=True)
            self._lose(now, error.message if isinstance(error, HourloomError) else "")
            raise Lost from None
        self._in_vain = 0 if observed or was_due else self._in_vain + 1
        if self._in_vain >= IN_VAIN:
            self._lose(now, "it woke this program again and again with nothing to observe")
            raise Lost
        self.streams.update(each.stream for each in observed)
        return observed

    def plan(self, now: int) -> None:
        """Ask the mechanism again when it wants to be asked: another one may have changed that."""
        with contextlib.suppress(Exception):  # the next time it is asked, it says so itself
            self._plan(now)

    def rests_until(self, now: int) -> int | None:
        """Return until when its descriptor is not waited for, because it was readable too often."""
        left = self._asks + (now - self._asked) / SECOND * ASKS_A_SECOND
        return None if left >= 1 else now + round((1 - left) / ASKS_A_SECOND * SECOND) + 1

    def close(self) -> None:
        """Let go of the mechanism."""
        bound, self._bound, self.source = self._bound, None, None
        if bound is not None:
            with contextlib.suppress(Exception):
                bound.close()

    @property
    def _name(self) -> str:
        return self.source.name if self.source else "?"

    def _plan(self, now: int) -> None:
        if self._bound is not None:
            wait = self._bound.due()
            self.due = None if wait is None else now + max(0, round(wait * SECOND))

    def _lose(self, now: int, words: str) -> None:
        self.lost = f"{self._name}: {words or 'it failed'}".rstrip(".")
        self.close()
        if now - self.bound_at >= LIVES_AFTER:
            self._delay = FIRST_DELAY
        self._wait(now)

    def _wait(self, now: int) -> None:
        self.due = now + self._delay
        self._delay = min(2 * self._delay, LONGEST_DELAY)

    def _failed(self, source: Source, reason: str, next_step: str) -> None:
        self.failures.append(Failure(source.name, reason.rstrip("."), next_step.rstrip(".")))


class Lost(Exception):
    """The mechanism of a slot ended."""
