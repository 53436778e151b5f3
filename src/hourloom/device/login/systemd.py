"""Starting at login by the user's systemd, which also starts it again when it fails and keeps its log."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from hourloom.core.errors import Refused
from hourloom.device.instance import ALREADY
from hourloom.device.link import runtime_directory
from hourloom.device.login.files import refuse_unprintable, remove, write
from hourloom.device.login.ports import Starter

UNIT = "hourloom-device.service"
SECONDS_TO_ANSWER = 60

_UNIT = """\
[Unit]
Description=Hourloom's watchers, which see what you do on this computer
PartOf=graphical-session.target
After=graphical-session.target
# A compositor may come later than this, or never: starting is not given up.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={command}
Restart=on-failure
RestartSec=30
# Wrong usage, or another one of this login records already: starting again would change nothing.
RestartPreventExitStatus=2 {already}
TimeoutStopSec=10
UMask=0077
OOMScoreAdjust=200
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes

[Install]
# Small window managers begin no graphical session that systemd knows of.
WantedBy=graphical-session.target default.target
"""
_WANTED_BY = ("graphical-session.target", "default.target")


class SystemdRefused(Refused):
    """systemd refused to {act}: {reason}."""


class UserUnit:
    """A unit of the user's systemd, bound to the graphical session."""

    name = "systemd"

    def __init__(self, command: Sequence[str], config_home: Path, environment: Mapping[str, str]) -> None:
        self._command, self._environment = list(command), dict(environment)
        self._path = config_home / "systemd" / "user" / UNIT
        self.replaces: Starter | None = None

    def texts(self) -> Mapping[str, str]:
        """Return the unit's text."""
        refuse_unprintable(self.name, self._command)
        return {str(self._path): _UNIT.format(already=ALREADY, command=" ".join(map(_quoted, self._command)))}

    @property
    def is_installed(self) -> bool:
        """Return whether the unit is there."""
        return self._path.exists()

    def install(self) -> str:
        """Write the unit, enable it and start it."""
        for text in self.texts().values():
            write(self._path, text)
        self._systemctl("read the unit", "daemon-reload")
        self._systemctl("start the watchers at login", "enable", UNIT)
        self._systemctl("start the watchers", "restart", UNIT)
        if self.replaces is not None:
            # Both would start it; the second would find it running and end.
            self.replaces.uninstall()
        return str(self._path)

    def uninstall(self) -> bool:
        """Stop it, disable it and remove the unit."""
        replaced = self.replaces is not None and self.replaces.uninstall()
        if not self.is_installed:
            return replaced
        can_be_told = is_there(self._environment)
        if can_be_told:
            self._systemctl("stop the watchers", "disable", "--now", UNIT)
        remove(self._path)
        # Without systemd nothing else removes what `enable` made.
        for target in _WANTED_BY:
            remove(self._path.parent / f"{target}.wants" / UNIT)
        if can_be_told:
            self._systemctl("forget the unit", "daemon-reload")
        return True

    def _systemctl(self, act: str, *words: str) -> None:
        try:
            ended = subprocess.run(
                [_systemctl_of(self._environment) or "systemctl", "--user", "--quiet", *words],
                env=self._environment,
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


def is_there(environment: Mapping[str, str]) -> bool:
    """Tell whether the user's systemd runs: its socket is there, and the program to tell it something."""
    runtime = runtime_directory(environment)
    if runtime is None or not (runtime / "systemd" / "private").exists():
        return False
    return _systemctl_of(environment) is not None


def _systemctl_of(environment: Mapping[str, str]) -> str | None:
    return shutil.which("systemctl", path=environment.get("PATH"))


def _quoted(word: str) -> str:
    """Write a word so that systemd reads it as it is: no specifiers, no variables, no second word."""
    for character in "%$":
        word = word.replace(character, character * 2)
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
