"""RescueTime's productivity pulse: how far up the scale of scores time was spent, from 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

LOWEST, HIGHEST = -2, 2
"""The scores that a category can have; 0 is neutral."""


class PulseTally(NamedTuple):
    """What time adds to a pulse; tallies of disjoint times are added up, part by part.

    With scores from -2 to +2 as weights w from 0 to 4 and times t:
    """

    gain: int
    """The sum of w·t."""
    base: int
    """The sum of 4·t; nothing for time whose category has no score."""


def tally(scored: Mapping[int | None, int]) -> PulseTally:
    """Return what times, by their scores, add to a pulse; time without a score (None) adds nothing."""
    gain = base = 0
    for score, time in scored.items():
        if score is not None:
            gain += (min(max(score, LOWEST), HIGHEST) - LOWEST) * time
            base += (HIGHEST - LOWEST) * time
    return PulseTally(gain, base)


def pulse(scored: Mapping[int | None, int]) -> float | None:
    """Return the pulse of times by their scores, or None where no time has a score.

    pulse = 100 · Σ(w·t) / (4 · Σt), where w = score + 2. It has no unit: 0 is all time at -2, 50 all neutral
    or half of it at either end, 100 all at +2. Time without a score is left out, not counted as neutral. The
    formula is RescueTime's.
    """
    gain, base = tally(scored)
    return 100 * gain / base if base else None
