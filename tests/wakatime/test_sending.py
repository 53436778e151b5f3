"""Plug-ins send heartbeats in every shape that they have, and each beat is stored once."""

import json
from typing import Any

import pytest

from hourloom.testing import FixedClock, ServerInMemory
from tests.wakatime.sent import BULK, CODE, NINE, a_beat, a_key, an_editor, basic, codes, sends, stored


@pytest.fixture
def dialect() -> str:
    """Test on SQLite; what differs on PostgreSQL is in a module of its own."""
    return "sqlite"


ADDRESSES = [
    f"{base}/users/{user}{end}"
    for base in ("", "/api", "/api/v1", "/api/compat/wakatime/v1")
    for user in ("current", "1")
    for end in ("/heartbeats", "/heartbeats.bulk")
] + ["/", "/api", "/api/v1", "/api/heartbeat", "/api/heartbeats", "/heartbeats", "/api/v1/heartbeats.bulk",
     "/api/compat/wakatime/v1", "/users/current", "/api/v1/users/current"]  # fmt: skip


def test_every_address_takes_heartbeats(server: ServerInMemory) -> None:
    client = an_editor(server)
    for number, path in enumerate(ADDRESSES):
        assert codes(sends(client, a_beat(-number), path=path)) == [201], path
    assert len(stored(server)) == len(ADDRESSES)


def test_the_page_is_still_where_it_was(server: ServerInMemory) -> None:
    assert server.client.get("/").headers["content-type"].startswith("text/html")
    assert server.client.put("/").status == 405
    assert server.client.post("/", [a_beat()]).status == 401


def test_a_key_of_somebody_else_reaches_nobody(server: ServerInMemory) -> None:
    client = an_editor(server)
    for path in ("/api/v1/users/2/heartbeats", "/users/nobody/heartbeats.bulk"):
        answer = client.post(path, [a_beat()])
        assert (answer.status, "error" in answer.json()) == (403, True)
    assert client.get("/api/v1/users/2/statusbar/today").status == 403


@pytest.mark.parametrize(
    "form",
    ["basic KEY", "basic KEY:", "basic me:KEY", "Bearer KEY", "bearer base64", "Basic raw", "waka", "query"],
)
def test_a_key_is_shown_in_many_forms(server: ServerInMemory, form: str) -> None:
    key = a_key(server)
    headers = {
        "basic KEY": basic(key),
        "basic KEY:": basic(f"{key}:"),
        "basic me:KEY": basic(f"me:{key}"),
        "Bearer KEY": f"Bearer {key}",
        "bearer base64": basic(key).replace("Basic", "bearer"),
        "Basic raw": f"Basic {key}",
        "waka": basic(f"waka_{key}"),
        "query": "",
    }
    path = f"{BULK}?api_key={key}" if form == "query" else BULK
    answer = server.client.post(path, [a_beat(user_agent=CODE)], headers={"authorization": headers[form]})
    assert codes(answer) == [201]


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !!",
        "Bearer x",
        "Digest abc",
        basic("a:b:c"),
        "Bearer " + "é" * 40,
        basic("x" * 36),
    ],
)
def test_without_a_key_nothing_comes_in(server: ServerInMemory, authorization: str) -> None:
    for path in (BULK, f"{BULK}?api_key=", "/", "/api/v1/users/current/statusbar/today"):
        method = "GET" if path.endswith("today") else "POST"
        answer = server.client.request(
            method, path, json=[a_beat()], headers={"authorization": authorization}
        )
        assert answer.status == 401, path
        assert answer.json()["error"]


def test_a_key_for_recording_does_not_read(server: ServerInMemory) -> None:
    client = an_editor(server, "heartbeats:write")
    assert codes(sends(client, a_beat())) == [201]
    for path in ("statusbar/today", "heartbeats", "summaries", "stats", "projects", "data_dumps"):
        assert client.get(f"/api/v1/users/current/{path}").status == 403, path


def test_a_key_for_reading_does_not_record(server: ServerInMemory) -> None:
    client = an_editor(server, "tracking:read")
    assert sends(client, a_beat()).status == 403
    assert sends(client, {}).status == 403
    assert client.post("/api/v1/users/current/external_durations", []).status == 403


def test_a_key_of_one_bucket_records_there_only(server: ServerInMemory) -> None:
    client = an_editor(server, "heartbeats:write:editor-vim_desk")
    assert codes(sends(client, a_beat())) == [201]
    assert sends(client, a_beat(-1, user_agent=CODE)).status == 403
    assert codes(sends(client, {})) == [400]


