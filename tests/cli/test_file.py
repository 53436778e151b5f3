"""Exported files are encrypted with a passphrase and opened again, or nothing is left behind."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from hourloom.app import main
from tests.cli.program import PROGRAM, Program

WORDS = "correct horse battery"
CONTENT = b'{"title": "a very private title"}\n' * 5000
LARGE = 96 << 20
SMALL = 1 << 20


class Said(NamedTuple):
    stdout: bytes
    stderr: str


@pytest.fixture
def record(hourloom: Program) -> Path:
    """A file to encrypt, and beside it the passphrase."""
    (hourloom.home / "words").write_text(WORDS + "\n")
    path = hourloom.home / "record.json"
    path.write_bytes(CONTENT)
    return path


def file(hourloom: Program, verb: str, *words: object, code: int = 0) -> Said:
    """Run a command within this program; return what it says."""
    by = ("--passphrase-file", str(hourloom.home / "words"))
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert main(["file", verb, *map(str, words), *by]) == code
    return Said(out.buffer.getvalue(), err.getvalue())


def piped(hourloom: Program, content: bytes, *words: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PROGRAM, "file", *map(str, words)],
        env=hourloom.environment,
        input=content,
        capture_output=True,
        timeout=60,
        check=False,
    )


def files_in(hourloom: Program) -> set[str]:
    return {path.name for path in hourloom.home.iterdir()}


def test_a_file_is_encrypted_and_opened_again(hourloom: Program, record: Path) -> None:
    file(hourloom, "encrypt", record)
    sealed = record.with_name("record.json.sealed")
    record.unlink()

    file(hourloom, "decrypt", sealed)

    assert record.read_bytes() == CONTENT
    assert b"private" not in sealed.read_bytes()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (record, sealed)} == {0o600}
    assert files_in(hourloom) == {"record.json", "record.json.sealed", "words"}


def test_a_passphrase_is_typed_twice_to_encrypt_and_once_to_open(hourloom: Program, record: Path) -> None:
    sealed = str(record) + ".sealed"
    opened = hourloom.home / "opened"

    assert "do not match" in hourloom.in_terminal(
        "file", "encrypt", str(record), answers=(WORDS, WORDS + "!", WORDS, WORDS)
    )
    seen = hourloom.in_terminal("file", "decrypt", sealed, str(opened), answers=(WORDS,))

    assert opened.read_bytes() == CONTENT
    assert WORDS not in seen
    opened.unlink()
    seen = hourloom.in_terminal("file", "decrypt", sealed, str(opened), answers=("wrong horse",))
    assert "not the passphrase of this file" in seen
    assert not opened.exists()


DAMAGES: list[tuple[Callable[[bytes], bytes], str]] = [
    (lambda whole: whole[:-100], "The end of this file is missing"),
    (lambda whole: whole[:70_000] + b"x" + whole[70_001:], "was changed after it was sealed"),
    (lambda whole: whole[:500] + b"\0" + whole[501:], "was changed after it was sealed"),
    (lambda whole: whole + b"\n", "Something was added behind the end"),
    (lambda whole: b"PK\3\4" + whole[4:], "not a file that Hourloom has sealed"),
    (lambda _: b"", "not a file that Hourloom has sealed"),
]


def test_what_is_wrong_with_a_file_is_told_and_nothing_is_left(hourloom: Program, record: Path) -> None:
    file(hourloom, "encrypt", record)
    sealed = record.with_name("record.json.sealed")
    whole, before = sealed.read_bytes(), files_in(hourloom)

    for number, (damage, told) in enumerate(DAMAGES):
        sealed.write_bytes(damage(whole))
        target = hourloom.home / "opened" if number % 2 else "-"
        done = file(hourloom, "decrypt", sealed, target, code=1)
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stdout == b""
        assert files_in(hourloom) == before


def test_the_wrong_passphrase_is_told_and_nothing_is_left(hourloom: Program, record: Path) -> None:
    file(hourloom, "encrypt", record)
    (hourloom.home / "words").write_text("wrong horse battery")
    record.unlink()

    assert "not the passphrase of this file" in file(hourloom, "decrypt", f"{record}.sealed", code=1).stderr
    assert not record.exists()


def test_nothing_is_overwritten_unless_told_so(hourloom: Program, record: Path) -> None:
    file(hourloom, "encrypt", record)

    assert "is there already" in file(hourloom, "encrypt", record, code=1).stderr
    assert "is there already" in file(hourloom, "decrypt", f"{record}.sealed", code=1).stderr
    assert "over itself" in file(hourloom, "encrypt", record, record, "--force", code=1).stderr
    assert record.read_bytes() == CONTENT
    file(hourloom, "encrypt", record, "--force")
    record.write_bytes(b"something else")
    file(hourloom, "decrypt", f"{record}.sealed", "--force")
    assert record.read_bytes() == CONTENT


def test_it_works_in_pipes_but_nothing_unchecked_goes_through_one(hourloom: Program, record: Path) -> None:
    by = ("--passphrase-file", hourloom.home / "words")
    sealed = piped(hourloom, CONTENT, "encrypt", "-", *by).stdout
    target = hourloom.home / "opened"

    assert piped(hourloom, sealed, "decrypt", "-", target, *by).returncode == 0
    assert target.read_bytes() == CONTENT
    refused = piped(hourloom, sealed, "decrypt", "-", "-", *by)
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"name a file to read or one to write" in refused.stderr
    (hourloom.home / "sealed").write_bytes(sealed)
    assert piped(hourloom, b"", "decrypt", hourloom.home / "sealed", "-", *by).stdout == CONTENT


def test_the_passphrase_may_come_through_standard_input(hourloom: Program, record: Path) -> None:
    words = ("--passphrase-file", "-")

    assert piped(hourloom, WORDS.encode(), "encrypt", record, *words).returncode == 0
    assert (
        piped(hourloom, WORDS.encode() + b"\r\n", "decrypt", f"{record}.sealed", "-", *words).stdout
        == CONTENT
    )
    refused = piped(hourloom, WORDS.encode(), "encrypt", "-", "-", *words)
    assert b"the file comes from there" in refused.stderr


def test_what_cannot_be_done_is_said_in_one_sentence(hourloom: Program, record: Path) -> None:
    words = hourloom.home / "words"

    assert "typed on a terminal" in hourloom.refused("file", "encrypt", str(record))
    assert "no file nowhere" in file(hourloom, "encrypt", "nowhere", code=1).stderr
    assert "is a directory" in file(hourloom, "encrypt", hourloom.home, "x", code=1).stderr
    assert "cannot be written" in file(hourloom, "encrypt", record, "/nowhere/x", code=1).stderr
    assert "does not end in .sealed" in file(hourloom, "decrypt", record, code=1).stderr
    words.write_text("short")
    assert "at least 8 characters" in file(hourloom, "encrypt", record, code=1).stderr
    words.write_text("\n")
    assert "first line is empty" in file(hourloom, "encrypt", record, code=1).stderr
    words.write_bytes(b"\xff\xfe")
    assert "not UTF-8" in file(hourloom, "encrypt", record, code=1).stderr
    words.unlink()
    assert "cannot be read" in file(hourloom, "encrypt", record, code=1).stderr
    assert files_in(hourloom) == {"record.json"}


def test_a_large_file_takes_no_more_memory_than_a_small_one(hourloom: Program, record: Path) -> None:
    taken = {}
    for size in (SMALL, LARGE):
        with record.open("wb") as made:
            made.truncate(size)
        taken[size] = [_memory(hourloom, verb, *names) for verb, *names in (
            ("encrypt", record, hourloom.home / "sealed"),
            ("decrypt", hourloom.home / "sealed", hourloom.home / "opened"),
        )]  # fmt: skip
        assert (hourloom.home / "opened").stat().st_size == size

    for small, large in zip(taken[SMALL], taken[LARGE], strict=True):
        assert large - small < 12 * 1024


def _memory(hourloom: Program, verb: str, *names: Path) -> int:
    """Return the most KiB that a command held."""
    words = ["file", verb, *map(str, names), "--force", "--passphrase-file", str(hourloom.home / "words")]
    with subprocess.Popen([*PROGRAM, *words], env=hourloom.environment, stderr=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_maxrss
