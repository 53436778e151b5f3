"""Input, locks and sleep on Windows: GetLastInputInfo, and a hidden window that the system tells of the rest.

Untried: there is no such computer here. What it decides by is in `word_of`, which is tested.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from hourloom.device.ports import CannotBind, SourceLost

WM_CLOSE, WM_DESTROY, WM_ENDSESSION = 0x0010, 0x0002, 0x0016
WM_POWERBROADCAST, WM_WTSSESSION_CHANGE = 0x0218, 0x02B1
SUSPENDS, RESUMES_BY_ITSELF, RESUMES = 0x4, 0x12, 0x7
CONSOLE_DISCONNECTED, REMOTE_DISCONNECTED, LOGGED_OFF, LOCKS, UNLOCKS = 0x2, 0x4, 0x6, 0x7, 0x8
CONSOLE_CONNECTED, REMOTE_CONNECTED = 0x1, 0x3
THIS_SESSION = 0
OPENING = 5.0
MOST_WORDS = 100


def word_of(message: int, parameter: int) -> str | None:
    """Return what a message says of the session, or None if nothing."""
    if message == WM_POWERBROADCAST:
        return {SUSPENDS: "asleep", RESUMES_BY_ITSELF: "awake", RESUMES: "awake"}.get(parameter)
    if message == WM_WTSSESSION_CHANGE:
        if parameter in (LOCKS, CONSOLE_DISCONNECTED, REMOTE_DISCONNECTED, LOGGED_OFF):
            return "locked"
        # Whoever connects anew to a locked session unlocks it next, and that is told.
        return "unlocked" if parameter == UNLOCKS else None
    return None


class LastInput(ctypes.Structure):
    """LASTINPUTINFO."""

    _fields_ = (("size", ctypes.c_uint32), ("ticks", ctypes.c_uint32))


class WindowsCalls:
    """user32, kernel32 and wtsapi32."""

    def __init__(self, platform: str = sys.platform, dll: Callable[[str], Any] | None = None) -> None:
        self._platform = platform
        self._dll = dll or (lambda name: ctypes.WinDLL(name, use_last_error=True))  # type: ignore[attr-defined,unused-ignore]
        self._words: deque[str] = deque(maxlen=MOST_WORDS)
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._window = 0
        self._opened = threading.Event()

    def open(self) -> None:
        if self._platform != "win32":
            self.close()
            raise CannotBind(reason="This is not Windows", next_step="Nothing needs to be done")
        self._user, self._kernel = self._dll("user32"), self._dll("kernel32")
        self._sessions = self._dll("wtsapi32")
        threading.Thread(target=self._listen, name="away", daemon=True).start()
        if not self._opened.wait(OPENING) or not self._window:
            self.close()
            raise CannotBind(
                reason="Windows gives no window for its messages",
                next_step="Start this from within your desktop",
            )

    def idle(self) -> float:
        info = LastInput(ctypes.sizeof(LastInput), 0)
        if not self._user.GetLastInputInfo(ctypes.byref(info)):
            raise SourceLost(reason="Windows does not tell of input any more")
        # Both count milliseconds in 32 bits, and begin again after 49 days.
        return ((int(self._kernel.GetTickCount()) - int(info.ticks)) & 0xFFFF_FFFF) / 1000

    def session(self) -> Sequence[str]:
        with contextlib.suppress(BlockingIOError):
            self._ours.recv(4096)
        words = []
        while self._words:
            words.append(self._words.popleft())
        return words

    def fileno(self) -> int:
        return self._ours.fileno()

    def close(self) -> None:
        window, self._window = self._window, 0
        if window:
            self._user.PostMessageW(ctypes.c_void_p(window), WM_CLOSE, 0, 0)
        self._ours.close()
        self._theirs.close()

    def heard(self, message: int, parameter: int) -> None:
        """Take a message, on the thread of the window."""
        word = word_of(message, parameter)
        if word is not None:
            self._words.append(word)
            with contextlib.suppress(OSError):
                self._theirs.send(b"!")

    def _listen(self) -> None:
        """Make the hidden window and give it its messages until it is closed.

        It is no message-only window, since those are not told of sleep.
        """
        pointer, word = ctypes.c_void_p, ctypes.c_size_t
        kind = ctypes.WINFUNCTYPE(ctypes.c_ssize_t, pointer, ctypes.c_uint, word, ctypes.c_ssize_t)  # type: ignore[attr-defined,unused-ignore]
        default = self._user.DefWindowProcW
        default.argtypes, default.restype = (pointer, ctypes.c_uint, word, ctypes.c_ssize_t), ctypes.c_ssize_t

        def proceed(window: int, message: int, parameter: int, more: int) -> int:
            self.heard(message, parameter)
            if message == WM_DESTROY:
                self._user.PostQuitMessage(0)
                return 0
            return int(default(window, message, parameter, more))

        class WindowClass(ctypes.Structure):
            _fields_ = (
                ("style", ctypes.c_uint),
                ("procedure", kind),
                ("class_extra", ctypes.c_int),
                ("window_extra", ctypes.c_int),
                ("instance", pointer),
                ("icon", pointer),
                ("cursor", pointer),
                ("background", pointer),
                ("menu", ctypes.c_wchar_p),
                ("name", ctypes.c_wchar_p),
            )

        module = self._kernel.GetModuleHandleW
        module.restype = pointer
        name = f"HourloomAway{id(self)}"
        procedure = kind(proceed)
        described = WindowClass(procedure=procedure, instance=module(None), name=name)
        create = self._user.CreateWindowExW
        create.restype = pointer
        create.argtypes = (
            [ctypes.c_uint, ctypes.c_wchar_p, ctypes.c_wchar_p, ctypes.c_uint]
            + [ctypes.c_int] * 4
            + [pointer] * 4
        )
        if self._user.RegisterClassW(ctypes.byref(described)):
            self._window = create(0, name, name, 0, 0, 0, 0, 0, None, None, described.instance, None) or 0
        if self._window:
            self._sessions.WTSRegisterSessionNotification(pointer(self._window), THIS_SESSION)
        self._opened.set()
        message = (ctypes.c_byte * 64)()
        while self._window and self._user.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            self._user.DispatchMessageW(ctypes.byref(message))