def test_fields_come_in_whatever_type(server: ServerInMemory) -> None:
    client = an_editor(server)
    odd = {"lines": "12", "lineno": "2", "cursorpos": "x", "is_write": "true", "line_additions": 3.0}
    words = {"dependencies": "flask, os,flask", "category": "Writing Docs", "branch": ""}
    beat = a_beat(time=str(NINE - 5.25)) | odd | words
    assert codes(sends(client, beat)) == [201]
    ((second, data),) = stored(server)
    assert second == -5.25
    assert data == {
        "entity": "/home/dev/acme/app.py",
        "type": "file",
        "category": "writing docs",
        "project": "acme",
        "language": "Python",
        "is_write": True,
        "lines": 12,
        "lineno": 2,
        "line_additions": 3,
        "dependencies": ["flask", "os"],
        "app": "Vim",
        "operating_system": "Linux",
        "user_agent": beat["user_agent"],
    }


def test_one_heartbeat_may_come_without_a_list_and_a_media_type(server: ServerInMemory) -> None:
    client = an_editor(server)
    content = json.dumps(a_beat()).encode()
    for kind in ("", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"):
        answer = client.request(
            "POST", "/api/v1/users/current/heartbeats", content=content, headers={"content-type": kind}
        )
        assert (answer.status, answer.json()) == (201, {"data": None, "responses": [[{"data": None}, 201]]})
    assert len(stored(server)) == 1


def test_each_beat_has_an_answer_of_its_own(server: ServerInMemory) -> None:
    faulty: list[Any] = [
        {"time": NINE},
        a_beat(time=None),
        a_beat(time="soon"),
        a_beat(time=1e300),
        a_beat(time=True),
        a_beat(entity=""),
        a_beat(entity=["x"]),
        "no object",
        None,
        a_beat(-181 * 86_400),
        a_beat(3_601),
    ]
    client = an_editor(server)
    beats = [
        beat for one in faulty for beat in (one, a_beat(-len(str(one)) % 97 - faulty.index(one) * 100 - 1))
    ]
    answer = sends(client, *beats)
    assert codes(answer) == [400, 201] * len(faulty)
    for said, code in answer.json()["responses"]:
        assert said == {"data": None} if code == 201 else said["error"] and said["errors"]
    assert len(stored(server)) == len(faulty)


def test_how_old_a_beat_may_be_is_a_setting(server: ServerInMemory, clock: FixedClock) -> None:
    client, settings = an_editor(server), server.client_with("settings:write")
    week = 7 * 86_400
    assert codes(sends(client, a_beat(-week + 1), a_beat(3_599))) == [201, 201]
    settings.put("/api/v1/settings/editor_oldest_days", {"value": 7})
    settings.put("/api/v1/settings/editor_newest_minutes", {"value": 0})
    assert codes(sends(client, a_beat(-week - 1), a_beat(-week + 2), a_beat(1), a_beat(0))) == [
        400,
        201,
        400,
        201,
    ]


def test_a_beat_that_comes_twice_is_one(server: ServerInMemory) -> None:
    client = an_editor(server)
    same = [a_beat(), a_beat(lineno=7), a_beat(entity="b"), a_beat(), a_beat(branch=None), a_beat(-59)]
    for _ in range(2):
        assert codes(sends(client, *same)) == [201] * 6
    assert {(second, data["entity"], data.get("branch")) for second, data in stored(server)} == {
        (-60, "/home/dev/acme/app.py", "main"),
        (-60, "b", "main"),
        (-60, "/home/dev/acme/app.py", None),
        (-59, "/home/dev/acme/app.py", "main"),
    }
    assert len(stored(server)) == 4


def test_a_long_queue_that_comes_twice_is_stored_once(server: ServerInMemory) -> None:
    client = an_editor(server)
    crowd = [a_beat(-3_600, entity=f"{n}") for n in range(990)]
    assert set(codes(sends(client, *crowd))) == {201}
    more = [a_beat(-4_000 - n) for n in range(20)]
    assert set(codes(sends(client, *more))) == {201}
    assert set(codes(sends(client, *more, a_beat(-3_599), crowd[0], crowd[-1]))) == {201}
    count = server.client_with("tracking:read").get("/api/0/buckets/editor-vim_desk/events/count")
    assert count.json() == 1_011


def test_more_than_a_thousand_at_once_are_too_many(server: ServerInMemory) -> None:
    assert sends(an_editor(server), *[a_beat()] * 1_001).status == 413
    assert stored_nothing(server)


def stored_nothing(server: ServerInMemory) -> bool:
    buckets: dict[str, Any] = server.client_with("tracking:read").get("/api/0/buckets").json()
    return not buckets


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"3", b'"x"', b"[", b'{"time":NaN}', b"[" * 200 + b"]" * 200]
)
def test_what_is_no_list_of_heartbeats_is_refused(server: ServerInMemory, content: bytes) -> None:
    answer = an_editor(server).request("POST", BULK, content=content)
    assert (answer.status, set(answer.json())) == (400, {"error", "errors", "code"})


def test_a_body_has_a_bound(server: ServerInMemory) -> None:
    answer = an_editor(server).request("POST", BULK, content=b"[" + b" " * (4 << 20) + b"]")
    assert answer.status == 413


