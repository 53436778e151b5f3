"""The server's API with errors as sentences, over whatever carries requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, TypeVar
from urllib.parse import quote

import msgspec

from hourloom.core.decoding import decode
from hourloom.core.errors import Refused, Unavailable
from hourloom.sdk.connection import Response

Shape = TypeVar("Shape")

JSON = {"Content-Type": "application/json"}


class RefusedByServer(Refused):
    """{detail}."""


class StrangeAnswer(Unavailable):
    """The server at {where} gave an answer that this program does not understand; update both."""


class Way(Protocol):
    """Carries requests to a server."""

    @property
    def where(self) -> str:
        """Say where the server is."""
        ...

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Ask once and return the whole answer, whatever its status."""
        ...

    def pieces(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[Response, Iterator[bytes]]:
        """Ask for something large: what the answer begins with, and its body in pieces."""
        ...

    def send(self, path: str, pieces: Iterable[bytes], size: int, content_type: str) -> Response:
        """Tell something large: so many bytes in pieces."""
        ...

    def close(self) -> None:
        """Let go of the server."""
        ...


class _Problem(msgspec.Struct):
    detail: str = ""
    message: str = ""
    code: str = "error"


class Api:
    """Calls of the API, each answered with a value of a known shape or an error that says why not."""

    def __init__(self, way: Way) -> None:
        self.way = way

    def get(self, path: str, shape: type[Shape]) -> Shape:
        """Ask for something."""
        return self._decoded(self.way.request("GET", path), shape)

    def post(self, path: str, body: object, shape: type[Shape]) -> Shape:
        """Tell something."""
        return self.post_bytes(path, msgspec.json.encode(body), shape)

    def post_bytes(self, path: str, body: bytes, shape: type[Shape]) -> Shape:
        """Tell something that is JSON already."""
        return self._decoded(self.way.request("POST", path, body, JSON), shape)

    def put(self, path: str, body: object, shape: type[Shape]) -> Shape:
        """Set something."""
        return self._decoded(self.way.request("PUT", path, msgspec.json.encode(body), JSON), shape)

    def patch(self, path: str, body: object, shape: type[Shape]) -> Shape:
        """Set a part of something."""
        return self._decoded(self.way.request("PATCH", path, msgspec.json.encode(body), JSON), shape)

    def erase(self, path: str, shape: type[Shape]) -> Shape:
        """Remove something, and hear what becomes of it."""
        return self._decoded(self.way.request("DELETE", path), shape)

    def send(
        self, path: str, pieces: Iterable[bytes], size: int, content_type: str, shape: type[Shape]
    ) -> Shape:
        """Tell something large, in pieces."""
        return self._decoded(self.way.send(path, pieces, size, content_type), shape)

    def delete(self, path: str) -> None:
        """Remove something."""
        checked(self.way.request("DELETE", path))

    def pieces(self, path: str) -> Iterator[bytes]:
        """Ask for something large, a piece at a time."""
        response, pieces = self.way.pieces(path)
        checked(response)
        return pieces

    def _decoded(self, response: Response, shape: type[Shape]) -> Shape:
        checked(response)
        try:
            return decode(response.body, shape)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise StrangeAnswer(where=self.way.where) from None


def segment(name: str) -> str:
    """Write a name as one segment of a path."""
    return quote(name, safe="")


def checked(response: Response) -> Response:
    """Return a good answer, or raise what the server says is wrong."""
    if response.status < 400:
        return response
    try:
        problem = decode(response.body, _Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        problem = _Problem()
    detail = problem.detail or problem.message or f"The server refused with status {response.status}."
    raise RefusedByServer(detail=detail.rstrip("."), code=problem.code, status=response.status)
