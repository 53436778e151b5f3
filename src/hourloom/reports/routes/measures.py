"""Scores, best hours, trends and recommendations of one's own time."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 - the routes call their parameter so
from datetime import datetime

import msgspec

from hourloom.core.actors import Actor
from hourloom.reports.service.measures import Measures
from hourloom.tracking.model import Word
from hourloom.web.routes import Routes

READ = "reports:read"
routes = Routes("/api/v1/measures", "reports")


class ShareShape(msgspec.Struct):
    """A number, and what it is a share of."""

    value: float | None
    numerator: float
    denominator: float
    unit: str


class PartShape(msgspec.Struct):
    """One part of a score."""

    name: str
    points: float | None
    weight: float
    share: ShareShape
    formula: str


class ScoreShape(msgspec.Struct):
    """A score from 0 to 100, null where no part has a value."""

    value: float | None
    formula: str
    parts: list[PartShape]


class TriggerShape(msgspec.Struct):
    """A category that interrupted, and how often."""

    category_id: int | None
    category: str | None
    count: int


class InterruptionShape(msgspec.Struct):
    """One interruption."""

    at: datetime
    category: str | None
    trigger: str | None
    lag_seconds: float | None


class InterruptionsShape(msgspec.Struct):
    """What broke into focus, and how long it took to be back."""

    count: int
    resumed: int
    median_lag_minutes: float | None
    p80_lag_minutes: float | None
    triggers: list[TriggerShape]
    occurred: list[InterruptionShape]


class HourShape(msgspec.Struct):
    """What lay in an hour of the day."""

    hour: int
    active_seconds: float
    focus_seconds: float
    interruptions: int


class RunShape(msgspec.Struct):
    """A focus run."""

    started_at: datetime
    ended_at: datetime
    category: str | None
    seconds: float


class FiguresShape(msgspec.Struct):
    """The figures of a day, or of several together."""

    active_seconds: float
    unscored_seconds: float
    level_seconds: dict[str, float]
    pulse: float | None
    efficiency: float | None
    focus_seconds: float
    focused_seconds: float
    deep_minutes: float
    focus_runs: int
    longest_run: RunShape | None
    switches: int
    switches_per_hour: float | None
    visits: int
    median_uninterrupted_seconds: float | None
    interruptions: InterruptionsShape
    hours: list[HourShape]
    first_at: datetime | None
    last_at: datetime | None


class ScoredShape(msgspec.Struct):
    """Days with their score and their figures."""

    first_date: Date
    last_date: Date
    zone: str
    score: ScoreShape
    figures: FiguresShape


class DayInWeekShape(msgspec.Struct):
    """A day of a week, in short; without data its score is null."""

    date: Date
    score: float | None
    active_seconds: float
    focus_seconds: float
    deep_minutes: float
    pulse: float | None


class WeekShape(msgspec.Struct):
    """A week as one, and each of its days."""

    first_date: Date
    last_date: Date
    zone: str
    score: ScoreShape
    figures: FiguresShape
    days: list[DayInWeekShape]


class IntervalShape(msgspec.Struct):
    """Where a number lies with 95 % confidence."""

    low: float
    high: float


class PeakHourShape(msgspec.Struct):
    """An hour of the day, and how much of its active time is focus."""

    hour: int
    days: int
    focus_share: float
    interval: IntervalShape


class PeakHoursShape(msgspec.Struct):
    """The hours of weekdays or of weekends; `enough_data` tells whether they say anything."""

    enough_data: bool
    days: int
    usual_focus_share: float | None
    best: list[int]
    hours: list[PeakHourShape]


class PeaksShape(msgspec.Struct):
    """Peak hours of weekdays and weekends, apart."""

    first_date: Date
    last_date: Date
    zone: str
    weekdays: PeakHoursShape
    weekends: PeakHoursShape


class ValueShape(msgspec.Struct):
    """What a series was on a day."""

    date: Date
    value: float


class SeriesShape(msgspec.Struct):
    """One measure day by day."""

    name: str
    unit: str
    better: int
    values: list[ValueShape]


class ShiftShape(msgspec.Struct):
    """The last 4 weeks against the 4 before; `holds` tells whether the evidence is strong."""

    name: str
    unit: str
    before: float
    after: float
    difference: float
    interval: IntervalShape
    p: float
    days_before: int
    days_after: int
    holds: bool


class UnusualShape(msgspec.Struct):
    """A day far from the same weekday of the last 8 weeks."""

    name: str
    unit: str
    date: Date
    value: float
    usual: float
    usual_range: IntervalShape
    z: float
    weeks: int


class TrendsShape(msgspec.Struct):
    """How one's time changes, against one's own past."""

    first_date: Date
    last_date: Date
    zone: str
    series: list[SeriesShape]
    shifts: list[ShiftShape]
    unusual_days: list[UnusualShape]


class RecommendationShape(msgspec.Struct):
    """One sentence with its evidence; `report` is what to ask a report for to see its rows."""

    kind: str
    about: str
    sentence: str
    n: int
    counted: str
    first_date: Date
    last_date: Date
    effect: float
    unit: str
    interval: IntervalShape
    p: float
    report: dict[str, str]
    facts: dict[str, str | float]
    """What else the sentence says, for whoever says it in another language."""


class RecommendedShape(msgspec.Struct):
    """The recommendations for a week, at most three."""

    first_date: Date
    last_date: Date
    zone: str
    recommendations: list[RecommendationShape]


class ProjectShareShape(msgspec.Struct):
    """How much of a period went to a project."""

    project_id: int | None
    project: str | None
    seconds: float
    share: float | None


class PatternShape(msgspec.Struct):
    """One way in which attention broke, against one's own days before."""

    kind: str
    occurrences: int
    share: ShareShape
    usual: float | None
    severity: str | None


