"""What may be asked of editor time: summaries, statistics, durations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from hourloom.core.actors import Actor
from hourloom.core.clock import MINUTE, SECOND
from hourloom.core.errors import Invalid
from hourloom.wakatime.model.joining import coarser
from hourloom.wakatime.model.periods import BeatPeriod, between, day_named, named
from hourloom.wakatime.model.summing import (
    OTHER_LANGUAGE,
    UNKNOWN_PROJECT,
    BeatFacts,
    BeatSpan,
    Json,
    added,
    daily_average,
    day_text,
    decimal,
    grand_total,
    lists_of,
    shown_name,
    sums_of,
    text_of,
    whole_of,
)
from hourloom.wakatime.service.time import EditorDay, EditorTime, Way
from hourloom.wakatime.service.words import instant_text, zone_name

MOST_SUMMARIES = 1_100
"""Days in one answer: three years."""

SLICES: dict[str, Callable[[BeatFacts], str | tuple[str, ...]]] = {
    "project": lambda facts: facts.project or UNKNOWN_PROJECT,
    "entity": lambda facts: facts.entity,
    "language": lambda facts: facts.language or OTHER_LANGUAGE,
    "dependencies": lambda facts: facts.dependencies,
    "os": lambda facts: facts.operating_system,
    "editor": lambda facts: facts.editor,
    "category": lambda facts: facts.category,
    "machine": lambda facts: facts.machine,
    "branch": lambda facts: facts.branch,
    "ai_model": lambda facts: facts.ai_model,
}


class NoSuchSlice(Invalid):
    """Durations cannot be sliced by '{name}'; they can by {known}."""


class TooManyDays(Invalid):
    """Summaries are given of at most {most} days at once; ask for statistics instead."""


class TimeoutOutOfRange(Invalid):
    """The timeout is a number of minutes from 1 to 60."""


class Asked(NamedTuple):
    """What every question may say of itself."""

    project: str | None = None
    branches: str | None = None
    timeout: float | None = None
    writes_only: bool = False
    timezone: str | None = None


class EditorOverview:
    """Answers in WakaTime's shapes."""

    is_service = True

    def __init__(self, time: EditorTime) -> None:
        self._time = time

    def today(self, who: Actor) -> Json:
        """Return the user's present day, for the status bar of an editor."""
        who.require("tracking:read")
        way = self._time.way(who)
        today = self._time.today(way)
        (day,) = self._time.days(who, BeatPeriod(today, today), way)
        return {
            "cached_at": instant_text(self._time.now()),
            "data": _summary(day, way, today, None, None),
            "has_team_features": False,
        }

    def of_day(self, day: EditorDay) -> Json:
        """Return what a day comes to, and each of its projects with its branches and files."""
        lists = lists_of(day.sums)
        lists["projects"] = [
            {"name": one["name"], "grand_total": grand_total(whole_of(sums)), **lists_of(sums)}
            for one in lists["projects"]
            for sums in [_filtered(day, one["name"], None, detailed=True)]
        ]
        return {**lists, "grand_total": grand_total(day.length)}

    def summaries(self, who: Actor, start: str, end: str, period: str, asked: Asked) -> Json:
        """Return one summary for each day of a period, and what they come to."""
        who.require("tracking:read")
        way = self._way(who, asked)
        today = self._time.today(way)
        if period:
            wanted = named(period, today, self._time.week_begins(who), today)
        else:
            wanted = between(start, end or start, today)
        if (wanted.last - wanted.first).days >= MOST_SUMMARIES:
            raise TooManyDays(most=MOST_SUMMARIES)
        days = self._time.days(who, wanted, way)
        branches = _branches(asked)
        shown = [_summary(day, way, today, asked.project, branches) for day in days]
        lengths = [round(day["grand_total"]["total_seconds"] * SECOND) for day in shown]
        whole = sum(lengths)
        return {
            "data": shown,
            "start": instant_text(days[0].start),
            "end": instant_text(days[-1].end - SECOND),
            "cumulative_total": {
                "decimal": decimal(whole),
                "digital": grand_total(whole)["digital"],
                "seconds": whole / SECOND,
                "text": text_of(whole),
            },
            "daily_average": daily_average(whole, lengths),
            "timeout": way.timeout / MINUTE,
            "writes_only": way.writes_only,
        }

    def stats(self, who: Actor, period: str, asked: Asked) -> Json:
        """Return what a period comes to."""
        who.require("tracking:read")
        way = self._way(who, asked)
        today = self._time.today(way)
        wanted = named(period, today, self._time.week_begins(who), self._time.earliest(who, way, today))
        days = self._time.days(who, wanted, way)
        sums, lengths = _summed(days, asked.project)
        whole, average = sum(lengths), daily_average(sum(lengths), lengths)
        best = max(range(len(days)), key=lambda n: lengths[n])
        return {
            "data": {
                "id": None,
                "user_id": str(who.user_id),
                "username": None,
                "range": period.strip().lower().replace(" ", "_"),
                "human_readable_range": period.replace("_", " "),
                "start": instant_text(days[0].start),
                "end": instant_text(days[-1].end - SECOND),
                "timezone": zone_name(way, self._time.now()),
                "timeout": way.timeout / MINUTE,
                "writes_only": way.writes_only,
                "status": "ok",
                "is_up_to_date": True,
                "is_already_updating": False,
                "is_stuck": False,
                "percent_calculated": 100,
                "total_seconds": whole / SECOND,
                "total_seconds_including_other_language": whole / SECOND,
                "human_readable_total": text_of(whole),
                "human_readable_total_including_other_language": text_of(whole),
                "daily_average": average["seconds"],
                "daily_average_including_other_language": average["seconds"],
                "human_readable_daily_average": average["text"],
                "human_readable_daily_average_including_other_language": average["text"],
                "days_including_holidays": average["days_including_holidays"],
                "days_minus_holidays": average["days_minus_holidays"],
                "holidays": average["holidays"],
                "best_day": {
                    "date": days[best].day.isoformat(),
                    "text": text_of(lengths[best]),
                    "total_seconds": lengths[best] / SECOND,
                },
                **lists_of(sums),
            }
        }

    def all_time(self, who: Actor, asked: Asked) -> Json:
        """Return the length of everything from the first beat up to now."""
        who.require("tracking:read")
        way = self._way(who, asked)
        today = self._time.today(way)
        first = self._time.earliest(who, way, today)
        days = self._time.days(who, BeatPeriod(first, today), way)
        whole = sum(_length(day, asked.project) for day in days)
        return {
            "data": {
                "total_seconds": whole / SECOND,
                "text": text_of(whole),
                "decimal": decimal(whole),
                "digital": grand_total(whole)["digital"],
                "is_up_to_date": True,
                "percent_calculated": 100,
                "timeout": way.timeout / MINUTE,
                "range": {
                    "start": instant_text(days[0].start),
                    "end": instant_text(days[-1].end - SECOND),
                    "start_date": first.isoformat(),
                    "end_date": today.isoformat(),
                    "start_text": day_text(first, today),
                    "end_text": day_text(today, today),
                    "timezone": zone_name(way, self._time.now()),
                },
            }
        }

    def durations(self, who: Actor, day: str, slice_by: str, asked: Asked) -> Json:
        """Return the spans of a day, by project or by what else is wanted."""
        who.require("tracking:read")
        key_of = SLICES.get(slice_by)
        if key_of is None:
            raise NoSuchSlice(name=slice_by[:40], known=", ".join(SLICES))
        way = self._way(who, asked)
        wanted = day_named(day, self._time.today(way))
        (found,) = self._time.days(who, BeatPeriod(wanted, wanted), way)
        chosen = _chosen(found, asked.project, _branches(asked))
        shown = [
            {
                slice_by: list(span.key) if isinstance(span.key, tuple) else span.key,
                "time": span.start / SECOND,
                "duration": span.length / SECOND,
            }
            for span in coarser(chosen, key_of)
        ]
        return {
            "data": shown,
            "start": instant_text(found.start),
            "end": instant_text(found.end - SECOND),
            "timezone": zone_name(way, self._time.now()),
            "branches": sorted({span.key.branch for span in found.spans if span.key.branch}),
            "timeout": way.timeout / MINUTE,
            "writes_only": way.writes_only,
        }

    def _way(self, who: Actor, asked: Asked) -> Way:
        if asked.timeout is not None and not 1 <= asked.timeout <= 60:
            raise TimeoutOutOfRange
        return self._time.way(who, asked.timezone, asked.timeout, writes_only=asked.writes_only)


