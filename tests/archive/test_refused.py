"""What is no archive of ours is refused with the reason, and nothing of it is stored."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hourloom.archive.model import (
    ArchiveAltered,
    ArchiveBomb,
    ArchiveByNewer,
    ArchiveCutShort,
    ArchiveRefused,
    NotAnArchive,
    RowRefused,
)
from hourloom.archive.reading import ArchiveReader
from tests.archive.a_home import Home
from tests.archive.zips import (
    BUCKET,
    DEVICE,
    EVENT,
    MEMBERS,
    TABLES,
    Entry,
    a_zip,
    an_archive,
    entries_with,
    pack,
)

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
SOUND = an_archive()


def read(archive: bytes) -> dict[str, bytes]:
    """Read all of an archive as the worker does."""
    reader = ArchiveReader(io.BytesIO(archive))
    return {
        table.name: b"\n".join(chunk.lines for chunk in reader.lines(table.name, 100))
        for table in reader.manifest.tables
    }


def with_entry(entry: str, /, **change: Any) -> list[Entry]:
    """Return the entries of a sound archive, one of them changed."""
    return [each._replace(**change) if each.name == entry else each for each in entries_with()]


def test_what_these_tests_damage_is_sound() -> None:
    assert set(read(SOUND)) == set(TABLES)
    with zipfile.ZipFile(io.BytesIO(SOUND)) as opened:
        assert opened.testzip() is None


LONG_LINE = b'{"a":"' + b"0" * (1 << 20) + b'"}\n'
LONG_LINES = 80
EVENTS = "events.jsonl"
END = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)


def of_events(**change: Any) -> Callable[[dict[str, Any]], object]:
    return lambda said: next(t for t in said["tables"] if t["name"] == "events").update(change)


def foreign() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    return out.getvalue()


def dense() -> bytes:
    def admit(said: dict[str, Any]) -> None:
        of_events(bytes=size, rows=LONG_LINES)(said)

    size = len(LONG_LINE) * LONG_LINES
    entries = entries_with(manifest=admit)
    packed = pack(LONG_LINE for _ in range(LONG_LINES))
    return a_zip([e._replace(packed=packed, size=size) if e.name == EVENTS else e for e in entries])


ZIPS: dict[str, tuple[Callable[[], bytes], type[ArchiveRefused], str]] = {
    "nothing": (lambda: b"", NotAnArchive, "does not begin"),
    "text": (lambda: b'{"buckets": {}}', NotAnArchive, "does not begin"),
    "beginning": (lambda: b"PK", ArchiveCutShort, "end of this archive is missing"),
    "tail missing": (lambda: SOUND[:-1], ArchiveCutShort, "end of this archive is missing"),
    "half": (lambda: SOUND[: len(SOUND) // 2], ArchiveCutShort, "end of this archive is missing"),
    "appended": (lambda: SOUND + b"x", ArchiveCutShort, "end of this archive is missing"),
    "comment": (lambda: a_zip(entries_with(), comment=END), NotAnArchive, "not where Hourloom writes"),
    "something before": (lambda: a_zip(entries_with(), before=b"PK\3\4x"), ArchiveAltered, "overlap"),
    "something between": (lambda: a_zip(entries_with(), between=b"x"), ArchiveAltered, "overlap"),
    "foreign": (foreign, NotAnArchive, "in a way that Hourloom does not use"),
    "no manifest": (lambda: a_zip(entries_with()[:-1]), NotAnArchive, "no manifest"),
    "no end": (lambda: END, NotAnArchive, "does not begin"),
    "slip": (lambda: a_zip(with_entry(EVENTS, name="../events.jsonl")), NotAnArchive, "has a name that"),
    "absolute": (lambda: a_zip(with_entry(EVENTS, name="/events.jsonl")), NotAnArchive, "has a name that"),
    "dots": (lambda: a_zip(with_entry(EVENTS, name="..")), NotAnArchive, "has a name that"),
    "NUL": (lambda: a_zip(with_entry(EVENTS, name="events\0.jsonl")), NotAnArchive, "has a name that"),
    "other name": (
        lambda: a_zip(with_entry(EVENTS, listed_name="xvents.jsonl")),
        ArchiveAltered,
        "names other files",
    ),
    "two heads": (
        lambda: a_zip(with_entry("manifest.json", name="manifest_json", listed_name="manifest.json")),
        ArchiveAltered,
        "two heads",
    ),
    "twice": (lambda: a_zip([entries_with()[0], *entries_with()]), ArchiveAltered, "same name"),
    "unknown entry": (lambda: a_zip([Entry("x.jsonl", b""), *entries_with()]), ArchiveAltered, "other files"),
    "missing entry": (lambda: a_zip(entries_with()[1:]), ArchiveAltered, "other files"),
    "too many": (lambda: a_zip([Entry(f"e{n}.jsonl", b"") for n in range(70)]), ArchiveBomb, "70 entries"),
    "link": (lambda: a_zip(with_entry(EVENTS, mode=0o120777)), NotAnArchive, "link or a directory"),
    "directory": (lambda: a_zip(with_entry(EVENTS, mode=0o040755)), NotAnArchive, "link or a directory"),
    "encrypted": (lambda: a_zip(with_entry(EVENTS, flags=9)), NotAnArchive, "packed or encrypted"),
    "bzip2": (lambda: a_zip(with_entry(EVENTS, method=12)), NotAnArchive, "packed or encrypted"),
    "properties": (lambda: a_zip(with_entry(EVENTS, more=b"UT\1\0x")), NotAnArchive, "properties"),
    "zip64 size": (
        lambda: a_zip(with_entry(EVENTS, size=2**32 - 1, more=struct.pack("<2HQ", 1, 8, 2**62))),
        ArchiveBomb,
        "over 32 GiB",
    ),
    "zip64 trick": (
        lambda: a_zip(with_entry(EVENTS, size=2**32 - 1, more=struct.pack("<2HQ", 1, 16, 5))),
        NotAnArchive,
        "size of an entry",
    ),
    "wrong size": (lambda: a_zip(with_entry(EVENTS, size=5)), ArchiveAltered, "another size"),
    "wrong sum": (lambda: a_zip(with_entry(EVENTS, crc=5)), ArchiveAltered, "another content"),
    "not packed": (
        lambda: a_zip(with_entry(EVENTS, packed=b"\xff\xff")),
        ArchiveAltered,
        "cannot be unpacked",
    ),
    "packed too short": (
        lambda: a_zip(with_entry(EVENTS, packed=pack([bytes(1 << 20)])[:-9])),
        ArchiveBomb,
        "grows without end",
    ),
    "more packed": (
        lambda: a_zip(with_entry(EVENTS, content=b"", packed=b"\3\0xx")),
        ArchiveAltered,
        "another size",
    ),
    "bomb": (dense, ArchiveBomb, "grows without end"),
    "growing": (
        lambda: a_zip(with_entry(EVENTS, packed=pack([bytes(2 << 20)]))),
        ArchiveBomb,
        "grows without end",
    ),
    "large manifest": (
        lambda: a_zip(with_entry("manifest.json", content=b" " * 70_000)),
        ArchiveBomb,
        "manifest has no end",
    ),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_zip_that_is_not_as_ours_is_refused_with_the_reason(name: str) -> None:
    made, error, reason = ZIPS[name]

    with pytest.raises(error, match=reason):
        read(made())


def test_overlapping_entries_are_refused() -> None:
    """Many entries that share one content make a bomb without any of them being one."""
    whole = bytearray(SOUND)
    first = whole.index(b"PK\1\2")
    second = whole.index(b"PK\1\2", first + 4)
    whole[second + 42 : second + 46] = whole[first + 42 : first + 46]

    with pytest.raises(ArchiveAltered, match="overlap"):
        read(bytes(whole))


def said(change: Callable[[dict[str, Any]], object]) -> bytes:
    return an_archive(manifest=change)


MANIFESTS: dict[str, tuple[Callable[[dict[str, Any]], object], type[ArchiveRefused], str]] = {
    "newer": (lambda said: said.update(format=2), ArchiveByNewer, r"newer Hourloom \(format 2\)"),
    "older than any": (lambda said: said.update(format=0), NotAnArchive, "cannot be read"),
    "more": (lambda said: said.update(more=1), NotAnArchive, "cannot be read"),
    "no tables": (lambda said: said.update(tables=[]), ArchiveAltered, "other files"),
    "named twice": (lambda said: said["tables"].append(said["tables"][0]), ArchiveAltered, "twice"),
    "slip": (of_events(name="../x"), NotAnArchive, "cannot be read"),
    "bytes": (of_events(bytes=1), ArchiveAltered, "another size"),
    "fewer rows": (of_events(rows=0), ArchiveAltered, "more rows"),
    "more rows": (of_events(rows=2), ArchiveAltered, "fewer rows"),
    "digest": (of_events(sha256="0" * 64), ArchiveAltered, "not what it was"),
    "no digest": (of_events(sha256=""), NotAnArchive, "cannot be read"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_does_not_tell_the_truth_is_refused(name: str) -> None:
    change, error, reason = MANIFESTS[name]

    with pytest.raises(error, match=reason):
        read(said(change))


DEEP = b'{"id":1,"data":' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}\n"
LINES: dict[str, tuple[list[Any], str]] = {
    "no object": ([b"[]\n"], "no JSON object"),
    "empty": ([b"\n"], "no JSON object"),
    "broken": ([b'{"id":\n'], "no JSON"),
    "NaN": ([b'{"id":NaN}\n'], "no JSON"),
    "deep": ([DEEP], "nested too deeply"),
    "deeper than the stack": ([b'{"a":' * 100_000 + b"\n"], "nested too deeply"),
    "no end": ([b'{"a":"' + b"x" * (9 << 20)], "it has no end"),
    "not UTF-8": ([b'{"a":"\xff"}\n'], "no JSON"),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_that_is_no_row_is_refused(name: str) -> None:
    rows, reason = LINES[name]

    with pytest.raises(RowRefused, match=f"Line 1 of payloads .*{reason}"):
        read(an_archive({"payloads": rows}))


def test_the_last_line_must_be_complete() -> None:
    with pytest.raises(ArchiveAltered, match="not complete"):
        read(an_archive({"payloads": [b'{"id":1}']}))


def test_brackets_in_texts_do_not_count_as_depth() -> None:
    row = {"id": 1, "data": {"title": "[{" * 200 + '\\"[' * 50}}

    assert read(an_archive({"payloads": [row]}))


PROJECT = {"id": 1, "name": "Website", "color": None, "created_at": 1, "archived_at": None}
ROWS: dict[str, tuple[str, list[Any], str]] = {
    "unknown field": ("events", [EVENT | {"Secret title": 1}], "has a field that is not known here"),
    "wrong type": ("events", [EVENT | {"started_at": "now"}], r"expected int, got str - at \$.started_at"),
    "too large": ("events", [EVENT | {"id": 2**63}], "expected"),
    "before 1970": ("events", [EVENT | {"started_at": -1}], "expected int >= 0"),
    "ends first": ("events", [EVENT | {"ended_at": 5}], "ends before it begins"),
    "no bucket": ("events", [EVENT | {"bucket_id": 9}], "does not hold"),
    "no payload": ("events", [EVENT | {"payload_id": 9}], "does not hold"),
    "the same number": ("events", [EVENT, EVENT], "not in its place"),
    "downwards": ("events", [EVENT | {"id": 2}, EVENT], "not in its place"),
    "payload no object": ("payloads", [{"id": 1, "data": [1]}], "no JSON object"),
    "key twice": ("payloads", [b'{"id":1,"data":{"a":1,"a":2}}\n'], "duplicate_key"),
    "huge number": ("payloads", [b'{"id":1,"data":{"a":1' + b"0" * 30 + b"}}\n"], "number_too_large"),
    "infinity": ("payloads", [b'{"id":1,"data":{"a":1e999}}\n'], "no JSON"),
    "too much data": ("payloads", [{"id": 1, "data": {"a": "x" * 2_000_000}}], "too large"),
    "bucket slip": ("buckets", [BUCKET | {"name": "../../x"}], "matching regex"),
    "bucket twice": ("buckets", [BUCKET, BUCKET | {"id": 2}], "name is there twice"),
    "bucket data": ("buckets", [BUCKET | {"data": "[]"}], "data is no JSON object"),
    "bucket device": ("buckets", [BUCKET | {"device_id": 3}], "does not hold"),
    "device twice": ("devices", [DEVICE, DEVICE | {"id": 2}], "name is there twice"),
    "device user": ("devices", [DEVICE | {"user": 4}], "does not hold"),
    "members": ("members", [MEMBERS[0] | {"user": 2}], "not in their order"),
    "member of a demonstration": ("members", [MEMBERS[0] | {"role": "demo"}], "in a Demo workspace"),
    "setting": ("settings", [TABLES["settings"][0] | {"value": "{"}], "value is no JSON"),
    "setting user": ("settings", [TABLES["settings"][0] | {"user": 3}], "belongs to nobody"),
    "total": ("kept_totals", [TABLES["kept_totals"][0] | {"started_at": 7}], "quarter of an hour"),
    "operation": ("operations", [TABLES["operations"][0] | {"subject": "x"}], "subject is no JSON"),
    "operation kind": (
        "operations",
        [TABLES["operations"][0] | {"kind": "import_archive"}],
        "no archive holds",
    ),
    "project twice": ("projects", [PROJECT, PROJECT | {"id": 2, "name": "WEBSITE"}], "name is there twice"),
    "project place": ("projects", [PROJECT, PROJECT | {"name": "App"}], "not in its place"),
    "project name": ("projects", [PROJECT | {"name": " Secret "}], "name cannot be"),
    "project color": ("projects", [PROJECT | {"color": "red"}], "matching regex"),
    "tag name": ("tags", [{"id": 1, "name": "Secret,", "created_at": 1}], "name cannot be"),
    "tag twice": (
        "tags",
        [{"id": number, "name": "a", "created_at": 1} for number in (1, 2)],
        "name is there twice",
    ),
    "image": ("operation_events", [TABLES["operation_events"][0] | {"operation_id": 2}], "does not hold"),
    "run": ("operation_runs", [TABLES["operation_runs"][0] | {"last_event": 0}], "expected int >= 1"),
    "run backwards": (
        "operation_runs",
        [{"operation_id": 1, "first_event": 5, "last_event": 2}],
        "before it begins",
    ),
}


@on_sqlite
def test_rows_that_make_no_sense_are_refused_before_anything_is_stored(home: Home) -> None:
    before = home.export()

    for name, (table, rows, reason) in ROWS.items():
        facts = home.hand_in(an_archive({table: rows}))
        assert facts.state == "refused", name
        assert f"of {table} in this archive" in facts.reason, (name, facts.reason)
        assert re.search(reason, facts.reason), (name, facts.reason)
        assert "Secret" not in facts.reason
    wrong_last = home.hand_in(said(of_events(last=5)))
    assert "other numbers than its manifest says" in wrong_last.reason

    assert home.export() == before
    assert home.count("operations") == 0


@on_sqlite
def test_what_the_worker_refuses_is_told_and_nothing_is_left(home: Home) -> None:
    swarm = a_zip([Entry(f"e{n}.jsonl", b"") for n in range(70)])
    for archive, reason in ((SOUND[:-1], "end of this archive"), (swarm, "more than it could hold")):
        facts = home.hand_in(archive)
        assert facts.state == "refused"
        assert reason in facts.reason
        assert not home.server.server.archive_imports._shelf.path(facts.id).exists()
    many = [DEVICE | {"id": n, "name": str(n)} for n in range(1, 100_002)]
    crowd = home.hand_in(an_archive({"devices": many}))
    assert "over 100000 rows of devices" in crowd.reason
    unknown = home.hand_in(an_archive({"dreams": []}))
    assert unknown.reason == (
        "This archive was written by a newer Hourloom (it holds dreams); update Hourloom to read it."
    )
    assert home.hand_in(SOUND).state == "ready"


def test_an_archive_without_tables_that_came_later_is_an_older_one() -> None:
    entries = [e for e in entries_with() if e.name not in ("kept_totals.jsonl", "manifest.json")]
    manifest = json.loads(entries_with()[-1].content)
    manifest["tables"] = [t for t in manifest["tables"] if t["name"] != "kept_totals"]

    found = read(a_zip([*entries, Entry("manifest.json", json.dumps(manifest).encode())]))

    assert "kept_totals" not in found


@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_no_changed_byte_gives_another_content(at: int, change: int) -> None:
    changed = bytearray(SOUND)
    changed[at] ^= change
    try:
        found = read(bytes(changed))
    except ArchiveRefused:
        return
    # What nobody reads may change: versions, times, rights.
    assert found == read(SOUND)


@given(st.integers(0, len(SOUND)))
def test_no_part_of_an_archive_passes_for_one(end: int) -> None:
    if end < len(SOUND):
        with pytest.raises(ArchiveRefused):
            read(SOUND[:end])


@given(st.binary(max_size=300))
@example(END)
@example(b"PK\3\4" + END)
def test_no_bytes_surprise_the_reader(noise: bytes) -> None:
    for archive in (noise, b"PK\3\4" + noise, noise + END, b"PK\3\4" + noise + END):
        with pytest.raises(ArchiveRefused):
            read(archive)
