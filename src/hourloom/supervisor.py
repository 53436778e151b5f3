"""Keep the server and its companions running behind one listening socket that is never closed.

Run as a script by `become`, without the package and without site-packages, so that the waiting parent
stays small: only modules that the interpreter has in memory anyway are imported at the top.
"""

from __future__ import annotations

import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Any

    from hourloom.core.clock import Instant
    from hourloom.db.lock import DirectoryLock, Holder

SOCKET_IN_CHILD = 3
"""The descriptor of the listening socket in a child; `{fd}` in its arguments becomes this number."""
SECRET_IN_CHILD = 4
"""The descriptor of a pipe for what a person said; `{secret}` in a child's arguments becomes this number."""
NEEDS_A_PERSON = 3
"""The exit code of a server that nothing on this computer opens the database for."""
FIRST_DELAY, LONGEST_DELAY = 0.1, 10.0
HEALTHY_AFTER = 60.0
START_AGAIN = 75
"""The exit code of a server that asks for the next one: it did not crash, and nothing is to wait for."""
LOOP_CRASHES, LOOP_WITHIN = 5, 120.0
"""So many crashes within so many seconds are a loop: starting again at once would only go on with it."""
LOOP_FIRST_DELAY, LOOP_LONGEST_DELAY = 20.0, 300.0
ENDED = "HOURLOOM_ENDED"
"""The variable that tells a child how the one before it ended: how often in a row, and its last exit code."""
REFUSES_WITHIN = 5.0
"""Seconds: with a busy processor a server takes some to look at its database and refuse."""
STOPS_WITHIN = 10.0
LOCK_NAME = "supervisor"
_LINE_LIMIT = 8192


