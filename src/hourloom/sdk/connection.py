"""How a program on this or another computer reaches the server, and plain requests to it."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from hourloom.core.errors import Refused, Unavailable
from hourloom.web.peers import own_uid, uid_of_loopback_server, uid_of_unix_peer, unix_address

ROOT = 0
"""Root can read whatever we could send, and systemd opens sockets as root: trusted like our own uid."""
TIMEOUT = 30.0
SOCKET_FILE = Path("run") / "server.sock"
_TRIES, _PAUSE = 5, 0.02


class ServerNotRunning(Unavailable):
    """No Hourloom server answers at {where}; start one with `hourloom up`."""


class ServerOfSomebodyElse(Refused):
    """The program that listens at {where} does not run as this user, so nothing is sent to it."""


class ServerNotAnswering(Unavailable):
    """The server at {where} did not answer: {reason}."""


class NotAServerAddress(Refused):
    """'{url}' is not the address of a server: http://HOST:PORT or https://HOST."""


class TokenNotReadable(Refused):
    """The token file {path} cannot be read: {reason}."""


class Response(NamedTuple):
    """What the server answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """A way to the server that has been checked, for one request after another from one thread."""

    def __init__(
        self, where: str, host: str, http: http.client.HTTPConnection, token: str | None = None
    ) -> None:
        self.where = where
        self._host = host
        self._http = http
        self._token = token

    def __repr__(self) -> str:
        return f"Connection({self.where!r})"

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Ask once and return the whole answer, whatever its status; nothing is tried again."""
        sent = {"Host": self._host, **(headers or {})}
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token}"
        try:
            self._http.request(method, path, body, sent)
            answer = self._http.getresponse()
            return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise ServerNotAnswering(where=self.where, reason=str(error) or type(error).__name__) from None

    def close(self) -> None:
        """Close the connection; asking again opens it anew, checked as before."""
        self._http.close()


def connect(
    data_directory: Path, port: int, token: str | None = None, timeout: float = TIMEOUT
) -> Connection:
    """Reach the server of this computer: by its socket file, else by loopback TCP.

    The server's uid is checked on every connection before a byte is sent.
    """
    where = f"http://127.0.0.1:{port}"
    host = f"127.0.0.1:{port}"
    if hasattr(socket, "AF_UNIX"):
        by_file = _UnixHTTP(data_directory / SOCKET_FILE, timeout)
        try:
            by_file.connect()
        except OSError:
            by_file.close()
        else:
            return Connection(str(by_file.path), host, by_file, token)
    by_tcp = _LoopbackHTTP(where, port, timeout)
    try:
        by_tcp.connect()
    except OSError:
        raise ServerNotRunning(where=where) from None
    return Connection(where, host, by_tcp, token)


def connect_to(url: str, token_file: Path, timeout: float = TIMEOUT) -> Connection:
    """Reach a server by its address with the token in a file; loopback is checked as `connect` does."""
    where, host, remote = _reached(url, timeout)
    return Connection(where, host, remote, read_token(token_file))


def connect_with(url: str, token: str, timeout: float = TIMEOUT) -> Connection:
    """Reach a server by its address with a token; loopback is checked as `connect` does."""
    where, host, remote = _reached(url, timeout)
    return Connection(where, host, remote, token)


def read_token(path: Path) -> str:
    """Return the token in a file, without blanks around it."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise TokenNotReadable(path=path, reason=reason) from None


def _reached(url: str, timeout: float) -> tuple[str, str, http.client.HTTPConnection]:
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NotAServerAddress(url=url) from None
    if parts.scheme not in ("http", "https") or not host or parts.path not in ("", "/") or parts.username:
        raise NotAServerAddress(url=url)
    where = f"{parts.scheme}://{parts.netloc}"
    remote = _remote(where, parts.scheme, host, port, timeout)
    try:
        remote.connect()
    except OSError as error:
        import ssl  # noqa: PLC0415 - a program that speaks to its own computer alone does without

        if isinstance(error, ssl.SSLError):
            raise ServerNotAnswering(where=where, reason=error.reason or "TLS failed") from None
        raise ServerNotRunning(where=where) from None
    return where, parts.netloc, remote


def _remote(
    where: str, scheme: str, host: str, port: int | None, timeout: float
) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port or 443, timeout=timeout)
    if host in ("127.0.0.1", "localhost"):
        return _LoopbackHTTP(where, port or 80, timeout)
    return http.client.HTTPConnection(host, port or 80, timeout=timeout)


class _UnixHTTP(http.client.HTTPConnection):
    """HTTP over a socket file whose server runs as ourselves."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with unix_address(self.path) as address:
            self.sock.connect(address)
        if not _trusted(uid_of_unix_peer(self.sock)):
            self.close()
            raise ServerOfSomebodyElse(where=self.path)


class _LoopbackHTTP(http.client.HTTPConnection):
    """HTTP over TCP within this computer, to a server that runs as ourselves."""

    def __init__(self, where: str, port: int, timeout: float) -> None:
        super().__init__("127.0.0.1", port, timeout=timeout)
        self._where = where

    def connect(self) -> None:
        super().connect()
        uid = None
        for _ in range(_TRIES):
            uid = uid_of_loopback_server(self.sock.getsockname(), self.sock.getpeername())
            if uid is not None:
                break
            # Where connections not accepted yet are hidden, the server needs a moment.
            time.sleep(_PAUSE)
        if not _trusted(uid):
            self.close()
            raise ServerOfSomebodyElse(where=self._where)


def _trusted(uid: int | None) -> bool:
    return uid is not None and uid in (own_uid(), ROOT)
