"""A socket in a private directory, by which commands ask the running program: one line, one answer."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError, Refused, Unavailable
from hourloom.device.loop import Loop
from hourloom.web.peers import own_uid, uid_of_unix_peer, unix_address

LARGEST_QUESTION, LARGEST_ANSWER = 4_096, 16 * 1024 * 1024
MOST_AT_ONCE = 8
PATIENCE = 5.0


class DeviceNotRunning(Unavailable):
    """No device program runs here; `hourloom up` or `hourloom device` starts one."""


class DeviceRefused(Refused):
    """{sentence}."""


class Question(msgspec.Struct, omit_defaults=True):
    """What is asked of the program."""

    do: str
    argument: str = ""


class Reply(msgspec.Struct, omit_defaults=True):
    """What it answers."""

    answer: msgspec.Raw = msgspec.Raw(b"null")
    refused: str = ""


Acts = Mapping[str, Callable[[str], object]]


class Control:
    """Answers questions of this user's programs within the loop."""

    def __init__(self, path: Path, loop: Loop, acts: Acts) -> None:
        self._path, self._loop, self._acts = path, loop, acts
        self._asking: dict[int, tuple[socket.socket, bytearray, float]] = {}
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        path.unlink(missing_ok=True)
        with unix_address(path) as address:
            self._listener.bind(address)
        path.chmod(0o600)
        self._listener.listen(MOST_AT_ONCE)
        loop.wait_for(self._listener.fileno(), self._accept)
        loop.chores.append(self._drop_late)

    def close(self) -> None:
        """Stop answering."""
        for descriptor in list(self._asking):
            self._drop(descriptor)
        self._loop.forget(self._listener.fileno())
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            if uid_of_unix_peer(connection) not in (own_uid(), 0):
                connection.close()
                return
            if len(self._asking) >= MOST_AT_ONCE:
                # Who has asked nothing for longest makes room.
                self._drop(next(iter(self._asking)))
            connection.setblocking(False)
            descriptor = connection.fileno()
            self._asking[descriptor] = (connection, bytearray(), time.monotonic() + PATIENCE)
            self._loop.wait_for(descriptor, lambda: self._read(descriptor))

    def _read(self, descriptor: int) -> None:
        connection, said, _ = self._asking[descriptor]
        try:
            piece = connection.recv(LARGEST_QUESTION)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        said += piece
        if piece and b"\n" not in said and len(said) <= LARGEST_QUESTION:
            return
        if b"\n" in said:
            # Who asks reads at once, and an answer that does not fit into the socket is waited for a moment.
            connection.settimeout(PATIENCE / 5)
            with contextlib.suppress(OSError):
                connection.sendall(self._answer(bytes(said)) + b"\n")
        self._drop(descriptor)

    def _answer(self, said: bytes) -> bytes:
        try:
            question = decode(said.partition(b"\n")[0], Question)
            act = self._acts[question.do]
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError):
            return msgspec.json.encode(Reply(refused="The device program does not understand; update both."))
        try:
            return msgspec.json.encode(Reply(msgspec.Raw(msgspec.json.encode(act(question.argument)))))
        except HourloomError as error:
            return msgspec.json.encode(Reply(refused=error.message))

    def _drop_late(self) -> float | None:
        now = time.monotonic()
        for descriptor, (_, _, until) in list(self._asking.items()):
            if until <= now:
                self._drop(descriptor)
        return min((until - now for _, _, until in self._asking.values()), default=None)

    def _drop(self, descriptor: int) -> None:
        connection, _, _ = self._asking.pop(descriptor)
        self._loop.forget(descriptor)
        connection.close()


def ask(path: Path, do: str, argument: str = "") -> msgspec.Raw:
    """Ask the running program; raise DeviceNotRunning when none answers."""
    if not hasattr(socket, "AF_UNIX"):
        raise DeviceNotRunning
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        try:
            with unix_address(path) as address:
                connection.connect(address)
            if uid_of_unix_peer(connection) not in (own_uid(), 0):
                raise DeviceNotRunning
            connection.sendall(msgspec.json.encode(Question(do, argument)) + b"\n")
            said = bytearray()
            while (piece := connection.recv(65536)) and len(said) < LARGEST_ANSWER:
                said += piece
            reply = decode(bytes(said), Reply)
        except (OSError, msgspec.MsgspecError):
            raise DeviceNotRunning from None
    if reply.refused:
        raise DeviceRefused(sentence=reply.refused.rstrip("."))
    return reply.answer
