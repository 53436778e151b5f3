"""The calls of Microsoft Windows that the window watcher needs, through ctypes."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from typing import Any

from hourloom.device.windows.app import LONGEST_TITLE

FOREGROUND_CHANGED, NAME_CHANGED = 0x0003, 0x800C
FROM_OUTSIDE_WITHOUT_US = 0x0000 | 0x0002
THE_WINDOW_ITSELF = 0
QUIT = 0x0012
LIMITED_INFORMATION = 0x1000
LONGEST_PATH = 32_768
MOST_CHILDREN = 200


class Calls:
    """Win32 by ctypes; exists on Windows alone."""

    def __init__(self) -> None:
        self._user: Any = ctypes.WinDLL("user32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
        self._kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
        self._thread = 0
        self._stopping = threading.Event()
        self._declare()

    def listen(self, ready: Callable[[bool], None], changed: Callable[[int], None]) -> None:
        """Set the hooks and turn the thread's queue of messages, through which Windows calls them."""

        def told(_hook: int, _event: int, window: int | None, kind: int, *_: int) -> None:
            if window and kind == THE_WINDOW_ITSELF:
                changed(window)

        callback = self._hook_type(told)
        message = ctypes.create_string_buffer(64)
        # Asking for a message makes the queue, without which the message that ends this would be lost.
        self._user.PeekMessageW(message, None, 0, 0, 0)
        self._thread = self._kernel.GetCurrentThreadId()
        hooks = [
            self._user.SetWinEventHook(event, event, None, callback, 0, 0, FROM_OUTSIDE_WITHOUT_US)
            for event in (FOREGROUND_CHANGED, NAME_CHANGED)
        ]
        ready(all(hooks))
        try:
            while all(hooks) and not self._stopping.is_set():
                if self._user.GetMessageW(message, None, 0, 0) <= 0:
                    break
                self._user.DispatchMessageW(message)
        finally:
            for hook in filter(None, hooks):
                self._user.UnhookWinEvent(hook)

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._user.PostThreadMessageW(self._thread, QUIT, 0, 0)

    def foreground(self) -> int:
        return int(self._user.GetForegroundWindow() or 0)

    def title(self, window: int) -> str:
        # Of another program's window this reads what the system keeps, and never waits for that program.
        text = ctypes.create_unicode_buffer(2 * LONGEST_TITLE)
        self._user.GetWindowTextW(window, text, len(text))
        return text.value

    def kind(self, window: int) -> str:
        text = ctypes.create_unicode_buffer(256)
        self._user.GetClassNameW(window, text, len(text))
        return text.value

    def process(self, window: int) -> int:
        number = ctypes.c_uint32()
        self._user.GetWindowThreadProcessId(window, ctypes.byref(number))
        return number.value

    def children(self, window: int) -> Sequence[int]:
        found: list[int] = []

        def each(child: int, _: int) -> bool:
            found.append(child)
            return len(found) < MOST_CHILDREN

        self._user.EnumChildWindows(window, self._child_type(each), 0)
        return found

    def program(self, process: int) -> str | None:
        handle = self._kernel.OpenProcess(LIMITED_INFORMATION, 0, process)
        if not handle:
            return None
        try:
            text = ctypes.create_unicode_buffer(LONGEST_PATH)
            size = ctypes.c_uint32(len(text))
            known = self._kernel.QueryFullProcessImageNameW(handle, 0, text, ctypes.byref(size))
            return text.value if known else None
        finally:
            self._kernel.CloseHandle(handle)

    def _declare(self) -> None:
        """State what the functions take and give: handles are as long as pointers."""
        handle, number = ctypes.c_void_p, ctypes.c_uint32
        make: Any = ctypes.WINFUNCTYPE  # type: ignore[attr-defined,unused-ignore]
        long = ctypes.c_int32
        self._hook_type: Any = make(None, handle, number, handle, long, long, number, number)
        self._child_type: Any = make(ctypes.c_int, handle, handle)
        user, kernel = self._user, self._kernel
        user.SetWinEventHook.argtypes = [number, number, handle, self._hook_type, number, number, number]
        user.SetWinEventHook.restype = handle
        user.UnhookWinEvent.argtypes = [handle]
        user.PeekMessageW.argtypes = [handle, handle, number, number, number]
        user.GetMessageW.argtypes = [handle, handle, number, number]
        user.DispatchMessageW.argtypes = [handle]
        user.PostThreadMessageW.argtypes = [number, number, handle, handle]
        user.GetForegroundWindow.restype = handle
        user.GetWindowTextW.argtypes = [handle, ctypes.c_wchar_p, ctypes.c_int]
        user.GetClassNameW.argtypes = [handle, ctypes.c_wchar_p, ctypes.c_int]
        user.GetWindowThreadProcessId.argtypes = [handle, handle]
        user.EnumChildWindows.argtypes = [handle, self._child_type, handle]
        kernel.OpenProcess.argtypes = [number, ctypes.c_int, number]
        kernel.OpenProcess.restype = handle
        kernel.QueryFullProcessImageNameW.argtypes = [handle, number, ctypes.c_wchar_p, handle]
        kernel.CloseHandle.argtypes = [handle]
