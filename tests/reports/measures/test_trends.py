"""Trends against one's own past, and what is recommended from them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest

from hourloom.core.clock import HOUR, MINUTE, Duration, Instant
from hourloom.reports.measures.figures import NOTHING, Figures, InHour
from hourloom.reports.measures.interruptions import Interruption
from hourloom.reports.measures.peak import PeakHours, peak_hours
from hourloom.reports.measures.pulse import Levels
from hourloom.reports.measures.recommendations import Evidence, Recommendation, recommendations
from hourloom.reports.measures.trends import Series, series_of, shifts, unusual, unusual_days

UNTIL = date(2026, 11, 16)
"""A Monday."""
EMPTY = PeakHours(0, None, (), ())


def a_series(value: Callable[[int, random.Random], float], days: int = 63, name: str = "switches") -> Series:
    chance = random.Random(3)
    found = {UNTIL - timedelta(n): value(n, chance) for n in range(1, days + 1)}
    return Series(name, "per active hour", -1, {d: v for d, v in found.items() if d.weekday() < 5})


def test_a_shift_by_hand() -> None:
    series = a_series(lambda n, _: 10 + n % 3 + (5 if n <= 28 else 0))
    (found,) = shifts([series], UNTIL, seed=1)
    first = UNTIL - timedelta(28)
    after = [v for d, v in series.values.items() if d >= first]
    before = [v for d, v in series.values.items() if first - timedelta(28) <= d < first]
    assert found.days == (20, 20) == (len(before), len(after))
    assert found.difference == pytest.approx(sum(after) / 20 - sum(before) / 20)
    assert found.holds
    assert found.interval.low < found.difference < found.interval.high


def test_a_shift_that_may_be_nothing_is_held_back() -> None:
    (found,) = shifts([a_series(lambda n, chance: chance.gauss(10, 3))], UNTIL, seed=1)
    assert found.interval.crosses_zero
    assert not found.holds


def test_a_weak_shift_among_many_is_held_back() -> None:
    weak = a_series(lambda n, chance: chance.gauss(10, 2) + (1.45 if n <= 28 else 0))
    (alone,) = shifts([weak], UNTIL, seed=1)
    others = [a_series(lambda n, _: 5 + n % 2, name=str(k)) for k in range(30)]
    assert alone.holds
    assert not shifts([weak, *others], UNTIL, seed=1)[0].holds


def test_missing_days_are_days_off_and_no_zeros() -> None:
    days = {UNTIL - timedelta(n): NOTHING for n in range(1, 57)}
    assert all(not series.values for series in series_of(days, {"pulse": 1}))
    worked = {UNTIL - timedelta(n): a_worked_day() for n in range(1, 57, 3)}
    for series in series_of({**days, **worked}, {"pulse": 1}):
        assert set(series.values) == set(worked)
    assert shifts(series_of({**days, **worked}, {"pulse": 1}), UNTIL, 1) != []
    few = {UNTIL - timedelta(n): a_worked_day() for n in (1, 2, 3, 40, 41, 42)}
    assert shifts(series_of({**days, **few}, {"pulse": 1}), UNTIL, 1) == []


def a_worked_day(hours: int = 6) -> Figures:
    lasted = hours * HOUR
    return NOTHING._replace(
        levels=Levels((0, 0, 0, 0, lasted), 0), focus=Duration(lasted), switches=12 * hours
    )


def test_the_series_by_hand() -> None:
    found = {each.name: each.values[UNTIL] for each in series_of({UNTIL: a_worked_day()}, {"pulse": 1})}
    assert found == {
        "active_time": 6,
        "day_score": 100,
        "pulse": 100,
        "focus_ratio": 0,
        "deep_time": 0,
        "switches": 12,
        "interruptions": 0,
    }


def test_a_day_is_held_against_the_same_weekday() -> None:
    friday = UNTIL - timedelta(3)
    usual = [8, 10, 9, 11, 10, 12, 10, 9]
    earlier = {friday - timedelta(weeks=n): float(v) for n, v in enumerate(usual, 1)}
    others = {friday - timedelta(n): 30.0 for n in range(1, 50) if n % 7}
    found = unusual(Series("switches", "", -1, {**earlier, **others, friday: 30.0}), friday)
    assert found is not None
    # Median 10, distances 2 0 1 1 0 2 0 1: MAD 1
    assert (found.usual, found.weeks) == (10, 8)
    assert found.z == pytest.approx(0.6745 * 20)
    assert found.range.high == pytest.approx(10 + 3.5 / 0.6745)
    assert unusual(Series("switches", "", -1, {**earlier, friday: 15.0}), friday) is None
    assert unusual(Series("switches", "", -1, {friday: 15.0}), friday) is None
    low = unusual(Series("switches", "", -1, {**earlier, friday: 0.0}), friday)
    assert low is not None
    assert low.z < -3.5


def test_ordinary_weeks_are_seldom_called_unusual() -> None:
    last = [UNTIL - timedelta(n) for n in range(7, 0, -1)]
    called = 0
    for seed in range(60):
        chance = random.Random(seed)
        many = [
            Series(str(k), "", 0, {UNTIL - timedelta(n): chance.gauss(5, 1) for n in range(1, 64)})
            for k in range(7)
        ]
        called += bool(unusual_days(many, last))
    assert called <= 12


def evidence(**given: object) -> Evidence:
    usual: Mapping[str, object] = {
        "until": UNTIL,
        "days": 56,
        "shifts": [],
        "peaks": {"weekdays": EMPTY, "weekends": EMPTY},
        "interruptions": [],
        "unusual": [],
    }
    return Evidence(**{**usual, **given})  # type: ignore[arg-type]


def names(category: int | None) -> str:
    return {4: "Mail", 5: "News"}.get(category or 0, "something uncategorised")


def interrupted(mail: int, news: int) -> list[Interruption]:
    return [Interruption(Instant(0), 1, trigger, None) for trigger in [4] * mail + [5] * news]


def a_peak() -> PeakHours:
    day = tuple(
        InHour(60 * MINUTE, (55 if hour == 9 else 25) * MINUTE) if 8 <= hour < 18 else InHour(0, 0)
        for hour in range(24)
    )
    return peak_hours([day] * 30, spanning=56)


def everything() -> Evidence:
    shifted = [
        a_series(lambda n, _: 10 + n % 3 + (5 if n <= 28 else 0), name=name)
        for name in ("switches", "pulse", "interruptions")
    ]
    friday = UNTIL - timedelta(3)
    values = {friday - timedelta(weeks=n): 10.0 + n % 3 for n in range(9)} | {friday: 60.0}
    return evidence(
        shifts=shifts(shifted, UNTIL, 1),
        peaks={"weekdays": a_peak(), "weekends": EMPTY},
        interruptions=interrupted(30, 6),
        unusual=unusual_days([Series("active_time", "hours", 0, values)], [friday]),
    )


def test_at_most_three_of_different_kinds_each_with_its_evidence() -> None:
    found = recommendations(everything(), names)
    assert len(found) == 3
    assert len({each.kind for each in found}) == 3
    for each in found:
        assert each.n > 0
        assert each.first_day <= each.last_day < UNTIL
        assert each.sentence.endswith(".")
        assert each.interval.low <= each.interval.high
        assert set(each.rows) >= {"range", "by"}
        assert "23" not in each.sentence.replace("2026", "")


def test_each_kind_says_what_it_found() -> None:
    def only(**given: object) -> Recommendation:
        (found,) = recommendations(evidence(**given), names)
        return found

    whole = everything()
    trigger = only(interruptions=whole.interruptions)
    assert trigger.sentence == (
        "Of 36 interruptions of your focus 30 began with Mail (83%; 95 %: 68% to 92%); look at it between "
        "runs instead."
    )
    assert trigger.rows == {"range": "2026-09-21..2026-11-15", "by": "hour", "category": "4"}
    peak = only(peaks=whole.peaks)
    assert peak.sentence.startswith("On weekdays you focus best from 9:00 to 10:00: 86% of your active time")
    assert (peak.n, peak.unit) == (30, "points")
    shift = only(shifts=whole.shifts)
    assert shift.sentence.startswith("Your switching between categories of the last four weeks")
    assert shift.n == 40
    strange = only(unusual=whole.unusual)
    assert strange.sentence.startswith(
        "Your active time on Friday, 2026-11-13, was unusual for you: 60.0 hours"
    )


def test_weak_evidence_is_met_with_silence() -> None:
    weak = [a_series(lambda n, chance: chance.gauss(10, 3))]
    assert (
        recommendations(
            evidence(
                shifts=shifts(weak, UNTIL, 1),
                interruptions=interrupted(9, 0),
                peaks={"weekdays": peak_hours([a_peak_day()] * 4, 4), "weekends": EMPTY},
            ),
            names,
        )
        == []
    )
    assert recommendations(evidence(interruptions=interrupted(12, 9)), names) == []
    assert recommendations(evidence(), names) == []


def a_peak_day() -> tuple[InHour, ...]:
    return tuple(InHour(60 * MINUTE, (40 if hour == 9 else 30) * MINUTE) for hour in range(24))
