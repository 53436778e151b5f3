"""The analysis of a period: what broke into it, and whether that is more than usual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from hourloom.core.clock import HOUR, MINUTE
from hourloom.reports.measures.figures import Figures
from hourloom.reports.measures.focus import fragmentation
from hourloom.reports.measures.interruptions import interruptions_per_hour
from hourloom.reports.measures.model import USUAL, Share, Thresholds
from hourloom.reports.measures.robust import median, quantile
from hourloom.reports.measures.switching import per_hour

LEAST_DAYS = 10
LEAST_ACTIVE = 30 * MINUTE

PatternKind = Literal["frequent_switching", "interruptions", "fragmented_focus"]
Severity = Literal["low", "usual", "high"]


class Pattern(NamedTuple):
    """One way in which attention breaks, measured against the person's own days."""

    kind: PatternKind
    occurrences: int
    share: Share
    usual: float | None
    """The median of the days before, or None where there are fewer than 10."""
    severity: Severity | None
    """Beyond four fifths of the days before it is low or high; None where there are too few."""


def patterns(
    of: Figures, before: Sequence[Figures], thresholds: Thresholds = USUAL
) -> tuple[Pattern, Pattern, Pattern]:
    """Return how much switching, how many interruptions and how fragmented focus a period had.

    Formula: the measure of the period against the same of each day before with 30 active minutes or more.
    Unit: of the share. Source: LightTrack's patterns, without its thresholds (0.3 of all rows, rows under 5
    minutes): they change with how rows are cut, and these do not.
    """
    days = [day for day in before if day.active >= LEAST_ACTIVE]
    short = of.short_runs + sum(run.lasted < thresholds.deep for run in of.runs)
    return (
        _pattern("frequent_switching", of.switches, _switching(of), [_switching(day) for day in days]),
        _pattern("interruptions", len(of.interruptions), _interrupted(of), [_interrupted(d) for d in days]),
        _pattern("fragmented_focus", short, _broken(of, thresholds), [_broken(d, thresholds) for d in days]),
    )


def _switching(of: Figures) -> Share:
    return per_hour(of.switches, of.active)


def _interrupted(of: Figures) -> Share:
    return interruptions_per_hour(len(of.interruptions), of.focus / HOUR)


def _broken(of: Figures, thresholds: Thresholds) -> Share:
    """Return the share of focus time that did not come in one piece: here more is worse."""
    whole = fragmentation(of.runs, of.focus, thresholds)
    return whole._replace(numerator=whole.denominator - whole.numerator)


def _pattern(kind: PatternKind, occurrences: int, share: Share, before: Sequence[Share]) -> Pattern:
    usual = [each.value for each in before if each.value is not None]
    if share.value is None or len(usual) < LEAST_DAYS:
        return Pattern(kind, occurrences, share, None, None)
    low, high = quantile(usual, 0.2), quantile(usual, 0.8)
    assert low is not None  # there are values
    assert high is not None
    severity: Severity = "high" if share.value > high else "low" if share.value < low else "usual"
    return Pattern(kind, occurrences, share, median(usual), severity)
