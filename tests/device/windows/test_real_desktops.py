"""KDE's and GNOME's own compositors, without a screen: they are large, so only the long tests run them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hourloom.device.bus import Address, session_bus
from hourloom.device.ports import CannotBind, Source
from hourloom.device.windows.gnome import Gnome
from hourloom.device.windows.gnome_install import install_gnome_extension
from hourloom.device.windows.kwin import KWin
from hourloom.testing.sources import bound_to, flickers, loses, nothing, observed
from tests.device.away.buses import PrivateBus
from tests.device.waiting import until
from tests.device.windows.x_desktop import end

pytestmark = [pytest.mark.soak, pytest.mark.desktop]
SHELL = Address("org.gnome.Shell", "/org/gnome/Shell", "org.gnome.Shell")


class RealDesktop:
    """A compositor on buses of its own, and programs on its display."""

    def __init__(self, home: Path, stack: contextlib.ExitStack) -> None:
        self.home, self._stack = home, stack
        self.bus = PrivateBus(home)
        stack.callback(self.bus.end)
        self.environment = self.bus.environment | {
            "XDG_RUNTIME_DIR": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_DATA_DIRS": "/usr/share",
            "HOME": str(home),
            "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "GSETTINGS_BACKEND": "keyfile",
            "WAYLAND_DISPLAY": "wayland-test",
        }

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._stack.callback(end, process)
        return process

    def run(self, command: list[str] | tuple[str, ...]) -> str:
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        ).stdout


@contextlib.contextmanager
def a_desktop(*needed: str) -> Iterator[RealDesktop]:
    for program in (*needed, "weston-terminal", "weston-simple-shm"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}: make setup-system ARGS=soak")
    with tempfile.TemporaryDirectory(prefix="desk-") as home, contextlib.ExitStack() as stack:
        yield RealDesktop(Path(home), stack)


def binds(source: Source) -> Callable[[], bool]:
    def try_it() -> bool:
        with contextlib.suppress(CannotBind):
            source.bind().close()
            return True
        return False

    return try_it


def windows_come_and_go(desktop: RealDesktop, source: Source, compositor: subprocess.Popen[bytes]) -> None:
    with bound_to(source) as bound:
        observed(bound, nothing)
        desktop.start("weston-terminal", "--shell=/bin/sh")
        observed(bound, lambda each: each.data is not None and each.data["app"] == "wayland-terminal")
        passing = desktop.start("weston-simple-shm")
        told = observed(bound, lambda each: each.data == {"app": "simple-shm", "title": "simple-shm"})
        end(passing)
        told += observed(bound, lambda each: each.data is not None and each.data["app"] == "wayland-terminal")
        assert not flickers(told)
        end(compositor)
        assert "ended" in loses(bound).message


def test_kwin_itself_tells_its_windows() -> None:
    with a_desktop("kwin_wayland") as desktop:
        # The packaged file has a capability, with which it does not start everywhere; a copy has none.
        (desktop.home / "bin").mkdir()
        shutil.copyfile(
            os.path.realpath(str(shutil.which("kwin_wayland"))), desktop.home / "bin/kwin_wayland"
        )
        (desktop.home / "bin/kwin_wayland").chmod(0o755)
        size = ("--width", "640", "--height", "480")
        kwin = desktop.start(
            str(desktop.home / "bin/kwin_wayland"),
            "--virtual",
            *size,
            "--no-lockscreen",
            "--socket",
            "wayland-test",
        )
        source = KWin(desktop.environment)
        until(binds(source), 120)
        windows_come_and_go(desktop, source, kwin)


def test_gnome_shell_itself_tells_its_windows() -> None:
    with a_desktop("gnome-shell", "gsettings") as desktop:
        desktop.bus.mock("org.freedesktop.login1", ["--system", "--template", "logind"])
        install_gnome_extension(desktop.environment, lambda command: desktop.run(tuple(command)))
        display = ("--virtual-monitor", "640x480", "--wayland-display", "wayland-test")
        shell = desktop.start("gnome-shell", "--headless", "--wayland", "--no-x11", *display)
        source = Gnome(desktop.environment)
        until(binds(source), 120)
        bus = session_bus(desktop.environment)
        # It starts in its overview, in which no window has the focus, and cannot leave it before it is there.
        until(lambda: bus.get(SHELL, "OverviewActive"))

        def left() -> bool:
            bus.ask(SHELL.properties(), "Set", "ssv", SHELL.interface, "OverviewActive", ("b", False))
            return not bus.get(SHELL, "OverviewActive")

        until(left)
        bus.close()
        windows_come_and_go(desktop, source, shell)


if sys.platform != "linux":
    pytest.skip("these desktops are Linux's", allow_module_level=True)
