"""What the live feed asks of those who know people and their secrets."""

from __future__ import annotations

from typing import Literal, Protocol

from hourloom.core.actors import Actor
from hourloom.core.ids import UserId, WorkspaceId


class LiveTicket(Protocol):
    """A used-up ticket: for whom a browser listens, and what that person's token allows."""

    @property
    def workspace_id(self) -> WorkspaceId:
        """Return the workspace that is listened to."""
        ...

    @property
    def user_id(self) -> UserId:
        """Return who listens."""
        ...

    @property
    def subject(self) -> str:
        """Return the scopes, and as `token:NUMBER` the token that the ticket was made with."""
        ...


class Admissions(Protocol):
    """Knows who may listen, and for how long; `app` fills it with the accounts."""

    def redeem(self, purpose: Literal["live"], secret: str) -> LiveTicket:
        """Use up a ticket within a write, or raise Unauthenticated."""
        ...

    def still_holds(self, actor: Actor) -> bool:
        """Return whether the token that an actor came with is neither revoked nor expired."""
        ...
