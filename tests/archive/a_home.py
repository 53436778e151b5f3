"""A server with a record of every kind, and what archives do with it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hourloom.archive.model import ArchiveExport, ArchiveImport
from hourloom.core.archiving import OnConflict
from hourloom.core.ids import OperationId
from hourloom.operations.service import Operations
from hourloom.testing import FixedClock, OpenDatabase, ServerInMemory, a_server, new_sqlite_file, open_sqlite

START = 1_772_438_400_000_000  # 2026-03-02T08:00:00Z
SECOND = 1_000_000
TITLE = "Letter to the lawyer"


def nobody(done: int, total: int, subject: object | None = None) -> None:
    """Hear of progress, and do nothing."""


@dataclass
class Home:
    """A server, and short words for what is done with it here."""

    server: ServerInMemory

    def export(self) -> bytes:
        return self.exported()[1]

    def exported(self, *, plain: bool = True) -> tuple[ArchiveExport, bytes]:
        exports, who = self.server.server.archive_exports, self.server.owner
        facts = exports.write(exports.prepare(who, plain=plain).id, nobody)
        with exports.content(facts) as pieces:
            body = b"".join(pieces)
        exports.drop(who, facts.id)
        return facts, body

    def hand_in(self, archive: bytes, on_conflict: OnConflict = "keep") -> ArchiveImport:
        """Hand an archive in and look through it."""
        imports, who = self.server.server.archive_imports, self.server.owner
        facts = imports.receive_here(who, [archive[:10], archive[10:]])
        if facts.state == "locked":
            return facts
        imports.to_examine(who, facts.id, on_conflict)
        return imports.examine(facts.id, nobody)

    def read_in(self, archive: bytes, on_conflict: OnConflict = "keep") -> ArchiveImport:
        facts = self.hand_in(archive, on_conflict)
        assert facts.state == "ready", facts.reason
        return self.commit(facts.id)

    def commit(self, id: str) -> ArchiveImport:
        imports = self.server.server.archive_imports
        imports.to_read_in(self.server.owner, id)
        facts = imports.read_in(id, nobody)
        assert facts.state == "done", facts.reason
        return facts

    def undo(self, operation: OperationId | int | None) -> None:
        """Undo an operation, and let all steps of that be done."""
        assert operation is not None
        server, number = self.server, OperationId(operation)
        operations = server.service(Operations)
        server.write(lambda: operations.undo(server.owner, number))
        while self._step(number):
            pass

    def _step(self, operation: OperationId) -> bool:
        importing = self.server.server.archive_imports._importing

        def work() -> bool:
            with self.server.database.begin() as tx:
                return importing.take_back_some(tx, self.server.owner.workspace_id, operation)

        return self.server.write(work)

    def ask(self, method: str, path: str, body: Any = None) -> Any:  # any JSON
        client = self.server.client_with("admin")
        options = {} if body is None else {"json": body}
        answer = client.request(method, path, **options)
        assert answer.status < 300, (path, answer.status, answer.body)
        return answer.json() if answer.body else None

    def bucket(self, name: str, **more: str) -> None:
        described = {"type": "currentwindow", "client": "test", "hostname": "heron"} | more
        self.ask("POST", f"/api/0/buckets/{name}", described)

    def events(self, bucket: str, events: Iterable[tuple[float, float, object]]) -> list[int]:
        """Record events as start and end in seconds, and data; return their numbers."""
        told = [{"started_at": at(s), "duration": e - s, "data": data} for s, e, data in events]
        return list(self.ask("POST", f"/api/v1/buckets/{bucket}/events", told)["ids"])

    def spans(self, bucket: str) -> list[tuple[float, float, Any]]:
        """Return the events of a bucket as start and end in seconds, and data, the oldest first."""
        found = self.ask("GET", f"/api/0/buckets/{bucket}/events?limit=-1")
        rows = [(seconds(e["timestamp"]), e["duration"], e["data"]) for e in found]
        return sorted(
            ((s, s + d, data) for s, d, data in rows), key=lambda row: (row[0], row[1], str(row[2]))
        )

    def payload_of(self, bucket: str) -> int:
        """Return the number of the payload of a bucket's first event."""
        with self.server.database.read() as tx:
            return tx.number(
                "SELECT payload_id FROM events "
                "WHERE bucket_id = (SELECT id FROM buckets WHERE name = :bucket) "
                "ORDER BY started_at, id LIMIT 1",
                bucket=bucket,
            )

    def count(self, table: str) -> int:
        with self.server.database.read() as tx:
            return tx.number(f"SELECT count(*) FROM {table}")


