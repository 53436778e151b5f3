"""Pairing: a code of eight characters for one program, once, with few tries, for one bucket."""

from __future__ import annotations

import re
import threading

import pytest

from hourloom.core.errors import HourloomError
from hourloom.testing import Answer, Client, ServerInMemory
from tests.dialects import POSTGRESQL_LATER

EXTENSION = {"Origin": "moz-extension://d3b8", "Sec-Fetch-Site": "cross-site"}
BUCKET = {"type": "web.tab.current", "client": "test", "hostname": "here"}
HEARTBEAT = {"timestamp": "2026-03-02T08:00:00Z", "data": {"url": "https://example.org"}}


@pytest.fixture(params=POSTGRESQL_LATER)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def a_code(server: ServerInMemory, name: str = "Firefox") -> str:
    answer = server.client_with("admin").post("/api/v1/pairing-codes", {"name": name})
    assert answer.status == 201, answer
    return str(answer.json()["code"])


def pair(server: ServerInMemory, code: str, bucket: str = "web") -> Answer:
    return server.client.post("/api/v1/pairing", {"code": code, "bucket": bucket}, headers=EXTENSION)


def paired(server: ServerInMemory) -> Client:
    return server.client.with_token(pair(server, a_code(server)).json()["secret"])


def test_a_code_has_eight_characters_that_are_hard_to_confuse(server: ServerInMemory) -> None:
    assert re.fullmatch("[A-HJ-NP-Z2-9]{8}", a_code(server))


def test_an_extension_gets_a_token_for_its_own_bucket(server: ServerInMemory) -> None:
    answer = pair(server, a_code(server))
    assert (answer.status, answer.json()["scopes"]) == (200, ["heartbeats:write:web"])
    assert answer.headers["access-control-allow-origin"] == EXTENSION["Origin"]
    listed = server.client_with("admin").get("/api/v1/tokens").json()
    assert [t["name"] for t in listed if t["purpose"] == "device"] == ["Firefox"]


def test_case_and_blanks_do_not_matter(server: ServerInMemory) -> None:
    assert pair(server, f"  {a_code(server).lower()} ").status == 200


def test_the_token_records_in_its_bucket_and_nowhere_else(server: ServerInMemory) -> None:
    device = paired(server)
    owner = server.client_with("admin")
    assert owner.post("/api/0/buckets/other", BUCKET).status == 200
    assert device.post("/api/0/buckets/web", BUCKET).status == 200
    assert device.post("/api/0/buckets/web/heartbeat?pulsetime=5", HEARTBEAT).status == 200
    for bucket in ("other", "web2", "we", "WEB", "web "):
        path = f"/api/0/buckets/{bucket.replace(' ', '%20')}"
        assert device.post(f"{path}/heartbeat?pulsetime=5", HEARTBEAT).status == 403, bucket
        assert device.post(path, BUCKET).status == 403, bucket
        beats = {"bucket": bucket, "pulsetime": 5, "heartbeats": [HEARTBEAT]}
        assert device.post("/api/v1/heartbeats", beats).status == 403, bucket
    assert owner.get("/api/0/buckets/other/events/count").json() == 0
    assert device.get("/api/0/buckets/web/events").status == 403
    assert device.get("/api/v1/buckets").status == 403
    assert device.post("/api/v1/live-tickets").status == 403


def test_a_code_works_once(server: ServerInMemory) -> None:
    code = a_code(server)
    assert pair(server, code).status == 200
    assert pair(server, code).status == 401


def test_a_code_works_for_two_minutes(server: ServerInMemory) -> None:
    code = a_code(server)
    server.clock.advance(119)
    assert pair(server, code).status == 200
    late = a_code(server)
    server.clock.advance(120)
    assert pair(server, late).status == 401


def test_after_five_wrong_tries_a_code_is_void(server: ServerInMemory) -> None:
    code = a_code(server)
    answers = [pair(server, "WRONGAAA") for _ in range(5)]
    assert [answer.status for answer in answers] == [401, 401, 401, 401, 429]
    assert answers[-1].json()["code"] == "too_many_tries"
    assert pair(server, code).status == 401


def test_four_wrong_tries_leave_the_fifth(server: ServerInMemory) -> None:
    code = a_code(server)
    for _ in range(4):
        pair(server, "WRONGAAA")
    assert pair(server, code).status == 200


def test_only_one_pairing_waits(server: ServerInMemory) -> None:
    code = a_code(server)
    second = server.client_with("admin").post("/api/v1/pairing-codes", {"name": "Chrome"})
    assert (second.status, second.json()["code"]) == (409, "pairing_pending")
    assert code not in second.body.decode()
    pair(server, code)
    assert a_code(server, "Chrome")


def test_a_pairing_that_nobody_finished_makes_way_after_two_minutes(server: ServerInMemory) -> None:
    a_code(server)
    server.clock.advance(120)
    assert a_code(server)


