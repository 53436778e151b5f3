"""Requests and their answers over raw sockets, kept open as long as the server allows."""

import json
import re
import socket
import time
from dataclasses import dataclass
from typing import NamedTuple

LARGEST_READ = 262_144


class Refused(Exception):
    """A server answered with something other than success."""


class Closed(Exception):
    """A server closed the connection before its answer was complete."""


class Answer(NamedTuple):
    """The status and the body of an answer, and the seconds it took."""

    status: int
    body: bytes
    seconds: float


@dataclass(frozen=True)
class Address:
    """Where requests go, and the token they carry."""

    port: int
    token: str | None = None

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Return the bytes of a request."""
        authorization = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        return (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{authorization}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def dial(self) -> socket.socket:
        """Open a connection."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=300)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


class Connection:
    """One connection that asks and waits; it is opened again when the server closes it after an answer."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._socket: socket.socket | None = None

    def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Send a request and return its answer, whatever its status."""
        return self.send(self._address.request(method, path, body))

    def send(self, request: bytes) -> Answer:
        """Send the bytes of a request and return its answer."""
        begun = time.perf_counter()
        if self._socket is None:
            self._socket = self._address.dial()
        self._socket.sendall(request)
        reader = Reader()
        while not reader.complete:
            reader.take(self._socket.recv(LARGEST_READ))
        seconds = time.perf_counter() - begun
        if reader.closes:
            self.close()
        return Answer(reader.status, reader.body, seconds)

    def get(self, path: str) -> Answer:
        """Ask for something that must be there."""
        return successful(self.ask("GET", path))

    def post(self, path: str, content: object) -> Answer:
        """Post a JSON value that must be accepted."""
        return successful(self.ask("POST", path, json.dumps(content).encode()))

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None


def successful(answer: Answer) -> Answer:
    """Return an answer that is a success or says that nothing had to change."""
    if answer.status not in {200, 201, 304}:
        raise Refused(f"{answer.status} {answer.body[:300]!r}")
    return answer


LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Reader:
    """Collects one answer from the pieces that arrive."""

    def __init__(self) -> None:
        self.status = 0
        self.closes = False
        self.complete = False
        self.body = b""
        self._buffer = bytearray()
        self._length: int | None = None
        self._chunked = False

    def take(self, piece: bytes) -> None:
        """Take the next piece; an empty one is the end of the connection."""
        self._buffer += piece
        if not self.status:
            self._read_head()
        if self.status:
            self._read_body(ended=not piece)
        if not piece and not self.complete:
            raise Closed

    def _read_head(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        del self._buffer[: end + 4]
        self.status = int(head[9:12])
        self.closes = b"\r\nconnection: close" in head
        self._chunked = b"\r\ntransfer-encoding: chunked" in head
        length = LENGTH.search(head)
        if self.status == 304:
            self._length = 0
        elif length:
            self._length = int(length[1])

    def _read_body(self, *, ended: bool) -> None:
        if self._chunked:
            self._read_chunks()
        elif self._length is None:
            self.complete = self.closes = ended
        else:
            self.complete = len(self._buffer) >= self._length
        if self.complete and not self.body:
            self.body = bytes(self._buffer)

    def _read_chunks(self) -> None:
        if not self._buffer.endswith(b"0\r\n\r\n"):
            return
        content, at = bytearray(), 0
        while at < len(self._buffer):
            line = self._buffer.index(b"\r\n", at)
            size = int(self._buffer[at:line].split(b";")[0], 16)
            content += self._buffer[line + 2 : line + 2 + size]
            at = line + 4 + size
            if size == 0:
                self.body, self.complete = bytes(content), True
                return
