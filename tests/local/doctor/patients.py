"""A data directory of a test's own, to be hurt and examined within this process."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom.cli.handed import Check, Mended
from hourloom.configuration import Configuration
from hourloom.core.clock import SystemClock
from hourloom.core.strict_json import canonical
from hourloom.db.keys.unlock import Unlocked, unlock
from hourloom.db.migrate import prepare_sqlite
from hourloom.db.sqlite import connect
from hourloom.local.doctor.examining import LocalDoctor
from hourloom.local.keys import means_of
from hourloom.tracking.model import digest_of

if TYPE_CHECKING:
    from sqlite3 import Connection

PAGE = 4096
EVENTS, PAYLOADS = 600, 60
PAYLOAD_KEY = bytes(32)
NOW = SystemClock().now()
TITLE = "canary-91ab"


class Hurt:
    """A database with some events, its keys, and the doctor."""

    def __init__(self, root: Path, *, encryption: str = "file", port: int = 0) -> None:
        self.root = root
        self.configuration = Configuration(
            data_dir=root / "data",
            config_dir=root / "config",
            keychain=False,
            encryption=encryption,  # type: ignore[arg-type]
            ballast=64 * 1024,
            port=port or 1,
        )
        self.data_dir = self.configuration.data_dir
        self.data_dir.mkdir(mode=0o700)
        self.database = self.data_dir / "hourloom.db"
        self.unlocked: Unlocked = unlock(means_of(self.configuration, None), self.configuration.encryption)
        with closing(self.connect()) as connection:
            prepare_sqlite(connection, "hourloom.db")
            fill(connection)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.doctor = LocalDoctor(self.configuration, None)
        self.take_reserve()

    def connect(self) -> Connection:
        return connect(self.database, self.unlocked.data_key)

    def change(self, *statements: str) -> None:
        """Change the database behind the program's back."""
        with closing(self.connect()) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            for statement in statements:
                connection.execute(statement)

    def value(self, sql: str) -> object:
        with closing(self.connect()) as connection:
            return connection.execute(sql).fetchone()[0]

    def spoil(self, page: int) -> None:
        with self.database.open("r+b") as file:
            file.seek((page - 1) * PAGE)
            file.write(b"\xa5" * PAGE)

    def root_of(self, name: str) -> int:
        return int(str(self.value(f"SELECT rootpage FROM sqlite_master WHERE name = '{name}'")))

    def take_reserve(self) -> None:
        self.looked()
        self.doctor.mend("reserve disk space for when the disk is full")

    def looked(self, *, deep: bool = False) -> dict[str, Check]:
        """Return what the doctor finds, by what it looked at; the worse of two."""
        order = ("good", "note", "bad")
        found: dict[str, Check] = {}
        for check in self.doctor.look(lambda _what, _share: None, deep=deep):
            before = found.get(check.what)
            if before is None or order.index(check.verdict) > order.index(before.verdict):
                found[check.what] = check
        return found

    def mended(self, what: str, *, deep: bool = False) -> Mended:
        """Repair what was found, and see that it is found no more."""
        found = self.looked(deep=deep)[what]
        assert found.verdict != "good"
        mended = self.doctor.mend(found.repair)
        assert mended.done, mended.said
        after = self.looked(deep=deep).get(what)
        assert after is None or after.verdict == "good", after
        return mended

    def files(self) -> dict[str, bytes]:
        """Return all files, to see that nothing was changed."""
        paths = [path for path in self.root.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}


def fill(connection: Connection) -> None:
    connection.execute("BEGIN")
    connection.execute("INSERT INTO users (name, created_at) VALUES ('me', 1)")
    connection.execute(
        "INSERT INTO workspaces (name, payload_key, created_at) VALUES ('Mine', ?, 1)", (PAYLOAD_KEY,)
    )
    connection.execute("INSERT INTO members VALUES (1, 1, 'owner', 1)")
    connection.execute(
        "INSERT INTO devices (workspace_id, user_id, name, created_at) VALUES (1, 1, 'd-heron', 1)"
    )
    connection.execute(
        """
        INSERT INTO buckets
            (workspace_id, device_id, name, type, client, hostname, data, created_at, history_version)
        VALUES (1, 1, 'b-heron', 'currentwindow', 'w', 'd-heron', '{}', 1, 1)
        """
    )
    bodies = [canonical({"app": "Code", "title": f"{TITLE} {n}"}) for n in range(PAYLOADS)]
    connection.executemany(
        "INSERT INTO payloads (workspace_id, digest, body) VALUES (1, ?, ?)",
        [(digest_of(body, PAYLOAD_KEY), body) for body in bodies],
    )
    begin = NOW - EVENTS * 1_000_000
    connection.executemany(
        """
        INSERT INTO events (workspace_id, bucket_id, started_at, ended_at, payload_id)
        VALUES (1, 1, ?, ?, ?)
        """,
        [(begin + n * 1_000_000, begin + (n + 1) * 1_000_000, n % PAYLOADS + 1) for n in range(EVENTS)],
    )
    connection.execute("COMMIT")
