"""Starting at login by the desktop's autostart, as freedesktop.org describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hourloom.device.login.files import refuse_unprintable, remove, write
from hourloom.device.login.ports import Starter

FILE = "hourloom-device.desktop"
_RESERVED = frozenset(" \t\n\"'\\><~|&;$*?#()`")

_ENTRY = """\
[Desktop Entry]
Type=Application
Name=Hourloom
Comment=Records what you do on this computer
Exec={command}
Terminal=false
NoDisplay=true
X-GNOME-Autostart-enabled=true
"""


class Autostart:
    """A file in the folder that desktops look through at login."""

    name = "the desktop's autostart"

    def __init__(self, command: Sequence[str], config_home: Path) -> None:
        self._command = list(command)
        self._path = config_home / "autostart" / FILE
        self.replaces: Starter | None = None

    def texts(self) -> Mapping[str, str]:
        """Return the file's text."""
        refuse_unprintable(self.name, self._command)
        return {str(self._path): _ENTRY.format(command=" ".join(map(_quoted, self._command)))}

    @property
    def is_installed(self) -> bool:
        """Return whether the file is there."""
        return self._path.exists()

    def install(self) -> str:
        """Write the file; the program starts with the next login."""
        for text in self.texts().values():
            write(self._path, text)
        if self.replaces is not None:
            self.replaces.uninstall()
        return str(self._path)

    def uninstall(self) -> bool:
        """Remove the file."""
        replaced = self.replaces is not None and self.replaces.uninstall()
        return remove(self._path) or replaced


def _quoted(word: str) -> str:
    """Write an argument as desktop entries want it: quoted, escaped as a string, without field codes."""
    word = word.replace("%", "%%")
    if word and not _RESERVED & set(word):
        return word
    for character in '\\"`$':
        word = word.replace(character, "\\" + character)
    # The value is a string, in which a backslash is written twice.
    return '"' + word.replace("\\", "\\\\") + '"'
