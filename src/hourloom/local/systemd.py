"""Hourloom as a service of the user's systemd."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from hourloom.configuration import PREFIX, Configuration
from hourloom.core.errors import Refused
from hourloom.local.units import SERVICE, SOCKET, NoUnitForThat, units

SECONDS_TO_ANSWER = 60
MAY_HOLD_A_PASSWORD = f"{PREFIX}DATABASE_URL"


class NoSystemd(Refused):
    """There is no systemd for users on this computer; `hourloom up` keeps Hourloom running without it."""


class SystemdRefused(Refused):
    """systemd refused to {act}: {reason}."""


class SystemdService:
    """The units of one configuration."""

    def __init__(
        self,
        configuration: Configuration,
        words: Sequence[str],
        writable: Sequence[Path],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._configuration = configuration
        command = [sys.executable, "-I", "-m", "hourloom", "serve", *words]
        directories = [configuration.data_dir, configuration.config_dir]
        self._made = directories
        self._units = units(
            configuration.host,
            configuration.port,
            command,
            [path.expanduser().absolute() for path in (*directories, *writable)],
            _configuring(environment),
        )
        home = environment.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        self._directory = Path(home) / "systemd" / "user"

    @property
    def texts(self) -> dict[str, str]:
        return self._units

    def install(self) -> Path:
        _require_systemd()
        for directory in self._made:
            # What cannot be written must be there before: systemd makes nothing.
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory.mkdir(parents=True, exist_ok=True)
        files = {self._directory / name: text for name, text in self._units.items()}
        new = [file for file in files if not file.exists()]
        for file, text in files.items():
            file.write_text(text, "utf-8")
            file.chmod(0o600)
        try:
            _systemctl("read the units", "daemon-reload")
        except SystemdRefused:
            # A systemd that does not even read them would not help to uninstall them either.
            for file in new:
                file.unlink(missing_ok=True)
            raise
        _systemctl("start Hourloom", "enable", "--now", SOCKET, SERVICE)
        return self._directory

    def uninstall(self) -> bool:
        _require_systemd()
        files = [self._directory / name for name in (SOCKET, SERVICE)]
        there = [file for file in files if file.exists()]
        if there:
            _systemctl("stop Hourloom", "disable", "--now", *(file.name for file in there))
            for file in there:
                file.unlink()
            _systemctl("forget the units", "daemon-reload")
        return bool(there)


def _configuring(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that configure the server here, for systemd starts it with none of ours."""
    found = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    if MAY_HOLD_A_PASSWORD in found:
        raise NoUnitForThat(what=f"{MAY_HOLD_A_PASSWORD}; name the database in the configuration file")
    return found


def _require_systemd() -> None:
    if not sys.platform.startswith("linux") or shutil.which("systemctl") is None:
        raise NoSystemd


def _systemctl(act: str, *words: str) -> None:
    try:
        ended = subprocess.run(
            ["systemctl", "--user", "--quiet", *words],  # noqa: S607 - found in PATH, as the person's own shell would
            capture_output=True,
            text=True,
            timeout=SECONDS_TO_ANSWER,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SystemdRefused(act=act, reason=type(error).__name__) from None
    if ended.returncode != 0:
        said = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
        raise SystemdRefused(act=act, reason=said[0].rstrip("."))
