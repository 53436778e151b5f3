"""Calls to a place outside are made, refused and counted."""

from __future__ import annotations

import pytest

from hourloom.core.breaker import FAILURES_TO_OPEN, FIRST_REST, LeftAlone
from hourloom.core.errors import NotFound, Unavailable
from hourloom.workers.breaker import Breaker


class Place:
    """Somewhere outside that does as a test says."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.calls, self.time = 0, 0.0
        self.breaker = Breaker("The calendar", lambda: self.time)

    def call(self) -> str:
        with self.breaker.guarding():
            self.calls += 1
            if self.error is not None:
                raise self.error
            return "answer"

    def fail(self, error: BaseException, times: int = FAILURES_TO_OPEN) -> None:
        self.error = error
        for _ in range(times):
            with pytest.raises(type(error)):
                self.call()


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.mark.parametrize("error", [Unavailable(), ConnectionRefusedError(), TimeoutError()])
def test_a_place_that_fails_again_and_again_is_left_alone(place: Place, error: Exception) -> None:
    place.fail(error)
    with pytest.raises(LeftAlone, match=r"The calendar failed 5 times in a row; it is tried again in 30 s\."):
        place.call()
    assert place.calls == FAILURES_TO_OPEN


def test_an_answer_after_the_rest_closes_it(place: Place) -> None:
    place.fail(Unavailable())
    place.time, place.error = FIRST_REST, None
    assert [place.call(), place.call()] == ["answer"] * 2
    assert place.breaker.circuit.failures == 0


def test_an_answer_that_says_no_is_an_answer(place: Place) -> None:
    place.fail(Unavailable(), times=4)
    place.fail(NotFound(), times=20)
    assert place.breaker.circuit.standing(0) == "closed"


def test_an_interrupted_attempt_does_not_keep_the_next_from_trying(place: Place) -> None:
    place.fail(Unavailable())
    place.time = FIRST_REST
    place.fail(KeyboardInterrupt(), times=1)
    place.error = None
    assert place.call() == "answer"


def test_while_one_tries_others_are_refused(place: Place) -> None:
    place.fail(Unavailable())
    place.time = FIRST_REST
    with place.breaker.guarding(), pytest.raises(LeftAlone, match="tried again in 1 s"):
        place.call()
    place.error = None
    assert place.call() == "answer"
