"""Follow a feed from a place on, with nothing lost and nothing twice between the past and the present.

    database   1 2 3 4 5 6 7
    hub                6 7 8 9
    told       1 2 3 4 5 6 7 8 9

Listening begins before the first read, so every Change comes from the database, the hub or both.
Sequence numbers have no gaps: what is not above the place reached was told already, and a number
that is missing was committed already (on PostgreSQL two commits can be published in either order),
so it is read from the database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from hourloom.core.changes import RecordedChange
from hourloom.db.transaction import Database
from hourloom.live.feed import Feed
from hourloom.live.hub import Subscription
from hourloom.live.model import ChangePage, ChangesMissed

READ_AT_ONCE = 500

Told = Sequence[RecordedChange] | ChangesMissed


class Follower:
    """One listener's way through the feed of a workspace."""

    def __init__(self, database: Database, feed: Feed, subscription: Subscription) -> None:
        self._database, self._feed, self._subscription = database, feed, subscription
        self.position = 0
        """The sequence number up to which everything was told."""

    async def begin(self, since: int | None) -> int:
        """Take a place in the feed, its end unless one is given; return the newest sequence number."""
        newest = await self._database.run_read(self._newest)
        self.position = newest if since is None else since
        return newest

    async def told(self) -> AsyncIterator[Told]:
        """Yield what the feed holds since the place, then what is committed, until the server stops."""
        async for stored in self._stored():
            yield stored
        while (taken := await self._subscription.take()) is not None:
            if not isinstance(taken, ChangesMissed):
                async for told in self._in_order(taken):
                    yield told
            elif taken.newest > self.position:
                self.position = taken.newest
                yield taken

    async def _in_order(self, taken: Sequence[RecordedChange]) -> AsyncIterator[Told]:
        fresh = sorted((c for c in taken if c.sequence > self.position), key=lambda change: change.sequence)
        if [c.sequence for c in fresh] != list(range(self.position + 1, self.position + 1 + len(fresh))):
            async for stored in self._stored():
                yield stored
        elif fresh:
            self.position = fresh[-1].sequence
            yield fresh

    async def _stored(self) -> AsyncIterator[Told]:
        while True:
            page = await self._database.run_read(self._page)
            if not page.complete:
                self.position = page.newest
                yield ChangesMissed(page.newest)
                return
            if page.changes:
                self.position = page.changes[-1].sequence
                yield page.changes
            if len(page.changes) < READ_AT_ONCE:
                return

    def _newest(self) -> int:
        with self._database.read() as tx:
            return self._feed.newest(tx, self._subscription.workspace)

    def _page(self) -> ChangePage:
        with self._database.read() as tx:
            return self._feed.since(tx, self._subscription.workspace, self.position, READ_AT_ONCE)
