"""The supervisor as a real process: children die, connections are never refused."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hourloom import supervisor
from hourloom.core.clock import Instant
from hourloom.db.lock import holder_of, take
from hourloom.supervisor import FIRST_DELAY, START_AGAIN, Child
from hourloom.web.server.listening import listen_tcp
from hourloom.web.server.occupant import PortTaken

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="hands descriptors to children")
NOW = Instant(1_760_000_000_000_000)

SERVER = """
import os, sys
from hourloom.web.server.listening import inherited
from hourloom.web.server.run import serve
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for _ in range(2):
            await send({"type": (await receive())["type"] + ".complete"})
        return
    body = b"%d" % os.getpid()
    head = [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
serve(app, tcp=[inherited(int(sys.argv[1]))])
"""


def a_child(code: str, name: str = "server", *, essential: bool = True, with_socket: bool = True) -> Child:
    return Child(name, [sys.executable, "-c", code, "{fd}"], essential=essential, with_socket=with_socket)


class Supervised:
    """A supervisor in a process of its own, and the port it holds."""

    def __init__(self, process: subprocess.Popen[Any], port: int) -> None:
        self.process, self.port = process, port

    def ask(self) -> int:
        """Make one request on a connection of its own and return the answering process."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while piece := connection.recv(4096):
                answer += piece
        if not answer:
            raise ConnectionResetError
        return int(answer.partition(b"\r\n\r\n")[2])


@contextmanager
def supervising(*children: Child) -> Iterator[Supervised]:
    with listen_tcp("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        words = [str(listener.fileno()), ""]
        for child in children:
            words += child.to_words()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", supervisor.__file__, *words],
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=(listener.fileno(),),
        )
    try:
        yield Supervised(process, port)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_connections_wait_while_the_server_is_killed_and_restarted() -> None:
    with supervising(a_child(SERVER)) as up:
        pid = up.ask()
        refused: list[OSError] = []
        resets: list[OSError] = []
        answers: list[tuple[float, int]] = []
        done = threading.Event()

        def ask_on() -> None:
            while not done.is_set():
                try:
                    answers.append((up.ask(), time.monotonic())[::-1])
                except ConnectionRefusedError as error:
                    refused.append(error)
                except ConnectionResetError as error:
                    resets.append(error)

        askers = [threading.Thread(target=ask_on) for _ in range(4)]
        for each in askers:
            each.start()
        for _ in range(3):
            before = len(answers)
            wait_until(lambda: len(answers) > before + 20)  # noqa: B023
            os.kill(pid, signal.SIGKILL)
            old = pid
            wait_until(lambda: any(answerer != old for _, answerer in answers[-5:]))  # noqa: B023
            pid = answers[-1][1]
        done.set()
        for each in askers:
            each.join()
    assert not refused
    # Each kill can at worst reset the one request that each asker had under way.
    assert len(resets) <= 3 * len(askers)
    assert len({answerer for _, answerer in answers}) == 4


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_connection_made_before_the_server_is_up_is_answered() -> None:
    with supervising(a_child("import time; time.sleep(0.3)\n" + SERVER)) as up:
        assert up.ask()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_children_once_and_all_end(number: signal.Signals) -> None:
    count = "import signal, sys, time\nseen = []\nsignal.signal(signal.SIGTERM, lambda *_: seen.append(1))\n"
    count += "print('up', file=sys.stderr, flush=True)\nwhile not seen: time.sleep(.01)\ntime.sleep(.1)\n"
    count += "print('seen', len(seen), file=sys.stderr)\nsys.exit(5)"
    with supervising(a_child(count)) as up:
        assert up.process.stderr is not None
        assert up.process.stderr.readline() == "up\n"
        up.process.send_signal(number)
        assert up.process.communicate(timeout=60)[1] == "seen 1\n"
        assert up.process.returncode == 0


def test_children_are_stopped_last_first() -> None:
    # Written past the buffer, which the signal may interrupt in the middle of a flush.
    code = "import os, signal, time\ndef end(*_):\n os.write(2, f'end {NAME}\\n'.encode())\n os._exit(0)\n"
    code += "signal.signal(signal.SIGTERM, end)\nos.write(2, b'up\\n')\ntime.sleep(60)"
    named = [
        a_child(f"NAME = {name!r}\n{code}", name, essential=name == "server") for name in ("server", "device")
    ]
    with supervising(*named) as up:
        assert up.process.stderr is not None
        assert [up.process.stderr.readline() for _ in range(2)] == ["up\n", "up\n"]
        up.process.terminate()
        assert up.process.communicate(timeout=60)[1] == "end device\nend server\n"


def test_a_wrong_configuration_is_said_once_and_ends_all() -> None:
    refusing = "import sys\nprint('The key is missing; run hourloom keys.', file=sys.stderr)\nsys.exit(1)"
    with supervising(a_child(refusing)) as up:
        assert up.process.communicate(timeout=60)[1] == "The key is missing; run hourloom keys.\n"
        assert up.process.returncode == 1


def test_a_program_that_does_not_exist_is_one_sentence() -> None:
    missing = Child("server", ["/nowhere/hourloom"], essential=True, with_socket=True)
    with supervising(missing) as up:
        said = up.process.communicate(timeout=60)[1]
        assert said == "server cannot be started: No such file or directory\n"
        assert up.process.returncode == 1


def test_a_server_that_ends_well_ends_all_and_a_companion_does_not() -> None:
    with supervising(a_child(SERVER), a_child("", "device", essential=False, with_socket=False)) as up:
        pid = up.ask()
        time.sleep(0.3)
        assert up.ask() == pid
        os.kill(pid, signal.SIGTERM)
        assert up.process.wait(timeout=60) == 0


def test_only_children_that_need_the_socket_have_it() -> None:
    look = "import os, sys\ntry:\n os.fstat(3)\n print('has', file=sys.stderr)\n"
    look += "except OSError:\n print('has not', file=sys.stderr)\n"
    with supervising(a_child(look, essential=True, with_socket=False)) as up:
        assert up.process.communicate(timeout=60)[1] == "has not\n"


def test_the_waiting_parent_is_small() -> None:
    if not Path("/proc/self/statm").exists():
        pytest.skip("reads /proc")
    with supervising(a_child(SERVER)) as up:
        up.ask()
        pages = int(Path(f"/proc/{up.process.pid}/statm").read_text().split()[1])
        assert pages * 4096 < 12 * 1024 * 1024


@pytest.mark.parametrize(
    ("lives", "expected"),
    [
        ([(1, 5.0)] * 4, [0.1, 0.2, 0.4, 0.8]),
        ([(1, 5.0)] * 10, [0.1, 0.2, 0.4, 0.8, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]),
        ([(-9, 5.0)] * 5 + [(-9, 61.0), (-9, 5.0)], [0.1, 0.2, 0.4, 0.8, 20.0, 0.1, 0.2]),
        ([(3, 5.0)] * 9, [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]),
        ([(-9, 0.1), (-9, 0.1), (-9, 61.0), (-9, 0.1)], [0.1, 0.2, 0.1, 0.2]),
        ([(1, 0.1), (1, 0.1)], [0.1, None]),
        ([(1, 0.1), (-9, 0.1), (1, 0.1), (1, 0.1)], [0.1, 0.2, 0.4, None]),
        ([(1, 0.1), (1, 5.0), (1, 0.1)], [0.1, 0.2, 0.4]),
        ([(2, 0.1)], [None]),
        ([(0, 100.0)], [None]),
    ],
)
def test_the_delay_grows_until_a_long_life_and_some_ends_are_final(
    lives: list[tuple[int, float]], expected: list[float | None]
) -> None:
    child = a_child("")
    delays: list[float | None] = []
    for code, lived in lives:
        child.started = 1000.0
        child.ended(code, 1000.0 + lived)
        delays.append(None if child.due is None else round(child.due - 1000.0 - lived, 6))
    assert delays == expected


def test_crashes_far_apart_are_no_loop() -> None:
    child, now = a_child(""), 1000.0
    for _ in range(20):
        child.started = now
        now += 40.0
        child.ended(-9, now)
        assert child.due is not None
        assert child.due - now <= supervisor.LONGEST_DELAY


def test_the_next_start_is_told_how_the_ones_before_it_ended() -> None:
    child = a_child("")
    assert supervisor.ENDED not in child.environment()
    for _ in range(2):
        child.started = 1000.0
        child.ended(-11, 1001.0)
    assert child.environment()[supervisor.ENDED] == "2 -11"


def test_a_loop_of_crashes_is_said_and_waited_out_while_connections_are_held() -> None:
    crashing = "import os; os.kill(os.getpid(), 9)"
    with supervising(a_child(crashing)) as up:
        assert up.process.stderr is not None
        said = up.process.stderr.readline()
        assert said == (
            "hourloom: the server crashed 5 times and is started again in 20 s; connections wait until then; "
            "`hourloom doctor` looks for the reason.\n"
        )
        with socket.create_connection(("127.0.0.1", up.port), timeout=20):
            assert up.process.poll() is None


def test_the_first_up_starts_and_the_second_opens(tmp_path: Path) -> None:
    first = supervisor.decide(tmp_path, "127.0.0.1", 0, NOW)
    assert isinstance(first, supervisor.Start)
    port = first.listener.getsockname()[1]
    second = supervisor.decide(tmp_path, "127.0.0.1", port, NOW)
    assert isinstance(second, supervisor.Open)
    assert (second.url, second.pid) == (f"http://127.0.0.1:{port}", os.getpid())
    first.listener.close()
    first.lock.release()


def test_up_opens_a_server_that_was_started_alone(tmp_path: Path) -> None:
    serving = take(tmp_path, NOW)
    serving.publish("http://127.0.0.1:5678")
    decision = supervisor.decide(tmp_path, "127.0.0.1", 0, NOW)
    assert isinstance(decision, supervisor.Open)
    assert decision.url == "http://127.0.0.1:5678"
    serving.release()


def test_a_port_of_another_program_leaves_the_directory_free(tmp_path: Path) -> None:
    with listen_tcp("127.0.0.1", 0) as other:
        with pytest.raises(PortTaken):
            supervisor.decide(tmp_path, "127.0.0.1", other.getsockname()[1], NOW)
        assert holder_of(tmp_path, supervisor.LOCK_NAME) is None


def test_up_turns_into_a_supervisor_that_keeps_the_directory(tmp_path: Path) -> None:
    become = (
        "import sys\nfrom pathlib import Path\nfrom hourloom.core.clock import Instant\n"
        "from hourloom.supervisor import Child, Start, decide\n"
        "start = decide(Path(sys.argv[1]), '127.0.0.1', 0, Instant(0))\nassert isinstance(start, Start)\n"
        "words = [sys.executable, '-c', sys.argv[2], '{fd}']\n"
        "start.become([Child('server', words, essential=True, with_socket=True)])"
    )
    with subprocess.Popen([sys.executable, "-c", become, str(tmp_path), SERVER]) as process:
        wait_until(lambda: holder_of(tmp_path, supervisor.LOCK_NAME) is not None)
        wait_until(
            lambda: (found := holder_of(tmp_path, supervisor.LOCK_NAME)) is not None and bool(found.port)
        )
        holder = holder_of(tmp_path, supervisor.LOCK_NAME)
        assert holder is not None
        assert holder.pid == process.pid
        assert holder.port is not None
        assert Supervised(process, holder.port).ask() != process.pid
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert holder_of(tmp_path, supervisor.LOCK_NAME) is None


NEEDS_WORDS = """
import os, sys, time
words = os.read(4, 100)
if words != b"open sesame":
    sys.exit(3)
sys.stderr.write("opened\\n")
sys.stderr.flush()
time.sleep(60)
"""


def an_asker(code: str) -> Child:
    arguments = [sys.executable, "-c", code, "{secret}"]
    return Child("asker", arguments, essential=False, with_socket=False, asks=True)


def test_a_server_that_needs_a_person_gets_what_the_person_says() -> None:
    server = Child(
        "server", [sys.executable, "-c", NEEDS_WORDS, "{secret}"], essential=True, with_socket=False
    )
    with supervising(server, an_asker("import os; os.write(4, b'open sesame')")) as up:
        assert up.process.stderr is not None
        assert up.process.stderr.readline() == "opened\n"


def test_without_an_answer_all_ends() -> None:
    server = Child(
        "server", [sys.executable, "-c", NEEDS_WORDS, "{secret}"], essential=True, with_socket=False
    )
    with supervising(server, an_asker("raise SystemExit(1)")) as up:
        assert up.process.wait(20) == 1


def test_a_server_that_asks_for_the_next_one_has_not_crashed() -> None:
    child = Child("server", ["x"], essential=True, with_socket=True)
    for _ in range(20):
        child.started = 100.0
        child.ended(START_AGAIN, 100.5)
        assert child.due == 100.5 + FIRST_DELAY
    assert (child.times, child.loops, child.delay) == (0, False, FIRST_DELAY)
