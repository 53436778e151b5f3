"""A JSON document of any size, walked with a small window: values are cut out, not built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, NoReturn, TypeVar

import msgspec

from hourloom.core.decoding import decode
from hourloom.core.errors import Invalid

T = TypeVar("T")

WINDOW = 1 << 18
MAX_VALUE = 1 << 20
_MAX_DEPTH = 100_000

_BLANK = re.compile(rb"[ \t\n\r]*")
_STRUCTURE = re.compile(rb'["{}\[\]]')
_STRING_BODY = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR_END = re.compile(rb"[ \t\n\r,\]}]")
_BETWEEN_OBJECTS = re.compile(rb"\}[ \t\n\r]*,[ \t\n\r]*\{")
_CLOSING = {ord("{"): ord("}"), ord("["): ord("]")}
_TRIES = 16


class BrokenJson(Invalid):
    """{name} is damaged at byte {offset}: {reason}."""


class Scanner:
    """Walk a document forward; every method leaves the position behind what it took."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self._base = file.tell()
        self._window, self._at = b"", 0
        self._mark: int | None = None
        self._careful_until = 0

    @property
    def offset(self) -> int:
        """Return the byte offset of what comes next."""
        return self._base + self._at

    def fail(self, reason: str) -> NoReturn:
        """Say that the document is damaged here."""
        raise BrokenJson(name=self._name, offset=self.offset, reason=reason)

    def peek(self) -> bytes:
        """Return the next byte that is not blank, or nothing at the end."""
        while True:
            if blank := _BLANK.match(self._window, self._at):
                self._at = blank.end()
            if self._at < len(self._window) or not self._grow():
                return self._window[self._at : self._at + 1]

    def take(self, wanted: bytes) -> bool:
        """Step over this byte if it comes next."""
        if self.peek() != wanted:
            return False
        self._at += 1
        return True

    def need(self, wanted: bytes) -> None:
        """Step over this byte, which must come next."""
        if not self.take(wanted):
            self.fail(f"'{wanted.decode()}' is missing" if self.peek() else "the file is cut off")

    def members(self) -> Iterator[str]:
        """Yield the keys of an object; the value behind each is to be taken before the next."""
        self.need(b"{")
        if self.take(b"}"):
            return
        while True:
            yield self._key()
            if self.take(b"}"):
                return
            self.need(b",")

    def elements(self) -> Iterator[None]:
        """Yield once per element of an array; each is to be taken before the next."""
        self.need(b"[")
        if self.take(b"]"):
            return
        while True:
            yield None
            if self.take(b"]"):
                return
            self.need(b",")

    def value(self) -> bytes | None:
        """Cut out the next value, whatever it is; None if it is too large to hold."""
        first = self.peek()
        self._mark = self._at
        if first == b'"':
            self._at += 1
            self._skip_string()
        elif first in (b"{", b"["):
            self._skip_nested()
        else:
            self._skip_scalar()
        cut = self._unmark()
        return None if cut is None or self._at - cut > MAX_VALUE else self._window[cut : self._at]

    def run(self, decode: Callable[[bytes], T]) -> T | None:
        """Take many whole elements of an array at once, as a small array, if the decoder likes it.

        The window is cut where one object probably ends and another begins. A guess inside a string
        or inside another value leaves brackets open, so a strict decoder cannot accept a wrong one.
        """
        if self.offset < self._careful_until:
            return None
        if len(self._window) - self._at < WINDOW // 2:
            self._grow()
        if (end := self._last_boundary()) is None:
            return None
        try:
            taken = decode(b"[" + self._window[self._at : end] + b"]")
        except (msgspec.MsgspecError, ValueError, RecursionError, Invalid):
            self._careful_until = self._base + end
            return None
        self._at = end
        return taken

    def _last_boundary(self) -> int | None:
        end = len(self._window)
        for _ in range(_TRIES):
            end = self._window.rfind(b"}", self._at, end)
            if end < 0:
                return None
            if _BETWEEN_OBJECTS.match(self._window, end):
                return end + 1
        return None

    def _unmark(self) -> int | None:
        mark, self._mark = self._mark, None
        return mark

    def _key(self) -> str:
        if self.peek() != b'"':
            self.fail("a name in quotes is missing" if self.peek() else "the file is cut off")
        text = self.value()
        try:
            key = decode(text or b"", str)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            key = ""  # no field that matters has such a name
        self.need(b":")
        return key

    def _skip_string(self) -> None:
        while True:
            if body := _STRING_BODY.match(self._window, self._at):
                self._at = body.end()
            if self._window[self._at : self._at + 1] == b'"':
                self._at += 1
                return
            # Either nothing is left, or a backslash whose other half comes with the next window.
            self._need_more(len(self._window) - self._at + 1)

    def _skip_nested(self) -> None:
        open_brackets = bytearray()
        while True:
            mark = self._find(_STRUCTURE)
            if mark == ord('"'):
                self._skip_string()
            elif mark in _CLOSING:
                open_brackets.append(_CLOSING[mark])
                if len(open_brackets) > _MAX_DEPTH:
                    self.fail("it is nested too deep")
            elif open_brackets.pop() != mark:
                self.fail("the brackets do not match")
            if not open_brackets:
                return

    def _skip_scalar(self) -> None:
        begin = self.offset
        while not (end := _SCALAR_END.search(self._window, self._at)):
            self._at = len(self._window)
            if not self._grow():
                break
        self._at = end.start() if end else len(self._window)
        if self.offset == begin:
            self.fail("a value is missing" if self.peek() else "the file is cut off")

    def _find(self, pattern: re.Pattern[bytes]) -> int:
        while not (found := pattern.search(self._window, self._at)):
            self._at = len(self._window)
            self._need_more(1)
        self._at = found.end()
        return found[0][0]

    def _need_more(self, count: int) -> None:
        while len(self._window) - self._at < count:
            if not self._grow():
                self._at = len(self._window)
                self.fail("the file is cut off")

    def _grow(self) -> bool:
        chunk = self._file.read(WINDOW)
        if self._mark is not None and self._at - self._mark > MAX_VALUE:
            self._mark = None
        keep = self._at if self._mark is None else self._mark
        self._window = self._window[keep:] + chunk
        self._base += keep
        self._at -= keep
        self._mark = None if self._mark is None else 0
        return bool(chunk)
