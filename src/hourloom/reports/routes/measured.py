"""From measures to what the API answers; loaded when the first is asked for, as few servers are asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from hourloom.core.clock import HOUR, SECOND, Instant, datetime_of
from hourloom.reports.measures.analysis import Pattern
from hourloom.reports.measures.figures import Figures
from hourloom.reports.measures.focus import deep_minutes, time_in_runs
from hourloom.reports.measures.interruptions import resumption_lag
from hourloom.reports.measures.model import USUAL, Share
from hourloom.reports.measures.peak import PeakHours
from hourloom.reports.measures.pulse import efficiency, pulse
from hourloom.reports.measures.recommendations import Recommendation, triggers
from hourloom.reports.measures.robust import Interval, median
from hourloom.reports.measures.score import Score
from hourloom.reports.measures.trends import Series, Shift, Unusual
from hourloom.reports.routes.measures import (
    AnalysisShape,
    DayInWeekShape,
    FiguresShape,
    HourShape,
    InterruptionShape,
    InterruptionsShape,
    IntervalShape,
    PartShape,
    PatternShape,
    PeakHourShape,
    PeakHoursShape,
    PeaksShape,
    ProjectShareShape,
    RecommendationShape,
    RecommendedShape,
    RunShape,
    ScoredShape,
    ScoreShape,
    SeriesShape,
    ShareShape,
    ShiftShape,
    TrendsShape,
    TriggerShape,
    UnusualShape,
    ValueShape,
    WeekShape,
)
from hourloom.reports.service.measuring import Analysis, Peaks, Recommended, Scored, ScoredWeek, Trends

PRODUCTIVE = 3
"""The place of the first productive level among the levels."""


def scored(found: Scored) -> ScoredShape:
    """Return days with their score."""
    return ScoredShape(
        found.first, found.last, found.zone, _score(found.score), _figures(found.figures, found.categories)
    )


def _score(found: Score) -> ScoreShape:
    parts = [
        PartShape(part.name, part.points, part.weight, _share(part.share), part.formula)
        for part in found.parts
    ]
    return ScoreShape(found.value, found.formula, parts)


def _share(share: Share) -> ShareShape:
    return ShareShape(share.value, share.numerator, share.denominator, share.unit)


def _figures(of: Figures, names: Mapping[int | None, str | None]) -> FiguresShape:
    longest = max(of.runs, key=lambda run: run.lasted, default=None)
    return FiguresShape(
        active_seconds=of.active / SECOND,
        unscored_seconds=of.levels.unscored / SECOND,
        level_seconds={
            str(level): lasted / SECOND for level, lasted in zip(range(-2, 3), of.levels.scored, strict=True)
        },
        pulse=_percent(pulse(of.levels)),
        efficiency=efficiency(of.levels),
        focus_seconds=of.focus / SECOND,
        focused_seconds=time_in_runs(of.runs, USUAL.focused) / SECOND,
        deep_minutes=deep_minutes(of.runs),
        focus_runs=sum(run.lasted >= USUAL.focused for run in of.runs),
        longest_run=longest
        and RunShape(
            datetime_of(longest.start),
            datetime_of(longest.end),
            names.get(longest.category_id),
            longest.lasted / SECOND,
        ),
        switches=of.switches,
        switches_per_hour=of.switches * HOUR / of.active if of.active else None,
        visits=len(of.stays),
        median_uninterrupted_seconds=_seconds(median(of.stays)),
        interruptions=_interruptions(of, names),
        hours=[
            HourShape(hour, each.active / SECOND, each.focus / SECOND, each.interruptions)
            for hour, each in enumerate(of.hours)
        ],
        first_at=_moment(of.first),
        last_at=_moment(of.last),
    )


def _interruptions(of: Figures, names: Mapping[int | None, str | None]) -> InterruptionsShape:
    lags = resumption_lag(of.interruptions)
    return InterruptionsShape(
        lags.interruptions,
        lags.resumed,
        lags.median_minutes,
        lags.p80_minutes,
        [TriggerShape(each, names.get(each), count) for each, count in triggers(of.interruptions)],
        [
            InterruptionShape(
                datetime_of(each.at),
                names.get(each.category_id),
                names.get(each.trigger),
                _seconds(each.lag),
            )
            for each in of.interruptions
        ],
    )


def _day(on: date, of: Figures, score: Score) -> DayInWeekShape:
    return DayInWeekShape(
        on,
        score.value,
        of.active / SECOND,
        of.focus / SECOND,
        deep_minutes(of.runs),
        _percent(pulse(of.levels)),
    )


def week(found: ScoredWeek) -> WeekShape:
    """Return a week and its days."""
    whole = scored(found.whole)
    days = [_day(on, figures, score) for on, figures, score in found.days]
    return WeekShape(whole.first_date, whole.last_date, whole.zone, whole.score, whole.figures, days)


def peaks(found: Peaks) -> PeaksShape:
    """Return best hours."""
    kinds = (_peak_hours(found.of["weekdays"]), _peak_hours(found.of["weekends"]))
    return PeaksShape(found.first, found.last, found.zone, *kinds)


def _peak_hours(found: PeakHours) -> PeakHoursShape:
    hours = [
        PeakHourShape(each.hour, each.days, each.share, _interval(each.interval)) for each in found.hours
    ]
    return PeakHoursShape(found.enough, found.days, found.usual, list(found.best), hours)


def trends(found: Trends) -> TrendsShape:
    """Return trends."""
    return TrendsShape(
        found.first,
        found.last,
        found.zone,
        [_series(each) for each in found.series],
        [_shift(each) for each in found.shifts],
        [_unusual(each) for each in found.unusual],
    )


def _series(each: Series) -> SeriesShape:
    values = [ValueShape(day, value) for day, value in each.values.items()]
    return SeriesShape(each.name, each.unit, each.better, values)


def _shift(each: Shift) -> ShiftShape:
    return ShiftShape(
        each.series.name,
        each.series.unit,
        each.before,
        each.after,
        each.difference,
        _interval(each.interval),
        each.p,
        *each.days,
        each.holds,
    )


def _unusual(each: Unusual) -> UnusualShape:
    return UnusualShape(
        each.series.name,
        each.series.unit,
        each.day,
        each.value,
        each.usual,
        _interval(each.range),
        each.z,
        each.weeks,
    )


def recommended(found: Recommended) -> RecommendedShape:
    """Return recommendations."""
    return RecommendedShape(
        found.first, found.last, found.zone, [_recommendation(each) for each in found.recommendations]
    )


def _recommendation(each: Recommendation) -> RecommendationShape:
    return RecommendationShape(
        each.kind,
        each.about,
        each.sentence,
        each.n,
        each.counted,
        each.first_day,
        each.last_day,
        each.effect,
        each.unit,
        _interval(each.interval),
        each.p,
        dict(each.rows),
        dict(each.facts),
    )


def analysis(found: Analysis) -> AnalysisShape:
    """Return an analysis."""
    whole, of = scored(found.whole), found.whole.figures
    productive = sum(of.levels.scored[PRODUCTIVE:])
    return AnalysisShape(
        whole.first_date,
        whole.last_date,
        whole.zone,
        of.active / SECOND,
        productive / SECOND,
        Share(productive, of.levels.total).value,
        whole.score,
        whole.figures,
        [
            ProjectShareShape(number, name, lasted / SECOND, Share(lasted, of.active).value)
            for number, name, lasted in found.projects
        ],
        peaks(found.peaks),
        [_pattern(each) for each in found.patterns],
        [_recommendation(each) for each in found.recommended.recommendations],
    )


def _pattern(each: Pattern) -> PatternShape:
    return PatternShape(each.kind, each.occurrences, _share(each.share), each.usual, each.severity)


def _interval(of: Interval) -> IntervalShape:
    return IntervalShape(of.low, of.high)


def _percent(share: Share) -> float | None:
    return None if share.value is None else 100 * share.value


def _seconds(lasted: float | None) -> float | None:
    return None if lasted is None else lasted / SECOND


def _moment(instant: Instant | None) -> datetime | None:
    return None if instant is None else datetime_of(instant)
