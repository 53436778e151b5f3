"""A document shows the numbers of its report, in every part of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hourloom.core.clock import HOUR, MINUTE, Instant
from hourloom.core.periods import Calendar
from hourloom.exports.document import Bars, Document, Facts, Heat, Listing, Stacks, Text
from hourloom.exports.model import Table
from hourloom.reports.exporting.documents import _apart, of_report, of_table, unit_of
from hourloom.reports.exporting.model import (
    ExportWanted,
    NoSuchFormat,
    file_name,
    numbered,
    require_possible,
)
from hourloom.reports.exporting.tables import ACTIVITY_COLUMNS
from hourloom.reports.model.asked import ReportAsked, ReportDefinition, question_of
from hourloom.reports.model.ranges import range_named
from hourloom.reports.service.reading import Reader
from tests.reports.a_lane import LATER, PLAY, PROGRAMMING, TREE, WHO, WORK, ALane, ASource, minutes

BERLIN = Calendar("Europe/Berlin", 240)
MARCH = "2026-03-01..2026-03-31"
A_WEEK = ALane(
    [
        *minutes("2026-03-02T08:00:00+00:00", (PROGRAMMING, 100), (PLAY, 20), (None, 7), (WORK, 45)),
        *minutes("2026-03-03T09:30:00+00:00", (WORK, 45), (0, 30), (PLAY, 300)),
        *minutes("2026-03-29T00:30:00+00:00", (WORK, 120)),
    ],
    [(Instant(1_772_438_400_000_000), Instant(1_772_442_000_000_000))],
)


def a_page(lane: ALane = A_WEEK, range_: str = MARCH, calendar: Calendar = BERLIN, **asked: Any) -> Document:
    """Make the document of a report."""
    question = question_of(ReportAsked(), ReportDefinition(range=range_, **asked))
    period = range_named(range_, None, LATER, calendar)
    reader = Reader(ASource(lane), TREE, WHO, calendar, 60)
    report = reader.report(question, period, LATER)
    unit, first = unit_of(period), question.keys[0]
    keys = (first,) if first == unit else (unit, first)
    stacks = msgspec.structs.replace(question, keys=keys, compare=False, limit=100_000)
    stacked = reader.report(stacks, period, LATER)
    return of_report(report, stacked, reader.heat(question, period), calendar, "a4", "en")


def parts_of(document: Document, kind: type[Any]) -> list[Any]:
    return [section for section in document.sections if isinstance(section, kind)]


@pytest.mark.parametrize(
    ("period", "asked"),
    [
        (MARCH, {}),
        (MARCH, {"by": "app"}),
        (MARCH, {"by": "category", "then": "day", "compare": True}),
        (MARCH, {"limit": 1}),
        ("2026-03-02", {"limit": 2}),
        ("2026-01-01..2026-06-30", {}),
        ("2025-01-01..2026-12-31", {}),
    ],
)
def test_every_part_tells_the_same_sum(period: str, asked: dict[str, Any]) -> None:
    document = a_page(range_=period, **asked)
    active = 172 * MINUTE if period == "2026-03-02" else 637 * MINUTE
    (facts,), (stacks,), (bars,) = (parts_of(document, kind) for kind in (Facts, Stacks, Bars))
    assert dict(facts.facts)["Active"] == ("2 h 52 min" if period == "2026-03-02" else "10 h 37 min")
    assert sum(sum(series.values) for series in stacks.series) == active
    assert all(len(series.values) == len(stacks.labels) for series in stacks.series)
    assert sum(bar[2] for bar in bars.bars) == active
    assert sum(bar[3] for bar in bars.bars) == pytest.approx(1)
    for listing in parts_of(document, Listing):
        place = listing.heads.index("Time") if "Time" in listing.heads else listing.heads.index("Active")
        told = [_seconds(row[place]) for row in listing.rows]
        assert told[-1] == sum(told[:-1]) == active // 1_000_000
        assert all(len(row) == len(listing.heads) == len(listing.numeric) for row in listing.rows)


def _seconds(text: str) -> int:
    hours, minutes_, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes_) * 60 + int(seconds)


def test_each_day_has_its_place_whether_or_not_anything_happened() -> None:
    (stacks,) = parts_of(a_page(), Stacks)
    assert stacks.labels == [str(day) for day in range(1, 32)]
    sums = [sum(series.values[place] for series in stacks.series) // MINUTE for place in range(31)]
    assert (sums[1], sums[2], sums[27], sums[28]) == (172, 345, 90, 30)
    assert sum(sums) == 637


@pytest.mark.parametrize("by", ["day", "weekday", "hour"])
def test_times_stand_in_their_order(by: str) -> None:
    document = a_page(by=by)
    (stacks,) = parts_of(document, Stacks)
    assert sum(sum(series.values) for series in stacks.series) == 637 * MINUTE
    if by == "day":
        assert (parts_of(document, Bars), stacks.series[0].name) == ([], "Active")
        return
    (bars,) = parts_of(document, Bars)
    names = {
        "weekday": ["Monday", "Tuesday", "Saturday", "Sunday"],
        # The clock goes from 2:00 to 3:00 on one of the days, so nothing was done at 2.
        "hour": [f"{hour:02}:00" for hour in (1, 3, 4, 9, 10, 11, 12, 13, 14, 15, 16)],
    }
    assert [bar[0] for bar in bars.bars] == names[by]
    assert {series.name for series in stacks.series} <= {*names[by], "Others"}
    assert all(series.color != "#8a919c" for series in stacks.series if series.name != "Others")


def test_colours_are_the_palettes_and_what_is_unassigned_has_none() -> None:
    (bars,), (stacks,) = (parts_of(a_page(), kind) for kind in (Bars, Stacks))
    colors = {name: color for name, color, _, _ in bars.bars}
    assert colors["Work"] == "#127782"
    assert colors["Unassigned"] == ""
    assert len(set(colors.values())) == len(colors)
    assert {series.name: series.color for series in stacks.series} == colors


def test_the_hours_of_the_week_are_shares_of_what_clocks_showed() -> None:
    (heat,) = parts_of(a_page(), Heat)
    assert (heat.rows[0], len(heat.rows), heat.columns[9]) == ("Mon", 7, "09")
    assert heat.values[0][9] == pytest.approx(1 / 5)
    assert all(0 <= value <= 1 for row in heat.values for value in row)


def test_an_empty_period_says_so() -> None:
    document = a_page(ALane())
    assert [section.text for section in parts_of(document, Text)] == ["Nothing was recorded in this period."]
    assert not parts_of(document, Bars)


def test_filters_are_told() -> None:
    document = a_page(where={"category": "1"})
    assert "category" in parts_of(document, Text)[0].text
    assert "Play" not in str(parts_of(document, Bars))


@pytest.mark.parametrize(
    ("period", "title"),
    [
        ("2026-03-02", "Category report, 2 March 2026"),
        ("2026-03-02..2026-03-08", "Category report, 2 – 8 March 2026"),  # noqa: RUF001 - as people write it
        ("2026-02-23..2026-03-01", "Category report, 23 February – 1 March 2026"),  # noqa: RUF001 - as above
        (MARCH, "Category report, March 2026"),
        ("2026-01-01..2026-03-31", "Category report, quarter 1 of 2026"),
        ("2026-01-01..2026-12-31", "Category report, 2026"),
        ("2025-12-31..2026-01-01", "Category report, 31 December 2025 – 1 January 2026"),  # noqa: RUF001 - as above
        (
            "2026-03-02T08:00Z..2026-03-02T12:00Z",
            "Category report, 2 March 2026 09:00 – 2 March 2026 13:00",  # noqa: RUF001 - as above
        ),
    ],
)
def test_a_title_says_the_period_shortly(period: str, title: str) -> None:
    assert a_page(range_=period).title == title


def test_a_long_table_shows_its_beginning_and_what_is_left_out() -> None:
    row = (1_772_438_400_000_000, 1_772_438_400_000_000 + HOUR, HOUR, "Work", *[None] * 8)
    table = Table("Activities", ACTIVITY_COLUMNS, [row] * 2_005)
    period = range_named(MARCH, None, LATER, BERLIN)
    document = of_table(table, period, BERLIN, "letter", "en")
    (listing,) = parts_of(document, Listing)
    assert (listing.heads, len(listing.rows), listing.left_out) == (
        ["Started", "Duration", "Category"],
        2_000,
        5,
    )
    assert listing.rows[0] == ["2026-03-02 09:00:00", "1:00:00", "Work"]
    empty = of_table(Table("Activities", ACTIVITY_COLUMNS, []), period, BERLIN, "a4", "en")
    assert "Nothing was recorded" in parts_of(empty, Text)[0].text


@pytest.mark.parametrize(
    ("period", "name"),
    [
        ("2026-03-01..2026-03-31", "hourloom-report-2026-03-01--2026-03-31"),
        ("2026-03-01..2026-03-01", "hourloom-report-2026-03-01"),
        (
            "2026-03-01T08:00:00Z..2026-03-01T09:30:00.5Z",
            "hourloom-report-2026-03-01T080000Z--2026-03-01T0930005Z",
        ),
        ("../../etc/passwd..\x00", "hourloom-report---etcpasswd"),
    ],
)
def test_a_file_is_named_after_what_it_holds(period: str, name: str) -> None:
    assert file_name(ExportWanted(), period) == name


def test_names_are_numbered_from_the_second_on() -> None:
    assert [numbered("name", number, "pdf") for number in (1, 2, 3)] == [
        "name.pdf",
        "name-2.pdf",
        "name-3.pdf",
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        ExportWanted(kind="events", compare=True),
        ExportWanted(kind="activities", then="day"),
        ExportWanted(kind="report", buckets=["b"]),
        ExportWanted(kind="events", where={"title": "x"}),
    ],
)
def test_what_does_not_go_together_is_refused(wanted: ExportWanted) -> None:
    with pytest.raises(NoSuchFormat):
        require_possible(wanted)


def test_a_colour_that_is_another_rows_too_gets_shades() -> None:
    shades = _apart(dict.fromkeys("abcd", "#127782"), {"a"})
    assert (shades["a"], len(set(shades.values()))) == ("#127782", 4)
