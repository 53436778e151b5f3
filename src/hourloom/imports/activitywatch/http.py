"""Asking a running ActivityWatch server, with one clear sentence for everything that can go wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

import httpx2

from hourloom.core.errors import Forbidden, Invalid, TooLarge, Unavailable
from hourloom.workers.breaker import Breaker

_MAX_ANSWER = 64 << 20
_SECONDS = 60.0


class ServerUnreachable(Unavailable):
    """No server answers at {url}: {reason}."""


class ServerRefuses(Forbidden):
    """The server at {url} wants a key, or does not accept the one it was given."""


class StrangeAnswer(Invalid):
    """The server at {url} gave an answer that ActivityWatch would not give: {reason}."""


class ServerFails(StrangeAnswer):
    """The server at {url} gave an answer that ActivityWatch would not give: {reason}."""

    code = StrangeAnswer.code


class NotAnAddress(Invalid):
    """'{url}' is not the address of a server, such as http://localhost:5600."""


class AnswerTooLarge(TooLarge):
    """The server at {url} gave an answer of over 64 MiB."""


class Fetch(Protocol):
    """Get a path below the server's `/api/0/`."""

    def __call__(self, path: str) -> bytes:
        """Return the body of the answer."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class HttpFetch:
    """Get over HTTP, never through a proxy and never following a redirect to another place."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        seconds: float = _SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = _root(url)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx2.Client(headers=headers, timeout=seconds, trust_env=False)
        self._breaker = Breaker(f"The server at {self._url}", monotonic)

    def __call__(self, path: str) -> bytes:
        """Return the body, or raise the sentence that says what went wrong.

        A server that fails again and again is left alone, for it may be asked for many events one by one.
        """
        with self._breaker.guarding((ServerUnreachable, ServerFails)):
            return self._body(path)

    def _body(self, path: str) -> bytes:
        try:
            with self._http.stream("GET", f"{self._url}/api/0/{path}") as answer:
                self._check(answer.status_code)
                return b"".join(self._bounded(answer))
        except httpx2.TimeoutException:
            raise ServerUnreachable(url=self._url, reason="it takes too long") from None
        except httpx2.ConnectError as error:
            raise ServerUnreachable(url=self._url, reason=str(error) or "connection refused") from None
        except httpx2.InvalidURL:
            raise NotAnAddress(url=self._url) from None
        except httpx2.HTTPError as error:
            raise StrangeAnswer(url=self._url, reason=str(error) or type(error).__name__) from None

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _check(self, status: int) -> None:
        if status in (401, 403):
            raise ServerRefuses(url=self._url)
        if status >= 500:
            raise ServerFails(url=self._url, reason=f"HTTP {status}")
        if status != 200:
            raise StrangeAnswer(url=self._url, reason=f"HTTP {status}")

    def _bounded(self, answer: httpx2.Response) -> Iterator[bytes]:
        size = 0
        for piece in answer.iter_bytes():
            size += len(piece)
            if size > _MAX_ANSWER:
                raise AnswerTooLarge(url=self._url)
            yield piece


def _root(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise NotAnAddress(url=url)
    root = url.rstrip("/")
    return root.removesuffix("/api/0").removesuffix("/api").removesuffix("/#").rstrip("/")
