"""Background work spares heartbeats, battery and memory, but is never put off for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.clock import HOUR, MINUTE, Duration
from hourloom.core.errors import Unavailable
from hourloom.db.transaction import Database, Transaction, Vitals
from hourloom.jobs.computer import LinuxComputer
from hourloom.jobs.giving_way import GivingWay
from hourloom.jobs.model import (
    FINISHED,
    LONGEST_PAUSE,
    Job,
    JobProgress,
    Load,
    Postponement,
    Report,
    pause,
    postponement,
)
from hourloom.jobs.service import Jobs
from hourloom.testing import FixedClock
from tests.jobs.running import OWNER, enqueue, run, running, state_of, until, wake

ON_BATTERY, SHORT_OF_MEMORY = Load(on_battery=True), Load(memory_available=0.04)


class FakeComputer:
    """A computer that does as a test says."""

    def __init__(self) -> None:
        self.now = Load()
        self.looks = 0

    def load(self) -> Load:
        self.looks += 1
        return self.now


@pytest.fixture
def computer() -> FakeComputer:
    return FakeComputer()


@pytest.fixture
def jobs(database: Database, clock: FixedClock, computer: FakeComputer) -> Jobs:
    return Jobs(database, clock, computer=computer)


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (Load(), Postponement()),
        (Load(memory_pressure=0.19, memory_available=0.05), Postponement()),
        (ON_BATTERY, Postponement(periodic=Duration(2 * HOUR))),
        (SHORT_OF_MEMORY, Postponement(Duration(15 * MINUTE), Duration(15 * MINUTE))),
        (Load(memory_pressure=0.2), Postponement(Duration(15 * MINUTE), Duration(15 * MINUTE))),
        (
            Load(on_battery=True, memory_pressure=0.9),
            Postponement(Duration(2 * HOUR), Duration(15 * MINUTE)),
        ),
    ],
)
def test_what_is_put_off(load: Load, expected: Postponement) -> None:
    assert postponement(load) == expected
    assert expected.is_none == (expected == Postponement())


@given(st.integers(0, 99), st.floats(0, 5), st.floats(0, 100))
def test_a_pause_is_never_longer_than_the_work_before_it(
    waiting: int, commit_seconds: float, worked: float
) -> None:
    assert 0 <= pause(waiting, commit_seconds, worked) <= min(worked, LONGEST_PAUSE)
    assert pause(0, 0.001, worked) == 0
    assert pause(1, 0.001, 10) == pause(0, 0.03, 10) == LONGEST_PAUSE


class Writer:
    """The vitals of a writer, and a stopwatch, as a test sets them."""

    def __init__(self) -> None:
        self.waiting, self.commits, self.seconds, self.time = 0, 0, 0.0, 100.0
        self.error: Exception | None = None

    def vitals(self) -> Vitals:
        if self.error is not None:
            raise self.error
        return Vitals(
            moving=True, waiting=self.waiting, commits=self.commits, commit_seconds=self.seconds, size=0
        )

    def works(self, commits: int, each: float) -> None:
        self.commits += commits
        self.seconds += commits * each


def test_it_looks_four_times_a_second_and_gives_way_while_others_wait() -> None:
    writer = Writer()
    way = GivingWay(writer.vitals, lambda: writer.time)
    assert not way.should_look
    writer.time += 0.3
    assert way.should_look
    writer.waiting = 2
    assert way.seconds() == pytest.approx(0.3)
    writer.time += 0.3 + 0.2
    assert not way.should_look
    writer.time += 0.1
    writer.waiting = 0
    assert way.seconds() == 0


def test_it_gives_way_while_commits_are_slow_since_the_last_look() -> None:
    writer = Writer()
    way = GivingWay(writer.vitals, lambda: writer.time)
    writer.works(100, 0.2)
    writer.time += 1
    assert way.seconds() == LONGEST_PAUSE
    writer.works(10, 0.002)
    writer.time += 1
    assert way.seconds() == 0


@pytest.mark.parametrize("error", [FileNotFoundError(), Unavailable()])
def test_a_writer_that_cannot_be_looked_at_holds_up_nothing(error: Exception) -> None:
    writer = Writer()
    way = GivingWay(writer.vitals, lambda: writer.time)
    writer.error = error
    writer.time += 1
    assert way.seconds() == 0


def test_periodic_work_waits_on_battery_for_two_hours_at_most(
    database: Database, jobs: Jobs, computer: FakeComputer, clock: FixedClock
) -> None:
    runs: list[str] = []

    def tidy(tx: Transaction, job: Job) -> JobProgress:
        runs.append("tidy")
        return FINISHED

    jobs.register_long("backups.make", lambda job, report: runs.append("backup"), every=3600)
    jobs.every("tidy", 3600, tidy)
    computer.now = ON_BATTERY

    async def main() -> None:
        async with running(jobs):
            await until(lambda: len(jobs.newest(OWNER, 2**63 - 1, 10)) == 3)
            clock.advance(3600)
            wake(jobs)
            await until(lambda: runs == ["tidy"])
            # What somebody asks for is done all the same.
            queued = await database.run_write(lambda: jobs.enqueue(OWNER.workspace_id, "backups.make"))
            await until(lambda: state_of(jobs, queued) == "finished")
            clock.advance(7199)
            await until_idle(jobs)
            assert runs.count("backup") == 1
            clock.advance(1)
            wake(jobs)
            await until(lambda: runs.count("backup") == 2)

    run(main())


async def until_idle(jobs: Jobs) -> None:
    """Wait until all that may begin has ended."""
    wake(jobs)
    for _ in range(20):
        await asyncio.sleep(0.002)
        await until(lambda: not jobs._runner._working)


def test_work_begins_once_the_computer_is_plugged_in(
    database: Database, jobs: Jobs, computer: FakeComputer, clock: FixedClock
) -> None:
    runs: list[str] = []
    jobs.register_long("backups.make", lambda job, report: runs.append("backup"), every=3600)
    computer.now = ON_BATTERY

    async def main() -> None:
        async with running(jobs):
            await until(lambda: len(jobs.newest(OWNER, 2**63 - 1, 10)) == 2)
            clock.advance(3600)
            await until_idle(jobs)
            assert runs == []
            computer.now = Load()
            wake(jobs)
            await until(lambda: runs == ["backup"])

    run(main())


def test_where_memory_is_short_even_what_was_asked_for_waits_unless_it_is_urgent(
    database: Database, jobs: Jobs, computer: FakeComputer, clock: FixedClock
) -> None:
    def work(job: Job, report: Report) -> None:
        report(1, 1)

    jobs.register_long("copy", work)
    jobs.register_long("rescue", work, urgent=True)
    computer.now = SHORT_OF_MEMORY
    patient, urgent = enqueue(database, jobs, "copy"), enqueue(database, jobs, "rescue")

    async def main() -> None:
        async with running(jobs):
            await until(lambda: state_of(jobs, urgent) == "finished")
            clock.advance(899)
            await until_idle(jobs)
            assert state_of(jobs, patient) == "open"
            clock.advance(1)
            wake(jobs)
            await until(lambda: state_of(jobs, patient) == "finished")

    run(main())


def test_what_is_put_off_does_not_keep_the_runner_busy(
    database: Database, jobs: Jobs, computer: FakeComputer
) -> None:
    jobs.register_long("copy", lambda job, report: None)
    computer.now = SHORT_OF_MEMORY
    enqueue(database, jobs, "copy")

    async def main() -> None:
        async with running(jobs):
            await until(lambda: computer.looks > 0)
            await asyncio.sleep(0.2)
            assert computer.looks < 5

    run(main())


def test_a_computer_is_not_looked_at_for_what_is_urgent_anyway(
    database: Database, jobs: Jobs, computer: FakeComputer
) -> None:
    def step(tx: Transaction, job: Job) -> JobProgress:
        return FINISHED

    jobs.register("count", step)
    counting = enqueue(database, jobs, "count")

    async def main() -> None:
        async with running(jobs):
            await until(lambda: state_of(jobs, counting) == "finished")

    run(main())
    assert computer.looks == 0


def a_computer(root: Path, **supplies: dict[str, str]) -> LinuxComputer:
    for name, files in supplies.items():
        directory = root / "sys/class/power_supply" / name
        directory.mkdir(parents=True)
        for file, text in files.items():
            (directory / file).write_text(text + "\n", "ascii")
    return LinuxComputer(root)


BATTERY = {"type": "Battery", "status": "Discharging"}


@pytest.mark.parametrize(
    ("supplies", "on_battery"),
    [
        ({"BAT0": BATTERY}, True),
        ({"BAT0": BATTERY | {"scope": "System"}, "AC": {"type": "Mains", "online": "0"}}, True),
        ({"BAT0": BATTERY, "AC": {"type": "Mains", "online": "1"}}, False),
        ({"BAT0": {"type": "Battery", "status": "Charging"}}, False),
        ({"hid-mouse": BATTERY | {"scope": "Device"}}, False),
        ({"strange": {}}, False),
        ({}, False),
    ],
)
def test_on_battery_is_what_the_kernel_says(
    tmp_path: Path,
    supplies: dict[str, dict[str, str]],
    on_battery: bool,  # noqa: FBT001 - a parameter
) -> None:
    assert a_computer(tmp_path, **supplies).load() == Load(on_battery=on_battery)


def test_memory_is_what_the_kernel_says(tmp_path: Path) -> None:
    (tmp_path / "proc/pressure").mkdir(parents=True)
    (tmp_path / "proc/pressure/memory").write_text(
        "some avg10=37.50 avg60=1.00 avg300=0.00 total=9\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=1\n"
    )
    (tmp_path / "proc/meminfo").write_text("MemTotal:  8000 kB\nMemFree: 10 kB\nMemAvailable:   2000 kB\n")
    assert LinuxComputer(tmp_path).load() == Load(memory_pressure=0.375, memory_available=0.25)


@pytest.mark.parametrize("text", ["", "nonsense", "some avg10=x", "MemTotal: x kB\nMemAvailable: y"])
def test_what_cannot_be_read_is_taken_to_be_well(tmp_path: Path, text: str) -> None:
    (tmp_path / "proc/pressure").mkdir(parents=True)
    (tmp_path / "proc/pressure/memory").write_text(text)
    (tmp_path / "proc/meminfo").write_text(text)
    assert LinuxComputer(tmp_path).load() == Load()


def test_this_computer_can_be_looked_at() -> None:
    load = LinuxComputer().load()
    assert 0 <= load.memory_pressure <= 1
    assert 0 < load.memory_available <= 1
