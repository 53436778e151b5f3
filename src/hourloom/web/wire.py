"""Bodies in and answers out, piece by piece as ASGI carries them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from hourloom.core.errors import Invalid, TooLarge
from hourloom.web.always import JSON
from hourloom.web.caller import Caller
from hourloom.web.idempotency import Outcome
from hourloom.web.routes import KIB, Streamed

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class BodyTooLarge(TooLarge):
    """The body is larger than the {limit} bytes allowed here."""


class NoBodyTaken(Invalid):
    """Nothing reads the body of this request; send none."""


NOTHING_SAID = (b"", b"{}", b"null")
LONGEST_NOTHING = 16


async def require_no_body(receive: Receive, caller: Caller) -> None:
    """Raise where a request says something that nobody reads; what says nothing is how programs send none."""
    try:
        body = await read_body(receive, caller, LONGEST_NOTHING)
    except BodyTooLarge:
        raise NoBodyTaken from None
    if body.strip() not in NOTHING_SAID:
        raise NoBodyTaken


async def read_body(receive: Receive, caller: Caller, limit: int) -> bytes:
    """Return a whole body, or raise when it is larger than allowed."""
    if caller.content_length.isdigit() and int(caller.content_length[:20]) > limit:
        raise BodyTooLarge(limit=limit)
    message = await receive()
    if not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
        return body
    parts = [message.get("body", b"")]
    parts += [part async for part in pieces(receive, limit - len(parts[0]))]
    return b"".join(parts)


async def pieces(receive: Receive, limit: int) -> AsyncIterator[bytes]:
    """Yield a body as it arrives, up to a size."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid(reason="the connection was closed within the body")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit=limit)
        yield part
        if not message.get("more_body"):
            return


async def compressed(answer: Outcome, caller: Caller) -> Outcome:
    """Return an answer as gzip where that is wanted and worth it."""
    status, body, headers = answer
    headers = {**headers, "vary": "Accept-Encoding"}
    if len(body) < KIB or "gzip" not in caller.accept_encoding:
        return status, body, headers
    import gzip  # noqa: PLC0415 - few answers need it

    packed = await asyncio.get_running_loop().run_in_executor(None, lambda: gzip.compress(body, 5, mtime=0))
    return status, packed, {**headers, "content-encoding": "gzip"}


async def send_answer(
    send: Send, status: int, body: bytes, headers: Mapping[str, str], more: Mapping[str, str]
) -> None:
    """Send a whole answer; its body is JSON unless the headers say otherwise."""
    fields = [(b"content-length", str(len(body)).encode())]
    if "content-type" not in headers and status != 304:
        fields.append((b"content-type", JSON))
    for name, value in (*headers.items(), *more.items()):
        fields.append((name.encode(), value.encode("latin-1", "replace")))
    if status in (204, 304):
        fields, body = fields[1:], b""
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def send_pieces(send: Send, answer: Streamed, more: Mapping[str, str]) -> None:
    """Send an answer piece by piece."""
    fields = (*answer.headers.items(), *more.items())
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in fields]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for piece in answer.pieces():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
