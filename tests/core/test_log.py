"""The log: one line per record, private, rotating, and never a title."""

from __future__ import annotations

import logging
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hourloom.core.log import FILE, FILE_SIZE, FILES, printable, recent, set_up, tear_down

TITLE = "Quarterly numbers (confidential)"

log = logging.getLogger("hourloom.test")
foreign = logging.getLogger("somelibrary.http")


@pytest.fixture(autouse=True)
def _logging(tmp_path: Path) -> Iterator[None]:
    root, ours = logging.getLogger().level, logging.getLogger("hourloom").level
    set_up(tmp_path, "info")
    yield
    tear_down()
    logging.getLogger().setLevel(root)
    logging.getLogger("hourloom").setLevel(ours)


def lines(directory: Path) -> list[str]:
    return (directory / FILE).read_text("utf-8").splitlines()


def fail() -> None:
    raise ValueError(TITLE)


def test_a_record_is_one_line_with_time_level_and_logger(tmp_path: Path) -> None:
    log.info("listening on %s", 5600)
    (line,) = lines(tmp_path)
    at, rest = line.split(" ", 1)
    assert at.endswith("Z")
    assert rest == "INFO hourloom.test: listening on 5600"


def test_line_breaks_and_control_characters_are_escaped(tmp_path: Path) -> None:
    log.info("a\nb\r\x1b[31m\u2028\u202e\x00")
    (line,) = lines(tmp_path)
    assert line.endswith(r"a\nb\r\x1b[31m\u2028\u202e\x00")


def test_half_a_character_is_escaped() -> None:
    assert printable("a\ud800") == r"a\ud800"


def test_letters_of_all_languages_stay_readable() -> None:
    assert printable("Zürich, 東京: ok") == "Zürich, 東京: ok"


def test_an_exception_is_written_without_its_message(tmp_path: Path) -> None:
    try:
        fail()
    except ValueError:
        log.exception("it failed")
    (line,) = lines(tmp_path)
    assert "it failed [ValueError at test_log.py:" in line
    assert TITLE not in line


def test_of_another_library_only_the_unfilled_first_line_is_written(tmp_path: Path) -> None:
    foreign.info("GET %s", "https://example.org/secret")
    foreign.warning("could not get %s\nbecause https://example.org/secret", "https://example.org/secret")
    (line,) = lines(tmp_path)
    assert line.endswith("WARNING somelibrary.http: could not get %s")


def test_records_below_the_level_are_dropped(tmp_path: Path) -> None:
    log.debug("nothing")
    assert lines(tmp_path) == []
    set_up(tmp_path, "debug")
    log.debug("something")
    assert len(lines(tmp_path)) == 1


def test_a_second_set_up_replaces_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    set_up(tmp_path, "info")
    set_up(tmp_path, "info")
    log.info("once")
    assert len(lines(tmp_path)) == 1
    assert capsys.readouterr().err.count("once") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    log.info("private")
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / FILE).parent.stat().st_mode) == 0o700


def test_five_files_of_a_mebibyte_are_kept(tmp_path: Path) -> None:
    for number in range(2_000):
        log.info("%d %s", number, "x" * 3_500)
    files = sorted((tmp_path / FILE).parent.iterdir())
    assert len(files) == FILES
    assert all(file.stat().st_size <= FILE_SIZE for file in files)
    if sys.platform != "win32":
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_recent_records_are_read_back() -> None:
    log.info("one: first")
    log.warning("two")
    found = recent(10)
    assert [(r["level"], r["logger"], r["message"]) for r in found] == [
        ("INFO", "hourloom.test", "one: first"),
        ("WARNING", "hourloom.test", "two"),
    ]
    assert [r["message"] for r in recent(1)] == ["two"]
    assert recent(0) == []


def test_recent_records_reach_back_into_the_file_before(tmp_path: Path) -> None:
    log.info("old")
    handler = next(h for h in logging.getLogger().handlers if hasattr(h, "doRollover"))
    handler.doRollover()
    log.info("new")
    assert [r["message"] for r in recent(10)] == ["old", "new"]


def test_without_set_up_nothing_is_recent() -> None:
    tear_down()
    assert recent(10) == []


def test_a_directory_that_cannot_be_written_leaves_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    set_up(blocked, "info")
    log.info("still here")
    err = capsys.readouterr().err
    assert "no log file" in err
    assert "still here" in err
