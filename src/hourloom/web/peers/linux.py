"""Who owns a TCP socket on Linux: asked by netlink, read from /proc where netlink is refused."""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache

from hourloom.web.peers.addresses import MAPPED
from hourloom.web.peers.sockets import LISTEN, TcpSocket, Tuple4

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_ERROR, _DONE = 2, 3
_REQUEST, _DUMP = 0x1, 0x300
_HEADER = struct.Struct("=IHHII")
_ANY_COOKIE = b"\xff" * 8
_EVERY_STATE = 0xFFFFFFFF


class NetlinkRefused(Exception):
    """The kernel does not answer questions about sockets."""


class Netlink:
    """One lasting netlink socket; each question is answered before the send returns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG)
            self._socket.bind((0, 0))
            self._socket.settimeout(0.2)
            list(self.dump(socket.AF_INET, port=0, states=0))
        except OSError as refusal:
            raise NetlinkRefused from refusal

    def find(self, ends: Tuple4) -> TcpSocket | None:
        """Return the socket with exactly these ends."""
        family = socket.AF_INET if ends.host.startswith(MAPPED) else socket.AF_INET6
        query = _query(family, _EVERY_STATE, _socket_id(family, ends))
        try:
            found = list(self._ask(query, _REQUEST))
        except FileNotFoundError:
            return None
        # The kernel falls back to a listener on the port when the connection is gone.
        return next((each for each in found if each.ends == ends), None)

    def dump(self, family: int, port: int, states: int) -> Iterable[TcpSocket]:
        """Return the sockets of a family in some states, on one local port unless it is 0."""
        identity = struct.pack("!HH", port, 0) + bytes(36) + _ANY_COOKIE
        return self._ask(_query(family, states, identity), _REQUEST | _DUMP)

    def _ask(self, query: bytes, flags: int) -> list[TcpSocket]:
        message = _HEADER.pack(16 + len(query), _SOCK_DIAG_BY_FAMILY, flags, 1, 0) + query
        with self._lock:
            self._socket.send(message)
            found: list[TcpSocket] = []
            while True:
                for kind, body in _messages(self._socket.recv(65536)):
                    if kind == _DONE:
                        return found
                    if kind == _ERROR:
                        _raise_error(body)
                        return found
                    found.append(_parsed(body))
                if not flags & _DUMP:
                    return found


def _query(family: int, states: int, identity: bytes) -> bytes:
    return struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, states) + identity


def _socket_id(family: int, ends: Tuple4) -> bytes:
    def address(host: bytes) -> bytes:
        return host[12:].ljust(16, b"\0") if family == socket.AF_INET else host

    ports = struct.pack("!HH", ends.port, ends.other_port)
    return ports + address(ends.host) + address(ends.other_host) + bytes(4) + _ANY_COOKIE


def _messages(received: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 16 <= len(received):
        length, kind, *_ = _HEADER.unpack_from(received, at)
        yield kind, received[at + 16 : at + length]
        at += max(16, (length + 3) & ~3)


def _raise_error(body: bytes) -> None:
    code = -struct.unpack_from("=i", body)[0]
    if code:
        raise OSError(code, os.strerror(code))


def _parsed(body: bytes) -> TcpSocket:
    family, state = body[0], body[1]
    port, other_port = struct.unpack_from("!HH", body, 4)
    host, other_host = body[8:24], body[24:40]
    if family == socket.AF_INET:
        host, other_host = MAPPED + host[:4], MAPPED + other_host[:4]
    uid, inode = struct.unpack_from("=II", body, 64)
    return TcpSocket(Tuple4(host, port, other_host, other_port), state, uid, inode)


@lru_cache(maxsize=1)
def _netlink() -> Netlink | None:
    try:
        return Netlink()
    except NetlinkRefused:
        return None


# A forked child would read its parent's answers from the shared socket.
os.register_at_fork(after_in_child=_netlink.cache_clear)


def find(ends: Tuple4) -> TcpSocket | None:
    """Return the socket with exactly these ends, or None."""
    netlink = _netlink()
    if netlink is None:
        return next((each for each in in_proc() if each.ends == ends), None)
    try:
        return netlink.find(ends)
    except OSError:
        _netlink.cache_clear()
        return None


def listeners(port: int) -> list[TcpSocket]:
    """Return the sockets that listen on a port."""
    netlink = _netlink()
    if netlink is None:
        return [each for each in in_proc() if each.state == LISTEN and each.ends.port == port]
    try:
        families = (socket.AF_INET, socket.AF_INET6)
        return [each for family in families for each in netlink.dump(family, port, 1 << LISTEN)]
    except OSError:
        _netlink.cache_clear()
        return []


def in_proc() -> Iterator[TcpSocket]:
    """Read the kernel's text tables of TCP sockets."""
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/net/{name}", encoding="ascii") as table:
                next(table)
                for line in table:
                    yield _parsed_line(line.split())
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EACCES):
                raise


def _parsed_line(words: list[str]) -> TcpSocket:
    host, port = _parsed_end(words[1])
    other_host, other_port = _parsed_end(words[2])
    ends = Tuple4(host, port, other_host, other_port)
    return TcpSocket(ends, int(words[3], 16), int(words[7]), int(words[9]))


def _parsed_end(text: str) -> tuple[bytes, int]:
    """Read ADDRESS:PORT; the address is printed as 32-bit words in the machine's own order."""
    digits, port = text.split(":")
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    address = struct.pack(f"={len(words)}I", *words)
    return (address if len(address) == 16 else MAPPED + address), int(port, 16)


@lru_cache(maxsize=1)
def unmapped_uid() -> int | None:
    """Return the uid that stands for every user unknown in this user namespace; None outside of one."""
    try:
        with open("/proc/self/uid_map", encoding="ascii") as mapping:
            if mapping.read().split() == ["0", "0", "4294967295"]:
                return None
        with open("/proc/sys/kernel/overflowuid", encoding="ascii") as overflow:
            return int(overflow.read())
    except (OSError, ValueError):
        return None


def pid_of_inode(inode: int) -> int | None:
    """Return a process that holds a socket, as far as /proc may be read."""
    wanted = f"socket:[{inode}]"
    for pid in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - names are all that is wanted
        descriptors = f"/proc/{pid}/fd"
        try:
            for descriptor in os.listdir(descriptors):  # noqa: PTH208
                if os.readlink(f"{descriptors}/{descriptor}") == wanted:  # noqa: PTH115
                    return int(pid)
        except OSError:
            continue
    return None
