"""Interruptions, their triggers, and the way back."""

from __future__ import annotations

from hourloom.core.clock import MINUTE, Duration, Instant
from hourloom.reports.measures.interruptions import (
    Interruption,
    interruptions,
    interruptions_per_hour,
    resumption_lag,
)
from hourloom.reports.measures.model import Span
from hourloom.reports.measures.recommendations import triggers
from hourloom.reports.measures.switching import sittings
from tests.reports.measures.spans import minutes


def found(spans: list[Span]) -> list[tuple[float, int | None, float | None]]:
    return [
        (each.at / MINUTE, each.trigger, None if each.lag is None else each.lag / MINUTE)
        for each in interruptions(spans, sittings(spans))
    ]


def test_interruptions_by_hand() -> None:
    day = minutes(
        ("code", 12),
        ("mail", 3),
        ("news", 5),
        ("code", 1),
        ("mail", 2),
        ("code", 9),
        ("mail", 1),
        ("code", 5),
        ("news", 10),
    )
    # At 12: back for more than 2 minutes at 23. The run from 20 on lasts 10 minutes at 32, back at 33; and 15
    # at 38, with nobody back by the end.
    assert found(day) == [(12, 4, 11), (32, 4, 1), (38, 5, None)]
    assert triggers(interruptions(day, sittings(day))) == [(4, 2), (5, 1)]


def test_leaving_early_or_for_something_harmless_or_after_a_break_is_no_interruption() -> None:
    assert found(minutes(("code", 9.9), ("mail", 3))) == []
    assert found(minutes(("code", 30), ("files", 1), ("mail", 3))) == []
    assert found(minutes(("code", 30), ("away", 3), ("mail", 3))) == []
    assert found(minutes(("mail", 30), ("news", 3))) == []
    assert found(minutes(("code", 30), ("mail", 0.2), ("code", 3))) == []


def test_a_run_is_as_old_as_its_own_time_over_what_was_short() -> None:
    assert found(minutes(("code", 6), ("files", 2), ("code", 4), ("mail", 1))) == [(12, 4, None)]
    assert found(minutes(("code", 6), ("files", 2.1), ("code", 4), ("mail", 1))) == []


def test_who_does_not_come_back_counts_as_slowest() -> None:
    def lags(*in_minutes: float | None) -> tuple[int, int, float | None, float | None]:
        return tuple(  # type: ignore[return-value]  # four as below
            resumption_lag(
                [
                    Interruption(Instant(0), 1, 4, None if m is None else Duration(round(m * MINUTE)))
                    for m in in_minutes
                ]
            )
        )

    assert lags(1, 2, 3, 4, 10) == (5, 5, 3, 4)
    assert lags(1, 2, 3, 4, None) == (5, 4, 3, 4)
    assert lags(1, 2, 3, None, None) == (5, 3, 3, None)
    assert lags(1, None, None) == (3, 1, None, None)
    assert lags() == (0, 0, None, None)


def test_interruptions_in_an_hour_of_focus() -> None:
    assert interruptions_per_hour(3, 1.5).value == 2
    assert interruptions_per_hour(0, 0).value is None
