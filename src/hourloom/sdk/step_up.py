"""Showing once more that it is you, when the server asks for that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from hourloom.core.decoding import decode
from hourloom.sdk.api import JSON, Way, checked
from hourloom.sdk.connection import Response

HEADER = "Hourloom-Step-Up"
NEEDED = "step_up_needed"


class _Needed(msgspec.Struct):
    code: str = ""


class _Ticket(msgspec.Struct):
    ticket: str


class Confirming:
    """A way to a server that confirms with the passphrase once the server wants it, and then asks again."""

    def __init__(self, way: Way, words: Callable[[], str]) -> None:
        self._way, self._words = way, words
        self._ticket: str | None = None

    @property
    def where(self) -> str:
        """Say where the server is."""
        return self._way.where

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Ask, and once more after confirming."""
        response = self._way.request(method, path, body, self._with_ticket(headers))
        if _is_needed(response):
            self._confirm()
            response = self._way.request(method, path, body, self._with_ticket(headers))
        return response

    def pieces(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[Response, Iterator[bytes]]:
        """Ask for something large, and once more after confirming."""
        response, pieces = self._way.pieces(path, self._with_ticket(headers))
        if _is_needed(response):
            # What carries the refusal must be through before the next question.
            for _ in pieces:
                pass
            self._confirm()
            response, pieces = self._way.pieces(path, self._with_ticket(headers))
        return response, pieces

    def send(self, path: str, pieces: Iterable[bytes], size: int, content_type: str) -> Response:
        """Tell something large; nothing of that kind asks for a confirmation."""
        return self._way.send(path, pieces, size, content_type)

    def close(self) -> None:
        """Let go of the server."""
        self._way.close()

    def _with_ticket(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {**(headers or {}), **({HEADER: self._ticket} if self._ticket else {})}

    def _confirm(self) -> None:
        body = msgspec.json.encode({"passphrase": self._words()})
        answer = checked(self._way.request("POST", "/api/v1/step-up", body, JSON))
        self._ticket = decode(answer.body, _Ticket).ticket


def _is_needed(response: Response) -> bool:
    if response.status != 403:
        return False
    try:
        return decode(response.body, _Needed).code == NEEDED
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
