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
from typing import Any

from hourloom import __version__
from hourloom.accounts import jobs as accounts_jobs
from hourloom.accounts.authenticator import LocalAuthenticator
from hourloom.accounts.routes import routes as accounts_routes
from hourloom.accounts.service import Accounts
from hourloom.configuration import Configuration
from hourloom.core.clock import Clock
from hourloom.db.transaction import Database, Transaction
from hourloom.jobs.model import AGAIN, FINISHED, Job, JobProgress
from hourloom.jobs.routes import routes as jobs_routes
from hourloom.jobs.service import Jobs
from hourloom.live.feed import Feed
from hourloom.live.hub import Hub
from hourloom.live.mount import live_routes
from hourloom.operations import jobs as operations_jobs
from hourloom.operations.routes import routes as operations_routes
from hourloom.operations.service import Operations
from hourloom.settings.routes import routes as settings_routes
from hourloom.settings.service import Settings
from hourloom.tracking import jobs as tracking_jobs
from hourloom.tracking.recorder import Recorder
from hourloom.tracking.routes.aw import Server as ServerFacts
from hourloom.tracking.routes.aw import routes as aw_routes
from hourloom.tracking.routes.days import routes as days_routes
from hourloom.tracking.routes.moving import Spool
from hourloom.tracking.routes.moving import aw_routes as aw_moving_routes
from hourloom.tracking.routes.moving import routes as moving_routes
from hourloom.tracking.routes.v1 import routes as tracking_routes
from hourloom.tracking.service import Buckets, CleanUp, Days, Editing, Events, MovingIn, Queries
from hourloom.tracking.shelf import PayloadShelf
from hourloom.web.application import application
from hourloom.web.endpoint import Context
from hourloom.web.guard import Guarded
from hourloom.web.idempotency import KEPT, Idempotency, drop_answers
from hourloom.web.openapi import document
from hourloom.web.pages import page_routes
from hourloom.web.peers import own_uid
from hourloom.web.routes import Route
from hourloom.web.vitals import Measure, Vitals
from hourloom.web.vitals import routes as vitals_routes

log = logging.getLogger(__name__)

HTTP_PORT = 80
PRUNE_EVERY = REFILL_EVERY = 3600.0


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
    ) -> None:
        self._was_killed, self._refill_ballast = was_killed, refill_ballast
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
        self.jobs = Jobs(database, clock)
        settings = Settings(database, clock)
        self._events = events
        clean_up = CleanUp(database, self.recorder, shelf)
        services: list[object] = [
            self.accounts,
            operations,
            buckets,
            events,
            Editing(database, operations, self.recorder),
            Queries(database, clock, shelf, configuration.query_seconds),
            MovingIn(database, operations, buckets, events, self.recorder),
            settings,
            Days(database, clock, settings, shelf),
            self.jobs,
            Vitals(database, self._measures),
            Spool(configuration.data_dir / "run"),
            ServerFacts(hostname, device_id(key), configuration.testing),
        ]
        self.services: dict[type, object] = {type(service): service for service in services}
        self.authenticator = LocalAuthenticator(
            self.accounts, self.owner, own_uid=own_uid(), local_access=configuration.local_access
        )
        self.idempotency = Idempotency(database, clock)
        accounts_jobs.register(self.jobs, self.accounts)
        operations_jobs.register(self.jobs, operations)
        tracking_jobs.register(self.jobs, clean_up)
        self.jobs.every("live.prune", PRUNE_EVERY, self._prune_feed)
        self.jobs.every("web.drop_answers", PRUNE_EVERY, self._drop_answers)

    def application(self, port: int) -> Guarded:
        """Return the ASGI application for a server that listens on a port."""
        context = Context(
            self.database,
            self.authenticator,
            self.services,
            allowed_hosts=allowed_hosts(self.configuration, port),
            allowed_origins=frozenset(self.configuration.allowed_origins),
            idempotency=self.idempotency,
        )
        routes = all_routes()
        live = live_routes(routes, context, self.live.feed, self.live.hub, self.accounts)
        return application(routes, context, [*page_routes(context), *live], self.running)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do what the server does by itself, for as long as the context is open."""
        chores = [self._announce_heartbeats(), self.jobs.run(), self._keep_ballast()]
        if self._was_killed:
            chores.append(self._look_for_damage())
        background = [asyncio.create_task(chore) for chore in chores]
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
        else:
            log.error("the last server was killed and the database is damaged; run `hourloom doctor`")

    def _measures(self) -> list[Measure]:
        taken, listeners = self._events.heartbeats_taken, self.live.hub.listeners
        return [
            Measure("hourloom_heartbeats_total", "counter", "Heartbeats since the start.", taken),
            Measure("hourloom_live_listeners", "gauge", "Programs that follow the feed.", listeners),
        ]

    async def _announce_heartbeats(self) -> None:
        """Tell of heartbeats that came within a second of the last Change of their bucket."""
        while True:
            await asyncio.sleep(1.0)
            if self.recorder.has_news:
                await self.database.run_write(self._announce)

    def _announce(self) -> None:
        with self.database.begin() as tx:
            self.recorder.announce(tx)

    def _prune_feed(self, tx: Transaction, _job: Job) -> JobProgress:
        return AGAIN if self.live.feed.prune(tx) else FINISHED

    def _drop_answers(self, tx: Transaction, _job: Job) -> JobProgress:
        drop_answers(tx, self.clock.now() - KEPT)
        return FINISHED


class Live:
    """The feed of Changes and those who listen."""

    def __init__(self, clock: Clock) -> None:
        self.feed, self.hub = Feed(clock), Hub()


def all_routes() -> list[Route]:
    """Return the typed routes of all features, the busiest first."""
    return [
        *aw_routes.all,
        *aw_moving_routes.all,
        *tracking_routes.all,
        *moving_routes.all,
        *days_routes.all,
        *operations_routes.all,
        *accounts_routes.all,
        *settings_routes.all,
        *jobs_routes.all,
        *vitals_routes.all,
    ]


def openapi_document() -> dict[str, Any]:
    """Return the description of the whole API."""
    return document(all_routes(), __version__)


def allowed_hosts(configuration: Configuration, port: int) -> frozenset[str]:
    """Return the Host headers that name this server."""
    names = ("localhost", "127.0.0.1", "[::1]")
    # Browsers leave out the port of plain HTTP.
    own = {f"{name}:{port}" for name in names} | (set(names) if port == HTTP_PORT else set())
    return frozenset(own | set(configuration.allowed_hosts))


def device_id(key: bytes) -> str:
    """Return the name under which ActivityWatch's clients know this server; it never changes."""
    return str(uuid.UUID(bytes=hashlib.blake2b(b"device", key=key, digest_size=16).digest(), version=4))
