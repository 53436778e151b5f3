"""Firefox, driven over its own protocol: JSON with its length before it, on a TCP connection."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FIREFOX = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
PATIENCE = 60.0
PREFERENCES: dict[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "marionette.port": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}


class Marionette:
    """A session with a running Firefox."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._file = self._socket.makefile("rb")
        self._number = 0
        self._receive()
        self.ask("WebDriver:NewSession")

    def ask(self, command: str, **parameters: Any) -> Any:
        """Send a command and return what it answers."""
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._receive()
        assert error is None, (command, error)
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def script(self, script: str, *arguments: Any, chrome: bool = False) -> Any:
        """Run a script in the page, or in the browser itself; return what it returns, awaited."""
        self.ask("Marionette:SetContext", value="chrome" if chrome else "content")
        try:
            awaited = f"return (async () => {{ {script} }})()"
            return self.ask("WebDriver:ExecuteScript", script=awaited, args=list(arguments))
        finally:
            self.ask("Marionette:SetContext", value="content")

    def open(self, url: str) -> None:
        """Go to an address in the window or tab that is chosen."""
        self.ask("WebDriver:Navigate", url=url)

    def new_tab(self, *, private: bool = False) -> str:
        """Open a tab, or a private window, and choose it; return its handle."""
        kind = "window" if private else "tab"
        handle = str(self.ask("WebDriver:NewWindow", type=kind, focus=True, private=private)["handle"])
        self.choose(handle)
        return handle

    def choose(self, handle: str) -> None:
        """Bring a tab to the front."""
        self.ask("WebDriver:SwitchToWindow", handle=handle, focus=True)

    def close(self) -> None:
        """End the connection."""
        self._file.close()
        self._socket.close()

    def _receive(self) -> Any:
        length = b""
        while (byte := self._file.read(1)) != b":":
            assert byte, "Firefox hung up"
            length += byte
        return json.loads(self._file.read(int(length)))


@contextmanager
def firefox(directory: Path, preferences: Mapping[str, bool | int | str]) -> Iterator[Marionette]:
    """Run Firefox without a display on a new profile."""
    assert FIREFOX is not None
    profile, home = directory / "profile", directory / "home"
    profile.mkdir(parents=True)
    home.mkdir()
    settled = PREFERENCES | dict(preferences)
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settled.items()]
    (profile / "user.js").write_text("".join(lines))
    words = [FIREFOX, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote"]
    words += ["--profile", str(profile)]
    with (directory / "output").open("wb") as output:
        own = {"HOME": str(home), "MOZ_CRASHREPORTER_DISABLE": "1", "MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"}
        process = subprocess.Popen(words, env=os.environ | own, stdout=output, stderr=output)
    try:
        driver = Marionette(_port(profile / "MarionetteActivePort", process))
        try:
            yield driver
        finally:
            driver.close()
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        assert process.poll() is None, "Firefox ended"
        if file.exists() and (text := file.read_text().strip()):
            return int(text)
        time.sleep(0.05)
    raise AssertionError("Firefox did not open its port")
