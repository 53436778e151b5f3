"""Make reports from the lane of activities, within a time."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from hourloom.activities.model.activity import Activity
from hourloom.activities.model.category import SEPARATOR, CategoryTree
from hourloom.activities.model.lane import Key as LaneKey
from hourloom.activities.service.kept import Kept
from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, HOUR, Instant
from hourloom.core.errors import Invalid
from hourloom.core.periods import WEEKDAYS, Calendar
from hourloom.db.transaction import ReadTookTooLong
from hourloom.reports.model.asked import ReportParts, ReportQuestion, where_of
from hourloom.reports.model.grouping import Value, aligned, longest_of, rows_of
from hourloom.reports.model.joining import Joining
from hourloom.reports.model.keys import TIMES, Key, pieces_of, range_in
from hourloom.reports.model.ranges import ReportRange, before
from hourloom.reports.model.report import (
    Report,
    ReportBefore,
    ReportFacts,
    ReportHeat,
    ReportPart,
    ReportStretch,
    ReportTimeline,
    ReportUnit,
)
from hourloom.reports.ports import ActivitySource, SumsSource
from hourloom.reports.service.edges import Edges

CUTS_AT_ONCE = 1_000
LONGEST_AT_ONCE = 10_000 * DAY
MOST_STRETCHES = 50_000
MOST_HOURS = 20_000
"""Two years and a bit: each hour is looked at by itself."""
MOST_DAYS = 7_400
"""Twenty years and a bit: each day is a row."""
MOST_AMOUNTS = 250_000
"""Sums by different values, at some hundred bytes each."""
LONGEST_NAME = 300
MOST_BYTES_OF_NAMES = 8 * 1024 * 1024
BYTES_OF_A_NAME = 10
_BY_HOURS, _BY_DAYS, _BY_MONTHS = 2 * DAY, 400 * DAY, 7_400 * DAY
"""How long a period is at most whose series has parts of an hour, a day, a month."""
_PLAIN = frozenset({"domain", "title", "source", "score", *TIMES})
"""The keys whose values are names already."""
_PASSING = ("day", "week", "month", "quarter", "year")
"""The keys of time whose names do not come again in the next period."""

Names = tuple[str, ...]
Amounts = dict[tuple[Value, ...], int]
Bounds = dict[str, tuple[Instant, Instant]]


class TooManyHours(Invalid):
    """By hours a report covers at most {days} days; ask for a shorter period."""


class TooManyDays(Invalid):
    """By days a report covers at most {days} days; group by week or month, or ask for fewer."""


class TooManyRows(Invalid):
    """The report has more than {rows} rows; group by month, not day, by app, not title, or ask for less."""


class Stretch(NamedTuple):
    """Time that has one name for each key of time."""

    start: Instant
    end: Instant
    names: Names


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
        self._written: dict[Value, Counter[str]] = {}
        """How watchers wrote the names of apps, and for how long."""

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
        labels = self._labels(keys, [here.amounts, then])
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
        names = self._label(key, places)
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
        for stretch in self._chosen(period, ("day",), question.parts):
            self.check()
            lane = self._source.between(self._who, stretch.start, stretch.end, question.where)
            away += lane.away
            for activity, value in self._valued(lane.activities, question.keys[0], question.depth):
                start = activity.start
                if open_ is not None:
                    if open_[1:] == (start, value):
                        start = open_[0]
                    else:
                        yield open_
                open_ = start, activity.end, value
        if open_ is not None:
            yield open_

    def check(self) -> None:
        """Raise once the time is up."""
        if self._monotonic() > self._ends:
            raise ReadTookTooLong(seconds=self._seconds)

    def _read(self, question: ReportQuestion, period: ReportRange) -> tuple[Totals, ReportFacts]:
        """Return the sums of a period and its facts; where the same sums give both, they are read once."""
        unit = _unit(period)
        lead: tuple[Key, ...] = ("day", "hour") if unit == "hour" else ("day",)
        times, content = _asked(question.keys)
        if content not in {(), ("category",)} or ("hour" in times and unit != "hour"):
            totals = self._totals(question, self._summed(question, period, times, _with_names(content)))
            return totals, self._facts(question, self._summed(question, period, lead, ("category",)), unit)
        read = list(self._summed(question, period, (*lead, *times), ("category",)))
        named = ((each._replace(names=each.names[len(lead) :]), sums) for each, sums in read)
        return self._totals(question, named), self._facts(question, read, unit)

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
                    self._note_app(values[app], str(values[-1]), lasted)
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
        for run in _runs(_short(self._chosen(period, times, question.parts))):
            self.check()
            cuts = [*(stretch.start for stretch in run), run[-1].end]
            yield from zip(run, self._source.sums(self._who, cuts, content, question.where), strict=True)

    def _chosen(self, period: ReportRange, times: tuple[Key, ...], parts: ReportParts) -> Iterator[Stretch]:
        """Yield the stretches of a period that are looked at; neighbours of one name are one."""
        if "hour" in (*times, *parts.keys) and period.end - period.start > MOST_HOURS * HOUR:
            raise TooManyHours(days=f"{MOST_HOURS // 24:,}")
        open_: Stretch | None = None
        for piece in pieces_of(period.start, period.end, (*times, *parts.keys), self._calendar):
            if not parts.chosen(piece.names[len(times) :]):
                continue
            names = piece.names[: len(times)]
            if open_ is not None and open_.end == piece.start and open_.names == names:
                open_ = open_._replace(end=piece.end)
                continue
            if open_ is not None:
                yield open_
            open_ = Stretch(piece.start, piece.end, names)
        if open_ is not None:
            yield open_

    def _facts(
        self, question: ReportQuestion, read: Iterable[tuple[Stretch, SumsSource]], unit: ReportUnit
    ) -> ReportFacts:
        series: dict[str, ReportPart] = {}
        days: dict[str, int] = defaultdict(int)
        busy: list[Stretch] = []
        away = unassigned = 0
        for stretch, sums in read:
            active = sum(sums.by.values())
            away += sums.away
            unassigned += sums.by.get((None,), 0)
            days[stretch.names[0]] += active
            if active:
                busy.append(stretch)
            key = _part_name(stretch.names, unit)
            known = series.get(key) or ReportPart(key, stretch.start, 0, 0)
            series[key] = ReportPart(key, known.start, known.lasted + active, known.away + sums.away)
        spans = self._spans(question, busy, unit)
        return ReportFacts(
            active=sum(days.values()),
            away=away,
            unassigned=unassigned,
            first=spans[0][0] if spans else None,
            last=spans[-1][1] if spans else None,
            longest=longest_of(spans),
            active_days=sum(1 for active in days.values() if active),
            days=len(days),
            unit=unit,
            series=list(series.values()),
        )

    def _spans(
        self, question: ReportQuestion, busy: Sequence[Stretch], unit: ReportUnit
    ) -> list[tuple[Instant, Instant]]:
        """Return active time; of days in a long period only what comes first, last and lasted longest."""
        found: list[tuple[Instant, Instant]] = []

        def spans(start: Instant, end: Instant) -> Sequence[tuple[Instant, Instant]]:
            self.check()
            return self._source.spans(self._who, start, end, question.where)

        if unit == "hour":
            for run in _runs(busy):
                found += spans(run[0].start, run[-1].end)
        else:
            for each in busy:
                found += self._edges.of(question.where, each.start, each.end, spans)
        return found

    def _valued(
        self, activities: Sequence[Activity], key: Key, depth: int
    ) -> Iterator[tuple[Activity, Value]]:
        """Yield activities with what they are by a key."""
        described = (
            self._source.describe(self._who, {activity.subject for activity in activities})
            if key in ("app", "domain", "title")
            else {}
        )
        for activity in activities:
            verdict, value = activity.verdict, cast("Value", None)
            match key:
                case "category":
                    value = self._above(verdict.category_id, depth) if depth else verdict.category_id
                case "project":
                    value = verdict.project_id
                case "tag":
                    value = verdict.tag_ids
                case "device":
                    value = activity.subject.device
                case "score":
                    value = self._tree.score(verdict.category_id)
                case "source":
                    value = verdict.source
                case _:
                    value = getattr(described[activity.subject], key)
                    if key == "app":
                        name = described[activity.subject].app_name
                        self._note_app(value, name, activity.end - activity.start)
            yield activity, value

    def _labels(self, keys: Sequence[Key], found: Sequence[Amounts]) -> list[Mapping[Value, str | None]]:
        """Return, for each key, what its values are called."""
        return [
            self._label(key, {values[n]: None for amounts in found for values in amounts})
            for n, key in enumerate(keys)
        ]

    def _label(self, key: Key, values: Iterable[Value]) -> Mapping[Value, str | None]:
        if key == "category":
            return {value: SEPARATOR.join(self._tree.path(_number(value))) or None for value in values}
        if key in _PLAIN:
            return {value: None if value in (None, "") else str(value) for value in values}
        if key == "app":
            return {value: self._app_name(value) for value in values}
        return self._source.names(self._who, _in_the_lane(key), list(values))

    def _note_app(self, app: Value, name: str, lasted: int) -> None:
        if app and name:
            self._written.setdefault(app, Counter())[name[:LONGEST_NAME]] += lasted

    def _app_name(self, app: Value) -> str | None:
        """Return how an app's name was written for the longest time, the first of equals."""
        if not app:
            return None
        written = self._written.get(app, {str(app): 0})
        return min(written, key=lambda name: (-written[name], name))

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
    return times, tuple(_in_the_lane(key) for key in keys if key not in TIMES)


