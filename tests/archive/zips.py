"""Archives made by hand, so that each thing can be wrong with them."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from hourloom.db.migrate import HEAD

MEMBERS = [{"user": 1, "name": "me", "role": "owner", "created_at": 1, "joined_at": 1}]
DEVICE = {"id": 1, "user": 1, "name": "heron", "created_at": 1}
BUCKET = {
    "id": 1,
    "device_id": 1,
    "name": "window",
    "type": "t",
    "client": "c",
    "hostname": "heron",
    "data": "{}",
    "created_at": 1,
    "deleted_at": None,
}
EVENT = {"id": 1, "bucket_id": 1, "started_at": 10, "ended_at": 20, "payload_id": 1}
TABLES: dict[str, list[Any]] = {
    "workspace": [{"name": "Mine", "created_at": 1}],
    "members": MEMBERS,
    "settings": [{"user": 1, "name": "time_zone", "value": '"UTC"', "updated_at": 1}],
    "devices": [DEVICE],
    "buckets": [BUCKET],
    "payloads": [{"id": 1, "data": {"app": "x"}}],
    "events": [EVENT],
    "kept_totals": [{"bucket_id": 1, "started_at": 0, "payload_id": 1, "lasted": 5}],
    "operations": [
        {
            "id": 1,
            "user": 1,
            "kind": "edit_event",
            "subject": "{}",
            "at": 1,
            "undone_at": None,
            "purged_at": None,
        }
    ],
    "operation_events": [
        {"operation_id": 1, "event_id": 1, "side": 0}
        | {"bucket_id": 1, "started_at": 1, "ended_at": 2, "payload_id": 1}
    ],
    "operation_runs": [{"operation_id": 1, "first_event": 1, "last_event": 2}],
}


class Entry(NamedTuple):
    """One entry of a zip, with every field that may be wrong."""

    name: str
    content: bytes
    method: int = 8
    flags: int = 8
    mode: int = 0o100600
    size: int | None = None
    crc: int | None = None
    listed_name: str | None = None
    more: bytes = b""
    packed: bytes | None = None


def a_zip(entries: list[Entry], *, before: bytes = b"", between: bytes = b"", comment: bytes = b"") -> bytes:
    """Write a zip as archives are written, but for what is asked for."""
    out, listed = io.BytesIO(), io.BytesIO()
    out.write(before)
    for entry in entries:
        start = out.tell()
        packed, size, crc = _packed(entry)
        name = entry.name.encode()
        out.write(
            struct.pack(
                "<4s5H3I2H",
                b"PK\3\4",
                45,
                entry.flags,
                entry.method,
                0,
                33,
                0,
                2**32 - 1,
                2**32 - 1,
                len(name),
                20,
            )
        )
        out.write(name + struct.pack("<2H2Q", 1, 16, 0, 0) + packed)
        out.write(struct.pack("<4sI2Q", b"PK\7\b", crc, len(packed), size))
        out.write(between)
        name = (entry.listed_name or entry.name).encode()
        fixed = (
            45,
            45,
            entry.flags,
            entry.method,
            0,
            33,
            crc,
            len(packed),
            size,
            len(name),
            len(entry.more),
            0,
            0,
            0,
        )
        listed.write(
            struct.pack("<4s6H3I5H2I", b"PK\1\2", *fixed, entry.mode << 16, start) + name + entry.more
        )
    at, lines = out.tell(), listed.getvalue()
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(entries), len(entries), len(lines), at, len(comment))
    return out.getvalue() + lines + end + comment


def _packed(entry: Entry) -> tuple[bytes, int, int]:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = entry.content if entry.method == 0 else packer.compress(entry.content) + packer.flush()
    size = len(entry.content) if entry.size is None else entry.size
    crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
    return entry.packed if entry.packed is not None else packed, size, crc


def lines(rows: list[Any]) -> bytes:
    return b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)


def entries_with(
    change: dict[str, Any] | None = None, manifest: Callable[[dict[str, Any]], object] = lambda said: None
) -> list[Entry]:
    """Return the entries of a sound archive with some tables exchanged, and the manifest to them."""
    tables = {**TABLES, **(change or {})}
    files = {name: lines(rows) for name, rows in tables.items()}
    said: dict[str, Any] = {
        "format": 1,
        "program": "0.1.0",
        "schema": HEAD,
        "tables": [described(name, tables[name], body) for name, body in files.items()],
    }
    manifest(said)
    entries = [Entry(f"{name}.jsonl", body) for name, body in files.items()]
    return [*entries, Entry("manifest.json", json.dumps(said).encode())]


def described(name: str, rows: list[Any], body: bytes) -> dict[str, Any]:
    last = min(rows[-1].get("id", 0), 2**62) if rows and isinstance(rows[-1], dict) else 0
    return {
        "name": name,
        "rows": len(rows),
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "last": last,
    }


def an_archive(change: dict[str, Any] | None = None, **options: Any) -> bytes:
    return a_zip(entries_with(change, **options))


def pack(content: Iterable[bytes]) -> bytes:
    """Pack content as hard as it goes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(packer.compress(piece) for piece in content) + packer.flush()
