"""What starts a program at login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Starter(Protocol):
    """One system's way of starting a program at login."""

    name: str
    """What a person is told: "systemd", "the desktop's autostart"."""

    def texts(self) -> Mapping[str, str]:
        """Return what would be written, by where: a file's path or a key of the registry."""
        ...

    @property
    def is_installed(self) -> bool:
        """Return whether something is written there."""
        ...

    def install(self) -> str:
        """Write it, in place of what was there, and start the program where that can be; return where."""
        ...

    def uninstall(self) -> bool:
        """Remove all of it and stop what it started; tell whether there was something."""
        ...
