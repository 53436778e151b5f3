"""Watches the foreground window of Microsoft Windows, which tells of changes by hooks."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from hourloom.core.clock import Clock, Instant
from hourloom.device.ports import CannotBind, Observation, SourceLost
from hourloom.device.windows.app import Clues
from hourloom.device.windows.focus import Focus, Window, a_window

FRAME_HOST = "applicationframehost"
"""The program whose windows are frames around the apps of the store: the app's own window is a child."""
DESKTOPS = ("Progman", "WorkerW", "Shell_TrayWnd", "Shell_SecondaryTrayWnd")
"""Classes of the desktop's and the task bar's windows."""
LOOK_AGAIN, LOOKS = 0.2, 10
"""An app of the store is shown before its window is inside of its frame."""
PATIENCE = 5.0


class Win32(Protocol):
    """The calls of the system that are needed."""

    def listen(self, ready: Callable[[bool], None], changed: Callable[[int], None]) -> None:
        """Call `changed` with each window that comes to the foreground or changes its title, until `stop`.

        Says first by `ready` whether the hooks are set. Runs on a thread of its own.
        """
        ...

    def stop(self) -> None:
        """End `listen`."""
        ...

    def foreground(self) -> int:
        """Return the window in the foreground, or 0."""
        ...

    def title(self, window: int) -> str: ...

    def kind(self, window: int) -> str:
        """Return the name of the window's class."""
        ...

    def process(self, window: int) -> int: ...

    def children(self, window: int) -> Sequence[int]: ...

    def program(self, process: int) -> str | None:
        """Return the path of a process's program; None if it may not be known."""
        ...


class Windows:
    """Microsoft Windows."""

    name = "Windows"
    polls = False

    def __init__(self, clock: Clock | None = None, system: Win32 | None = None) -> None:
        self._clock = clock
        self._system = system

    def bind(self) -> ForegroundWindows:
        return ForegroundWindows(self._system or _real(), Focus(self._clock))


def _real() -> Win32:
    from hourloom.device.windows.win32 import Calls  # noqa: PLC0415 - only Windows has them

    return Calls()


class ForegroundWindows:
    """The window in the foreground: a thread hears of changes, and all else is asked by `observe`."""

    def __init__(self, system: Win32, focus: Focus, patience: float = PATIENCE) -> None:
        """Raise CannotBind if the hooks cannot be set."""
        self._system, self._focus = system, focus
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._lock = threading.Lock()
        self._since: Instant | None = focus.clock.now()
        self._ended = False
        self._looks = 0
        self._works = False
        self._said = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        if not self._said.wait(patience) or not self._works:
            self.close()
            raise CannotBind(
                reason="Windows refuses to tell of changes of windows",
                next_step="Start this after signing in, not as a service",
            )

    def fileno(self) -> int:
        return self._ear.fileno()

    def due(self) -> float | None:
        if self._since is not None:
            return 0.0
        dues = [due for due in (self._focus.due(), LOOK_AGAIN if self._looks else None) if due is not None]
        return min(dues, default=None)

    def observe(self) -> Sequence[Observation]:
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(64)
        with self._lock:
            since, self._since = self._since, None
        if self._ended:
            raise SourceLost(reason="Windows tells no more of changes of windows")
        if since is not None:
            self._looks = LOOKS
        if self._looks:
            self._look(since)
        return self._focus.take()

    def close(self) -> None:
        self._system.stop()
        self._thread.join(PATIENCE)
        self._ear.close()
        self._mouth.close()

    def _listen(self) -> None:
        try:
            self._system.listen(self._ready, self._changed)
        finally:
            self._ended = True
            self._said.set()
            self._wake()

    def _ready(self, works: bool) -> None:  # noqa: FBT001 - a callback
        self._works = works
        self._said.set()

    def _changed(self, window: int) -> None:
        """Wake the other thread; this one hears of every title there is."""
        if window != self._system.foreground():
            return
        with self._lock:
            if self._since is not None:
                return
            self._since = self._focus.clock.now()
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._mouth.send(b"!")

    def _look(self, since: Instant | None) -> None:
        window = self._system.foreground()
        if not window or self._system.kind(window) in DESKTOPS:
            self._looks = 0
            self._focus.on(None, since)
            return
        described, is_whole = self._described(window)
        self._looks = 0 if is_whole else self._looks - 1
        if is_whole or not self._looks:
            self._focus.on(described, since)

    def _described(self, window: int) -> tuple[Window | None, bool]:
        """Describe a window, and tell whether its program is known already."""
        process = self._system.process(window)
        program = self._system.program(process)
        is_whole = True
        if program is not None and _stem(program).lower() == FRAME_HOST:
            owners = (self._system.process(child) for child in self._system.children(window))
            inner = next((owner for owner in owners if owner != process), None)
            is_whole = inner is not None
            program = program if inner is None else self._system.program(inner)
        clues = Clues(executable=None if program is None else _stem(program))
        return a_window(clues, self._system.title(window)), is_whole


def _stem(program: str) -> str:
    """Return the name of a program without its directory and ending."""
    return re.sub(r"\.exe$", "", re.split(r"[/\\]", program)[-1], flags=re.IGNORECASE)
