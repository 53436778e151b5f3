"""Input on Wayland: the two protocols by which compositors say that somebody pauses, and is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from hourloom.device import wayland
from hourloom.device.away.presence import Rule
from hourloom.device.away.sources import CONFIRM, Hint, Now, wall
from hourloom.device.ports import Bound, CannotBind, Observation, SourceLost
from hourloom.device.wayland import SEAT, Connection, Interface, Message

NOTIFIER = Interface("ext_idle_notifier_v1")
NOTIFICATION = Interface("ext_idle_notification_v1", (Message("idled"), Message("resumed")))
GET_NOTIFICATION, GET_INPUT_NOTIFICATION = 1, 2
KDE_IDLE = Interface("org_kde_kwin_idle")
KDE_TIMEOUT = Interface("org_kde_kwin_idle_timeout", (Message("idle"), Message("resumed")))
GET_TIMEOUT = 0


class ExtIdleNotify:
    """The protocol of most compositors: KWin, sway, Hyprland, labwc, COSMIC and others."""

    name = "Wayland (ext-idle-notify)"
    polls = False

    def __init__(self, environment: Mapping[str, str], rule: Callable[[], Rule], now: Now = wall) -> None:
        self._environment, self._rule, self._now = environment, rule, now

    def bind(self) -> Bound:
        return bound_to(wayland.connect(self._environment), self._rule().raw, self._now, notify)


class KdeIdle:
    """The older protocol of KWin, and of sway and cage before they had the other."""

    name = "Wayland (KDE idle)"
    polls = False

    def __init__(self, environment: Mapping[str, str], rule: Callable[[], Rule], now: Now = wall) -> None:
        self._environment, self._rule, self._now = environment, rule, now

    def bind(self) -> Bound:
        return bound_to(wayland.connect(self._environment), self._rule().raw, self._now, time_out)


def notify(connection: Connection, seat: wayland.Object, milliseconds: int) -> bool:
    """Ask by the newer protocol; tell whether there is one."""
    notifier = connection.bind(NOTIFIER, 2)
    if notifier is None:
        return False
    # From version 2 on there is one that is not held up by a program that keeps the screen on.
    request = GET_INPUT_NOTIFICATION if connection.offers(NOTIFIER) > 1 else GET_NOTIFICATION
    made = connection.create(NOTIFICATION)
    connection.send(notifier, request, "nuo", made.id, milliseconds, seat.id)
    return True


def time_out(connection: Connection, seat: wayland.Object, milliseconds: int) -> bool:
    """Ask by the older protocol; tell whether there is one."""
    idle = connection.bind(KDE_IDLE, 1)
    if idle is None:
        return False
    made = connection.create(KDE_TIMEOUT)
    connection.send(idle, GET_TIMEOUT, "nou", made.id, seat.id, milliseconds)
    return True


def bound_to(
    connection: Connection, pause: int, now: Now, ask: Callable[[Connection, wayland.Object, int], bool]
) -> Bound:
    """Ask a compositor to tell of pauses; raises CannotBind, and hangs up, if it does not."""
    try:
        seat = connection.bind(SEAT, 1)
        if seat is not None and ask(connection, seat, max(1, pause // 1000)):
            connection.roundtrip()
            return IdleNotices(connection, pause, now)
    except SourceLost:
        pass
    except BaseException:
        connection.close()
        raise
    connection.close()
    raise CannotBind(
        reason="This compositor does not tell of idleness so",
        next_step="Use another compositor, or its latest",
    )


class IdleNotices:
    """Says that somebody pauses when the compositor does, from the last input on.

    The compositor begins to count when we ask, and cannot be asked how long a pause is already.
    """

    def __init__(self, connection: Connection, pause: int, now: Now) -> None:
        self._connection, self._pause, self._now = connection, pause, now
        self._pending = [self._active(now())]
        self._is_active = True
        self._since = now()
        self._confirm_at = time.monotonic() + CONFIRM

    def fileno(self) -> int:
        return self._connection.fileno()

    def due(self) -> float | None:
        return max(0.0, self._confirm_at - time.monotonic())

    def observe(self) -> Sequence[Observation]:
        observed, self._pending = self._pending, []
        for event in self._connection.read():
            now = self._now()
            match event.name:
                case "idled" | "idle":
                    self._is_active = False
                    observed.append(Hint("input", "idle", "wayland").at(now - self._pause))
                case "resumed":
                    self._is_active, self._since = True, now
                    observed.append(self._active(now))
                case _:
                    pass
        if time.monotonic() >= self._confirm_at:
            self._confirm_at = time.monotonic() + CONFIRM
            # Nobody said that there is a pause, so there was input after its length ago.
            if self._is_active and (last := self._now() - self._pause) > self._since:
                observed.append(self._active(last))
        return observed

    def close(self) -> None:
        self._connection.close()

    def _active(self, at: int) -> Observation:
        return Hint("input", "active", "wayland").at(at)
