"""What a table of the operating system says about one TCP socket."""

from __future__ import annotations

from typing import NamedTuple

from hourloom.web.peers.addresses import is_any, packed

ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, LISTEN = 1, 4, 5, 8, 10

CONNECTED = frozenset({ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT})
"""States in which a program still holds its end; of any other the owner is not to be believed."""


class Tuple4(NamedTuple):
    """One end of a connection: its own address, then the other's."""

    host: bytes
    port: int
    other_host: bytes
    other_port: int


class TcpSocket(NamedTuple):
    """One socket; inode 0 means that no program holds it (closed, or not accepted yet)."""

    ends: Tuple4
    state: int
    uid: int
    inode: int


def ends_of(own: tuple[str, int], other: tuple[str, int]) -> Tuple4 | None:
    """Return the four facts that name a connection, or None when a host is not numeric."""
    host, other_host = packed(own[0]), packed(other[0])
    if host is None or other_host is None:
        return None
    return Tuple4(host, own[1], other_host, other[1])


def answers_for(listener: TcpSocket, host: bytes) -> bool:
    """Tell whether a listening socket may receive connections made to an address."""
    return listener.ends.host == host or is_any(listener.ends.host)
