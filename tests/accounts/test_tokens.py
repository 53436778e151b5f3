"""Tokens: what they look like, how long they live, who may make and revoke them."""

from __future__ import annotations

import uuid

import pytest

from hourloom.testing import Client, ServerInMemory

DAY = 86_400.0


def a_token(client: Client, *scopes: str) -> dict[str, object]:
    answer = client.post("/api/v1/tokens", {"name": "editor", "scopes": list(scopes)})
    assert answer.status == 201, answer
    return answer.json()  # type: ignore[no-any-return]


@pytest.mark.parametrize("more", [(), ("tracking:read",)])
def test_one_for_an_editor_is_a_uuid_as_editors_insist(server: ServerInMemory, more: tuple[str, ...]) -> None:
    secret = str(a_token(server.client_with("admin"), "heartbeats:write", *more)["secret"])
    assert uuid.UUID(secret).version == 4
    assert str(uuid.UUID(secret)) == secret


@pytest.mark.parametrize(
    "scopes",
    [("admin",), ("tracking:read",), ("heartbeats:write", "tracking:write"), ("heartbeats:write:mine",)],
)
def test_any_other_is_256_random_bits(server: ServerInMemory, scopes: tuple[str, ...]) -> None:
    owner = server.client_with("admin")
    secrets = {str(a_token(owner, *scopes)["secret"]) for _ in range(3)}
    assert len(secrets) == 3
    assert {len(secret) for secret in secrets} == {43}


def test_its_secret_is_told_once_and_kept_nowhere(server: ServerInMemory) -> None:
    owner = server.client_with("admin")
    made = a_token(owner, "tracking:read")
    listed = owner.get("/api/v1/tokens")
    assert str(made["secret"]) not in listed.body.decode()
    with server.database.read() as tx:
        stored = repr(tx.rows("SELECT * FROM tokens"))
    assert str(made["secret"]) not in stored


def test_a_secret_is_never_repeated_for_an_idempotency_key(server: ServerInMemory) -> None:
    owner = server.client_with("admin")
    body = {"name": "editor", "scopes": ["tracking:read"]}
    twice = [owner.post("/api/v1/tokens", body, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert twice[0].json()["secret"] != twice[1].json()["secret"]
    with server.database.read() as tx:
        assert tx.rows("SELECT * FROM idempotency_keys") == []


@pytest.mark.parametrize(
    "asked", ["admin", "settings:write", "tracking:read", "heartbeats:write", "heartbeats:write:mine"]
)
def test_nobody_hands_out_what_they_do_not_have(server: ServerInMemory, asked: str) -> None:
    keeper = server.client_with("accounts:write", "jobs:read")
    body = {"name": "more", "scopes": ["jobs:read", asked]}
    before = server.client_with("admin").get("/api/v1/tokens").json()
    refused = keeper.post("/api/v1/tokens", body)
    assert (refused.status, refused.json()["code"]) == (403, "scope_missing")
    after = server.client_with("admin").get("/api/v1/tokens").json()
    assert len(after) == len(before) + 1
    assert keeper.post("/api/v1/tokens", {"name": "same", "scopes": ["jobs:read"]}).status == 201
    assert keeper.post("/api/v1/tokens", {"name": "less", "scopes": ["accounts:read"]}).status == 201


def test_who_may_record_everywhere_may_hand_out_one_bucket(server: ServerInMemory) -> None:
    keeper = server.client_with("accounts:write", "heartbeats:write")
    assert a_token(keeper, "heartbeats:write:mine")["scopes"] == ["heartbeats:write:mine"]


@pytest.mark.parametrize(
    "scope",
    ["", "root", "tracking", "tracking:*", "tracking:delete", "heartbeats:write:", "heartbeats:write:a b"],
)
def test_a_scope_that_does_not_exist_is_refused(server: ServerInMemory, scope: str) -> None:
    answer = server.client_with("admin").post("/api/v1/tokens", {"name": "x", "scopes": [scope]})
    assert answer.status in (400, 422)


def test_a_revoked_token_is_useless_at_once(server: ServerInMemory) -> None:
    owner = server.client_with("admin")
    made = a_token(owner, "tracking:read")
    holder = server.client.with_token(str(made["secret"]))
    assert holder.get("/api/v1/buckets").status == 200
    assert owner.delete(f"/api/v1/tokens/{made['id']}").status == 200
    assert holder.get("/api/v1/buckets").status == 401
    assert owner.delete(f"/api/v1/tokens/{made['id']}").status == 404


def test_a_token_used_while_it_is_revoked_stays_revoked(server: ServerInMemory) -> None:
    accounts = server.server.accounts
    issued = server.write(lambda: accounts.issue_token(server.owner, "x", ["tracking:read"]))
    holder = server.client.with_token(issued.secret)
    assert holder.get("/api/v1/buckets").status == 200

    def both() -> None:
        accounts.revoke_token(server.owner, issued.id)
        accounts.note_uses()

    server.write(both)
    assert holder.get("/api/v1/buckets").status == 401


def signed_in(server: ServerInMemory) -> Client:
    code = server.client_with("admin").post("/api/v1/sign-in-codes").json()["code"]
    return server.client.with_token(server.client.post("/api/v1/sign-in", {"code": code}).json()["secret"])


def test_a_page_stays_signed_in_for_30_days_after_its_last_use(server: ServerInMemory) -> None:
    page = signed_in(server)
    for _ in range(3):
        server.clock.advance(29 * DAY)
        assert page.get("/api/v1/buckets").status == 200
        server.write(server.server.accounts.note_uses)
    server.clock.advance(30 * DAY)
    assert page.get("/api/v1/buckets").status == 401


def test_a_page_that_was_left_for_30_days_is_signed_out(server: ServerInMemory) -> None:
    page = signed_in(server)
    server.clock.advance(30 * DAY - 1)
    assert page.get("/api/v1/buckets").status == 200
    left = signed_in(server)
    server.clock.advance(30 * DAY)
    server.write(server.server.accounts.note_uses)
    assert left.get("/api/v1/buckets").status == 401


def test_signing_out_revokes_the_token_of_the_page(server: ServerInMemory) -> None:
    page = signed_in(server)
    other = signed_in(server)
    assert page.post("/api/v1/sign-out").status == 200
    assert page.get("/api/v1/buckets").status == 401
    assert other.get("/api/v1/buckets").status == 200


def test_a_token_of_a_program_lives_until_it_is_revoked(server: ServerInMemory) -> None:
    program = server.client_with("tracking:read")
    server.clock.advance(3_000 * DAY)
    assert program.get("/api/v1/buckets").status == 200


def test_the_list_says_when_each_was_used(server: ServerInMemory) -> None:
    program = server.client_with("tracking:read")
    program.get("/api/v1/buckets")
    server.write(server.server.accounts.note_uses)
    listed = server.client_with("admin").get("/api/v1/tokens").json()
    assert [bool(t["last_used_at"]) for t in listed if t["scopes"] == ["tracking:read"]] == [True]
