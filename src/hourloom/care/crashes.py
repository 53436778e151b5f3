"""What nobody caught, recorded as where it happened: in threads, tasks, finalizers, the interpreter.

A crash is one JSON line in `log/crashes.jsonl`: the class of the error and the places in the source that led
to it, never its message, its arguments or the value of any variable.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import logging
import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

import msgspec

from hourloom import __version__
from hourloom.core.clock import Clock, Instant, format_instant
from hourloom.core.decoding import decode
from hourloom.core.log import DIRECTORY, frames_of

log = logging.getLogger(__name__)

FILE, FAULTS = DIRECTORY / "crashes.jsonl", DIRECTORY / "fault.txt"
MOST_CRASHES, LARGEST_FILE = 100, 1 << 20
_FRAME = re.compile(r'^\s*File "[^"]*[/\\]hourloom[/\\](?:\w+[/\\])*(\w+\.py)", line (\d+) in (\S+)')
_FAULT = re.compile(r"^(?:Fatal Python error|Windows fatal exception): ([A-Za-z ]{1,60})")

CrashPlace = Literal["program", "thread", "task", "finalizer", "interpreter"]


class Crash(msgspec.Struct, frozen=True, kw_only=True):
    """One crash."""

    at: str
    place: CrashPlace
    error: str
    """The class of the error, or what the interpreter calls its fault."""
    frames: list[str]
    version: str


Tell = Callable[[Crash], object]
"""Hears of each crash, after it was recorded."""


class Crashes:
    """Records crashes from the moment of `install` on."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._file, self._faults = directory / FILE, directory / FAULTS
        self._clock = clock
        self._writing = threading.Lock()
        self._fault_file: IO[bytes] | None = None
        self.tell: Tell = lambda crash: None

    def install(self) -> None:
        """Catch what nobody catches, on every thread; and record what ended the interpreter the last time."""
        self._record_fault()
        with contextlib.suppress(OSError):
            self._fault_file = _private(self._faults)
            faulthandler.enable(self._fault_file)
        sys.excepthook = self._of_program
        threading.excepthook = self._of_thread
        sys.unraisablehook = self._of_finalizer

    def uninstall(self) -> None:
        """Let everything be as before."""
        faulthandler.disable()
        if self._fault_file is not None:
            self._fault_file.close()
            self._fault_file = None
        sys.excepthook, sys.unraisablehook = sys.__excepthook__, sys.__unraisablehook__
        threading.excepthook = threading.__excepthook__

    def of_task(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # asyncio's own
        """Record what a task or a callback raised; for `loop.set_exception_handler`."""
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.record("task", type(error), error.__traceback__)
        else:
            # The message is one of the library's own; what it is about is not written.
            log.error("the loop met trouble: %s", str(context.get("message", "")).partition("\n")[0])

    def record(self, place: CrashPlace, error: type[BaseException], trace: TracebackType | None) -> Crash:
        """Record a crash and write it into the log."""
        frames = frames_of(trace)
        log.error("unforeseen %s in a %s at %s", error.__name__, place, " < ".join(frames) or "no place")
        crash = Crash(
            at=format_instant(self._clock.now()),
            place=place,
            error=error.__name__,
            frames=frames,
            version=__version__,
        )
        self._keep(crash)
        return crash

    def _of_program(self, kind: type[BaseException], _: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, Exception):
            return
        crash = self.record("program", kind, trace)
        at = crash.frames[0] if crash.frames else "no place"
        sys.stderr.write(f"hourloom: something unforeseen went wrong ({crash.error} at {at}).\n")

    def _of_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_type is not SystemExit:
            self.record("thread", arguments.exc_type, arguments.exc_traceback)

    def _of_finalizer(self, unraisable: Any) -> None:  # a type that exists only for type checkers
        self.record("finalizer", unraisable.exc_type, unraisable.exc_traceback)

    def _record_fault(self) -> None:
        """Record what the interpreter wrote when it was ended by a fault, and forget the text."""
        try:
            text = self._faults.read_text("ascii", "replace")[:LARGEST_FILE]
            happened = Instant(self._faults.stat().st_mtime_ns // 1000)
            self._faults.unlink()
        except OSError:
            return
        crash = fault_in(text, happened)
        if crash is not None:
            log.error("the last server was ended by a fault of the interpreter: %s", crash.error)
            self._keep(crash)

    def _keep(self, crash: Crash) -> None:
        with self._writing, contextlib.suppress(OSError):
            if _size(self._file) > LARGEST_FILE:
                self._file.unlink()
            with _private(self._file) as file:
                file.write(msgspec.json.encode(crash) + b"\n")
        try:
            self.tell(crash)
        except Exception as error:  # noqa: BLE001 - whoever is told must not add to the trouble
            log.warning("a crash could not be told of: %s", type(error).__name__)


def crashes_in(directory: Path) -> list[Crash]:
    """Return the crashes that were recorded in a data directory, the oldest first."""
    try:
        lines = (directory / FILE).read_bytes()[-LARGEST_FILE:].splitlines()
    except OSError:
        return []
    found = []
    for line in lines[-MOST_CRASHES:]:
        with contextlib.suppress(msgspec.DecodeError):
            found.append(decode(line, Crash))
    return found


def crashed_before(told: str) -> int:
    """Log how the server before this one ended, as the supervisor tells; return how many crashed in a row."""
    try:
        times, code = (int(word) for word in told.split())
    except ValueError:
        return 0
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    log.warning("the server before this one ended by %s; %d crashed in a row", how, times)
    return times


def fault_in(text: str, at: Instant) -> Crash | None:
    """Read what `faulthandler` wrote; of its places only those in our source are kept."""
    lines = text.splitlines()
    fault = next((found[1] for line in lines if (found := _FAULT.match(line))), None)
    if fault is None:
        return None
    frames = [f"{place[1]}:{place[2]} {place[3]}" for line in lines if (place := _FRAME.match(line))]
    return Crash(
        at=format_instant(at),
        place="interpreter",
        error=fault.strip(),
        frames=frames[:12],
        version=__version__,
    )


def _private(file: Path) -> IO[bytes]:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
