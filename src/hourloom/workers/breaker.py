"""Guard the calls to one place outside, so that one that is down is not asked again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from hourloom.core import breaker
from hourloom.core.breaker import Circuit, LeftAlone
from hourloom.core.errors import HourloomError, TimedOut, TooMany, Unavailable

FAILURES = (Unavailable, TimedOut, TooMany, OSError)
"""Errors that tell of a place that is down; others are answers."""


class Breaker:
    """The circuit to one place; for any thread."""

    def __init__(self, name: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._name, self._monotonic = name, monotonic
        self._lock = threading.Lock()
        self._circuit = Circuit()

    @property
    def circuit(self) -> Circuit:
        """Return how it stands."""
        return self._circuit

    @contextmanager
    def guarding(self, failures: tuple[type[Exception], ...] = FAILURES) -> Iterator[None]:
        """Make one call, or raise LeftAlone without making it."""
        self._begin()
        try:
            yield
        except failures:
            self._note(lambda circuit: breaker.failed(circuit, self._monotonic()))
            raise
        except HourloomError:
            self._note(lambda circuit: Circuit())
            raise
        except BaseException:
            # It tells nothing of the place: an interruption, or a fault of ours.
            self._note(lambda circuit: msgspec.structs.replace(circuit, tried_at=None))
            raise
        self._note(lambda circuit: Circuit())

    def _begin(self) -> None:
        with self._lock:
            now, circuit = self._monotonic(), self._circuit
            if not breaker.may_call(circuit, now):
                seconds = max(1, round(breaker.seconds_left(circuit, now)))
                raise LeftAlone(name=self._name, failures=circuit.failures, seconds=seconds)
            self._circuit = breaker.calling(circuit, now)

    def _note(self, change: Callable[[Circuit], Circuit]) -> None:
        with self._lock:
            self._circuit = change(self._circuit)