def test_of_two_at_once_exactly_one_is_paired(server: ServerInMemory) -> None:
    code, accounts, outcomes = a_code(server), server.server.accounts, list[object]()
    start = threading.Barrier(4)

    def redeem() -> None:
        start.wait()
        outcomes.append(server.database.write(lambda: accounts.pair(code, "web")))

    threads = [threading.Thread(target=redeem) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [isinstance(outcome, HourloomError) for outcome in outcomes].count(False) == 1


def test_wrong_tries_at_once_are_all_counted(server: ServerInMemory) -> None:
    code, accounts = a_code(server), server.server.accounts
    threads = [
        threading.Thread(target=lambda: server.database.write(lambda: accounts.pair("WRONGAAA", "web")))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pair(server, code).status == 401


@pytest.mark.parametrize("bucket", ["", "a b", "a,b", "x" * 201, "web\nadmin"])
def test_a_bucket_that_could_name_a_second_scope_is_refused(server: ServerInMemory, bucket: str) -> None:
    code = a_code(server)
    assert pair(server, code, bucket).status in (400, 422)
    assert pair(server, code).status == 200


@pytest.mark.parametrize("scopes", [("accounts:read",), ("tracking:write",), ("accounts:write",)])
def test_a_pairing_is_begun_only_by_who_may_make_tokens_and_record(
    server: ServerInMemory, scopes: tuple[str, ...]
) -> None:
    assert server.client_with(*scopes).post("/api/v1/pairing-codes", {"name": "x"}).status == 403
    assert server.client.post("/api/v1/pairing-codes", {"name": "x"}).status == 401


def test_pages_of_other_sites_cannot_pair(server: ServerInMemory) -> None:
    code = a_code(server)
    foreign = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    body = {"code": code, "bucket": "web"}
    assert server.client.post("/api/v1/pairing", body, headers=foreign).status == 403
    assert pair(server, code).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-site"},
        {"Origin": "chrome-extension.evil.example"},
        {"Origin": "https://evil.example/chrome-extension://x"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_no_page_can_try_codes_and_none_of_its_tries_counts(
    server: ServerInMemory, headers: dict[str, str]
) -> None:
    code = a_code(server)
    for _ in range(6):
        body = {"code": "WRONGAAA", "bucket": "web"}
        assert server.client.post("/api/v1/pairing", body, headers=headers).status == 403
    assert pair(server, code).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "chrome-extension://fbkkcofngoajbjifinmcogfpjcaljgoc", "Sec-Fetch-Site": "none"},
        {"Origin": "chrome-extension://fbkkcofngoajbjifinmcogfpjcaljgoc", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "moz-extension://2ead1016-c08f-4bef-a8cf-82f7c7d6a1ad", "Sec-Fetch-Site": "same-origin"},
        {},
    ],
    ids=["Chromium", "Chromium from a page of its own", "Firefox", "a program"],
)
def test_extensions_and_programs_pair(server: ServerInMemory, headers: dict[str, str]) -> None:
    body = {"code": a_code(server), "bucket": "web"}
    answer = server.client.post("/api/v1/pairing", body, headers=headers)
    assert (answer.status, answer.json()["scopes"]) == (200, ["heartbeats:write:web"])


def test_only_json_is_taken(server: ServerInMemory) -> None:
    code = a_code(server)
    sent = EXTENSION | {"Content-Type": "text/plain"}
    body = f'{{"code": "{code}", "bucket": "web"}}'.encode()
    assert server.client.post("/api/v1/pairing", content=body, headers=sent).status == 415
    assert pair(server, code).status == 200


def test_wrong_tries_of_all_who_try_count_together(server: ServerInMemory) -> None:
    code = a_code(server)
    origins = ["moz-extension://a", "chrome-extension://b", "moz-extension://c", "chrome-extension://d", ""]
    body = {"code": "WRONGAAA", "bucket": "web"}
    answers = [server.client.post("/api/v1/pairing", body, headers={"Origin": each}) for each in origins]
    assert [answer.status for answer in answers] == [401, 401, 401, 401, 429]
    assert pair(server, code).status == 401


def test_what_was_paired_is_announced_and_can_be_revoked_at_once(server: ServerInMemory) -> None:
    device, owner = paired(server), server.client_with("admin")
    assert device.post("/api/0/buckets/web", BUCKET).status == 200
    assert [change.kind for change in server.changes].count("TokenCreated") == 3
    (token,) = [each for each in owner.get("/api/v1/tokens").json() if each["purpose"] == "device"]
    assert owner.delete(f"/api/v1/tokens/{token['id']}").status == 200
    assert server.changes[-1].kind == "TokenRevoked"
    assert device.post("/api/0/buckets/web/heartbeat?pulsetime=5", HEARTBEAT).status == 401


def test_no_answer_tells_how_close_a_code_was(server: ServerInMemory) -> None:
    code = a_code(server)
    near = code[:-1] + ("A" if code[-1] != "A" else "B")
    told = [pair(server, tried).body for tried in ("WRONGAAA", near, code[:-1])]
    assert len(set(told)) == 1
