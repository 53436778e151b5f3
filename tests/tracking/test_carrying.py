"""Imports that the server does itself: of a file that is handed in, or of what is on its computer."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hourloom.core.errors import Unavailable
from hourloom.imports.activitywatch.places import Places
from hourloom.imports.model import Batch, Cursor, SourceBucket, SourceEvent
from hourloom.imports.ports import Source
from hourloom.testing import Answer, Client, ServerInMemory
from hourloom.tracking.service import Carrying
from hourloom.workers.spool import SpoolFile
from tests.accounts.test_workspaces import another_person, client_of
from tests.imports.builders import a_bucket, a_python_database, add_python_event, an_event, an_export
from tests.polling import until

HERE = "http://127.0.0.1:5600"
FILES = "/api/v1/imports/files"
SOURCES = "/api/v1/imports/sources"


class ServerGone(Unavailable):
    """No server answers any more."""


class FarAway:
    """A tracker with two batches of events, which may go away between them."""

    title = "a tracker of a test"

    def __init__(self) -> None:
        self.goes_away = self.waits = False

    def buckets(self) -> list[SourceBucket]:
        return [SourceBucket("far", "currentwindow", "aw", "otter", event_count=4)]

    def events(self, bucket_id: str, after: Cursor | None = None) -> Iterator[Batch]:  # noqa: ARG002 - it has one
        for number in range(int(after or 0), 100 if self.waits else 2):
            if number and self.goes_away:
                raise ServerGone
            at = 1_700_000_000_000_000 + number * 10_000_000
            events = [SourceEvent(at + n, at + n + 5, b'{"app":"Far"}') for n in (0, 10)]
            yield Batch(events, [], Cursor(str(number + 1)))

    def close(self) -> None:
        pass


class Held(FarAway):
    """A file that was handed in, of which the second half comes when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may, self.closed = threading.Event(), False

    def events(self, bucket_id: str, after: Cursor | None = None) -> Iterator[Batch]:
        for number, batch in enumerate(super().events(bucket_id, after)):
            assert not number or self.may.wait(30)
            yield batch

    def close(self) -> None:
        self.closed = True


class OnePlace(Places):
    """A computer with that tracker in its usual place."""

    def __init__(self) -> None:
        self.source = FarAway()

    def found(self) -> Iterator[tuple[str, str]]:
        yield HERE, "aw-server v0.13"

    def opened(self, place: str) -> Source:
        assert place == HERE
        return self.source


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    return server.client_with("admin")


@pytest.fixture
def far(server: ServerInMemory) -> FarAway:
    place = OnePlace()
    server.service(Carrying).places = place
    return place.source


def ended(client: Client, begun: Answer) -> tuple[str, dict[str, Any]]:
    """Wait until an import is over; return how its job ended, and what it did."""
    assert begun.status == 202, begun
    known = begun.json()
    job = until(
        lambda: client.get(f"/api/v1/jobs/{known['job']}").json()["state"], lambda state: state != "open"
    )
    # What is taken back goes after the job has ended.
    path = f"/api/v1/imports/{known['operation_id']}"
    done = until(lambda: client.get(path).json(), lambda done: bool(done["undone"]) is (job == "cancelled"))
    return job, done


def handed_in(client: Client, content: bytes, name: str = "aw.json", *, form: bool = False) -> Answer:
    headers = {"content-type": "application/json"}
    if form:
        head = b'--X1\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\n\r\n'
        content, headers = (
            head + content + b"\r\n--X1--\r\n",
            {"content-type": "multipart/form-data; boundary=X1"},
        )
    return client.post(f"{FILES}?name={name}", content=content, headers=headers)


def names(client: Client) -> list[str]:
    return [bucket["name"] for bucket in client.get("/api/v1/buckets").json()]


def test_an_export_comes_in_once_and_can_be_undone(client: Client) -> None:
    export = json.dumps(an_export(a_bucket(an_event(), an_event(timestamp="no time")))).encode()
    state, done = ended(client, handed_in(client, export))
    assert (state, done["created"], done["faulty"], done["source"]) == ("finished", 1, 1, "aw.json")
    assert "'no time'" in done["first_faulty"][0]
    state, again = ended(client, handed_in(client, export, form=True))
    assert (state, again["created"], again["skipped"]) == ("finished", 0, 1)
    assert client.post(f"/api/v1/operations/{done['operation_id']}/undo").status == 200
    assert until(lambda: names(client), lambda found: not found) == []


def test_a_database_that_is_handed_in_is_read_too(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "peewee.db"
    with a_python_database(path) as database:
        add_python_event(database, "2024-03-04 09:00:00+00:00", 60, '{"app": "Code"}')
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    state, done = ended(client, handed_in(client, path.read_bytes(), "peewee.db", form=True))
    assert (state, done["created"], done["problem"]) == ("finished", 1, None)


def test_a_wrong_file_is_refused_at_once_with_what_it_looks_like(client: Client, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE recipes (name)").connection.close()
    other = (tmp_path / "other.db").read_bytes()
    wrong = {b"app,title\n": "CSV", b"PK\x03\x04": "compressed", other: "another program", b"": "empty"}
    for content, looks in wrong.items():
        answer = handed_in(client, content, form=True)
        assert (answer.status, looks in answer.json()["detail"]) == (400, True), answer
    assert client.get("/api/v1/operations").json()["operations"] == []


def test_what_is_found_comes_in_and_nothing_else_is_opened(client: Client, far: FarAway) -> None:
    assert client.get(SOURCES).json() == [{"place": HERE, "name": "aw-server v0.13"}]
    assert client.post(SOURCES, {"place": "http://elsewhere.example"}).status == 404
    state, done = ended(client, client.post(SOURCES, {"place": HERE}))
    assert (state, done["created"], done["buckets_created"]) == ("finished", 4, ["far"])


def test_a_source_that_goes_away_leaves_nothing_but_the_reason(client: Client, far: FarAway) -> None:
    far.goes_away = True
    state, done = ended(client, client.post(SOURCES, {"place": HERE}))
    assert (state, done["problem"], done["undone"]) == ("cancelled", "No server answers any more.", True)
    assert until(lambda: names(client), lambda found: not found) == []


def test_cancelling_takes_back_what_came_in_and_only_one_goes_on_at_once(
    client: Client, far: FarAway
) -> None:
    far.waits = True
    begun = client.post(SOURCES, {"place": HERE})
    second = client.post(SOURCES, {"place": HERE})
    client.post(f"/api/v1/jobs/{begun.json()['job']}/cancel")
    state, done = ended(client, begun)
    assert (second.status, second.json()["code"]) == (409, "import_goes_on")
    assert (state, done["undone"]) == ("cancelled", True)
    assert until(lambda: names(client), lambda found: not found) == []


def test_an_import_of_somebody_else_takes_no_file_away(server: ServerInMemory, client: Client) -> None:
    """Imports into other workspaces, such as the demonstration, go on beside it."""
    mine, theirs = Held(), Held()
    handed = iter((mine, theirs))

    class Handed(Places):
        def spooled(self, file: SpoolFile, name: str) -> Source:  # noqa: ARG002 - it has both
            return next(handed)

    server.service(Carrying).places = Handed()
    begun = handed_in(client, b"{}")
    another = client_of(server, another_person(server))
    beside = handed_in(another, b"{}")
    assert beside.status == 202
    assert not mine.closed
    mine.may.set()
    theirs.may.set()
    for who, which in ((client, begun), (another, beside)):
        state, done = ended(who, which)
        assert (state, done["created"]) == ("finished", 4)
    assert until(lambda: (mine.closed, theirs.closed), all) == (True, True)
