"""Watches the focused window of an X11 desktop through the properties its window manager keeps (EWMH)."""

from __future__ import annotations

import select
import struct
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from hourloom.core.clock import Clock
from hourloom.device.ports import CannotBind, Observation, SourceLost
from hourloom.device.windows import x11_wire
from hourloom.device.windows.app import Clues
from hourloom.device.windows.focus import Focus, Window, a_window
from hourloom.device.windows.proc import clues_of
from hourloom.device.windows.x11_wire import PROPERTY_CHANGE, STRUCTURE_NOTIFY, Connection, Notice

ON_ROOT = ("_NET_SUPPORTING_WM_CHECK", "_NET_ACTIVE_WINDOW")
TITLES = ("_NET_WM_NAME", "WM_NAME")
IDENTITIES = (
    "_KDE_NET_WM_DESKTOP_FILE",
    "_GTK_APPLICATION_ID",
    "WM_CLASS",
    "_NET_WM_PID",
    "_NET_WM_WINDOW_TYPE",
)
DESKTOP = "_NET_WM_WINDOW_TYPE_DESKTOP"
"""The type of the window that is behind all others."""
LONGEST = 4_096
"""Bytes that are asked for of any property, be it a title of a megabyte."""


class X11:
    """An X server with a window manager that keeps to EWMH, as all in use do."""

    polls = False

    def __init__(self, environment: Mapping[str, str], clock: Clock | None = None) -> None:
        self.name = "X11"
        self._environment = environment
        self._clock = clock

    def bind(self) -> X11Windows:
        connection = x11_wire.connect(self._environment)
        try:
            # Programs of Wayland are not among the windows of an X server that runs inside a Wayland desktop.
            if inside_wayland(connection):
                self.name = "X11 programs only, inside a Wayland desktop"
            return X11Windows(connection, Focus(self._clock))
        except SourceLost as fault:
            connection.close()
            raise CannotBind(reason=fault.message.rstrip("."), next_step="Try again") from None
        except BaseException:
            connection.close()
            raise


def inside_wayland(connection: Connection, proc: Path = Path("/proc")) -> bool:
    """Tell whether an X server only serves the X programs of a Wayland desktop."""
    if connection.has_extension("XWAYLAND"):
        return True
    # Older ones do not say so. Their socket was opened by the compositor, or by a program of this name.
    peer = connection.peer()
    try:
        name = (proc / str(peer) / "comm").read_text().strip()
    except (OSError, UnicodeDecodeError):
        return False
    return name == "Xwayland" or not name.startswith("X")


