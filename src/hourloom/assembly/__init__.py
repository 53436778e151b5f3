"""Put database, features and web together into one server."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from hourloom.accounts import jobs as accounts_jobs
from hourloom.accounts.authenticator import LocalAuthenticator
from hourloom.accounts.downloads import Downloads
from hourloom.accounts.keys import Keys
from hourloom.accounts.service import Accounts
from hourloom.accounts.step_up import StepUp
from hourloom.archive.ports import AnyTable
from hourloom.archive.service import ArchiveExports, ArchiveImports
from hourloom.archive.shelf import Shelf as ArchiveShelf
from hourloom.assembly.routes import all_routes, openapi_document
from hourloom.assembly.understanding import Understanding
from hourloom.backups import jobs as backups_jobs
from hourloom.backups.service import Backups
from hourloom.care import jobs as care_jobs
from hourloom.care.crashes import Crashes
from hourloom.care.figures import counted, seen_measures
from hourloom.care.model import Surroundings
from hourloom.care.service import Care
from hourloom.care.watch import Watch, watching
from hourloom.configuration import Configuration
from hourloom.core.clock import SECOND, Clock, datetime_of
from hourloom.db.keys.tasks import Place
from hourloom.db.transaction import Database, Transaction
from hourloom.demo.service import Demo
from hourloom.imports.activitywatch.places import Places
from hourloom.jobs.model import AGAIN, FINISHED, Job, JobProgress
from hourloom.jobs.ports import Computer
from hourloom.jobs.service import Jobs
from hourloom.live.feed import Feed
from hourloom.live.hub import Hub
from hourloom.live.mount import live_routes
from hourloom.notices import jobs as notices_jobs
from hourloom.notices.service import Notices
from hourloom.operations import jobs as operations_jobs
from hourloom.operations.service import Operations
from hourloom.settings.service import Settings
from hourloom.tracking import jobs as tracking_jobs
from hourloom.tracking.archived.payloads import last_payload
from hourloom.tracking.copies import BackupCopies
from hourloom.tracking.parts import Deleting
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.routes.aw import Server as ServerFacts
from hourloom.tracking.routes.moving import Spool
from hourloom.tracking.service import (
    Buckets,
    Carrying,
    Days,
    DeviceReports,
    Editing,
    Events,
    Hiding,
    MovingIn,
    Privacy,
    Queries,
    Returns,
    WatcherSilence,
)
from hourloom.tracking.shelf import PayloadShelf
from hourloom.wakatime.parts import Editors
from hourloom.web.application import application
from hourloom.web.counting import Counts
from hourloom.web.endpoint import Context
from hourloom.web.guard import Guarded
from hourloom.web.idempotency import KEPT, Idempotency, drop_answers
from hourloom.web.pages import lost_page, page_routes
from hourloom.web.peers import own_uid
from hourloom.web.vitals import ClockHealth, Measure, Parts, Vitals

__all__ = [
    "Live",
    "Server",
    "all_routes",
    "allowed_hosts",
    "device_id",
    "openapi_document",
]

log = logging.getLogger(__name__)

HTTP_PORT = 80
PRUNE_EVERY = REFILL_EVERY = 3600.0
CRASHES_WORTH_TELLING = 5


class Server:
    """One assembled server: its database, services and ASGI application."""

    def __init__(
        self,
        configuration: Configuration,
        database: Database,
        clock: Clock,
        live: Live,
        *,
        was_killed: bool = False,
        refill_ballast: Callable[[], object] = lambda: None,
        computer: Computer | None = None,
    ) -> None:
        self._was_killed, self._refill_ballast = was_killed, refill_ballast
        self._watch: Watch | None = None
        self._crashes: Crashes | None = None
        self._crashed = 0
        self.configuration, self.database, self.clock, self.live = configuration, database, clock, live
        self.accounts = Accounts(database, clock, secrets.token_bytes)
        self.owner = database.write(self.accounts.ensure_owner)
        key = self.accounts.workspace().payload_key
        shelf = PayloadShelf()
        self.recorder = Recorder(clock, key)
        operations = Operations(database, clock)
        hostname = socket.gethostname()
        buckets = Buckets(database, clock, operations, self.recorder, hostname)
        events = Events(database, clock, self.recorder, shelf)
        self.jobs = Jobs(database, clock, computer=computer)
        self.notices = Notices(database, clock)
        self.care, self._counts = Care(database, clock), Counts()
        self.keys = Keys(database, Place.of(configuration), self.jobs, self.owner)
        step_up = StepUp(database, clock, self.accounts, self.keys)
        settings = Settings(database, clock)
        self._events = events
        queries = Queries(database, clock, shelf, configuration.query_seconds)
        moving_in = MovingIn(database, operations, buckets, events, self.recorder, self.jobs)
        carrying = Carrying(
            database, self.jobs, operations, moving_in, Places(), configuration.data_dir / "run"
        )
        self.backups = Backups(
            database,
            clock,
            self.jobs,
            settings,
            self.notices,
            owner=self.owner,
            config_dir=configuration.config_dir,
        )
        downloads = Downloads(database, self.accounts)
        archives = ArchiveShelf(database, configuration.data_dir / "archives", configuration.config_dir)

        tables = partial(_archived_tables, self.recorder, key)
        self.archive_exports = ArchiveExports(database, clock, self.jobs, downloads, archives, tables)
        self.archive_imports = ArchiveImports(
            database,
            clock,
            self.jobs,
            operations,
            archives,
            tables,
            last_payload=last_payload,
            spool=configuration.data_dir / "run",
        )
        self.archive_imports.discard_leftovers()
        editing = Editing(database, operations, self.recorder)
        editors = Editors(
            database,
            clock,
            settings,
            buckets=buckets,
            events=events,
            editing=editing,
            jobs=self.jobs,
            downloads=downloads,
            data_dir=configuration.data_dir,
            config_dir=configuration.config_dir,
        )
        self.understanding = understanding = Understanding(
            database,
            clock,
            self.jobs,
            operations,
            settings,
            self.notices,
            recorder=self.recorder,
            buckets=buckets,
            events=events,
            downloads=downloads,
            configuration=configuration,
            owner=self.owner,
            key=key,
            feed=live.feed,
        )
        demo = Demo(
            database,
            clock,
            self.accounts,
            self.jobs,
            settings,
            buckets=buckets,
            events=events,
            categories=understanding.deciding.categories,
            goals=understanding.goals.goals,
            understood=understanding,
            owner=self.owner,
        )
        editors.goals.source = understanding.goals.for_editors
        deleting = Deleting(
            database,
            clock,
            self.jobs,
            operations,
            settings,
            recorder=self.recorder,
            shelf=shelf,
            queries=queries,
            buckets=buckets,
            spool=configuration.data_dir / "run",
            copies=BackupCopies(
                self.backups,
                lambda: (
                    self.archive_imports.discard_copies()
                    + editors.discard_copies()
                    + understanding.exports.discard()
                ),
            ),
            forget_changes=live.feed.forget_some,
        )
        deleting.forget_also.append(understanding.forget)
        deleting.erasing.said = understanding.deciding.corrections
        deleting.erasing.said_of_time = understanding.deciding.marks
        deleting.proving.texts["marks"] = "note"
        deleting.clean_up.held = self.archive_imports.held_payloads
        self.vitals = Vitals(database, self._counts, self._parts, self._measures)
        services: list[object] = [
            *deleting.services,
            downloads,
            self.archive_exports,
            self.archive_imports,
            self.backups,
            self.accounts,
            operations,
            buckets,
            DeviceReports(clock),
            Returns(database, clock),
            events,
            editing,
            *editors.services,
            Privacy(database, clock, operations, settings, self.recorder.door, self.owner),
            Hiding(database, operations, settings, self.jobs, self.recorder),
            queries,
            moving_in,
            carrying,
            settings,
            *understanding.services,
            demo,
            Days(database, clock, settings, shelf),
            self.jobs,
            self.notices,
            self.keys,
            step_up,
            self.care,
            self.vitals,
            Spool(configuration.data_dir / "run"),
            ServerFacts(hostname, device_id(key), configuration.testing),
        ]
        self.services: dict[type, object] = {type(service): service for service in services}
        self.authenticator = LocalAuthenticator(
            self.accounts, self.owner, step_up, own_uid=own_uid(), local_access=configuration.local_access
        )
        self.idempotency = Idempotency(database, clock)
        self.backups.discard_leftovers()
        silence = WatcherSilence(database, clock, settings, self.notices, self.owner)
        self._register_jobs(operations, moving_in, silence)

    def _register_jobs(self, operations: Operations, moving_in: MovingIn, silence: WatcherSilence) -> None:
        accounts_jobs.register(self.jobs, self.accounts)
        operations_jobs.register(self.jobs, operations)
        tracking_jobs.register_undo(self.jobs, moving_in)
        tracking_jobs.register_silence(self.jobs, silence)
        backups_jobs.register(self.jobs, self.backups)
        care_jobs.register(self.jobs, self.care)
        notices_jobs.register(self.jobs, self.notices, self.owner.workspace_id)
        self.jobs.every("live.prune", PRUNE_EVERY, self._prune_feed)
        self.jobs.every("web.drop_answers", PRUNE_EVERY, self._drop_answers)

    def watch_over(self, surroundings: Surroundings, crashes: Crashes, crashed: int = 0) -> None:
        """Look at the computer as long as the server runs; it crashed so many times before it started."""
        home = self.owner.workspace_id
        self._watch = Watch(self.database, self.clock, self.notices, home, surroundings)
        self._crashes, self._crashed = crashes, crashed

    def application(self, port: int) -> Guarded:
        """Return the ASGI application for a server that listens on a port."""
        context = Context(
            self.database,
            self.authenticator,
            self.services,
            allowed_hosts=allowed_hosts(self.configuration, port),
            allowed_origins=frozenset(self.configuration.allowed_origins),
            idempotency=self.idempotency,
            counts=self._counts,
        )
        routes = all_routes()
        live = live_routes(routes, context, self.live.feed, self.live.hub, self.accounts)
        others = [*page_routes(context), *live]
        return application(routes, context, others, self.running, lost=lost_page(context))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do what the server does by itself, for as long as the context is open."""
        chores = [self._announce_heartbeats(), self.jobs.run(), self._keep_ballast()]
        if self._was_killed:
            chores.append(self._look_for_damage())
        chores.append(asyncio.to_thread(self.keys.tidy))
        if self._watch is not None:
            chores.append(watching(self._watch))
        if self._crashed >= CRASHES_WORTH_TELLING:
            chores.append(self._tell("server_crashed", times=self._crashed))
        if self._crashes is not None:
            asyncio.get_running_loop().set_exception_handler(self._crashes.of_task)
        background = [asyncio.create_task(chore) for chore in chores]
        for task in background:
            task.add_done_callback(self._note_end)
        try:
            yield
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await self.database.run_write(self.accounts.note_uses)

    async def _keep_ballast(self) -> None:
        """Reserve disk space again after a full disk used the reserve up."""
        while True:
            await asyncio.sleep(REFILL_EVERY)
            await asyncio.to_thread(self._refill_ballast)

    async def _look_for_damage(self) -> None:
        """Check the file after a kill or a power cut, while the server already answers."""
        if await asyncio.to_thread(self.database.is_sound):
            log.info("the last server was killed; the database is sound")
            home = self.owner.workspace_id
            await self.database.run_write(lambda: self.notices.cleared(home, "database_damaged"))
        else:
            log.error("the last server was killed and the database is damaged; run `hourloom doctor --fix`")
            await self._tell("database_damaged")

    async def _tell(self, kind: str, **facts: int) -> None:
        home = self.owner.workspace_id
        await self.database.run_write(lambda: self.notices.raised(home, kind, "", **facts))

    def _note_end(self, chore: asyncio.Task[None]) -> None:
        """Record a chore that ended by an error: nobody else would hear of it."""
        error = None if chore.cancelled() else chore.exception()
        if error is not None and self._crashes is not None:
            self._crashes.record("task", type(error), error.__traceback__)

    def _parts(self) -> Parts:
        """Return what other parts of the server know of its health."""
        seen = self._watch.seen if self._watch is not None else None
        jump = seen.jump if seen is not None else None
        verified = self.backups.verified_at()
        return Parts(
            clock=ClockHealth(
                datetime_of(self.clock.now()),
                None if jump is None else datetime_of(jump.at),
                None if jump is None else jump.by // SECOND,
            ),
            free_bytes=None if seen is None else seen.free,
            ballast_held=None if seen is None else seen.ballast_held,
            backup_verified_at=None if verified is None else datetime_of(verified),
            backup_expected=self.database.dialect == "sqlite",
            jobs=self.jobs.counted(),
            notices=self.notices.counted(),
        )

    def _measures(self) -> list[Measure]:
        taken, listeners = self.recorder.taken, self.live.hub.listeners
        seen = self._watch.seen if self._watch is not None else None
        return [
            Measure("hourloom_heartbeats_total", "counter", "Heartbeats since the start.", taken),
            Measure("hourloom_live_listeners", "gauge", "Programs that follow the feed.", listeners),
            *([] if seen is None else seen_measures(seen)),
            *counted("hourloom_events", "Events, by type of bucket.", "type", self.care.events_by_type()),
            *counted("hourloom_jobs", "Background work, by state.", "state", self.jobs.counted()),
            *counted("hourloom_notices", "Notices that stand, by kind.", "kind", self.notices.counted()),
            *self.backups.measures(),
            *self.understanding.figures(),
        ]

    async def _announce_heartbeats(self) -> None:
        """Tell of heartbeats that came within a second of the last Change of their bucket."""
        while True:
            await asyncio.sleep(1.0)
            if self.recorder.has_news or self.understanding.lanes.news.waiting:
                await self.database.run_write(self._announce)

    def _announce(self) -> None:
        with self.database.begin() as tx:
            self.recorder.announce(tx)
            self.understanding.lanes.news.tell(tx)

    def _prune_feed(self, tx: Transaction, _job: Job) -> JobProgress:
        return AGAIN if self.live.feed.prune(tx) else FINISHED

    def _drop_answers(self, tx: Transaction, _job: Job) -> JobProgress:
        drop_answers(tx, self.clock.now() - KEPT)
        return FINISHED


def _archived_tables(recorder: Recorder, key: bytes) -> list[AnyTable]:
    from hourloom.assembly.tables import archived_tables  # noqa: PLC0415 - a start need not wait for them

    return archived_tables(recorder, key)


class Live:
    """The feed of Changes and those who listen."""

    def __init__(self, clock: Clock) -> None:
        self.feed, self.hub = Feed(clock), Hub()


def allowed_hosts(configuration: Configuration, port: int) -> frozenset[str]:
    """Return the Host headers that name this server."""
    names = ("localhost", "127.0.0.1", "[::1]")
    # Browsers leave out the port of plain HTTP.
    own = {f"{name}:{port}" for name in names} | (set(names) if port == HTTP_PORT else set())
    return frozenset(own | set(configuration.allowed_hosts))


def device_id(key: bytes) -> str:
    """Return the name under which ActivityWatch's clients know this server; it never changes."""
    return str(uuid.UUID(bytes=hashlib.blake2b(b"device", key=key, digest_size=16).digest(), version=4))
