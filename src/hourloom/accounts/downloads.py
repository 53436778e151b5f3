"""Downloads by a single-use ticket: a browser fetches a file without a secret in its address for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple

from hourloom.accounts.model import TicketRefused
from hourloom.accounts.service import Accounts
from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.errors import NotFound
from hourloom.db.transaction import Database


class NoSuchDownload(NotFound):
    """The link was used already or is older than a minute; ask for a new one."""


class Download(NamedTuple):
    """A file that is ready to be fetched."""

    name: str
    media_type: str
    size: int
    content: Callable[[], AbstractContextManager[Iterator[bytes]]]
    """Opens it; its pieces are read on other threads, one after the other."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return what is said of it before it comes."""
        return {
            "content-type": self.media_type,
            "content-length": str(self.size),
            "content-disposition": f"attachment; filename={self.name}",
        }


Opener = Callable[[Actor, str], Download]
"""Finds what a ticket is for, or raises; features bring one for each kind of files."""


class Downloads:
    """Tickets for files of all features."""

    is_service = True

    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database, self._accounts = database, accounts
        self._openers: dict[str, Opener] = {}

    def register(self, kind: str, opener: Opener) -> None:
        """Say how files of a kind are found."""
        self._openers[kind] = opener

    def issue(self, who: Actor, kind: str, id: str) -> str:
        """Return a ticket for a file, within a write; whoever has it fetches the file, once."""
        return self._accounts.issue_ticket(who, "download", f"{kind} {id}")

    async def fetched(self, ticket: str) -> Download:
        """Use a ticket up and return the file that it was for."""
        try:
            found = await self._database.run_write(lambda: self._accounts.redeem("download", ticket))
        except TicketRefused:
            # There is nobody to sign in here: without its ticket a file is not there.
            raise NoSuchDownload from None
        kind, _, id = found.subject.partition(" ")
        opener = self._openers.get(kind)
        if opener is None:
            raise NoSuchDownload
        who = Actor(found.workspace_id, found.user_id, EVERYTHING)
        return await asyncio.to_thread(opener, who, id)
