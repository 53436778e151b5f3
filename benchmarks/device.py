"""The device program on a desktop of its own: what it takes while nothing happens, and how soon it stores.

Xvfb, openbox, xdotool and xterm are needed; without them this part is left out.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import results as figures
from benchmarks.connection import Connection
from benchmarks.load import percentile
from benchmarks.scenarios import Stage

PROGRAMS = ("Xvfb", "openbox", "xdotool", "xterm")
CHANGES = 40
TITLES = ("alpha", "beta")
TICK = os.sysconf("SC_CLK_TCK")


def measure(stage: Stage, idle: float) -> None:
    """Let it rest for some seconds, then change windows."""
    if any(shutil.which(program) is None for program in PROGRAMS):
        print(f"  device: needs {', '.join(PROGRAMS)}")
        return
    with desktop() as display, observing(stage, display) as pid:
        time.sleep(3)
        before = cpu(pid)
        time.sleep(idle)
        stage.note(figures.DEVICE_CPU, (cpu(pid) - before) / idle * 100)
        stage.note(figures.DEVICE_MEMORY, memory(pid))
        found = sorted(changes(stage, display))
        stage.note(figures.DEVICE_LATENCY, percentile(found, 50) * 1000)
        stage.note(figures.DEVICE_LATENCY_95, percentile(found, 95) * 1000)


@contextmanager
def desktop() -> Iterator[str]:
    """Run a display with two windows, and name it."""
    with ExitStack() as stack:
        reader, writer = os.pipe()
        words = [
            "Xvfb",
            "-displayfd",
            str(writer),
            "-screen",
            "0",
            "800x600x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]
        _start(stack, words, {}, (writer,))
        os.close(writer)
        with os.fdopen(reader) as numbers:
            display = f":{numbers.readline().strip()}"
        _start(stack, ["openbox"], {"DISPLAY": display})
        for title in TITLES:
            _start(stack, ["xterm", "-T", title, "-e", "cat"], {"DISPLAY": display})
        _windows(display)
        yield display


@contextmanager
def observing(stage: Stage, display: str) -> Iterator[int]:
    """Run the device program beside the server, and give its process."""
    with ExitStack() as stack:
        command = [sys.executable, "-m", "hourloom", "device"]
        own = {**stage.server.surroundings(), "DISPLAY": display}
        own |= {"HOURLOOM_DATA_DIR": str(stage.server.data_dir)}
        yield _start(stack, command, own).pid


def changes(stage: Stage, display: str) -> Iterator[float]:
    """Bring one window to the front after the other; yield the seconds until each is stored."""
    windows = _windows(display)
    connection = stage.server.connect()
    for number in range(CHANGES):
        title = TITLES[number % 2]
        begun = time.perf_counter()
        _xdotool(display, "windowactivate", windows[title])
        while _newest(connection) != title:
            if time.perf_counter() - begun > 30:
                raise TimeoutError(title)
        yield time.perf_counter() - begun
        # Changes that follow one another faster than ten a second are put together.
        time.sleep(0.15)
    connection.close()


def cpu(pid: int) -> float:
    """Return the seconds that a process has computed."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICK


def memory(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _newest(connection: Connection) -> str:

    buckets = json.loads(connection.get("/api/0/buckets/").body)
    name = next((name for name, each in buckets.items() if name.startswith("hourloom-window_")), None)
    events = json.loads(connection.get(f"/api/0/buckets/{name}/events?limit=1").body) if name else []
    return str(events[0]["data"]["title"]) if events else ""


def _windows(display: str) -> dict[str, str]:
    """Return the windows by their titles, once both are there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = {
            title: _xdotool(display, "search", "--onlyvisible", "--name", f"^{title}$") for title in TITLES
        }
        if all(found.values()):
            return found
        time.sleep(0.05)
    raise TimeoutError("the windows did not open")


def _xdotool(display: str, *words: str) -> str:
    own = {**os.environ, "DISPLAY": display}
    done = subprocess.run(
        ["xdotool", *words], env=own, capture_output=True, text=True, check=False, timeout=30
    )
    return done.stdout.strip()


def _start(
    stack: ExitStack, words: list[str], more: dict[str, str], kept: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, env={**os.environ, **more}, pass_fds=kept, stdout=quiet, stderr=quiet)
    stack.callback(process.wait, 10)
    stack.callback(process.terminate)
    return process
