"""What nobody catches is recorded as where it happened, and says nothing of what it was about."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.care.crashes import (
    FAULTS,
    FILE,
    LARGEST_FILE,
    Crash,
    Crashes,
    crashed_before,
    crashes_in,
    fault_in,
)
from hourloom.core.clock import Instant
from hourloom.testing import FixedClock

CANARY = "canary-6f1c2a"


@pytest.fixture
def crashes(tmp_path: Path) -> Iterator[Crashes]:
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    found = Crashes(tmp_path, FixedClock())
    found.install()
    yield found
    found.uninstall()
    sys.excepthook, threading.excepthook, sys.unraisablehook = before


def fail(quoted: str = CANARY) -> None:
    local = f"https://bank.example/{quoted}"
    raise ValueError(local)


def the_crash(directory: Path) -> Crash:
    (crash,) = crashes_in(directory)
    assert CANARY.encode() not in b"".join(f.read_bytes() for f in directory.rglob("*") if f.is_file())
    return crash


def test_of_a_thread(crashes: Crashes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    thread = threading.Thread(target=fail, name=CANARY)
    thread.start()
    thread.join()
    crash = the_crash(tmp_path)
    assert (crash.place, crash.error, crash.at) == ("thread", "ValueError", "2026-03-02T09:00:00Z")
    assert crash.frames[0].startswith("test_crashes.py:")
    assert crash.frames[0].endswith(" fail")
    assert "unforeseen ValueError in a thread at test_crashes.py:" in caplog.text
    assert CANARY not in caplog.text


def test_of_a_task_that_nobody_waits_for(crashes: Crashes, tmp_path: Path) -> None:
    async def lose() -> None:
        asyncio.get_running_loop().set_exception_handler(crashes.of_task)

        async def failing() -> None:
            fail()

        task = asyncio.ensure_future(failing())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task
        gc.collect()

    asyncio.run(lose())
    crash = the_crash(tmp_path)
    assert (crash.place, crash.error) == ("task", "ValueError")


def test_trouble_of_the_loop_without_an_error_is_logged_by_its_first_line(
    crashes: Crashes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loop = asyncio.new_event_loop()
    crashes.of_task(loop, {"message": f"socket closed\n{CANARY}", "task": CANARY})
    loop.close()
    assert crashes_in(tmp_path) == []
    assert "socket closed" in caplog.text
    assert CANARY not in caplog.text


def test_of_a_finalizer(crashes: Crashes, tmp_path: Path) -> None:
    class Left:
        def __del__(self) -> None:
            fail()

    Left()
    gc.collect()
    assert the_crash(tmp_path).place == "finalizer"


def test_of_the_program_itself(crashes: Crashes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert the_crash(tmp_path).place == "program"
    said = capsys.readouterr().err
    assert "hourloom: something unforeseen went wrong (ValueError at test_crashes.py:" in said
    assert CANARY not in said


@pytest.mark.skipif(sys.platform == "win32", reason="ends itself by a signal")
def test_a_fault_of_the_interpreter_is_recorded_by_the_next_start(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom hourloom.care.crashes import Crashes\n"
        "from hourloom.core.clock import SystemClock\n"
        f"Crashes(Path(sys.argv[1]), SystemClock()).install()\nsecret = {CANARY!r}\n"
        "os.kill(os.getpid(), signal.SIGSEGV)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, check=False, timeout=60
    )
    assert done.returncode == -11
    assert CANARY.encode() not in done.stderr
    fault = tmp_path / FAULTS
    assert stat.S_IMODE(fault.stat().st_mode) == 0o600
    assert CANARY not in fault.read_text()
    after = Crashes(tmp_path, FixedClock())
    after.install()
    after.uninstall()
    crash = the_crash(tmp_path)
    assert (crash.place, crash.error) == ("interpreter", "Segmentation fault")
    assert fault.read_text() == ""


def test_of_a_fault_only_places_in_our_source_are_kept() -> None:
    text = (
        "Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f (most recent call first):\n"
        f'  File "/home/{CANARY}/lib/site-packages/other/thing.py", line 7 in call\n'
        f'  File "/home/{CANARY}/lib/site-packages/hourloom/db/writer.py", line 207 in _commit\n'
    )
    found = fault_in(text, Instant(0))
    assert found is not None
    assert (found.error, found.frames) == ("Segmentation fault", ["writer.py:207 _commit"])
    assert fault_in("", Instant(0)) is None
    assert fault_in(f"{CANARY}\n" * 3, Instant(0)) is None


def test_somebody_can_be_told_and_may_fail(
    crashes: Crashes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Crash] = []
    crashes.tell = told.append
    crashes.record("task", KeyError, None)
    crashes.tell = lambda crash: fail()
    crashes.record("task", TypeError, None)
    assert [crash.error for crash in told] == ["KeyError"]
    assert [crash.error for crash in crashes_in(tmp_path)] == ["KeyError", "TypeError"]
    assert "could not be told of: ValueError" in caplog.text
    assert CANARY not in caplog.text


def test_the_file_is_private_and_does_not_grow_for_ever(crashes: Crashes, tmp_path: Path) -> None:
    crashes.record("task", KeyError, None)
    file = tmp_path / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open("ab") as opened:
        opened.write(b"damaged\n" * (LARGEST_FILE // 8 + 1))
    crashes.record("task", OSError, None)
    assert [crash.error for crash in crashes_in(tmp_path)] == ["OSError"]
    assert json.loads(file.read_text())["version"]


def test_what_the_supervisor_tells_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "hourloom.care"):
        assert crashed_before("5 -9") == 5
        assert crashed_before("1 70") == 1
    assert "ended by signal 9; 5 crashed in a row" in caplog.text
    assert "ended by exit code 70" in caplog.text
    assert [crashed_before(told) for told in ("", "x", "1 2 3", "1 x")] == [0] * 4


def test_a_directory_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    found = Crashes(blocked, FixedClock())
    found.install()
    found.uninstall()
    assert found.record("task", KeyError, None).error == "KeyError"
    assert crashes_in(blocked) == []
    assert list(tmp_path.iterdir()) == [blocked]
