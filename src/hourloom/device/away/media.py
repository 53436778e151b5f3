"""Media that play and microphones and cameras in use: for people who are there without touching anything.

Only looked at when the person asked for it. What plays is never asked, only whether something does.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from hourloom.device import bus as dbus
from hourloom.device.away.presence import Rule
from hourloom.device.away.sources import Hint, Now, wall
from hourloom.device.bus import Address, Body, Bus, CallFailed, Failed, Heard
from hourloom.device.ports import Bound, CannotBind, Observation, SourceLost, SwitchedOff

PREFIX = "org.mpris.MediaPlayer2"
PLAYER_PATH, PLAYER = "/org/mpris/MediaPlayer2", "org.mpris.MediaPlayer2.Player"
PLAYERS = 64
OPENED, CLOSED, OVERFLOWED = 0x20, 0x08 | 0x10, 0x4000
NOT_BLOCKING = os.O_NONBLOCK if hasattr(os, "O_NONBLOCK") else 0
EVENT = struct.Struct("=iIII")
DEVICES = 64
AGAIN = 15.0
"""Seconds between looks at recordings: one that ends without closing its device is seen so."""


def _switched_off() -> SwitchedOff:
    return SwitchedOff(
        reason="Media do not count as presence",
        next_step="Switch the setting present_with_media on if they should",
    )


class MediaPlayers:
    """Players that speak MPRIS: browsers and nearly all others on Linux."""

    name = "media players"
    polls = False

    def __init__(self, environment: Mapping[str, str], rule: Callable[[], Rule], now: Now = wall) -> None:
        self._environment, self._rule, self._now = environment, rule, now

    def bind(self) -> Bound:
        if not self._rule().media:
            raise _switched_off()
        bus = dbus.session_bus(self._environment)
        try:
            return Players(bus, self._rule, self._now)
        except (CallFailed, SourceLost):
            bus.close()
            raise CannotBind(
                reason="The session bus does not answer", next_step="Start this from within your desktop"
            ) from None


class Players:
    """Knows of each player whether it plays."""

    def __init__(self, bus: Bus, rule: Callable[[], Rule], now: Now) -> None:
        self._bus, self._rule, self._now = bus, rule, now
        self._plays: dict[str, bool] = {}
        """By the unique name of each player."""
        self._observed: list[Observation] = []
        self._said: str | None = None
        bus.match(
            self._owned, sender=dbus.DAEMON, member="NameOwnerChanged", more=f"arg0namespace='{PREFIX}'"
        )
        bus.match(self._changed, path=PLAYER_PATH, member="PropertiesChanged", more=f"arg0='{PLAYER}'")
        (names,) = bus.ask(Address(dbus.DAEMON, dbus.PATH, dbus.DAEMON), "ListNames")
        for name in [each for each in names if _is_player(each)][:PLAYERS]:
            (owner,) = bus.ask(Address(dbus.DAEMON, dbus.PATH, dbus.DAEMON), "GetNameOwner", "s", name)
            self._ask(str(owner))
        self._tell()

    def fileno(self) -> int:
        return self._bus.fileno()

    def due(self) -> float | None:
        return self._bus.due()

    def observe(self) -> Sequence[Observation]:
        if not self._rule().media:
            raise SourceLost(reason="Media do not count as presence any more")
        self._bus.read()
        self._tell()
        observed, self._observed = self._observed, []
        return observed

    def close(self) -> None:
        self._bus.close()

    def _tell(self) -> None:
        said = "playing" if any(self._plays.values()) else "quiet"
        if said != self._said:
            self._said = said
            self._observed.append(Hint("media", said, "players").at(self._now()))

    def _ask(self, owner: str) -> None:
        if len(self._plays) >= PLAYERS:
            return
        self._plays.setdefault(owner, False)

        def told(answer: Body | Failed) -> None:
            match answer:
                case ((str(), str(status)),) if owner in self._plays:
                    self._plays[owner] = status == "Playing"
                case _:
                    pass

        self._bus.call(
            Address(owner, PLAYER_PATH, PLAYER).properties(), "Get", "ss", PLAYER, "PlaybackStatus", then=told
        )

    def _owned(self, signal: Heard) -> None:
        match signal.body:
            case (str(name), str(before), str(after)) if _is_player(name):
                if before:
                    self._plays.pop(before, None)
                if after:
                    self._ask(after)
            case _:
                pass

    def _changed(self, signal: Heard) -> None:
        match signal.body:
            case (str(), {"PlaybackStatus": (str(), str(status))}, list()) if signal.sender in self._plays:
                self._plays[signal.sender] = status == "Playing"
            case _:
                pass


def _is_player(name: object) -> bool:
    return isinstance(name, str) and name.startswith(PREFIX + ".")


class Recordings:
    """Microphones and cameras in use on Linux, from the kernel's own files."""

    name = "microphone and camera"
    polls = False

    def __init__(self, rule: Callable[[], Rule], now: Now = wall, root: Path = Path("/")) -> None:
        self._rule, self._now, self._root = rule, now, root

    def bind(self) -> Bound:
        if not self._rule().media:
            raise _switched_off()
        sounds, cameras = self._root / "dev/snd", sorted(self._root.glob("dev/video*"))[:DEVICES]
        if not sounds.is_dir() and not cameras:
            raise CannotBind(
                reason="Neither microphone nor camera is here", next_step="Nothing needs to be done"
            )
        return Openings(sounds, cameras, self._root / "proc/asound", self._rule, self._now)