class Child:
    """A program to keep running: essential means that all ends when it ends well or cannot start.

    One that asks runs on the terminal when another needs a person, and what it writes goes to that one.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        essential: bool,
        with_socket: bool,
        asks: bool = False,
    ) -> None:
        self.name, self.arguments = name, list(arguments)
        self.essential, self.with_socket, self.asks = essential, with_socket, asks
        self.secret = b""
        self.answer = -1
        self.waits_for_a_person = False
        self.pid = 0
        self.started = 0.0
        self.due: float | None = None if asks else 0.0
        self.delay = FIRST_DELAY
        self.refusals = 0
        self.crashes: list[float] = []
        self.times = self.last_code = 0
        """How often it crashed since it last lived long, and how it ended the last time."""
        self.loops = False
        self.sentence = ""
        self.unfinished = b""
        self.errors = -1

    def to_words(self) -> list[str]:
        """Write the child as words of a command line."""
        flags = ("e" if self.essential else "-") + ("s" if self.with_socket else "-") + "a" * self.asks
        return ["--child", self.name, flags, *self.arguments]

    def lines_of(self, said: bytes, *, ended: bool) -> bytes:
        """Return the whole lines said by now, without a last sentence that the attempt before said too."""
        said = self.unfinished + said
        whole = len(said) if ended or len(said) > _LINE_LIMIT else said.rfind(b"\n") + 1
        said, self.unfinished = said[:whole], said[whole:]
        told = [line for line in said.splitlines(keepends=True) if not self._again(line)]
        if said.strip():
            self.sentence = said.rstrip().rpartition(b"\n")[2].decode(errors="replace")
        return b"".join(told)

    def _again(self, line: bytes) -> bool:
        return self.refusals > 0 and line.rstrip().decode(errors="replace") == self.sentence

    def ended(self, code: int, now: float) -> None:
        """Decide when to start again: soon after a long life, late in a loop, never after a final answer."""
        self.pid = 0
        lived = now - self.started
        self.refusals = self.refusals + 1 if code in (1, 2) and lived < REFUSES_WITHIN else 0
        if code == 0 or self.refusals == 2 or (code == 2 and self.refusals):
            self.due = None
            return
        if code == START_AGAIN:
            self.due = now + FIRST_DELAY
            return
        if lived >= HEALTHY_AFTER:
            self.delay, self.times, self.loops, self.crashes = FIRST_DELAY, 0, False, []
        longest = LONGEST_DELAY
        if code != NEEDS_A_PERSON:
            self.times, self.last_code = self.times + 1, code
            self.crashes = [*(at for at in self.crashes if now - at < LOOP_WITHIN), now]
            self.loops = self.loops or len(self.crashes) >= LOOP_CRASHES
        if self.loops:
            self.delay, longest = max(self.delay, LOOP_FIRST_DELAY), LOOP_LONGEST_DELAY
        self.due = now + self.delay
        self.delay = min(2 * self.delay, longest)

    def environment(self) -> dict[str, str]:
        """Return the environment for the next start."""
        told = {ENDED: f"{self.times} {self.last_code}"} if self.times else {}
        return {**os.environ, **told}

    def loop_sentence(self, now: float) -> str:
        """Say that it crashes again and again, and when it is tried next."""
        seconds = round((self.due or now) - now)
        waiting = "; connections wait until then" if self.with_socket else ""
        crashed = f"hourloom: the {self.name} crashed {self.times} times and is started again in {seconds} s"
        return f"{crashed}{waiting}; `hourloom doctor` looks for the reason."


class Supervisor:
    """Start children, restart what dies, pass signals on, and end when an essential child is through."""

    def __init__(self, children: Sequence[Child], socket_fd: int) -> None:
        self.children = children
        self.socket_fd = socket_fd
        self.stopping = False
        self.code = 0

    def run(self) -> int:
        """Supervise until told to stop or until it makes no sense; return the exit code."""
        import select  # noqa: PLC0415 - see the module

        wake, wakened = os.pipe()
        for fd in (wake, wakened):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wakened, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        while not self.stopping:
            self._start_due()
            watched = select.poll()
            for fd in (wake, *(each.errors for each in self.children if each.errors >= 0)):
                watched.register(fd, select.POLLIN)
            ready = [fd for fd, _ in watched.poll(self._until_next())]
            if wake in ready:
                os.read(wake, 4096)
            self._pass_errors_on(ready)
            self._reap()
        self._end_all()
        return self.code

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if not child.pid and child.due is not None and child.due <= now:
                self._start(child, now)

    def _start(self, child: Child, now: float) -> None:
        theirs, secret = self._new_error_pipe(child), _secret_pipe(child)
        actions = [] if child.asks else [(os.POSIX_SPAWN_DUP2, theirs, 2)]
        if child.with_socket:
            actions.append((os.POSIX_SPAWN_DUP2, self.socket_fd, SOCKET_IN_CHILD))
        if secret >= 0:
            actions.append((os.POSIX_SPAWN_DUP2, secret, SECRET_IN_CHILD))
        numbers = {"{fd}": str(SOCKET_IN_CHILD), "{secret}": str(SECRET_IN_CHILD)}
        arguments = [numbers.get(word, word) for word in child.arguments]
        # A group of its own: Ctrl-C reaches this parent alone, which passes it on once. One that asks must
        # stay in the group that may read from the terminal.
        group: dict[str, Any] = {} if child.asks else {"setpgroup": 0}  # an argument that cannot be None
        default = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE]
        child.started = now
        try:
            child.pid = os.posix_spawn(
                arguments[0], arguments, child.environment(), file_actions=actions, setsigdef=default, **group
            )
        except OSError as error:
            child.sentence = f"{child.name} cannot be started: {error.strerror}"
            _say(child.sentence.encode() + b"\n")
            child.ended(2, now)
            self._consider(child)
        finally:
            os.close(theirs)
            if secret >= 0:
                os.close(secret)

    def _new_error_pipe(self, child: Child) -> int:
        if child.errors >= 0:
            os.close(child.errors)
        child.errors, theirs = os.pipe()
        os.set_blocking(child.errors, False)
        return theirs

    def _until_next(self) -> int | None:
        """Return the milliseconds until a child is due, or None to sleep until something happens."""
        waits = [
            each.due - time.monotonic() for each in self.children if not each.pid and each.due is not None
        ]
        return max(0, int(min(waits) * 1000) + 1) if waits else None

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for child in self.children:
                if child.pid == pid:
                    self._pass_errors_on([child.errors])
                    code = os.waitstatus_to_exitcode(status)
                    now = time.monotonic()
                    child.ended(code, now)
                    if child.loops and child.due is not None and not self.stopping:
                        _say(child.loop_sentence(now).encode() + b"\n")
                    self._ask_or_tell(child, code)
                    self._consider(child)

    def _ask_or_tell(self, child: Child, code: int) -> None:
        """Let a person be asked where a child needs one; hand over what the person said."""
        now = time.monotonic()
        if child.asks:
            child.due = None
            said = _all_of(child)
            self.stopping, self.code = self.stopping or code != 0, self.code or int(code != 0)
            for each in self.children:
                if each.waits_for_a_person:
                    each.waits_for_a_person, each.secret, each.due = False, said, now + each.delay
            return
        asker = next((each for each in self.children if each.asks), None)
        if code == NEEDS_A_PERSON and asker is not None:
            child.waits_for_a_person, child.due, asker.due = True, None, now

    def _consider(self, child: Child) -> None:
        """End everything once an essential child will not be started again."""
        if child.due is None and child.essential and not child.waits_for_a_person:
            self.stopping = True
            self.code = 1 if child.refusals else 0

    def _pass_errors_on(self, ready: Iterable[int]) -> None:
        for child in self.children:
            if child.errors < 0 or child.errors not in ready:
                continue
            said = _read(child.errors)
            _say(child.lines_of(said or b"", ended=said is None))
            if said is None:
                os.close(child.errors)
                child.errors = -1

    def _end_all(self) -> None:
        """Stop the last child first: the device program hands its last heartbeats to the server."""
        for child in reversed(self.children):
            deadline = time.monotonic() + STOPS_WITHIN
            if child.pid:
                os.kill(child.pid, signal.SIGTERM)
            while child.pid and time.monotonic() < deadline:
                self._pass_errors_on([each.errors for each in self.children])
                self._reap()
                time.sleep(0.01)
            if child.pid:
                os.kill(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)
            self._pass_errors_on([child.errors])


def _secret_pipe(child: Child) -> int:
    """Return the end of a pipe for the child: to write what a person says, or to read what one said."""
    if child.asks:
        child.answer, theirs = os.pipe()
        return theirs
    if "{secret}" not in child.arguments:
        return -1
    theirs, ours = os.pipe()
    # It fits into the pipe, and is kept nowhere else: at the next start a person is asked again.
    os.write(ours, child.secret)
    os.close(ours)
    child.secret = b""
    return theirs


def _all_of(child: Child) -> bytes:
    """Return what one that asks was told."""
    said = os.read(child.answer, 4096)
    os.close(child.answer)
    child.answer = -1
    return said


def _read(fd: int) -> bytes | None:
    """Return what a pipe holds, b"" when nothing at the moment, None when its writers are gone."""
    try:
        return os.read(fd, 65536) or None
    except BlockingIOError:
        return b""


def _say(text: bytes) -> None:
    """Write to standard error unless that would block: a stopped terminal must not stop the supervision."""
    import select  # noqa: PLC0415 - see the module

    out = select.poll()
    out.register(2, select.POLLOUT)
    try:
        if text and out.poll(0):
            os.write(2, text)
    except OSError:
        return


def main(words: Sequence[str]) -> int:
    """Supervise what a command line of `become` describes: SOCKET KEPT,… and the children."""
    socket_fd, kept, *rest = words
    for fd in (socket_fd, *filter(None, kept.split(","))):
        os.set_inheritable(int(fd), False)
    children: list[Child] = []
    for word in rest:
        if word == "--child":
            children.append(Child("", [], essential=False, with_socket=False))
        else:
            children[-1].arguments.append(word)
    for child in children:
        child.name, flags, *child.arguments = child.arguments
        child.essential, child.with_socket, child.asks = "e" in flags, "s" in flags, "a" in flags
        child.due = None if child.asks else 0.0
    return Supervisor(children, int(socket_fd)).run()


class Open:
    """The decision of a second `up`: somebody runs already, open that."""

    def __init__(self, url: str, pid: int | None) -> None:
        self.url, self.pid = url, pid


class Start:
    """The decision of a first `up`: the socket listens and the directory is ours, so start."""

    def __init__(self, listener: socket.socket, lock: DirectoryLock) -> None:
        self.listener, self.lock = listener, lock

    def become(self, children: Sequence[Child]) -> None:
        """Turn this process into the supervisor of these children; it does not return."""
        # A high number cannot collide with the one that a child finds the socket under.
        import fcntl  # noqa: PLC0415 - see the module

        socket_fd = fcntl.fcntl(self.listener.fileno(), fcntl.F_DUPFD_CLOEXEC, 10)
        for fd in (socket_fd, self.lock.fd):
            os.set_inheritable(fd, True)
        words = [str(socket_fd), str(self.lock.fd)]
        for child in children:
            words += child.to_words()
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-I", "-S", __file__, *words])  # noqa: S606


def decide(directory: Path, host: str, port: int, now: Instant) -> Open | Start:
    """Decide what `hourloom up` does: open what runs on this data directory, or take socket and directory.

    A port that belongs to another program raises `PortTaken`.
    """
    from hourloom.db.lock import DirectoryInUse, holder_of, take  # noqa: PLC0415 - not in the parent
    from hourloom.web.server.listening import listen_tcp  # noqa: PLC0415 - not in the parent

    runs = holder_of(directory, LOCK_NAME) or holder_of(directory)
    if runs is not None:
        return _open(runs, host, port)
    try:
        lock = take(directory, now, LOCK_NAME)
    except DirectoryInUse:
        return _open(holder_of(directory, LOCK_NAME), host, port)
    try:
        listener = listen_tcp(host, port)
    except BaseException:
        lock.release()
        raise
    lock.publish(f"http://{host}:{listener.getsockname()[1]}")
    return Start(listener, lock)


def _open(holder: Holder | None, host: str, port: int) -> Open:
    url = holder.url if holder is not None else None
    return Open(url or f"http://{host}:{port}", holder.pid if holder is not None else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
