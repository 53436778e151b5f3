"""One server per data directory, shown with real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hourloom.core.clock import Instant
from hourloom.db import lock

NOW = Instant(1_760_000_000_000_000)

HOLD = """
import sys, time
from pathlib import Path
from hourloom.core.clock import Instant
from hourloom.db.lock import take
held = take(Path(sys.argv[1]), Instant(1760000000000000))
held.publish("http://127.0.0.1:5600")
print("held", flush=True)
time.sleep(60)
"""


def a_holder(directory: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_server_is_told_who_has_the_directory(tmp_path: Path) -> None:
    with a_holder(tmp_path) as first:
        with pytest.raises(lock.DirectoryInUse) as refusal:
            lock.take(tmp_path, NOW)
        assert refusal.value.message.startswith(
            f"The data directory {tmp_path} is in use by hourloom (process {first.pid}, since 2025-10-09 "
        )
        assert refusal.value.message.endswith(
            ", http://127.0.0.1:5600); stop it or choose another --data-dir."
        )
        first.kill()


def test_the_lock_dies_with_its_process_and_what_it_wrote_is_harmless(tmp_path: Path) -> None:
    with a_holder(tmp_path) as first:
        first.kill()
    assert "5600" in (tmp_path / "lock").read_text()
    assert lock.holder_of(tmp_path) is None
    lock.take(tmp_path, NOW).release()


@pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}', "\0" * 100])
def test_any_content_is_survived(tmp_path: Path, rubbish: str) -> None:
    (tmp_path / "lock").write_text(rubbish)
    held = lock.take(tmp_path, NOW)
    (tmp_path / "lock").write_text(rubbish)
    with pytest.raises(lock.DirectoryInUse, match=r"\(process unknown, not listening yet\)"):
        lock.take(tmp_path, NOW)
    held.release()


def test_the_holder_is_known_while_it_holds(tmp_path: Path) -> None:
    held = lock.take(tmp_path, NOW)
    held.publish("http://127.0.0.1:5601/")
    holder = lock.holder_of(tmp_path)
    assert holder is not None
    assert (holder.pid, holder.since, holder.port) == (os.getpid(), NOW, 5601)
    held.release()
    assert lock.holder_of(tmp_path) is None


def test_a_shorter_note_replaces_a_longer_one(tmp_path: Path) -> None:
    held = lock.take(tmp_path, NOW)
    held.publish("http://127.0.0.1:5601/" + "x" * 100)
    held.publish(None)
    holder = lock.holder_of(tmp_path)
    assert holder is not None
    assert (holder.pid, holder.url, holder.port) == (os.getpid(), None, None)
    held.release()


def test_looking_at_the_lock_does_not_keep_a_server_from_taking_it(tmp_path: Path) -> None:
    look = "import sys\nfrom pathlib import Path\nfrom hourloom.db.lock import holder_of\n"
    look += "print(1, flush=True)\nwhile True: holder_of(Path(sys.argv[1]))"
    lock.take(tmp_path, NOW).release()
    with subprocess.Popen([sys.executable, "-c", look, str(tmp_path)], stdout=subprocess.PIPE) as looker:
        assert looker.stdout is not None
        looker.stdout.readline()
        for _ in range(20):
            lock.take(tmp_path, NOW).release()
        looker.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="directories cannot be locked there")
def test_removing_the_file_does_not_let_a_second_server_in(tmp_path: Path) -> None:
    held = lock.take(tmp_path, NOW)
    (tmp_path / "lock").unlink()
    with pytest.raises(lock.DirectoryInUse):
        lock.take(tmp_path, NOW)
    held.release()


def test_two_locks_of_different_names_do_not_meet(tmp_path: Path) -> None:
    server, supervisor = lock.take(tmp_path, NOW), lock.take(tmp_path, NOW, "supervisor")
    assert lock.holder_of(tmp_path, "supervisor") is not None
    server.release()
    supervisor.release()


def test_the_directory_is_made_for_its_user_alone(tmp_path: Path) -> None:
    lock.take(tmp_path / "a" / "b", NOW).release()
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "b" / "lock").stat().st_mode & 0o777 == 0o600


def test_a_file_in_place_of_the_directory_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(lock.DirectoryIsAFile, match=f"^The data directory {path} is a file; choose"):
            lock.take(path, NOW)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts as root")
def test_a_read_only_disk_is_one_sentence(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,ro", "none", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        for path in (tmp_path, tmp_path / "new"):
            with pytest.raises(
                lock.DirectoryReadOnly, match=f"^The data directory {path} is on a read-only disk"
            ):
                lock.take(path, NOW)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="acts as another user")
def test_a_directory_of_somebody_else_is_one_sentence() -> None:
    child = os.fork()
    if not child:
        code = 1
        try:
            os.setgroups([])
            os.setuid(65534)
            try:
                lock.take(Path("/usr/hourloom"), NOW)
            except lock.DirectoryNotWritable:
                code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts as root")
def test_a_full_disk_does_not_keep_a_server_from_starting(tmp_path: Path) -> None:
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(tmp_path)], check=False
    ).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        lock.take(tmp_path, NOW).release()
        with pytest.raises(OSError, match="No space"):
            (tmp_path / "filler").write_bytes(bytes(131072))
        held = lock.take(tmp_path, NOW)
        assert lock.holder_of(tmp_path) is not None
        held.release()
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_lock_in_use_is_refused_without_waiting(tmp_path: Path) -> None:
    held = lock.take(tmp_path, NOW)
    began = time.monotonic()
    with pytest.raises(lock.DirectoryInUse):
        lock.take(tmp_path, NOW)
    assert time.monotonic() - began < 10
    held.release()
