"""A real X11 desktop without a screen: Xvfb, openbox and two windows of xterm."""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.device.ports import CannotBind, SourceLost
from hourloom.device.windows import x11_wire
from hourloom.device.windows.x11 import X11
from tests.device.waiting import until

PROGRAMS = ("Xvfb", "openbox", "xdotool", "xterm")
needed = pytest.mark.skipif(
    any(shutil.which(program) is None for program in PROGRAMS), reason=f"needs {', '.join(PROGRAMS)}"
)
CHANGE_PROPERTY, APPEND, REPLACE = 18, 2, 0
PIECE = 200_000


class XDesktop:
    """An X server; a window manager and windows come as they are asked for."""

    def __init__(self, home: Path, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self.server, self.display = self._server()
        self.environment = {"DISPLAY": self.display, "PATH": os.environ["PATH"], "HOME": str(home)}
        self.source = X11(self.environment)
        self.windows: list[str] = []
        self._titles: list[str] = []
        self._front = 0

    def _server(self) -> tuple[subprocess.Popen[bytes], str]:
        reader, writer = os.pipe()
        with os.fdopen(reader) as numbers:
            server = subprocess.Popen(
                [
                    "Xvfb",
                    "-displayfd",
                    str(writer),
                    "-screen",
                    "0",
                    "640x480x24",
                    "-nolisten",
                    "tcp",
                    "-noreset",
                ],
                pass_fds=(writer,),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self._stack.callback(end, server)
            os.close(writer)
            return server, f":{numbers.readline().strip()}"

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._stack.callback(end, process)
        return process

    def manage(self) -> subprocess.Popen[bytes]:
        """Run a window manager and wait until it is at work."""
        manager = self.start("openbox")
        until(self._is_managed)
        return manager

    def _is_managed(self) -> bool:
        with contextlib.suppress(CannotBind, SourceLost):
            self.source.bind().close()
            return True
        return False

    def run(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout.strip()

    def open(self, title: str, kind: str = "XTerm") -> tuple[str, subprocess.Popen[bytes]]:
        """Open a window and return its number, once it has the focus, and its program."""
        program = self.start("xterm", "-class", kind, "-T", title, "-e", "cat")
        number = until(lambda: self.run("search", "--onlyvisible", "--name", f"^{title}$"))
        until(lambda: self.run("getactivewindow") == number)
        return number, program

    def show(self, title: str) -> None:
        if len(self.windows) < 2:
            self.windows = [self.open(name)[0] for name in ("one", "two")]
            self._titles, self._front = ["one", "two"], 1
        if title not in self._titles:
            self._front = 1 - self._front
            self.retitle(title)
        self._front = self._titles.index(title)
        self.run("windowactivate", "--sync", self.windows[self._front])

    def retitle(self, title: str) -> None:
        self._titles[self._front] = title
        self.run("set_window", "--name", title, self.windows[self._front])

    def end(self) -> None:
        self.server.kill()

    def set_title(self, window: str, *titles: bytes) -> None:
        """Set a window's title as a hostile program would: any bytes, any size, one right after the other."""
        connection = x11_wire.connect(self.environment)
        name, kind = connection.atoms("_NET_WM_NAME", "UTF8_STRING")
        for title in titles:
            for at in range(0, len(title), PIECE):
                piece = title[at : at + PIECE]
                words = 6 + (len(piece) + 3) // 4
                mode = APPEND if at else REPLACE
                head = struct.pack(
                    "=BBHIIIBxxxI", CHANGE_PROPERTY, mode, words, int(window), name, kind, 8, len(piece)
                )
                connection._request(head + piece + bytes(-len(piece) % 4))
                connection.atoms("_NET_WM_NAME")  # it is done when this is answered
        connection.close()


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@contextlib.contextmanager
def an_x_desktop(home: Path) -> Iterator[XDesktop]:
    with contextlib.ExitStack() as stack:
        yield XDesktop(home, stack)