def test_an_empty_list_is_fine(server: ServerInMemory) -> None:
    answer = sends(an_editor(server))
    assert (answer.status, answer.json()) == (201, {"responses": []})


def test_each_editor_on_each_computer_has_a_bucket(server: ServerInMemory) -> None:
    client = an_editor(server, machine="desk%20two")
    sends(client, a_beat(), a_beat(-1, user_agent=CODE), a_beat(-2, machine="lap/top"))
    client.headers["x-machine-name"] = "büro".encode().decode("latin-1")
    sends(client, a_beat(-3, user_agent=None, plugin="firefox-wakatime/3"))
    del client.headers["x-machine-name"]
    sends(client, a_beat(-4))
    buckets = server.client_with("tracking:read").get("/api/0/buckets").json()
    assert {(name, bucket["hostname"], bucket["type"]) for name, bucket in buckets.items()} == {
        ("editor-vim_desk-two", "desk two", "app.editor.beat"),
        ("editor-vs-code_desk-two", "desk two", "app.editor.beat"),
        ("editor-vim_lap-top", "lap/top", "app.editor.beat"),
        ("editor-firefox_büro", "büro", "app.editor.beat"),
        ("editor-vim_unknown", "unknown", "app.editor.beat"),
    }


def test_the_last_project_is_used_again(server: ServerInMemory) -> None:
    client = an_editor(server)
    last = {"project": "<<LAST_PROJECT>>", "branch": "<<LAST_BRANCH>>", "language": "<<LAST_LANGUAGE>>"}
    sends(client, a_beat(-500, project="old"), a_beat(-400, user_agent=CODE), a_beat(-100, project="later"))
    sends(client, a_beat(-300, **last), a_beat(-200, project="new"), a_beat(-150, **last))
    sends(client, a_beat(-90, **last, type="domain", entity="example.com"))
    found = [(second, data.get("project"), data.get("language")) for second, data in stored(server)]
    assert found == [
        (-500, "old", "Python"),
        (-300, "acme", "Python"),
        (-200, "new", "Python"),
        (-150, "new", "Python"),
        (-100, "later", "Python"),
        (-90, None, None),
    ]


def test_sites_get_the_last_project_where_that_is_wanted(server: ServerInMemory) -> None:
    server.client_with("settings:write").put("/api/v1/settings/editor_last_for_sites", {"value": True})
    client = an_editor(server)
    sends(
        client,
        a_beat(-100),
        a_beat(-90, type="url", entity="https://example.com/a", project="<<LAST_PROJECT>>"),
    )
    assert stored(server)[1][1]["project"] == "acme"


def test_a_placeholder_without_anything_before_is_nothing(server: ServerInMemory) -> None:
    sends(an_editor(server), a_beat(project="<<LAST_PROJECT>>"))
    assert "project" not in stored(server)[0][1]


def test_pages_of_other_origins_may_send_with_a_key(server: ServerInMemory) -> None:
    key = a_key(server)
    page = {"origin": "https://github.dev", "sec-fetch-site": "cross-site"}
    for path in (BULK, "/", "/api/v1/users/current/statusbar/today"):
        asks = page | {"access-control-request-method": "POST"}
        told = server.client.request("OPTIONS", path, headers=asks).headers
        assert told["access-control-allow-origin"] == "https://github.dev"
        assert "authorization" in told["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in told
    answer = server.client.post(f"{BULK}?api_key={key}", [a_beat()], headers=page)
    assert (codes(answer), answer.headers["access-control-allow-origin"]) == ([201], "https://github.dev")
    assert server.client.post(BULK, [a_beat()], headers=page).status == 401
    assert server.client.post("/api/v1/buckets", {}, headers=page).status == 403


def test_a_name_of_half_a_character_is_stored(server: ServerInMemory) -> None:
    content = b'[{"entity":"a\\ud800.py","time":%d}]' % NINE
    answer = an_editor(server).request("POST", BULK, content=content)
    assert codes(answer) == [201]
    assert stored(server)[0][1]["entity"] == "a\ufffd.py"


def test_long_and_unprintable_words_are_cut(server: ServerInMemory) -> None:
    sends(an_editor(server), a_beat(entity="a\x00b\n" + "x" * 1_000_000, project="p" * 500))
    ((_, data),) = stored(server)
    assert (data["entity"][:4], len(data["entity"]), len(data["project"])) == ("a b ", 2_000, 200)


def test_a_report_of_a_plug_in_is_dropped(server: ServerInMemory) -> None:
    client = an_editor(server)
    for path in ("/api/v1/plugins/errors", "/plugins/errors"):
        assert client.post(path, {"message": "secret"}).status == 201
        assert client.request("POST", path, content=b"").status == 201
    assert client.post("/api/v1/users/current/file_experts", {"entity": "a"}).json() == {"data": []}
    assert stored_nothing(server)
