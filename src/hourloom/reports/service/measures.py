"""Measure days and weeks, best hours and trends, and recommend what the evidence carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.periods import Calendar, weekday_number
from hourloom.db.transaction import Database
from hourloom.settings.definitions import DAY_SCORE_WEIGHTS, DAY_STARTS_AT, FIRST_DAY_OF_WEEK, TIME_ZONE
from hourloom.settings.service import Settings

if TYPE_CHECKING:
    # A server that is never asked for measures need not hold them in memory.
    from hourloom.reports.service.measured_days import CategorySource, MeasuredDays, MeasuredSource
    from hourloom.reports.service.measuring import (
        Analysis,
        Asked,
        Peaks,
        Recommended,
        Scored,
        ScoredWeek,
        Trends,
    )


class Measures:
    """What the hours were like; all of it is computed from activities, so history follows every change."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        activities: MeasuredSource,
        categories: CategorySource,
    ) -> None:
        self._database, self._clock, self._settings = database, clock, settings
        self._activities, self._categories = activities, categories

    @cached_property
    def days(self) -> MeasuredDays:
        """Return what keeps the figures of days."""
        from hourloom.reports.service.measured_days import MeasuredDays  # noqa: PLC0415 - as above

        return MeasuredDays(self._activities, self._categories)

    def day(self, who: Actor, day: date | None, zone: str = "") -> Scored:
        """Return the figures and the score of a day, by default today."""
        with self._asked(who, zone) as asked:
            chosen = asked.day(day)
            return asked.scored(chosen, chosen, asked.figures(chosen, chosen))

    def week(self, who: Actor, day: date | None, zone: str = "") -> ScoredWeek:
        """Return the figures and the score of the week that holds a day, and of each of its days."""
        with self._asked(who, zone) as asked:
            return asked.week(asked.day(day))

    def peak_hours(self, who: Actor, day: date | None, zone: str = "") -> Peaks:
        """Return the best hours of the 8 weeks before a day, by default before today."""
        with self._asked(who, zone) as asked:
            return asked.peaks(asked.day(day))

    def trends(self, who: Actor, day: date | None, zone: str = "") -> Trends:
        """Return how the days before one compare with those before them; by default before today."""
        with self._asked(who, zone) as asked:
            return asked.trends(asked.day(day))

    def recommendations(self, who: Actor, day: date | None, zone: str = "") -> Recommended:
        """Return the recommendations for the week that holds a day; they stay the same all week.

        They are made from what was before the week, so that no more than three are seen in it.
        """
        with self._asked(who, zone) as asked:
            return asked.recommended(asked.day(day))

    def analysis(self, who: Actor, text: str, day: date | None, zone: str = "") -> Analysis:
        """Return what a period of whole days was like, with what is recommended at its end."""
        with self._asked(who, zone) as asked:
            return asked.analysis(text, day)

    def forget(self) -> None:
        """Drop what is in memory: some of it was erased."""
        if "days" in self.__dict__:
            self.days.forget()

    @contextmanager
    def _asked(self, who: Actor, zone: str) -> Iterator[Asked]:
        from hourloom.reports.service.measuring import Asked  # noqa: PLC0415 - as above

        who.require("reports:read")
        with self._database.read() as tx:
            calendar = Calendar(
                zone or self._settings.value(who, TIME_ZONE),
                self._settings.value(who, DAY_STARTS_AT),
                weekday_number(self._settings.value(who, FIRST_DAY_OF_WEEK)),
            )
            weights = msgspec.structs.asdict(self._settings.value(who, DAY_SCORE_WEIGHTS))
            # Measures tell less than activities do, so who may see them need not be let see those.
            reader = msgspec.structs.replace(who, scopes=who.scopes | {"activities:read"})
            now = self._clock.now()
            yield Asked(tx, reader, now, calendar, weights, self._activities, self.days, {})
