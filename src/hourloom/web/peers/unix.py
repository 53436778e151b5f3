"""Unix sockets: who is at the other end, and paths longer than an address may be."""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ADDRESS_LIMIT = 103
_LOCAL_PEERCRED = 0x001
_NOBODY_THERE = 0xFFFFFFFF


def uid_of_unix_peer(sock: socket.socket) -> int | None:
    """Return the uid at the other end of a connected Unix socket, as it was when it connected or listened."""
    uid = _uid(sock)
    return None if uid == _NOBODY_THERE else uid


def _uid(sock: socket.socket) -> int | None:
    try:
        if sys.platform == "linux":
            credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            return int(struct.unpack("=iII", credentials)[1])
        if sys.platform == "darwin":
            # Level 0 is SOL_LOCAL; the answer is `struct xucred`: version, uid, groups.
            return int(struct.unpack_from("=II", sock.getsockopt(0, _LOCAL_PEERCRED, 76))[1])
    except (OSError, struct.error):
        return None
    return None


@contextmanager
def unix_address(path: Path) -> Iterator[str]:
    """Give an address for a socket file that fits the kernel's 108 bytes however deep the file lies."""
    if len(os.fsencode(path)) <= _ADDRESS_LIMIT or sys.platform != "linux":
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
