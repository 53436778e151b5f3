"""What is measured: each scenario drives one server once and notes its figures."""

import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import results as figures
from benchmarks.connection import Address, Connection
from benchmarks.disk import commits
from benchmarks.load import drive, percentile
from benchmarks.queries import DESKTOP, HOST, ask, bucket, day_view, period
from benchmarks.results import DISK, Figure, Results
from benchmarks.servers import Server
from benchmarks.year import TYPES, WINDOW, Year, as_json

START = datetime(2031, 1, 1, tzinfo=UTC)
"""Made-up heartbeats begin after all generated data."""
PER_EVENT = 10
"""So many heartbeats in a row carry the same payload: nine in ten extend an event, one begins the next."""


@dataclass(frozen=True)
class Stage:
    """Where a scenario plays: the server, how long a timed part takes, the round, and the notebook."""

    server: Server
    results: Results
    seconds: float
    turn: int = 0

    def note(self, figure: Figure, value: float) -> None:
        """Take up a value of this server."""
        self.results.note(figure, self.server.name, value)


def start(stage: Stage, figure: Figure = figures.START) -> None:
    """Start the server on the files it has."""
    stage.server.stop()
    stage.note(figure, stage.server.start() * 1000)


def memory(stage: Stage, figure: Figure = figures.MEMORY) -> None:
    """Let the server rest, and see what it holds."""
    time.sleep(2)
    stage.note(figure, stage.server.memory())


def heartbeats_one(stage: Stage) -> None:
    """Send heartbeats on one connection, between two measurements of the disk."""
    address, home = stage.server.address, stage.server.home
    before = commits(stage.seconds / 4, home)
    latencies = drive(address, [heartbeats(stage.server, f"one-{stage.turn}")], stage.seconds)
    commit = statistics.median([*before, *commits(stage.seconds / 4, home)])
    stage.results.note(figures.COMMIT, DISK, commit * 1000)
    stage.note(figures.HEARTBEATS_ONE, len(latencies) / sum(latencies))
    stage.note(figures.HEARTBEAT, statistics.median(latencies) * 1000)
    stage.note(figures.OVER_COMMIT, (statistics.median(latencies) - commit) * 1000)


def heartbeats_many(stage: Stage) -> None:
    """Send heartbeats on sixteen connections, each to a bucket of its own."""
    streams = [heartbeats(stage.server, f"many-{stage.turn}-{number}") for number in range(16)]
    begun = time.perf_counter()
    latencies = drive(stage.server.address, streams, stage.seconds)
    stage.note(figures.HEARTBEATS_MANY, len(latencies) / (time.perf_counter() - begun))


def heartbeats(server: Server, name: str) -> Iterator[bytes]:
    """Create a bucket and return the requests of a watcher that reports each second."""
    create(server.connect(), f"bench-{name}", "currentwindow")
    return requests(server.address, f"/api/0/buckets/bench-{name}/heartbeat?pulsetime=60")


def requests(address: Address, path: str) -> Iterator[bytes]:
    """Yield heartbeats for ever."""
    number = 0
    while True:
        yield address.request("POST", path, written(number))
        number += 1


def heartbeat(number: int) -> dict[str, object]:
    """Return the heartbeat of second `number`."""
    at, seen = START + timedelta(seconds=number), number // PER_EVENT
    payload = {"app": f"app-{seen % 20}", "title": f"window title number {seen} - some application"}
    return {"timestamp": at.isoformat(), "duration": 0, "data": payload}


