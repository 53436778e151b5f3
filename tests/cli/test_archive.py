"""Everything goes out to a file and comes in elsewhere, with a server and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program, an_export, ask

CODE = re.compile(r"(?:[0-9A-Z]{5}-){7}[0-9A-Z]{5}")


@pytest.fixture
def hourloom(tmp_path: Path) -> Program:
    """A program whose encrypted database holds three events."""
    (tmp_path / "first").mkdir()
    program = Program(tmp_path / "first", encryption="file")
    program("import", "activitywatch", str(an_export(tmp_path / "export.json")))
    return program


@pytest.fixture
def other(tmp_path: Path) -> Program:
    """A program where nothing was started yet."""
    (tmp_path / "other").mkdir()
    return Program(tmp_path / "other", encryption="file")


@pytest.fixture
def served(other: Program) -> Iterator[Program]:
    """The same beside a server."""
    with other.running():
        yield other


def test_everything_moves_to_another_computer_by_the_recovery_code(
    hourloom: Program, other: Program, tmp_path: Path
) -> None:
    archive = tmp_path / "all.zip.sealed"
    shown = CODE.search(hourloom.in_terminal("keys", "recovery"))
    assert shown is not None
    done = hourloom("export", "--everything", str(archive))
    assert done.stdout.strip() == str(archive)
    assert archive.stat().st_mode & 0o777 == 0o600
    assert b"PK\3\4" not in archive.read_bytes()

    other("token", "create", "--scopes", "admin")
    assert "shown and typed only on a terminal" in other.refused("import", "archive", str(archive))
    seen = other.in_terminal("import", "archive", str(archive), "--recovery", answers=(shown[0],))

    assert "takes all of it back" in seen
    for program in (hourloom, other):
        program("export", "--everything", "--plain", str(program.home / "plain.zip"))
    assert (hourloom.home / "plain.zip").read_bytes() == (other.home / "plain.zip").read_bytes()


def test_through_a_server_it_is_the_same(hourloom: Program, served: Program, tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    done = hourloom("export", "--everything", "--plain", str(archive))
    assert "not sealed" in done.stderr

    looked_at = served.json("import", "archive", str(archive), "--preview")
    assert {each["name"]: each["new"] for each in looked_at["tables"]}["events"] == 3
    assert ask(served.port, "GET", "/api/0/buckets/") == {}
    told = served("import", "archive", str(archive), "--on-conflict", "both")
    assert "events" in told.stdout
    (operation,) = re.findall(r"hourloom undo (\d+)", told.stderr)
    assert len(ask(served.port, "GET", "/api/0/buckets/")) == 1
    again = served("export", "--everything", "--plain", str(tmp_path / "again.zip"))
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes(), again.stderr
    served("undo", operation)


def test_what_cannot_be_is_said_in_one_sentence(hourloom: Program, tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    hourloom("export", "--everything", "--plain", str(archive))

    assert "there already" in hourloom.refused("export", "--everything", "--plain", str(archive))
    archive.write_bytes(archive.read_bytes()[:-5])
    assert "end of this archive is missing" in hourloom.refused("import", "archive", str(archive))
    left = hourloom.data_dir / "archives"
    assert list(left.glob("*")) == []
