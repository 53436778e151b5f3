"""Who is at the other end of a local connection."""

from __future__ import annotations

import os
import sys

from hourloom.web.peers.addresses import is_loopback, packed
from hourloom.web.peers.peer import Peer
from hourloom.web.peers.sockets import CONNECTED, TcpSocket, answers_for, ends_of
from hourloom.web.peers.unix import uid_of_unix_peer, unix_address

if sys.platform == "darwin":
    from hourloom.web.peers.macos import find, listeners
elif sys.platform == "win32":
    from hourloom.web.peers.windows import find, listeners
else:
    from hourloom.web.peers.linux import find, listeners

__all__ = [
    "Peer",
    "is_loopback",
    "own_uid",
    "pid_of_listener",
    "uid_of_listener",
    "uid_of_loopback_peer",
    "uid_of_loopback_server",
    "uid_of_unix_peer",
    "unix_address",
]

Address = tuple[str, int]


def own_uid() -> int:
    """Return the uid this process acts as; on Windows 0, which the look-ups there mean by "our own user"."""
    return 0 if sys.platform == "win32" else os.geteuid()


def uid_of_loopback_peer(client: Address, server: Address) -> int | None:
    """Return the uid that owns the client's socket of a TCP connection within this computer.

    None when it is not known: not loopback, closed meanwhile, or hidden by a namespace. Linux asks the
    kernel (sock_diag, else /proc/net); macOS (libproc) and Windows (its table) are written but untried.
    """
    if not (is_loopback(client[0]) and is_loopback(server[0])):
        return None
    return _holder(client, server)


def uid_of_loopback_server(client: Address, server: Address) -> int | None:
    """Return the uid of the program that serves an established loopback connection, before it is trusted.

    A connection that nobody has accepted yet belongs to the listener, which is asked for between two looks,
    so that a change of hands is not missed.
    """
    if not (is_loopback(client[0]) and is_loopback(server[0])):
        return None
    if _inode(server, client) == 0:
        listener = uid_of_listener(server[1], server[0])
        if _inode(server, client) == 0:
            return listener
    return _holder(server, client)


def uid_of_listener(port: int, host: str = "127.0.0.1") -> int | None:
    """Return the uid of whoever listens on a loopback port; None when nobody does or users share it."""
    owners = {_known(each.uid) for each in _listeners(port, host)}
    return owners.pop() if len(owners) == 1 else None


def pid_of_listener(port: int, host: str = "127.0.0.1") -> int | None:
    """Return a process that listens on a loopback port, where the system lets us see it."""
    if sys.platform != "linux":
        return None
    from hourloom.web.peers.linux import pid_of_inode  # noqa: PLC0415 - Linux

    found = _listeners(port, host)
    return pid_of_inode(found[0].inode) if found else None


def _listeners(port: int, host: str) -> list[TcpSocket]:
    address = packed(host)
    if address is None:
        return []
    return [each for each in listeners(port) if answers_for(each, address)]


def _holder(own: Address, other: Address) -> int | None:
    found = _find(own, other)
    if found is None or found.state not in CONNECTED or not found.inode:
        return None
    return _known(found.uid)


def _inode(own: Address, other: Address) -> int | None:
    found = _find(own, other)
    return found.inode if found is not None and found.state in CONNECTED else None


def _find(own: Address, other: Address) -> TcpSocket | None:
    ends = ends_of(own, other)
    return None if ends is None else find(ends)


def _known(uid: int) -> int | None:
    """Return the uid unless it is the one that stands for every user a namespace hides."""
    if sys.platform != "linux":
        return uid
    from hourloom.web.peers.linux import unmapped_uid  # noqa: PLC0415 - Linux

    return None if uid == unmapped_uid() else uid
