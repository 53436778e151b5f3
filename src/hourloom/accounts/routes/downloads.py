"""Files fetched by a single-use ticket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

from msgspec import Meta

from hourloom.accounts.downloads import Download, Downloads
from hourloom.web.routes import Access, Mode, Routes, Streamed

routes = Routes("/api/v1", "accounts")

Ticket = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,120}(?!\n)$")]


@routes.on(
    "GET", "/downloads/{ticket}", access=Access.ANYONE, mode=Mode.AWAITED, shows="application/octet-stream"
)
async def download(downloads: Downloads, ticket: Ticket) -> Streamed:
    """Fetch a file by its ticket, once and within a minute after the ticket was made."""
    return _streamed(await downloads.fetched(ticket))


def _streamed(download: Download) -> Streamed:
    async def pieces() -> AsyncIterator[bytes]:
        with contextlib.ExitStack() as stack:
            content = await asyncio.to_thread(stack.enter_context, download.content())
            while piece := await asyncio.to_thread(next, content, b""):
                yield piece

    return Streamed(pieces, download.headers)
