"""The program that asks macOS which window has the focus, and tells each change in a line of JSON.

It is a program of its own because macOS tells of changes on a process's first thread alone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

LONGEST = 2_000


class Application(NamedTuple):
    """A running application."""

    process: int
    path: str
    """Of its bundle: /Applications/Safari.app."""
    bundle: str
    """Its id: com.apple.Safari."""


class Mac(Protocol):
    """The calls of the system that are needed."""

    def frontmost(self) -> Application | None:
        """Return the application in front."""
        ...

    def is_trusted(self) -> bool:
        """Tell whether this program may know titles."""
        ...

    def title(self, process: int) -> str:
        """Return the title of the focused window of an application."""
        ...

    def follow(self, process: int, changed: Callable[[], None]) -> None:
        """Call back when the focused window of this application or its title changes, and of no other's."""
        ...

    def run(self, activated: Callable[[], None]) -> None:
        """Call back when another application comes to the front, and once a minute; without end."""
        ...


class Teller:
    """Turns what the system calls back for into lines, each state once."""

    def __init__(self, mac: Mac, write: Callable[[str], object]) -> None:
        self._mac, self._write = mac, write
        self._process: int | None = None
        self._was_trusted = False
        self._told = ""

    def run(self) -> None:
        """Tell the present state and every change."""
        self._look()
        self._mac.run(self._look)

    def _look(self) -> None:
        application, trusted = self._mac.frontmost(), self._mac.is_trusted()
        if application is None:
            self._process = None
            self._tell({"app": None})
            return
        # A permission that was given meanwhile lets us follow what could not be followed.
        if trusted and (application.process != self._process or not self._was_trusted):
            self._mac.follow(application.process, self._look)
        self._process, self._was_trusted = application.process, trusted
        title = self._mac.title(application.process) if trusted else ""
        name = application.path.rstrip("/").rsplit("/", 1)[-1].removesuffix(".app")
        self._tell({"app": name, "bundle": application.bundle, "title": title[:LONGEST], "trusted": trusted})

    def _tell(self, state: dict[str, Any]) -> None:
        line = json.dumps(state)
        if line != self._told:
            self._told = line
            self._write(line + "\n")


def main(mac: Callable[[], Mac] | None = None) -> None:
    """Tell until nobody listens any more."""
    threading.Thread(target=_end_with_listener, daemon=True).start()
    try:
        calls = (mac or _real)()
    except ImportError as fault:
        _write(json.dumps({"missing": str(fault.name or "pyobjc")}) + "\n")
        return
    Teller(calls, _write).run()


def _real() -> Mac:
    from hourloom.device.windows.cocoa import Calls  # noqa: PLC0415 - only macOS has them

    return Calls()


def _write(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def _end_with_listener() -> None:
    """End this program when the one that started it has gone."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
