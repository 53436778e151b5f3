"""Whether the server is well: yes or no for everyone, parts and figures for its user."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec

from hourloom import __version__
from hourloom.core.errors import HourloomError
from hourloom.db.migrate import HEAD
from hourloom.db.transaction import Database
from hourloom.db.transaction import Vitals as DatabaseVitals
from hourloom.web.counting import Counts
from hourloom.web.exposition import MEDIA_TYPE, Measure, exposition
from hourloom.web.process import process_measures
from hourloom.web.routes import Access, Answer, Mode, Routes

__all__ = ["Measure", "Parts", "Vitals", "routes"]

routes = Routes("", "server")


class ClockHealth(msgspec.Struct):
    """The computer's clock."""

    now: datetime
    jumped_at: datetime | None = None
    """When it was last set while the server ran, by more than a minute."""
    jumped_seconds: int | None = None
    """By how much, negative for back."""


class Parts(msgspec.Struct, kw_only=True):
    """What other parts of the server know of its health; what none knows is None."""

    clock: ClockHealth
    free_bytes: int | None = None
    ballast_held: bool | None = None
    backup_verified_at: datetime | None = None
    backup_expected: bool = False
    """Whether there ought to be a backup: a team database is backed up by its own means."""
    jobs: dict[str, int] = {}
    """How many jobs are in each state."""
    notices: dict[str, int] = {}
    """How many notices of each kind stand."""


class WriterHealth(msgspec.Struct):
    """Whatever writes to the database."""

    moving: bool
    """Whether nothing that was begun is stuck."""
    queue: int
    last_commit_seconds: float | None
    """How long ago something was committed; null before the first commit."""
    trouble: str | None
    """Why nothing can be written, such as a full disk; null while all is well."""


class DiskHealth(msgspec.Struct):
    """The disk that holds the data directory."""

    free_bytes: int | None
    ballast_held: bool | None
    """Whether the reserve for a full disk is there."""
    writable: bool
    database_bytes: int
    log_bytes: int
    """The part of it that was not moved into the file yet."""


class BackupHealth(msgspec.Struct):
    """The newest backup that passed its check."""

    verified_at: datetime | None
    age_seconds: float | None


class JobsHealth(msgspec.Struct):
    """Background work."""

    failing: int
    """Jobs that failed for good within 7 days, or are tried again after an error."""
    waiting: int
    running: int


class HealthReport(msgspec.Struct):
    """How the server is, part by part."""

    ok: bool
    """Whether all that it needs is well: alive and ready."""
    alive: bool
    ready: bool
    """Whether it reads and writes."""
    version: str
    schema: str
    started_at: datetime
    writer: WriterHealth
    disk: DiskHealth
    backup: BackupHealth | None
    """Null for a team database, which is backed up by PostgreSQL's own means."""
    jobs: JobsHealth
    clock: ClockHealth
    notices: dict[str, int]
    """How many notices of each kind stand."""


class Health(msgspec.Struct):
    """Whether the server is well."""

    ok: bool


class Vitals:
    """How the server is doing."""

    is_service = True

    def __init__(
        self,
        database: Database,
        counts: Counts,
        parts: Callable[[], Parts],
        more: Callable[[], Iterable[Measure]],
    ) -> None:
        self._database, self._counts, self._parts, self._more = database, counts, parts, more
        self._started_at = datetime.now(UTC)

    def well(self) -> bool:
        """Return whether writes are taken and answered."""
        return _is_writing(self._database.vitals())

    def report(self) -> HealthReport:
        """Return how every part is."""
        database, parts = self._database.vitals(), self._parts()
        ready = _is_writing(database) and self._reads()
        return HealthReport(
            ok=ready,
            alive=True,
            ready=ready,
            version=__version__,
            schema=HEAD,
            started_at=self._started_at,
            writer=WriterHealth(database.moving, database.waiting, database.last_commit, database.trouble),
            disk=DiskHealth(
                parts.free_bytes,
                parts.ballast_held,
                database.trouble is None,
                database.size,
                database.log_size,
            ),
            backup=_backup_health(parts),
            jobs=_jobs_health(parts.jobs),
            clock=parts.clock,
            notices=parts.notices,
        )

    def measures(self) -> list[Measure]:
        """Return all figures."""
        return [
            *_database_measures(self._database.vitals()),
            *self._counts.measures(),
            *self._more(),
            *process_measures(),
        ]

    def _reads(self) -> bool:
        try:
            with self._database.read() as tx:
                return tx.value("SELECT 1") == 1
        except HourloomError:
            return False


def _is_writing(database: DatabaseVitals) -> bool:
    return database.moving and database.trouble is None


def _backup_health(parts: Parts) -> BackupHealth | None:
    if not parts.backup_expected:
        return None
    verified = parts.backup_verified_at
    age = None if verified is None else (parts.clock.now - verified).total_seconds()
    return BackupHealth(verified, age)


def _jobs_health(states: dict[str, int]) -> JobsHealth:
    failing = states.get("failed", 0) + states.get("retrying", 0)
    return JobsHealth(failing, states.get("waiting", 0), states.get("running", 0))


def _database_measures(database: DatabaseVitals) -> Iterable[Measure]:
    yield Measure("hourloom_commits_total", "counter", "Commits since the start.", database.commits)
    seconds = database.commit_seconds
    yield Measure("hourloom_commit_seconds_total", "counter", "Seconds that these commits took.", seconds)
    if database.waits is not None:
        yield Measure(
            "hourloom_commit_wait_seconds",
            "histogram",
            "How long the oldest write of each commit waited until it was on disk.",
            database.waits,
        )
    yield Measure("hourloom_queue_length", "gauge", "Writes that wait for the writer.", database.waiting)
    yield Measure(
        "hourloom_writable", "gauge", "1 while writes are taken and answered.", int(_is_writing(database))
    )
    yield Measure("hourloom_database_bytes", "gauge", "Size of the database on disk.", database.size)
    log_size = database.log_size
    yield Measure("hourloom_database_log_bytes", "gauge", "Size of its log, part of the above.", log_size)


@routes.on(
    "GET", "/health", mode=Mode.AWAITED, access=Access.ANYONE, shows=Health, also={503: "It is not well."}
)
async def health(vitals: Vitals) -> Answer:
    """Say whether the server is well, and nothing else."""
    well = await asyncio.to_thread(vitals.well)
    return Answer(Health(well), 200 if well else 503, {"cache-control": "no-store"})


@routes.on(
    "GET",
    "/api/v1/health",
    mode=Mode.AWAITED,
    scope="server:read",
    shows=HealthReport,
    also={503: "It is not ready; the answer says why."},
)
async def show_health(vitals: Vitals) -> Answer:
    """Show how every part of the server is: writer, disk, backup, jobs, clock."""
    report = await asyncio.to_thread(vitals.report)
    return Answer(report, 200 if report.ready else 503)


@routes.on("GET", "/metrics", mode=Mode.AWAITED, access=Access.LOCAL, shows=MEDIA_TYPE)
async def metrics(vitals: Vitals) -> Answer:
    """Return figures in the text format of Prometheus."""
    measures = await asyncio.to_thread(vitals.measures)
    return Answer(exposition(measures).encode(), headers={"content-type": MEDIA_TYPE})
