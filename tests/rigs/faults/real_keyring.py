"""A real keyring of the desktop that a test can take away or empty: gnome-keyring on a bus of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rigs.killing import kill

PASSWORD = b"the keyring's own password"
# It starts no services by itself: a keyring that was taken away must stay away.
BUS = """
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={place}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""


class RealKeyring:
    """The keyring of one user."""

    def __init__(self, home: Path, address: str) -> None:
        self._home = home
        self.environment = {
            "DBUS_SESSION_BUS_ADDRESS": address,
            "XDG_RUNTIME_DIR": str(home / "runtime"),
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
        }
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the keyring, unlocked as after signing in."""
        (self._home / "runtime").mkdir(mode=0o700, parents=True, exist_ok=True)
        command = ["gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground"]
        self._daemon = subprocess.Popen(
            command,
            env=os.environ | self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._daemon.stdin is not None
        assert self._daemon.stdout is not None
        self._daemon.stdin.write(PASSWORD)
        self._daemon.stdin.close()
        # It says where its socket is once it is there.
        self._daemon.stdout.readline()

    def stop(self) -> None:
        """Take the keyring away; its file stays."""
        if self._daemon is not None:
            kill(self._daemon)
            self._daemon = None

    def forget(self) -> None:
        """Begin with an empty keyring, as after the desktop was set up anew."""
        self.stop()
        shutil.rmtree(self._home / "data" / "keyrings", ignore_errors=True)
        self.start()


@contextmanager
def a_real_keyring(home: Path) -> Iterator[RealKeyring]:
    """Run a bus with a keyring on it."""
    if shutil.which("gnome-keyring-daemon") is None or shutil.which("dbus-daemon") is None:
        pytest.skip("needs gnome-keyring and dbus")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "bus.conf").write_text(BUS.format(place=home))
    command = ["dbus-daemon", f"--config-file={home / 'bus.conf'}", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as bus:
        assert bus.stdout is not None
        keyring = RealKeyring(home, bus.stdout.readline().strip())
        keyring.start()
        try:
            yield keyring
        finally:
            keyring.stop()
            bus.kill()
