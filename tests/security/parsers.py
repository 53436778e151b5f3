"""Everything of ours that reads bytes written by others, and well-formed bytes for each to begin with.

A parser answers, or raises an error of ours that names what is wrong; whatever else comes out is a fault.
"""

from __future__ import annotations

import asyncio
import functools
import io
import json
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from hourloom.core.errors import HourloomError

Read = Callable[[bytes], object]


class Parser(NamedTuple):
    """One parser, and what it reads with pleasure."""

    name: str
    read: Read
    seeds: Sequence[bytes]


HEARTBEAT = (
    b'{"timestamp":"2026-03-02T09:00:00.123+01:00","duration":1.5,"data":{"app":"a","title":"\\u00e4"}}'
)
BUCKET = (
    b'{"id":"w","type":"t","client":"c","hostname":"h","created":"2026-01-01","events":[' + HEARTBEAT + b"]}"
)
EXPORT = b'{"buckets":{"w":' + BUCKET + b"}}"
QUERY = (
    b'e = query_bucket(find_bucket("w"));\nRETURN = sort_by_timestamp(filter_keyvals(e, "app", ["a", 1.5]));'
)
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="e.json"\r\n\r\n{"buckets":{}}\r\n--x--\r\n'
)
TIMES = (
    b"2026-03-02T09:00:00Z",
    b"2026-03-02",
    b"20260302T090000+0100",
    b"2026-W10-1T09:00:00.123456789-07:30",
)
TOML = b'port = 5601\nhost = "127.0.0.1"\nallowed_hosts = ["tower:5600"]\nquery_seconds = 3.5\n'


def parsers() -> list[Parser]:
    """Return all parsers; each imports what it is about when it is first used."""
    return [
        Parser("a heartbeat of ActivityWatch", _wire("WireHeartbeat"), [HEARTBEAT]),
        Parser("an event of ActivityWatch", _wire("WireEvent"), [HEARTBEAT]),
        Parser("a bucket of ActivityWatch", _wire("WireBucket"), [BUCKET]),
        Parser("the data of an event", _payload, [b'{"a":1,"b":[null,true,1e3,"\\ud83d\\ude00"]}']),
        Parser("JSON that is held to be strict", _strict_json, [HEARTBEAT, b'{"a":{"b":[1,2]}}']),
        Parser("a time", _instant, TIMES),
        Parser(
            "a period", _period, [b"2026-03-02/2026-03-03", b"2026-03-02T00:00:00+01:00/2026-03-03T00:00Z"]
        ),
        Parser(
            "a query", _query, [QUERY, b"RETURN = {'a': [1, -2.5, \"x\"]};", b"events = flood(x);\nevents;"]
        ),
        Parser("a rule's pattern", _pattern, [b"(?i)^a.*b$", b"[a-z]+|\\d{3}"]),
        Parser("an export file", _export, [EXPORT, BUCKET, b"[" + BUCKET + b"]"]),
        Parser("a foreign database file", _foreign_database, [a_foreign_database()]),
        Parser("an uploaded form", _form, [FORM]),
        Parser("a message of the live socket", _message, [a_message()]),
        Parser("a first message of a page", _opening, [b'{"ticket":"abc","since":5}']),
        Parser("a place in the feed", _place, [b"12", b"0", b"1" + b"&a=1" * 20]),
        Parser("a cursor of a list", _cursor, [b"MTc5MDAwMDAwMDAwMDAwMC41", b""]),
        Parser("a configuration file", _configuration, [TOML]),
        Parser("keys.json", _keys, [a_keys_document()]),
        Parser("a key file", _key_file, [a_key_file()]),
        Parser(
            "the note in a lock", _lock, [b'{"pid":1,"since":1790000000000000,"url":"http://127.0.0.1:5600"}']
        ),
        Parser("the promise of a swap", _swap, [b'{"take_from":"restoring","keep_in":"before-restore-1"}']),
        Parser("the head of a sealed file", _sealed_head, [a_sealed_file()]),
        Parser("a sealed file", _sealed, [a_sealed_file()]),
        Parser("the label of a backup", _backup, [b"hourloom backup\n\0\0\0\2{}"]),
        Parser("an archive", _archive, [an_archive()]),
    ]


def answers_or_refuses(parser: Parser, content: bytes) -> bool:
    """Let a parser read; return whether it could. What it raises that is none of ours comes out."""
    try:
        parser.read(content)
    except HourloomError as error:
        return error.message == ""
    return True


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _wire(shape: str) -> Read:
    def read(content: bytes) -> object:
        import msgspec

        from hourloom.core import strict_json
        from hourloom.tracking.routes import wire
        from hourloom.web.problems import known

        try:
            strict_json.refuse_duplicates(content)
            return msgspec.json.decode(content, type=getattr(wire, shape))
        except Exception as error:
            # As the endpoint does: what is foreseen has a name there.
            foreseen = known(error)
            if foreseen.code == "unforeseen":
                raise
            raise foreseen from error

    return read


def _payload(content: bytes) -> object:
    from hourloom.imports.activitywatch.payload import canonical
    from hourloom.imports.model import FaultyData
    from hourloom.tracking.model import canonical_data

    try:
        canonical(content)
    except FaultyData:
        return None
    return canonical_data(content)


def _strict_json(content: bytes) -> object:
    from hourloom.core import strict_json

    return strict_json.loads(content)


def _instant(content: bytes) -> object:
    from hourloom.core.clock import EARLIEST, LATEST, parse_instant

    instant = parse_instant(_text(content))
    assert EARLIEST <= instant < LATEST
    return instant


