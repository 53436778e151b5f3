"""What Linux tells of a process that has a window."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hourloom.device.windows.app import Clues

LONGEST = 8 * 1024
SANDBOXES = ("bwrap", "flatpak-spawn", "xdg-dbus-proxy")
"""Programs that stand between the desktop and an application."""


def clues_of(pid: int | None, proc: Path = Path("/proc")) -> Clues:
    """Return what is known of a process; nothing at all if it is gone or belongs to somebody else."""
    if pid is None or not 1 < pid < 2**31:
        return Clues()
    home = proc / str(pid)
    executable = None
    with suppress(OSError):
        executable = str((home / "exe").readlink())
    if executable is not None and Path(executable).name in SANDBOXES:
        executable = None
    words = _start_of(home / "cmdline").decode("utf-8", "replace").split("\0")
    cgroup = _start_of(home / "cgroup").decode("utf-8", "replace")
    return Clues(cgroup=cgroup, executable=executable, arguments=tuple(words))


def _start_of(path: Path) -> bytes:
    with suppress(OSError), path.open("rb") as file:
        return file.read(LONGEST)
    return b""
