"""Statistics: by hand, by tables, and by the laws they keep."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.reports.measures.robust import (
    benjamini_hochberg,
    chance_of,
    difference_of_means,
    median,
    quantile,
    robust_z,
    student_p,
    wilson,
)

NUMBERS = st.lists(st.integers(-1000, 1000).map(float), min_size=4, max_size=12)


def test_medians_and_quantiles_by_hand() -> None:
    assert median([3, 1, 2]) == 2
    assert median([4, 1, 2, 3]) == 2.5
    assert median([]) is None
    assert [quantile([5, 1, 4, 2, 3], share) for share in (0.2, 0.5, 0.8, 0.81)] == [1, 3, 4, 5]
    assert quantile([], 0.8) is None


def test_a_robust_z_by_hand() -> None:
    # Median 5, distances 3 1 0 1 3: MAD 1.
    assert robust_z(12, [2, 4, 5, 6, 8]) == pytest.approx(0.6745 * 7)
    # More than half are equal: mean distance 10 / 5.
    assert robust_z(10, [5, 5, 5, 5, 15]) == pytest.approx(5 / (1.2533 * 2))
    assert robust_z(6, [5, 5, 5, 5]) is None
    assert robust_z(6, [1, 2, 3]) is None


@given(NUMBERS, st.integers(-1000, 1000), st.integers(1, 50), st.integers(-100, 100))
@settings(max_examples=50)
def test_a_robust_z_does_not_depend_on_unit_or_origin(
    usual: list[float], value: int, by: int, plus: int
) -> None:
    before = robust_z(value, usual)
    after = robust_z(value * by + plus, [each * by + plus for each in usual])
    assert (before is None) == (after is None)
    assert before is None or after == pytest.approx(before)


@pytest.mark.parametrize(
    ("t", "freedom"), [(12.706, 1), (4.303, 2), (3.182, 3), (2.365, 7), (2.306, 8), (2.042, 30)]
)
def test_students_table_at_five_percent(t: float, freedom: int) -> None:
    assert student_p(t, freedom) == pytest.approx(0.05, abs=2e-4)
    assert student_p(-t, freedom) == student_p(t, freedom)
    assert student_p(0, freedom) == pytest.approx(1)


def test_chance_by_hand() -> None:
    # Mean 5, spread 2, so t = (9 - 5) / (2 sqrt(1 + 1/5)) with 4 degrees of freedom.
    usual = [2.5278640450004204, 4, 5, 6, 7.47213595499958]
    assert chance_of(9, usual) == pytest.approx(student_p(4 / (chance_spread(usual) * 1.2**0.5), 4))
    assert chance_of(9, [5, 5, 5, 5]) == 1


def chance_spread(usual: list[float]) -> float:
    from statistics import stdev

    return stdev(usual)


def test_the_procedure_of_benjamini_and_hochberg_by_hand() -> None:
    # Limits at 0.1: 0.02 0.04 0.06 0.08 0.1. Rank 3 holds and takes rank 2 along; rank 4 does not.
    assert benjamini_hochberg([0.09, 0.01, 0.05, 0.055, 0.9], 0.1) == [False, True, True, True, False]
    assert benjamini_hochberg([0.2, 0.3], 0.1) == [False, False]
    assert benjamini_hochberg([], 0.1) == []


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.01, 0.5))
@settings(max_examples=50)
def test_what_holds_strictly_holds_loosely_and_is_the_smallest(chances: list[float], rate: float) -> None:
    strict, loose = benjamini_hochberg(chances, rate), benjamini_hochberg(chances, rate * 2)
    assert all(then for now, then in zip(strict, loose, strict=True) if now)
    held = [p for p, holds in zip(chances, strict, strict=True) if holds]
    dropped = [p for p, holds in zip(chances, strict, strict=True) if not holds]
    assert not held or not dropped or max(held) <= min(dropped)


def test_wilsons_interval_by_table() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert wilson(0, 0) == (0, 1)


def test_a_difference_of_means_is_drawn_alike_from_one_seed() -> None:
    after, before = [6.0, 7, 8, 9, 7, 8, 6, 9], [3.0, 4, 5, 4, 3, 5, 4, 4]
    found, again = (difference_of_means(after, before, 7) for _ in range(2))
    assert found == again
    assert found is not None
    assert found.value == pytest.approx(3.5)
    assert found.interval.low < 3.5 < found.interval.high
    assert not found.interval.crosses_zero
    assert found.p <= 0.01
    # The standard error is sqrt(1.714/8 + 0.571/8) = 0.53, times 1.96
    assert found.interval.high - found.interval.low == pytest.approx(2 * 1.96 * 0.53, rel=0.2)
    assert difference_of_means([1.0], before, 7) is None
    nothing = difference_of_means(before, before, 7)
    assert nothing is not None
    assert nothing.interval.crosses_zero
