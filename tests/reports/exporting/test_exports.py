"""Exports over the whole server: asked for, written by a job, fetched, cancelled, deleted, brought back."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hourloom.core.changes import RecordedChange
from hourloom.jobs.model import JobCancelled
from hourloom.reports.exporting.folder import new_export
from hourloom.reports.exporting.model import ExportFolderMissing, ExportWanted
from hourloom.reports.service.exports import Exports
from hourloom.testing import Client, ServerInMemory
from tests.reports.test_routes import MONDAY, WINDOW, a_morning

EXPORTS = "/api/v1/exports"
DAY = f"{MONDAY}..{MONDAY}"


@pytest.fixture
def dialect() -> str:
    """Test on SQLite; what differs on PostgreSQL is in the test of the store."""
    return "sqlite"


@pytest.fixture
def data_key() -> None:
    """Test on a plain database; what is written beside one that is encrypted needs its key file."""


@pytest.fixture
def client(server: ServerInMemory, tmp_path: Path) -> Client:
    a_morning(server)
    (tmp_path / "documents").mkdir()
    client = server.client_with(
        "reports:write",
        "activities:read",
        "tracking:read",
        "settings:write",
        "jobs:write",
        "operations:write",
    )
    folder = str(tmp_path / "documents")
    assert client.put("/api/v1/settings/export_folder", {"value": folder}).status == 200
    return client


def asked(client: Client, **wanted: Any) -> dict[str, Any]:
    begun = client.post(EXPORTS, {"range": DAY, "zone": "UTC", **wanted})
    assert begun.status == 202, begun.body
    return dict(begun.json())


def over(server: ServerInMemory, client: Client, id: int) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        found = client.get(f"{EXPORTS}/{id}").json()
        if found["state"] not in ("waiting", "running"):
            return dict(found)
        assert time.monotonic() < deadline
        server.run(asyncio.sleep(0.02))


def made(server: ServerInMemory, client: Client, **wanted: Any) -> dict[str, Any]:
    found = over(server, client, asked(client, **wanted)["id"])
    assert (found["state"], found["error"]) == ("finished", None)
    return found


def fetched(client: Client, export: dict[str, Any]) -> bytes:
    ticket = client.post(f"{EXPORTS}/{export['id']}/tickets")
    assert ticket.status == 201, ticket.body
    answer = client.get(ticket.json()["path"])
    assert (answer.status, int(answer.headers["content-length"])) == (200, export["bytes"])
    assert export["file_name"] in answer.headers["content-disposition"]
    assert client.get(ticket.json()["path"]).status == 404
    return answer.body


def test_a_report_goes_to_the_users_documents(server: ServerInMemory, client: Client, tmp_path: Path) -> None:
    found = made(server, client, format="csv", by="app", durations="seconds")
    path = tmp_path / "documents" / f"hourloom-report-{MONDAY}.csv"
    assert (found["folder"], found["file_name"]) == (str(path.parent), path.name)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (found["bytes"], found["rows"]) == (path.stat().st_size, 2)
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    summary = client.get(f"/api/v1/reports/summary?range={DAY}&by=app&zone=UTC").json()
    assert [(row["app"], float(row["duration_seconds"])) for row in rows] == [
        (row["key"], row["seconds"]) for row in summary["rows"]
    ]
    assert fetched(client, found) == path.read_bytes()
    assert made(server, client, format="csv")["file_name"] == f"hourloom-report-{MONDAY}-2.csv"
    assert {each.name for each in path.parent.iterdir()} == {path.name, f"hourloom-report-{MONDAY}-2.csv"}


def test_activities_and_events_come_to_whoever_fetches_them(server: ServerInMemory, client: Client) -> None:
    found = made(server, client, kind="activities", format="json", to="download")
    assert found["folder"] is None
    read = json.loads(fetched(client, found))
    assert sum(row["duration_seconds"] for row in read["rows"]) == 150 * 60
    assert [row["title"] for row in read["rows"]] == ["report.py", "Meeting"]
    assert found["rows"] == len(read["rows"]) == 2
    found = made(server, client, kind="events", format="json", to="download", buckets=[WINDOW])
    read = json.loads(fetched(client, found))
    assert [(row["app"], row["duration_seconds"]) for row in read["rows"]] == [
        ("Code", 5400),
        ("Firefox", 1800),
        ("zoom", 3600),
    ]


def test_every_kind_comes_in_every_format(server: ServerInMemory, client: Client) -> None:
    begins = {"xlsx": b"PK", "parquet": b"PAR1", "pdf": b"%PDF"}
    for kind, format_ in [
        ("report", "pdf"),
        ("activities", "xlsx"),
        ("events", "parquet"),
        ("events", "pdf"),
    ]:
        found = made(server, client, kind=kind, format=format_, to="download")
        assert fetched(client, found).startswith(begins[format_])
        assert found["rows"] > 0


def test_what_is_private_of_an_export_is_not_in_the_log(
    server: ServerInMemory, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    made(server, client, where={"title": "canary words", "category": "Work"}, to="download")
    server.service(Exports).discard()
    assert "canary" not in caplog.text


def test_a_folder_that_is_gone_is_a_sentence(server: ServerInMemory, client: Client, tmp_path: Path) -> None:
    (tmp_path / "documents").rmdir()
    found = over(server, client, asked(client)["id"])
    assert (found["state"], found["bytes"]) == ("failed", 0)
    assert "export_folder" in found["error"]
    assert str(tmp_path / "documents") in found["error"]
    assert found["finished_at"] is not None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    server: ServerInMemory, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def always_full(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        if str(path).endswith(".new") and "documents" in str(path):
            os.close(opened(path, flags, mode, **more))
            return opened("/dev/full", os.O_RDWR)
        return opened(path, flags, mode, **more)

    monkeypatch.setattr("hourloom.sealing.files.os.open", always_full)
    found = over(server, client, asked(client, kind="events")["id"])
    assert found["state"] == "failed"
    assert "no room left" in found["error"]
    assert list((tmp_path / "documents").iterdir()) == []


def test_a_leftover_of_a_server_that_was_killed_goes(tmp_path: Path) -> None:
    old, young = tmp_path / ".name.csv.00000000.new", tmp_path / ".name.csv.11111111.new"
    for path in (old, young):
        path.write_bytes(b"part")
    os.utime(old, (time.time() - 3_600,) * 2)
    with new_export(tmp_path, "name", "csv") as (file, path):
        file.write(b"whole")
    assert {each.name for each in tmp_path.iterdir()} == {"name.csv", young.name}
    with pytest.raises(ExportFolderMissing), new_export(tmp_path / "name.csv", "name", "csv"):
        pass


class _Held:
    """Holds the export that is under way at its first report."""

    def __init__(self, exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.goes_on = threading.Event(), threading.Event()
        write = exports.write

        def held(who: Any, id: int, report: Any) -> Any:
            def slow(done: int, total: int, subject: object | None = None) -> None:
                self.begun.set()
                self.goes_on.wait(60)
                report(done, total, subject)

            return write(who, id, slow)

        monkeypatch.setattr(exports, "write", held)


@pytest.fixture
def held(server: ServerInMemory, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Held]:
    holding = _Held(server.service(Exports), monkeypatch)
    yield holding
    holding.goes_on.set()


def _begun(server: ServerInMemory, held: _Held) -> None:
    deadline = time.monotonic() + 60
    while not held.begun.is_set():
        assert time.monotonic() < deadline
        server.run(asyncio.sleep(0.02))


@pytest.mark.parametrize("by_job", [False, True])
def test_a_cancelled_export_leaves_nothing_but_its_entry(
    server: ServerInMemory, client: Client, held: _Held, tmp_path: Path, *, by_job: bool
) -> None:
    export = asked(client, kind="events")
    _begun(server, held)
    assert client.delete(f"{EXPORTS}/{export['id']}").status == 409
    path = f"/api/v1/jobs/{export['job']}/cancel" if by_job else f"{EXPORTS}/{export['id']}/cancel"
    assert client.post(path).status == 200
    held.goes_on.set()
    assert over(server, client, export["id"])["state"] == "cancelled"
    deadline = time.monotonic() + 60
    while list((tmp_path / "documents").iterdir()):
        assert time.monotonic() < deadline
        server.run(asyncio.sleep(0.02))
    assert client.post(f"{EXPORTS}/{export['id']}/cancel").status == 409
    assert client.post(f"{EXPORTS}/{export['id']}/tickets").status == 410


def test_the_history_is_told_of_and_can_be_brought_back(server: ServerInMemory, client: Client) -> None:
    def state() -> dict[int, dict[str, Any]]:
        return {each["id"]: _told(each) for each in client.get(EXPORTS).json()["exports"]}

    def apply(before: dict[int, dict[str, Any]], change: RecordedChange) -> dict[int, dict[str, Any]]:
        body = json.loads(change.body)
        if change.kind == "ExportDeleted":
            return {id: each for id, each in before.items() if id != body["id"]}
        if change.kind == "ExportChanged":
            return {**before, body["id"]: _told(body)}
        return before

    changes = server.verify_changes(lambda: made(server, client, to="download"), state, apply)
    states = [json.loads(each.body)["state"] for each in changes if each.kind == "ExportChanged"]
    assert states == ["waiting", "running", "finished"]
    (id,) = state()
    operations: list[int] = []
    server.verify_changes(
        lambda: operations.append(client.delete(f"{EXPORTS}/{id}").json()["operation_id"]), state, apply
    )
    assert client.get(f"{EXPORTS}/{id}").status == 404
    undo = f"/api/v1/operations/{operations[0]}/undo"
    server.verify_changes(lambda: client.post(undo), state, apply)
    assert client.get(f"{EXPORTS}/{id}").json()["state"] == "finished"
    assert client.post(undo).status == 409


def _told(export: dict[str, Any]) -> dict[str, Any]:
    return {name: export[name] for name in ("id", "format", "state", "file_name", "rows", "bytes", "error")}


def test_the_history_comes_in_pages(server: ServerInMemory, client: Client) -> None:
    for _ in range(3):
        asked(client)
    page = client.get(f"{EXPORTS}?limit=2").json()
    assert len(page["exports"]) == 2
    rest = client.get(f"{EXPORTS}?limit=2&cursor={page['next_cursor']}").json()
    assert (len(rest["exports"]), rest["next_cursor"]) == (1, None)


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"format": "docx"}, 422),
        ({"kind": "secrets"}, 422),
        ({"range": "2026-03-31..2026-03-01"}, 400),
        ({"range": "x" * 500}, 422),
        ({"zone": "Mars/Olympus"}, 400),
        ({"date": "2026-13-1", "range": "day"}, 400),
        ({"by": "mood"}, 400),
        ({"where": {"mood": "good"}}, 400),
        ({"where": {"category": "Wrk"}}, 400),
        ({"where": {"title": "x" * 5_000}}, 422),
        ({"kind": "events", "buckets": ["nix"]}, 404),
        ({"kind": "events", "where": {"title": "x"}}, 400),
        ({"kind": "activities", "compare": True}, 400),
        ({"page": "a0"}, 422),
        ({"colour": "red"}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(
    server: ServerInMemory, client: Client, wanted: dict[str, Any], status: int
) -> None:
    answer = client.post(EXPORTS, {"range": DAY, **wanted})
    assert (answer.status, answer.json()["detail"] != "") == (status, True)
    assert client.get(EXPORTS).json()["exports"] == []


def test_scopes_hold(server: ServerInMemory, client: Client) -> None:
    reading = server.client_with("reports:read")
    assert reading.post(EXPORTS, {"range": DAY, "to": "download"}).status == 202
    assert reading.post(EXPORTS, {"range": DAY, "kind": "events"}).status == 403
    assert reading.post(EXPORTS, {"range": DAY, "kind": "activities"}).status == 403
    (export,) = reading.get(EXPORTS).json()["exports"]
    assert reading.delete(f"{EXPORTS}/{export['id']}").status == 403
    assert reading.post(EXPORTS, {"range": DAY, "to": "folder"}).status == 403
    assert server.client_with("tracking:read").get(EXPORTS).status == 403


def test_what_was_exported_is_for_who_may_read_what_it_holds(server: ServerInMemory, client: Client) -> None:
    found = made(server, client, kind="events", to="download")
    reading = server.client_with("reports:read")
    for path, method in (("", reading.get), ("/tickets", reading.post), ("/cancel", reading.post)):
        assert method(f"{EXPORTS}/{found['id']}{path}").status == 403
    assert reading.get(EXPORTS).json()["exports"] == []


def test_an_erasure_ends_what_is_being_written(
    server: ServerInMemory, client: Client, held: _Held, tmp_path: Path
) -> None:
    exports = server.service(Exports)
    found = asked(client, kind="events", to="download")
    _begun(server, held)
    exports.discard()
    held.goes_on.set()
    after = over(server, client, found["id"])
    assert (after["state"], "erased" in after["error"]) == ("failed", True)
    assert list((tmp_path / "data" / "exports").glob("*export-*")) == []


def test_too_many_at_once_are_refused(server: ServerInMemory, client: Client, held: _Held) -> None:
    for _ in range(20):
        asked(client)
    assert client.post(EXPORTS, {"range": DAY}).status == 413


def test_what_waits_to_be_fetched_goes_with_an_erasure_and_after_a_day(
    server: ServerInMemory, client: Client, tmp_path: Path
) -> None:
    exports = server.service(Exports)
    found = made(server, client, kind="events", to="download")
    (file,) = (tmp_path / "data" / "exports").glob("export-*")
    exports.tidy()
    assert file.exists()
    os.utime(file, (time.time() - 90_000,) * 2)
    exports.tidy()
    assert not file.exists()
    assert client.post(f"{EXPORTS}/{found['id']}/tickets").status == 410
    made(server, client, kind="events", to="download")
    assert exports.discard() == 1
    assert list((tmp_path / "data" / "exports").iterdir()) == []


def test_an_export_whose_job_is_gone_is_noted_as_cancelled(server: ServerInMemory, client: Client) -> None:
    exports, who = server.service(Exports), server.owner
    lost = server.write(lambda: exports.begin(who, ExportWanted(range=DAY), queued=False))
    exports.tidy()
    assert exports.get(who, lost.id).state == "cancelled"

    def over_already(done: int, total: int, subject: object | None = None) -> None:
        raise JobCancelled(id=0)

    assert exports.write(who, lost.id, over_already).state == "cancelled"
