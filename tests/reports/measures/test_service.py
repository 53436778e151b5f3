# ruff: noqa: ARG002 - what stands for the lane has its signatures
"""Measures of days, weeks and months, read from activities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec
import pytest

from hourloom.activities.model.activity import Activity
from hourloom.activities.model.category import Category, CategoryTree
from hourloom.activities.model.filter import Filter
from hourloom.activities.model.subject import Subject
from hourloom.activities.model.verdict import Verdict
from hourloom.core.actors import EVERYTHING, Actor, ScopeMissing
from hourloom.core.clock import HOUR, MINUTE, Instant, instant_of
from hourloom.core.days import NoSuchZone
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.reports.model.grouping import Value
from hourloom.reports.model.ranges import RangeReversed
from hourloom.reports.service import measured_days
from hourloom.reports.service.measures import Measures
from hourloom.reports.service.measuring import MeasuredDayOutOfRange, MeasuredRangeNotDays
from hourloom.settings.service import Settings
from hourloom.testing import FixedClock
from hourloom.tracking.model import settled_before

WHO = Actor(WorkspaceId(1), UserId(1), EVERYTHING)
CODE, MAIL, NEWS, OTHER = 1, 2, 3, 4
MONDAY = date(2026, 11, 16)


class ASums(NamedTuple):
    by: dict[tuple[Value, ...], int]
    away: int = 0


class ALane(NamedTuple):
    activities: Sequence[Activity]
    away: Sequence[tuple[Instant, Instant]] = ()


class ASource:
    """Activities in memory, with a version that tests set."""

    def __init__(self) -> None:
        self.activities: list[Activity] = []
        self.now, self.asked = "1", 0

    def did(
        self, day: date, *what: tuple[int | None, float], hour: float = 9, project: int | None = None
    ) -> None:
        """Add activities of a day one after another, in minutes; 0 is away."""
        at = instant_of(datetime(day.year, day.month, day.day, tzinfo=UTC)) + round(hour * HOUR)
        for category, lasted in what:
            ends = at + round(lasted * MINUTE)
            if category != 0:
                verdict = Verdict(category_id=category, project_id=project)
                self.activities.append(Activity(Instant(at), Instant(ends), Subject(1, 0, 1), verdict))
            at = ends
        self.activities.sort()

    def between(self, who: Actor, start: Instant, end: Instant, where: Filter | None = None) -> ALane:
        who.require("activities:read")
        self.asked += 1
        return ALane(
            [
                each._replace(start=max(each.start, start), end=min(each.end, end))
                for each in self.activities
                if each.start < end and each.end > start
            ]
        )

    def sums(
        self, who: Actor, cuts: Sequence[Instant], keys: tuple[str, ...], where: Filter | None = None
    ) -> list[ASums]:
        assert keys == ("project",)
        by: dict[tuple[Value, ...], int] = {}
        for each in self.between(who, cuts[0], cuts[1]).activities:
            key = (each.verdict.project_id,)
            by[key] = by.get(key, 0) + each.end - each.start
        return [ASums(by)]

    def spans(
        self, who: Actor, start: Instant, end: Instant, where: Filter | None = None
    ) -> list[tuple[Instant, Instant]]:
        return []

    def names(self, who: Actor, key: str, values: Iterable[Value]) -> Mapping[Value, str | None]:
        return {value: None if value is None else f"{key} {value}" for value in values}

    def version(self, who: Actor) -> str:
        return self.now

    def settled(self, who: Actor, now: Instant) -> Instant:
        return settled_before(now)

    def tree(self, tx: Transaction, workspace_id: WorkspaceId) -> CategoryTree:
        return self.categories

    categories = CategoryTree(
        [
            Category(CODE, "Code", score=2),
            Category(MAIL, "Mail", score=-1),
            Category(NEWS, "News", score=-2),
            Category(OTHER, "Other", score=0),
        ]
    )


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def data_key() -> None:
    return None


@pytest.fixture
def settings(database: Database, clock: FixedClock) -> Settings:
    def workspace() -> None:
        with database.begin() as tx:
            tx.execute(
                "INSERT INTO workspaces (name, payload_key, created_at) VALUES ('w', :key, 0)", key=b"k"
            )

    database.write(workspace)
    return Settings(database, clock)


@pytest.fixture
def source() -> ASource:
    return ASource()


@pytest.fixture
def measures(database: Database, clock: FixedClock, settings: Settings, source: ASource) -> Measures:
    set_(settings, database, time_zone="UTC")
    clock.set("2026-11-18T20:00Z")
    return Measures(database, clock, settings, source, source)


def set_(settings: Settings, database: Database, **values: object) -> None:
    for name, value in values.items():
        database.write(lambda n=name, v=value: settings.set(WHO, n, msgspec.json.encode(v)))  # type: ignore[misc]


def test_a_day_with_score_and_figures(measures: Measures, source: ASource) -> None:
    source.did(MONDAY, (CODE, 30), (MAIL, 10), (OTHER, 20), project=7)
    found = measures.day(WHO, MONDAY)
    assert (found.first, found.last, found.zone) == (MONDAY, MONDAY, "UTC")
    assert found.figures.active == 60 * MINUTE
    assert [(h, each.active // MINUTE) for h, each in enumerate(found.figures.hours) if each.active] == [
        (9, 60)
    ]
    assert found.score.value == pytest.approx(
        (40 * 100 * 170 / 240 + 25 * 50 + 15 * 50 + 10 * 100 + 10 * (100 - 100 / 30)) / 100
    )
    assert found.categories[MAIL] == "category 2"


def test_hour_chart_gives_each_hour_what_lies_in_it_not_the_whole_duration_to_the_start_hour(
    measures: Measures, source: ASource
) -> None:
    source.did(MONDAY, (CODE, 149), hour=9.5)
    hours = measures.day(WHO, MONDAY).figures.hours
    assert [each.active // MINUTE for each in hours[9:13]] == [30, 60, 59, 0]
    assert max(each.active for each in hours) <= HOUR


def test_a_day_window_holds_what_began_the_day_before_and_not_what_ends_the_day_after(
    measures: Measures, source: ASource
) -> None:
    source.did(MONDAY, (CODE, 240), hour=22)
    days = [measures.day(WHO, MONDAY + timedelta(n)).figures.active // MINUTE for n in (-1, 0, 1, 2)]
    assert days == [0, 120, 120, 0]


def test_days_begin_when_and_where_their_user_says(
    measures: Measures, source: ASource, settings: Settings, database: Database
) -> None:
    source.did(MONDAY, (CODE, 60), hour=2)
    set_(settings, database, day_starts_at=240)
    assert measures.day(WHO, MONDAY).figures.active == 0
    assert measures.day(WHO, MONDAY - timedelta(1)).figures.active == HOUR
    assert measures.day(WHO, MONDAY, zone="Asia/Tokyo").figures.hours[11].active == HOUR


def test_a_day_of_25_hours_loses_nothing(measures: Measures, source: ASource) -> None:
    day = date(2026, 10, 25)
    source.did(day - timedelta(1), (CODE, 26 * 60), hour=22)
    found = measures.day(WHO, day, zone="Europe/Berlin").figures
    assert found.active == 25 * HOUR
    assert [each.active // HOUR for each in found.hours[:5]] == [1, 1, 2, 1, 1]


def test_percentages_of_a_period_without_activity_do_not_divide_by_zero(measures: Measures) -> None:
    found = measures.analysis(WHO, "week", None)
    assert found.whole.score.value is None
    assert found.projects == []
    assert [each.share.value for each in found.patterns] == [None] * 3
    assert found.recommended.recommendations == []
    assert not found.peaks.of["weekdays"].enough


def test_a_week_has_all_its_days_the_missing_too(measures: Measures, source: ASource) -> None:
    source.did(MONDAY, (CODE, 60))
    source.did(MONDAY + timedelta(2), (NEWS, 60))
    found = measures.week(WHO, MONDAY + timedelta(1))
    assert [day for day, _, _ in found.days] == [MONDAY + timedelta(n) for n in range(7)]
    assert [score.value is None for _, _, score in found.days] == [False, True, False, True, True, True, True]
    assert found.whole.figures.active == 2 * HOUR
    pulse = found.whole.score.parts[0]
    assert pulse.points == 50


def test_a_week_is_the_sum_of_its_days_and_not_their_mean(measures: Measures, source: ASource) -> None:
    source.did(MONDAY, (CODE, 540))
    source.did(MONDAY + timedelta(1), (NEWS, 60))
    assert measures.week(WHO, MONDAY).whole.score.parts[0].points == 90


def test_weeks_begin_with_the_day_that_their_user_says(
    measures: Measures, settings: Settings, database: Database
) -> None:
    set_(settings, database, first_day_of_week="sunday")
    assert measures.week(WHO, MONDAY).whole.first == MONDAY - timedelta(1)


def test_breaks_are_found_by_category_and_not_by_a_word_among_ids(
    measures: Measures, source: ASource
) -> None:
    # A source design filtered by the tag "break", while tags held ids, so that nothing was ever left out.
    source.did(MONDAY, (CODE, 60), (NEWS, 60))
    source.did(MONDAY, (OTHER, 60), hour=14)
    found = measures.day(WHO, MONDAY).figures
    assert found.levels.scored == (HOUR, 0, HOUR, 0, HOUR)
    assert found.focus == HOUR


def test_weights_change_history_at_once(
    measures: Measures, source: ASource, settings: Settings, database: Database
) -> None:
    source.did(MONDAY, (CODE, 60), (NEWS, 60))
    before = measures.day(WHO, MONDAY).score.value
    only = {"pulse": 1, "focus_ratio": 0, "deep_share": 0, "fragmentation": 0, "switches": 0}
    set_(settings, database, day_score_weights=only)
    assert measures.day(WHO, MONDAY).score.value == 50 != before


def test_days_that_are_over_are_kept_until_something_changes_them(
    measures: Measures, source: ASource
) -> None:
    source.did(MONDAY, (CODE, 60))
    first = measures.week(WHO, MONDAY)
    asked = source.asked
    assert measures.week(WHO, MONDAY) == first
    assert source.asked == asked + 1, "only today is read again, and days to come never are"
    assert (measures.days.hits, measures.days.misses) == (2, 3 + 1)
    source.did(MONDAY, (CODE, 60), hour=15)
    source.now = "2"
    assert measures.week(WHO, MONDAY).whole.figures.active == 2 * HOUR


def test_kept_days_are_bounded_in_bytes(
    measures: Measures, source: ASource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured_days, "MOST_BYTES", 5_000)
    measures.week(WHO, MONDAY - timedelta(7))
    measures.week(WHO, MONDAY - timedelta(7))
    assert measures.days.hits == 0
    measures.day(WHO, MONDAY - timedelta(1))
    assert measures.days.hits == 1


def worked(source: ASource, weeks: int, until: date = MONDAY) -> None:
    """Fill weeks before a day: good mornings, torn afternoons, and more mail in the last four weeks."""
    for number in range(1, 7 * weeks + 1):
        day = until - timedelta(number)
        if day.weekday() < 5:
            mail = 8 if number <= 28 else 2
            source.did(day, (CODE, 50 + number % 7), (OTHER, 5), hour=9)
            source.did(day, *[(CODE, 11), (MAIL, 3 + number % 3)] * mail, (OTHER, 20), hour=13)


def test_trends_and_recommendations_stand_on_their_rows(measures: Measures, source: ASource) -> None:
    worked(source, 9)
    trends = measures.trends(WHO, MONDAY)
    shifted = {each.series.name: each for each in trends.shifts}
    assert shifted["switches"].holds
    assert shifted["switches"].difference > 0
    assert (trends.first, trends.last) == (MONDAY - timedelta(63), MONDAY - timedelta(1))
    found = measures.recommendations(WHO, MONDAY + timedelta(3))
    assert (found.first, found.last) == (MONDAY, MONDAY + timedelta(6))
    kinds = [each.kind for each in found.recommendations]
    assert "interruptions" in kinds
    assert "shift" in kinds
    assert "category 2" in next(e.sentence for e in found.recommendations if e.kind == "interruptions")
    assert found == measures.recommendations(WHO, MONDAY)


def test_recommendations_of_a_week_do_not_change_within_it(measures: Measures, source: ASource) -> None:
    worked(source, 9)
    before = measures.recommendations(WHO, MONDAY)
    source.did(MONDAY, *[(CODE, 11), (NEWS, 1)] * 20)
    assert measures.recommendations(WHO, MONDAY + timedelta(6)) == before


def test_peak_hours_keep_weekdays_and_weekends_apart(measures: Measures, source: ASource) -> None:
    worked(source, 9)
    source.did(MONDAY - timedelta(1), (NEWS, 60), hour=9)
    found = measures.peak_hours(WHO, MONDAY)
    assert found.of["weekdays"].days == 40
    assert found.of["weekdays"].best[0] == 9
    assert found.of["weekends"].days == 1
    assert not found.of["weekends"].enough


def test_an_analysis_answers_score_distribution_peaks_patterns_and_recommendations(
    measures: Measures, source: ASource
) -> None:
    worked(source, 9)
    source.did(MONDAY, (CODE, 60), (MAIL, 30), project=7)
    found = measures.analysis(WHO, "2026-11-16..2026-11-17", None)
    assert found.projects == [(7, "project 7", 90 * MINUTE)]
    assert {each.kind: each.severity for each in found.patterns} == {
        "frequent_switching": "low",
        "interruptions": "low",
        "fragmented_focus": "low",
    }
    assert found.whole.figures.active == 90 * MINUTE
    assert found.peaks.of["weekdays"].enough
    assert found.recommended.recommendations


def test_what_cannot_be_measured_is_said(measures: Measures) -> None:
    with pytest.raises(MeasuredDayOutOfRange):
        measures.day(WHO, date(1970, 6, 1))
    with pytest.raises(MeasuredDayOutOfRange):
        measures.trends(WHO, date(9999, 1, 1))
    with pytest.raises(NoSuchZone):
        measures.day(WHO, MONDAY, zone="Mars/Olympus")
    with pytest.raises(MeasuredRangeNotDays):
        measures.analysis(WHO, "2026-11-16T08:00Z..2026-11-16T09:00Z", None)
    with pytest.raises(MeasuredRangeNotDays):
        measures.analysis(WHO, "2025-01-01..2026-06-01", None)
    with pytest.raises(RangeReversed):
        measures.analysis(WHO, "2026-11-16..2026-11-01", None)


def test_measures_need_the_scope_of_reports_and_no_other(measures: Measures) -> None:
    measures.day(Actor(WorkspaceId(1), UserId(1), frozenset({"reports:read"})), MONDAY)
    nobody = Actor(WorkspaceId(1), UserId(1), frozenset({"tracking:read", "activities:read"}))
    with pytest.raises(ScopeMissing):
        measures.day(nobody, MONDAY)


def test_no_kept_day_is_taken_for_that_of_another_zone(measures: Measures, source: ASource) -> None:
    # A source design kept statistics by date alone, and those of weeks whatever changed.
    source.did(MONDAY, (CODE, 120), hour=22)
    for _ in range(2):
        found = [
            measures.day(WHO, MONDAY, zone=zone).figures.active // MINUTE
            for zone in ("UTC", "Asia/Tokyo", "America/New_York")
        ]
        assert found == [120, 0, 120]
        hours = [
            each.active // MINUTE for each in measures.day(WHO, MONDAY, zone="America/New_York").figures.hours
        ]
        assert hours[17:19] == [60, 60]
    assert measures.week(WHO, MONDAY, zone="Asia/Tokyo").days[1][1].active == 120 * MINUTE
