"""Walks through what can be observed here, proves it by observing, and says exactly what is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from hourloom.core.clock import SECOND
from hourloom.core.decoding import decode
from hourloom.core.device_health import DeviceHealth, WatcherHealth
from hourloom.device.advice import is_headless
from hourloom.device.clocks import Clocks, SystemClocks
from hourloom.device.control import DeviceNotRunning, DeviceRefused, ask
from hourloom.device.loop import Loop, Seen
from hourloom.device.ports import Watcher
from hourloom.device.slot import Slot

PATIENCE = 10.0
"""For so many seconds a person may need to click on a window."""
FLATPAK = Path("/.flatpak-info")
NAMES = {"window": "windows", "away": "away"}


class Finding(NamedTuple):
    """One line of the examination."""

    verdict: Literal["good", "note", "bad"]
    what: str
    said: str
    advice: str = ""


def examine(
    socket: Path,
    watchers: Iterable[Watcher],
    environment: Mapping[str, str],
    *,
    clocks: Clocks | None = None,
    patience: float = PATIENCE,
    sandbox: Path = FLATPAK,
) -> Iterator[Finding]:
    """Examine one thing after the other; nothing is stored."""
    if sandbox.exists():
        yield Finding(
            "note",
            "sandbox",
            "this runs in a Flatpak sandbox, which hides other windows",
            "Install Hourloom outside of it: `pipx install hourloom`",
        )
    running = _asked(socket)
    if running is None:
        yield Finding("note", "program", "does not run; what it would do is tried now")
        yield from _tried(watchers, environment, clocks or SystemClocks(), patience)
    else:
        yield from _running(*running, (clocks or SystemClocks()).read().wall)


def _asked(socket: Path) -> tuple[DeviceHealth, dict[str, Seen]] | None:
    """Ask the program that runs; two of them must not try the same mechanisms."""
    try:
        health = decode(ask(socket, "status"), DeviceHealth)
        return health, decode(ask(socket, "seen"), dict[str, Seen])
    except (DeviceNotRunning, DeviceRefused, msgspec.MsgspecError):
        return None


def _running(health: DeviceHealth, seen: Mapping[str, Seen], now: int) -> Iterator[Finding]:
    yield Finding("good", "program", f"runs (process {health.pid})")
    if health.paused_until is not None:
        yield Finding(
            "note", "pause", "nothing is recorded at the moment", "`hourloom device resume` ends the pause"
        )
    for each in health.watchers:
        yield from _of_watcher(each)
    for stream, name in NAMES.items():
        if stream in seen:
            age = max(0, now - seen[stream].at) / SECOND
            yield Finding("good", name, f"Captured: {seen[stream].what}, {age:.1f} s ago")
    if "window" not in seen and any(each.mechanism for each in health.watchers if each.watcher == "window"):
        yield _no_window()
    if health.queue is not None and health.queue.trouble:
        waiting = f"{health.queue.waiting} observations wait on disk"
        yield Finding("note", "server", f"{health.queue.trouble} {waiting}", "They are sent once it answers")


def _of_watcher(each: WatcherHealth) -> Iterator[Finding]:
    if each.note is not None:
        yield Finding("note", NAMES.get(each.watcher, each.watcher), each.note)
        return
    if each.mechanism is None:
        reasons = "; ".join(f"{o.mechanism}: {o.reason}" for o in each.obstacles) or "nothing is known to try"
        yield Finding(_how_bad(each.watcher), NAMES.get(each.watcher, each.watcher), reasons, _steps(each))
        return
    how = "asks again and again, for nothing better exists here" if each.polls else "is told of changes"
    yield Finding("good", NAMES.get(each.watcher, each.watcher), f"{each.mechanism}, {how}")


def _steps(each: WatcherHealth) -> str:
    return next((o.next_step for o in each.obstacles if o.next_step), "")


def _tried(
    watchers: Iterable[Watcher], environment: Mapping[str, str], clocks: Clocks, patience: float
) -> Iterator[Finding]:
    """Bind for real, and observe until something is seen."""
    began = clocks.read().awake
    loop = Loop(watchers, clocks, lambda stream, span: None)
    try:
        wait = loop.turn(())
        yield from _bound(loop, environment)
        missing = {slot.watcher.name for slot in loop.slots if slot.is_bound} & set(NAMES)
        while missing:
            for stream in sorted(missing & set(seen := loop.seen()), reverse=True):
                missing.discard(stream)
                took = (clocks.read().awake - began) / SECOND
                yield Finding("good", NAMES[stream], f"Captured: {seen[stream].what}, {took:.1f} s")
            lasted = (clocks.read().awake - began) / SECOND
            if not missing or lasted >= patience:
                break
            wait = loop.turn(loop.wait(min(wait, patience - lasted)))
        if "window" in missing:
            yield _no_window()
        if "away" in missing:
            yield Finding("note", "away", "nothing was told within seconds; move the mouse")
    finally:
        loop.close()


def _bound(loop: Loop, environment: Mapping[str, str]) -> Iterator[Finding]:
    if is_headless(environment, sys.platform):
        yield Finding(
            "bad",
            "display",
            "there is none: neither DISPLAY nor WAYLAND_DISPLAY is set",
            "Run this within your desktop; over SSH, set DISPLAY=:0 or WAYLAND_DISPLAY=wayland-0",
        )
    for name in dict.fromkeys(slot.watcher.name for slot in loop.slots):
        slots = [each for each in loop.slots if each.watcher.name == name and not each.is_off]
        for number, slot in enumerate(slots):
            yield from _of_slot(slot, is_first=number == 0)


def _of_slot(slot: Slot, *, is_first: bool) -> Iterator[Finding]:
    """Tell what works, and of what does not the exact next step; what only refines is no fault."""
    name = NAMES.get(slot.watcher.name, slot.watcher.name)
    verdict = _how_bad(slot.watcher.name) if is_first and not slot.is_bound else "note"
    # What works less well than another would on this desktop is worth saying; what is not there is not.
    works = slot.source is not None and not slot.source.polls and "only" not in slot.source.name
    for failure in [] if works else slot.failures:
        yield Finding(verdict, name, f"{failure.source}: {failure.reason}", failure.next_step)
    if slot.source is not None:
        how = (
            "asks again and again, for nothing better exists here"
            if slot.source.polls
            else "is told of changes"
        )
        yield Finding("good", name, f"{slot.source.name}, {how}")


def _how_bad(watcher: str) -> Literal["note", "bad"]:
    return "bad" if watcher == "window" else "note"


def _no_window() -> Finding:
    return Finding("bad", "windows", "no window is in use", "Click on a window, then run this again")
