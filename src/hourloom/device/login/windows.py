"""Starting at login by the Run key of the Windows registry; nobody has tried it there yet."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import PureWindowsPath
from typing import Any, Protocol

from hourloom.device.login.files import NotForThere, refuse_unprintable

KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
VALUE = "Hourloom"
LONGEST = 260
"""What Explorer starts from that key."""


class Registry(Protocol):
    """The user's part of the registry, as far as it is used."""

    def read(self, key: str, name: str) -> str | None:
        """Return a value, or None."""
        ...

    def write(self, key: str, name: str, text: str) -> None:
        """Set a value."""
        ...

    def delete(self, key: str, name: str) -> None:
        """Remove a value that is there."""
        ...


class RunKey:
    """A value that Explorer starts at login."""

    name = "the registry's Run key"

    def __init__(self, command: Sequence[str], registry: Registry | None = None) -> None:
        self._command = list(command)
        self._registry = UserRegistry() if registry is None else registry

    def texts(self) -> Mapping[str, str]:
        """Return the value."""
        refuse_unprintable(self.name, self._command)
        program, *words = self._command
        path = PureWindowsPath(program)
        if path.name.lower() == "python.exe":
            # That one would open a black window.
            program = str(path.with_name("pythonw.exe"))
        line = subprocess.list2cmdline([program, *words])
        if len(line) > LONGEST:
            raise NotForThere(where=self.name, what=f"the command is longer than {LONGEST} characters")
        return {rf"HKEY_CURRENT_USER\{KEY}\{VALUE}": line}

    @property
    def is_installed(self) -> bool:
        """Return whether the value is there."""
        return self._registry.read(KEY, VALUE) is not None

    def install(self) -> str:
        """Set the value; the program starts with the next login."""
        ((where, line),) = self.texts().items()
        self._registry.write(KEY, VALUE, line)
        return where

    def uninstall(self) -> bool:
        """Remove the value."""
        if not self.is_installed:
            return False
        self._registry.delete(KEY, VALUE)
        return True


class UserRegistry:
    """HKEY_CURRENT_USER by the standard library."""

    def __init__(self) -> None:
        import winreg  # noqa: PLC0415 - Windows

        self._winreg: Any = winreg

    def read(self, key: str, name: str) -> str | None:
        """Return a value, or None."""
        try:
            with self._winreg.OpenKey(self._winreg.HKEY_CURRENT_USER, key) as opened:
                return str(self._winreg.QueryValueEx(opened, name)[0])
        except FileNotFoundError:
            return None

    def write(self, key: str, name: str, text: str) -> None:
        """Set a value."""
        with self._winreg.CreateKey(self._winreg.HKEY_CURRENT_USER, key) as opened:
            self._winreg.SetValueEx(opened, name, 0, self._winreg.REG_SZ, text)

    def delete(self, key: str, name: str) -> None:
        """Remove a value that is there."""
        access = self._winreg.KEY_SET_VALUE
        with self._winreg.OpenKey(self._winreg.HKEY_CURRENT_USER, key, 0, access) as opened:
            self._winreg.DeleteValue(opened, name)
