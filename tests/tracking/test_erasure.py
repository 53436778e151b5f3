"""Deleting ranges and matches: what would go, what goes, what comes back, and what is left nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from hourloom.archive.model import ArchiveExport
from hourloom.archive.shelf import Shelf as ArchiveShelf
from hourloom.core.changes import RecordedChange
from hourloom.core.clock import DAY, HOUR, MINUTE, SECOND, Instant
from hourloom.core.ids import UserId, WorkspaceId
from hourloom.testing import Client, ServerInMemory, a_peer
from hourloom.tracking import store
from hourloom.tracking.service import Erasures
from hourloom.tracking.service.erasures import Wanted
from tests.conftest import KEY
from tests.tracking.bytes_left import places_of
from tests.tracking.recorded import (
    WEB,
    WINDOW,
    a_minute_each,
    add,
    make_buckets,
    rows,
    until_jobs_end,
)

ERASURES = "/api/v1/erasures"


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    make_buckets(server)
    return server.client_with("tracking:write", "operations:read", "jobs:read")


@pytest.fixture
def start(server: ServerInMemory) -> int:
    """Return when the record begins: an hour ago."""
    return server.clock.now() - HOUR


def stamp(at: int) -> str:
    from hourloom.core.clock import format_instant

    return format_instant(at)


def delete(client: Client, **wanted: Any) -> dict[str, Any]:
    answer = client.post(ERASURES, wanted)
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.json()
    return made


def undo(client: Client, made: dict[str, Any]) -> int:
    return client.post(f"/api/v1/operations/{made['operation_id']}/undo", {}).status


def test_a_range_cuts_what_reaches_beyond_it(server: ServerInMemory, client: Client, start: int) -> None:
    add(
        server,
        WINDOW,
        (start, start + 30 * MINUTE, {"app": "a"}),
        (start + 10 * MINUTE, start + 12 * MINUTE, {"app": "b"}),
    )
    before = rows(server, WINDOW)
    period = f"{stamp(start + 10 * MINUTE)}..{stamp(start + 20 * MINUTE)}"
    preview = client.post(f"{ERASURES}/preview", {"range": period}).json()
    assert (preview["events"], preview["seconds"]) == (2, 12 * 60)
    made = delete(client, range=period)
    assert (made["state"], made["events"], made["seconds"]) == ("waiting", 2, 12 * 60)
    assert rows(server, WINDOW) == [
        (start, start + 10 * MINUTE, '{"app":"a"}'),
        (start + 20 * MINUTE, start + 30 * MINUTE, '{"app":"a"}'),
    ]
    assert undo(client, made) == 200
    assert rows(server, WINDOW) == before
    assert client.get(f"{ERASURES}/{made['id']}").json()["state"] == "undone"


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ({"app": "FIREFOX"}, ["mail"]),
        ({"title": "bank my"}, ["Other", "mail"]),
        ({"pattern": "^My.*k$"}, ["Other", "mail"]),
        ({"title": "my", "app": "thunderbird"}, ["My bank", "Other", "mail"]),
    ],
)
def test_a_match_deletes_what_it_names(
    server: ServerInMemory, client: Client, start: int, wanted: dict[str, str], left: list[str]
) -> None:
    add(server, WINDOW, *a_minute_each(start, "My bank", "Other"))
    add(server, WINDOW, *a_minute_each(start + HOUR // 2, "mail", app="thunderbird"))
    made = delete(client, **wanted)
    titles = [row[2].split('"')[-2] for row in rows(server, WINDOW)]
    assert titles == left
    assert made["events"] == 3 - len(left)
    assert undo(client, made) == 200
    assert len(rows(server, WINDOW)) == 3


def test_a_domain_means_its_subdomains_and_no_other(
    server: ServerInMemory, client: Client, start: int
) -> None:
    urls = [
        "https://bank.example/a",
        "https://www.bank.example:8443/",
        "https://notbank.example/",
        "file:///bank.example",
    ]
    add(
        server,
        WEB,
        *((start + i * MINUTE, start + (i + 1) * MINUTE, {"url": url}) for i, url in enumerate(urls)),
    )
    assert delete(client, domain="bank.example")["events"] == 2
    assert [row[2] for row in rows(server, WEB)] == [f'{{"url":"{url}"}}' for url in urls[2:]]


def found(made: dict[str, Any]) -> dict[str, int]:
    return {proof["place"]: proof["found"] for proof in made["proof"]}


def finished(server: ServerInMemory, client: Client, made: dict[str, Any]) -> dict[str, Any]:
    until_jobs_end(server)
    shown: dict[str, Any] = client.get(f"{ERASURES}/{made['id']}").json()
    return shown


def some_churn(server: ServerInMemory, client: Client, start: int) -> None:
    """Add and delete payloads until rows were moved between pages."""
    for turn in range(6):
        texts = [f"{turn} {place} " + "x" * (37 * place % 300) for place in range(300)]
        numbers = add(server, WINDOW, *a_minute_each(start, *texts, app="churn"))
        client.post("/api/v1/events/delete", {"ids": numbers[:: 2 + turn % 2]})
        assert delete(client, title=f"{turn} 7", now=True)["state"] in ("erasing", "proving", "done")
    until_jobs_end(server)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_erased_is_in_no_byte(server: ServerInMemory, client: Client, start: int, tmp_path: Path) -> None:
    gone = [f"canary-{number:04}-abcdefgh" for number in range(200)]
    add(server, WINDOW, *a_minute_each(start, "kept-canary"))
    numbers = add(server, WINDOW, *a_minute_each(start, *gone))
    some_churn(server, client, start)
    admin = server.client_with("admin")
    kept_answer = {"timestamp": stamp(start), "duration": 1, "data": {"app": "a", "title": gone[1]}}
    path, keyed = f"/api/0/buckets/{WINDOW}/events", {"idempotency-key": "once"}
    assert admin.post(path, kept_answer, headers=keyed).status == 200
    client.request("PATCH", f"/api/v1/events/{numbers[0]}", json={"data": {"app": "b", "title": "edited"}})
    client.get(f"/api/v1/buckets/{WINDOW}/events")
    assert "hourloom.db-wal, decrypted" in places_of(gone[1], tmp_path, KEY)
    made = finished(server, client, delete(client, title="canary-", pattern="^canary", now=True))
    assert made["state"] == "done"
    assert set(found(made).values()) == {0}
    assert [text for text in gone if places_of(text, tmp_path, KEY)] == []
    assert places_of("kept-canary", tmp_path, KEY) == ["hourloom.db, decrypted"]


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_what_was_said_about_it_goes_with_it(
    server: ServerInMemory, client: Client, start: int, tmp_path: Path
) -> None:
    pages = [{"url": f"https://{name}.example/x", "title": name} for name in ("canary-site", "kept-site")]
    for place, data in enumerate(pages):
        add(server, WEB, (start + place * MINUTE, start + (place + 1) * MINUTE, data))
    admin = server.client_with("admin")
    outcome = {"category_id": admin.get("/api/v1/categories").json()["categories"][0]["id"]}
    operations = {
        name: admin.post("/api/v1/corrections", {"domain": name, "outcome": outcome}).json()
        for name in ("canary-site.example", "kept-site.example", "never-seen.example")
    }
    made = finished(server, client, delete(client, domain="canary-site.example", now=True))
    assert made["state"] == "done"
    left = {each["about"] for each in admin.get("/api/v1/corrections").json()["corrections"]}
    assert left == {"kept-site.example", "never-seen.example"}
    assert places_of("canary-site", tmp_path, KEY) == []
    assert undo(admin, operations["canary-site.example"]) == 410
    assert undo(admin, operations["kept-site.example"]) == 200


def test_nothing_named_deletes_nothing(server: ServerInMemory, client: Client, start: int) -> None:
    add(server, WINDOW, *a_minute_each(start, "a"))
    for wanted in ({}, {"bucket": WINDOW}, {"now": True}):
        assert client.post(ERASURES, wanted).json()["code"] == "nothing_named"
    assert client.post(ERASURES, {"app": ""}).status == 422
    assert client.post(ERASURES, {"range": "yesterday"}).json()["code"] == "not_a_range"
    assert client.post(ERASURES, {"app": "a", "bucket": "none"}).status == 404
    assert len(rows(server, WINDOW)) == 1


def test_a_pattern_that_would_be_slow_is_refused(client: Client) -> None:
    answer = client.post(f"{ERASURES}/preview", {"pattern": "(a+)+(?=b)"})
    assert answer.status == 400
    assert answer.json()["code"] == "pattern_refused"
    assert "look-ahead" in answer.json()["detail"]


def test_who_may_only_read_deletes_nothing(server: ServerInMemory, client: Client, start: int) -> None:
    add(server, WINDOW, *a_minute_each(start, "a"))
    reader = server.client_with("tracking:read")
    assert reader.post(f"{ERASURES}/preview", {"app": "firefox"}).json()["events"] == 1
    assert reader.post(ERASURES, {"app": "firefox"}).status == 403
    assert client.post(f"{ERASURES}/everything", {}).status == 403
    assert len(rows(server, WINDOW)) == 1


def test_a_preview_counts_what_would_go(server: ServerInMemory, client: Client, start: int) -> None:
    add(server, WINDOW, *a_minute_each(start, "one", "two", "one"))
    add(server, WEB, (start, start + HOUR, {"url": "https://one.example/", "title": "one"}))
    preview = client.post(f"{ERASURES}/preview", {"title": "one"}).json()
    assert (preview["events"], preview["seconds"], preview["payloads"]) == (3, 120 + 3600, 2)
    assert [(each["bucket"], each["events"]) for each in preview["buckets"]] == [(WINDOW, 2), (WEB, 1)]
    assert client.post(f"{ERASURES}/preview", {"title": "one", "bucket": WEB}).json()["events"] == 1
    assert len(rows(server, WINDOW)) == 3


def test_days_are_the_users(server: ServerInMemory, client: Client) -> None:
    settings = server.client_with("settings:write")
    settings.request("PUT", "/api/v1/settings/time_zone", json={"value": "Europe/Berlin"})
    midnight = 1_772_406_000 * SECOND  # 2026-03-02T00:00 in Berlin
    add(server, WINDOW, (midnight - MINUTE, midnight + MINUTE, {"app": "a"}))
    assert delete(client, range="2026-03-02")["seconds"] == 60
    assert rows(server, WINDOW) == [(midnight - MINUTE, midnight, '{"app":"a"}')]


def many(start: int, count: int) -> list[tuple[int, int, dict[str, Any]]]:
    return [
        (start + i * SECOND, start + (i + 1) * SECOND, {"app": "a", "title": f"{i % 7}"})
        for i in range(count)
    ]


def test_many_go_in_steps_and_come_back(server: ServerInMemory, client: Client, start: int) -> None:
    add(server, WINDOW, *many(start, 1_700))
    before = rows(server, WINDOW)
    made = finished(server, client, delete(client, pattern="^[0-5]$"))
    assert (made["state"], made["events"]) == ("waiting", 1_458)
    assert len(rows(server, WINDOW)) == 1_700 - 1_458
    assert undo(client, made) == 200
    assert finished(server, client, made)["state"] == "undone"
    assert rows(server, WINDOW) == before


def test_what_was_undone_halfway_comes_back_whole(server: ServerInMemory, client: Client, start: int) -> None:
    add(server, WINDOW, *many(start, 1_700))
    before = rows(server, WINDOW)
    erasures, owner = server.service(Erasures), server.owner
    erasure = server.write(lambda: erasures._add(owner, Wanted(), now=False))
    server.write(lambda: erasures._start(erasure))
    server.write(lambda: erasures._step(erasure.id, erasures._find(erasure.id)))
    assert 0 < len(rows(server, WINDOW)) < 1_700
    assert undo(client, {"operation_id": erasure.operation_id}) == 200
    until_jobs_end(server)
    assert rows(server, WINDOW) == before


def test_a_deletion_that_is_cancelled_stops_where_it_is_and_can_be_undone(
    server: ServerInMemory, client: Client, start: int
) -> None:
    add(server, WINDOW, *many(start, 1_700))
    before = rows(server, WINDOW)
    erasures, owner, jobs = server.service(Erasures), server.owner, server.server.jobs
    erasure = server.write(lambda: erasures._add(owner, Wanted(), now=False))

    def begin_and_cancel() -> None:
        erasures._start(erasure)
        erasures._step(erasure.id, erasures._find(erasure.id))
        jobs.cancel(owner, jobs.newest(owner, 2**62, 1)[0].id)

    server.write(begin_and_cancel)
    until_jobs_end(server)
    assert len(rows(server, WINDOW)) == 1_200
    assert client.get(f"{ERASURES}/{erasure.id}").json()["can_be_undone"]
    assert undo(client, {"operation_id": erasure.operation_id}) == 200
    until_jobs_end(server)
    assert rows(server, WINDOW) == before


def test_what_comes_later_is_not_meant(server: ServerInMemory, client: Client, start: int) -> None:
    add(server, WINDOW, *many(start, 600))
    erasures, owner = server.service(Erasures), server.owner
    erasure = server.write(lambda: erasures._add(owner, Wanted(), now=False))
    add(server, WINDOW, (start, start + MINUTE, {"app": "later"}))
    server.write(lambda: erasures._start(erasure))
    until_jobs_end(server)
    assert rows(server, WINDOW) == [(start, start + MINUTE, '{"app":"later"}')]


def beat(server: ServerInMemory, client: Client, at: int, title: str, pulsetime: int = 60) -> dict[str, Any]:
    body = {"timestamp": stamp(at), "duration": 0, "data": {"app": "a", "title": title}}
    admin = server.client_with("admin")
    answer = admin.post(f"/api/0/buckets/{WINDOW}/heartbeat?pulsetime={pulsetime}", body)
    assert answer.status == 200
    shown: dict[str, Any] = answer.json()
    return shown


def test_the_running_event_may_go_and_the_next_heartbeat_begins_one(
    server: ServerInMemory, client: Client, start: int
) -> None:
    beat(server, client, start, "secret")
    beat(server, client, start + 30 * SECOND, "secret")
    assert delete(client, title="secret")["seconds"] == 30
    assert beat(server, client, start + 40 * SECOND, "secret")["duration"] == 0
    assert beat(server, client, start + 50 * SECOND, "secret")["duration"] == 10
    assert [(begun, ended) for begun, ended, _ in rows(server, WINDOW)] == [
        (start + 40 * SECOND, start + 50 * SECOND)
    ]


def test_the_running_event_that_was_cut_goes_on_and_keeps_it_when_whole_again(
    server: ServerInMemory, client: Client, start: int
) -> None:
    beat(server, client, start, "t")
    beat(server, client, start + 40 * SECOND, "t")
    made = delete(client, range=f"{stamp(start + 10 * SECOND)}..{stamp(start + 20 * SECOND)}")
    beat(server, client, start + 60 * SECOND, "t")
    assert [(b - start, e - start) for b, e, _ in rows(server, WINDOW)] == [
        (0, 10 * SECOND),
        (20 * SECOND, 60 * SECOND),
    ]
    assert undo(client, made) == 200
    assert [(b - start, e - start) for b, e, _ in rows(server, WINDOW)] == [(0, 60 * SECOND)]


def test_undo_over_a_later_edit_is_refused_with_the_list(
    server: ServerInMemory, client: Client, start: int
) -> None:
    (number,) = add(server, WINDOW, (start, start + HOUR, {"app": "a"}))
    made = delete(client, range=f"{stamp(start + MINUTE)}..{stamp(start + 2 * MINUTE)}")
    client.request("PATCH", f"/api/v1/events/{number}", json={"data": {"app": "b"}})
    answer = client.post(f"/api/v1/operations/{made['operation_id']}/undo", {})
    assert answer.status == 409
    assert answer.json()["fields"]["ids"] == [number]


def test_after_a_week_it_is_erased_by_itself(server: ServerInMemory, client: Client, start: int) -> None:
    add(server, WINDOW, *a_minute_each(start, "secret", "other"))
    made = delete(client, title="secret")
    server.clock.advance(8 * DAY // SECOND)
    until_jobs_end(server)
    made = finished(server, client, made)
    assert made["state"] == "done"
    assert set(found(made).values()) == {0}
    assert undo(client, made) == 410
    assert payload_texts(server) == ['{"app":"firefox","title":"other"}']


def payload_texts(server: ServerInMemory) -> list[str]:
    with server.database.read() as tx:
        return sorted(str(row[1]) for row in store.payloads_after(tx, 1, 0, 10_000))


def test_erasing_takes_what_other_operations_keep_for_undo(
    server: ServerInMemory, client: Client, start: int
) -> None:
    gone, edited = add(server, WINDOW, *a_minute_each(start, "secret one", "secret two"))
    client.request("DELETE", f"/api/v1/events/{gone}")
    operation = client.request("PATCH", f"/api/v1/events/{edited}", json={"data": {"app": "clean"}}).json()
    made = finished(server, client, delete(client, title="secret", now=True))
    assert (made["state"], made["events"]) == ("done", 0)
    assert payload_texts(server) == ['{"app":"clean"}']
    assert client.post(f"/api/v1/events/{gone}/restore", {}).status == 404
    assert client.post(f"/api/v1/operations/{operation['operation_id']}/undo", {}).status == 200
    assert [row[2] for row in rows(server, WINDOW)] == ['{"app":"clean"}']


def test_what_is_still_used_elsewhere_stays_and_the_proof_says_so(
    server: ServerInMemory, client: Client, start: int
) -> None:
    add(
        server, WINDOW, (start, start + MINUTE, {"app": "a"}), (start + HOUR // 2, start + HOUR, {"app": "a"})
    )
    period = f"{stamp(start)}..{stamp(start + MINUTE)}"
    made = finished(server, client, delete(client, app="a", range=period, now=True))
    assert found(made)["texts that later events have too"] == 1
    assert len(rows(server, WINDOW)) == 1


def test_archives_that_wait_to_be_fetched_go_too(
    server: ServerInMemory, client: Client, start: int, tmp_path: Path
) -> None:
    add(server, WINDOW, *a_minute_each(start, "canary"))
    archives = ArchiveShelf(server.database, tmp_path / "data" / "archives", tmp_path / "config")
    here = WorkspaceId(1), UserId(1)
    archives.keep(
        ArchiveExport(
            id="export-1", workspace_id=here[0], user_id=here[1], sealed=False, begun_at=Instant(start)
        )
    )
    made = finished(server, client, delete(client, title="canary", now=True))
    assert {"place": "archives", "found": 0, "searched": 1, "names": []} in made["proof"]
    assert archives.all(ArchiveExport) == []


def test_a_deleted_bucket_lies_in_the_trash_for_thirty_days(
    server: ServerInMemory, client: Client, start: int
) -> None:
    add(server, WINDOW, *a_minute_each(start, "a"))
    client.request("DELETE", f"/api/v1/buckets/{WINDOW}")
    server.clock.advance(29 * DAY // SECOND)
    until_jobs_end(server)
    (trashed,) = client.get("/api/v1/trash").json()
    assert trashed["name"] == WINDOW
    operation = client.post(f"/api/v1/trash/{trashed['id']}/restore", {}).json()
    assert len(rows(server, WINDOW)) == 1
    assert undo(client, operation) == 200
    server.clock.advance(31 * DAY // SECOND)
    until_jobs_end(server)
    assert client.get("/api/v1/trash").json() == []
    assert client.post(f"/api/v1/trash/{trashed['id']}/restore", {}).status == 404
    assert payload_texts(server) == []
    (erasure,) = client.get(ERASURES).json()["erasures"]
    assert (erasure["kind"], erasure["state"], erasure["events"]) == ("bucket", "done", 1)


def test_a_bucket_of_the_trash_is_erased_at_once(server: ServerInMemory, client: Client, start: int) -> None:
    add(server, WINDOW, *a_minute_each(start, "a"))
    operation = client.request("DELETE", f"/api/v1/buckets/{WINDOW}").json()
    (trashed,) = client.get("/api/v1/trash").json()
    made = finished(server, client, client.request("DELETE", f"/api/v1/trash/{trashed['id']}").json())
    assert made["state"] == "done"
    assert undo(client, operation) == 404
    make_buckets(server)
    assert rows(server, WINDOW) == []


@pytest.mark.parametrize("now", [False, True])
def test_everything_can_be_deleted(server: ServerInMemory, client: Client, start: int, *, now: bool) -> None:
    add(server, WINDOW, *a_minute_each(start, "a"))
    add(server, WEB, (start, start + MINUTE, {"url": "https://a.example/"}))
    path, peer = f"{ERASURES}/everything", a_peer("unix")
    made = server.client.request("POST", path, json={"now": now}, peer=peer).json()
    assert client.get("/api/v1/buckets").json() == []
    if not now:
        assert undo(client, made) == 200
        assert len(rows(server, WINDOW)) == len(rows(server, WEB)) == 1
        return
    made = finished(server, client, made)
    assert made["state"] == "done"
    assert payload_texts(server) == []
    assert client.get("/api/v1/trash").json() == []
    assert undo(client, made) == 410


def test_live_state_follows_an_erasure(server: ServerInMemory, client: Client, start: int) -> None:
    add(server, WINDOW, *many(start, 1_200))

    def state() -> dict[int, tuple[str, str, int]]:
        listed = client.get(ERASURES).json()["erasures"]
        return {each["id"]: (each["kind"], each["state"], each["events"]) for each in listed}

    def apply(
        before: dict[int, tuple[str, str, int]], change: RecordedChange
    ) -> dict[int, tuple[str, str, int]]:
        if change.kind != "ErasureChanged":
            return before
        told = msgspec.json.decode(change.body)
        return before | {told["id"]: (told["erasure_kind"], told["state"], told["events"])}

    changes = server.verify_changes(
        lambda: finished(server, client, delete(client, app="a", now=True)), state, apply
    )
    states = [msgspec.json.decode(c.body)["state"] for c in changes if c.kind == "ErasureChanged"]
    assert states == ["deleting", "erasing", "proving", "done"]


def test_no_text_is_kept_with_what_was_asked(server: ServerInMemory, client: Client, start: int) -> None:
    add(server, WINDOW, *a_minute_each(start, "canary"))
    delete(client, title="canary", pattern="can.ry")
    with server.database.read() as tx:
        kept = str(tx.rows("SELECT subject, proof FROM erasures"))
        kept += str(tx.rows("SELECT subject FROM operations")) + str(tx.rows("SELECT subject FROM jobs"))
        kept += str(tx.rows("SELECT body FROM changes"))
    assert "can" not in kept
