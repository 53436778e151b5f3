"""Where there is no display: one sentence that says what to do, no crash loop, exit code 1 of the doctor."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

from hourloom.device.doctor import examine
from hourloom.device.instance import LOGINS_LOCK
from tests.cli.program import PROGRAM, Program, stop
from tests.device.fakes import FakeSource, FakeWatcher, FixedClocks
from tests.device.waiting import until

SENTENCE = b"There is no display here"


@pytest.fixture
def hourloom(tmp_path: Path) -> Program:
    # A home of its own: sockets of a desktop that may be there are out of reach.
    return Program(tmp_path, more={"XDG_RUNTIME_DIR": str(tmp_path)})


def test_up_says_once_that_there_is_no_display_and_serves(hourloom: Program) -> None:
    process = subprocess.Popen([*PROGRAM, "up"], env=hourloom.environment, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        descriptor = process.stderr.fileno()
        os.set_blocking(descriptor, False)
        said = bytearray()

        def has_said_both() -> bool:
            with contextlib.suppress(BlockingIOError):
                said.extend(os.read(descriptor, 65536))
            return SENTENCE in said and b"listens on" in said

        until(has_said_both)
        assert said.count(SENTENCE) == 1
        assert b"hourloom device doctor" in said
        assert hourloom.json("status")["watchers"] == []
    finally:
        stop(process)


def test_up_without_a_device_starts_none(hourloom: Program) -> None:
    with hourloom.running("up", "--no-device"):
        assert not (hourloom.home / LOGINS_LOCK).exists()


def test_the_doctor_says_exactly_what_is_missing(hourloom: Program) -> None:
    done = hourloom("device", "doctor", code=1)
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in done.stdout
    assert "over SSH, set DISPLAY=:0" in done.stdout


def test_status_without_a_program_exits_with_1(hourloom: Program) -> None:
    assert "hourloom device" in hourloom("device", "status", code=1).stderr


def test_what_cannot_be_asked_is_one_sentence(hourloom: Program) -> None:
    assert "No device program runs here" in hourloom.refused("device", "pause", "15m")


@pytest.mark.parametrize(
    ("words", "names"),
    [(("--server", "https://hours.example"), "--token-file"), (("--nonsense",), "--nonsense")],
)
def test_wrong_usage_has_the_exit_code_that_says_so(
    hourloom: Program, words: tuple[str, ...], names: str
) -> None:
    said = hourloom("device", *words, code=2).stderr
    assert names in said
    assert said.count("\n") == 1


def test_letters_are_listed_without_a_program(hourloom: Program) -> None:
    assert hourloom.json("device", "letters") == []


def test_a_desktop_without_a_window_in_use_says_to_click_on_one(tmp_path: Path) -> None:
    clocks, source = FixedClocks(), FakeSource("X11")
    watcher = FakeWatcher("window", [source])
    examined = examine(
        tmp_path / "none", [watcher], {"DISPLAY": ":0"}, clocks=clocks, patience=0, sandbox=tmp_path / "none"
    )
    assert [(each.verdict, each.advice) for each in examined][-1] == (
        "bad",
        "Click on a window, then run this again",
    )


def test_a_sandbox_is_told_of(tmp_path: Path) -> None:
    sandbox = tmp_path / ".flatpak-info"
    sandbox.touch()
    found = list(
        examine(tmp_path / "none", [], {"DISPLAY": ":0"}, clocks=FixedClocks(), patience=0, sandbox=sandbox)
    )
    assert found[0].what == "sandbox"
