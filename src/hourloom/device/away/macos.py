"""Input and locks on macOS, from the window server's own counters: no permission is needed for them.

Sleep is seen in the clocks, of which one stands still meanwhile. Untried: there is no such computer here.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Callable, Sequence
from typing import Any

from hourloom.device.ports import CannotBind, SourceLost

ANY_INPUT = 0xFFFFFFFF
COMBINED_SESSION_STATE = 0
UTF8 = 0x08000100
LOCKED = b"CGSSessionScreenIsLocked"


class MacCalls:
    """CoreGraphics and CoreFoundation."""

    def __init__(self, platform: str = sys.platform) -> None:
        self._platform = platform
        self._locked: bool | None = None
        self._since: Callable[..., Any]
        self._session: Callable[..., Any]
        self._value: Callable[..., Any]
        self._is_true: Callable[..., Any]
        self._release: Callable[..., Any]

    def open(self) -> None:
        if self._platform != "darwin":
            raise CannotBind(reason="This is not macOS", next_step="Nothing needs to be done")
        try:
            self._graphics = ctypes.CDLL("/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics")
            self._foundation = ctypes.CDLL(
                "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
            )
            self._declare()
        except (OSError, AttributeError):
            raise CannotBind(
                reason="macOS does not tell of input", next_step="Update macOS to 10.15 or later"
            ) from None

    def _declare(self) -> None:
        """Say what the functions take and return: pointers are cut off otherwise."""
        graphics, foundation, pointer = self._graphics, self._foundation, ctypes.c_void_p
        event_kind = [ctypes.c_int32, ctypes.c_uint32]
        self._since = _as(graphics.CGEventSourceSecondsSinceLastEventType, event_kind, ctypes.c_double)
        self._session = _as(graphics.CGSessionCopyCurrentDictionary, [], pointer)
        text = [pointer, ctypes.c_char_p, ctypes.c_uint32]
        self._key = _as(foundation.CFStringCreateWithCString, text, pointer)(None, LOCKED, UTF8)
        self._value = _as(foundation.CFDictionaryGetValue, [pointer, pointer], pointer)
        self._is_true = _as(foundation.CFBooleanGetValue, [pointer], ctypes.c_ubyte)
        self._release = _as(foundation.CFRelease, [pointer], None)

    def idle(self) -> float:
        return float(self._since(COMBINED_SESSION_STATE, ANY_INPUT))

    def session(self) -> Sequence[str]:
        dictionary = self._session()
        if not dictionary:
            raise SourceLost(reason="The window server of macOS has ended")
        try:
            value = self._value(dictionary, self._key)
            locked = bool(value) and bool(self._is_true(value))
        finally:
            self._release(dictionary)
        if locked == self._locked:
            return []
        self._locked = locked
        return ["locked" if locked else "unlocked"]

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        pass


def _as(function: Any, takes: list[Any], gives: Any) -> Callable[..., Any]:
    function.argtypes, function.restype = takes, gives
    typed: Callable[..., Any] = function
    return typed
