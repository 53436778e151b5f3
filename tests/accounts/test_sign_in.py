"""Signing in by a code, opening the live feed by a ticket: once, in time, for one purpose."""

from __future__ import annotations

import threading

import pytest

from hourloom.accounts.model import TICKET_LIVES, TicketPurpose, TicketRefused
from hourloom.core.clock import SECOND
from hourloom.testing import Answer, ServerInMemory, a_peer

BROWSER = {"Origin": "http://localhost:5600", "Sec-Fetch-Site": "same-origin"}
PURPOSES: list[TicketPurpose] = ["sign_in", "live", "download"]


def a_code(server: ServerInMemory) -> str:
    answer = server.client.post("/api/v1/sign-in-codes", peer=a_peer("unix"))
    assert answer.status == 201
    return str(answer.json()["code"])


def sign_in(server: ServerInMemory, code: str) -> Answer:
    return server.client.post("/api/v1/sign-in", {"code": code}, headers=BROWSER)


def test_a_code_signs_the_page_in(server: ServerInMemory) -> None:
    answer = sign_in(server, a_code(server))
    assert (answer.status, answer.json()["scopes"]) == (200, ["admin"])
    page = server.client.with_token(answer.json()["secret"])
    assert page.get("/api/v1/buckets", headers=BROWSER).status == 200


def test_a_code_works_once(server: ServerInMemory) -> None:
    code = a_code(server)
    assert sign_in(server, code).status == 200
    refused = sign_in(server, code)
    assert (refused.status, refused.json()["code"]) == (401, "ticket_refused")
    assert "secret" not in refused.json()


def test_a_code_works_for_sixty_seconds(server: ServerInMemory) -> None:
    early, late = a_code(server), a_code(server)
    server.clock.advance(59)
    assert sign_in(server, early).status == 200
    server.clock.advance(2)
    assert sign_in(server, late).status == 401


def test_a_clock_that_goes_back_does_not_revive_a_used_code(server: ServerInMemory) -> None:
    code = a_code(server)
    assert sign_in(server, code).status == 200
    server.clock.advance(-30)
    assert sign_in(server, code).status == 401


@pytest.mark.parametrize("code", ["nothing", "", " ", "\u0000", "x" * 121, "' OR 1=1 --"])
def test_a_wrong_code_signs_nobody_in(server: ServerInMemory, code: str) -> None:
    a_code(server)
    assert sign_in(server, code).status in (401, 422)


def test_a_code_has_256_bits(server: ServerInMemory) -> None:
    codes = {a_code(server) for _ in range(5)}
    assert len(codes) == 5
    assert {len(code) for code in codes} == {43}


def test_of_two_at_once_exactly_one_signs_in(server: ServerInMemory) -> None:
    code, statuses = a_code(server), list[int]()
    accounts, start = server.server.accounts, threading.Barrier(8)

    def redeem() -> None:
        start.wait()
        try:
            server.database.write(lambda: accounts.sign_in(code))
            statuses.append(200)
        except TicketRefused:
            statuses.append(401)

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, *[401] * 7]


def test_codes_are_made_by_the_owner_and_by_nobody_else(server: ServerInMemory) -> None:
    path = "/api/v1/sign-in-codes"
    assert server.client.post(path).status == 401
    assert server.client.post(path, headers=BROWSER).status == 401
    assert server.client.post(path, peer=a_peer("unix", uid=54321)).status == 401
    assert server.client.post(path, peer=a_peer("unix"), headers=BROWSER).status == 401
    assert server.client.post(path, peer=a_peer("unix"), headers={"Via": "1.1 proxy"}).status == 401
    assert server.client_with("tracking:write", "accounts:write", "settings:write").post(path).status == 403
    assert server.client_with("admin").post(path).status == 201


@pytest.mark.parametrize("made", PURPOSES)
@pytest.mark.parametrize("used", PURPOSES)
def test_a_ticket_serves_its_own_purpose_once(
    server: ServerInMemory, made: TicketPurpose, used: TicketPurpose
) -> None:
    accounts = server.server.accounts
    secret = server.write(lambda: accounts.issue_ticket(server.owner, made))
    if made == used:
        assert server.write(lambda: accounts.redeem(used, secret)).workspace_id == server.owner.workspace_id
    with pytest.raises(TicketRefused):
        server.write(lambda: accounts.redeem(used, secret))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_ticket_lives_for_a_minute(server: ServerInMemory, purpose: TicketPurpose) -> None:
    accounts = server.server.accounts
    secret = server.write(lambda: accounts.issue_ticket(server.owner, purpose))
    server.clock.advance(TICKET_LIVES[purpose] / SECOND)
    with pytest.raises(TicketRefused):
        server.write(lambda: accounts.redeem(purpose, secret))


def test_a_ticket_for_the_feed_carries_what_its_maker_may_see(server: ServerInMemory) -> None:
    accounts = server.server.accounts
    code = server.client_with("tracking:read").post("/api/v1/live-tickets").json()["code"]
    ticket = server.write(lambda: accounts.redeem("live", code))
    assert [word for word in ticket.subject.split() if not word.startswith("token:")] == ["tracking:read"]


def test_secrets_of_tickets_are_kept_as_hashes_and_then_dropped(server: ServerInMemory) -> None:
    code = a_code(server)
    with server.database.read() as tx:
        assert code not in repr(tx.rows("SELECT * FROM tickets"))
    server.clock.advance(86_400 + 61)
    server.write(server.server.accounts.drop_old_tickets)
    with server.database.read() as tx:
        assert tx.rows("SELECT * FROM tickets") == []
