"""Interruptions: what breaks into focus, when, and how long it takes until one is back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from hourloom.core.clock import MINUTE, Duration, Instant
from hourloom.reports.measures.model import USUAL, Share, Span, Thresholds
from hourloom.reports.measures.robust import median, quantile
from hourloom.reports.measures.switching import Sitting, Visit


class Interruption(NamedTuple):
    """Leaving a focus run for something that interrupts."""

    at: Instant
    category_id: int | None
    """What was left."""
    trigger: int | None
    """The category of the first visit after it."""
    lag: Duration | None
    """Until one was back, or None where that did not happen within the period."""


class Lags(NamedTuple):
    """How long it took to be back: of so many interruptions, so many were followed by a return."""

    interruptions: int
    resumed: int
    median_minutes: float | None
    p80_minutes: float | None


def interruptions(
    spans: Sequence[Span], sittings: Iterable[Sitting], thresholds: Thresholds = USUAL
) -> list[Interruption]:
    """Return the interruptions in order.

    |------code, 12 min------|-mail-|--news--|-c-|-mail-|-----code, 5 min-----|
                             ^ at, trigger mail                               c: under `thresholds.resumed`
                             |<---------------- lag --------------->|

    Formula: a visit to a focus category whose run has lasted at least `thresholds.settled` (10 min) by
    then, followed in the same sitting by a visit to a category that interrupts. The lag lasts until the
    next visit of at least `thresholds.resumed` (2 min) to what was left, breaks included.
    Unit: interruptions; the lag in microseconds.
    Source: the interruption and resumption lag of Altmann and Trafton, as far as windows can tell.
    """
    visits = [(visit, place) for place, sitting in enumerate(sittings) for visit in sitting]
    so_far = _Progress(spans, thresholds)
    back = _returns((visit for visit, _ in visits), thresholds)
    return [
        Interruption(visit.end, visit.category_id, after.category_id, _lag(back, visit))
        for (visit, place), (after, where) in pairwise(visits)
        if place == where
        and visit.focus
        and after.interrupts
        and so_far.at(visit.category_id, visit.end) >= thresholds.settled
    ]


def resumption_lag(of: Sequence[Interruption]) -> Lags:
    """Return the median and the 80th percentile of the time until one is back, in minutes.

    An interruption without a return counts as longer than all others: leaving it out would make a day
    look better the less one comes back. So where fewer than 80 % were followed by a return, there is no P80.
    Formula: median and nearest rank of the lags. Unit: minutes. Source: as of `interruptions`.
    """
    lags = [inf if each.lag is None else each.lag / MINUTE for each in of]
    resumed = sum(1 for each in of if each.lag is not None)
    return Lags(len(of), resumed, _finite(median(lags)), _finite(quantile(lags, 0.8)))


def interruptions_per_hour(count: int, focus_hours: float) -> Share:
    """Return the interruptions in an hour of focus.

    Formula: interruptions / hours in focus categories. Unit: interruptions per hour of focus.
    Source: a rate, so that a long day does not look more torn than a short one.
    """
    return Share(count, focus_hours, "interruptions/hours of focus")


class _Progress:
    """How long a category's run had lasted at a moment."""

    def __init__(self, spans: Sequence[Span], thresholds: Thresholds) -> None:
        self._ends: dict[int | None, list[int]] = {}
        self._lasted: dict[int | None, list[int]] = {}
        for span in spans:
            if not span.focus:
                continue
            ends = self._ends.setdefault(span.category_id, [])
            lasted = self._lasted.setdefault(span.category_id, [])
            goes_on = bool(ends) and span.start - ends[-1] <= thresholds.away
            lasted.append(span.end - span.start + (lasted[-1] if goes_on else 0))
            ends.append(span.end)

    def at(self, category_id: int | None, moment: int) -> int:
        """Return it for the end of a span."""
        place = bisect_right(self._ends.get(category_id, []), moment) - 1
        return self._lasted[category_id][place] if place >= 0 else 0


def _returns(visits: Iterable[Visit], thresholds: Thresholds) -> dict[int | None, list[Instant]]:
    found: dict[int | None, list[Instant]] = {}
    for visit in visits:
        if visit.lasted >= thresholds.resumed:
            found.setdefault(visit.category_id, []).append(visit.start)
    return found


def _lag(back: dict[int | None, list[Instant]], left: Visit) -> Duration | None:
    starts = back.get(left.category_id, [])
    place = bisect_right(starts, left.end)
    return Duration(starts[place] - left.end) if place < len(starts) else None


def _finite(minutes: float | None) -> float | None:
    return None if minutes is None or minutes == inf else minutes
