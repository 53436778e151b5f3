"""The figures that are measured, what is promised of each, and the values as they come in."""

import statistics
from collections import defaultdict
from dataclasses import dataclass, field

OURS, PEER, DISK = "hourloom", "aw-server", "disk"


@dataclass(frozen=True)
class Figure:
    """One figure: its name, its unit, what is promised (None: nothing), and whether more of it is better.

    What is promised is a value, or how many times better than aw-server's it is.
    """

    name: str
    unit: str
    promise: float | None = None
    more_is_better: bool = False
    times: float | None = None

    def kept(self, value: float, ratio: float | None = None) -> bool | None:
        """Say whether the promise is kept."""
        if self.times is not None:
            return None if ratio is None else ratio >= self.times
        if self.promise is None:
            return None
        return value >= self.promise if self.more_is_better else value <= self.promise

    def ratio(self, ours: float, theirs: float) -> float:
        """Return how many times better ours is."""
        better, worse = (ours, theirs) if self.more_is_better else (theirs, ours)
        return better / worse if worse else float("inf")


START = Figure("start to first answer", "ms", 300)
START_FULL = Figure("start to first answer, a year stored", "ms", 300)
MEMORY = Figure("idle memory", "MiB", 55)
MEMORY_PLAIN = Figure("idle memory, not encrypted", "MiB", 45)
COMMIT = Figure("commit of one row, p50", "ms")
HEARTBEAT = Figure("heartbeat, 1 connection, p50", "ms")
OVER_COMMIT = Figure("heartbeat p50 over a commit of the disk", "ms", 0.2)
HEARTBEATS_ONE = Figure("heartbeats, 1 connection", "/s", more_is_better=True)
HEARTBEATS_MANY = Figure("heartbeats, 16 connections", "/s", 10_000, more_is_better=True)
HEARTBEATS_BATCH = Figure("heartbeats in batches of 100", "/s", 200_000, more_is_better=True)
LOAD = Figure("events, 1000 in each POST", "/s", more_is_better=True)
SIZE = Figure("database bytes for each event", "B", 100)
DAY_COLD = Figure("desktop query, a day, cold", "ms", 30)
DAY_WARM = Figure("desktop query, a day, warm", "ms")
MONTH_COLD = Figure("desktop query, 30 days, cold", "ms", 700)
MONTH_WARM = Figure("desktop query, 30 days, warm", "ms", 20)
LATEST = Figure("events?limit=100, p50", "ms", 3)
DAY_VIEW = Figure("day view, 27 requests", "ms")
BESIDE = Figure("heartbeat beside 30-day queries, p99", "ms", 50)
BACKUP = Figure("backup, made and verified", "s", 15)
BACKUP_BESIDE = Figure("heartbeat beside a backup, p99", "ms", 50)
VERIFY = Figure("verify a backup", "s", 20)
RESTORE = Figure("restore a backup", "s", 20)
REPORT_DAY = Figure("report of a day, warm", "ms", 30)
REPORT_WEEK = Figure("report of a week, warm", "ms", 40)
REPORT_MONTH = Figure("report of a month, warm", "ms", 80)
REPORT_YEAR = Figure("report of a year by category by month, warm", "ms", 60)
REPORT_CHANGED = Figure("the same after a change of categories", "s", 1.5)
REPORT_BESIDE = Figure("heartbeat beside such reports, p99", "ms", 50)
REPORT_MEMORY = Figure("memory after such reports", "MiB", 90)
EXCHANGE = Figure("data key exchanged", "s", 30)
EXCHANGE_BESIDE = Figure("heartbeat beside an exchange, p99", "ms", 50)
EXCHANGE_STOP = Figure("heartbeat beside an exchange, longest", "ms")
SECOND_LOAD = Figure("second year: events, 1000 in each POST", "/s", more_is_better=True)
SECOND_SIZE = Figure("second year: database bytes for each event", "B", 200)
SECOND_DAY = Figure("second year: a day, cold", "ms", 60)
SECOND_MONTH = Figure("second year: 30 days, cold", "ms", 1400)
SECOND_WARM = Figure("second year: 30 days, warm", "ms", 40)
SECOND_LATEST = Figure("second year: events?limit=100, p50", "ms", 6)
DEVICE_MEMORY = Figure("device program, idle memory", "MiB", 35)
DEVICE_CPU = Figure("device program, share of a core, idle", "%", 0.1)
DEVICE_LATENCY = Figure("window change to stored event, p50", "ms", 100)
DEVICE_LATENCY_95 = Figure("window change to stored event, p95", "ms", 100)
DAY_REQUESTS = Figure("a day's page, requests", "")
DAY_TRANSFER = Figure("a day's page, transfer", "kB", times=5)
DAY_LARGEST = Figure("a day's page, largest paint", "ms")
DAY_USEFUL = Figure("a day's page, first data painted", "ms", times=5)
DAY_WHOLE = Figure("a day's page, all data painted", "ms")
DAY_LONGEST = Figure("a day's page, longest task or 50", "ms")
DAY_NODES = Figure("a day's page, nodes", "")
TIMELINE_REQUESTS = Figure("timeline, requests", "")
TIMELINE_TRANSFER = Figure("timeline, transfer", "kB")
TIMELINE_PAINT = Figure("timeline painted", "ms", times=5)
TIMELINE_LONGEST = Figure("timeline, longest task or 50", "ms")
TIMELINE_NODES = Figure("timeline, nodes", "")
PAN = Figure("timeline moved aside, frame, p50", "ms", times=5)
PAN_95 = Figure("timeline moved aside, frame, p95", "ms", times=5)
ZOOM = Figure("timeline drawn closer, frame, p50", "ms", times=5)
ZOOM_95 = Figure("timeline drawn closer, frame, p95", "ms", times=5)


@dataclass
class Results:
    """All values of a run, by figure and by who was measured."""

    values: dict[Figure, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, figure: Figure, who: str, value: float) -> None:
        """Take up a value and print it."""
        self.values[figure].setdefault(who, []).append(value)
        print(f"  {figure.name:44} {who:18} {value:>12,.2f} {figure.unit}", flush=True)

    def median(self, figure: Figure, who: str) -> float | None:
        """Return the median of the rounds, or None if this was not measured."""
        values = self.values.get(figure, {}).get(who)
        return statistics.median(values) if values else None

    def ratio(self, figure: Figure) -> float | None:
        """Return how many times better ours is than aw-server's, if both were measured."""
        ours, theirs = self.median(figure, OURS), self.median(figure, PEER)
        return figure.ratio(ours, theirs) if ours and theirs else None
