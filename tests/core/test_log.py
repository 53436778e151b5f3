"""The log: an object on one line per record, private, rotating, and never a title."""

from __future__ import annotations

import contextvars
import json
import logging
import os
import re
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hourloom.core import log as core_log
from hourloom.core.log import (
    ERRORS,
    FILE,
    PrivateFile,
    printable,
    recent,
    recent_of,
    scrubbed,
    set_up,
    tear_down,
)
from hourloom.core.requests import begin_request, this_request

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


def lines(directory: Path, file: Path = FILE) -> list[str]:
    return (directory / file).read_text("utf-8").splitlines()


def records(directory: Path, file: Path = FILE) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(directory, file)]


def fail() -> None:
    raise ValueError(TITLE)


def test_a_record_is_a_json_object_on_one_line(tmp_path: Path) -> None:
    log.info("listening on %s", 5600)
    (record,) = records(tmp_path)
    assert record.pop("at").endswith("Z")
    assert record == {
        "level": "info",
        "logger": "hourloom.test",
        "message": "listening on 5600",
        "process": os.getpid(),
        "thread": "MainThread",
    }


def test_on_a_terminal_it_is_a_line_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(Path("/proc/none"), "info")
    log.warning("listening on %s", 5600)
    at, rest = capsys.readouterr().err.splitlines()[-1].split(" ", 1)
    assert at.endswith("Z")
    assert rest == "WARNING hourloom.test: listening on 5600"


def test_line_breaks_and_control_characters_are_escaped(tmp_path: Path) -> None:
    log.info("a\nb\r\x1b[31m\u2028\u202e\x00")
    (record,) = records(tmp_path)
    assert record["message"] == r"a\nb\r\x1b[31m\u2028\u202e\x00"


def test_half_a_character_is_escaped() -> None:
    assert printable("a\ud800") == r"a\ud800"


def test_letters_of_all_languages_stay_readable(tmp_path: Path) -> None:
    assert printable("Zürich, 東京: ok") == "Zürich, 東京: ok"
    log.info("Zürich, 東京: ok")
    assert "Zürich, 東京: ok" in lines(tmp_path)[0]


def test_an_exception_is_written_without_its_message(tmp_path: Path) -> None:
    try:
        fail()
    except ValueError:
        log.exception("it failed")
    (record,) = records(tmp_path)
    assert (record["message"], record["error"]) == ("it failed", "ValueError")
    assert record["frames"][0].startswith("test_log.py:")
    assert record["frames"][0].endswith(" fail")
    assert TITLE not in lines(tmp_path)[0]
    assert recent(1)[0]["message"].startswith("it failed [ValueError at test_log.py:")


def test_of_another_library_only_the_unfilled_first_line_is_written(tmp_path: Path) -> None:
    foreign.info("GET %s", "https://example.org/secret")
    foreign.warning("could not get %s\nbecause https://example.org/secret", "https://example.org/secret")
    (record,) = records(tmp_path)
    assert (record["logger"], record["message"]) == ("somelibrary.http", "could not get %s")


def test_what_looks_like_an_address_or_a_secret_is_taken_out(tmp_path: Path) -> None:
    secret = "aB3_-x9Q" * 6
    log.info("could not get https://bank.example/secret?q=1 with %s, a%s", secret, "b" * 200)
    (record,) = records(tmp_path)
    assert record["message"] == f"could not get [address] with [secret], a{'b' * 200}"
    assert scrubbed("job 12 of aw-watcher-window_desk at test_log.py:31") == (
        "job 12 of aw-watcher-window_desk at test_log.py:31"
    )


def test_a_record_tells_which_request_it_is_of(tmp_path: Path) -> None:
    log.info("outside")

    def ask() -> None:
        begin_request()
        log.info("within %s", this_request())

    contextvars.copy_context().run(ask)
    outside, within = records(tmp_path)
    assert "request" not in outside
    assert within["message"] == f"within {within['request']}"


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


