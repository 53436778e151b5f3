"""Who owns a TCP socket on Windows, by the system's table of connections; not yet tried there.

Windows has no numbers for users: a socket whose process runs as our own user counts as uid 0, which is
also what `own_uid` answers there; any other counts as uid 1.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
from collections.abc import Iterator

from hourloom.web.peers.addresses import MAPPED
from hourloom.web.peers.sockets import (
    CLOSE_WAIT,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LISTEN,
    TcpSocket,
    Tuple4,
)

OWN_UID, OTHER_UID = 0, 1

_ALL_WITH_PID = 5
_TOO_SMALL = 122
_QUERY_LIMITED = 0x1000
_TOKEN_QUERY = 0x8
_TOKEN_USER = 1
_STATES = {2: LISTEN, 5: ESTABLISHED, 6: FIN_WAIT_1, 7: FIN_WAIT_2, 8: CLOSE_WAIT}


def find(ends: Tuple4) -> TcpSocket | None:
    """Return the socket with exactly these ends, or None."""
    return next((_owned(each) for each in _table() if each.ends == ends), None)


def listeners(port: int) -> list[TcpSocket]:
    """Return the sockets that listen on a port."""
    found = [each for each in _table() if each.state == LISTEN and each.ends.port == port]
    return [_owned(each) for each in found]


def _owned(found: TcpSocket) -> TcpSocket:
    pid = found.inode
    own, other = _sid_of(None), _sid_of(pid)
    return found._replace(uid=OWN_UID if own is not None and own == other else OTHER_UID)


def _table() -> Iterator[TcpSocket]:
    """Read both families' rows; a row's process stands in the place of the inode."""
    for row in struct.iter_unpack("=6I", _rows(socket.AF_INET, 24)):
        state, host, port, other_host, other_port, pid = row
        ends = Tuple4(_v4(host), _port(port), _v4(other_host), _port(other_port))
        yield TcpSocket(ends, _STATES.get(state, 0), OTHER_UID, pid)
    for row6 in struct.iter_unpack("=16sII16sIIII", _rows(socket.AF_INET6, 56)):
        host6, _, port, other_host6, _, other_port, state, pid = row6
        ends = Tuple4(host6, _port(port), other_host6, _port(other_port))
        yield TcpSocket(ends, _STATES.get(state, 0), OTHER_UID, pid)


def _v4(address: int) -> bytes:
    return MAPPED + struct.pack("=I", address)


def _port(field: int) -> int:
    return socket.ntohs(field & 0xFFFF)


def _rows(family: int, row_size: int) -> bytes:
    if sys.platform != "win32":
        return b""
    ask = ctypes.WinDLL("iphlpapi").GetExtendedTcpTable
    size = ctypes.c_ulong(1 << 16)
    for _ in range(8):
        buffer = ctypes.create_string_buffer(size.value)
        answer = ask(buffer, ctypes.byref(size), False, int(family), _ALL_WITH_PID, 0)
        if answer == 0:
            count = struct.unpack_from("=I", buffer.raw)[0]
            return buffer.raw[4 : 4 + count * row_size]
        if answer != _TOO_SMALL:
            return b""
    return b""


def _sid_of(pid: int | None) -> bytes | None:
    """Return the user of a process, or of this one; None when it may not be asked."""
    if sys.platform != "win32":
        return None
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = kernel.GetCurrentProcess.restype = ctypes.c_void_p
    process = kernel.GetCurrentProcess() if pid is None else kernel.OpenProcess(_QUERY_LIMITED, False, pid)
    if not process:
        return None
    try:
        return _sid_of_handle(process)
    finally:
        if pid is not None:
            kernel.CloseHandle(ctypes.c_void_p(process))


def _sid_of_handle(process: int) -> bytes | None:
    if sys.platform != "win32":
        return None
    security = ctypes.WinDLL("advapi32", use_last_error=True)
    token = ctypes.c_void_p()
    if not security.OpenProcessToken(ctypes.c_void_p(process), _TOKEN_QUERY, ctypes.byref(token)):
        return None
    try:
        buffer = ctypes.create_string_buffer(256)
        used = ctypes.c_ulong()
        if not security.GetTokenInformation(token, _TOKEN_USER, buffer, len(buffer), ctypes.byref(used)):
            return None
        sid = ctypes.cast(buffer, ctypes.POINTER(ctypes.c_void_p))[0]
        length = security.GetLengthSid(ctypes.c_void_p(sid))
        return ctypes.string_at(sid, length) if sid else None
    finally:
        ctypes.WinDLL("kernel32").CloseHandle(token)