class X11Windows:
    """The focused window, told by the window manager; asked after without ever waiting for the server.

    A notice leads to questions, and their last answer to what is told: of many notices in between only the
    last state is asked after.
    """

    def __init__(self, connection: Connection, focus: Focus, patience: float = x11_wire.PATIENCE) -> None:
        """Raise CannotBind if no window manager keeps the properties; wait for the present state."""
        self._connection, self._focus = connection, focus
        atoms = connection.atoms(*ON_ROOT, *TITLES, *IDENTITIES, DESKTOP)
        self._check, self._active = atoms[:2]
        self._of_title, self._of_identity, self._desktop = atoms[2:4], atoms[4:-1], atoms[-1]
        self._window = 0
        self._manager = 0
        self._read: dict[int, bytes | None] = {}
        """The properties of the window that has the focus."""
        self._questions: dict[int, tuple[int, int]] = {}
        """The window and the property of each question that is not answered."""
        self._again: set[tuple[int, int]] = set()
        """What changed after it was asked for."""
        self._unsaid = False
        self._since = focus.clock.now()
        self._manager = self._window_manager()
        connection.watch(connection.root, PROPERTY_CHANGE)
        connection.watch(self._manager, STRUCTURE_NOTIFY)
        self._ask(connection.root, self._active)
        self._settle(patience)

    def fileno(self) -> int:
        return self._connection.fileno()

    def due(self) -> float | None:
        return self._focus.due()

    def observe(self) -> Sequence[Observation]:
        self._hear()
        return self._focus.take()

    def close(self) -> None:
        self._connection.close()

    def _window_manager(self) -> int:
        """Return the window that the window manager shows as proof of being there."""
        shown = self._now(self._connection.root, self._check)
        if not shown or self._now(shown, self._check) != shown:
            raise CannotBind(
                reason="No window manager tells which window is in use (EWMH)",
                next_step="Start a window manager or desktop, then this again",
            )
        return shown

    def _now(self, window: int, atom: int) -> int:
        question = self._connection.ask(window, atom, 4)
        return _number(self._connection.answers(question)[question])

    def _settle(self, patience: float) -> None:
        """Wait until the present state is known, so that the first observation can tell it."""
        latest = time.monotonic() + patience
        while self._questions:
            left = latest - time.monotonic()
            if left <= 0:
                raise SourceLost(reason="The X server does not answer")
            select.select([self._connection], [], [], min(left, 0.1))
            self._hear()

    def _hear(self) -> None:
        for told in self._connection.read():
            if isinstance(told, Notice):
                self._noticed(told.window, told.atom)
            elif (asked := self._questions.pop(told.question, None)) is not None:
                self._answered(asked[0], asked[1], told.value)
                self._tell_when_known()

    def _noticed(self, window: int, atom: int | None) -> None:
        root = self._connection.root
        if atom is None and window == self._manager:
            # It may have been killed and have left its last word behind, which nobody keeps true any more.
            self._manager = 0
            self._since = self._focus.clock.now()
            self._turn_to(0)
        elif window == root and atom in (self._active, self._check):
            self._since = self._focus.clock.now()
            self._ask(root, atom)
        elif window == self._window and atom in (*self._of_title, *self._of_identity):
            self._since = self._focus.clock.now()
            self._ask(window, atom)

    def _ask(self, window: int, atom: int) -> None:
        if (window, atom) in self._questions.values():
            self._again.add((window, atom))
        else:
            self._questions[self._connection.ask(window, atom, LONGEST)] = window, atom

    def _answered(self, window: int, atom: int, value: bytes | None) -> None:
        root = self._connection.root
        if (window, atom) in self._again and window in (root, self._window):
            self._again.discard((window, atom))
            self._ask(window, atom)
        elif window == root and atom == self._check:
            self._managed_by(_number(value))
        elif window == root:
            self._turn_to(_number(value) if self._manager else 0)
        elif window == self._window:
            self._read[atom] = value
            self._unsaid = True

    def _managed_by(self, manager: int) -> None:
        """Follow another window manager, which may have taken over from one that died."""
        self._manager = manager
        if manager:
            self._connection.watch(manager, STRUCTURE_NOTIFY)
        self._ask(self._connection.root, self._active)

    def _turn_to(self, window: int) -> None:
        if window == self._window and window:
            return
        if self._window:
            self._connection.watch(self._window, 0)
        self._window, self._read, self._unsaid = window, {}, False
        self._again.clear()
        if not window:
            self._focus.on(None, self._since)
            return
        # First listen, then look: what changes in between is asked after again.
        self._connection.watch(window, PROPERTY_CHANGE)
        for atom in (*self._of_title, *self._of_identity):
            self._ask(window, atom)

    def _tell_when_known(self) -> None:
        if not self._unsaid or any(window == self._window for window, _ in self._questions.values()):
            return
        self._unsaid = False
        # A window that is gone has no property at all; the window manager is about to say what follows it.
        if any(value is not None for value in self._read.values()):
            self._focus.on(self._described(), self._since)

    def _described(self) -> Window | None:
        net_title, title = (_text(self._read.get(atom)) for atom in self._of_title)
        kde, gtk, wm_class, pid, kind = (self._read.get(atom) for atom in self._of_identity)
        if _number(kind) == self._desktop:
            return None
        clues = Clues(desktop=_text(kde) or _text(gtk), wm_class=_class(wm_class))
        if clues.desktop is None and clues.wm_class is None:
            clues = clues_of(_number(pid))
        return a_window(clues, net_title or title)


def _number(value: bytes | None) -> int:
    return int(struct.unpack("=I", value[:4])[0]) if value is not None and len(value) >= 4 else 0


def _text(value: bytes | None) -> str | None:
    """Read a text as it should be, or else as it was in the old days."""
    if not value:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError as fault:
        # A title that was cut in the middle of a character is still of the new kind.
        cut = fault.start >= len(value) - 3
        return value.decode("utf-8", "ignore") if cut else value.decode("latin-1")


def _class(value: bytes | None) -> str | None:
    """Return the class of WM_CLASS, which is the second of its two words, or the only one."""
    words = [word for word in (value or b"").split(b"\0") if word]
    return _text(words[1] if len(words) > 1 else words[0]) if words else None
