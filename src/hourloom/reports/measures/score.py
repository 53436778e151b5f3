"""The day score: a mean of parts that are all shown, with weights that their person sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hourloom.reports.measures.figures import Figures
from hourloom.reports.measures.focus import deep_share, focus_ratio, fragmentation
from hourloom.reports.measures.model import USUAL, Share, Thresholds
from hourloom.reports.measures.pulse import pulse
from hourloom.reports.measures.switching import per_hour

MOST_SWITCHES = 60
"""So many switches in an hour, one a minute, are worth nothing."""

FORMULA = "score = sum(weight * points) / sum(weight), over the parts that have a value"

FORMULAS: Mapping[str, str] = {
    "pulse": "points = 100 * sum(w * t) / (4 * sum(t)), w = 0..4 for levels -2..+2, over scored time",
    "focus_ratio": "points = 100 * time in focus runs of 15 min or more / active time",
    "deep_share": "points = 100 * time in focus runs of 25 min or more / active time",
    "fragmentation": "points = 100 * time in focus runs of 25 min or more / time in all focus runs",
    "switches": "points = 100 * (1 - switches per active hour / 60), at least 0",
}
"""How each part comes to its points."""


class Part(NamedTuple):
    """One part of a score, with all that it was made from."""

    name: str
    share: Share
    points: float | None
    """From 0 to 100; None where there is nothing to divide by, and then its weight does not count."""
    weight: float
    formula: str


class Score(NamedTuple):
    """A score from 0 to 100, or None where no part has a value, and its parts."""

    value: float | None
    parts: tuple[Part, ...]
    formula: str = FORMULA


def score(of: Figures, weights: Mapping[str, float], thresholds: Thresholds = USUAL) -> Score:
    """Return the score of a day, or of several together.

    Formula: sum(weight * points) / sum(weight) over the parts that have a value and a weight.
    Unit: points, 0 to 100. Source: none; a mean of measures that have one, which is why it shows its parts.
    A part without a denominator drops out with its weight: a day without scored time has no pulse, and one
    with none of the categories of focus decided has no focus that was missed.
    """
    parts = tuple(
        Part(name, share, _points(name, share), weights.get(name, 0), FORMULAS[name])
        for name, share in _shares(of, thresholds)
    )
    counted = [(part.weight, part.points) for part in parts if part.points is not None and part.weight > 0]
    total = sum(weight for weight, _ in counted)
    value = sum(weight * points for weight, points in counted) / total if total > 0 else None
    return Score(value, parts)


def _shares(of: Figures, thresholds: Thresholds) -> Iterator[tuple[str, Share]]:
    # Where nothing at all is scored or for focus, nobody knows how much of it was focus.
    known = of.active if of.levels.total > 0 or of.focus > 0 else 0
    yield "pulse", pulse(of.levels)
    yield "focus_ratio", focus_ratio(of.runs, known, thresholds)
    yield "deep_share", deep_share(of.runs, known, thresholds)
    yield "fragmentation", fragmentation(of.runs, of.focus, thresholds)
    yield "switches", per_hour(of.switches, of.active)


def _points(name: str, share: Share) -> float | None:
    if share.value is None:
        return None
    if name == "switches":
        return 100 * max(0.0, 1 - share.value / MOST_SWITCHES)
    return 100 * share.value