class Openings:
    """Hears from the kernel when a device is opened or closed, and then looks.

    Sound devices say themselves whether they record. Of a camera it is counted how often it was opened and
    closed since we look: one that was in use before is not known.
    """

    def __init__(
        self, sounds: Path, cameras: Sequence[Path], states: Path, rule: Callable[[], Rule], now: Now
    ) -> None:
        self._states, self._rule, self._now = states, rule, now
        self._system = ctypes.CDLL(None, use_errno=True)
        self._inotify = self._system.inotify_init1(NOT_BLOCKING | getattr(os, "O_CLOEXEC", 0))
        if self._inotify < 0:
            raise CannotBind(
                reason="The kernel watches no more files", next_step="Raise fs.inotify.max_user_instances"
            )
        self._cameras: dict[int, int] = {}
        if sounds.is_dir():
            self._watch(sounds)
        for camera in cameras:
            watch = self._watch(camera)
            if watch >= 0:
                self._cameras[watch] = 0
        self._said: str | None = None

    def fileno(self) -> int:
        return int(self._inotify)

    def due(self) -> float | None:
        return AGAIN if self._said == "playing" else None

    def observe(self) -> Sequence[Observation]:
        if not self._rule().media:
            raise SourceLost(reason="Media do not count as presence any more")
        for watch, mask in self._events():
            if mask & OVERFLOWED:
                self._cameras = dict.fromkeys(self._cameras, 0)
            elif watch in self._cameras:
                step = 1 if mask & OPENED else -1 if mask & CLOSED else 0
                self._cameras[watch] = max(0, self._cameras[watch] + step)
        said = "playing" if any(self._cameras.values()) or self._records() else "quiet"
        if said == self._said:
            return []
        self._said = said
        return [Hint("media", said, "recordings").at(self._now())]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._inotify)

    def _watch(self, path: Path) -> int:
        return int(self._system.inotify_add_watch(self._inotify, os.fsencode(path), OPENED | CLOSED))

    def _events(self) -> Iterator[tuple[int, int]]:
        try:
            raw = os.read(self._inotify, 64 * 1024)
        except BlockingIOError:
            return
        except OSError:
            raise SourceLost(reason="The kernel does not tell of devices any more") from None
        at = 0
        while at + EVENT.size <= len(raw):
            watch, mask, _, length = EVENT.unpack_from(raw, at)
            at += EVENT.size + length
            yield watch, mask

    def _records(self) -> bool:
        for each in sorted(self._states.glob("card*/pcm*c/sub*/status"))[:DEVICES]:
            with contextlib.suppress(OSError), each.open("rb") as file:
                if b"RUNNING" in file.read(200):
                    return True
        return False
