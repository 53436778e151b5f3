"""A worker can work on what it is given, and do nothing else, whatever it tries."""

from __future__ import annotations

import gc
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from hourloom.workers import attempts, worker
from hourloom.workers.attempts import Attempt, Outcome
from hourloom.workers.model import MIB, Limits, Protections, WorkerFailed, WorkersBusy
from hourloom.workers.worker import Worker, what_protects

LINUX = sys.platform.startswith("linux")
pytestmark = pytest.mark.skipif(not LINUX, reason="the protections tested here are those of Linux")

ALLOWED = "what the worker was given"
SECRET = "what it was not given"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    given, other = tmp_path / "given", tmp_path / "other"
    given.write_text(ALLOWED, "utf-8")
    other.write_text(SECRET, "utf-8")
    return given, other


@pytest.fixture
def confined(files: tuple[Path, Path]) -> Iterator[Worker]:
    """A worker that may read one file."""
    made = Worker(attempts.FUNCTION, readable=[files[0]], limits=Limits(file_bytes=2 * MIB))
    yield made
    made.close()


def tried(worker: Worker, name: str, path: Path | str = "", process: int = 0) -> Outcome:
    request = msgspec.msgpack.encode(Attempt(name, str(path), process))
    (answer,) = worker.ask(request)
    return msgspec.msgpack.decode(answer, type=Outcome)


def test_every_protection_holds_here(confined: Worker) -> None:
    assert confined.protections.missing == []
    assert what_protects().missing == []
    assert Protections().missing == ["limits", "system_calls", "files", "dies_with_parent"]


def test_it_reads_what_it_was_given_and_no_other_file(confined: Worker, files: tuple[Path, Path]) -> None:
    given, other = files
    assert tried(confined, "read file", given) == Outcome(None, ALLOWED)
    assert tried(confined, "read file", other) == Outcome("PermissionError")
    assert tried(confined, "read file", "/etc/passwd") == Outcome("PermissionError")
    assert tried(confined, "read file", f"/proc/{os.getpid()}/environ") == Outcome("PermissionError")
    assert tried(confined, "list directory", given.parent) == Outcome("PermissionError")


def test_it_changes_no_file(confined: Worker, files: tuple[Path, Path]) -> None:
    given, other = files
    for file in files:
        for way in ("write file", "change rights", "delete file", "link file"):
            assert tried(confined, way, file) == Outcome("PermissionError"), (way, file)
    assert tried(confined, "write file", given.with_name("new")) == Outcome("PermissionError")
    assert sorted(given.parent.iterdir()) == [given, other]
    assert (given.read_text("utf-8"), other.read_text("utf-8")) == (ALLOWED, SECRET)


@pytest.mark.parametrize("way", ["make socket", "make local socket", "make pair of sockets"])
def test_it_reaches_no_network_and_no_program(confined: Worker, way: str) -> None:
    assert tried(confined, way) == Outcome("PermissionError")


@pytest.mark.parametrize("way", ["run program", "become program", "fork", "begin thread"])
def test_it_starts_nothing(confined: Worker, way: str) -> None:
    outcome = tried(confined, way, "/bin/true")
    assert outcome.error in ("PermissionError", "BlockingIOError", "RuntimeError")


@pytest.mark.parametrize("way", ["signal", "look into"])
def test_it_does_not_touch_its_parent(confined: Worker, way: str) -> None:
    assert tried(confined, way, process=os.getpid()) == Outcome("PermissionError")


def test_it_inherits_neither_environment_nor_files(
    monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]
) -> None:
    monkeypatch.setenv("HOURLOOM_TOKEN", SECRET)
    with files[1].open("rb") as opened:
        os.set_inheritable(opened.fileno(), True)
        made = Worker(attempts.FUNCTION, readable=[files[0]])
        assert SECRET not in tried(made, "environment").got
        # The null device three times, its two pipes and its lifeline.
        assert len(msgspec.json.decode(tried(made, "descriptors").got)) == 6
        assert tried(made, "directory").error == "PermissionError"
        made.close()


def test_it_writes_only_in_a_directory_of_its_own_that_goes_with_it(tmp_path: Path) -> None:
    made = Worker(
        attempts.FUNCTION, limits=Limits(file_bytes=2 * MIB), scratch=tmp_path, readable=[tmp_path / "x"]
    )
    assert tried(made, "directory") == Outcome(None, "[]")
    assert tried(made, "write here") == Outcome(None, str(MIB))
    (private,) = tmp_path.iterdir()
    assert private.stat().st_mode & 0o777 == 0o700
    made.close()
    assert list(tmp_path.iterdir()) == []


def test_it_writes_no_more_than_it_may(tmp_path: Path) -> None:
    made = Worker(attempts.FUNCTION, limits=Limits(file_bytes=1000), readable=[tmp_path / "x"])
    assert tried(made, "write here") == Outcome("OSError")
    made.close()


