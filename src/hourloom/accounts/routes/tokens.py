"""Tokens, sign-in and pairing over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.accounts.model import Token
from hourloom.accounts.service import Accounts, IssuedToken
from hourloom.core.actors import Actor
from hourloom.core.clock import datetime_of
from hourloom.core.ids import TokenId
from hourloom.web.routes import Access, Mode, Routes

routes = Routes("/api/v1", "accounts")

Name = Annotated[str, Meta(min_length=1, max_length=120)]
Code = Annotated[str, Meta(min_length=1, max_length=120)]
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """What a new token is called and what it allows."""

    name: Name
    scopes: Annotated[list[str], Meta(min_length=1, max_length=20)]


class TokenView(msgspec.Struct):
    """A token without its secret."""

    id: int
    name: str
    purpose: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class SignInCode(msgspec.Struct):
    """A single-use code, valid for a minute."""

    code: str


class Exchange(msgspec.Struct, forbid_unknown_fields=True):
    """A code to exchange for a token."""

    code: Code


class PairingRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The name of the program that is to be paired."""

    name: Name


class Pairing(msgspec.Struct, forbid_unknown_fields=True):
    """A pairing code and the bucket that the program will record in."""

    code: Code
    bucket: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\s,]+$")]


class Done(msgspec.Struct):
    """It is done."""

    done: bool = True


@routes.on("POST", "/tokens", scope="accounts:write", mode=Mode.WRITE, status=201)
def create_token(accounts: Accounts, who: Actor, body: NewToken) -> IssuedToken:
    """Make a token; its secret is told only in this answer."""
    return accounts.issue_token(who, body.name, body.scopes)


@routes.on("GET", "/tokens", scope="accounts:read")
def list_tokens(accounts: Accounts, who: Actor) -> list[TokenView]:
    """List the user's tokens."""
    return [_view(token) for token in accounts.tokens(who)]


@routes.on("DELETE", "/tokens/{token}", scope="accounts:write", mode=Mode.WRITE)
def revoke_token(accounts: Accounts, who: Actor, token: Number) -> Done:
    """Revoke a token at once."""
    accounts.revoke_token(who, TokenId(token))
    return Done()


@routes.on("POST", "/sign-in-codes", scope="admin", mode=Mode.WRITE, status=201)
def create_sign_in_code(accounts: Accounts, who: Actor) -> SignInCode:
    """Make a single-use code with which a browser signs in within a minute."""
    return SignInCode(accounts.issue_ticket(who, "sign_in"))


@routes.on("POST", "/sign-in", access=Access.ANYONE, mode=Mode.WRITE)
def sign_in(accounts: Accounts, body: Exchange) -> IssuedToken:
    """Exchange a sign-in code for a token."""
    return accounts.sign_in(body.code)


@routes.on("POST", "/sign-out", mode=Mode.WRITE)
def sign_out(accounts: Accounts, who: Actor) -> Done:
    """Revoke the token that this request shows."""
    accounts.sign_out(who)
    return Done()


@routes.on("POST", "/live-tickets", scope="tracking:read", mode=Mode.WRITE, status=201)
def create_live_ticket(accounts: Accounts, who: Actor) -> SignInCode:
    """Make the single-use ticket with which a browser opens the live feed."""
    token = [] if who.token_id is None else [f"token:{who.token_id}"]
    return SignInCode(accounts.issue_ticket(who, "live", " ".join([*token, *sorted(who.scopes)])))


@routes.on("POST", "/pairing-codes", scope="accounts:write", mode=Mode.WRITE, status=201)
def create_pairing_code(accounts: Accounts, who: Actor, body: PairingRequest) -> SignInCode:
    """Make a code of eight characters with which an extension or a device is paired within two minutes."""
    return SignInCode(accounts.issue_ticket(who, "pairing", body.name))


@routes.on("POST", "/pairing", access=Access.ANYONE, mode=Mode.WRITE, extensions=True)
def pair(accounts: Accounts, body: Pairing) -> IssuedToken:
    """Exchange a pairing code for a token that may only record in one bucket."""
    # An error is given back and not raised, so that the wrong try stays counted.
    return accounts.pair(body.code, body.bucket)  # type: ignore[return-value]


def _view(token: Token) -> TokenView:
    return TokenView(
        id=token.id,
        name=token.name,
        purpose=token.purpose,
        scopes=token.scopes.split(),
        created_at=datetime_of(token.created_at),
        expires_at=_when(token.expires_at),
        last_used_at=_when(token.last_used_at),
        revoked_at=_when(token.revoked_at),
    )


def _when(instant: int | None) -> datetime | None:
    return None if instant is None else datetime_of(instant)
