"""Make the local user, issue and revoke tokens, exchange single-use tickets."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hourloom.accounts import store
from hourloom.accounts.model import (
    DEMO_ROLES,
    MOST_FAILURES,
    OF_DEMO,
    TICKET_LIVES,
    UI_TOKEN_LIVES,
    DemoState,
    DemoWorkspace,
    NoDemo,
    NoSuchToken,
    PairingPending,
    Ticket,
    TicketPurpose,
    TicketRefused,
    Token,
    TokenCreated,
    TokenPurpose,
    TokenRefused,
    TokenRevoked,
    TooManyTries,
    Workspace,
    checked_scopes,
    hash_of,
    pairing_code,
    require_all,
    same,
    seconds_left,
    token_secret,
)
from hourloom.core.actors import EVERYTHING, Actor
from hourloom.core.clock import DAY, Clock, Duration, Instant
from hourloom.core.ids import TokenId, UserId, WorkspaceId
from hourloom.db.transaction import Database, Transaction


class IssuedToken(msgspec.Struct, frozen=True):
    """A new token with its secret, which is told only this once."""

    id: TokenId
    name: str
    scopes: list[str]
    secret: str


class Accounts:
    """The people of this server and the secrets of their programs."""

    is_service = True

    def __init__(self, database: Database, clock: Clock, random: Callable[[int], bytes]) -> None:
        self._database, self._clock, self._random = database, clock, random
        self._tokens: dict[bytes, Token] = {}
        self._used: dict[TokenId, Instant] = {}

    def ensure_owner(self) -> Actor:
        """Return the local user's actor, making user and workspace on an empty database."""
        with self._database.begin() as tx:
            workspace = store.first_workspace(tx)
            if workspace is None:
                self._create_owner(tx)
                workspace = store.first_workspace(tx)
            assert workspace is not None  # made just above
            user = store.first_member(tx, workspace.id)
            self._tokens = {token.secret_hash: token for token in store.all_tokens(tx)}
            return Actor(workspace.id, UserId(user or 0), EVERYTHING)

    def workspace(self) -> Workspace:
        """Return the one workspace of a local install."""
        with self._database.read() as tx:
            found = store.first_workspace(tx)
            assert found is not None  # made before anything is served
            return found

    def issue_token(
        self,
        who: Actor,
        name: str,
        scopes: list[str],
        *,
        purpose: TokenPurpose = "api",
        lives: Duration | None = None,
    ) -> IssuedToken:
        """Make a token; its secret is told only in this answer, and it allows no more than its maker has."""
        who.require("accounts:write")
        allowed = checked_scopes(scopes)
        require_all(who, allowed)
        return self._issue(who, name, allowed, purpose, lives)

    def tokens(self, who: Actor) -> list[Token]:
        """Return the user's tokens, revoked ones included."""
        who.require("accounts:read")
        with self._database.read() as tx:
            return store.tokens_of(tx, who.workspace_id, who.user_id)

    def revoke_token(self, who: Actor, token: TokenId) -> None:
        """Make a token useless at once."""
        who.require("accounts:write")
        self._revoke(who, token)

    def sign_out(self, who: Actor) -> None:
        """Revoke the token that an actor came with; whoever came without one stays who they are."""
        if who.token_id is not None:
            self._revoke(who, who.token_id)

    def _revoke(self, who: Actor, token: TokenId) -> None:
        with self._database.begin() as tx:
            if not store.revoke_token(tx, who.workspace_id, who.user_id, token, self._clock.now()):
                raise NoSuchToken(id=token)
            tx.changed(who.workspace_id, TokenRevoked(token))
            tx.after_commit(lambda: self._forget_token(token))

    def actor_of(self, secret: str) -> Actor:
        """Return whom a token belongs to; extends the life of one that slides."""
        token = self._tokens.get(hash_of(secret))
        now = self._clock.now()
        if token is None or not token.is_valid_at(now):
            raise TokenRefused
        self._used[token.id] = now
        return token.actor

    def still_holds(self, who: Actor) -> bool:
        """Return whether the token that an actor came with is neither revoked nor expired."""
        if who.token_id is None:
            return True
        now = self._clock.now()
        return any(t.id == who.token_id and t.is_valid_at(now) for t in list(self._tokens.values()))

    def note_uses(self) -> None:
        """Store when tokens were last used; a token of the user interface lives on from then."""
        used, self._used = self._used, {}
        if not used:
            return
        with self._database.begin() as tx:
            for token in list(self._tokens.values()):
                if token.id in used:
                    self._note_use(tx, token, used[token.id])

    def issue_ticket(self, who: Actor, purpose: TicketPurpose, subject: str = "") -> str:
        """Make a single-use secret; of pairings only one can wait."""
        if purpose == "pairing":
            who.require("heartbeats:write")
        with self._database.begin() as tx:
            now = self._clock.now()
            if purpose == "pairing":
                for waiting in store.open_tickets(tx, purpose, now):
                    raise PairingPending(seconds=seconds_left(waiting, now))
            secret = self._ticket_secret(purpose)
            ends = Instant(now + TICKET_LIVES[purpose])
            store.add_ticket(
                tx,
                Ticket(
                    0, who.workspace_id, who.user_id, purpose, hash_of(secret), subject, now, ends, None, 0
                ),
            )
            return secret

    def redeem(self, purpose: TicketPurpose, secret: str) -> Ticket:
        """Use up a ticket; each can be used once, in time."""
        with self._database.begin() as tx:
            now = self._clock.now()
            ticket = store.ticket_by_secret(tx, purpose, hash_of(secret))
            if ticket is None or not ticket.is_open_at(now) or not store.use_ticket(tx, ticket.id, now):
                raise TicketRefused
            return ticket

    def holds(self, purpose: TicketPurpose, secret: str, subject: str) -> bool:
        """Return whether a ticket about something can be used at this moment, without using it up."""
        with self._database.read() as tx:
            now = self._clock.now()
            ticket = store.ticket_by_secret(tx, purpose, hash_of(secret))
            # A clock that was set back must not make it live longer.
            return (
                ticket is not None
                and ticket.subject == subject
                and ticket.created_at <= now < ticket.expires_at
            )

    def sign_in(self, code: str) -> IssuedToken:
        """Exchange a sign-in code for a token of the user interface."""
        with self._database.begin():
            ticket = self.redeem("sign_in", code)
            return self._issue(_owner(ticket), "Web page", EVERYTHING, "ui", UI_TOKEN_LIVES)

    def pair(self, code: str, bucket: str) -> IssuedToken | TooManyTries | TicketRefused:
        """Exchange a pairing code for a token of one bucket; as wrong codes count, errors are values."""
        with self._database.begin() as tx:
            for ticket in store.open_tickets(tx, "pairing", self._clock.now()):
                if same(ticket.secret_hash, hash_of(code.strip().upper())):
                    store.use_ticket(tx, ticket.id, self._clock.now())
                    allowed = checked_scopes([f"heartbeats:write:{bucket}"])
                    return self._issue(_owner(ticket), ticket.subject, allowed, "device", None)
                store.count_failure(tx, ticket.id)
                if ticket.failures + 1 >= MOST_FAILURES:
                    store.use_ticket(tx, ticket.id, self._clock.now())
                    return TooManyTries()
            return TicketRefused()

    def demo_of(self, who: Actor) -> DemoWorkspace | None:
        """Return the Demo workspace of a user, for the feature that fills it: it asks for no scope."""
        with self._database.read() as tx:
            return store.demo_of(tx, who.user_id)

    def add_demo(self, who: Actor) -> DemoWorkspace:
        """Make an empty Demo workspace of a user who has none, within a write."""
        who.require("admin")
        with self._database.begin() as tx:
            now = self._clock.now()
            workspace = store.add_workspace(tx, "Demo", self._random(32), now)
            store.add_member(tx, workspace, who.user_id, "demo_filling", now)
            return DemoWorkspace(WorkspaceId(workspace), who.user_id, "demo_filling")

    def set_demo(self, demo: DemoWorkspace, state: DemoState) -> None:
        """Say how a Demo workspace stands; nobody looks at one that is being removed."""
        role = next(role for role, named in DEMO_ROLES.items() if named == state)
        with self._database.begin() as tx:
            store.set_role(tx, demo.id, demo.user_id, role)
            if state == "leaving":
                store.revoke_tokens_of(tx, demo.id, self._clock.now())
                tx.after_commit(lambda: self._forget_tokens_of(demo.id))

    def may_go(self, tx: Transaction, workspace: WorkspaceId) -> bool:
        """Return whether a workspace may be deleted with all that it has: one that is left, and no other."""
        return store.only_leaving(tx, workspace)

    def enter_demo(self, who: Actor) -> IssuedToken:
        """Make a token by which a page looks at the Demo workspace, and at nothing else."""
        who.require("admin")
        demo = self.demo_of(who)
        if demo is None or demo.state != "ready":
            raise NoDemo
        return self._issue(demo.actor, "Demo", OF_DEMO, "ui", UI_TOKEN_LIVES)

    def drop_old_tickets(self) -> None:
        """Delete tickets that nobody can use any more."""
        with self._database.begin() as tx:
            store.drop_tickets(tx, self._clock.now() - DAY)

    def _issue(
        self, who: Actor, name: str, allowed: frozenset[str], purpose: TokenPurpose, lives: Duration | None
    ) -> IssuedToken:
        secret = token_secret(allowed, self._random(32))
        now = self._clock.now()
        token = Token(
            TokenId(0),
            who.workspace_id,
            who.user_id,
            name,
            purpose,
            hash_of(secret),
            " ".join(sorted(allowed)),
            now,
            None if lives is None else Instant(now + lives),
            None,
            None,
        )
        with self._database.begin() as tx:
            token = msgspec.structs.replace(token, id=TokenId(store.add_token(tx, token)))
            tx.changed(who.workspace_id, TokenCreated(token.id, name))
            tx.after_commit(lambda: self._tokens.__setitem__(token.secret_hash, token))
        return IssuedToken(token.id, name, sorted(allowed), secret)

    def _ticket_secret(self, purpose: TicketPurpose) -> str:
        if purpose == "pairing":
            return pairing_code(self._random(8))
        return token_secret(frozenset(), self._random(32))

    def _create_owner(self, tx: Transaction) -> None:
        now = self._clock.now()
        user = store.add_user(tx, "me", now)
        workspace = store.add_workspace(tx, "Mine", self._random(32), now)
        store.add_member(tx, workspace, user, "owner", now)

    def _forget_token(self, gone: TokenId) -> None:
        self._tokens = {secret: token for secret, token in self._tokens.items() if token.id != gone}

    def _forget_tokens_of(self, workspace: WorkspaceId) -> None:
        self._tokens = {s: token for s, token in self._tokens.items() if token.workspace_id != workspace}

    def _note_use(self, tx: Transaction, token: Token, used_at: Instant) -> None:
        expires = Instant(used_at + UI_TOKEN_LIVES) if token.purpose == "ui" else token.expires_at
        store.note_use(tx, token.id, used_at, expires)
        noted = msgspec.structs.replace(token, last_used_at=used_at, expires_at=expires)
        tx.after_commit(lambda: self._renew(noted))

    def _renew(self, token: Token) -> None:
        # One that was revoked in the same commit stays forgotten.
        if token.secret_hash in self._tokens:
            self._tokens[token.secret_hash] = token


def _owner(ticket: Ticket) -> Actor:
    return Actor(WorkspaceId(ticket.workspace_id), ticket.user_id, EVERYTHING)
