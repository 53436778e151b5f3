"""Reports as tables with bars, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from statistics import fmean
from textwrap import fill
from typing import NamedTuple

from hourloom.cli.charts import Paper, fitted, harmless, width_of
from hourloom.cli.output import say
from hourloom.core.days import SYSTEM, zone_of
from hourloom.core.rounding import apportioned
from hourloom.sdk.reports import Report, ReportRest, ReportRow

MICROSECONDS, MINUTE = 1_000_000, 60_000_000
TIMES = ("hour", "weekday", "day", "week", "month", "quarter", "year")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NAMELESS = {"category": "unassigned", "project": "no project", "tag": "no tag", "domain": "no site"}
BAR = 24
NARROWEST = 16
GAP = "  "
MOST_PARTS, FEWEST_PARTS = 62, 8
"""Of a series that is drawn in one line."""


class Line(NamedTuple):
    """One row of a table."""

    name: str
    time: str
    share: str
    bar: float
    color: str | None = None
    before: str = ""
    change: str = ""


def shown(report: Report, paper: Paper | None = None) -> None:
    """Print a report on standard output."""
    paper = paper or Paper.of()
    if not report.total_seconds and not (report.compared_with and report.compared_with.total_seconds):
        away = "" if not report.away_seconds else f" Away {_time(_micros(report.away_seconds))}."
        if report.where_in_words:
            say(f"Nothing matches {_when(report)}{_but(report)}.")
        else:
            say(f"Nothing was recorded {_when(report)}.{away} `hourloom status` shows what reports.")
        return
    print(_wrapped(_head(report), paper))
    print(_wrapped(_facts(report), paper))
    parts = report.series.parts
    if len(parts) > 1:
        ends = f"  {_part(parts[0].key)} to {_part(parts[-1].key)}"
        room = MOST_PARTS if paper.width is None else min(MOST_PARTS, paper.width - len(ends))
        if room >= FEWEST_PARTS:
            print(paper.sparkline(folded([part.seconds for part in parts], room)) + ends)
    print()
    wholes = _micros(report.total_seconds), _before(report)
    lines = list(_lines(report, report.rows, report.rest, report.by, paper, 0, *wholes))
    lines.append(_total(report, paper))
    for text in _table(report, lines, paper):
        print(text)


def folded(values: Sequence[float], room: int) -> list[float]:
    """Return so many values at most, each the mean of as many that follow one another; of days, weeks."""
    each = -(-len(values) // room)
    each = 7 if 1 < each < 7 and -(-len(values) // 7) >= FEWEST_PARTS else each
    return [fmean(values[place : place + each]) for place in range(0, len(values), each)]


def _head(report: Report) -> str:
    title = _when(report) + ("" if report.zone == SYSTEM else f" ({report.zone})")
    title = title.removeprefix("on ").removeprefix("from ")
    if report.compared_with is not None:
        title += f", compared with {_days(report.compared_with.range)}"
        title += " up to the same point" if report.compared_with.cut else ""
    return title[0].upper() + title[1:] + _but(report)


def _but(report: Report) -> str:
    return "" if not report.where_in_words else f", only {harmless(report.where_in_words)}"


def _facts(report: Report) -> str:
    """Return the line of facts."""
    facts, several = report.facts, report.facts.days > 1
    said = [f"active {_time(_micros(report.total_seconds))}", f"away {_time(_micros(report.away_seconds))}"]
    if several:
        said.append(f"{facts.active_days} of {facts.days} days")
    if facts.first_activity_at and facts.last_activity_at:
        first = _moment(facts.first_activity_at, report, several=several)
        said.append(f"{first} to {_moment(facts.last_activity_at, report, several=several)}")
    if facts.longest is not None:
        begun = _moment(facts.longest.started_at, report, several=several)
        said.append(f"longest {_time(_micros(facts.longest.seconds))} from {begun}")
    if report.unassigned_seconds * 2 >= 60:
        said.append(f"unassigned {_time(_micros(report.unassigned_seconds))}")
    line = "; ".join(said)
    return line[0].upper() + line[1:]


def _lines(  # noqa: PLR0913, PLR0917 - each is needed for rows below rows
    report: Report,
    rows: Sequence[ReportRow],
    rest: ReportRest | None,
    key: str,
    paper: Paper,
    level: int,
    whole: int,
    whole_before: int,
) -> Iterator[Line]:
    """Yield the lines of rows; their minutes make up those of the whole."""
    ordered = sorted(rows, key=lambda row: _in_time(row.key or "")) if key in TIMES else list(rows)
    spans = [_micros(each.seconds) for each in ordered] + ([_micros(rest.seconds)] if rest else [])
    minutes = _minutes(spans, whole)
    earlier = [_micros(each.before_seconds or 0) for each in ordered]
    befores = _minutes([*earlier, *([_micros(rest.before_seconds or 0)] if rest else [])], whole_before)
    for row, minute, before in zip(ordered, minutes, befores, strict=False):
        yield Line(
            "  " * level + _name(key, row.key),
            _clock(minute),
            _share(row.share),
            row.share,
            row.color,
            *_compared(report, minute, before, paper),
        )
        if row.rows is not None and report.then is not None:
            wholes = minute * MINUTE, before * MINUTE
            yield from _lines(report, row.rows, row.rest, report.then, paper, level + 1, *wholes)
    if rest is not None:
        compared = _compared(report, minutes[-1], befores[-1], paper)
        name = "  " * level + f"{rest.rows:,} more"
        yield Line(name, _clock(minutes[-1]), _share(rest.share), rest.share, None, *compared)


def _share(share: float) -> str:
    # Each is rounded alone: what a row's share is must not depend on how many rows are shown.
    return f"{share:.0%}".replace("%", " %")


def _minutes(spans: list[int], whole: int) -> list[int]:
    """Return whole minutes whose sum is that of the whole, however the whole itself was rounded."""
    # What is missing up to the whole is a part of its own, so that it goes to nobody twice.
    minutes = apportioned(spans, MINUTE)
    wanted = (2 * whole + MINUTE) // (2 * MINUTE)
    for place in sorted(range(len(spans)), key=lambda n: -spans[n]):
        step = (wanted > sum(minutes)) - (wanted < sum(minutes))
        if step == 0:
            break
        minutes[place] = max(0, minutes[place] + step)
    return minutes


def _compared(report: Report, minutes: int, before: int, paper: Paper) -> tuple[str, str]:
    """Return the minutes before, and the change: just the difference of the minutes that are shown."""
    if report.compared_with is None:
        return "", ""
    change = minutes - before
    sign = paper.arrow(change)
    return _clock(before), f"{sign} {_clock(abs(change))}" if change else sign


def _total(report: Report, paper: Paper) -> Line:
    minutes, before = _in_minutes(_micros(report.total_seconds)), _in_minutes(_before(report))
    return Line("total", _clock(minutes), "", 0.0, None, *_compared(report, minutes, before, paper))


def _before(report: Report) -> int:
    return 0 if report.compared_with is None else _micros(report.compared_with.total_seconds)


def _table(report: Report, lines: Sequence[Line], paper: Paper) -> Iterator[str]:
    """Yield a table that fits: on a narrow terminal bars go first, then some numbers, then ends of names."""
    heads = Line(report.by.upper(), "TIME", "SHARE", 0.0, None, "BEFORE", "CHANGE")
    compares = report.compared_with is not None
    numbers = ["time", "share", *(["before", "change"] if compares else [])]
    widths = {n: max(width_of(getattr(each, n)) for each in [heads, *lines]) for n in numbers}
    longest = max(width_of(line.name) for line in [heads, *lines])
    name, bar = longest, BAR
    if paper.width is not None:
        for number in ("before", "share", "change"):
            if number in numbers and paper.width - _taken(numbers, widths) < min(longest, NARROWEST):
                numbers.remove(number)
        room = paper.width - _taken(numbers, widths)
        bar = max(0, min(BAR, room - min(longest, 40) - len(GAP)))
        bar = bar if bar >= 6 else 0
        name = max(4, min(longest, room - (bar + len(GAP) if bar else 0)))
    for line in [heads, *lines]:
        cells = [fitted(line.name, name), *(getattr(line, n).rjust(widths[n]) for n in numbers)]
        drawn = paper.painted(paper.bar(line.bar, bar), line.color) if bar and line is not heads else ""
        yield GAP.join([*cells, drawn]).rstrip()


def _taken(numbers: Sequence[str], widths: Mapping[str, int]) -> int:
    return sum(widths[number] + len(GAP) for number in numbers)


def _wrapped(text: str, paper: Paper) -> str:
    """Return a text in lines that fit."""
    return text if paper.width is None else fill(text, paper.width, break_long_words=False)


def _when(report: Report) -> str:
    first, _, last = report.range.partition("..")
    if first == last:
        return f"on {_long_day(first)}"
    return f"from {_days(report.range)}"


def _days(range_: str) -> str:
    first, _, last = range_.partition("..")
    return _long_day(first) if first == last else f"{_long_day(first)} to {_long_day(last)}"


def _long_day(text: str) -> str:
    if "T" in text:
        return text
    day = date.fromisoformat(text)
    return f"{WEEKDAYS[day.weekday()].capitalize()} {day.isoformat()}"


def _moment(moment: datetime, report: Report, *, several: bool) -> str:
    local = moment.astimezone(zone_of(report.zone))
    return f"{local:%Y-%m-%d %H:%M}" if several else f"{local:%H:%M}"


def _part(key: str) -> str:
    """Return the name of a part of a series: the hour of 2026-03-02T09, or the day itself."""
    return f"{key.partition('T')[2]}:00" if "T" in key else key


def _name(key: str, value: str | None) -> str:
    if value is None:
        return NAMELESS.get(key, "nothing known")
    if key == "hour":
        return f"{value}:00"
    if key == "weekday":
        return value.capitalize()
    if key == "day":
        return f"{value} {WEEKDAYS[date.fromisoformat(value).weekday()][:3].capitalize()}"
    return harmless(value)


def _in_time(value: str) -> tuple[int, str]:
    return (WEEKDAYS.index(value), "") if value in WEEKDAYS else (0, value)


def _micros(seconds: float) -> int:
    return round(seconds * MICROSECONDS)


def _time(microseconds: int) -> str:
    return _clock(_in_minutes(microseconds))


def _in_minutes(microseconds: int) -> int:
    return (2 * microseconds + MINUTE) // (2 * MINUTE)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:,}:{minutes % 60:02}"