def test_one_that_opens_nothing_cannot_open_even_what_is_named() -> None:
    made = Worker(attempts.FUNCTION)
    assert tried(made, "read file", "/etc/hostname") == Outcome("PermissionError")
    assert tried(made, "write here") == Outcome("PermissionError")
    made.close()


def test_it_opens_no_more_descriptors_than_it_may(confined: Worker) -> None:
    assert tried(confined, "open many") == Outcome("OSError")


@pytest.mark.parametrize(
    ("way", "limits", "says"),
    [
        ("fill memory", Limits(memory=128 * MIB), "needed over 128 MiB of memory"),
        ("compute", Limits(cpu_seconds=1), "needed over 1 s of computing time"),
        ("hang", Limits(silent_seconds=3), "gave no answer for 3 s"),
        ("crash", Limits(), r"crashed \(SIGSEGV\)"),
        ("abort", Limits(), r"crashed \(SIGABRT\)"),
        ("end", Limits(), r"ended early \(3\)"),
        ("end by a signal", Limits(), "was killed"),
        ("say nonsense", Limits(), "broke the rules of its answers"),
        ("no such attempt", Limits(), r"failed \(KeyError\)"),
    ],
)
def test_whatever_ends_it_is_one_clear_error(way: str, limits: Limits, says: str) -> None:
    made = Worker(attempts.FUNCTION, limits=limits)
    with pytest.raises(WorkerFailed, match=f"^It cannot be read: the process that reads it {says}.$"):
        tried(made, way)
    assert made.closed


def test_an_answer_that_is_too_long_is_refused(files: tuple[Path, Path]) -> None:
    files[0].write_text("x" * 2000, "utf-8")
    made = Worker(attempts.FUNCTION, limits=Limits(answer_bytes=1000), readable=[files[0]])
    with pytest.raises(WorkerFailed, match="broke the rules"):
        tried(made, "read file", files[0])


def test_only_functions_of_ours_are_run() -> None:
    for function in ("os:system", "hourloom.workers.attempts:nothing", "hourloom.no_such:begin"):
        with pytest.raises(WorkerFailed, match="ended early"):
            Worker(function)


def test_it_dies_with_its_parent() -> None:
    program = """
import os, signal, msgspec
from hourloom.workers import attempts
from hourloom.workers.worker import Worker
made = Worker(attempts.FUNCTION)
print(made._process.pid, flush=True)
made._send(msgspec.msgpack.encode(attempts.Attempt("compute")))
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    child = int(ended.stdout)
    assert has_ended(child)


def has_ended(process: int) -> bool:
    """Wait for a process that is not ours to be gone, or to wait only for being noticed."""
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    poll = select.poll()
    poll.register(watched, select.POLLIN)
    ended = bool(poll.poll(20_000))
    os.close(watched)
    return ended


def test_it_outlives_the_thread_that_started_it() -> None:
    made: list[Worker] = []
    thread = threading.Thread(target=lambda: made.append(Worker(attempts.FUNCTION)))
    thread.start()
    thread.join()
    assert int(tried(made[0], "number").got) == made[0]._process.pid
    made[0].close()


def test_it_ends_when_nobody_closes_it() -> None:
    made = Worker(attempts.FUNCTION)
    process = made._process
    del made
    gc.collect()
    assert process.poll() is not None


def test_a_request_that_is_not_read_to_its_end_ends_it(confined: Worker, files: tuple[Path, Path]) -> None:
    request = msgspec.msgpack.encode(Attempt("read file", str(files[0])))
    answers = confined.ask(request)
    next(answers)
    answers.close()  # type: ignore[attr-defined]  # it is a generator
    assert confined.closed
    with pytest.raises(WorkerFailed):
        tried(confined, "number")


def test_too_many_at_once_wait_and_are_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(worker, "SECONDS_FOR_A_PLACE", 0.01)
    first = Worker(attempts.FUNCTION)
    with pytest.raises(WorkersBusy):
        Worker(attempts.FUNCTION)
    first.close()
    Worker(attempts.FUNCTION).close()


def test_nothing_is_left_behind(tmp_path: Path, open_files: Callable[[], int]) -> None:
    before = open_files()
    for way in ("number", "crash"):
        made = Worker(attempts.FUNCTION, scratch=tmp_path)
        try:
            tried(made, way)
        except WorkerFailed:
            pass
        finally:
            made.close()
    assert list(tmp_path.iterdir()) == []
    assert open_files() == before


@pytest.fixture
def open_files() -> Callable[[], int]:
    return lambda: len(list(Path("/proc/self/fd").iterdir()))


def test_a_worker_that_cannot_be_started_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_files: Callable[[], int]
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    before = open_files()
    with pytest.raises(WorkerFailed, match=r"cannot be started \(FileNotFoundError\)"):
        Worker(attempts.FUNCTION, scratch=tmp_path)
    assert (list(tmp_path.iterdir()), open_files()) == ([], before)
