"""The program as a whole, with fake mechanisms: its queue, its one instance, its commands, its health."""

from __future__ import annotations

import contextlib
import shutil
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from hourloom.core.clock import HOUR, SECOND, Instant
from hourloom.core.device_health import DeviceHealth, Obstacle
from hourloom.device.advice import NO_DISPLAY
from hourloom.device.away.media import Recordings
from hourloom.device.away.presence import Rule
from hourloom.device.away.telling import Returned
from hourloom.device.control import DeviceNotRunning, DeviceRefused, Question, ask
from hourloom.device.doctor import examine
from hourloom.device.instance import HEALTH, LOGINS_LOCK, SOCKET, AlreadyRecording, login_directory
from hourloom.device.pausing import UNTIL_RESUMED, NotALength, Pause, pause_end
from hourloom.device.ports import Watcher
from hourloom.device.program import NOTHING_WITHIN, Place, Program
from hourloom.sdk.connection import ServerNotRunning
from tests.device.fakes import FakeBound, FakeServer, FakeSource, FakeWatcher, FixedClocks, gone
from tests.device.waiting import until

TITLE = "Secret plans"


def nobody() -> None:
    raise ServerNotRunning(where="/nowhere")


class Rig:
    """A program without a server, whose turns are taken by hand."""

    def __init__(
        self,
        home: Path,
        *,
        ends_with_nothing: bool = False,
        login: Path | None = None,
        more: Sequence[Watcher] = (),
        reach: Callable[[], object] = nobody,
    ) -> None:
        self.clocks, self.source = FixedClocks(), FakeSource("X11")
        self.said: list[str] = []
        self.home = home
        self.run = home / "data" / "run"
        self.followed: list[Mapping[str, object]] = []
        self.note: str | None = None
        place = Place(home / "data", home / "config", reach, "heron", login)  # type: ignore[arg-type]
        self.program = Program(
            place,
            [FakeWatcher("window", [self.source]), *more],
            clocks=self.clocks,
            say=self.said.append,
            ends_with_nothing=ends_with_nothing,
            follow=self.followed.append,
            notes={"tray": lambda: self.note},
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


def test_a_second_program_may_not_start_though_what_the_first_needs_was_deleted(tmp_path: Path) -> None:
    login = tmp_path / "login"
    login.mkdir()
    for number, where in enumerate((None, login)):
        rig = Rig(tmp_path / str(number), login=where)
        rig.turn()
        shutil.rmtree(rig.run)
        with pytest.raises(AlreadyRecording):
            # Of a login it is the only one, whatever it records into.
            Rig(rig.home if where is None else tmp_path / "elsewhere", login=where)
        rig.run.mkdir(exist_ok=True)
        rig.close()
    assert stat.S_IMODE((login / LOGINS_LOCK).stat().st_mode) == 0o1600


def test_what_is_no_directory_of_a_login_is_not_used(tmp_path: Path) -> None:
    assert login_directory({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path
    for named in ("", "relative", str(tmp_path / "none")):
        assert login_directory({"XDG_RUNTIME_DIR": named}) is None


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


def test_media_that_do_not_count_are_no_obstacle(tmp_path: Path) -> None:
    rules = [Rule()]
    media = FakeWatcher("away", [Recordings(lambda: rules[-1], root=tmp_path)])
    rig = Rig(tmp_path, more=[media])
    rig.turn()

    def told() -> list[tuple[str, list[str]]]:
        health = msgspec.convert(rig.ask("status"), DeviceHealth)
        return [(each.watcher, [o.reason for o in each.obstacles]) for each in health.watchers]

    assert told() == [("window", [])]
    before = rig.loop.version
    rig.clocks.go(30)
    rig.turn()
    assert rig.loop.version == before
    rules.append(Rule(media=True))
    rig.clocks.go(30)
    rig.turn()
    assert told() == [("window", []), ("away", ["Neither microphone nor camera is here"])]
    rules.append(Rule())
    rig.clocks.go(30)
    rig.turn()
    assert told() == [("window", [])]
    rig.close()
    found = examine(
        tmp_path / "none",
        [media],
        {"DISPLAY": ":0"},
        clocks=rig.clocks,
        patience=0,
        sandbox=tmp_path / "none",
    )
    assert [each.what for each in found] == ["program"]


def test_that_no_panel_shows_the_icon_is_a_note_and_no_trouble(tmp_path: Path) -> None:
    source = FakeSource("StatusNotifier")
    rig = Rig(tmp_path, more=[FakeWatcher("tray", [source])])

    def told() -> tuple[str | None, list[Obstacle]]:
        found = msgspec.json.decode((rig.run / HEALTH).read_bytes(), type=DeviceHealth).watchers[1]
        return found.note, found.obstacles

    rig.turn()
    assert told() == (None, [])
    rig.note = "No panel here"
    rig.turn()
    assert told() == ("No panel here", [])
    rig.note, source.works = None, False
    source.bound.fails = gone()
    source.bound.tell("tray", 0, None)
    rig.turn()
    rig.clocks.go(1)
    rig.turn()
    assert told() == ("there is no StatusNotifier", [])
    rig.close()


def test_that_somebody_is_back_is_told_to_the_server_but_not_in_a_pause(tmp_path: Path) -> None:
    server = FakeServer()
    rig = Rig(tmp_path, reach=server.reach)

    def back_at(second: int) -> None:
        rig.program.returned(Returned(Instant(0), Instant(second * SECOND), "idle"))

    back_at(1)
    rig.program.pause(None)
    back_at(2)
    rig.program.resume()
    back_at(3)
    until(lambda: len(server.said) == 2)
    rig.close()
    assert {path for path, _ in server.said} == {"/api/v1/devices/heron/returns"}
    assert [msgspec.json.decode(body)["back_at"][-3:] for _, body in server.said] == ["01Z", "03Z"]


def test_settings_that_the_other_thread_learned_are_followed_once(rig: Rig) -> None:
    for settings in ({"present_with_media": True}, {"present_with_media": True}, {}):
        rig.program._learn_settings(settings)
        rig.turn()
        rig.turn()
    assert rig.followed == [{"present_with_media": True}, {}]


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


def test_a_program_that_starts_while_paused_records_not_even_the_first_window(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.turn()
    rig.ask("pause")
    rig.close()
    again = Rig(tmp_path)
    bind = again.source.bind

    def bind_and_tell() -> FakeBound:
        bound = bind()
        bound.tell("window", again.clocks.now(), {"app": "Editor", "title": TITLE})
        return bound

    again.source.bind = bind_and_tell  # type: ignore[method-assign]
    again.turn()
    assert "window" in again.loop.observed
    assert again.program.outbox.state().waiting == 0
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
