"""Write everything into archives, and hand them out."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from hourloom.accounts.downloads import Download, Downloads
from hourloom.archive.model import (
    ArchiveExport,
    ArchiveExported,
    ArchiveNotReady,
    NoSuchArchive,
    Progress,
)
from hourloom.archive.ports import Tables
from hourloom.archive.shelf import Shelf
from hourloom.core.actors import Actor
from hourloom.core.clock import SECOND, Clock, datetime_of
from hourloom.core.decoding import decode
from hourloom.core.ids import JobId
from hourloom.db.transaction import Database
from hourloom.jobs.model import Job, Report
from hourloom.jobs.service import Jobs
from hourloom.sealing.files import opened_file

EXPORT = "archive.export"
SCOPE = "admin"
DOWNLOAD = "archive"
PIECE = 1 << 20


class ArchiveExports:
    """The archives that were asked for."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        downloads: Downloads,
        shelf: Shelf,
        tables: Tables,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._database, self._clock, self._jobs, self._downloads = database, clock, jobs, downloads
        self._shelf, self._tables, self._random = shelf, tables, random
        downloads.register(DOWNLOAD, self._download)
        jobs.register_long(EXPORT, self._work)

    async def start(self, who: Actor, *, plain: bool) -> tuple[ArchiveExport, JobId]:
        """Begin to write everything into an archive, as a job."""
        facts = await asyncio.to_thread(self.prepare, who, plain=plain)
        enqueue, id = self._jobs.enqueue, facts.id
        job = await self._database.run_write(
            lambda: enqueue(who.workspace_id, EXPORT, {"id": id}, slot=id), who=who
        )
        return facts, job

    def prepare(self, who: Actor, *, plain: bool) -> ArchiveExport:
        """Note that an archive is wanted; a plain one is handed out without its seal."""
        who.require(SCOPE)
        facts = ArchiveExport(
            id=f"export-{self._random(12).hex()}",
            workspace_id=who.workspace_id,
            user_id=who.user_id,
            sealed=self._shelf.seals and not plain,
            begun_at=self._clock.now(),
        )
        self._shelf.keep(facts)
        return facts

    def write(self, id: str, progress: Progress) -> ArchiveExport:
        """Write an archive that is wanted; for a thread of its own."""
        from hourloom.archive.exporting import export  # noqa: PLC0415 - a server that starts needs none of it

        facts = self._shelf.known(id, ArchiveExport)
        written = export(self._database, self._tables(), self._shelf, id, facts.workspace_id, progress)
        facts = msgspec.structs.replace(
            facts,
            state="ready",
            bytes=self._shelf.size(id) if facts.sealed else written.bytes,
            rows=written.manifest.rows,
            sha256=written.sha256,
            tables=list(written.manifest.tables),
        )
        self._shelf.keep(facts)

        def tell() -> None:
            with self._database.begin() as tx:
                tx.changed(facts.workspace_id, ArchiveExported(id, facts.rows))

        self._database.write(tell)
        return facts

    def get(self, who: Actor, id: str) -> ArchiveExport:
        """Return what is known of an archive."""
        who.require(SCOPE)
        facts = self._shelf.known(id, ArchiveExport)
        if facts.workspace_id != who.workspace_id:
            raise NoSuchArchive(id=id)
        return facts

    def all(self, who: Actor) -> list[ArchiveExport]:
        """Return the archives that were asked for in the last day, the newest first."""
        who.require(SCOPE)
        return [each for each in self._shelf.all(ArchiveExport) if each.workspace_id == who.workspace_id]

    def ready(self, who: Actor, id: str) -> ArchiveExport:
        """Return an archive that can be fetched."""
        facts = self.get(who, id)
        if facts.state != "ready":
            raise ArchiveNotReady(id=id, state=facts.state, wanted="ready")
        return facts

    async def ticket(self, who: Actor, id: str) -> str:
        """Return the ticket by which an archive is fetched, once and within a minute."""
        await asyncio.to_thread(self.ready, who, id)
        issue = self._downloads.issue
        return await self._database.run_write(lambda: issue(who, DOWNLOAD, id), who=who)

    @contextlib.contextmanager
    def content(self, facts: ArchiveExport) -> Iterator[Iterator[bytes]]:
        """Open an archive as it is handed out."""
        with contextlib.ExitStack() as stack:
            file: BinaryIO
            if facts.sealed:
                file = stack.enter_context(opened_file(self._shelf.path(facts.id)))
            else:
                file = stack.enter_context(self._shelf.reading(facts.id))
            yield iter(lambda: file.read(PIECE), b"")

    def drop(self, who: Actor, id: str) -> None:
        """Remove an archive."""
        self.get(who, id)
        self._shelf.drop(id)

    def _work(self, job: Job, report: Report) -> None:
        self.write(decode(job.subject, dict[str, str])["id"], report)

    def _download(self, who: Actor, id: str) -> Download:
        facts = self.ready(who, id)
        kind = "application/octet-stream" if facts.sealed else "application/zip"
        return Download(name_of(facts), kind, facts.bytes, lambda: self.content(facts))


def name_of(facts: ArchiveExport) -> str:
    """Return what the file is called that somebody fetches."""
    day = datetime_of(facts.begun_at - facts.begun_at % SECOND)
    return f"hourloom-{day:%Y-%m-%d}.zip{'.sealed' if facts.sealed else ''}"
