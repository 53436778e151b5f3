"""Who may listen: our own page with a ticket, a program with a token, the owner on the local socket."""

from __future__ import annotations

from hourloom.core.actors import Actor
from hourloom.core.errors import Unauthenticated
from hourloom.core.ids import TokenId
from hourloom.live.ports import Admissions, LiveTicket
from hourloom.web.caller import Caller, require_host, require_own_site
from hourloom.web.endpoint import Context

_TOKEN = "token:"  # noqa: S105 - the word before a token's number


class TokenNoLongerHolds(Unauthenticated):
    """The token was revoked or has expired."""


class Door:
    """Lets listeners in, by the rules that every route has for host and site."""

    def __init__(self, context: Context, admissions: Admissions) -> None:
        self._context, self._admissions = context, admissions

    def require_place(self, caller: Caller) -> None:
        """Refuse another host's name and another site's page."""
        require_host(caller, self._context.allowed_hosts)
        require_own_site(caller, ingests=False, allowed_origins=self._context.allowed_origins)

    def by_token(self, caller: Caller) -> Actor:
        """Return who shows a token, or the owner on the local socket."""
        authenticator = self._context.authenticator
        if caller.authorization is None:
            owner = authenticator.by_socket(caller)
            if owner is None:
                raise Unauthenticated
            return owner
        scheme, _, secret = caller.authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated
        return authenticator.by_token(secret.strip())

    async def by_ticket(self, secret: str) -> Actor:
        """Return whom a ticket belongs to; it can be used once."""
        ticket = await self._context.database.run_write(lambda: self._admissions.redeem("live", secret))
        actor = actor_of(ticket)
        self.require_current(actor)
        return actor

    def still_holds(self, actor: Actor) -> bool:
        """Return whether somebody who was let in may still listen."""
        return self._admissions.still_holds(actor)

    def require_current(self, actor: Actor) -> None:
        """Raise once an actor's token is revoked or has expired."""
        if not self.still_holds(actor):
            raise TokenNoLongerHolds


def actor_of(ticket: LiveTicket) -> Actor:
    """Return whom a ticket lets act: with the scopes of the token that it was made with."""
    words = ticket.subject.split()
    tokens = [TokenId(int(word.removeprefix(_TOKEN))) for word in words if word.startswith(_TOKEN)]
    scopes = frozenset(word for word in words if not word.startswith(_TOKEN))
    return Actor(ticket.workspace_id, ticket.user_id, scopes, tokens[0] if tokens else None)
