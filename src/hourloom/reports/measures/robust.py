"""Statistics that hold for short, uneven series: medians, shrinking, resampling, many tests at once.

All are deterministic; what draws lots is handed the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan, ceil, cos, pi, sin, sqrt
from random import Random
from typing import NamedTuple

UNUSUAL = 3.5
"""The robust z from which a value is unusual, in either direction."""
DRAWS = 1_000


class Interval(NamedTuple):
    """Where a number lies with 95 % confidence."""

    low: float
    high: float

    @property
    def crosses_zero(self) -> bool:
        """Return whether it may as well be nothing."""
        return self.low <= 0 <= self.high


class Difference(NamedTuple):
    """How far two means lie apart, and how surely."""

    value: float
    interval: Interval
    p: float
    """How likely one as large is where there is none."""


def median(values: Sequence[float]) -> float | None:
    """Return the middle value, or the mean of the two in the middle."""
    if not values:
        return None
    ranked, half = sorted(values), len(values) // 2
    return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the least value that at least such a share of the values do not exceed."""
    return sorted(values)[max(ceil(share * len(values)) - 1, 0)] if values else None


def robust_z(value: float, usual: Sequence[float]) -> float | None:
    """Return how far a value lies from the usual ones, in robust standard deviations.

    Formula: 0.6745 (x - median) / MAD; where more than half are equal, so that the MAD is 0,
    (x - median) / (1.2533 mean absolute deviation). None where all are equal, or there are fewer than 4.
    Source: Iglewicz and Hoaglin, who call 3.5 unusual.
    """
    middle = median(usual)
    if middle is None or len(usual) < 4:
        return None
    away = [abs(each - middle) for each in usual]
    spread = (median(away) or 0.0) / 0.6745 or 1.2533 * sum(away) / len(away)
    return (value - middle) / spread if spread > 0 else None


def difference_of_means(after: Sequence[float], before: Sequence[float], seed: int) -> Difference | None:
    """Return how far the mean of two samples lies apart, with a bootstrap interval of 95 %.

    Both samples are drawn anew, with replacement, `DRAWS` times; the spread is widened by sqrt(n / (n - 1)),
    because small samples hide some of it. p is twice the smaller tail beyond zero. None for fewer than 2.
    """
    least = min(len(after), len(before))
    if least < 2:
        return None
    value, wider = _mean(after) - _mean(before), sqrt(least / (least - 1))
    chance = Random(seed)  # noqa: S311 - lots that anyone may draw again
    drawn = sorted(
        value + wider * (_drawn(chance, after) - _drawn(chance, before) - value) for _ in range(DRAWS)
    )
    tail = min(sum(each <= 0 for each in drawn), sum(each >= 0 for each in drawn))
    interval = Interval(drawn[round(0.025 * DRAWS)], drawn[round(0.975 * DRAWS) - 1])
    return Difference(value, interval, min(1.0, 2 * (tail + 1) / (DRAWS + 1)))


def wilson(count: int, of: int, z: float = 1.96) -> Interval:
    """Return the interval of a share that was counted: Wilson's, which holds for small numbers."""
    if of <= 0:
        return Interval(0.0, 1.0)
    share, spread = count / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / of + spread / of / 4) / (1 + spread)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def student_p(t: float, freedom: int) -> float:
    """Return how likely a t as far from zero, in either direction, is by chance.

    Source: Abramowitz and Stegun, 26.7.3 and 26.7.4.
    """
    angle = atan(abs(t) / sqrt(freedom))
    term, total = (1.0, 1.0) if freedom % 2 == 0 else (cos(angle), cos(angle))
    for step in range(2 + freedom % 2, freedom - 1, 2):
        term *= cos(angle) ** 2 * (step - 1) / step
        total += term
    if freedom % 2 == 0:
        return max(0.0, 1 - sin(angle) * total)
    return max(0.0, 1 - 2 / pi * (angle + (sin(angle) * total if freedom > 1 else 0.0)))


def chance_of(value: float, usual: Sequence[float]) -> float:
    """Return how likely a value as far from the usual ones is by chance: Student's t for one more value.

    The robust z says how far off a value is. With 8 values to compare with it is no measure of chance: of
    normal series one in fifty passes 3.5.
    """
    count, mean = len(usual), _mean(usual)
    spread = sqrt(sum((each - mean) ** 2 for each in usual) / (count - 1)) if count > 1 else 0.0
    return student_p((value - mean) / (spread * sqrt(1 + 1 / count)), count - 1) if spread > 0 else 1.0


def benjamini_hochberg(chances: Sequence[float], rate: float) -> list[bool]:
    """Return which of many tests hold, so that at most such a share of those that hold are wrong.

    Formula: with the p values ranked, all up to the last one of rank k with p <= rate k / m.
    Source: Benjamini and Hochberg 1995.
    """
    ranked = sorted(range(len(chances)), key=lambda place: chances[place])
    holding = [rank for rank, place in enumerate(ranked, 1) if chances[place] <= rate * rank / len(chances)]
    held = set(ranked[: max(holding, default=0)])
    return [place in held for place in range(len(chances))]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _drawn(chance: Random, values: Sequence[float]) -> float:
    return sum(chance.choices(values, k=len(values))) / len(values)
