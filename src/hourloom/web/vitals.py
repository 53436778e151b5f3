"""Whether the server is well, for whoever watches it: yes or no for everyone, figures for its user."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

import msgspec

from hourloom.db.transaction import Database
from hourloom.web.routes import Access, Answer, Mode, Routes

routes = Routes("", "server")

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Measure(NamedTuple):
    """One figure; its name says the unit, and nothing about it names anybody's buckets."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    value: float


class Vitals:
    """How the server is doing."""

    is_service = True

    def __init__(self, database: Database, more: Callable[[], Iterable[Measure]]) -> None:
        self._database, self._more = database, more

    def well(self) -> bool:
        """Return whether writes are taken and answered."""
        return self._database.vitals().moving

    def measures(self) -> list[Measure]:
        """Return all figures."""
        database = self._database.vitals()
        return [
            Measure("hourloom_commits_total", "counter", "Commits since the start.", database.commits),
            Measure(
                "hourloom_commit_seconds_total",
                "counter",
                "Seconds that these commits took.",
                database.commit_seconds,
            ),
            Measure("hourloom_queue_length", "gauge", "Writes that wait for the writer.", database.waiting),
            Measure("hourloom_database_bytes", "gauge", "Size of the database on disk.", database.size),
            Measure("hourloom_resident_bytes", "gauge", "Memory of the server.", resident_bytes()),
            *self._more(),
        ]


class Health(msgspec.Struct):
    """Whether the server is well."""

    ok: bool


@routes.on(
    "GET", "/health", mode=Mode.AWAITED, access=Access.ANYONE, shows=Health, also={503: "It is not well."}
)
async def health(vitals: Vitals) -> Answer:
    """Say whether the server is well, and nothing else."""
    well = await asyncio.to_thread(vitals.well)
    return Answer(Health(well), 200 if well else 503, {"cache-control": "no-store"})


@routes.on("GET", "/metrics", mode=Mode.AWAITED, access=Access.LOCAL, shows=PROMETHEUS)
async def metrics(vitals: Vitals) -> Answer:
    """Return figures in the text format of Prometheus."""
    measures = await asyncio.to_thread(vitals.measures)
    return Answer(exposition(measures).encode(), headers={"content-type": PROMETHEUS})


def exposition(measures: Iterable[Measure]) -> str:
    """Write figures in the text format of Prometheus."""
    return "".join(
        f"# HELP {m.name} {m.help}\n# TYPE {m.name} {m.kind}\n{m.name} {m.value}\n" for m in measures
    )


def resident_bytes() -> int:
    """Return the memory that this process holds; where the system tells only the highest so far, that."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - there is none on Windows

    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        # macOS counts in bytes.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