def test_errors_have_a_file_of_their_own_as_well(tmp_path: Path) -> None:
    log.warning("odd")
    log.error("bad")
    assert [record["message"] for record in records(tmp_path)] == ["odd", "bad"]
    assert [record["message"] for record in records(tmp_path, ERRORS)] == ["bad"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    log.error("private")
    for file in (FILE, ERRORS):
        assert stat.S_IMODE((tmp_path / file).stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / file).parent.stat().st_mode) == 0o700


def test_a_large_file_is_put_aside_and_all_have_a_limit_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_log, "FILE_SIZE", 100_000)
    monkeypatch.setattr(core_log, "ALL_SIZE", 500_000)
    set_up(tmp_path, "info")
    for number in range(600):
        log.info("%d %s", number, "x" * 1_500)
    files = sorted((tmp_path / FILE).parent.glob(f"{FILE.name}*"))
    assert 4 <= len(files) <= 5
    assert all(file.stat().st_size <= 100_000 for file in files)
    assert sum(file.stat().st_size for file in files) > 350_000
    if sys.platform != "win32":
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_as_shipped_a_file_has_20_megabytes_and_the_days_are_14_and_30() -> None:
    by_file = {
        Path(h.baseFilename).name: h for h in logging.getLogger().handlers if isinstance(h, PrivateFile)
    }
    assert {name: (h.maxBytes, h.backupCount) for name, h in by_file.items()} == {
        "hourloom.log": (20_000_000, 14),
        "errors.log": (20_000_000, 30),
    }


def test_a_file_of_yesterday_is_put_aside_and_one_too_old_deleted(tmp_path: Path) -> None:
    log.error("of yesterday")
    for file, days in ((FILE, 14), (ERRORS, 30)):
        path = tmp_path / file
        path.write_text(re.sub('"at":"....', '"at":"2019', path.read_text()))
        old, older = path.with_name(f"{path.name}.1"), path.with_name(f"{path.name}.2")
        for age, each in ((days - 0.5, old), (days + 1, older)):
            each.write_text("{}\n")
            os.utime(each, (time.time() - age * 86_400,) * 2)
    set_up(tmp_path, "info")
    assert not (tmp_path / FILE).with_name("hourloom.log.2").exists()
    assert (tmp_path / ERRORS).with_name("errors.log.1").exists()
    log.error("of today")
    for file in (FILE, ERRORS):
        assert [record["message"] for record in records(tmp_path, file)] == ["of today"]
        aside = file.with_name(f"{file.name}.1")
        assert [record["message"] for record in records(tmp_path, aside)] == ["of yesterday"]
        assert (tmp_path / file).with_name(f"{file.name}.2").exists()


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


def test_lines_that_are_no_records_are_left_out(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('2026-01-01T00:00:00Z INFO old: style\n[]\n{"message": "cut\n')
    log.info("whole")
    assert [r["message"] for r in recent(10)] == ["whole"]


def test_recent_records_of_a_level_come_from_the_file_that_keeps_them_for_longest(tmp_path: Path) -> None:
    log.info("harmless")
    log.warning("doubtful")
    log.error("broken")
    assert [r["message"] for r in recent_of("debug", 10)] == ["harmless", "doubtful", "broken"]
    assert [r["message"] for r in recent_of("warning", 10)] == ["doubtful", "broken"]
    (tmp_path / FILE).unlink()
    assert [r["message"] for r in recent_of("error", 10)] == ["broken"]
    assert [r["message"] for r in recent_of("info", 1)] == []


def test_what_somebody_else_wrote_into_the_file_is_redacted_and_bounded(tmp_path: Path) -> None:
    told = {"level": "error", "logger": "x", "message": "at https://bank.example/a\u202e " + "y" * 9_000}
    lines = [told | {"at": at} for at in ("2026-01-01T00:00:00Z", "never", "")]
    (tmp_path / FILE).write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    (found,) = recent_of("info", 10)
    assert found["message"].startswith("at [address]")
    assert found["message"].isprintable()
    assert len(found["message"]) <= 4_100


def test_without_set_up_nothing_is_recent() -> None:
    tear_down()
    assert recent(10) == recent_of("error", 10) == []


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
