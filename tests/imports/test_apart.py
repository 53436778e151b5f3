"""Files of unknown origin are read by a worker, which no file can use to do anything else."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hourloom.imports.activitywatch import apart
from hourloom.imports.activitywatch.apart import SourceApart, kind_of, open_file, open_spooled
from hourloom.imports.activitywatch.asking import Kind, ListBuckets
from hourloom.imports.activitywatch.detect import ForeignFile, NoSuchFile
from hourloom.imports.activitywatch.export import ExportFile, NotAnExport, UnknownBucket
from hourloom.imports.activitywatch.scanner import BrokenJson
from hourloom.imports.model import Batch, SourceBucket
from hourloom.workers import attempts
from hourloom.workers.model import Limits, WorkerFailed
from hourloom.workers.spool import SpoolFile
from hourloom.workers.worker import Worker
from tests.imports.builders import (
    a_bucket,
    a_rust_database,
    add_rust_event,
    all_of,
    an_event,
    an_export,
    written,
)

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the protections tested here are those of Linux")
FAULTY = an_event(duration=-1)


def many(count: int = 2500) -> dict[str, object]:
    moments = (f"2024-03-04T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z" for n in range(count))
    events = [an_event(timestamp=moment, data={"n": moment, "é": '"}'}) for moment in moments]
    return an_export(a_bucket(*events, FAULTY), a_bucket(an_event(), id="other", data={"b": 1}))


@pytest.fixture
def spooled(tmp_path: Path) -> Iterator[SourceApart]:
    with SpoolFile(tmp_path) as file:
        file.write(json.dumps(many()).encode())
        source = open_spooled(file, "the uploaded file")
        yield source
        source.close()


def everything(source: SourceApart | ExportFile) -> list[tuple[SourceBucket, list[Batch]]]:
    return [(bucket, list(source.events(bucket.id))) for bucket in source.buckets()]


def test_a_worker_reads_what_this_process_would(tmp_path: Path, spooled: SourceApart) -> None:
    path = written(tmp_path, many())
    here = everything(ExportFile(path))
    by_path = open_file(path)
    assert everything(by_path) == here
    assert everything(spooled) == here
    assert (by_path.kind, by_path.title) == (Kind.EXPORT, "the ActivityWatch export export.json")
    by_path.close()


def test_reading_goes_on_behind_a_cursor_with_another_worker(spooled: SourceApart) -> None:
    batches = list(spooled.events("window_desk"))
    assert [len(batch.events) for batch in batches] == [1000, 1000, 500]
    spooled.close()
    assert list(spooled.events("window_desk", batches[0].cursor)) == batches[1:]


def test_a_stream_that_is_left_halfway_keeps_nothing_from_being_read_after(spooled: SourceApart) -> None:
    stream = spooled.events("window_desk")
    first = next(stream)
    stream.close()  # type: ignore[attr-defined]  # it is a generator
    assert next(spooled.events("window_desk")) == first


@LINUX
def test_the_worker_is_kept_in_by_all_there_is(spooled: SourceApart, tmp_path: Path) -> None:
    assert spooled.protections.missing == []
    a_rust_database(tmp_path / "sqlite.db").close()
    source = open_file(tmp_path / "sqlite.db")
    assert source.protections.missing == []
    source.close()


def test_its_refusals_are_the_sentences_that_they_always_were(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile, match=r"There is no file .*none\.json\."):
        open_file(tmp_path / "none.json")
    with pytest.raises(ForeignFile, match="it is compressed"):
        kind_of(written(tmp_path, b"PK\x03\x04", "x.zip"))
    with pytest.raises(ForeignFile, match="it is a directory"):
        open_file(tmp_path)
    broken = open_file(written(tmp_path, b'{"buckets": {"a": {"events": [', "broken.json"))
    with pytest.raises(BrokenJson, match=r"broken\.json is damaged at byte \d+: the file is cut off"):
        broken.buckets()
    broken.close()
    twice = open_file(written(tmp_path, {"buckets": [{"id": ""}]}))
    with pytest.raises(NotAnExport):
        twice.buckets()
    twice.close()
    unknown = open_file(written(tmp_path, an_export(a_bucket())))
    with pytest.raises(UnknownBucket, match="no bucket 'x'"):
        list(unknown.events("x"))
    unknown.close()


def test_a_link_to_a_database_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    server = a_rust_database(tmp_path / "real" / "sqlite.db")
    add_rust_event(server, 5000, 6000, "{}")
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "sqlite.db")
    source = open_file(tmp_path / "link.db")
    assert len(all_of(source)[0]) == 1
    source.close()
    server.close()


def started_with(attempt: str) -> SourceApart:
    """Return a source whose worker does something else instead, as one that the file has taken over."""

    class TakenOver(Worker):
        def ask(self, _request: bytes) -> Iterator[bytes]:
            return super().ask(msgspec.msgpack.encode(attempts.Attempt(attempt)))

    source = SourceApart.__new__(SourceApart)
    limits = Limits(silent_seconds=0.3, cpu_seconds=1)
    source._start, source._companions = lambda: TakenOver(attempts.FUNCTION, limits=limits), []
    source._there, source._worker = [], source._start()
    return source


@LINUX
@pytest.mark.parametrize(
    "attempt", ["crash", "hang", "compute", "fill memory", "say nonsense", "environment"]
)
def test_a_worker_that_was_taken_over_is_one_clear_error(attempt: str) -> None:
    source = started_with(attempt)
    with pytest.raises(WorkerFailed, match="the process that reads it"):
        source.buckets()
    source.close()


def test_a_file_that_needs_too_much_memory_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_limits", lambda size, writes: Limits(memory=64 << 20, file_bytes=writes))
    connection = sqlite3.connect(tmp_path / "bomb.db")
    # A view in place of a table computes rows without end.
    connection.executescript("""
        CREATE TABLE buckets (id INTEGER PRIMARY KEY, name, type, client, hostname, created, data);
        CREATE TABLE others (id INTEGER);
        CREATE VIEW events AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
            SELECT i AS id, zeroblob(900000000) AS bucketrow, 1 AS starttime, 2 AS endtime, '{}' AS data
            FROM n;
        INSERT INTO buckets(name) VALUES ('b');
        PRAGMA user_version = 5;
    """)
    connection.close()
    source = open_file(tmp_path / "bomb.db")
    with pytest.raises(WorkerFailed, match="needed over 64 MiB of memory"):
        source.buckets()
    source.close()


def test_nothing_stays_open(tmp_path: Path) -> None:
    path = written(tmp_path, many(10))
    before = open_files()
    for _ in range(2):
        source = open_file(path)
        source._asked(ListBuckets(), SourceBucket)
        source.close()
    assert open_files() == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0
