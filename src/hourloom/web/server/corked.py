"""Writing a response's head and body at once: one system call, one packet, never a head without its body."""

from __future__ import annotations

import asyncio

_COPIED_UP_TO = 64 * 1024


class Corked:
    """What an answer is written to: holds the first piece until the second, or until the loop turns."""

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def write(self, piece: bytes) -> None:
        if not self._held:
            self._held = piece
            self._loop.call_soon(self.flush)
        elif len(piece) > _COPIED_UP_TO:
            self.flush()
            self._transport.write(piece)
        else:
            self._held += piece
            self.flush()

    def flush(self) -> None:
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():
            self._transport.write(held)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self.flush()
        self._transport.close()
