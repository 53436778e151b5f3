"""Who owns a TCP socket on macOS, by libproc; written from its headers and not yet tried there.

Without privileges libproc shows only the processes of one's own user: a socket found belongs to that
user, one not found belongs to nobody known.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from functools import lru_cache

from hourloom.web.peers.addresses import MAPPED
from hourloom.web.peers.sockets import ESTABLISHED, LISTEN, TcpSocket, Tuple4

_PROCESSES_OF_UID = 4
_LIST_DESCRIPTORS = 1
_SOCKET_FACTS = 3
_IS_SOCKET = 2
_TCP_KIND = 2
_SOCKET_FACTS_SIZE = 792
_KIND_AT, _TCP_AT = 24 + 232, 24 + 240
_STATES = {1: LISTEN, 4: ESTABLISHED}


@lru_cache(maxsize=1)
def _libproc() -> ctypes.CDLL:
    return ctypes.CDLL("/usr/lib/libproc.dylib", use_errno=True)


def find(ends: Tuple4) -> TcpSocket | None:
    """Return the socket of the own user with exactly these ends, or None."""
    return next((each for each in _own_sockets() if each.ends == ends), None)


def listeners(port: int) -> list[TcpSocket]:
    """Return the sockets of the own user that listen on a port."""
    return [each for each in _own_sockets() if each.state == LISTEN and each.ends.port == port]


def _own_sockets() -> Iterator[TcpSocket]:
    uid = os.geteuid()
    for pid in _pids(uid):
        for descriptor in _socket_descriptors(pid):
            found = _parsed(_facts(pid, descriptor), uid)
            if found is not None:
                yield found


def _pids(uid: int) -> list[int]:
    size = _libproc().proc_listpids(_PROCESSES_OF_UID, uid, None, 0)
    buffer = ctypes.create_string_buffer(max(0, size) + 256)
    used = _libproc().proc_listpids(_PROCESSES_OF_UID, uid, buffer, len(buffer))
    return [pid for (pid,) in struct.iter_unpack("=i", buffer.raw[: used - used % 4]) if pid > 0]


def _socket_descriptors(pid: int) -> list[int]:
    ask = _libproc().proc_pidinfo
    size = ask(pid, _LIST_DESCRIPTORS, ctypes.c_uint64(0), None, 0)
    buffer = ctypes.create_string_buffer(max(0, size) + 128)
    used = ask(pid, _LIST_DESCRIPTORS, ctypes.c_uint64(0), buffer, len(buffer))
    rows = struct.iter_unpack("=iI", buffer.raw[: max(0, used) // 8 * 8])
    return [descriptor for descriptor, kind in rows if kind == _IS_SOCKET]


def _facts(pid: int, descriptor: int) -> bytes:
    buffer = ctypes.create_string_buffer(_SOCKET_FACTS_SIZE)
    used = _libproc().proc_pidfdinfo(pid, descriptor, _SOCKET_FACTS, buffer, len(buffer))
    return buffer.raw if used == _SOCKET_FACTS_SIZE else b""


def _parsed(facts: bytes, uid: int) -> TcpSocket | None:
    """Read `struct socket_fdinfo`: ports in network order, a v4 address in the last of four words."""
    if not facts or struct.unpack_from("=i", facts, _KIND_AT)[0] != _TCP_KIND:
        return None
    other_port, port = (struct.unpack_from("!H", facts, _TCP_AT + at)[0] for at in (0, 4))
    is_v4 = facts[_TCP_AT + 24] & 1
    other_host, host = (facts[_TCP_AT + at : _TCP_AT + at + 16] for at in (32, 48))
    if is_v4:
        other_host, host = MAPPED + other_host[12:], MAPPED + host[12:]
    state = _STATES.get(struct.unpack_from("=i", facts, _TCP_AT + 80)[0], 0)
    return TcpSocket(Tuple4(host, port, other_host, other_port), state, uid, inode=1)
