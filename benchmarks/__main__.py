"""Measure Hourloom beside aw-server and beside the plain disk: `python -m benchmarks --help`.

Absolute times hold on an idle machine with two cores; the ratios to what was measured in the same run say
more. Without HOURLOOM_PEERS_PYTHON (a Python with aw-server installed) Hourloom is measured alone.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from benchmarks import backups, device, reports, scenarios, screens, timeline, webui
from benchmarks import results as figures
from benchmarks.report import append, table
from benchmarks.results import OURS, Results
from benchmarks.scenarios import Stage
from benchmarks.servers import Server, aw_server, hourloom
from benchmarks.year import Year

FRESH = 0.22
"""With this share of payloads seen nowhere else, 30 % of a year's payloads are distinct."""


@dataclass(frozen=True)
class Run:
    """One run of the benchmarks: who is measured, how often, and on how many events."""

    servers: list[Server]
    results: Results
    rounds: int
    seconds: float
    year: Year

    def stages(self, only: str | None = None) -> Iterator[Stage]:
        """Take the servers in turn, round after round, so that a drifting machine hurts all alike."""
        for turn in range(self.rounds):
            for server in self.servers:
                if only in {None, server.name}:
                    yield Stage(server, self.results, self.seconds, turn)

    def each(self, only: str | None = None) -> Iterator[Stage]:
        """Take each server once."""
        yield from replace(self, rounds=1).stages(only)


def starts(run: Run) -> None:
    """Measure starting and resting with an empty database, which the first start creates."""
    for stage in run.each():
        stage.server.start()
    for stage in run.stages():
        scenarios.start(stage)
        scenarios.memory(stage)


def starts_plain(run: Run, folder: Path) -> None:
    """Measure how little memory the server needs when its database is not encrypted."""
    plain = hourloom(folder, OURS, {"HOURLOOM_ENCRYPTION": "off"})
    stage = Stage(plain, run.results, run.seconds)
    try:
        plain.start()
        for _ in range(run.rounds):
            plain.stop()
            plain.start()
            scenarios.memory(stage, figures.MEMORY_PLAIN)
    finally:
        plain.stop()


def heartbeats(run: Run) -> None:
    """Measure heartbeats one by one, from many connections and in batches."""
    for stage in run.each():
        stage.server.start_if_stopped()
    for stage in run.stages():
        scenarios.heartbeats_one(stage)
        scenarios.heartbeats_many(stage)
    for stage in run.stages(only=OURS):
        scenarios.batches(stage)


def first_year(run: Run) -> None:
    """Load the year into fresh servers and ask about it."""
    load_year(run)
    for stage in run.stages():
        scenarios.start(stage, figures.START_FULL)
        scenarios.questions(stage, run.year)
        scenarios.view_day(stage, run.year)
        scenarios.heartbeats_beside_queries(stage, run.year)


def load_year(run: Run) -> None:
    """Load the year into fresh servers."""
    for stage in run.each():
        stage.server.start_if_stopped()
        scenarios.load(stage, run.year)
        scenarios.size(stage)


def second_year(run: Run) -> None:
    """Add a year in which payloads repeat less, and ask about that one."""
    year = replace(run.year, end=date(run.year.end.year + 1, 1, 1), fresh=FRESH)
    for stage in run.each(only=OURS):
        stage.server.start_if_stopped()
        scenarios.load(stage, year, figures.SECOND_LOAD)
        scenarios.size(stage, figures.SECOND_SIZE)
    for stage in run.stages(only=OURS):
        stage.server.stop()
        stage.server.start()
        scenarios.questions(stage, year, scenarios.SECOND)


def backed_up(run: Run) -> None:
    """Back the year up, examine the backup, restore it, and exchange the data key."""
    for stage in run.stages(only=OURS):
        backups.back_up(stage)
        backups.restore(stage)
        backups.exchange_key(stage)


def reported(run: Run) -> None:
    """Ask where the hours of the year went."""
    for stage in run.stages(only=OURS):
        reports.reports(stage, run.year)


def seen(run: Run) -> None:
    """Look at a day in a browser, in our screens and in ActivityWatch's."""
    if screens.CHROMIUM is None:
        print("  webui: needs Chromium")
        return
    for stage in run.each(only=OURS):
        webui.settle(stage)
    with webui.with_screens(run.servers) as servers:
        for stage in replace(run, servers=servers).stages():
            webui.measure(stage, run.year)


def opened(run: Run) -> None:
    """Open Today, and print what that took against its budget."""
    for stage in run.each(only=OURS):
        stage.server.start_if_stopped()
        print("\n" + screens.screens(stage.server, run.rounds))
        if screens.CHROMIUM is not None:
            print("\n" + timeline.timeline(stage.server, run.rounds))


def observed(run: Run, idle: float) -> None:
    """Observe an X11 desktop: what that takes, and how soon a change of window is stored."""
    for stage in run.each(only=OURS):
        stage.server.start_if_stopped()
    for stage in run.stages(only=OURS):
        device.measure(stage, idle)


def with_a_year(run: Run, parts: list[str]) -> None:
    """Run the parts that need a year of events."""
    if "year" in parts:
        first_year(run)
    elif {"backups", "reports", "webui"} & set(parts):
        load_year(run)
    if "reports" in parts:
        reported(run)
    if "webui" in parts:
        seen(run)
    if "backups" in parts:
        backed_up(run)
    if "second" in parts:
        second_year(run)


@contextmanager
def fresh_servers(folder: Path, name: str, *, alone: bool) -> Iterator[list[Server]]:
    """Make servers with empty directories, and remove them in the end."""
    place = folder / name
    place.mkdir()
    peer = None if alone else aw_server(place)
    servers = [hourloom(place), *([peer] if peer else [])]
    try:
        yield servers
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(place, ignore_errors=True)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help="start, heartbeats, device, year, reports, backups or second, all by default; or webui, screens",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4, help="length of a timed part")
    parser.add_argument("--idle", type=float, default=60, help="seconds that the device program rests")
    parser.add_argument("--events", type=int, default=1_000_000, help="about how many in the year")
    parser.add_argument(
        "--folder", type=Path, help="on the disk to measure; the system's temporary one by default"
    )
    parser.add_argument("--alone", action="store_true", help="leave aw-server out")
    parser.add_argument("--no-history", action="store_true", help="print only")
    return parser.parse_args()


def main() -> None:
    """Run the parts that are asked for, print the table and add it to the history."""
    options = arguments()
    parts = options.parts or ["start", "heartbeats", "device", "year", "reports", "backups", "second"]
    results, year = Results(), Year(events=options.events)
    with tempfile.TemporaryDirectory(prefix="hourloom-bench-", dir=options.folder) as name:
        folder = Path(name)
        with fresh_servers(folder, "empty", alone=options.alone) as servers:
            run = Run(servers, results, options.rounds, options.seconds, year)
            if "start" in parts:
                starts(run)
                starts_plain(run, folder)
            if "heartbeats" in parts:
                heartbeats(run)
            if "device" in parts:
                observed(run, options.idle)
            if "screens" in parts:
                opened(run)
        with fresh_servers(folder, "year", alone=options.alone) as servers:
            with_a_year(replace(run, servers=servers), parts)
    print("\n" + table(results))
    if not options.no_history:
        append(results, options.rounds, options.events)


if __name__ == "__main__":
    main()
