"""When a place outside that fails is left alone, and when it is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.breaker import (
    ATTEMPT_FORGOTTEN_AFTER,
    FAILURES_TO_OPEN,
    FIRST_REST,
    LONGEST_REST,
    Circuit,
    calling,
    failed,
    may_call,
    seconds_left,
)


def after_failures(count: int, now: float = 0.0) -> Circuit:
    circuit = Circuit()
    for _ in range(count):
        circuit = failed(circuit, now)
    return circuit


def test_it_opens_after_five_failures_in_a_row() -> None:
    standings = [after_failures(count).standing(0) for count in range(FAILURES_TO_OPEN + 1)]
    assert standings == ["closed"] * FAILURES_TO_OPEN + ["open"]


def test_when_it_has_rested_one_call_alone_goes_through() -> None:
    circuit = after_failures(FAILURES_TO_OPEN)
    assert not may_call(circuit, FIRST_REST - 0.1)
    assert seconds_left(circuit, 10) == FIRST_REST - 10
    assert circuit.standing(FIRST_REST) == "trying"
    assert may_call(circuit, FIRST_REST)
    trying = calling(circuit, FIRST_REST)
    assert not may_call(trying, FIRST_REST + 1)
    assert may_call(trying, FIRST_REST + ATTEMPT_FORGOTTEN_AFTER)


def test_each_attempt_that_fails_doubles_the_rest_up_to_a_quarter_of_an_hour() -> None:
    circuit, now, rests = after_failures(FAILURES_TO_OPEN), 0.0, [FIRST_REST]
    for _ in range(7):
        now += seconds_left(circuit, now)
        circuit = failed(calling(circuit, now), now)
        rests.append(seconds_left(circuit, now))
    assert rests == [30, 60, 120, 240, 480, 900, 900, 900]


def test_what_failed_late_does_not_prolong_the_rest() -> None:
    circuit = after_failures(FAILURES_TO_OPEN)
    late = failed(circuit, FIRST_REST / 2)
    assert (late.rests_until, late.failures) == (FIRST_REST, FAILURES_TO_OPEN + 1)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 2000)), max_size=60))
def test_it_never_rests_longer_than_the_longest_and_is_tried_again(steps: list[tuple[bool, float]]) -> None:
    circuit, now = Circuit(), 0.0
    for succeeds, passed in steps:
        now += passed
        assert seconds_left(circuit, now) <= LONGEST_REST
        if may_call(circuit, now):
            circuit = calling(circuit, now)
            circuit = Circuit() if succeeds else failed(circuit, now)
            assert (circuit.standing(now) == "closed") == (circuit.failures < FAILURES_TO_OPEN)
    assert may_call(circuit, now + LONGEST_REST)


@pytest.mark.parametrize("now", [0.0, 5.0])
def test_a_closed_one_lets_everything_through(now: float) -> None:
    assert may_call(Circuit(failures=4), now)
    assert calling(Circuit(), now) == Circuit()
    assert seconds_left(Circuit(), now) == 0