def _period(content: bytes) -> object:
    from hourloom.tracking.query.timeperiod import parse_period

    return parse_period(_text(content))


def _query(content: bytes) -> object:
    from hourloom.tracking.query.parser import parse_query

    return parse_query([_text(content)])


def _pattern(content: bytes) -> object:
    from hourloom.tracking.query.patterns import compile_pattern

    return compile_pattern(content.decode("utf-8", "replace")).search("some title")


def _export(content: bytes) -> object:
    from hourloom.imports.activitywatch.export import ExportFile

    return _read_source(ExportFile(_file(content), lambda: io.BytesIO(content)))


def _foreign_database(content: bytes) -> object:
    from hourloom.imports.activitywatch.database import DatabaseFile
    from hourloom.imports.activitywatch.detect import detect

    path = _file(content)
    detect(path)
    source = DatabaseFile(path)
    try:
        return _read_source(source)
    finally:
        source.close()


def _read_source(source: object) -> int:
    count = 0
    for bucket in source.buckets():  # type: ignore[attr-defined]
        for batch in source.events(bucket.id):  # type: ignore[attr-defined]
            count += len(batch.events) + len(batch.faulty)
    return count


def _form(content: bytes) -> object:
    from hourloom.tracking.routes.uploads import receive
    from hourloom.web.routes import Upload

    head, _, body = content.partition(b"\n\n")
    kind = "multipart/form-data; boundary=x" if not body else head.decode("latin-1")[:200]

    async def pieces() -> AsyncIterator[bytes]:
        sent = body or content
        for at in range(0, len(sent), 7):
            yield sent[at : at + 7]

    asyncio.run(receive(Upload(pieces(), kind), io.BytesIO()))
    return None


def _message(content: bytes) -> object:
    from hourloom.live import messages

    messages.id_in(_text(content))
    return messages.command_of(_text(content))


def _opening(content: bytes) -> object:
    from hourloom.live import messages

    return messages.opening_of(_text(content))


def _place(content: bytes) -> object:
    from hourloom.live.query import place_in, since_in

    place = since_in({"query_string": b"since=" + content})
    return place, place_in(content.decode("latin-1"))


def _cursor(content: bytes) -> object:
    from hourloom.tracking.routes import v1

    return v1._place(content.decode("latin-1"))


def _configuration(content: bytes) -> object:
    from hourloom.configuration import read

    return read({}, {}, _file(content))


def _keys(content: bytes) -> object:
    from hourloom.db.keys import wraps

    return wraps.decode(content, "keys.json")


def _key_file(content: bytes) -> object:
    from hourloom.db.keys.places import read_key_file

    return read_key_file(_file(content))


def _lock(content: bytes) -> object:
    from hourloom.db import lock

    holder = lock._read(_file(content))
    return str(holder), holder.port


def _swap(content: bytes) -> object:
    from hourloom.db import swap

    return swap._read(_file(content))


def _sealed_head(content: bytes) -> object:
    from hourloom.sealing.stream import sealed_header

    return sealed_header(io.BytesIO(content))


def _sealed(content: bytes) -> object:
    from hourloom.sealing.stream import sealed_header, unseal
    from tests.sealing.sealed import a_keyring

    source = io.BytesIO(content)
    header = sealed_header(source)
    with unseal(source, header, a_keyring().data_key.key) as opened:
        return opened.read()


def _backup(content: bytes) -> object:
    from hourloom.backups import layout

    file = io.BytesIO(content)
    label = layout.read_label(file, "a backup")
    header = layout.read_header(file, "a backup", label)
    return None if header else layout.peek(file, "a backup", label, None, None)


def _archive(content: bytes) -> object:
    from hourloom.archive.reading import ArchiveReader

    archive = ArchiveReader(io.BytesIO(content))
    return [list(archive.lines(table.name, 100)) for table in archive.manifest.tables]


@functools.cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="parsers-"))


def _file(content: bytes) -> Path:
    path = _folder() / "file"
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def a_foreign_database() -> bytes:
    """Return a small database of the Rust server."""
    from tests.imports.builders import RUST_STEPS

    path = _folder() / "made.db"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as database:
        database.executescript(RUST_STEPS[0])
        database.execute("PRAGMA user_version = 1")
        database.execute("INSERT INTO buckets VALUES (1, 'w', 't', 'c', 'h', '2026-01-01T00:00:00Z')")
        rows = [(n * 10**9, n * 10**9 + 5, '{"app":"a"}') for n in range(50)]
        database.executemany(
            "INSERT INTO events (bucketrow, starttime, endtime, data) VALUES (1, ?, ?, ?)", rows
        )
    database.close()
    return path.read_bytes()


def a_message() -> bytes:
    """Return a command of the live socket."""
    return json.dumps({"type": "command", "id": "1", "name": "list_buckets", "parameters": {"a": 1}}).encode()


def a_keys_document() -> bytes:
    """Return a keys.json that is as it should be."""
    from hourloom.db.keys import wraps
    from tests.sealing.sealed import a_keyring

    return wraps.encode(a_keyring().document)


def a_key_file() -> bytes:
    """Return a key file with two keys."""
    from hourloom.db.keys.places import write_key_file

    path = _folder() / "made.key"
    write_key_file(path, bytes(32), bytes(range(32)))
    return path.read_bytes()


def a_sealed_file() -> bytes:
    """Return a small sealed file."""
    from tests.sealing.sealed import sealed

    return sealed(b"content " * 100)


def an_archive() -> bytes:
    """Return a zip that is nearly an archive."""
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("manifest.json", '{"format":1,"tables":[]}')
        zipped.writestr("events.jsonl", '{"id":1}\n' * 40)
    return file.getvalue()