def _summary(
    day: EditorDay, way: Way, today: date, project: str | None, branches: frozenset[str] | None
) -> Json:
    """Return a day, or what one project has of it with its branches and files."""
    sums = (
        day.sums
        if project is None and branches is None
        else _filtered(day, project, branches, detailed=project is not None)
    )
    whole = whole_of(sums)
    lists = lists_of(sums)
    if "entities" in lists:
        kinds = {span.key.entity: span.key.type for span in day.spans}
        lists["entities"] = [one | {"type": kinds.get(one["name"], "file")} for one in lists["entities"]]
    return {
        **lists,
        "grand_total": grand_total(whole),
        "range": {
            "date": day.day.isoformat(),
            "start": instant_text(day.start),
            "end": instant_text(day.end - SECOND),
            "text": day_text(day.day, today),
            "timezone": zone_name(way, day.start),
        },
    }


def _length(day: EditorDay, project: str | None) -> int:
    if project is None:
        return day.length
    return sum(
        length for name, length in day.sums["projects"].items() if shown_name("projects", name) == project
    )


def _summed(days: Sequence[EditorDay], project: str | None) -> tuple[dict[str, dict[str, int]], list[int]]:
    """Return what days come to together, and the length of each."""
    each = [day.sums if project is None else _filtered(day, project, None, detailed=False) for day in days]
    return added(each), [whole_of(sums) for sums in each]


def _filtered(
    day: EditorDay, project: str | None, branches: frozenset[str] | None, *, detailed: bool
) -> dict[str, dict[str, int]]:
    """Return what a project has of a day: what was joined with other work stays as long as it was."""
    return sums_of(_chosen(day, project, branches), detailed=detailed)


def _chosen(day: EditorDay, project: str | None, branches: frozenset[str] | None) -> Sequence[BeatSpan]:
    """Return the spans of a project, of some branches, or all."""
    spans: Sequence[BeatSpan] = day.spans
    if project is not None:
        names = {name for name in day.projects if shown_name("projects", name) == project}
        spans = [span for span in spans if span.key.project in names] if names else []
    return spans if branches is None else [span for span in spans if span.key.branch in branches]


def _branches(asked: Asked) -> frozenset[str] | None:
    return None if asked.branches is None else frozenset(asked.branches.split(","))
