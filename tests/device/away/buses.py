"""A D-Bus of the tests' own, and services on it that stand in for the system's."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from hourloom.device import bus as dbus
from tests.device.waiting import until

LIMIT = 30.0
SYSTEM_PYTHON = "/usr/bin/python3"
DBUSMOCK = Path("/usr/lib/python3/dist-packages/dbusmock")
MOCK = "org.freedesktop.DBus.Mock"


class PrivateBus:
    """A dbus-daemon that nobody else knows."""

    def __init__(self, directory: Path) -> None:
        if shutil.which("dbus-daemon") is None:
            pytest.skip("there is no dbus-daemon")
        self.address = f"unix:path={directory / 'bus'}"
        self._daemon = subprocess.Popen(
            [
                "dbus-daemon",
                "--session",
                "--nofork",
                "--nopidfile",
                f"--address={self.address}",
                "--print-address",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._services: list[subprocess.Popen[bytes]] = []
        assert self._daemon.stdout is not None
        # Its socket is there before it listens; its address is told after.
        assert self._daemon.stdout.readline()

    @property
    def environment(self) -> dict[str, str]:
        return {"DBUS_SESSION_BUS_ADDRESS": self.address, "DBUS_SYSTEM_BUS_ADDRESS": self.address}

    def connect(self, *, descriptors: bool = False) -> dbus.Bus:
        return dbus.connect(self.address, "test bus", "nothing", LIMIT, descriptors=descriptors)

    def mock(self, name: str, arguments: Sequence[str]) -> None:
        """Run a service of python-dbusmock until it has its name."""
        if not DBUSMOCK.is_dir():
            pytest.skip("there is no python3-dbusmock")
        self._services.append(
            subprocess.Popen(
                [SYSTEM_PYTHON, "-m", "dbusmock", *arguments],
                env=self.environment | {"PATH": "/usr/bin:/bin"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        with self.connected() as asking:
            until(lambda: asking.ask(DAEMON, "NameHasOwner", "s", name) == (True,))

    @contextmanager
    def connected(self) -> Iterator[dbus.Bus]:
        connection = self.connect()
        try:
            yield connection
        finally:
            connection.close()

    def end_services(self) -> None:
        for each in self._services:
            each.kill()
            each.wait()

    def end(self) -> None:
        self.end_services()
        self._daemon.kill()
        self._daemon.wait()
        if self._daemon.stdout is not None:
            self._daemon.stdout.close()


DAEMON = dbus.Address("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
