"""Processes of the program that start warm: forked from one that has imported it already.

Importing is nine tenths of what most commands cost. A warm process has arguments, an environment, a terminal,
streams and an exit code of its own, as one has that was started by its name. What is about the start itself
(how long it takes, what it imports, what /proc tells of it) starts the program by its name instead.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any, Protocol

PROGRAM = (sys.executable, "-m", "hourloom")
LINUX = sys.platform == "linux"
IMPORTED = (
    "hourloom.app",
    "hourloom.assembly",
    "hourloom.care.telemetry",
    "hourloom.cli.main",
    "hourloom.db.ballast",
    "hourloom.db.opening",
    "hourloom.local.handed",
    "hourloom.local.unlocking",
    "hourloom.web.server.run",
    "uvicorn.lifespan.off",
    "uvloop",
    "zoneinfo",
)
"""What servers and commands import; whatever else one needs, it imports itself."""
MOST = 1 << 17
"""Bytes of a command with its environment."""


class Running(Protocol):
    """What tests of the program use of `subprocess.Popen`."""

    returncode: Any
    pid: int
    stderr: IO[bytes] | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Started:
    """A process that was started warm."""

    def __init__(self, told: socket.socket, errors: IO[bytes] | None = None) -> None:
        self._told, self.stderr = told, errors
        self.returncode: int | None = None
        self.pid = int(told.recv(32))

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("hourloom", timeout or 0)
            self.returncode = int(self._told.recv(32))
            self._told.close()
        return self.returncode

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run(
    words: Sequence[str], environment: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, without input."""
    if not LINUX:
        return subprocess.run(
            [*PROGRAM, *words],
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    nothing, output, errors = os.open(os.devnull, os.O_RDONLY), os.pipe(), os.pipe()
    process = _started(words, environment, (nothing, output[1], errors[1]))
    ends = time.monotonic() + seconds
    try:
        said = _all_of((output[0], errors[0]), ends)
        code = process.wait(max(0.0, ends - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    return subprocess.CompletedProcess(words, code, said[0].decode(), said[1].decode())


def start(words: Sequence[str], environment: Mapping[str, str]) -> Running:
    """Start the program with a pipe for its errors alone."""
    if not LINUX:
        return subprocess.Popen(
            [*PROGRAM, *words],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    nothing, (errors, into_errors) = os.open(os.devnull, os.O_RDWR), os.pipe()
    process = _started(words, environment, (nothing, os.dup(nothing), into_errors))
    process.stderr = os.fdopen(errors, "rb")
    return process


def start_into(
    output: Path, words: Sequence[str], environment: Mapping[str, str], *, session: bool = False
) -> Running:
    """Start the program, all that it says going to the end of a file; a session of its own has its number."""
    with output.open("ab") as said:
        if not LINUX:
            return subprocess.Popen(
                [*PROGRAM, *words], env=dict(environment), stdout=said, stderr=said, start_new_session=session
            )
        nothing, into = os.open(os.devnull, os.O_RDONLY), os.dup(said.fileno())
        return _started(words, environment, (nothing, into, os.dup(into)), session=session)


def on_a_terminal(words: Sequence[str], environment: Mapping[str, str]) -> tuple[Running, int]:
    """Start the program on a terminal of its own; return its process and the other end of the terminal."""
    ours, theirs = os.openpty()
    if not LINUX:
        own = dict(environment)
        child = subprocess.Popen([*PROGRAM, *words], env=own, preexec_fn=lambda: os.login_tty(theirs))  # noqa: PLW1509 - it only makes the terminal its own
        os.close(theirs)
        return child, ours
    return _started(words, environment, (theirs,)), ours


def _started(
    words: Sequence[str], environment: Mapping[str, str], streams: Sequence[int], *, session: bool = False
) -> Started:
    """Ask for a process with these streams, of which no end stays here; a single one is a terminal."""
    told, telling = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    where = {"directory": str(Path.cwd()), "session": session}
    job = json.dumps({"words": words, "environment": dict(environment), **where}).encode()
    assert len(job) < MOST
    given = [telling.detach(), *streams]
    try:
        socket.send_fds(_nursery(), [job], given)
    finally:
        for each in given:
            os.close(each)
    return Started(told)


def _all_of(streams: Sequence[int], ends: float) -> list[bytes]:
    """Read streams to their ends and close them."""
    said = {stream: bytearray() for stream in streams}
    left = set(streams)
    try:
        while left:
            readable, _, _ = select.select(left, [], [], max(0.0, ends - time.monotonic()))
            if not readable:
                raise subprocess.TimeoutExpired("hourloom", 0)
            for stream in readable:
                if piece := os.read(stream, 65_536):
                    said[stream] += piece
                else:
                    left.remove(stream)
    finally:
        for stream in streams:
            os.close(stream)
    return [bytes(each) for each in said.values()]


@cache
def _nursery() -> socket.socket:
    """Start the process that has imported everything; return the socket on which it is asked for others."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-P", __file__, str(theirs.fileno())]
        nursery = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    atexit.register(_end, ours, nursery)
    return ours


def _end(asking: socket.socket, nursery: subprocess.Popen[bytes]) -> None:
    asking.close()
    nursery.wait(30)


class Nursery:
    """The other side: forks when it is asked to, and tells how the children ended."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked
        self._children: dict[int, socket.socket] = {}
        self._woken, waking = socket.socketpair()
        self._waking = waking
        for end in (self._woken, waking):
            end.setblocking(False)
        signal.set_wakeup_fd(waking.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def wait(self) -> None:
        """Serve until nobody asks any more; return, besides, in every child."""
        while True:
            readable, _, _ = select.select([self._asked, self._woken], [], [])
            if self._woken in readable:
                self._woken.recv(4096)
                self._tell_of_the_ended()
            if self._asked in readable and self._is_child_or_over():
                return

    def _is_child_or_over(self) -> bool:
        job, streams, _, _ = socket.recv_fds(self._asked, MOST, 4)
        if not job:
            sys.exit(0)
        telling, streams = socket.socket(fileno=streams[0]), streams[1:]
        child = os.fork()
        if child == 0:
            self._forget_everything()
            become(json.loads(job), streams)
            telling.send(str(os.getpid()).encode())
            telling.close()
            return True
        for stream in streams:
            os.close(stream)
        self._children[child] = telling
        return False

    def _tell_of_the_ended(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                with contextlib.suppress(OSError), self._children.pop(ended[0]) as telling:
                    telling.send(str(os.waitstatus_to_exitcode(ended[1])).encode())

    def _forget_everything(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for each in (self._asked, self._woken, self._waking, *self._children.values()):
            each.close()


def become(job: Any, streams: list[int]) -> None:
    """Be as if this process had just been started by the program's name."""
    if len(streams) == 1:
        os.login_tty(streams[0])
    else:
        if job["session"]:
            os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
    errors = sys.stdout.errors
    sys.stdin = sys.__stdin__ = _stream(0, "r", errors=errors)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _stream(1, "w", errors=errors)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(2, "w", buffering=1, errors="backslashreplace")  # type: ignore[misc]
    os.environ.clear()
    os.environ.update(job["environment"])
    time.tzset()
    os.chdir(job["directory"])
    sys.argv = ["hourloom", *job["words"]]


def _stream(number: int, mode: str, **options: Any) -> Any:  # as `open` takes them
    return open(number, mode, encoding="utf-8", closefd=False, **options)


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    Nursery(socket.socket(fileno=int(sys.argv[1]))).wait()
    sys.exit(importlib.import_module("hourloom.app").main())
