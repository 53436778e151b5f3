"""What conversations over a local socket have in common: they never wait, and what piles up is bounded."""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from hourloom.device.ports import SourceLost

Heard = TypeVar("Heard")

PIECE = 64 * 1024
PIECES_AT_ONCE = 16
"""What is read before others get their turn: the rest stays with the system until the next call."""
UNSENT = 64 * 1024


def runtime_directory(environment: Mapping[str, str]) -> Path | None:
    """Return where the sockets of this login are, whether or not the environment says so."""
    if stated := environment.get("XDG_RUNTIME_DIR"):
        return Path(stated)
    if sys.platform == "win32":
        return None
    usual = Path("/run/user") / str(os.geteuid())
    return usual if usual.is_dir() else None


class Link:
    """A connected socket with what is still to be sent over it and what has arrived but is not whole yet."""

    def __init__(self, connected: socket.socket, other_end: str, unsent: int = UNSENT) -> None:
        """Take over a socket; `other_end` is what errors call the program there, `unsent` is in bytes."""
        connected.setblocking(False)
        self._socket, self._other_end, self.most_unsent = connected, other_end, unsent
        self._unsent = bytearray()
        self.received = bytearray()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when something arrives."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def peer(self) -> int | None:
        """Return the process at the other end where the system tells it."""
        if not hasattr(socket, "SO_PEERCRED"):
            return None
        raw = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return int(struct.unpack("=iII", raw)[0])

    @property
    def waits_to_send(self) -> bool:
        """Return whether something is still to be sent."""
        return bool(self._unsent)

    def send(self, raw: bytes) -> None:
        """Send now what the socket takes, and the rest by and by; raises SourceLost if nobody reads it."""
        self._unsent += raw
        self.flush()

    def flush(self) -> None:
        """Send more of what is still to be sent."""
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
        except BlockingIOError:
            if len(self._unsent) > self.most_unsent:
                raise SourceLost(reason=f"{self._other_end} reads nothing any more") from None
        except OSError:
            # What the other end said last may be why it went, and that is still to be read.
            self._unsent.clear()

    def take_in(
        self, understood: Callable[[], Iterable[Heard]], receive: Callable[[], bytes] | None = None
    ) -> list[Heard]:
        """Add to `received` what has arrived and return what is understood of it.

        Raises SourceLost when the other end is gone and said nothing before. `receive` reads from the socket
        in another way.
        """
        heard: list[Heard] = []
        for _ in range(PIECES_AT_ONCE):
            try:
                piece = self.receive() if receive is None else receive()
            except BlockingIOError:
                return heard
            except OSError:
                piece = b""
            if not piece:
                break
            self.received += piece
            heard += understood()
        else:
            return heard
        if not heard:
            raise SourceLost(reason=f"{self._other_end} has ended")
        return heard

    def exactly(self, size: int, latest: float) -> bytes:
        """Wait for so many bytes and take them off; raises SourceLost if they do not come in time."""
        while len(self.received) < size:
            self.wait(latest)
            # Every piece counts as heard: the end shows when another one is wanted and none is there.
            self.take_in(lambda: (None,))
        taken = bytes(self.received[:size])
        del self.received[:size]
        return taken

    def receive(self) -> bytes:
        """Return the next piece; none is left when the other end is gone."""
        return self._socket.recv(PIECE)

    def wait(self, latest: float) -> None:
        """Wait for something to arrive, until an instant of the monotonic clock; raises SourceLost then."""
        left = latest - time.monotonic()
        if left <= 0 or not select.select([self], [], [], left)[0]:
            raise SourceLost(reason=f"{self._other_end} does not answer")
