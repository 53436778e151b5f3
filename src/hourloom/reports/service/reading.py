"""Make reports from the lane of activities, within a time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from hourloom.activities.model.category import CategoryTree
from hourloom.activities.model.lane import Key as LaneKey
from hourloom.activities.service.kept import Kept
from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, HOUR, Instant
from hourloom.core.errors import Invalid
from hourloom.core.periods import WEEKDAYS, Calendar
from hourloom.db.transaction import ReadTookTooLong
from hourloom.reports.model.asked import ReportQuestion, where_of
from hourloom.reports.model.grouping import Value, aligned, rows_of
from hourloom.reports.model.joining import Joining
from hourloom.reports.model.keys import TIMES, Key, range_in
from hourloom.reports.model.ranges import ReportRange, before
from hourloom.reports.model.report import (
    Report,
    ReportBefore,
    ReportFacts,
    ReportHeat,
    ReportStretch,
    ReportTimeline,
    ReportUnit,
)
from hourloom.reports.ports import ActivitySource, SumsSource
from hourloom.reports.service.edges import Edges
from hourloom.reports.service.facts import facts_of, unit_of
from hourloom.reports.service.labels import LONGEST_NAME, Labels, in_the_lane
from hourloom.reports.service.stretches import Stretch, chosen, runs, short

MOST_STRETCHES = 50_000
MOST_DAYS = 7_400
"""Twenty years and a bit: each day is a row."""
MOST_AMOUNTS = 250_000
"""Sums by different values, at some hundred bytes each."""
MOST_BYTES_OF_NAMES = 8 * 1024 * 1024
BYTES_OF_A_NAME = 10
_PASSING = ("day", "week", "month", "quarter", "year")
"""The keys of time whose names do not come again in the next period."""

Amounts = dict[tuple[Value, ...], int]
Bounds = dict[str, tuple[Instant, Instant]]


class TooManyDays(Invalid):
    """By days a report covers at most {days} days; group by week or month, or ask for fewer."""


class TooManyRows(Invalid):
    """The report has more than {rows} rows; group by month, not day, by app, not title, or ask for less."""


class Totals(NamedTuple):
    """Sums of a period by the keys of a question."""

    amounts: Amounts
    active: int
    away: int
    bounds: tuple[Bounds, ...]
    """For each key, when the stretches that its values name begin and end, in their order."""


class Reader:
    """Reads the lane for one answer."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is a source, or a bound
        self,
        source: ActivitySource,
        tree: CategoryTree,
        who: Actor,
        calendar: Calendar,
        seconds: float,
        describe: Callable[[Mapping[str, str]], str] = str,
        edges: Edges | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._tree, self._who, self._calendar = source, tree, who, calendar
        self._seconds, self._monotonic, self._describe = seconds, monotonic, describe
        # Of a year only the edges of its days are looked at, kept or not: all its spans are 100 MiB.
        self._edges = edges or Edges(Kept(0), lambda: None, Instant(0))
        self._ends = monotonic() + seconds
        self._labels = Labels(source, tree, who)

    def report(self, question: ReportQuestion, period: ReportRange, now: Instant) -> Report:
        """Return a report of a period."""
        keys = question.keys
        if "day" in keys and "hour" not in keys and period.end - period.start > MOST_DAYS * DAY + HOUR:
            raise TooManyDays(days=f"{MOST_DAYS:,}")
        here, facts = self._read(question, period)
        then: Amounts = {}
        compared: ReportBefore | None = None
        if question.compare:
            past = before(period, now, self._calendar)
            times, content = _asked(keys)
            earlier = self._totals(question, self._summed(question, past, times, _with_names(content)))
            compared = ReportBefore(past, earlier.active, earlier.away, cut=period.start <= now < period.end)
            then = _renamed(earlier, here, keys)
        labels = self._labels.of(keys, [here.amounts, then])
        rows = rows_of(here.amounts, then, len(keys), question.limit, lambda n, value: labels[n].get(value))
        categories = _categories(keys, [here.amounts, then])
        bounds = here.bounds
        return Report(
            period=period,
            zone=self._calendar.zone,
            keys=keys,
            facts=facts,
            rows=rows,
            compared=compared,
            where=where_of(question),
            described=self._describe(where_of(question)),
            colors={each: color for each in categories if (color := self._tree.color(each))},
            whole=frozenset(each for each in categories if 0 < question.depth <= len(self._tree.path(each))),
            ranges=self._ranges(keys, bounds, period),
            bounds=bounds,
        )

    def heat(self, question: ReportQuestion, period: ReportRange) -> ReportHeat:
        """Return how active each hour of each weekday was."""
        first = self._calendar.first_weekday
        weekdays = WEEKDAYS[first:] + WEEKDAYS[:first]
        lasted = {day: [0] * 24 for day in weekdays}
        possible = {day: [0] * 24 for day in weekdays}
        for stretch, sums in self._summed(question, period, ("weekday", "hour"), ()):
            weekday, hour = stretch.names
            lasted[weekday][int(hour)] += sum(sums.by.values())
            possible[weekday][int(hour)] += stretch.end - stretch.start
        shown = list(lasted.values()), list(possible.values())
        return ReportHeat(period, self._calendar.zone, weekdays, *shown)

    def timeline(self, question: ReportQuestion, period: ReportRange) -> ReportTimeline:
        """Return what was done when, by the first key of the question, which is none of time."""
        key = question.keys[0]
        shown: list[ReportStretch] = []
        places: dict[Value, int] = {}
        away: list[tuple[Instant, Instant]] = []
        found = size = 0
        width = -(-(period.end - period.start) // question.most) if question.most else 0
        joining: Joining[Value] | None = Joining(period.start, width) if width else None
        for start, end, value in self._told(question, period, away):
            found += 1
            if joining is not None:
                joining.add(start, end, value)
            if value not in places:
                size += BYTES_OF_A_NAME + len(str(value)[:LONGEST_NAME].encode("utf-8", "replace"))
            if len(shown) + 1 == found <= MOST_STRETCHES and size <= MOST_BYTES_OF_NAMES:
                shown.append(ReportStretch(start, end, places.setdefault(value, len(places))))
        is_joined = joining is not None and found > question.most
        if joining is not None and is_joined:
            places = {}
            shown = [
                ReportStretch(Instant(s), Instant(e), places.setdefault(value, len(places)))
                for s, e, value in joining.done()
            ]
            found = len(shown)
        names = self._labels.named(key, places)
        return ReportTimeline(
            period,
            self._calendar.zone,
            key,
            [names.get(value) for value in places],
            [self._tree.color(_number(value)) if key == "category" else None for value in places],
            shown,
            away,
            found - len(shown),
            width if is_joined else 0,
        )

    def _told(
        self, question: ReportQuestion, period: ReportRange, away: list[tuple[Instant, Instant]]
    ) -> Iterator[tuple[Instant, Instant, Value]]:
        """Yield what was done when, equal neighbours as one; gather when nobody was there."""
        open_: tuple[Instant, Instant, Value] | None = None
        content = _asked(question.keys[:1])[1]
        for stretch in chosen(period, ("day",), question.parts, self._calendar):
            self.check()
            keys = _with_names(content)
            told = self._source.told(self._who, stretch.start, stretch.end, keys, question.where)
            away += told.away
            for start, end, values in told.stretches:
                (value,) = self._cut(values[:1], content, question.depth)
                if content == ("app",):
                    self._labels.note_app(value, str(values[1]), end - start)
                if open_ is not None:
                    if open_[1:] == (start, value):
                        start = open_[0]  # noqa: PLW2901 - it goes on
                    else:
                        yield open_
                open_ = start, end, value
        if open_ is not None:
            yield open_

    def check(self) -> None:
        """Raise once the time is up."""
        if self._monotonic() > self._ends:
            raise ReadTookTooLong(seconds=self._seconds)

    def _read(self, question: ReportQuestion, period: ReportRange) -> tuple[Totals, ReportFacts]:
        """Return the sums of a period and its facts; where the same sums give both, they are read once."""
        unit = unit_of(period)
        spans = partial(self._spans, question, unit)
        lead: tuple[Key, ...] = ("day", "hour") if unit == "hour" else ("day",)
        times, content = _asked(question.keys)
        if content not in {(), ("category",)} or ("hour" in times and unit != "hour"):
            totals = self._totals(question, self._summed(question, period, times, _with_names(content)))
            return totals, facts_of(self._summed(question, period, lead, ("category",)), unit, spans)
        read = list(self._summed(question, period, (*lead, *times), ("category",)))
        named = ((each._replace(names=each.names[len(lead) :]), sums) for each, sums in read)
        return self._totals(question, named), facts_of(read, unit, spans)

    def _totals(self, question: ReportQuestion, read: Iterable[tuple[Stretch, SumsSource]]) -> Totals:
        content = _asked(question.keys)[1]
        amounts: Amounts = defaultdict(int)
        active = away = 0
        bounds: tuple[Bounds, ...] = tuple({} for _ in question.keys)
        passing = [
            (bounds[place], _asked(question.keys)[0].index(key))
            for place, key in enumerate(question.keys)
            if key in _PASSING
        ]
        arranged = _arrangement(question.keys)
        app = content.index("app") if "app" in content else None
        for stretch, sums in read:
            for named, place in passing:
                name = stretch.names[place]
                named[name] = (named.get(name, (stretch.start, stretch.end))[0], stretch.end)
            away += sums.away
            for values, lasted in sums.by.items():
                if not lasted:
                    continue
                active += lasted
                if app is not None:
                    self._labels.note_app(values[app], str(values[-1]), lasted)
                cut = self._cut(values[: len(content)], content, question.depth)
                amounts[arranged((*stretch.names, *cut))] += lasted
            if len(amounts) > MOST_AMOUNTS:
                raise TooManyRows(rows=f"{MOST_AMOUNTS:,}")
        return Totals(amounts, active, away, bounds)

    def _cut(self, values: tuple[Value, ...], content: Sequence[LaneKey], depth: int) -> tuple[Value, ...]:
        """Put categories that are deeper than wanted into those above them."""
        if not depth or "category" not in content:
            return values
        return tuple(
            self._above(_number(value), depth) if key == "category" else value
            for key, value in zip(content, values, strict=True)
        )

    def _above(self, category: int | None, depth: int) -> int | None:
        for _ in range(len(self._tree.path(category)) - depth):
            found = self._tree.get(category)
            category = None if found is None else found.parent_id
        return category

    def _summed(
        self,
        question: ReportQuestion,
        period: ReportRange,
        times: tuple[Key, ...],
        content: tuple[LaneKey, ...],
    ) -> Iterator[tuple[Stretch, SumsSource]]:
        """Yield the stretches of a period that have one name each, with their sums."""
        for run in runs(short(chosen(period, times, question.parts, self._calendar))):
            self.check()
            cuts = [*(stretch.start for stretch in run), run[-1].end]
            yield from zip(run, self._source.sums(self._who, cuts, content, question.where), strict=True)

    def _spans(
        self, question: ReportQuestion, unit: ReportUnit, busy: Sequence[Stretch]
    ) -> list[tuple[Instant, Instant]]:
        """Return active time; of days in a long period only what comes first, last and lasted longest."""
        found: list[tuple[Instant, Instant]] = []

        def spans(start: Instant, end: Instant) -> Sequence[tuple[Instant, Instant]]:
            self.check()
            return self._source.spans(self._who, start, end, question.where)

        if unit == "hour":
            for run in runs(busy):
                found += spans(run[0].start, run[-1].end)
        else:
            for each in busy:
                found += self._edges.of(question.where, each.start, each.end, spans)
        return found

    def _ranges(
        self, keys: Sequence[Key], bounds: Sequence[Bounds], period: ReportRange
    ) -> tuple[dict[str, str], ...]:
        """Return, for each key, which stretches of time its values name."""
        first, last = period.first, period.last
        ranges: list[dict[str, str]] = []
        for key, named in zip(keys, bounds, strict=True):
            if first is None or last is None:
                ranges.append({name: ReportRange(*each).text for name, each in named.items()})
            else:
                ranges.append({name: range_in(key, name, self._calendar, (first, last)) for name in named})
        return tuple(ranges)


def _with_names(content: tuple[LaneKey, ...]) -> tuple[LaneKey, ...]:
    """Return keys behind which apps are also told as they were written."""
    return (*content, "app_name") if "app" in content else content


def _asked(keys: Sequence[Key]) -> tuple[tuple[Key, ...], tuple[LaneKey, ...]]:
    """Return the keys by which time is cut, and those by which activities are summed."""
    times = tuple(key for key in keys if key in TIMES)
    return times, tuple(in_the_lane(key) for key in keys if key not in TIMES)


def _arrangement(keys: Sequence[Key]) -> Callable[[tuple[Value, ...]], tuple[Value, ...]]:
    """Return what puts values in the order of the keys: keys of time come first, where they are found."""
    found = [key for key in keys if key in TIMES] + [key for key in keys if key not in TIMES]
    places = [found.index(key) for key in keys]
    if places == sorted(places):
        return lambda values: values
    return lambda values: tuple(values[place] for place in places)


def _renamed(earlier: Totals, here: Totals, keys: Sequence[Key]) -> Amounts:
    """Give the days (weeks, months) of the period before the names of those in the same place of this one."""
    pairs: list[Mapping[Value, Value]] = [
        aligned(list(earlier.bounds[place]), list(here.bounds[place])) if key in _PASSING else {}
        for place, key in enumerate(keys)
    ]
    renamed: Amounts = defaultdict(int)
    for values, lasted in earlier.amounts.items():
        named = tuple(pair.get(value, value) for pair, value in zip(pairs, values, strict=True))
        renamed[named] += lasted
    return renamed


def _categories(keys: Sequence[Key], found: Sequence[Amounts]) -> set[int]:
    if "category" not in keys:
        return set()
    place = keys.index("category")
    return {
        number for amounts in found for values in amounts if (number := _number(values[place])) is not None
    }


def _number(value: Value) -> int | None:
    return value if isinstance(value, int) else None
