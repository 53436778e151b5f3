"""Focus: runs in one category, and how much of the time was spent in long ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hourloom.core.clock import MINUTE, SECOND, Duration, Instant
from hourloom.reports.measures.model import USUAL, Share, Span, Thresholds, length


class FocusRun(NamedTuple):
    """One focus category from its first moment to its last, over whatever came between and was short."""

    start: Instant
    end: Instant
    category_id: int | None
    lasted: Duration
    """In the category itself, without what came between."""


def runs(spans: Iterable[Span], thresholds: Thresholds = USUAL) -> list[FocusRun]:
    """Return the focus runs by their beginnings.

    spans   |-code-|m|---code---|----lunch----|--code--|      m: mail, not longer than `thresholds.away`
    runs    |-------------------|             |--------|

    Formula: spans of one focus category with at most `thresholds.away` (2 min) between them are one run.
    A run is as long as the time in its category, so glances elsewhere do not lengthen it, and all runs
    together last as long as all focus time: nothing is counted twice, nothing is lost.
    Unit: microseconds. Source: Rize's focus sessions, for single categories.
    """
    found: list[FocusRun] = []
    latest: dict[int | None, int] = {}
    for span in spans:
        if not span.focus:
            continue
        lasted = span.end - span.start
        place = latest.get(span.category_id)
        if place is not None and span.start - found[place].end <= thresholds.away:
            run = found[place]
            found[place] = run._replace(end=span.end, lasted=Duration(run.lasted + lasted))
        else:
            latest[span.category_id] = len(found)
            found.append(FocusRun(span.start, span.end, span.category_id, Duration(lasted)))
    return found


def focus_time(spans: Iterable[Span]) -> Duration:
    """Return how long focus categories were in use, in runs of any length."""
    return length(span for span in spans if span.focus)


def time_in_runs(of: Iterable[FocusRun], at_least: int) -> Duration:
    """Return how long the runs lasted that are at least so long."""
    return Duration(sum(run.lasted for run in of if run.lasted >= at_least))


def focus_ratio(of: Iterable[FocusRun], active: int, thresholds: Thresholds = USUAL) -> Share:
    """Return the share of active time that was spent in focus runs worth the name.

    Formula: time in runs of at least `thresholds.focused` (15 min) / active time.
    Unit: none, 0 to 1. Source: Rize (a focus session lasts at least 15 minutes).
    """
    return Share(time_in_runs(of, thresholds.focused) / SECOND, active / SECOND)


def deep_minutes(of: Iterable[FocusRun], thresholds: Thresholds = USUAL) -> float:
    """Return the minutes of deep work.

    Formula: time in runs of at least `thresholds.deep` (25 min). Unit: minutes.
    Source: the length that studies of fragmented work and the pomodoro share.
    """
    return time_in_runs(of, thresholds.deep) / MINUTE


def deep_share(of: Iterable[FocusRun], active: int, thresholds: Thresholds = USUAL) -> Share:
    """Return the share of active time that was deep work.

    Formula: time in runs of at least `thresholds.deep` (25 min) / active time. Unit: none, 0 to 1.
    Source: as of `deep_minutes`, divided so that days of any length compare.
    """
    return Share(time_in_runs(of, thresholds.deep) / SECOND, active / SECOND)


def fragmentation(of: Iterable[FocusRun], focus: int, thresholds: Thresholds = USUAL) -> Share:
    """Return how much of the focus time came in one piece: 1 is nothing fragmented, 0 everything.

    Formula: time in runs of at least `thresholds.deep` (25 min) / focus time. Unit: none, 0 to 1.
    Source: work on interruptions after Mark and Gonzalez; the share, and no "time to refocus" made from it.
    """
    return Share(time_in_runs(of, thresholds.deep) / SECOND, focus / SECOND)
