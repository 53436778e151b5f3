"""Periods, keys, filters, comparison and what is behind each number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.activities.model.filter import Filter, FilterNotValid, filter_of, parameters_of
from hourloom.core.clock import HOUR, MINUTE, SECOND, Instant
from hourloom.core.days import NoSuchZone, NotARange
from hourloom.core.errors import HourloomError, Invalid
from hourloom.core.periods import Calendar
from hourloom.core.rounding import apportioned
from hourloom.db.transaction import ReadTookTooLong
from hourloom.reports.model.asked import (
    FilterNotKnown,
    PartNotKnown,
    ReportAsked,
    ReportDefinition,
    ReportQuestion,
    question_of,
)
from hourloom.reports.model.behind import behind
from hourloom.reports.model.grouping import ReportRow, ReportRows, longest_of
from hourloom.reports.model.keys import KeyNotKnown, KeyTwice, TooManyLevels, keys_of
from hourloom.reports.model.ranges import (
    NAMED,
    RangeNotKnown,
    RangeOutsideTime,
    RangeReversed,
    RangeTooLong,
    before,
    range_named,
)
from hourloom.reports.model.report import Report
from hourloom.reports.routes.shapes import shape_of
from hourloom.reports.service import reading
from hourloom.reports.service.reading import Reader, TooManyDays, TooManyRows
from hourloom.reports.service.stretches import TooManyHours
from tests.reports.a_lane import (
    LATER,
    PLAY,
    PROGRAMMING,
    TREE,
    UTC_DAYS,
    WHO,
    WORK,
    ALane,
    ASource,
    a_report,
    an_activity,
    at,
    minutes,
)

BERLIN = Calendar("Europe/Berlin")
WEDNESDAY = at("2026-03-04T14:30:00Z")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("today", "2026-03-04..2026-03-04"),
        ("yesterday", "2026-03-03..2026-03-03"),
        ("day", "2026-03-04..2026-03-04"),
        ("week", "2026-03-02..2026-03-08"),
        ("month", "2026-03-01..2026-03-31"),
        ("quarter", "2026-01-01..2026-03-31"),
        ("year", "2026-01-01..2026-12-31"),
        ("2026-02-01..2026-02-03", "2026-02-01..2026-02-03"),
        ("2026-02-01", "2026-02-01..2026-02-01"),
        ("2026-03-01T09:00Z..2026-03-01T10:00Z", "2026-03-01T09:00:00Z..2026-03-01T10:00:00Z"),
    ],
)
def test_a_period_is_read_and_written(text: str, found: str) -> None:
    period = range_named(text, None, WEDNESDAY, BERLIN)
    assert period.text == found
    assert range_named(found, None, WEDNESDAY, BERLIN)[:4] == period[:4]


def test_weeks_begin_when_the_user_says_and_days_when_the_night_is_over() -> None:
    sundays = Calendar("Europe/Berlin", 240, 6)
    assert range_named("week", None, WEDNESDAY, sundays).text == "2026-03-01..2026-03-07"
    assert range_named("today", None, at("2026-03-04T02:59:59Z"), sundays).text == "2026-03-03..2026-03-03"
    assert range_named("today", None, at("2026-03-04T03:00:00Z"), sundays).text == "2026-03-04..2026-03-04"
    assert range_named("month", date(2025, 12, 5), WEDNESDAY, sundays).text == "2025-12-01..2025-12-31"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("fortnight", RangeNotKnown),
        ("", RangeNotKnown),
        ("..", RangeNotKnown),
        ("..2026-01-01", RangeNotKnown),
        ("2026-13-01", RangeNotKnown),
        ("2026-01-01..soon", NotARange),
        ("2026-03-08..2026-03-02", RangeReversed),
        ("2026-03-01T10:00Z..2026-03-01T09:00Z", RangeReversed),
        ("2026-03-01T10:00Z..2026-03-01T10:00Z", RangeReversed),
        ("1970-01-02..2070-01-02", RangeTooLong),
        ("1971-01-01T00:00Z..2081-01-01T00:00Z", RangeTooLong),
        ("1960-01-01..1960-01-02", RangeOutsideTime),
        ("9999-01-01..9999-01-02", RangeOutsideTime),
        ("2026-01-01T99:00..2026-01-02T00:00", NotARange),
        ("2026-01-01T09:00", RangeNotKnown),
        ("2026-01-01T09:00Z..2026-01-02T09:00Z..2026-01-03T09:00Z", NotARange),
        ("x" * 5_000, RangeNotKnown),
    ],
)
def test_what_is_no_period_is_refused_in_one_sentence(text: str, error: type[HourloomError]) -> None:
    with pytest.raises(error) as raised:
        range_named(text, None, WEDNESDAY, BERLIN)
    assert isinstance(raised.value, Invalid)
    assert len(raised.value.message) < 250


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(NoSuchZone):
        range_named("today", None, WEDNESDAY, Calendar("Mars/Olympus"))


@given(
    st.sampled_from([*NAMED, "..", "2026-03-01..2026-03-02", "2026-03-01T09:00..2026-03-02"])
    | st.text(max_size=40),
    st.none() | st.dates(),
    st.sampled_from(["UTC", "Pacific/Apia", "America/Santiago", "Africa/Monrovia"]),
    st.integers(0, 1439),
    st.integers(0, 6),
)
@settings(max_examples=80)
def test_whatever_is_asked_becomes_a_period_or_a_sentence(
    text: str, on: date | None, zone: str, starts_at: int, first_weekday: int
) -> None:
    calendar = Calendar(zone, starts_at, first_weekday)
    try:
        period = range_named(text, on, WEDNESDAY, calendar)
    except Invalid:
        return
    earlier = before(period, WEDNESDAY, calendar)
    assert 0 <= earlier.start <= earlier.end <= period.start or period.start == 0
    assert period.start <= period.end
    report = a_report(ALane(), calendar, WEDNESDAY, range=period.text, compare=True, by="weekday")
    assert report.facts.active == 0


def test_a_century_less_a_day_is_still_answered() -> None:
    assert range_named("1971-01-01..2070-12-30", None, WEDNESDAY, BERLIN).last == date(2070, 12, 30)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("yesterday", "2026-03-02..2026-03-02"),
        ("2026-02-23..2026-02-25", "2026-02-20..2026-02-22"),
        ("2026-03-01T09:00Z..2026-03-01T10:00Z", "2026-03-01T08:00:00Z..2026-03-01T09:00:00Z"),
    ],
)
def test_the_period_before_is_as_long(text: str, then: str) -> None:
    period = range_named(text, None, WEDNESDAY, BERLIN)
    earlier = before(period, WEDNESDAY, BERLIN)
    assert (earlier.text, earlier.end) == (then, period.start)


def test_the_month_before_is_a_month_whatever_its_length() -> None:
    march = range_named("month", None, LATER, BERLIN)._replace()
    march = range_named("month", date(2026, 3, 5), LATER, BERLIN)
    assert before(march, LATER, BERLIN).text == "2026-02-01..2026-02-28"


def test_a_period_that_goes_on_is_compared_up_to_the_same_point() -> None:
    week = range_named("week", None, WEDNESDAY, BERLIN)
    earlier = before(week, WEDNESDAY, BERLIN)
    assert earlier.start == BERLIN.start_of(date(2026, 2, 23))
    assert earlier.end == WEDNESDAY - 7 * 24 * HOUR
    # The second half of the 31st has no equal in February, which is then compared as a whole.
    late = at("2026-03-31T20:00:00Z")
    february = before(range_named("month", None, late, BERLIN), late, BERLIN)
    assert february.end == BERLIN.start_of(date(2026, 3, 1))


def test_keys_are_read_and_refused() -> None:
    assert keys_of("category") == ("category",)
    assert keys_of("category", "day") == keys_of("category, day") == ("category", "day")
    for by, then, error in (
        ("colour", "", KeyNotKnown),
        ("app", "app", KeyTwice),
        ("app,day", "title", TooManyLevels),
    ):
        with pytest.raises(error):
            keys_of(by, then)


FILTERS = st.builds(
    Filter,
    categories=st.none() | st.lists(st.none() | st.integers(1, 99), min_size=1, unique=True).map(tuple),
    tags=st.none() | st.lists(st.integers(1, 99), min_size=1, unique=True).map(tuple),
    devices=st.none() | st.lists(st.integers(1, 99), min_size=1, unique=True).map(tuple),
    scores=st.none() | st.lists(st.none() | st.integers(-2, 2), min_size=1, unique=True).map(tuple),
    apps=st.none()
    | st.lists(st.text(min_size=1).filter(lambda t: t != "none"), min_size=1, unique=True).map(tuple),
    domains=st.none() | st.just(("",)),
    title=st.none() | st.text(min_size=1, max_size=50),
    unassigned=st.none() | st.booleans(),
    exact=st.sampled_from([(), ("category",), ("category", "tags")]),
)


@given(FILTERS)
@settings(max_examples=60)
def test_a_filter_is_read_as_it_was_written(where: Filter) -> None:
    assert filter_of(parameters_of(where)) == where


@pytest.mark.parametrize(
    "where",
    [
        {"category": "work"},
        {"category": "1;2"},
        {"score": "²"},
        {"unassigned": "perhaps"},
        {"exact": "app"},
        {"tag": ",".join(map(str, range(300)))},
        {"app": "x" * 5_000},
    ],
)
def test_what_is_no_filter_is_refused(where: dict[str, str]) -> None:
    with pytest.raises(FilterNotValid):
        filter_of(where)


def test_hours_and_weekdays_are_read_and_refused() -> None:
    asked = ReportAsked(where={"hour": "9, 10", "weekday": "Monday"})
    assert question_of(asked).parts.hours == ("09", "10")
    assert question_of(asked).parts.weekdays == ("monday",)
    for where in ({"hour": "24"}, {"weekday": "9"}, {"hour": "-1"}):
        with pytest.raises(PartNotKnown):
            question_of(ReportAsked(where=where))
    with pytest.raises(FilterNotKnown):
        question_of(ReportAsked(), ReportDefinition(where={"colour": "red"}))


def test_what_is_asked_holds_instead_of_what_a_saved_report_says() -> None:
    kept = ReportDefinition(range="month", by="app", then="day", compare=True, where={"category": "1"})
    question = question_of(ReportAsked(by="title", compare=False, where={"app": "code"}), kept)
    assert (question.range, question.keys, question.compare) == ("month", ("title",), False)
    assert question.where == Filter(categories=(1,), apps=("code",))


DAY = ALane(
    minutes(
        "2026-03-02T08:30:00Z",
        (WORK, 40),
        (PROGRAMMING, 50),
        (0, 15),
        (PLAY, 10),
        (None, 5),
        (PROGRAMMING, 61),
    ),
    [(at("2026-03-02T10:00:00Z"), at("2026-03-02T10:15:00Z"))],
)


def test_rows_are_sorted_and_named_by_their_whole_path() -> None:
    report = a_report(DAY, range="2026-03-02")
    assert [(row.key, row.lasted // MINUTE) for row in report.rows.rows] == [
        ("Work > Programming", 111),
        ("Work", 40),
        ("Play", 10),
        (None, 5),
    ]
    assert report.facts.unassigned == 5 * MINUTE
    assert report.facts.away == 15 * MINUTE
    assert report.facts.first == at("2026-03-02T08:30:00Z")
    assert report.facts.last == at("2026-03-02T11:31:00Z")
    assert report.facts.longest == (at("2026-03-02T08:30:00Z"), at("2026-03-02T10:00:00Z"))
    assert (report.facts.active_days, report.facts.days) == (1, 1)


def test_the_tree_is_cut_at_a_depth_and_a_limit_keeps_the_rest() -> None:
    report = a_report(DAY, range="2026-03-02", depth=1, limit=1)
    assert [(row.key, row.lasted // MINUTE) for row in report.rows.rows] == [("Work", 151)]
    assert report.rest is not None
    assert (report.rest.rows, report.rest.lasted // MINUTE) == (2, 15)
    assert report.whole >= {WORK}


def test_equal_rows_have_an_order_of_their_own() -> None:
    lane = ALane([an_activity(n * MINUTE, (n + 1) * MINUTE, app=n % 3) for n in range(3, 9)])
    keys = [row.key for row in a_report(lane, range="1970-01-02..1970-01-02", by="app").rows.rows]
    assert keys == []
    lane = ALane(
        [
            an_activity(at("2026-03-02T08:00Z") + n * MINUTE, at("2026-03-02T08:01Z") + n * MINUTE, app=2 - n)
            for n in range(3)
        ]
    )
    report = a_report(lane, range="2026-03-02", by="app")
    assert [row.key for row in report.rows.rows] == ["Chat", "Code", "Firefox"]


def test_days_are_compared_with_those_of_the_same_place_and_what_is_gone_is_shown() -> None:
    lane = ALane(
        [
            *minutes("2026-02-24T09:00:00Z", (PLAY, 30)),
            *minutes("2026-03-03T09:00:00Z", (WORK, 20)),
        ]
    )
    by_day = a_report(lane, range="week", on="2026-03-02", by="day", compare=True)
    assert [(r.key, r.lasted // MINUTE, r.before // MINUTE) for r in by_day.rows.rows] == [
        ("2026-03-03", 20, 30)
    ]
    by_category = a_report(lane, range="week", on="2026-03-02", compare=True)
    assert [(r.key, r.lasted // MINUTE, r.before // MINUTE) for r in by_category.rows.rows] == [
        ("Work", 20, 0),
        ("Play", 0, 30),
    ]
    assert by_category.compared is not None
    assert by_category.compared.active == 30 * MINUTE


def test_hours_and_weekdays_choose_what_is_looked_at() -> None:
    report = a_report(DAY, range="week", on="2026-03-02", where={"hour": "9", "weekday": "monday"})
    assert report.facts.active == 60 * MINUTE
    assert report.facts.days == 1
    assert a_report(DAY, range="week", on="2026-03-02", where={"weekday": "tuesday"}).facts.active == 0


def all_behind(
    report: Report, rows: ReportRows, level: int, above: Mapping[str, str]
) -> Iterator[tuple[ReportRow, dict[str, str]]]:
    for row in rows.rows:
        where = behind(report, level, row, above)
        yield row, where
        if row.parts is not None:
            yield from all_behind(report, row.parts, level + 1, where)


@pytest.mark.parametrize(
    "keys", ["category", "category,day", "day,category", "hour,category", "weekday,month"]
)
@pytest.mark.parametrize("depth", [0, 1])
def test_the_same_report_with_the_filters_behind_a_number_gives_that_number(keys: str, depth: int) -> None:
    by, _, then = keys.partition(",")
    asked: dict[str, Any] = {"range": "2026-02-28..2026-03-05", "depth": depth}
    report = a_report(DAY, BERLIN, by=by, then=then, **asked)
    looked = 0
    for row, where in all_behind(report, report.rows, 0, {}):
        within = {**report.where, **where}
        range_ = within.pop("range", asked["range"])
        again = a_report(DAY, BERLIN, by="app", range=range_, where=within)
        assert again.facts.active == row.lasted, (row.key, where)
        looked += 1
    assert looked > 1


@pytest.mark.parametrize("keys", ["day,category", "hour,app", "week,hour"])
def test_within_instants_and_hours_too(keys: str) -> None:
    by, _, then = keys.partition(",")
    asked: dict[str, Any] = {"range": "2026-03-02T08:45Z..2026-03-02T11:10Z", "where": {"hour": "10,11"}}
    report = a_report(DAY, BERLIN, by=by, then=then, **asked)
    assert report.facts.active == 105 * MINUTE
    for row, where in all_behind(report, report.rows, 0, {}):
        within = {**report.where, **where}
        again = a_report(DAY, BERLIN, by="title", range=within.pop("range", asked["range"]), where=within)
        assert again.facts.active == row.lasted, (row.key, where)


def test_longest_spans_touch() -> None:
    assert longest_of([(Instant(a), Instant(b)) for a, b in ((0, 5), (5, 9), (10, 18), (18, 19))]) == (0, 9)
    assert longest_of([]) is None


def test_a_timeline_joins_what_follows_under_one_key() -> None:
    question = ReportQuestion(keys=("category",), depth=1)
    period = range_named("2026-03-02", None, LATER, BERLIN)
    timeline = Reader(ASource(DAY), TREE, WHO, BERLIN, 60).timeline(question, period)
    assert [
        (timeline.names[each.value], (each.end - each.start) // MINUTE) for each in timeline.stretches
    ] == [("Work", 90), ("Play", 10), (None, 5), ("Work", 61)]
    assert timeline.colors == ["slot1", None, None]
    assert timeline.away == DAY.away
    apps = Reader(ASource(DAY), TREE, WHO, BERLIN, 60).timeline(ReportQuestion(keys=("app",)), period)
    assert apps.names == ["Code"]


def test_an_answer_ends_when_its_time_is_up() -> None:
    times = iter(range(0, 1000, 7))
    reader = Reader(ASource(DAY), TREE, WHO, BERLIN, 10, monotonic=lambda: float(next(times)))
    with pytest.raises(ReadTookTooLong):
        reader.report(ReportQuestion(range="year"), range_named("year", None, WEDNESDAY, BERLIN), LATER)


def test_of_instants_that_go_on_the_stretch_before_is_cut_too() -> None:
    period = range_named("2026-03-02T08:00Z..2026-03-02T12:00Z", None, WEDNESDAY, BERLIN)
    now = Instant(period.start + 60 * MINUTE)
    earlier = before(period, now, BERLIN)
    assert (earlier.start, earlier.end) == (period.start - 240 * MINUTE, period.start - 180 * MINUTE)
    assert before(period, period.end, BERLIN).end == period.start


@pytest.mark.parametrize("asked", [{"by": "hour"}, {"by": "day", "then": "hour"}, {"where": {"hour": "9"}}])
def test_hours_of_many_years_are_refused_at_once(asked: dict[str, Any]) -> None:
    with pytest.raises(TooManyHours):
        a_report(DAY, BERLIN, range="1970-01-03..2069-12-30", **asked)


@pytest.mark.parametrize("asked", [{"by": "day"}, {"by": "category", "then": "day"}])
def test_days_of_many_years_are_refused_at_once_and_their_months_are_not(asked: dict[str, Any]) -> None:
    class Untouched(ASource):
        def sums(self, *_: Any, **__: Any) -> Any:
            raise AssertionError

    century = range_named("1970-01-03..2069-12-30", None, WEDNESDAY, UTC_DAYS)
    reader = Reader(Untouched(DAY), TREE, WHO, UTC_DAYS, 60)
    with pytest.raises(TooManyDays, match="at most 7,400 days; group by week or month"):
        reader.report(question_of(ReportAsked(**asked)), century, LATER)
    twenty_years = range_named("2010-01-01..2030-04-05", None, WEDNESDAY, UTC_DAYS)
    with pytest.raises(AssertionError):
        reader.report(question_of(ReportAsked(**asked)), twenty_years, LATER)
    found = a_report(DAY, UTC_DAYS, range="2010-01-01..2030-04-05", by="month")
    assert found.facts.active == sum(row.lasted for row in found.rows.rows)


def test_more_rows_than_there_is_room_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {"by": "title", "then": "day", "range": "2026-02-28..2026-03-05"}
    parts = [row.parts for row in a_report(DAY, BERLIN, **asked).rows.rows]
    rows = sum(len(each.rows) for each in parts if each is not None)
    monkeypatch.setattr(reading, "MOST_AMOUNTS", rows)
    a_report(DAY, BERLIN, **asked)
    monkeypatch.setattr(reading, "MOST_AMOUNTS", rows - 1)
    with pytest.raises(TooManyRows, match="group by month"):
        a_report(DAY, BERLIN, **asked)


def test_time_within_time_is_what_both_say() -> None:
    report = a_report(DAY, BERLIN, by="month", then="week", range="2026-02-10..2026-03-10")
    for _, where in all_behind(report, report.rows, 0, {}):
        first, _, last = where["range"].partition("..")
        assert first[:7] == last[:7]
        assert first <= last


def test_rows_without_room_are_part_of_the_rest() -> None:
    report = a_report(DAY, BERLIN, by="title", range="2026-02-28..2026-03-05")
    long = [
        msgspec.structs.replace(report.rows.rows[0], value=f"{n} " + "x" * 1_500, key=f"{n} " + "x" * 1_500)
        for n in range(30_000)
    ]
    told = shape_of(msgspec.structs.replace(report, rows=ReportRows(long)))
    assert told.rest is not None
    assert 0 < len(told.rows) == 30_000 - told.rest.rows
    assert all(len(row.key or "") == 300 for row in told.rows)
    shown = sum(row.seconds for row in told.rows) + told.rest.seconds
    assert round(shown) == round(30_000 * told.rows[0].seconds)
    assert len(msgspec.json.encode(told)) < 9 * 1024 * 1024


class TestFlawsOfTheSourceDesigns:
    """Each was measured in a design that this is built from."""

    def test_an_hour_gets_only_what_falls_into_it(self) -> None:
        report = a_report(ALane(minutes("2026-03-02T08:50:00Z", (WORK, 149))), range="2026-03-02", by="hour")
        assert {row.key: row.lasted // MINUTE for row in report.rows.rows} == {
            "08": 10,
            "09": 60,
            "10": 60,
            "11": 19,
        }

    def test_what_began_the_day_before_or_ends_the_day_after_is_cut_not_lost(self) -> None:
        lane = ALane(minutes("2026-03-01T23:00:00Z", (WORK, 26 * 60)))
        days = [a_report(lane, range=f"2026-03-0{n}").facts.active // MINUTE for n in (1, 2, 3)]
        assert days == [60, 24 * 60, 60]

    def test_the_last_millisecond_of_a_day_belongs_to_it(self) -> None:
        midnight = at("2026-03-03T00:00:00Z")
        lane = ALane([an_activity(midnight - 500, midnight + 300)])
        assert a_report(lane, range="2026-03-02").facts.active == 500
        assert a_report(lane, range="2026-03-03").facts.active == 300

    def test_a_sum_over_nothing_is_nought_and_a_share_of_nought_is_no_error(self) -> None:
        report = a_report(ALane(), range="week", compare=True)
        assert shape_of(report).total_seconds == 0.0
        compared = a_report(DAY, range="2026-03-03", compare=True)
        shape = shape_of(compared)
        assert (shape.total_seconds, [row.share for row in shape.rows]) == (0.0, [0.0] * 4)

    def test_seconds_are_not_rounded_row_by_row(self) -> None:
        start = at("2026-03-02T08:00:00Z")
        lane = ALane(
            [
                an_activity(start + n * MINUTE, start + n * MINUTE + 29 * SECOND, title=n, app=0)
                for n in range(120)
            ]
        )
        report = a_report(lane, range="2026-03-02", by="title")
        assert report.facts.active == 58 * MINUTE
        assert sum(apportioned([row.lasted for row in report.rows.rows], MINUTE)) == 58

    def test_a_day_is_that_of_its_zone_and_has_23_or_25_hours(self) -> None:
        for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
            start, end = BERLIN.start_of(day), BERLIN.start_of(day + timedelta(days=1))
            lane = ALane([an_activity(start - HOUR, end + HOUR)])
            assert a_report(lane, BERLIN, range=str(day)).facts.active == hours * HOUR
            assert a_report(lane, Calendar("Asia/Tokyo"), range=str(day)).facts.active != hours * HOUR

    def test_tags_are_told_by_name_and_found_by_number(self) -> None:
        start = at("2026-03-02T08:00:00Z")
        lane = ALane(
            [an_activity(start, start + HOUR, tag_ids=(3, 4)), an_activity(start + HOUR, start + 2 * HOUR)]
        )
        report = a_report(lane, range="2026-03-02", by="tag")
        assert [row.key for row in report.rows.rows] == ["tag 3, tag 4", None]
        found = [behind(report, 0, row, {}) for row in report.rows.rows]
        assert found == [{"tag": "3,4", "exact": "tag"}, {"tag": "none", "exact": "tag"}]
