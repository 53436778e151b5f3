"""Watches the focused window of macOS through a small program beside this one, which tells it line by line.

macOS tells of changes only to a program whose first thread turns a run loop, and ours waits for descriptors.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from hourloom.core.clock import Clock
from hourloom.device.ports import CannotBind, Observation, SourceLost
from hourloom.device.windows.app import Clues
from hourloom.device.windows.focus import Focus, a_window

TELLER = (sys.executable, "-m", "hourloom.device.windows.macos_teller")
PATIENCE = 10.0
"""Seconds until the first word: a cold start of the bridge to Cocoa is slow."""
PIECE = 64 * 1024
PIECES_AT_ONCE = 16
LONGEST_LINE = 64 * 1024
GRACE = 2.0

WITHOUT_TITLES = (
    "macOS, without titles: allow Hourloom in System Settings, Privacy & Security, Accessibility; "
    "if it is there already, remove it and add it again"
)


class MacOS:
    """macOS; without permission for accessibility it tells applications and no titles."""

    polls = False

    def __init__(self, clock: Clock | None = None, teller: Sequence[str] = TELLER) -> None:
        self.name = "macOS"
        self._clock, self._teller = clock, teller

    def bind(self) -> MacWindows:
        return MacWindows(self._teller, Focus(self._clock), self._called)

    def _called(self, trusted: bool) -> None:  # noqa: FBT001 - a callback
        """Say in its name what is missing and how to get it."""
        self.name = "macOS" if trusted else WITHOUT_TITLES


class MacWindows:
    """What the program beside this one tells."""

    def __init__(
        self,
        teller: Sequence[str],
        focus: Focus,
        trusted: Callable[[bool], None] = lambda _: None,
        patience: float = PATIENCE,
    ) -> None:
        """Start the program and wait for its first word; raises CannotBind with its reason if it has one."""
        self._focus = focus
        self._trusted = trusted
        self._has_told = False
        self._received = bytearray()
        self._program = subprocess.Popen(
            list(teller), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._program.stdout is not None
        self._ear = self._program.stdout.fileno()
        os.set_blocking(self._ear, False)
        try:
            self._settle(patience)
        except SourceLost as fault:
            self.close()
            raise CannotBind(
                reason=fault.message.rstrip("."), next_step="Install Hourloom with its parts for macOS"
            ) from None
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        return self._ear

    def due(self) -> float | None:
        return self._focus.due()

    def observe(self) -> Sequence[Observation]:
        self._hear()
        return self._focus.take()

    def close(self) -> None:
        # It ends when nobody listens any more.
        for end in (self._program.stdin, self._program.stdout):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.close()
        self._program.terminate()
        try:
            self._program.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()

    def _settle(self, patience: float) -> None:
        latest = time.monotonic() + patience
        while not self._has_told:
            left = latest - time.monotonic()
            if left <= 0 or not select.select([self._ear], [], [], left)[0]:
                raise SourceLost(reason="The program that asks macOS does not answer")
            self._hear()

    def _hear(self) -> None:
        for _ in range(PIECES_AT_ONCE):
            try:
                piece = os.read(self._ear, PIECE)
            except BlockingIOError:
                return
            if not piece:
                raise SourceLost(reason="The program that asks macOS has ended")
            self._received += piece
            *lines, rest = self._received.split(b"\n")
            if len(rest) > LONGEST_LINE:
                raise SourceLost(reason="The program that asks macOS says what is not understood")
            self._received = bytearray(rest)
            for line in lines:
                self._understand(bytes(line))

    def _understand(self, line: bytes) -> None:
        try:
            told: Any = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        match told:
            case {"missing": str(what)}:
                raise CannotBind(
                    reason=f"The Python package {what} is missing",
                    next_step="Install Hourloom with its parts for macOS",
                )
            case {"app": None}:
                self._focus.on(None)
            case {"app": str(app), "bundle": str(bundle), "title": str(title), "trusted": bool(trusted)}:
                self._trusted(trusted)
                self._focus.on(a_window(Clues(desktop=app, wm_class=bundle), title))
            case _:
                raise SourceLost(reason="The program that asks macOS says what is not understood")
        self._has_told = True
