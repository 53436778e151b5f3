"""A report on paper: the facts, the days, what took how long, the hours of the week, and all the numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Literal

import msgspec

from hourloom.activities.model.category import PALETTE
from hourloom.core.clock import HOUR, MINUTE, Instant
from hourloom.core.days import zone_of
from hourloom.core.periods import Calendar
from hourloom.exports.cells import Rounded, clock_time, local
from hourloom.exports.document import (
    MOST_IN_DOCUMENT,
    Bars,
    Document,
    Facts,
    Heat,
    Listing,
    Section,
    Series,
    Stacks,
    Text,
)
from hourloom.exports.model import Page, Table
from hourloom.reports.exporting.tables import REST, TITLES, in_time, label, leaves, spoken
from hourloom.reports.model.grouping import ReportRow, ReportRows
from hourloom.reports.model.keys import TIMES, Key
from hourloom.reports.model.ranges import ReportRange
from hourloom.reports.model.report import Report, ReportHeat

MOST_SERIES, MOST_BARS, MOST_TIMES = 7, 10, 31
_DAYS_BY_DAY, _DAYS_BY_WEEK = 62, 400
_OTHERS = "#8a919c"
ACTIVE = "Active"
_SLOTS = {f"slot{number}": pair[0] for number, pair in enumerate(PALETTE, 1)}
_NOT_IN_PALETTE = ""

StackUnit = Literal["hour", "day", "week", "month"]


def unit_of(period: ReportRange) -> StackUnit:
    """Return what one stack of a period is: few enough that each can be seen."""
    days = (period.end - period.start) / (24 * HOUR)
    if days < 1.5:
        return "hour"
    return "day" if days <= _DAYS_BY_DAY else "week" if days <= _DAYS_BY_WEEK else "month"


def of_report(
    report: Report, stacked: Report, heat: ReportHeat, calendar: Calendar, page: Page, language: str
) -> Document:
    """Return a report as a document; `stacked` is the same grouped by a unit of time first."""
    zone = zone_of(calendar.zone)
    title = f"{TITLES[report.keys[0]]} report, {_period(report.period, zone)}"
    subtitle = f"{_range(report.period, zone)} · {spoken(calendar)}"
    sections: list[Section] = [*_filters(report), _facts(report, zone)]
    if report.facts.active == 0:
        sections.append(Text("Nothing was recorded in this period."))
        return Document(title, subtitle, language, page, sections)
    report = _in_time(report)
    colors = _colors(report)
    by = TITLES[report.keys[0]].lower()
    if stacked.keys[0] == report.keys[0]:
        sections.append(_stacks(stacked, {ACTIVE: PALETTE[0][0]}, f"Each {by}"))
    else:
        sections.append(_stacks(stacked, colors, f"Each {stacked.keys[0]} by {by}"))
        sections.append(_bars(report, colors, f"By {by}"))
    sections.append(_heat(heat))
    sections.append(_rows(report))
    if stacked.keys[0] != report.keys[0]:
        sections.append(_units(stacked))
    return Document(title, subtitle, language, page, sections)


def of_table(table: Table, period: ReportRange, calendar: Calendar, page: Page, language: str) -> Document:
    """Return a table as a document; of a long one the beginning."""
    zone = zone_of(calendar.zone)
    shown: list[list[str]] = []
    left_out = 0
    for row in table.rows:
        if len(shown) < MOST_IN_DOCUMENT:
            shown.append(
                [_cell(column.kind, cell, zone) for column, cell in zip(table.columns, row, strict=True)]
            )
        else:
            left_out += 1
    kept = [
        place
        for place, column in enumerate(table.columns)
        if column.name not in _NOT_ON_PAPER and any(row[place] for row in shown)
    ]
    heads = [table.columns[place].title for place in kept]
    numeric = [table.columns[place].kind not in ("text", "instant") for place in kept]
    sections: list[Section] = [Text("Nothing was recorded in this period.")]
    if shown:
        rows = [[row[place] for place in kept] for row in shown]
        sections = [Listing(table.title, heads, rows, numeric, left_out)]
    title = f"{table.title}, {_period(period, zone)}"
    return Document(title, f"{_range(period, zone)} · {spoken(calendar)}", language, page, sections)


_NOT_ON_PAPER = frozenset({"ended_at", "data", "url", "event_id", "decided_by", "domain", "tags"})


def _cell(kind: str, cell: object, zone: tzinfo) -> str:
    if cell is None:
        return ""
    if kind == "instant" and isinstance(cell, int):
        return f"{local(cell, zone):%Y-%m-%d %H:%M:%S}"
    if kind == "duration" and isinstance(cell, int):
        return clock_time((2 * cell + 1_000_000) // 2_000_000)
    return str(cell)[:500]


def _in_time(report: Report) -> Report:
    """Put rows that are times into their order, and name them for people."""
    return msgspec.structs.replace(report, rows=_rows_in_time(report.rows, report.keys))


def _rows_in_time(rows: ReportRows, keys: Sequence[Key]) -> ReportRows:
    if not any(key in TIMES for key in keys):
        return rows
    named = [
        msgspec.structs.replace(
            row,
            key=_called(keys[0], row.key),
            parts=None if row.parts is None else _rows_in_time(row.parts, keys[1:]),
        )
        for row in in_time(rows.rows, keys[0])
    ]
    return msgspec.structs.replace(rows, rows=named)


def _called(key: Key, name: str | None) -> str | None:
    if name is None:
        return None
    return name.capitalize() if key == "weekday" else f"{name}:00" if key == "hour" else name


def _filters(report: Report) -> list[Section]:
    if not report.where:
        return []
    return [Text(f"Only what meets the filter: {report.described}", "note")]


def _facts(report: Report, zone: tzinfo) -> Section:
    facts = report.facts
    said = [("Active", _time(facts.active)), ("Away", _time(facts.away))]
    if report.compared is not None:
        said.append(("Active before", _time(report.compared.active)))
    said.append(("Unassigned", _time(facts.unassigned)))
    if facts.days > 1:
        said.append(("Days with activity", f"{facts.active_days} of {facts.days}"))
    said.append(("First activity", _moment(facts.first, report.period, zone)))
    said.append(("Last activity", _moment(facts.last, report.period, zone)))
    if facts.longest is not None:
        said.append(("Longest span", _time(facts.longest[1] - facts.longest[0])))
    return Facts(said)


def _time(duration: int) -> str:
    minutes = (2 * duration + MINUTE) // (2 * MINUTE)
    return f"{minutes // 60:,} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def _moment(instant: Instant | None, period: ReportRange, zone: tzinfo) -> str:
    if instant is None:
        return "–"  # noqa: RUF001 - just these characters are meant
    moment = local(instant, zone)
    if period.first is not None and period.first == period.last:
        return f"{moment:%H:%M}"
    return f"{moment.day} {moment:%b %H:%M}"


def _colors(report: Report) -> dict[str, str]:
    """Return the colour of each row's name; the longest rows, which are stacked, have one each.

    That is their category's own. What inherits the colour of a longer row gets one that is free.
    """
    stacked: dict[str, str | None] = {}
    longest = sorted(report.rows.rows, key=lambda row: (-row.lasted, label(row.key)))
    for row in longest[:MOST_SERIES]:
        own = _own_color(report, row)
        stacked[label(row.key)] = None if own in stacked.values() else own
    free = iter([color for color in _SLOTS.values() if color not in stacked.values()])
    colors: dict[str, str] = {}
    for row in report.rows.rows:
        name = label(row.key)
        own = stacked[name] or next(free, _OTHERS) if name in stacked else _own_color(report, row)
        colors[name] = _NOT_IN_PALETTE if row.key is None else own or _OTHERS
    return _apart(colors, stacked)


def _apart(colors: Mapping[str, str], stacked: Container[str]) -> dict[str, str]:
    """Let what is not stacked, and has the colour of another row, have a lighter or darker one."""
    seen = Counter(color for name, color in colors.items() if name in stacked)
    shades: dict[str, str] = {}
    for name, color in colors.items():
        shades[name] = color
        if name not in stacked and color not in (_OTHERS, _NOT_IN_PALETTE):
            shades[name] = _shade(color, seen[color])
            seen[color] += 1
    return shades


def _shade(color: str, step: int) -> str:
    """Return a colour as it is, then lighter, darker, lighter still ...; after some steps they come again."""
    if not step:
        return color
    toward, share = (255, 0)[(step - 1) % 2], 0.2 * ((step - 1) // 2 % 3 + 1)
    parts = [int(color[n : n + 2], 16) for n in (1, 3, 5)]
    return "#" + "".join(f"{round(part + (toward - part) * share):02x}" for part in parts)


def _own_color(report: Report, row: ReportRow) -> str | None:
    if report.keys[0] != "category" or not isinstance(row.value, int):
        return None
    own = report.colors.get(row.value)
    return None if own is None else _SLOTS.get(own, own)


def _stacks(stacked: Report, colors: Mapping[str, str], title: str) -> Section:
    units = sorted(stacked.rows.rows, key=lambda row: row.key or "")
    by_name = len(stacked.keys) > 1
    lasted = [
        {label(_called(stacked.keys[1], part.key)): part.lasted for part in leaves(row)}
        if by_name
        else {ACTIVE: row.lasted}
        for row in units
    ]
    # What a limit left out of a day is no less part of it.
    rests = [_left_out(row.parts) for row in units]
    totals: dict[str, int] = defaultdict(int)
    for day in lasted:
        for name, amount in day.items():
            totals[name] += amount
    names = sorted(totals, key=lambda name: (-totals[name], name))
    own, others = names[:MOST_SERIES], names[MOST_SERIES:]
    series = [Series(name, colors.get(name, _OTHERS), [day.get(name, 0) for day in lasted]) for name in own]
    if others or any(rests):
        values = [
            sum(day.get(name, 0) for name in others) + rest for day, rest in zip(lasted, rests, strict=True)
        ]
        series.append(Series(REST, _OTHERS, values))
    labels, series = _gapless(stacked, [row.key or "" for row in units], series)
    return Stacks(title, labels, series)


def _left_out(rows: ReportRows | None) -> int:
    return 0 if rows is None or rows.rest is None else rows.rest.lasted


def _gapless(stacked: Report, keys: Sequence[str], series: list[Series]) -> tuple[list[str], list[Series]]:
    """Let units in which nothing happened have their place too; say each shortly."""
    units = _units_of(stacked, keys)
    places = {key: place for place, key in enumerate(keys)}
    filled = [
        Series(each.name, each.color, [each.values[places[key]] if key in places else 0 for key in units])
        for each in series
    ]
    return [_short(stacked.keys[0], key) for key in units], filled


def _units_of(stacked: Report, keys: Sequence[str]) -> list[str]:
    unit, period = stacked.keys[0], stacked.period
    if unit == "hour":
        return [f"{hour:02}" for hour in range(24)]
    if unit == "day" and period.first is not None and period.last is not None:
        count = (period.last - period.first).days + 1
        return [date.fromordinal(period.first.toordinal() + number).isoformat() for number in range(count)]
    return list(keys)


def _short(unit: str, key: str) -> str:
    if unit == "day":
        return str(date.fromisoformat(key).day)
    if unit == "week":
        first = date.fromisoformat(key)
        return f"{first.day} {first:%b}"
    if unit == "month":
        return f"{date.fromisoformat(key + '-01'):%b}"
    return key


def _bars(report: Report, colors: Mapping[str, str], title: str) -> Section:
    active = report.facts.active or 1
    most = MOST_TIMES if report.keys[0] in TIMES else MOST_BARS
    shown = report.rows.rows[:most]
    bars = [
        (label(row.key), colors[label(row.key)], row.lasted, row.lasted / active)
        for row in shown
        if row.lasted
    ]
    rest = sum(row.lasted for row in report.rows.rows[most:]) + _left_out(report.rows)
    if rest:
        bars.append((REST, _OTHERS, rest, rest / active))
    return Bars(title, bars)


def _heat(heat: ReportHeat) -> Section:
    values = [
        [lasted / possible if possible else 0.0 for lasted, possible in zip(*pair, strict=True)]
        for pair in zip(heat.lasted, heat.possible, strict=True)
    ]
    names = [weekday[:3].capitalize() for weekday in heat.weekdays]
    return Heat("Hours of the week", names, [f"{hour:02}" for hour in range(24)], values)


def _rows(report: Report) -> Section:
    """Return the numbers behind the bars; rounded, they still add up to the whole."""
    heads = [TITLES[key] for key in report.keys]
    numeric = [False] * len(heads) + [True, True]
    compares = report.compared is not None
    rounded, active = Rounded(1_000_000), report.facts.active or 1
    rows: list[list[str]] = []

    def add(names: list[str], lasted: int, before: int) -> None:
        told = [clock_time(rounded(lasted)), f"{lasted / active:.1%}"]
        rows.append([*names, *told, *([_hms(before)] if compares else [])])

    for row in report.rows.rows:
        name = label(row.key)
        if row.parts is None:
            add([name], row.lasted, row.before)
            continue
        for part in row.parts.rows:
            add([name, label(part.key)], part.lasted, part.before)
        if row.parts.rest is not None:
            add([name, REST], row.parts.rest.lasted, row.parts.rest.before)
    if report.rows.rest is not None:
        names = [REST, ""][: len(heads)]
        add(names, report.rows.rest.lasted, report.rows.rest.before)
    shown, left = rows[:MOST_IN_DOCUMENT], len(rows) - MOST_IN_DOCUMENT
    heads += ["Time", "Share"]
    if compares:
        heads, numeric = [*heads, "Before"], [*numeric, True]
    total = ["Sum", *[""] * (len(report.keys) - 1), _hms(report.facts.active), "100.0%"]
    if left <= 0:
        shown = [*shown, [*total, *([_hms(report.compared.active)] if report.compared else [])]]
    title = f"Time by {' and '.join(TITLES[key].lower() for key in report.keys)}"
    return Listing(title, heads, shown, numeric, max(0, left))


def _units(stacked: Report) -> Section:
    rounded = Rounded(1_000_000)
    units = sorted(stacked.rows.rows, key=lambda row: row.key or "")
    rows = [[_long(stacked.keys[0], row.key or ""), clock_time(rounded(row.lasted))] for row in units]
    rows.append(["Sum", _hms(sum(row.lasted for row in units))])
    title = TITLES[stacked.keys[0]]
    return Listing(f"Time by {title.lower()}", [title, "Active"], rows, [False, True])


def _long(unit: str, key: str) -> str:
    if unit == "day":
        day = date.fromisoformat(key)
        return f"{day:%A}, {day.day} {day:%B %Y}"
    return f"{key}:00" if unit == "hour" else key


def _hms(duration: int) -> str:
    return clock_time((2 * duration + 1_000_000) // 2_000_000)


def _period(period: ReportRange, zone: tzinfo) -> str:
    """Return a period shortly, as a title has it: a month, a quarter or a year by its name."""
    first, last = period.first, period.last
    if first is None or last is None:
        return _range(period, zone)
    if first == last:
        return _day(first)
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    if first.day == 1 and _ends_month(last):
        if months == 1:
            return f"{first:%B %Y}"
        if months == 3 and first.month % 3 == 1:
            return f"quarter {first.month // 3 + 1} of {first.year}"
        if months == 12 and first.month == 1:
            return f"{first.year}"
    return _days(first, last)


def _days(first: date, last: date) -> str:
    if first.year != last.year:
        return f"{_day(first)} – {_day(last)}"  # noqa: RUF001 - as people write it
    if first.month != last.month:
        return f"{first.day} {first:%B} – {_day(last)}"  # noqa: RUF001 - as above
    return f"{first.day} – {_day(last)}"  # noqa: RUF001 - as above


def _ends_month(day: date) -> bool:
    return date.fromordinal(day.toordinal() + 1).month != day.month


def _range(period: ReportRange, zone: tzinfo) -> str:
    if period.first is None or period.last is None:
        first, last = (local(instant, zone) for instant in (period.start, period.end))
        return f"{_at(first)} – {_at(last)}"  # noqa: RUF001 - just these characters are meant
    if period.first == period.last:
        return f"{period.first:%A}, {_day(period.first)}"
    return _days(period.first, period.last)


def _at(moment: datetime) -> str:
    return f"{_day(moment.date())} {moment:%H:%M}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