def _in_the_lane(key: Key) -> LaneKey:
    return "tags" if key == "tag" else cast("LaneKey", key)


def _arrangement(keys: Sequence[Key]) -> Callable[[tuple[Value, ...]], tuple[Value, ...]]:
    """Return what puts values in the order of the keys: keys of time come first, where they are found."""
    found = [key for key in keys if key in TIMES] + [key for key in keys if key not in TIMES]
    places = [found.index(key) for key in keys]
    if places == sorted(places):
        return lambda values: values
    return lambda values: tuple(values[place] for place in places)


def _short(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Yield stretches none of which is longer than the lane can be asked for at once."""
    for stretch in stretches:
        start = stretch.start
        while stretch.end - start > LONGEST_AT_ONCE:
            yield stretch._replace(start=start, end=Instant(start + LONGEST_AT_ONCE))
            start = Instant(start + LONGEST_AT_ONCE)
        yield stretch._replace(start=start)


def _runs(stretches: Iterable[Stretch]) -> Iterator[list[Stretch]]:
    """Yield stretches that follow one another without a gap, not too many at once."""
    run: list[Stretch] = []
    for stretch in stretches:
        follows = bool(run) and run[-1].end == stretch.start
        if run and not (
            follows and len(run) < CUTS_AT_ONCE and stretch.end - run[0].start <= LONGEST_AT_ONCE
        ):
            yield run
            run = []
        run.append(stretch)
    if run:
        yield run


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


def _unit(period: ReportRange) -> ReportUnit:
    length = period.end - period.start
    if length <= _BY_HOURS:
        return "hour"
    return "day" if length <= _BY_DAYS else "month" if length <= _BY_MONTHS else "year"


def _part_name(names: Names, unit: ReportUnit) -> str:
    match unit:
        case "hour":
            return f"{names[0]}T{names[1]}"
        case "month":
            return names[0][:7]
        case "year":
            return names[0][:4]
        case _:
            return names[0]
