"""Serve, and serve again after each change of the source: `python tools/dev.py [options of serve]`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"
WATCHED = (".py", ".sql", ".html", ".css", ".js")
PAUSE_SECONDS = 0.4
GRACE_SECONDS = 5

Snapshot = dict[Path, int]


def snapshot() -> Snapshot:
    """Return each watched file with the time of its last change."""
    times: Snapshot = {}
    for path in SOURCE.rglob("*"):
        if path.suffix in WATCHED:
            try:
                times[path] = path.stat().st_mtime_ns
            except FileNotFoundError:
                continue  # An editor replaced it between the two calls.
    return times


def wait_for_change(before: Snapshot) -> list[Path]:
    """Return the files that differ from what they were, as soon as there are any."""
    while True:
        time.sleep(PAUSE_SECONDS)
        after = snapshot()
        changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
        if changed:
            return sorted(changed)


def serve(options: list[str]) -> subprocess.Popen[bytes]:
    """Start the server."""
    code = "import sys; from hourloom.app import main; sys.argv[0] = 'hourloom'; sys.exit(main())"
    return subprocess.Popen([sys.executable, "-c", code, "serve", *options])


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server as a user would, and by force if it does not listen."""
    server.terminate()
    try:
        server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def main() -> None:
    """Serve until interrupted."""
    options = sys.argv[1:]
    while True:
        before = snapshot()
        server = serve(options)
        try:
            changed = wait_for_change(before)
        except KeyboardInterrupt:
            return
        finally:
            stop(server)
        print(f"{', '.join(path.name for path in changed)} changed; serving again.", flush=True)


if __name__ == "__main__":
    main()
