"""Starting at login by launchd on macOS; nobody has tried it there yet."""

from __future__ import annotations

import os
import plistlib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hourloom.core.errors import Refused
from hourloom.device.login.files import remove, write

LABEL = "org.hourloom.device"
SECONDS_TO_ANSWER = 60
_NOT_LOADED = frozenset({3, 36, 113})
"""What launchctl ends with when there is nothing to unload."""


class LaunchdRefused(Refused):
    """launchd refused to {act}: {reason}."""


def launchctl(words: Sequence[str]) -> tuple[int, str]:
    """Tell launchd something; return its exit code and what it said."""
    ended = subprocess.run(
        ["/bin/launchctl", *words], capture_output=True, text=True, timeout=SECONDS_TO_ANSWER, check=False
    )
    return ended.returncode, ended.stderr


class LaunchAgent:
    """A property list in the user's folder of agents."""

    name = "launchd"

    def __init__(
        self,
        command: Sequence[str],
        home: Path,
        data_dir: Path | None = None,
        tell: Callable[[Sequence[str]], tuple[int, str]] = launchctl,
        uid: int | None = None,
    ) -> None:
        self._command, self._data_dir, self._tell = list(command), data_dir, tell
        self._path = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        self._domain = f"gui/{os.getuid() if uid is None else uid}"

    def texts(self) -> Mapping[str, str]:
        """Return the property list."""
        facts: dict[str, object] = {
            "Label": LABEL,
            "ProgramArguments": self._command,
            "RunAtLoad": True,
            # It is started again when it fails, not when a person ends it.
            "KeepAlive": {"SuccessfulExit": False},
            "ProcessType": "Background",
            "LimitLoadToSessionType": "Aqua",
            "Umask": 0o077,
        }
        if self._data_dir is not None:
            facts["StandardErrorPath"] = str(self._data_dir / "log" / "device.err")
        return {str(self._path): plistlib.dumps(facts, sort_keys=True).decode()}

    @property
    def is_installed(self) -> bool:
        """Return whether the list is there."""
        return self._path.exists()

    def install(self) -> str:
        """Write the list and load it, in place of the one that is loaded."""
        for text in self.texts().values():
            write(self._path, text, 0o644)
        self._unload()
        self._told("start the watchers", ["bootstrap", self._domain, str(self._path)])
        return str(self._path)

    def uninstall(self) -> bool:
        """Unload the list and remove it."""
        if not self.is_installed:
            return False
        self._unload()
        return remove(self._path)

    def _unload(self) -> None:
        self._told("stop the watchers", ["bootout", f"{self._domain}/{LABEL}"], allowed=_NOT_LOADED)

    def _told(self, act: str, words: Sequence[str], allowed: frozenset[int] = frozenset()) -> None:
        try:
            code, said = self._tell(words)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LaunchdRefused(act=act, reason=type(error).__name__) from None
        if code != 0 and code not in allowed:
            lines = said.strip().splitlines() or [f"exit code {code}"]
            raise LaunchdRefused(act=act, reason=lines[0].rstrip("."))
