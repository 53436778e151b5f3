"""A circuit breaker: who fails again and again outside is left alone for a while, and then tried once.

closed ---- fails 5 times in a row ----> open (30 s, then 60 s, ... at most 15 min)
  ^                                        |
  |                                        | the time is over: one attempt
  +------------ it answers ------------ trying ---- it fails ----> open, for twice as long
"""

from __future__ import annotations

from typing import Literal

import msgspec

from hourloom.core.errors import Unavailable

FAILURES_TO_OPEN = 5
FIRST_REST, LONGEST_REST = 30.0, 900.0
ATTEMPT_FORGOTTEN_AFTER = 300.0
"""Seconds after which an attempt that told no end no longer keeps others from trying."""

Standing = Literal["closed", "open", "trying"]


class LeftAlone(Unavailable):
    """{name} failed {failures} times in a row; it is tried again in {seconds} s."""


class Circuit(msgspec.Struct, frozen=True):
    """How it stands with one place outside; instants are seconds of a clock that only goes forward."""

    failures: int = 0
    """How many in a row."""
    rests: float = 0.0
    """For how long it was left alone last."""
    rests_until: float | None = None
    tried_at: float | None = None

    def standing(self, now: float) -> Standing:
        """Return whether calls go through, none does, or one alone."""
        if self.rests_until is None:
            return "closed"
        return "open" if now < self.rests_until else "trying"


def may_call(circuit: Circuit, now: float) -> bool:
    """Return whether a call may be made now."""
    if circuit.standing(now) != "trying":
        return circuit.rests_until is None
    return circuit.tried_at is None or now - circuit.tried_at >= ATTEMPT_FORGOTTEN_AFTER


def calling(circuit: Circuit, now: float) -> Circuit:
    """Note that a call is made."""
    if circuit.rests_until is None:
        return circuit
    return msgspec.structs.replace(circuit, tried_at=now)


def failed(circuit: Circuit, now: float) -> Circuit:
    """Note that a call failed."""
    failures = circuit.failures + 1
    if circuit.rests_until is None and failures < FAILURES_TO_OPEN:
        return msgspec.structs.replace(circuit, failures=failures)
    if circuit.rests_until is not None and now < circuit.rests_until:
        # One that began before the others failed.
        return msgspec.structs.replace(circuit, failures=failures)
    rests = min(circuit.rests * 2 or FIRST_REST, LONGEST_REST)
    return Circuit(failures, rests, now + rests)


def seconds_left(circuit: Circuit, now: float) -> float:
    """Return how long it is left alone yet."""
    return max(0.0, (circuit.rests_until or now) - now)
