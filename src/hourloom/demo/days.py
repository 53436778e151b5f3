"""The shape of each day, as scenes: who sits where, doing what, from when to when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from random import Random
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hourloom.core.clock import Instant, instant_of
from hourloom.core.errors import Invalid
from hourloom.demo.chance import chance_of
from hourloom.demo.scenes import DESKTOP, LAPTOP, Device, Mood, Scene

DAYS = 28
MINUTE = 60_000_000
_THURSDAY, _SATURDAY = 3, 5


class UnknownZone(Invalid):
    """'{zone}' is not a time zone, such as Europe/Berlin."""


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZone(zone=name) from None


@dataclass(frozen=True, slots=True)
class Period:
    """Four weeks, with the days in them that are unlike the others."""

    first: date
    clock_change: date | None
    day_off: date
    late_night: date
    left_on: date
    """The day whose evening ends without switching the desktop off until the next working day."""


def period(until: date, zone: tzinfo, seed: int, *, newest: bool = False) -> Period:
    """Choose the four weeks before `until`, or the latest before it that hold a clock change.

    ... Mon [ four weeks ...... Sun 25 h ..... ] until          the change is recent
    ... Mon [ two weeks and a half . Sun 25 h . one week ] .... until    it is longer ago

    The `newest` four weeks are those before `until`, whether clocks changed or not.
    """
    change = last_clock_change(until, zone)
    end = until
    if change and until - change > timedelta(days=DAYS - 2):
        if newest:
            change = None
        else:
            end = change + timedelta(days=8)
    first = end - timedelta(days=DAYS)
    chance = chance_of(seed, first, "period")
    working = [day for day in _days(first) if day.weekday() < _SATURDAY and day != change]
    eve = change - timedelta(days=1) if change else next(d for d in _days(first) if d.weekday() == _SATURDAY)
    ordinary = [day for day in working if abs(day - eve) > timedelta(days=3)]
    late_night = chance.choice([day for day in ordinary[:-2] if day.weekday() < _THURSDAY])
    day_off = chance.choice([day for day in ordinary if abs(day - late_night) > timedelta(days=1)])
    return Period(first, change, day_off, late_night, eve)


def last_clock_change(until: date, zone: tzinfo) -> date | None:
    """Return the last day before `until` that has not 24 hours, if there was one within a year."""
    for back in range(1, 367):
        day = until - timedelta(days=back)
        if local(day + timedelta(days=1), 0, zone) - local(day, 0, zone) != 24 * 60 * MINUTE:
            return day
    return None


def local(day: date, minutes: float, zone: tzinfo) -> Instant:
    """Return the instant at which the clock on the wall shows so many minutes past midnight."""
    moment = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return instant_of(moment.replace(tzinfo=zone, microsecond=0))


def scenes(weeks: Period, zone: tzinfo, seed: int) -> Iterator[Scene]:
    """Yield all scenes, each device's in the order of time and without overlap."""
    for device in (LAPTOP, DESKTOP):
        yield from _running_on(list(_device_scenes(weeks, zone, seed, device)), weeks, zone)


def _days(first: date) -> list[date]:
    return [first + timedelta(days=number) for number in range(DAYS)]


def _device_scenes(weeks: Period, zone: tzinfo, seed: int, device: Device) -> Iterator[Scene]:
    for day in _days(weeks.first):
        for part in _plan(day, weeks, chance_of(seed, day)):
            if part.device is device:
                start, end = local(day, part.start, zone), local(day, part.end, zone)
                yield Scene(device, start, end, part.mood, part.project)


@dataclass(frozen=True, slots=True)
class _Part:
    """A scene in minutes past midnight on the wall's clock."""

    device: Device
    start: float
    end: float
    mood: Mood
    project: int = 0


