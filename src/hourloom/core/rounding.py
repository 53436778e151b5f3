"""Rounding parts so that they still make up the whole."""

from __future__ import annotations

from collections.abc import Sequence


def apportioned(parts: Sequence[int], unit: int) -> list[int]:
    """Round parts to whole units whose sum is the rounded sum of the parts.

    Each is rounded down, and what is then missing goes, a unit each, to those that lost most; of
    equals the first gets it: [20, 20, 20] in units of 60 is [1, 0, 0].
    """
    rounded = [part // unit for part in parts]
    missing = (2 * sum(parts) + unit) // (2 * unit) - sum(rounded)
    by_loss = sorted(range(len(parts)), key=lambda place: -(parts[place] % unit))
    for place in by_loss[:missing]:
        rounded[place] += 1
    return rounded
