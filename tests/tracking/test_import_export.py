"""Export and import over `/api/0`: what goes out comes in again, once, or not at all."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hourloom.testing import Answer, Client, ServerInMemory

EXPORT = "/api/0/export"
IMPORT = "/api/0/import"
WINDOW = {"client": "aw-watcher-window", "type": "currentwindow", "hostname": "desk"}


@pytest.fixture
def client(server: ServerInMemory) -> Client:
    client = server.client
    for name in ("desk", "ü 'x'"):
        path = f"/api/0/buckets/{name}"
        client.post(path, WINDOW | {"data": {"of": name}})
        client.post(f"{path}/events", [an_event(second, 1.5) for second in range(5)])
    return client


def an_event(second: int, duration: float = 1, **more: Any) -> dict[str, Any]:
    return {
        "timestamp": f"2024-03-02T09:00:{second:02}+00:00",
        "duration": duration,
        "data": {"title": f"é {second}"},
    } | more


def a_bucket(name: str, *events: Any, **more: Any) -> dict[str, Any]:
    return WINDOW | {"id": name, "created": "2024-01-01T00:00:00Z", "events": list(events)} | more


def an_export(*buckets: dict[str, Any]) -> dict[str, Any]:
    return {"buckets": {bucket["id"]: bucket for bucket in buckets}}


def a_form(content: bytes, field: str = "buckets.json", *, before: bytes = b"") -> dict[str, Any]:
    head = f'Content-Disposition: form-data; name="{field}"; filename="blob"\r\n'.encode()
    body = (
        before + b"--X1\r\n" + head + b"Content-Type: application/json\r\n\r\n" + content + b"\r\n--X1--\r\n"
    )
    return {"content": body, "headers": {"content-type": "multipart/form-data; boundary=X1"}}


def contents(answer: Answer) -> dict[str, Any]:
    """Return an export without what a second server may give new."""
    assert answer.status == 200
    found: dict[str, Any] = answer.json()["buckets"]
    for bucket in found.values():
        for event in bucket["events"]:
            del event["id"]
    return found


def test_an_export_holds_every_bucket_whole(client: Client) -> None:
    answer = client.get(EXPORT)
    assert answer.headers["content-disposition"] == "attachment; filename=aw-buckets-export.json"
    assert answer.headers["content-type"] == "application/json"
    buckets = answer.json()["buckets"]
    assert list(buckets) == ["desk", "ü 'x'"]
    assert buckets["desk"] == client.get("/api/0/buckets/desk").json() | {
        "events": client.get("/api/0/buckets/desk/events").json()
    }


def test_one_bucket_is_exported_alone(client: Client) -> None:
    answer = client.get("/api/0/buckets/%C3%BC%20'x'/export")
    assert answer.headers["content-disposition"] == "attachment; filename=aw-bucket-export____x_.json"
    assert list(answer.json()["buckets"]) == ["ü 'x'"]
    assert client.get("/api/0/buckets/none/export").status == 404


def test_an_export_comes_in_again_after_everything_was_deleted(client: Client) -> None:
    exported = client.get(EXPORT)
    for name in ("desk", "ü 'x'"):
        client.delete(f"/api/0/buckets/{name}?force=1")
    assert contents(client.get(EXPORT)) == {}
    imported = client.post(IMPORT, exported.json()).json()
    assert (imported["created"], imported["skipped"], imported["faulty"]) == (10, 0, 0)
    assert contents(client.get(EXPORT)) == contents(exported)


def test_what_is_there_already_is_skipped(client: Client) -> None:
    before = client.get(EXPORT)
    again = client.post(IMPORT, before.json()).json()
    assert (again["created"], again["skipped"]) == (0, 10)
    assert client.get(EXPORT).body == before.body
    more = an_export(a_bucket("desk", an_event(1, 1.5), an_event(1, 2.5), an_event(1, 2.5), type="other"))
    merged = client.post(IMPORT, more).json()
    assert (merged["created"], merged["skipped"]) == (1, 2)
    assert client.get("/api/0/buckets/desk").json()["type"] == "currentwindow"


@pytest.mark.parametrize("field", ["buckets.json", "file", 'odd "name"'])
@pytest.mark.parametrize(
    "before",
    [b"", b'--X1\r\nContent-Disposition: form-data; name="note"\r\n\r\nnot a file\r\n'],
    ids=["alone", "second"],
)
def test_a_file_is_taken_from_any_field_of_a_form(client: Client, field: str, before: bytes) -> None:
    export = msgspec.json.encode(an_export(a_bucket("new", an_event(1), an_event(2, id=7))))
    answer = client.request("POST", IMPORT, **a_form(export, field.replace('"', "%22"), before=before))
    assert (answer.status, answer.json()["created"]) == (200, 2)
    assert len(client.get("/api/0/buckets/new/events").json()) == 2


def test_created_and_data_are_optional_and_kept(client: Client) -> None:
    bare = a_bucket("bare", an_event(1))
    del bare["created"]
    client.post(IMPORT, an_export(bare, a_bucket("rich", data={"a": 1})))
    buckets = client.get("/api/0/buckets").json()
    assert buckets["bare"]["created"] == "2026-03-02T09:00:00+00:00"
    assert (buckets["rich"]["created"], buckets["rich"]["data"]) == ("2024-01-01T00:00:00+00:00", {"a": 1})


def test_events_that_cannot_be_read_are_told_and_the_others_taken(client: Client) -> None:
    bad = [an_event(1, -5), an_event(2, data=[1]), {"timestamp": "never"}]
    done = client.post(IMPORT, an_export(a_bucket("new", an_event(1), *bad))).json()
    assert (done["created"], done["faulty"], len(done["first_faults"])) == (1, 3, 3)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{",
        b'{"buckets":{"new":{"type":"a"}}} x',
        b"[1]",
        b"null",
        b'{"buckets":{"new":{"events":[{"timestamp":"2024-03-02T09:00:00Z","data":{}}]},"a/b":{"events":[]}}}',
        b'{"buckets":{"new":{},"' + b"x" * 201 + b'":{}}}',
        b'{"buckets":{"new":{},"a\\u0000":{}}}',
        b'{"buckets":{"new":{},"new":{}}}',
        b'{"buckets":{"new":{"events":[{"timestamp":"2024-03-02T09:00:00Z"}',
    ],
)
def test_an_unusable_file_is_refused_and_nothing_of_it_stays(client: Client, bad: bytes) -> None:
    before = client.get(EXPORT).body
    refused = client.request("POST", IMPORT, content=bad, headers={"content-type": "application/json"})
    assert 400 <= refused.status < 500
    assert refused.json()["code"]
    refused = client.request("POST", IMPORT, **a_form(bad))
    assert 400 <= refused.status < 500
    assert client.get(EXPORT).body == before


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/plain", b"{}", 415),
        ("multipart/form-data", b"--X\r\n\r\n", 400),
        ("multipart/form-data; boundary=X", b"", 400),
        ("multipart/form-data; boundary=X", b"--X--\r\n", 400),
        ("multipart/form-data; boundary=X", b'--X\r\nContent-Disposition: x; filename="a"\r\n\r\n{}', 400),
        ("multipart/form-data; boundary=X", b"--X\r\n" + b"a" * 20_000, 400),
    ],
)
def test_an_upload_without_a_whole_file_is_refused(
    client: Client, kind: str, body: bytes, status: int
) -> None:
    refused = client.request("POST", IMPORT, content=body, headers={"content-type": kind})
    assert refused.status == status


def test_an_import_is_undone_as_one(server: ServerInMemory, client: Client) -> None:
    before = contents(client.get(EXPORT))
    export = an_export(a_bucket("desk", an_event(30), an_event(31)), a_bucket("new", an_event(1)))
    done = client.post(IMPORT, export).json()
    admin = server.client_with("admin")
    assert admin.post(f"/api/v1/operations/{done['operation_id']}/undo").status == 200
    assert contents(client.get(EXPORT)) == before
    assert client.post(IMPORT, export).json()["created"] == 3


def test_an_import_whose_events_were_edited_is_not_undone(server: ServerInMemory, client: Client) -> None:
    done = client.post(IMPORT, an_export(a_bucket("new", an_event(1), an_event(2)))).json()
    number = client.get("/api/0/buckets/new/events").json()[0]["id"]
    admin = server.client_with("admin")
    answer = admin.patch(f"/api/v1/events/{number}", {"data": {"title": "mine"}})
    assert answer.status == 200, answer.body
    edit = answer.json()
    refused = admin.post(f"/api/v1/operations/{done['operation_id']}/undo")
    assert refused.status == 409, refused.body
    assert refused.json()["fields"]["ids"] == [number]
    assert admin.post(f"/api/v1/operations/{edit['operation_id']}/undo").status == 200
    assert admin.post(f"/api/v1/operations/{done['operation_id']}/undo").status == 200
    assert client.get("/api/0/buckets/new").status == 404
