"""A database with something in it, and ways to damage it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from hourloom.core.clock import Instant
from hourloom.core.strict_json import canonical
from hourloom.db.keys import header
from hourloom.db.keys.ways import DataKey
from hourloom.db.migrate import prepare_sqlite
from hourloom.db.salvage.making import Salvage
from hourloom.db.salvage.pages import SIZE
from hourloom.db.salvage.report import Report
from hourloom.db.sqlite import connect
from hourloom.tracking.model import digest_of

KEY = DataKey("5a" * 16, bytes(range(32)))
PAYLOAD_KEY = bytes(32)
EVENTS, PAYLOADS = 5_000, 800
FIRST = 1_790_000_000_000_000
SECOND = 1_000_000
NOW = Instant(FIRST + 100_000 * SECOND)
LONG_TEXT = "x" * 9_000

Rows = dict[str, dict[int, tuple[object, ...]]]


def make(path: Path, key: DataKey | None) -> Path:
    """Make a database with a workspace, a bucket, payloads, events, an operation with images and a token."""
    if key is not None:
        header.begin(path, key.key, key.id)
    connection = connect(path, key.key if key else None)
    prepare_sqlite(connection, path.name)
    connection.execute("BEGIN")
    connection.execute("INSERT INTO users (name, created_at) VALUES ('me', 1)")
    connection.execute(
        "INSERT INTO workspaces (name, payload_key, created_at) VALUES ('Mine', ?, 1)", (PAYLOAD_KEY,)
    )
    connection.execute("INSERT INTO members VALUES (1, 1, 'owner', 1)")
    connection.execute(
        "INSERT INTO devices (workspace_id, user_id, name, created_at) VALUES (1, 1, 'heron', 1)"
    )
    connection.executemany(
        """
        INSERT INTO buckets
            (workspace_id, device_id, name, type, client, hostname, data, created_at, history_version)
        VALUES (1, 1, ?, 'currentwindow', 'w', 'heron', '{}', 1, 1)
        """,
        [("window",), ("afk",)],
    )
    bodies = [canonical({"status": "afk"}), canonical({"title": LONG_TEXT})]
    bodies += [canonical({"app": "Code", "title": f"{number}.py"}) for number in range(PAYLOADS - 2)]
    connection.executemany(
        "INSERT INTO payloads (workspace_id, digest, body) VALUES (1, ?, ?)",
        [(digest_of(body, PAYLOAD_KEY), body) for body in bodies],
    )
    connection.executemany(
        """
        INSERT INTO events (workspace_id, bucket_id, started_at, ended_at, payload_id)
        VALUES (1, ?, ?, ?, ?)
        """,
        [event(number) for number in range(1, EVENTS + 1)],
    )
    connection.execute(
        "INSERT INTO operations (workspace_id, user_id, kind, subject, at) VALUES (1, 1, 'delete', '{}', ?)",
        (NOW,),
    )
    connection.executemany(
        "INSERT INTO operation_events VALUES (1, ?, 0, 1, 1, 1, 2, 3)",
        [(EVENTS + number,) for number in range(1, 50)],
    )
    connection.execute(
        """
        INSERT INTO tokens (workspace_id, user_id, name, purpose, secret_hash, scopes, created_at)
        VALUES (1, 1, 'editor', 'api', x'00', 'admin', 1)
        """
    )
    connection.executemany(
        "INSERT INTO changes VALUES (1, ?, 1, 'EventsRecorded', '{}')", [(n,) for n in range(2_000)]
    )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def event(number: int) -> tuple[int, ...]:
    """Return bucket, start, end and payload of an event; every hundredth lasts two hours."""
    begins = FIRST + number * SECOND
    lasts = 7_200 if number % 100 == 0 else 1
    return number % 2 + 1, begins, begins + lasts * SECOND, number % PAYLOADS + 1


def rows_of(path: Path, key: DataKey | None) -> Rows:
    """Return all rows of a sound database by table and number."""
    connection = connect(path, key.key if key else None, readonly=True)
    try:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        return {
            name: {row[0]: row[1:] for row in connection.execute(f"SELECT rowid, * FROM {name}")}
            for name in names
        }
    finally:
        connection.close()


@dataclass
class Damaged:
    """A database of a test's own, and what became of it."""

    path: Path
    key: DataKey | None

    def spoil(self, page: int, body: bytes | None = None) -> None:
        """Write something else over a page, by default a quarter of it."""
        with self.path.open("r+b") as file:
            file.seek((page - 1) * SIZE + (0 if body is not None else SIZE // 4))
            file.write(b"\xa5" * (SIZE // 2) if body is None else body)

    def flip(self, at: int) -> None:
        """Turn one bit."""
        with self.path.open("r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 0x10]))

    def salvage(self) -> Report:
        return Salvage(digest_of, lambda: bytes(32), NOW).run(self.path, self.key)

    def rows(self) -> Rows:
        return rows_of(self.path, self.key)


def copied(made: Path, directory: Path, key: DataKey | None) -> Damaged:
    """Return a copy to damage."""
    directory.mkdir(exist_ok=True, mode=0o700)
    for name in ("", "-wal"):
        source = made.with_name(made.name + name)
        if source.exists() and source.stat().st_size:
            shutil.copy(source, directory / f"hourloom.db{name}")
    return Damaged(directory / "hourloom.db", key)


def kept_of(before: Rows, after: Rows) -> float:
    """Return which share of the rows of a table came back as they were, over all tables."""
    rows = [(name, row) for name, found in before.items() for row in found]
    same = sum(_like(name, before[name][row], after[name].get(row)) for name, row in rows)
    return same / len(rows)


def _like(name: str, before: tuple[object, ...], after: tuple[object, ...] | None) -> bool:
    if name == "buckets" and after is not None:
        # Their history version grows, so that nobody believes old answers.
        return before[:9] == after[:9]
    return before == after
