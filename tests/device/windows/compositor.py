"""The other end of a Wayland connection, which says what a test wants."""

from __future__ import annotations

import socket
import struct
from typing import Self

from hourloom.device.wayland import HEADER, Connection

REGISTRY, FIRST_SYNC = 2, 3


class Compositor:
    """Offers globals; the numbers of objects are those that the client gives: 2 and 3 first, then 4, 5, …"""

    def __init__(self, *offered: tuple[str, int]) -> None:
        self.theirs, self._ours = socket.socketpair()
        for number, (name, version) in enumerate(offered):
            self.send(REGISTRY, 0, "usu", number, name, version)
        self.answer_sync(FIRST_SYNC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ours.close()
        self.theirs.close()

    def connection(self, patience: float = 30.0) -> Connection:
        return Connection(self.theirs, patience)

    def answer_sync(self, callback: int) -> None:
        self.send(callback, 0, "u", 1)

    def send(self, to: int, opcode: int, signature: str = "", *arguments: int | str | bytes) -> None:
        body = b""
        for letter, argument in zip(signature, arguments, strict=True):
            if letter == "s":
                raw = str(argument).encode() + b"\0"
                body += struct.pack("=I", len(raw)) + raw + bytes(-len(raw) % 4)
            elif isinstance(argument, bytes):
                body += struct.pack("=I", len(argument)) + argument + bytes(-len(argument) % 4)
            else:
                body += struct.pack("=I", argument)
        self.write(HEADER.pack(to, (8 + len(body)) << 16 | opcode) + body)

    def write(self, raw: bytes) -> None:
        self._ours.sendall(raw)

    def hang_up(self) -> None:
        self._ours.close()