class AnalysisShape(msgspec.Struct):
    """What a period was like."""

    first_date: Date
    last_date: Date
    zone: str
    total_seconds: float
    productive_seconds: float
    productive_share: float | None
    score: ScoreShape
    figures: FiguresShape
    projects: list[ProjectShareShape]
    peak_hours: PeaksShape
    distraction_patterns: list[PatternShape]
    recommendations: list[RecommendationShape]


@routes.on("GET", "/day", scope=READ)
def show_day_score(measures: Measures, who: Actor, date: Date | None = None, zone: Word = "") -> ScoredShape:
    """Score a day, by default today, and show every part of the score and the figures behind it."""
    from hourloom.reports.routes.measured import scored  # noqa: PLC0415 - see there

    return scored(measures.day(who, date, zone))


@routes.on("GET", "/week", scope=READ)
def show_week_score(measures: Measures, who: Actor, date: Date | None = None, zone: Word = "") -> WeekShape:
    """Score the week that holds a day, by default this week, and each of its days."""
    from hourloom.reports.routes.measured import week  # noqa: PLC0415 - see there

    return week(measures.week(who, date, zone))


@routes.on("GET", "/peak-hours", scope=READ)
def show_peak_hours(measures: Measures, who: Actor, date: Date | None = None, zone: Word = "") -> PeaksShape:
    """Show in which hours one focuses best, from the 8 weeks before a day; weekdays and weekends apart."""
    from hourloom.reports.routes.measured import peaks  # noqa: PLC0415 - see there

    return peaks(measures.peak_hours(who, date, zone))


@routes.on("GET", "/trends", scope=READ)
def show_trends(measures: Measures, who: Actor, date: Date | None = None, zone: Word = "") -> TrendsShape:
    """Compare the days before a day with one's own past: what shifted, which days were unusual."""
    from hourloom.reports.routes.measured import trends  # noqa: PLC0415 - see there

    return trends(measures.trends(who, date, zone))


@routes.on("GET", "/recommendations", scope=READ)
def list_recommendations(
    measures: Measures, who: Actor, date: Date | None = None, zone: Word = ""
) -> RecommendedShape:
    """List what is recommended for the week that holds a day: at most three sentences, or none."""
    from hourloom.reports.routes.measured import recommended  # noqa: PLC0415 - see there

    return recommended(measures.recommendations(who, date, zone))


@routes.on("GET", "/analysis", scope=READ)
def show_productivity_analysis(
    measures: Measures,
    who: Actor,
    range: Word = "week",  # noqa: A002 - what it is called in the address
    date: Date | None = None,
    zone: Word = "",
) -> AnalysisShape:
    """Analyse a period of whole days: score, projects, peak hours, what distracted, recommendations."""
    from hourloom.reports.routes.measured import analysis  # noqa: PLC0415 - see there

    return analysis(measures.analysis(who, range, date, zone))
