"""A bad network between a client and a server: a proxy that delays, cuts, resets, falls silent or trickles.

with BadNetwork(server.port) as network:
    network.delay = 0.2         # each piece takes so long
    network.piece = 1           # so many bytes go at a time, each with the delay
    network.swallowed = True    # what is sent disappears, nobody is told
    network.half_open = True    # what the server answers disappears
    network.cut()               # all connections end, in the middle of whatever they carry
    network.reset()             # the same, by a reset
    network.refusing = True     # new connections are reset at once
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from typing import Self

_AT_ONCE = struct.pack("ii", 1, 0)


class BadNetwork:
    """Listens on a port of its own and passes everything on to another, as badly as it is told to."""

    def __init__(self, target: int) -> None:
        self.delay, self.piece = 0.0, 65536
        self.swallowed = self.half_open = self.refusing = False
        self.port, self._target = 0, target
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def connections(self) -> int:
        """Return how many connections lead through here."""
        return len(self._writers) // 2

    def cut(self) -> None:
        """End all connections."""
        for writer in list(self._writers):
            self._loop.call_soon_threadsafe(writer.close)

    def reset(self) -> None:
        """End all connections by a reset, which drops what is on its way."""
        for writer in list(self._writers):
            self._loop.call_soon_threadsafe(reset, writer)

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _end(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            reset(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            reset(writer)
            return
        both = {writer, far_writer}
        self._writers |= both
        try:
            await asyncio.gather(
                self._carry(reader, far_writer, is_answer=False),
                self._carry(far_reader, writer, is_answer=True),
            )
        finally:
            self._writers -= both
            for end in both:
                end.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        try:
            while content := await reader.read(self.piece):
                await asyncio.sleep(self.delay)
                if not (self.swallowed or (is_answer and self.half_open)):
                    writer.write(content)
                    await writer.drain()
            writer.write_eof()
        except OSError:
            writer.close()


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection by a reset."""
    connected: socket.socket = writer.get_extra_info("socket")
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()
