"""Listening sockets: made here, inherited from a supervisor, or handed over by systemd."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import MutableMapping
from pathlib import Path

from hourloom.core.errors import Refused
from hourloom.web.peers import unix_address

BACKLOG = 1024
_FIRST_DESCRIPTOR = 3


class CannotListen(Refused):
    """The address {host}, port {port}, cannot be listened on: {reason}."""


class NotAListeningSocket(Refused):
    """Descriptor {fd} is not a listening TCP socket."""


def listen_tcp(host: str, port: int) -> socket.socket:
    """Listen on a TCP address; connections wait in the backlog until somebody accepts them.

    A port in use raises `PortTaken`, which says by whom.
    """
    # As text it would pass the codec of international names, which takes 0.6 MiB.
    name = host.encode() if host.isascii() else host
    try:
        family, _, _, _, address = socket.getaddrinfo(
            name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise CannotListen(host=host, port=port, reason=error.strerror) from None
    try:
        _bind(listener, address)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            from hourloom.web.server.occupant import port_taken  # noqa: PLC0415 - only on failure

            raise port_taken(host, port) from None
        raise CannotListen(host=host, port=port, reason=os.strerror(error.errno or 0)) from None
    return listener


def _bind(listener: socket.socket, address: tuple[str | int | bytes, ...]) -> None:
    # On Windows SO_REUSEADDR would let two programs share the port.
    option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
    listener.setsockopt(socket.SOL_SOCKET, option, 1)
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(address)
    listener.listen(BACKLOG)


def listen_unix(path: Path) -> socket.socket:
    """Listen on a socket file in a directory that only its user may enter.

    A file left by an earlier server is replaced: whoever holds the data directory's lock owns the path.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with unix_address(path) as address:
            listener.bind(address)
        path.chmod(0o600)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListen(host=path, port=0, reason=error.strerror) from None
    return listener


def inherited(fd: int) -> socket.socket:
    """Take over a listening TCP socket that the parent process left open."""
    try:
        listener = socket.socket(fileno=fd)
        if not _listens(listener):
            listener.detach()
            raise OSError
    except OSError:
        raise NotAListeningSocket(fd=fd) from None
    listener.set_inheritable(False)
    return listener


def handed_over(environment: MutableMapping[str, str]) -> list[socket.socket]:
    """Take over the sockets that systemd names in the environment (LISTEN_FDS), and remove them from it."""
    pid = environment.pop("LISTEN_PID", "")
    count = environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if sys.platform == "win32" or pid != str(os.getpid()) or not count.isdigit():
        return []
    return [inherited(fd) for fd in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + int(count))]


def _listens(listener: socket.socket) -> bool:
    if listener.family not in (socket.AF_INET, socket.AF_INET6) or listener.type != socket.SOCK_STREAM:
        return False
    if not hasattr(socket, "SO_ACCEPTCONN"):
        return True
    return bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
