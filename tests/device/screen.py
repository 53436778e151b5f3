"""A real X11 desktop without a screen: Xvfb, openbox, and windows that xdotool moves the focus between."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.device.waiting import until

PROGRAMS = ("Xvfb", "openbox", "xdotool", "xterm")
needed = pytest.mark.skipif(
    any(shutil.which(program) is None for program in PROGRAMS), reason=f"needs {', '.join(PROGRAMS)}"
)


class Screen:
    """The display, and what can be done on it."""

    def __init__(self, display: str, stack: contextlib.ExitStack) -> None:
        self.display, self._stack = display, stack
        self.environment = {"DISPLAY": display, "PATH": os.environ["PATH"], "HOME": "/nonexistent"}

    def run(self, *words: str) -> str:
        """Run a program on it to its end."""
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=False, timeout=30
        )
        return done.stdout.strip()

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Run a program on it until the end of the test."""
        process = subprocess.Popen(
            words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._stack.callback(_end, process)
        return process

    def window(self, title: str) -> str:
        """Open a window and return its number once it is there."""
        self.start("xterm", "-T", title, "-e", "cat")
        return str(until(lambda: self.run("xdotool", "search", "--onlyvisible", "--name", f"^{title}$")))

    def focus(self, window: str) -> None:
        """Bring a window to the front."""
        self.run("xdotool", "windowactivate", "--sync", window)


@contextlib.contextmanager
def a_screen() -> Iterator[Screen]:
    """Run one until the end of the context."""
    with contextlib.ExitStack() as stack:
        reader, writer = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"],
            pass_fds=(writer,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(_end, server)
        os.close(writer)
        with os.fdopen(reader) as numbers:
            screen = Screen(f":{numbers.readline().strip()}", stack)
        screen.start("openbox")
        until(lambda: "window id" in screen.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"))
        yield screen


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
