"""Confirming once more that it is you: which routes want it, and what it takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hourloom.accounts.model import StepUpRefused, TooManyProofs
from hourloom.accounts.step_up import WRONG_PROOFS, StepUp
from hourloom.assembly import all_routes, openapi_document
from hourloom.live.commands import is_command
from hourloom.testing import Answer, Client, ServerInMemory, a_peer
from hourloom.web.routes import Access, Mode, Route
from tests.accounts.a_keyed_server import PASSPHRASE, SOCKET, a_keyed_server
from tests.accounts.requests import body_of, target_of
from tests.dialects import POSTGRESQL_LATER

GUARDED = [route for route in all_routes() if route.step_up]
BROWSER = {"Origin": "http://localhost:5600", "Sec-Fetch-Site": "same-origin"}
IDS: dict[str, object] = {"wrap": "0000", "bucket": "mine", "event": 1}
every_guarded_route = pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.name)


@pytest.fixture(params=POSTGRESQL_LATER)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask(client: Client, route: Route, **options: Any) -> Answer:
    json = body_of(route, IDS) if route.decoder else msgspec.UNSET
    return client.request(route.method, target_of(route, IDS), json=json, **options)


def a_code(server: ServerInMemory) -> str:
    answer = server.client.post("/api/v1/step-up-codes", peer=SOCKET)
    assert answer.status == 201, answer.body
    return str(answer.json()["code"])


def a_ticket(server: ServerInMemory, client: Client) -> str:
    answer = client.post("/api/v1/step-up", {"code": a_code(server)})
    assert answer.status == 200, answer.body
    return str(answer.json()["ticket"])


def is_refused(answer: Answer) -> bool:
    return answer.status == 403 and answer.json()["code"] == "step_up_needed"


def test_what_cannot_be_taken_back_is_guarded() -> None:
    names = {route.name for route in GUARDED}
    assert names >= {"add_wrap", "remove_wrap", "rotate_wrap", "rotate_data_key", "renew_recovery"}
    assert all(route.access is Access.TOKEN and route.scope for route in GUARDED)
    # What is queued is answered without asking anything else.
    assert not [route.name for route in GUARDED if route.mode is Mode.QUEUED]


@every_guarded_route
def test_a_token_alone_is_not_enough(server: ServerInMemory, route: Route) -> None:
    client = server.client_with("admin")
    for headers in ({}, BROWSER, {"Idempotency-Key": "again"}, {"Hourloom-Step-Up": ""}):
        answer = ask(client, route, headers=headers)
        assert is_refused(answer)
        assert "hourloom open --step-up" in answer.json()["detail"]
        assert answer.json()["fields"]["ways"] == ["code"]


@every_guarded_route
def test_a_ticket_of_the_same_token_opens_it(server: ServerInMemory, route: Route) -> None:
    client = server.client_with("admin")
    ticket = {"Hourloom-Step-Up": a_ticket(server, client)}
    assert not is_refused(ask(client, route, headers=ticket))
    # Within its five minutes, for whatever is asked.
    assert not is_refused(ask(client, route, headers=ticket))


@every_guarded_route
def test_nothing_else_opens_it(server: ServerInMemory, route: Route) -> None:
    client, other = server.client_with("admin"), server.client_with("admin")
    wrong = [
        a_ticket(server, other),
        a_code(server),
        server.write(lambda: server.server.accounts.issue_ticket(server.owner, "sign_in")),
        server.write(lambda: server.server.accounts.issue_ticket(server.owner, "step_up")),
        "nothing",
        "x" * 5_000,
    ]
    for ticket in wrong:
        assert is_refused(ask(client, route, headers={"Hourloom-Step-Up": ticket}))


@every_guarded_route
def test_the_local_socket_is_enough_where_there_is_no_passphrase(
    server: ServerInMemory, route: Route
) -> None:
    assert not is_refused(ask(server.client, route, peer=SOCKET))
    assert ask(server.client, route, peer=a_peer("unix", uid=54321)).status == 401
    # A token stays a token, whichever way it comes.
    assert is_refused(ask(server.client_with("admin"), route, peer=SOCKET))


@every_guarded_route
def test_the_scope_is_asked_for_all_the_same(server: ServerInMemory, route: Route) -> None:
    client = server.client_with("accounts:write", "heartbeats:write")
    ticket = a_ticket(server, client)
    if route.scope != "accounts:write":
        answer = ask(client, route, headers={"Hourloom-Step-Up": ticket})
        assert (answer.status, answer.json()["code"]) == (403, "scope_missing")


def test_a_ticket_holds_for_five_minutes(server: ServerInMemory) -> None:
    client = server.client_with("admin")
    headers = {"Hourloom-Step-Up": a_ticket(server, client)}
    (route,) = (route for route in GUARDED if route.name == "renew_recovery")
    server.clock.advance(299)
    assert not is_refused(ask(client, route, headers=headers))
    server.clock.advance(2)
    assert is_refused(ask(client, route, headers=headers))
    server.clock.advance(-400)
    assert is_refused(ask(client, route, headers=headers))


def test_a_code_works_once_for_a_minute_and_for_its_own_purpose(server: ServerInMemory) -> None:
    client = server.client_with("admin")
    used, late, foreign = a_code(server), a_code(server), a_code(server)
    assert client.post("/api/v1/step-up", {"code": used}).status == 200
    assert client.post("/api/v1/sign-in", {"code": foreign}).status == 401
    refused = client.post("/api/v1/step-up", {"code": used})
    assert (refused.status, refused.json()["code"]) == (403, "step_up_refused")
    server.clock.advance(61)
    assert client.post("/api/v1/step-up", {"code": late}).status == 403


def test_codes_are_made_over_the_local_socket_alone(server: ServerInMemory) -> None:
    client = server.client_with("admin")
    headers = {"Hourloom-Step-Up": a_ticket(server, client)}
    answer = client.post("/api/v1/step-up-codes", headers=headers)
    assert (answer.status, answer.json()["code"]) == (403, "not_on_this_way")
    assert client.post("/api/v1/step-up-codes", headers=headers, peer=SOCKET).status == 403
    assert server.client.post("/api/v1/step-up-codes").status == 401
    assert server.client.post("/api/v1/step-up-codes", peer=SOCKET, headers=BROWSER).status == 401


@pytest.mark.parametrize("proof", [{}, {"passphrase": "a", "code": "b"}, {"passphrase": None, "code": None}])
def test_one_proof_is_wanted(server: ServerInMemory, proof: dict[str, object]) -> None:
    answer = server.client_with("admin").post("/api/v1/step-up", proof)
    assert (answer.status, answer.json()["code"]) == (400, "proof_unclear")


def test_a_database_without_a_passphrase_says_so(server: ServerInMemory) -> None:
    answer = server.client_with("admin").post("/api/v1/step-up", {"passphrase": "whatever it is"})
    assert (answer.status, answer.json()["code"]) == (409, "no_passphrase")


def test_recording_programs_cannot_confirm(server: ServerInMemory) -> None:
    answer = server.client_with("heartbeats:write").post("/api/v1/step-up", {"code": a_code(server)})
    assert answer.status == 403


def test_who_is_wrong_often_must_wait(server: ServerInMemory) -> None:
    client = server.client_with("admin")
    for _ in range(WRONG_PROOFS.burst):
        assert client.post("/api/v1/step-up", {"code": "wrong"}).status == 403
    refused = client.post("/api/v1/step-up", {"code": a_code(server)})
    assert (refused.status, refused.json()["code"]) == (429, "too_many_proofs")
    assert int(refused.headers["retry-after"]) >= 1


class Words:
    """A passphrase that nobody stretches."""

    def is_set(self) -> bool:
        return True

    def is_right(self, words: str) -> bool:
        return words == PASSPHRASE


def test_waiting_helps_and_many_at_once_count_as_many(server: ServerInMemory) -> None:
    import asyncio

    moment = [0.0]
    accounts = server.server.accounts
    step_up = StepUp(server.database, server.clock, accounts, Words(), lambda: moment[0])

    async def guess(words: str) -> object:
        try:
            return await step_up.confirm(server.owner, words, None)
        except (StepUpRefused, TooManyProofs) as error:
            return type(error)

    async def many() -> list[object]:
        return list(await asyncio.gather(*(guess(f"wrong {number}") for number in range(20))))

    answers = server.run(many())
    assert answers.count(StepUpRefused) == WRONG_PROOFS.burst
    assert server.run(guess(PASSPHRASE)) is TooManyProofs
    moment[0] += 1 / WRONG_PROOFS.per_second
    assert server.run(guess(PASSPHRASE)) not in (TooManyProofs, StepUpRefused)


def test_tickets_are_kept_as_hashes(server: ServerInMemory) -> None:
    ticket = a_ticket(server, server.client_with("admin"))
    with server.database.read() as tx:
        assert ticket not in repr(tx.rows("SELECT * FROM tickets"))


def test_guarded_routes_are_no_commands_of_the_live_socket() -> None:
    assert [route.name for route in GUARDED if is_command(route)] == []


def test_openapi_says_which_they_are() -> None:
    described = openapi_document()["paths"]
    for route in all_routes():
        if route.is_for_editors or (route.path.endswith("/") and len(route.path) > 1):
            continue
        operation = described[route.path][route.method.lower()]
        names = [parameter["name"] for parameter in operation["parameters"]]
        assert operation.get("x-step-up", False) is route.step_up
        assert ("Hourloom-Step-Up" in names) is route.step_up


@pytest.fixture
def worded(tmp_path: Path) -> Iterator[ServerInMemory]:
    """A server whose database has a passphrase."""
    with a_keyed_server(tmp_path, passphrase=True) as keyed:
        yield keyed.server


def test_where_there_is_a_passphrase_the_local_socket_needs_it_too(worded: ServerInMemory) -> None:
    (route,) = (route for route in GUARDED if route.name == "renew_recovery")
    answer = ask(worded.client, route, peer=SOCKET)
    assert is_refused(answer)
    assert answer.json()["fields"]["ways"] == ["passphrase"]
    assert is_refused(worded.client.post("/api/v1/step-up-codes", peer=SOCKET))
    token = ask(worded.client_with("admin"), route)
    assert token.json()["fields"]["ways"] == ["passphrase", "code"]
    wrong = worded.client.post("/api/v1/step-up", {"passphrase": PASSPHRASE + "!"}, peer=SOCKET)
    assert (wrong.status, wrong.json()["code"]) == (403, "step_up_refused")
    assert PASSPHRASE not in wrong.body.decode()
    right = worded.client.post("/api/v1/step-up", {"passphrase": PASSPHRASE}, peer=SOCKET)
    headers = {"Hourloom-Step-Up": right.json()["ticket"]}
    assert worded.client.post("/api/v1/step-up-codes", peer=SOCKET, headers=headers).status == 201
    # The socket's ticket is worth nothing to a token.
    assert is_refused(ask(worded.client_with("admin"), route, headers=headers))
