"""Peak hours: where focus is, not where presence is."""

from __future__ import annotations

import random

import pytest

from hourloom.core.clock import MINUTE
from hourloom.reports.measures.figures import InHour
from hourloom.reports.measures.peak import peak_hours

Day = tuple[InHour, ...]


def a_day(**hours: tuple[float, float]) -> Day:
    """Make a day from the active and the focus minutes of hours: `at9=(60, 30)`."""
    given = {int(name[2:]): each for name, each in hours.items()}
    return tuple(InHour(*(round(m * MINUTE) for m in given.get(hour, (0.0, 0.0)))) for hour in range(24))


def test_the_share_is_the_mean_of_days_drawn_to_the_mean_of_hours() -> None:
    days = [a_day(at9=(60, 60), at14=(30, 0)), a_day(at9=(10, 5), at14=(60, 15))]
    found = peak_hours(days, spanning=28)
    # Shares 1, 0.5 at nine; 0, 0.25 at two; mean 0.4375. (1.5 + 4 * 0.4375) / 6, (0.25 + 4 * 0.4375) / 6
    assert found.usual == pytest.approx(0.4375)
    assert {each.hour: each.share for each in found.hours} == {
        9: pytest.approx(3.25 / 6),
        14: pytest.approx(2 / 6),
    }
    assert all(each.interval.low < each.share < each.interval.high for each in found.hours)
    assert found.best == ()


def test_neighbours_smooth_under_four_weeks() -> None:
    days = [a_day(at9=(60, 60), at10=(60, 30), at12=(60, 0))] * 2
    # Mean 0.5; shrunk: (2 + 2) / 6, (1 + 2) / 6, (0 + 2) / 6
    smoothed = {each.hour: each.share for each in peak_hours(days, spanning=27).hours}
    assert smoothed[9] == pytest.approx((2 * 4 / 6 + 3 / 6) / 3)
    assert smoothed[10] == pytest.approx((2 * 3 / 6 + 4 / 6) / 3)
    assert smoothed[12] == pytest.approx(2 / 6)
    plain = {each.hour: each.share for each in peak_hours(days, spanning=28).hours}
    assert plain[9] == pytest.approx(4 / 6)


def test_one_day_is_not_enough_data() -> None:
    assert not peak_hours([a_day(at9=(60, 60))], spanning=1).enough
    assert not peak_hours([], spanning=0).enough
    assert not peak_hours([a_day(at9=(4.9, 4.9))] * 9, spanning=28).enough
    assert peak_hours([a_day(at9=(60, 60))] * 2, spanning=2).enough


def test_presence_is_not_productivity() -> None:
    days = [a_day(at9=(10, 9), at10=(60, 10), at15=(60, 10))] * 20
    found = peak_hours(days, spanning=28)
    assert found.best == (9,)
    least = min(found.hours, key=lambda each: each.share)
    assert least.hour in (10, 15)


def test_the_best_hours_are_found_where_total_time_does_not_find_them() -> None:
    chance, by_share, by_presence, covered, asked = random.Random(1), 0, 0, 0, 0
    for _ in range(40):
        true = [min(0.9, max(0.1, chance.gauss(0.5, 0.2))) for _ in range(24)]
        present = [chance.uniform(10, 60) if 8 <= hour < 18 else 0.0 for hour in range(24)]
        days = []
        for _ in range(40):
            active = [round(there * chance.uniform(0.3, 1) * MINUTE) for there in present]
            days.append(
                [
                    InHour(each, round(each * min(1, max(0, chance.gauss(share, 0.2)))))
                    for each, share in zip(active, true, strict=True)
                ]
            )
        best = sum(sorted(true[8:18])[-2:])
        found = peak_hours(days, spanning=56)
        ranked = sorted(found.hours, key=lambda each: -each.share)
        longest = sorted(range(24), key=lambda hour: -sum(day[hour].active for day in days))
        by_share += sum(true[each.hour] for each in ranked[:2]) >= 0.95 * best
        by_presence += sum(true[hour] for hour in longest[:2]) >= 0.95 * best
        covered += sum(each.interval.low <= true[each.hour] <= each.interval.high for each in found.hours)
        asked += len(found.hours)
    assert by_share >= 36
    assert by_presence <= 10
    assert covered / asked >= 0.9
