"""The server for other people's programs: send what a watcher sees, read what was recorded."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Self
from urllib.parse import quote

from hourloom.configuration import read
from hourloom.core.clock import SystemClock, instant_of
from hourloom.core.errors import Invalid
from hourloom.sdk.answers import Bucket, Event, EventPage
from hourloom.sdk.api import Api, segment
from hourloom.sdk.connection import Connection, connect, connect_with
from hourloom.sdk.outbox import Beat, Json, Outbox
from hourloom.sdk.socket_way import SocketWay

PAGE = 1_000
AT_ONCE = 2.0
_PROGRAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class NotAProgram(Invalid):
    """'{name}' is no name for a program: up to 64 letters, digits, dots, dashes and underscores."""


Period = tuple[datetime, datetime] | str


class Client:
    """One server, for one program, to be used from one thread.

    `Client.local("my-watcher")` is the server of this user on this computer and needs no token.
    `Client("https://hours.example", token="...")` is any other; `hourloom token create` makes the token.

    What `heartbeat` is given is first written to disk and then sent: it returns at once, and loses nothing
    while the server cannot be reached. All else asks the server and raises a HourloomError, whose message is
    a sentence.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str = "",
        program: str = "sdk",
        data_dir: Path | None = None,
        directory: Path | None = None,
    ) -> None:
        """`directory` is where heartbeats wait, if not beside the data of Hourloom."""
        if not _PROGRAM.fullmatch(program):
            raise NotAProgram(name=program[:64])
        self._configuration = read({} if data_dir is None else {"data_dir": str(data_dir)})
        self._url, self._token, self._program = url, token, program
        # What waits for one server is not for another.
        where = program if url is None else f"{program}-{blake2b(url.encode(), digest_size=4).hexdigest()}"
        self._folder = (directory or self._configuration.data_dir) / "outboxes" / where
        self._key_file = (directory or self._configuration.config_dir) / "outboxes" / f"{where}.key"
        self._clock = SystemClock()
        self._outbox: Outbox | None = None
        self._api: Api | None = None
        self._declared: dict[str, str] = {}

    @classmethod
    def local(
        cls, program: str = "sdk", *, data_dir: Path | None = None, directory: Path | None = None
    ) -> Self:
        """Return the server of this user on this computer: of the usual data directory, or of another."""
        return cls(program=program, data_dir=data_dir, directory=directory)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def device(self) -> str:
        """Return the name of this computer, which buckets are usually named after."""
        return socket.gethostname()

    @property
    def outbox(self) -> Outbox:
        """Return what waits to be sent: its state, and the beats that the server refused for good."""
        if self._outbox is None:
            self._outbox = Outbox(self._folder, self._reach, key_file=self._key_file)
        return self._outbox

    def heartbeat(
        self,
        bucket: str,
        data: Mapping[str, Json],
        *,
        type: str,  # noqa: A002 - the API's word
        pulsetime: float = 60.0,
        duration: float = 0.0,
        at: datetime | None = None,
    ) -> None:
        """Say that something is so, now or at a moment; soon after one another, equal ones become one event.

        `pulsetime`, in seconds, is how soon that is. `type` says what the bucket holds when it is made:
        "app.editor.activity", or a word of your own. Raises BeatRefused for data that no server would take.
        """
        if self._declared.get(bucket) != type:
            self.outbox.declare(bucket, type=type, client=self._program, hostname=self.device)
            self._declared[bucket] = type
        moment = self._clock.now() if at is None else instant_of(at)
        self.outbox.put(Beat(bucket, moment, data, pulsetime, duration))

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait for so many seconds until all heartbeats have arrived; tell whether they have."""
        return self._outbox is None or self._outbox.flush(timeout)

    def buckets(self) -> list[Bucket]:
        """Return all buckets."""
        return self.api.get("/api/v1/buckets", list[Bucket])

    def events(self, bucket: str, limit: int | None = None) -> Iterator[Event]:
        """Yield the events of a bucket, the newest first; they are fetched as they are taken."""
        cursor, left = "", limit
        while left is None or left > 0:
            most = PAGE if left is None else min(PAGE, left)
            path = f"/api/v1/buckets/{segment(bucket)}/events?limit={most}&cursor={quote(cursor, safe='')}"
            page = self.api.get(path, EventPage)
            yield from page.events
            left = None if left is None else left - len(page.events)
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    def query(self, query: str | Sequence[str], periods: Sequence[Period]) -> list[object]:
        """Ask a query in ActivityWatch's language; the answer has one part for each period.

        A period is a pair of datetimes with time zones, or text: "2026-03-02T00:00Z/2026-03-03T00:00Z".
        """
        lines = query.splitlines() if isinstance(query, str) else list(query)
        body = {"query": lines, "periods": [_written(period) for period in periods]}
        return self.api.post("/api/v1/query", body, list[object])

    @property
    def api(self) -> Api:
        """Return the whole API: `client.api.get("/api/v1/info", Shape)`, with shapes of msgspec."""
        if self._api is None:
            self._api = Api(SocketWay(self._reach()))
        return self._api

    def close(self) -> None:
        """Let go of the server; heartbeats that it does not take at once are sent by the next run."""
        if self._outbox is not None:
            self._outbox.flush(AT_ONCE, patient=False)
            self._outbox.close()
            self._outbox = None
        if self._api is not None:
            self._api.way.close()
            self._api = None

    def _reach(self) -> Connection:
        if self._url is not None:
            return connect_with(self._url, self._token)
        return connect(self._configuration.data_dir, self._configuration.port)


def _written(period: Period) -> str:
    return period if isinstance(period, str) else "/".join(moment.isoformat() for moment in period)
