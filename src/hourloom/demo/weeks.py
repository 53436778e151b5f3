"""Four weeks of events on two devices, the same for the same day, zone and seed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import date, tzinfo
from itertools import pairwise
from random import Random

from hourloom.core.clock import SECOND, Instant
from hourloom.demo.chance import chance_of
from hourloom.demo.days import MINUTE, period, scenes, zone_named
from hourloom.demo.scenes import DESKTOP, LAPTOP, Data, DemoBucket, DemoEvent, Mood, Scene
from hourloom.demo.windows import Window, held, windows

_POLL = 1_003_000
"""The window watcher looks about once a second, so a second is missing between two windows."""
_MILLISECOND = 1000
_FEW_TABS = 7
_KINDS = (
    ("window", "currentwindow", "aw-watcher-window"),
    ("afk", "afkstatus", "aw-watcher-afk"),
    ("web", "web.tab.current", "aw-client-web"),
    ("editor", "app.editor.activity", "aw-watcher-vscode"),
)


def buckets() -> list[DemoBucket]:
    """Return the eight buckets of both devices, as their watchers announce them."""
    return [
        DemoBucket(str(getattr(device, lane)), kind, client, device.hostname)
        for device in (LAPTOP, DESKTOP)
        for lane, kind, client in _KINDS
    ]


def weeks(until: date, zone: str | tzinfo, seed: int, *, newest: bool = False) -> Iterator[DemoEvent]:
    """Yield the events of four weeks that end before `until`, with a clock change if the zone has one.

    The `newest` weeks end with the day before `until` even if their clocks never change.

    Each lane comes in the order of time; nothing in a lane overlaps.

        window   [Code][Firefox ][Code ][Zoom ............][Slack]
        web            [page A  ]
        editor   [a.py]          [b.py ]
        afk      [not-afk ..............][afk ..........][not-afk
    """
    place = zone_named(zone) if isinstance(zone, str) else zone
    found = list(scenes(period(until, place, seed, newest=newest), place, seed))
    for device in (LAPTOP, DESKTOP):
        own = [scene for scene in found if scene.device is device]
        yield from _presence(own, seed)
        yield from _screens(own, seed)


def _screens(own: list[Scene], seed: int) -> Iterator[DemoEvent]:
    last: Window | None = None
    for scene in own:
        chance = chance_of(seed, scene.start, "screen")
        for status, start, end in _marks(scene, seed):
            if status == "not-afk":
                last = yield from _switching(scene, start, end, chance)
            else:
                last = held(scene, last, chance)
                yield from _seen(scene, last, start, end, _FEW_TABS)


def _switching(
    scene: Scene, now: int, until: int, chance: Random
) -> Generator[DemoEvent, None, Window | None]:
    tabs, window = _FEW_TABS, None
    for window in windows(scene, chance):
        end = min(now + max(1, round(window.seconds)) * _POLL, until)
        tabs = min(30, max(2, tabs + chance.choice((-1, 0, 0, 1))))
        yield from _seen(scene, window, now, end, tabs)
        now = end
        if now >= until:
            break
    return window


def _seen(scene: Scene, window: Window, start: int, end: int, tabs: int) -> Iterator[DemoEvent]:
    device, until = scene.device, Instant(max(start, end - _POLL))
    yield DemoEvent(device.window, Instant(start), until, {"app": window.app, "title": window.title})
    if window.page:
        data: Data = {
            "url": window.page.url,
            "title": window.page.title,
            "audible": window.page.audible,
            "incognito": False,
            "tabCount": tabs,
        }
        yield DemoEvent(device.web, Instant(start), Instant(end - _MILLISECOND), data)
    if window.edited:
        yield DemoEvent(device.editor, Instant(start), until, window.edited)


def _presence(own: list[Scene], seed: int) -> Iterator[DemoEvent]:
    """Yield presence and absence; the watcher begins a new status a millisecond after the old one ends."""
    if not own:
        return
    marks = [mark for scene in own for mark in _marks(scene, seed)]
    status, start, end = marks[0]
    for (_, _, previous), (new, begin, stop) in pairwise(marks):
        if new == status and begin == previous:
            end = stop
            continue
        yield _status(own[0], status, start, end)
        status, start, end = new, begin, stop
        if begin == previous:
            start += _MILLISECOND
    yield _status(own[0], status, start, end)


def _status(scene: Scene, status: str, start: int, end: int) -> DemoEvent:
    return DemoEvent(scene.device.afk, Instant(start), Instant(end), {"status": status})


def _marks(scene: Scene, seed: int) -> Iterator[tuple[str, int, int]]:
    """Cut a scene where input stops and starts: never while away, seldom in a call, rarely elsewhere."""
    if scene.mood is Mood.AWAY:
        yield "afk", scene.start, scene.end
        return
    chance = chance_of(seed, scene.start, "afk")
    busy, idle = _RHYTHM[scene.mood]
    now, present = int(scene.start), True
    while now < scene.end:
        mean = busy if present else idle
        length = int((mean * (0.5 + chance.random())) * MINUTE) // SECOND * SECOND
        stop = min(now + length, int(scene.end))
        if scene.end - stop < 4 * MINUTE:
            stop = int(scene.end)
        yield "not-afk" if present else "afk", now, stop
        now, present = stop, not present


_RHYTHM = {
    Mood.DEEP: (55.0, 5.0),
    Mood.REVIEW: (40.0, 5.0),
    Mood.ADMIN: (35.0, 4.0),
    Mood.CALL: (3.0, 12.0),
    Mood.LEISURE: (14.0, 9.0),
}
"""Minutes with input and minutes without it, on average."""
