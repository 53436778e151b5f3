"""A real Wayland desktop without a screen: Sway, with two windows of foot."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hourloom.device import wayland
from hourloom.device.ports import CannotBind
from hourloom.device.windows.wlroots import Wlroots
from tests.device.waiting import until
from tests.device.windows.x_desktop import end

PROGRAMS = ("sway", "swaymsg", "foot")
needed = pytest.mark.skipif(
    not hasattr(os, "geteuid") or any(shutil.which(program) is None for program in PROGRAMS),
    reason=f"needs {', '.join(PROGRAMS)}",
)
NOBODY = 65534


def as_somebody() -> dict[str, Any]:
    """Return how to start a program as a plain user: Sway refuses to run as root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


class SwayDesktop:
    """Sway on a display that exists in memory; each window is told its titles through a pipe."""

    def __init__(self, home: Path, stack: contextlib.ExitStack) -> None:
        self._home, self._stack = home, stack
        home.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(home, NOBODY, NOBODY)
        (home / "config").write_text("xwayland disable\n")
        self.environment = {
            "XDG_RUNTIME_DIR": str(home),
            "SWAYSOCK": str(home / "ipc"),
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "WLR_BACKENDS": "headless",
            "WLR_LIBINPUT_NO_DEVICES": "1",
            "WLR_RENDERER": "pixman",
        }
        self.server = self._start("sway", "-c", str(home / "config"))
        self.source = Wlroots({"XDG_RUNTIME_DIR": str(home)})
        until(self._is_there)
        self._pipes: list[Path] = []
        self._titles: list[str] = []
        self._front = 0

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_somebody()
        )
        self._stack.callback(end, process)
        return process

    def _is_there(self) -> bool:
        with contextlib.suppress(CannotBind):
            wayland.connect(self.source._environment).close()
            return (self._home / "ipc").exists()
        return False

    def message(self, *words: str) -> str:
        done = subprocess.run(
            ["swaymsg", *words], env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout

    def open(self, title: str, app: str = "foot") -> Path:
        """Open a window, and return the pipe through which its program is told what to print."""
        pipe = self._home / f"pipe{len(self._pipes)}"
        os.mkfifo(pipe)
        if os.geteuid() == 0:
            os.chown(pipe, NOBODY, NOBODY)
        self._pipes.append(pipe)
        self._start_inside("foot", "-a", app, "-T", title, "cat", str(pipe))
        until(lambda: f'"name": "{title}"' in self.message("-t", "get_tree"))
        # Opened for both directions it never ends, so that the program goes on.
        self._stack.callback(os.close, os.open(pipe, os.O_RDWR))
        return pipe

    def _start_inside(self, *words: str) -> None:
        self.message("exec", shlex.join(words))

    def show(self, title: str) -> None:
        if len(self._pipes) < 2:
            for name in ("one", "two"):
                self.open(name)
                self._titles.append(name)
            self._front = 1
        if title not in self._titles:
            self._front = 1 - self._front
            self.retitle(title)
        self._front = self._titles.index(title)
        self.focus(title)

    def focus(self, title: str) -> None:
        until(lambda: '"success": true' in self.message(f'[title="^{title}$"] focus'))

    def retitle(self, title: str) -> None:
        self._titles[self._front] = title
        self.print(self._pipes[self._front], f"\033]0;{title}\a".encode())
        until(lambda: f'"name": "{title}"' in self.message("-t", "get_tree"))

    def print(self, pipe: Path, text: bytes) -> None:
        with pipe.open("wb") as file:
            file.write(text)

    def end(self) -> None:
        self.server.kill()
        self.server.wait()


@contextlib.contextmanager
def a_sway_desktop() -> Iterator[SwayDesktop]:
    # Its sockets need a short path that another user may walk through.
    with tempfile.TemporaryDirectory(prefix="sway-") as home, contextlib.ExitStack() as stack:
        yield SwayDesktop(Path(home), stack)
