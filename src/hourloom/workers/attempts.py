"""What a worker would try that was taken over by the file it reads; a proof that it cannot."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from hourloom.workers.child import Means, Session

FUNCTION = f"{__name__}:begin"

_PTRACE_ATTACH = 16
_MANY = 4096


class Attempt(msgspec.Struct, frozen=True):
    """One thing to try, on a file or a process where it needs one."""

    name: str
    path: str = ""
    process: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """What came of it: an error's name, or what was got."""

    error: str | None
    got: str = ""


def begin(means: Means) -> Session:
    """Try what is asked for."""
    decode = msgspec.msgpack.Decoder(Attempt).decode

    def answer(request: bytes) -> Iterator[bytes]:
        attempt = decode(request)
        try:
            outcome = Outcome(None, str(_ATTEMPTS[attempt.name](attempt)))
        except (OSError, RuntimeError) as error:
            outcome = Outcome(type(error).__name__)
        yield msgspec.msgpack.encode(outcome)

    return answer


def begin_crashing(means: Means) -> Session:
    """Crash at whatever is asked."""
    return lambda request: iter([str(_crash(Attempt("crash"))).encode()])


def begin_hanging(means: Means) -> Session:
    """Never answer."""
    return lambda request: iter([str(_hang(Attempt("hang"))).encode()])


def _run_program(attempt: Attempt) -> object:
    return subprocess.run([attempt.path], check=True, close_fds=False).returncode


def _become_program(attempt: Attempt) -> object:
    os.execv(attempt.path, [attempt.path])  # noqa: S606 - there is no shell in it


def _fork(attempt: Attempt) -> object:
    if (child := os.fork()) == 0:
        os._exit(0)
    return os.waitpid(child, 0)


def _begin_thread(attempt: Attempt) -> object:
    threading.Thread(target=time.sleep, args=(0,)).start()
    return "begun"


def _look_into(attempt: Attempt) -> object:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(_PTRACE_ATTACH, attempt.process, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    return "attached"


def _write(attempt: Attempt) -> object:
    return Path(attempt.path).write_bytes(b"x")


def _change_rights(attempt: Attempt) -> object:
    Path(attempt.path).chmod(0o777)
    return "changed"


def _fill_memory(attempt: Attempt) -> object:
    return len([bytes(1 << 20) for _ in range(1 << 20)])


def _compute(attempt: Attempt) -> object:
    while True:
        pass


def _hang(attempt: Attempt) -> object:
    time.sleep(3600)
    return "waited"


def _crash(attempt: Attempt) -> object:
    return ctypes.string_at(0)


def _say_nonsense(attempt: Attempt) -> object:
    """Write to every pipe there is."""
    for descriptor in range(_MANY):
        try:
            os.write(descriptor, b"\xff" * 64)
        except OSError:
            continue
    return "said"


def _open_many(attempt: Attempt) -> object:
    return [os.dup(0) for _ in range(_MANY)]


def _descriptors(attempt: Attempt) -> object:
    """List what is open, but for its own three pipes and the null device."""
    return [number for number in range(_MANY) if _is_open(number)]


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


_ATTEMPTS: dict[str, Callable[[Attempt], object]] = {
    "read file": lambda attempt: Path(attempt.path).read_text("utf-8"),
    "list directory": lambda attempt: os.listdir(attempt.path),  # noqa: PTH208 - names alone
    "write file": _write,
    "change rights": _change_rights,
    "delete file": lambda attempt: Path(attempt.path).unlink(),
    "link file": lambda attempt: Path("link").hardlink_to(attempt.path),
    "make socket": lambda attempt: socket.socket().fileno(),
    "make local socket": lambda attempt: socket.socket(socket.AF_UNIX).fileno(),
    "make pair of sockets": lambda attempt: socket.socketpair(),
    "run program": _run_program,
    "become program": _become_program,
    "fork": _fork,
    "begin thread": _begin_thread,
    "signal": lambda attempt: os.kill(attempt.process, 0),
    "look into": _look_into,
    "fill memory": _fill_memory,
    "compute": _compute,
    "hang": _hang,
    "crash": _crash,
    "abort": lambda attempt: os.abort(),
    "end": lambda attempt: os._exit(3),
    "end by a signal": lambda attempt: os.kill(os.getpid(), signal.SIGKILL),
    "say nonsense": _say_nonsense,
    "open many": _open_many,
    "descriptors": _descriptors,
    "environment": lambda attempt: dict(os.environ),
    "directory": lambda attempt: os.listdir(),  # noqa: PTH208 - names alone
    "write here": lambda attempt: Path("made").write_bytes(bytes(1 << 20)),
    "number": lambda attempt: os.getpid(),
}
