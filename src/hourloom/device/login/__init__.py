"""Starting the device program at login, by whatever a system has for that."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from hourloom.core.errors import Refused
from hourloom.device.login.ports import Starter

__all__ = ["NoWayToStart", "Starter", "command", "install", "printed", "starter", "uninstall"]


class NoWayToStart(Refused):
    """This system has no way to start programs at login that Hourloom knows."""


def command(words: Sequence[str] = ()) -> list[str]:
    """Return the command that is started: this very Python with `hourloom device` and further words."""
    return [sys.executable, "-I", "-m", "hourloom", "device", *words]


def starter(
    environment: Mapping[str, str],
    command: Sequence[str],
    *,
    data_dir: Path | None = None,
    platform: str = sys.platform,
) -> Starter:
    """Return what starts a command at login here; `data_dir` is for logs that nothing else keeps."""
    if platform == "win32":
        from hourloom.device.login.windows import RunKey  # noqa: PLC0415 - each system has its own

        return RunKey(command)
    if platform == "darwin":
        from hourloom.device.login.macos import LaunchAgent  # noqa: PLC0415 - as above

        return LaunchAgent(command, Path.home(), data_dir)
    from hourloom.device.login.autostart import Autostart  # noqa: PLC0415 - as above
    from hourloom.device.login.systemd import UserUnit, is_there  # noqa: PLC0415 - as above

    config_home = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    autostart, unit = Autostart(command, config_home), UserUnit(command, config_home, environment)
    if is_there(environment):
        unit.replaces = autostart
        return unit
    if unit.is_installed:
        # systemd was there when it was installed; what is left of it is removed with the rest.
        autostart.replaces = unit
    return autostart


def install(starter: Starter) -> str:
    """Let the program start at login, and now where that can be; return where that is written."""
    return starter.install()


def uninstall(starter: Starter) -> bool:
    """Take all of it back; tell whether there was something."""
    return starter.uninstall()


def printed(starter: Starter) -> Mapping[str, str]:
    """Return what `install` would write, by where."""
    return starter.texts()
