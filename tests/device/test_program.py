"""The program as a whole, with fake mechanisms: its queue, its one instance, its commands, its health."""

from __future__ import annotations

import contextlib
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hourloom.core.clock import HOUR, SECOND, Instant
from hourloom.core.device_health import DeviceHealth
from hourloom.device.advice import NO_DISPLAY
from hourloom.device.control import DeviceNotRunning, DeviceRefused, Question, ask
from hourloom.device.instance import HEALTH, SOCKET, AlreadyRecording
from hourloom.device.pausing import UNTIL_RESUMED, NotALength, Pause, pause_end
from hourloom.device.program import NOTHING_WITHIN, Place, Program
from hourloom.sdk.connection import ServerNotRunning
from tests.device.fakes import FakeSource, FakeWatcher, FixedClocks, gone
from tests.device.waiting import until

TITLE = "Secret plans"


def nobody() -> None:
    raise ServerNotRunning(where="/nowhere")


class Rig:
    """A program without a server, whose turns are taken by hand."""

    def __init__(self, home: Path, *, ends_with_nothing: bool = False) -> None:
        self.clocks, self.source = FixedClocks(), FakeSource("X11")
        self.said: list[str] = []
        self.home = home
        self.run = home / "data" / "run"
        place = Place(home / "data", home / "config", nobody, "heron")  # type: ignore[arg-type]
        self.program = Program(
            place,
            [FakeWatcher("window", [self.source])],
            clocks=self.clocks,
            say=self.said.append,
            ends_with_nothing=ends_with_nothing,
        )
        self.loop = self.program.loop

    def turn(self) -> float:
        return self.loop.turn(self.loop.wait(0))

    def see(self, app: str) -> None:
        self.source.bound.tell("window", self.clocks.now(), {"app": app, "title": TITLE})
        self.turn()

    def ask(self, do: str, argument: str = "") -> object:
        """Ask as another program does, while the loop turns."""
        answers: list[object] = []

        def asking() -> None:
            try:
                answers.append(msgspec.json.decode(ask(self.run / SOCKET, do, argument)))
            except (DeviceRefused, DeviceNotRunning) as error:
                answers.append(error)

        thread = threading.Thread(target=asking)
        thread.start()
        until(lambda: (self.turn(), answers)[1])
        thread.join()
        if isinstance(answers[0], Exception):
            raise answers[0]
        return answers[0]

    def close(self) -> None:
        self.loop.close()
        self.program.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    rig.turn()
    yield rig
    rig.close()


def test_a_second_program_says_who_records(rig: Rig) -> None:
    with pytest.raises(AlreadyRecording, match=r"process \d+"):
        Rig(rig.home)


def test_after_the_first_has_ended_another_may_record(tmp_path: Path) -> None:
    for _ in range(2):
        rig = Rig(tmp_path)
        rig.turn()
        rig.close()


def test_without_a_server_what_is_observed_waits_on_disk(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.turn()
    rig.see("Editor")
    rig.clocks.go(5)
    rig.see("Browser")
    rig.close()
    again = Rig(tmp_path)
    assert again.program.outbox.state().waiting == 2
    again.close()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert TITLE.encode() not in kept


def test_the_first_window_is_announced_once_without_its_title(rig: Rig) -> None:
    rig.see("Editor")
    rig.see("Browser")
    assert rig.said == ["Recording: Editor"]


def test_where_there_is_no_display_it_is_said_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path, ends_with_nothing=True)
    rig.source.works = False
    rig.turn()
    while not rig.loop.stopping:
        rig.clocks.go(max(0.01, rig.turn()))
    assert rig.said == [NO_DISPLAY]
    assert rig.source.tries <= 6
    assert rig.clocks.read().awake >= NOTHING_WITHIN * SECOND
    rig.close()


def test_health_tells_the_mechanism_and_no_title(rig: Rig) -> None:
    rig.see("Editor")
    rig.turn()
    file = rig.run / HEALTH
    health = msgspec.json.decode(file.read_bytes(), type=DeviceHealth)
    (watcher,) = health.watchers
    assert (watcher.watcher, watcher.mechanism, watcher.polls) == ("window", "X11", False)
    assert health.queue is not None
    assert TITLE not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(rig.run.stat().st_mode) == 0o700


