"""Reports over a stored year: how long they take, and heartbeats beside them."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from statistics import median

from benchmarks import results as figures
from benchmarks.backups import beside_heartbeats, run
from benchmarks.connection import Address, Connection
from benchmarks.load import percentile
from benchmarks.results import Figure
from benchmarks.scenarios import Stage, memory
from benchmarks.year import Year

TIMES = 7
SCOPES = "reports:read,activities:write,jobs:read"
DAYS_OF_A_YEAR = 360
"""Those of the generated year that are over, at the least."""
KEPT_WITHIN = 900.0
"""Seconds: it looks for days to keep every five minutes, and a year of them takes half a minute."""
ASKED: dict[Figure, str] = {
    figures.REPORT_DAY: "range=day&by=category",
    figures.REPORT_WEEK: "range=week&by=category",
    figures.REPORT_MONTH: "range=month&by=category",
    figures.REPORT_YEAR: "range=year&by=category&then=month",
}
_numbers = count(1)


def reports(stage: Stage, year: Year) -> None:
    """Ask for reports of a day, a week, a month and the year; each is warm from the second time on."""
    stage.server.start_if_stopped()
    token = run(stage, "token", "create", "--scopes", SCOPES).strip()
    connection = Connection(Address(stage.server.address.port, token))
    wait_for_kept_days(connection)
    day = year.end.replace(year=year.end.year - 1, month=12, day=30).isoformat()
    asks = {
        figure: asking(connection, f"/api/v1/reports/summary?{what}&date={day}&zone=Europe/Berlin")
        for figure, what in ASKED.items()
    }
    for figure, ask in asks.items():
        ask()
        stage.note(figure, median(ask() for _ in range(TIMES)) * 1000)
    changed, ask_year = [], asks[figures.REPORT_YEAR]
    for _ in range(3):
        change_categories(connection)
        changed.append(ask_year())
    stage.note(figures.REPORT_CHANGED, median(changed))
    _, latencies = beside_heartbeats(stage, "reports", lambda: sum(_some(connection, ask_year)))
    stage.note(figures.REPORT_BESIDE, percentile(latencies, 99) * 1000)
    memory(stage, figures.REPORT_MEMORY)


def wait_for_kept_days(connection: Connection) -> None:
    """Wait until the server has kept the days that are over: what it does once, beside everything else."""
    ends = time.monotonic() + KEPT_WITHIN
    while time.monotonic() < ends:
        found = json.loads(connection.ask("GET", "/api/v1/jobs?limit=500").body)["jobs"]
        if sum(job["done"] for job in found if job["kind"] == "activities.keep_days") >= DAYS_OF_A_YEAR:
            return
        time.sleep(2)
    raise AssertionError("the server did not keep the days of the year")


def asking(connection: Connection, path: str) -> Callable[[], float]:
    """Return what asks for a path and tells the seconds that the answer took."""

    def ask() -> float:
        answer = connection.ask("GET", path)
        assert answer.status == 200, answer.body
        return answer.seconds

    return ask


def change_categories(connection: Connection) -> None:
    """Add a category: whatever was decided is decided anew."""
    body = json.dumps({"name": f"bench {next(_numbers)}"}).encode()
    answer = connection.ask("POST", "/api/v1/categories", body)
    assert answer.status < 300, answer.body


def _some(connection: Connection, ask: Callable[[], float]) -> Iterator[float]:
    for _ in range(4):
        change_categories(connection)
        yield ask()