def written(number: int) -> bytes:
    """Write the heartbeat of second `number` as JSON, quicker than json.dumps does."""
    minutes, second = divmod(number, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    seen = number // PER_EVENT
    return (
        f'{{"timestamp": "2031-01-{day + 1:02}T{hour:02}:{minute:02}:{second:02}+00:00", "duration": 0, '
        f'"data": {{"app": "app-{seen % 20}", "title": "window title number {seen} - some application"}}}}'
    ).encode()


def batches(stage: Stage) -> None:
    """Send heartbeats a hundred at a time through our own API, on four connections."""
    program = str(Path(sys.executable).with_name("hourloom"))
    folder = str(stage.server.data_dir)
    token = stage.server.run(program, "token", "create", "--scopes", "heartbeats:write", "--data-dir", folder)
    address = Address(stage.server.port, token)
    streams = [batch_requests(address, stage.server, f"batch-{stage.turn}-{number}") for number in range(4)]
    begun = time.perf_counter()
    latencies = drive(address, streams, stage.seconds)
    stage.note(figures.HEARTBEATS_BATCH, 100 * len(latencies) / (time.perf_counter() - begun))


def batch_requests(address: Address, server: Server, name: str) -> Iterator[bytes]:
    """Create a bucket and return batches of heartbeats for it, made beforehand."""
    create(server.connect(), f"bench-{name}", "currentwindow")
    made = []
    for first in range(0, 100_000, 100):
        beats = [heartbeat(number) for number in range(first, first + 100)]
        content = {"bucket": f"bench-{name}", "pulsetime": 60, "heartbeats": beats}
        made.append(address.request("POST", "/api/v1/heartbeats", json.dumps(content).encode()))
    return (made[number % len(made)] for number in range(sys.maxsize))


def create(connection: Connection, bucket_id: str, kind: str) -> None:
    """Create a bucket, or see that it is there."""
    connection.post(f"/api/0/buckets/{bucket_id}", {"client": "bench", "type": kind, "hostname": HOST})
    connection.close()


def load(stage: Stage, year: Year, figure: Figure = figures.LOAD) -> None:
    """Post a year of events, a thousand at a time; only the posting is timed."""
    connection, count, seconds = stage.server.connect(), 0, 0.0
    for prefix, kind in TYPES.items():
        create(stage.server.connect(), bucket(prefix), kind)
    for prefix, batch in thousands(year):
        seconds += connection.post(f"/api/0/buckets/{bucket(prefix)}/events", batch).seconds
        count += len(batch)
    connection.close()
    stage.note(figure, count / seconds)


def thousands(year: Year) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Yield the events of a year, a thousand of one bucket at a time."""
    waiting: dict[str, list[dict[str, object]]] = {prefix: [] for prefix in TYPES}
    for day, events in year.generate():
        for prefix, found in events.items():
            waiting[prefix] += [as_json(day, event) for event in found]
            while len(waiting[prefix]) >= 1000:
                yield prefix, waiting[prefix][:1000]
                del waiting[prefix][:1000]
    yield from ((prefix, rest) for prefix, rest in waiting.items() if rest)


def size(stage: Stage, figure: Figure = figures.SIZE) -> None:
    """Stop the server and divide the bytes of its files by the number of its events."""
    stage.server.start_if_stopped()
    connection = stage.server.connect()
    counts = [connection.get(f"/api/0/buckets/{name}/events/count") for name in buckets(connection)]
    connection.close()
    stage.server.stop()
    stage.note(figure, stage.server.size() / sum(int(count.body) for count in counts))


def buckets(connection: Connection) -> list[str]:
    """Return the ids of all buckets."""
    return list(json.loads(connection.get("/api/0/buckets/").body))


@dataclass(frozen=True)
class Asked:
    """The figures under which the questions to a year are noted."""

    day_cold: Figure
    day_warm: Figure | None
    month_cold: Figure
    month_warm: Figure
    latest: Figure


FIRST = Asked(figures.DAY_COLD, figures.DAY_WARM, figures.MONTH_COLD, figures.MONTH_WARM, figures.LATEST)
SECOND = Asked(figures.SECOND_DAY, None, figures.SECOND_MONTH, figures.SECOND_WARM, figures.SECOND_LATEST)


def questions(stage: Stage, year: Year, under: Asked = FIRST) -> None:
    """Ask for days and for a month that were not asked for before, then again."""
    end = datetime(year.end.year, year.end.month, year.end.day, tzinfo=UTC)
    connection = stage.server.connect()
    days = [period(end, 2 + 3 * number + 30 * stage.turn, 1) for number in range(6)]
    cold = [ask_activity(connection, day) for day in days]
    stage.note(under.day_cold, statistics.median(cold) * 1000)
    if under.day_warm:
        stage.note(under.day_warm, statistics.median(ask_activity(connection, day) for day in days) * 1000)
    month = period(end, 150 + 31 * stage.turn, 30)
    stage.note(under.month_cold, ask_activity(connection, month) * 1000)
    stage.note(under.month_warm, statistics.median(ask_activity(connection, month) for _ in range(3)) * 1000)
    latest = [connection.get(f"/api/0/buckets/{bucket(WINDOW)}/events?limit=100").seconds for _ in range(50)]
    stage.note(under.latest, statistics.median(latest) * 1000)
    connection.close()


def ask_activity(connection: Connection, when: str) -> float:
    """Ask the desktop query for a period in which there must be activity."""
    seconds, results = ask(connection, DESKTOP, [when])
    match results:
        case [{"window": {"app_events": [_, *_]}}]:
            return seconds
        case _:
            raise AssertionError(f"the query found no activity in {when}")


def view_day(stage: Stage, year: Year) -> None:
    """Ask for all that draws one day."""
    end = datetime(year.end.year, year.end.month, year.end.day, tzinfo=UTC)
    connection = stage.server.connect()
    stage.note(figures.DAY_VIEW, day_view(connection, end, back=100 + 7 * stage.turn) * 1000)
    connection.close()


def heartbeats_beside_queries(stage: Stage, year: Year) -> None:
    """Send heartbeats on one connection while another asks for month after month."""
    stopped = threading.Event()
    asking = threading.Thread(target=ask_for_months, args=(stage, year, stopped))
    asking.start()
    try:
        stream = heartbeats(stage.server, f"beside-{stage.turn}")
        latencies = drive(stage.server.address, [stream], max(8.0, stage.seconds))
    finally:
        stopped.set()
        asking.join()
    stage.note(figures.BESIDE, percentile(latencies, 99) * 1000)


def ask_for_months(stage: Stage, year: Year, stopped: threading.Event) -> None:
    """Ask 30-day queries until stopped, each with a rule of its own so that no answer is remembered."""
    end = datetime(year.end.year, year.end.month, year.end.day, tzinfo=UTC)
    connection, number = stage.server.connect(), 0
    while not stopped.is_set():
        query = DESKTOP.replace("Kdenlive", f"Kdenlive{stage.turn}x{number}").splitlines()
        when = [period(end, (11 * number + 1) % 330, 30)]
        connection.post("/api/0/query/", {"query": query, "timeperiods": when})
        number += 1
    connection.close()