def test_health_tells_what_was_lost_and_the_next_step(rig: Rig) -> None:
    rig.source.works = False
    rig.source.bound.fails = gone()
    rig.source.bound.tell("window", 0, None)
    rig.turn()
    rig.clocks.go(1)
    rig.turn()
    status = rig.ask("status")
    (watcher,) = msgspec.convert(status, DeviceHealth).watchers
    assert watcher.mechanism is None
    assert watcher.error == "X11: the display is gone"
    assert [(each.reason, each.next_step) for each in watcher.obstacles] == [("there is no X11", "Start X11")]


def test_what_is_seen_is_told_without_titles(rig: Rig) -> None:
    rig.see("Editor")
    assert rig.ask("seen") == {"window": ["Editor", rig.clocks.now()]}


def test_a_pause_is_begun_and_ended_by_command(rig: Rig) -> None:
    rig.ask("pause", "15m")
    assert rig.loop.is_paused
    rig.see("Editor")
    rig.clocks.go(60)
    rig.turn()
    assert rig.program.outbox.state().waiting == 0
    rig.ask("resume")
    assert not rig.loop.is_paused
    assert rig.program.outbox.state().waiting == 1


def test_a_pause_ends_by_itself(rig: Rig) -> None:
    rig.ask("pause", "15m")
    rig.clocks.jump(7200)
    rig.turn()
    assert rig.loop.is_paused
    while rig.loop.is_paused:
        rig.clocks.go(max(0.01, rig.turn()))
    assert 900 * SECOND <= rig.clocks.read().awake - 1_000 * SECOND <= 915 * SECOND


def test_a_pause_outlasts_the_program(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.turn()
    rig.ask("pause")
    rig.close()
    again = Rig(tmp_path)
    again.turn()
    assert again.loop.is_paused
    again.close()


def test_what_is_no_length_is_refused(rig: Rig) -> None:
    with pytest.raises(DeviceRefused, match="no length of a pause"):
        rig.ask("pause", "soon")


@pytest.mark.parametrize("text", ["0m", "-5m", "1", "m", "٣m", "1d", "99999h", "1.5h", " 1h"])
def test_lengths_of_pauses_are_few(text: str) -> None:
    with pytest.raises(NotALength):
        pause_end(text, Instant(0))


def test_a_pause_until_it_is_resumed_has_no_end(tmp_path: Path) -> None:
    pause = Pause(tmp_path / "pause", FixedClocks())
    assert pause_end("", Instant(0)) is None
    assert pause.begin(None) == UNTIL_RESUMED
    assert pause_end("1h", Instant(0)) == HOUR


def test_a_strange_question_is_answered_and_the_program_goes_on(rig: Rig) -> None:
    with pytest.raises(DeviceRefused, match="does not understand"):
        rig.ask("format the disk")
    for said in (b"\xff\n", b"{}\n", b"x" * 5_000, b""):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(rig.run / SOCKET))
            with contextlib.suppress(OSError):
                connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            for _ in range(5):
                rig.turn()
    assert rig.ask("status")


def test_who_asks_nothing_is_dropped(rig: Rig) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(socket.socket(socket.AF_UNIX))
            with contextlib.suppress(OSError):
                connection.connect(str(rig.run / SOCKET))
            rig.turn()
    assert rig.ask("seen") == {}


def test_nobody_answers_where_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(DeviceNotRunning):
        ask(tmp_path / SOCKET, "status")
    assert msgspec.json.encode(Question("status")) == b'{"do":"status"}'


def test_privacy_rules_count_before_anything_is_queued(rig: Rig) -> None:
    rule = {"where": "app", "form": "is", "pattern": "Bank", "action": "drop"}
    rig.program.rules.learn(msgspec.json.encode({"version": "1", "zone": "Europe/Berlin", "rules": [rule]}))
    rig.see("Bank")
    assert rig.program.outbox.state().waiting == 0
    rig.program.rules.learn(b"not json")
    rig.clocks.go(1)
    rig.see("Editor")
    rig.clocks.go(1)
    rig.see("Bank")
    assert rig.program.outbox.state().waiting == 1
    assert "Bank" in (rig.home / "data" / "privacy-rules.json").read_text()