def at(offset: float) -> str:
    from hourloom.core.clock import format_instant

    return format_instant(START + round(offset * SECOND))


def seconds(text: str) -> float:
    from hourloom.core.clock import parse_instant

    return (parse_instant(text) - START) / SECOND


def a_record(home: Home) -> dict[str, int]:
    """Record something of every kind; return the operations by their kinds."""
    home.bucket("window")
    home.bucket("afk", type="afkstatus")
    home.bucket("gone", hostname="owl")
    ids = home.events(
        "window", [(n * 10, n * 10 + 7.5, {"app": f"app{n % 3}", "title": TITLE}) for n in range(20)]
    )
    home.events("afk", [(0, 100, {"status": "afk"}), (0, 100, {"status": "afk"}), (5, 5, {})])
    home.events("gone", [(1, 2, {"app": "x"})])
    home.ask("PUT", "/api/v1/settings/time_zone", {"value": "Europe/Berlin"})
    home.ask("POST", "/api/0/settings/classes", [{"name": ["Work"], "rule": {"regex": "\u00e9"}}])
    for name in ("Website", "App"):
        home.ask("POST", "/api/v1/projects", {"name": name, "color": "slot3"})
    home.ask("PATCH", "/api/v1/projects/2", {"archived": True})
    home.ask("POST", "/api/v1/tags", {"name": "paid"})
    below = home.ask("POST", "/api/v1/categories", {"name": "Weaving", "score": -1})["category"]["id"]
    above = home.ask("POST", "/api/v1/categories", {"name": "Handiwork", "color": "slot3"})["category"]["id"]
    home.ask("PATCH", f"/api/v1/categories/{below}", {"parent_id": above})
    home.ask(
        "POST",
        "/api/v1/rules",
        {
            "conditions": [{"field": "title", "text": "loom"}],
            "outcome": {"category_id": below, "project_id": 1, "tag_ids": [1]},
        },
    )
    given = {"outcome": {"category_id": above}}
    home.ask("POST", "/api/v1/corrections", {"app": "app1", **given})
    home.ask("POST", "/api/v1/corrections", {"payload_id": home.payload_of("window"), **given})
    stretch = {"start": "2026-01-05T12:00:00Z", "end": "2026-01-05T12:30:00Z"}
    home.ask(
        "POST", "/api/v1/marks", {"marks": [{**stretch, **given, "presence": "present", "note": "by hand"}]}
    )
    deleted = home.ask("DELETE", f"/api/v1/events/{ids[3]}")["operation_id"]
    edited = home.ask("PATCH", f"/api/v1/events/{ids[5]}", {"data": {"app": "changed"}})["operation_id"]
    home.ask("DELETE", "/api/v1/buckets/gone")
    return {"delete": deleted, "edit": edited, "event": ids[3]}


def keep_totals(home: Home, totals: Iterable[tuple[int, int, int, int]]) -> None:
    """Keep totals as retention does: bucket, quarter of an hour from the start, payload, seconds."""
    from hourloom.tracking import store

    rows = [(b, START + q * 900 * SECOND, p, lasted * SECOND) for b, q, p, lasted in totals]

    def work() -> None:
        with home.server.database.begin() as tx:
            store.add_totals(tx, home.server.owner.workspace_id, rows)

    home.server.write(work)


@contextmanager
def a_sqlite_home(directory: Path, name: str = "home", clock: FixedClock | None = None) -> Iterator[Home]:
    """Run a server over a database file of its own, which is not encrypted."""
    top = directory / name
    path = top / "hourloom.db"
    if not path.exists():
        top.mkdir(parents=True)
        new_sqlite_file(path, None)
    with a_home(lambda record, publish: open_sqlite(path, None, record, publish), top, clock) as home:
        yield home


@contextmanager
def a_home(open_database: OpenDatabase, top: Path, clock: FixedClock | None = None) -> Iterator[Home]:
    with a_server(open_database, top, clock or FixedClock()) as server:
        yield Home(server)


def lines_of(archive: bytes, table: str) -> list[Any]:
    """Return the rows of a table in an archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return [json.loads(line) for line in opened.read(f"{table}.jsonl").splitlines()]
