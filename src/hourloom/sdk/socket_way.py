"""The running server of a data directory, reached by its socket file alone."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hourloom.sdk.connection import (
    SOCKET_FILE,
    TIMEOUT,
    Connection,
    Response,
    ServerNotAnswering,
    ServerNotRunning,
    ServerOfSomebodyElse,
    connect,
)

PIECE = 256 * 1024


class SocketWay:
    """A checked connection that can also take large answers in pieces."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def where(self) -> str:
        """Say where the server is."""
        return self._connection.where

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Ask once and return the whole answer."""
        return self._connection.request(method, path, body, headers)

    def pieces(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[Response, Iterator[bytes]]:
        """Ask for something large: a refusal comes whole, an answer in pieces."""
        http_connection = self._connection._http  # noqa: SLF001 - the SDK's own, read here in pieces
        try:
            host = {"Host": self._connection._host}  # noqa: SLF001 - as above
            http_connection.request("GET", path, headers=host | dict(headers or {}))
            answer = http_connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            body = b"" if answer.status < 400 else answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error) from None
        return Response(answer.status, told, body), self._rest(answer)

    def send(self, path: str, pieces: Iterable[bytes], size: int, content_type: str) -> Response:
        """Tell something large; a server that refuses it early is heard all the same."""
        http_connection = self._connection._http  # noqa: SLF001 - as above
        headers = {
            "Host": self._connection._host,  # noqa: SLF001 - as above
            "Content-Type": content_type,
            "Content-Length": str(size),
        }
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                http_connection.request("POST", path, iter(pieces), headers)
            answer = http_connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Response(answer.status, told, answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error) from None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _rest(self, answer: http.client.HTTPResponse) -> Iterator[bytes]:
        try:
            while piece := answer.read(PIECE):
                yield piece
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error) from None

    def _broken(self, error: Exception) -> ServerNotAnswering:
        self.close()
        return ServerNotAnswering(where=self.where, reason=str(error) or type(error).__name__)


def by_socket(data_directory: Path, port: int, timeout: float = TIMEOUT) -> SocketWay | None:
    """Reach the server of a data directory; None when none answers at its socket file.

    Whoever listens on the port may serve another directory, so the port is no way to it.
    """
    file = data_directory / SOCKET_FILE
    if not file.exists():
        return None
    try:
        connection = connect(data_directory, port, timeout=timeout)
    except ServerNotRunning:
        return None
    except ServerOfSomebodyElse as error:
        if error.fields["where"] == file:
            raise
        return None
    if connection.where == str(file):
        return SocketWay(connection)
    connection.close()
    return None