def _plan(day: date, weeks: Period, chance: Random) -> list[_Part]:
    if day == weeks.left_on:
        return _saturday_at_the_desk(chance)
    if day in (weeks.day_off, weeks.clock_change):
        return []
    if day.weekday() >= _SATURDAY:
        return _weekend(day, chance)
    plan = _working_day(day, chance)
    if day == weeks.late_night:
        plan += [_Part(DESKTOP, 20 * 60 + 10, 23 * 60 + 35, Mood.DEEP, 0)]
    elif chance.random() < 0.55:
        start = 19 * 60 + 40 + chance.random() * 60
        plan += [_Part(LAPTOP, start, start + 70 + chance.random() * 80, Mood.LEISURE)]
    return plan


def _saturday_at_the_desk(chance: Random) -> list[_Part]:
    start = 14 * 60 + chance.random() * 40
    return [
        _Part(DESKTOP, start, start + 110, Mood.DEEP, 2),
        _Part(DESKTOP, start + 118, start + 190, Mood.LEISURE),
    ]


def _weekend(day: date, chance: Random) -> list[_Part]:
    if day.weekday() == _SATURDAY or chance.random() < 0.5:
        return []
    start = 16 * 60 + chance.random() * 120
    return [_Part(LAPTOP, start, start + 60 + chance.random() * 60, Mood.LEISURE)]


def _working_day(day: date, chance: Random) -> list[_Part]:
    """Lay out a day: a long morning on one project, calls, lunch, and an afternoon on another device.

    morning device  |deep ... |coffee|call|deep ..|lunch|
    afternoon device                                    |admin|call|other project|break|review|
    """
    main, other = (DESKTOP, LAPTOP) if day.weekday() % 2 == 0 else (LAPTOP, DESKTOP)
    morning = (0, 0, 1, 1, 2)[day.weekday()]
    second = (morning + 1 + day.toordinal() // 7 % 2) % 3
    arrive = 8 * 60 + 15 + chance.random() * 40
    lunch = 12 * 60 + 10 + chance.random() * 25
    back = lunch + 40 + chance.random() * 25
    leave = 17 * 60 + 5 + chance.random() * 70
    return [
        _Part(main, arrive, arrive + 12, Mood.ADMIN),
        _Part(main, arrive + 12, 10 * 60 + 5, Mood.DEEP, morning),
        _Part(main, 10 * 60 + 5, 10 * 60 + 17, Mood.AWAY),
        _Part(main, 10 * 60 + 17, 10 * 60 + 30, Mood.REVIEW, morning),
        _Part(main, 10 * 60 + 30, 10 * 60 + 46, Mood.CALL, morning),
        _Part(main, 10 * 60 + 46, lunch, Mood.DEEP, morning),
        *([_Part(main, lunch, back - 1, Mood.AWAY)] if main is DESKTOP else []),
        *_afternoon(other, day, back, leave, second),
    ]


def _afternoon(device: Device, day: date, back: float, leave: float, project: int) -> list[_Part]:
    long_call = 14 * 60 + (55 if day.weekday() in (1, 3) else 25)
    return [
        _Part(device, back, 14 * 60, Mood.ADMIN),
        _Part(device, 14 * 60, long_call, Mood.CALL, project),
        _Part(device, long_call, 15 * 60 + 50, Mood.DEEP, project),
        _Part(device, 15 * 60 + 50, 16 * 60 + 4, Mood.AWAY),
        _Part(device, 16 * 60 + 4, leave, Mood.REVIEW, project),
    ]


def _running_on(found: list[Scene], weeks: Period, zone: tzinfo) -> Iterator[Scene]:
    """Fill the two nights on which the desktop is left on, from the last scene to the next one.

    deep work |leisure|                                       |admin ...
                      |away ......... over night .............|
    """
    nights = {local(day + timedelta(days=1), 0, zone) for day in (weeks.left_on, weeks.late_night)}
    for scene, after in zip(found, [*found[1:], None], strict=True):
        yield scene
        until = after.start if after else local(weeks.first + timedelta(days=DAYS), 0, zone)
        if scene.device is DESKTOP and any(scene.end <= night <= until for night in nights):
            yield Scene(DESKTOP, scene.end, until, Mood.AWAY)
