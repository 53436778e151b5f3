"""`up` and `demo`: they stay, and the second one opens the first."""

import os
import re
from pathlib import Path

from tests.cli.program import Program, ask, free_port

CODE = re.compile(r"(?:[0-9A-Z]{5}-){7}[0-9A-Z]{5}")
LINK = re.compile(r"http://127\.0\.0\.1:\d+/#code=[\w-]{40,}")


def test_a_second_up_opens_the_running_one(hourloom: Program) -> None:
    with hourloom.running("up") as first:
        second = hourloom("up", "--no-browser")
        assert f"process {first.pid}" in second.stderr
        assert LINK.fullmatch(second.stdout.strip())
        assert hourloom.json("status")["pid"] != first.pid
    assert first.returncode == 0
    assert "No Hourloom server" in hourloom.refused("status")


def test_up_passes_its_words_on_to_the_server(hourloom: Program) -> None:
    port = free_port()
    other = hourloom.home / "elsewhere"
    words = ("--port", str(port), "--data-dir", str(other))
    with hourloom.running("up", *words):
        assert ask(port, "GET", "/api/0/info")["testing"] is False
        assert hourloom.json("status", "--data-dir", str(other))["url"] == f"http://127.0.0.1:{port}"
    assert not hourloom.data_dir.exists()


def test_up_on_a_terminal_shows_recovery_code_and_link_once(tmp_path: Path) -> None:
    hourloom = Program(tmp_path, encryption="file")
    child, terminal = hourloom.forked("up")
    seen = ""
    while not LINK.search(seen):
        seen += os.read(terminal, 4096).decode()
    child.terminate()
    child.wait(60)
    os.close(terminal)
    assert len(CODE.findall(seen)) == 1
    assert len(LINK.findall(seen)) == 1


def test_the_demonstration_is_written_once_and_served_again(hourloom: Program) -> None:
    place = hourloom.home / "demo"
    port = str(free_port())
    words = ("demo", "--port", port, "--data-dir", str(place))
    said = hourloom(*words, "--fill-only").stderr
    assert "invented events of 20" in said
    assert f"hourloom demo --data-dir {place}" in said
    made = (place / "hourloom.db").stat().st_ino
    with hourloom.running(*words):
        buckets = ask(int(port), "GET", "/api/0/buckets/")
        assert len(buckets) == 8
        assert LINK.fullmatch(hourloom(*words).stdout.strip())
    assert (place / "hourloom.db").stat().st_ino == made
    assert not hourloom.data_dir.exists()


def test_the_demonstration_never_replaces_a_record(hourloom: Program) -> None:
    hourloom("token", "create", "--scopes", "admin")
    said = hourloom.refused("demo", "--data-dir", str(hourloom.data_dir), "--fill-only")
    assert "choose another" in said
    assert hourloom.json("token", "list") != []


def test_a_demonstration_that_was_stopped_is_written_anew(hourloom: Program) -> None:
    left = hourloom.home / ".demo.filling"
    left.mkdir(parents=True)
    (left / "hourloom.db").write_bytes(b"half")
    hourloom("demo", "--data-dir", str(hourloom.home / "demo"), "--fill-only")
    assert not left.exists()
