"""All beats, or what each day comes to, in a file that other programs read: made by a job, fetched once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from hourloom.accounts.downloads import Download, Downloads
from hourloom.archive.shelf import Shelf
from hourloom.core.actors import Actor
from hourloom.core.clock import DAY, SECOND, Clock
from hourloom.core.decoding import decode
from hourloom.core.errors import NotFound
from hourloom.core.ids import JobId
from hourloom.db.transaction import Database
from hourloom.jobs.model import Job, Report
from hourloom.jobs.service import Jobs
from hourloom.wakatime.model.periods import BeatPeriod
from hourloom.wakatime.model.summing import Json
from hourloom.wakatime.service.overview import EditorOverview
from hourloom.wakatime.service.things import shown_beat
from hourloom.wakatime.service.time import EditorTime
from hourloom.wakatime.service.words import instant_text, zone_name

KIND, TIDY = "wakatime.dump", "wakatime.tidy"
TIDY_EVERY = 3600.0
READY_FOR = DAY
PIECE = 1 << 16
MOST_JOBS = 10_000

DumpType = Literal["heartbeats", "daily"]


class NoSuchDump(NotFound):
    """There is no such file; ask for a new one."""


class DumpSubject(msgspec.Struct, frozen=True):
    """What a job writes, for whom, and how much it came to."""

    type: DumpType
    user: int
    bytes: int = 0


class EditorDumps:
    """Files of beats; they lie here for a day, sealed where the database is encrypted."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        jobs: Jobs,
        downloads: Downloads,
        shelf: Shelf,
        time: EditorTime,
        overview: EditorOverview,
    ) -> None:
        self._database, self._clock, self._jobs, self._downloads = database, clock, jobs, downloads
        self._shelf, self._time, self._overview = shelf, time, overview
        jobs.register_long(KIND, self._work)
        jobs.register_long(TIDY, lambda _job, _report: self.drop_old(), every=TIDY_EVERY)
        downloads.register(KIND, self._download)

    def begin(self, who: Actor, kind: DumpType) -> Json:
        """Queue a dump; one of a kind that is being made already is that one."""
        who.require("tracking:read")
        subject = DumpSubject(kind, who.user_id)
        job = self._jobs.enqueue(who.workspace_id, KIND, subject, slot=f"{who.user_id}-{kind}")
        return self._shown(self._jobs.get(_looking(who), job))

    async def all(self, who: Actor, address: str) -> Json:
        """Return the dumps of the last day, those that are ready with a link for a single use."""
        who.require("tracking:read")
        jobs = await self._database.run_read(lambda: self._own(who), who=who)
        found = []
        for job in jobs:
            shown = self._shown(job)
            if shown["status"] == "Completed":
                ticket = await self._ticket(who, job.id)
                shown["download_url"] = f"{address}/api/v1/downloads/{ticket}"
            found.append(shown)
        return {"data": found, "total": len(found), "total_pages": 1, "page": 1}

    def discard(self) -> int:
        """Remove every dump: copies that an erasure must not leave behind."""
        gone = self._files()
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def drop_old(self) -> None:
        """Remove files that are older than a day, whether or not anybody asks for another."""
        oldest = time.time() - READY_FOR / SECOND
        for path in self._files():
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    async def _ticket(self, who: Actor, job: int) -> str:
        issue = self._downloads.issue
        return await self._database.run_write(lambda: issue(who, KIND, str(job)), who=who)

    def _own(self, who: Actor) -> list[Job]:
        oldest = self._clock.now() - READY_FOR
        jobs = self._jobs.newest(_looking(who), 2**62, MOST_JOBS)
        return [
            job
            for job in jobs
            if job.kind == KIND and _subject(job).user == who.user_id and job.created_at > oldest
        ]

    def _shown(self, job: Job) -> Json:
        subject, state = _subject(job), job.state
        ready = state == "finished" and self._shelf.path(_name(job.id)).exists()
        status = "Completed" if ready else "Processing" if state == "open" else "Failed"
        return {
            "id": str(job.id),
            "type": subject.type,
            "status": status,
            "percent_complete": 100.0
            if ready
            else round(100 * job.done / job.total, 1)
            if job.total
            else 0.0,
            "is_processing": state == "open",
            "is_stuck": False,
            "has_failed": status == "Failed",
            "download_url": None,
            "created_at": instant_text(job.created_at),
            "expires": instant_text(job.created_at + READY_FOR) if ready else None,
        }

    def _work(self, job: Job, report: Report) -> None:
        subject = _subject(job)
        who = Actor(job.workspace_id, subject.user, frozenset({"tracking:read"}))  # type: ignore[arg-type]
        self._tidy(who)
        written = 0
        with self._shelf.writing(_name(job.id)) as file:
            for piece, done, total in self._pieces(who, subject.type):
                file.write(piece)
                written += len(piece)
                report(done, total)
        report(1, 1, msgspec.structs.replace(subject, bytes=written))

    def _pieces(self, who: Actor, kind: DumpType) -> Iterator[tuple[bytes, int, int]]:
        """Yield the file piece by piece, with how many of its days are done."""
        way = self._time.way(who)
        today = self._time.today(way)
        period = BeatPeriod(self._time.earliest(who, way, today), today)
        days = list(period.days())
        user = {"id": str(who.user_id), "timezone": zone_name(way, self._time.now())}
        start = self._time.days(who, BeatPeriod(days[0], days[0]), way)[0].start
        head = {"user": user, "range": {"start": start // SECOND, "end": self._time.now() // SECOND}}
        yield msgspec.json.encode(head)[:-1] + b',"days":[', 0, len(days)
        first = True
        for number, day in enumerate(days):
            (found,) = self._time.days(who, BeatPeriod(day, day), way)
            if found.spans:
                shown = self._day(who, kind, found, day.isoformat())
                yield (b"" if first else b",") + msgspec.json.encode(shown), number + 1, len(days)
                first = False
        yield b"]}", len(days), len(days)

    def _day(self, who: Actor, kind: DumpType, found: Any, day: str) -> Json:
        if kind == "heartbeats":
            beats = self._time.beats(who, found.start, found.end)
            return {"date": day, "heartbeats": [shown_beat(who, beat) for beat in beats]}
        return {"date": day, **self._overview.of_day(found)}

    def _download(self, who: Actor, id: str) -> Download:
        job = self._jobs.get(_looking(who), JobId(int(id)))
        name = _name(job.id)
        if job.kind != KIND or job.state != "finished" or not self._shelf.path(name).exists():
            raise NoSuchDump
        subject = _subject(job)
        return Download(
            f"hourloom-{subject.type}.json", "application/json", subject.bytes, lambda: self._content(name)
        )

    @contextlib.contextmanager
    def _content(self, name: str) -> Iterator[Iterator[bytes]]:
        with self._shelf.reading(name) as file:
            yield iter(lambda: file.read(PIECE), b"")

    def _tidy(self, who: Actor) -> None:
        """Remove the files of dumps that are older than a day, and what a kill left unfinished."""
        kept = {self._shelf.path(_name(job.id)) for job in self._own(who)}
        for path in self._files():
            if path not in kept:
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return list(self._shelf.directory.glob("dump-*"))


def _subject(job: Job) -> DumpSubject:
    return decode(job.subject, DumpSubject)


def _name(job: int) -> str:
    return f"dump-{job}"


def _looking(who: Actor) -> Actor:
    """Return the actor by whom the jobs are looked at that somebody asked for."""
    return msgspec.structs.replace(who, scopes=frozenset({"jobs:read"}))
