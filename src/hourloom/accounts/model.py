"""Who there is, which secrets they hold, and what those secrets allow."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from typing import Literal

import msgspec

from hourloom.core.actors import DEMO, EVERYTHING, Actor
from hourloom.core.changes import Change
from hourloom.core.clock import DAY, MINUTE, SECOND, Duration, Instant
from hourloom.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from hourloom.core.ids import TokenId, UserId, WorkspaceId

UI_TOKEN_LIVES = Duration(30 * DAY)
FEATURES = (
    "accounts",
    "operations",
    "settings",
    "tracking",
    "projects",
    "activities",
    "reports",
    "goals",
    "jobs",
    "notices",
    "server",
    "backups",
)
SCOPES = frozenset(
    {"admin", "heartbeats:write"} | {f"{f}:{verb}" for f in FEATURES for verb in ("read", "write")}
)
OF_EDITORS = frozenset({"heartbeats:write", "tracking:read"})
"""What an editor's key may allow: to send heartbeats, and to show the day's time."""
_NOT_OF_DEMO = ("accounts", "server", "backups")
OF_DEMO = frozenset(
    {DEMO}
    | {f"{f}:read" for f in FEATURES if f not in _NOT_OF_DEMO}
    | {f"{f}:write" for f in FEATURES if f not in (*_NOT_OF_DEMO, "jobs")}
)
"""What a look at the Demo workspace allows: all that is in it, and nothing of the server or of accounts."""
_ONE_BUCKET = re.compile(r"heartbeats:write:[^\s,]{1,200}")
_PAIRING_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

TokenPurpose = Literal["ui", "api", "editor", "device"]
TicketPurpose = Literal["sign_in", "live", "download", "pairing", "step_up_code", "step_up"]


class UnknownScope(Invalid):
    """There is no scope '{scope}'; the scopes are {known}."""


class NoSuchToken(NotFound):
    """There is no token with the number {id}."""


class TokenRefused(Unauthenticated):
    """The token is not valid: it is unknown, revoked or has expired."""


class TicketRefused(Unauthenticated):
    """The code is not valid: it is unknown, was used already or has expired."""


class PairingPending(Conflict):
    """Another pairing waits already; finish it or wait {seconds:g} s."""


class TooManyTries(TooMany):
    """The code was tried wrongly too often and is void; make a new one."""


class LocalAccessDenied(Unauthenticated):
    """A token is needed: {reason}."""


class StepUpNeeded(Forbidden):
    """Show once more that it is you: send {how} to /api/v1/step-up, then ask again with the ticket."""


class StepUpRefused(Forbidden):
    """{what} is not right; nothing was confirmed."""


class ProofUnclear(Invalid):
    """Send either the passphrase of the database or a code, and not both."""


class NoPassphrase(Conflict):
    """This database has no passphrase; `hourloom open --step-up` confirms that it is you."""


class TooManyProofs(TooMany):
    """That was wrong too often; try again in {seconds:.0f} s."""


class NotOnThisWay(Forbidden):
    """Only a program of yours on this computer gets this, over the local socket and without a token."""


class SuccessorLost(Conflict):
    """The new data key is not at hand any more, so the exchange ended; begin it again."""


class WrapShown(msgspec.Struct, frozen=True):
    """What may be shown of one way to open the database."""

    id: str
    method: str
    created_at: str
    place: str
    pending: bool


class WrapsChanged(Change, frozen=True):
    """The ways to open the database are others now; these are all."""

    wraps: list[WrapShown]


class Token(msgspec.Struct, frozen=True):
    """A scoped secret for a program; only its hash is kept."""

    id: TokenId
    workspace_id: WorkspaceId
    user_id: UserId
    name: str
    purpose: TokenPurpose
    secret_hash: bytes
    scopes: str
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None
    revoked_at: Instant | None

    @property
    def actor(self) -> Actor:
        """Return whom the token lets act."""
        return Actor(self.workspace_id, self.user_id, frozenset(self.scopes.split()), self.id)

    def is_valid_at(self, now: Instant) -> bool:
        """Return whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Ticket(msgspec.Struct, frozen=True):
    """A single-use, short-lived secret: a sign-in code, a pairing, the key to one download or one feed."""

    id: int
    workspace_id: WorkspaceId
    user_id: UserId
    purpose: TicketPurpose
    secret_hash: bytes
    subject: str
    created_at: Instant
    expires_at: Instant
    used_at: Instant | None
    failures: int

    def is_open_at(self, now: Instant) -> bool:
        """Return whether it can still be used."""
        return self.used_at is None and now < self.expires_at


class Workspace(msgspec.Struct, frozen=True):
    """The boundary of data."""

    id: WorkspaceId
    name: str
    payload_key: bytes
    created_at: Instant


DemoState = Literal["filling", "ready", "leaving"]


class DemoWorkspace(msgspec.Struct, frozen=True):
    """The workspace of invented data that a user has; the role that they have in it says how it stands."""

    id: WorkspaceId
    user_id: UserId
    role: str

    @property
    def state(self) -> DemoState:
        """Return whether it is being filled, can be looked at, or is being removed."""
        return DEMO_ROLES[self.role]

    @property
    def actor(self) -> Actor:
        """Return the server as it acts in it."""
        return Actor(self.id, self.user_id, EVERYTHING | {DEMO})


DEMO_ROLES: dict[str, DemoState] = {
    "demo_filling": "filling",
    "demo": "ready",
    "demo_leaving": "leaving",
}
"""The roles of whoever is in a Demo workspace; everywhere else they are its owner."""


class NoDemo(NotFound):
    """There is no Demo workspace that could be looked at."""


class TokenCreated(Change, frozen=True):
    """A token was made."""

    id: TokenId
    name: str


class TokenRevoked(Change, frozen=True):
    """A token was revoked."""

    id: TokenId


TICKET_LIVES: dict[TicketPurpose, Duration] = {
    "sign_in": Duration(MINUTE),
    "live": Duration(MINUTE),
    "download": Duration(MINUTE),
    "pairing": Duration(2 * MINUTE),
    "step_up_code": Duration(MINUTE),
    "step_up": Duration(5 * MINUTE),
}
MOST_FAILURES = 5


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret; 122 random bits and more need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def token_secret(scopes: frozenset[str], random: bytes) -> str:
    """Write 32 random bytes as a token; one for an editor is a UUIDv4, as editors insist."""
    if "heartbeats:write" in scopes and scopes <= OF_EDITORS:
        return str(uuid.UUID(bytes=random[:16], version=4))
    return base64.urlsafe_b64encode(random).decode().rstrip("=")


def pairing_code(random: bytes) -> str:
    """Write 8 random bytes as a code of 8 characters that are hard to confuse."""
    return "".join(_PAIRING_ALPHABET[byte % 32] for byte in random[:8])


def checked_scopes(scopes: list[str]) -> frozenset[str]:
    """Return the scopes, or raise for one that does not exist."""
    for scope in scopes:
        if scope not in SCOPES and not _ONE_BUCKET.fullmatch(scope):
            raise UnknownScope(scope=scope[:60], known=", ".join(sorted(SCOPES)))
    if not scopes:
        raise UnknownScope(scope="", known=", ".join(sorted(SCOPES)))
    return frozenset(scopes)


def require_all(who: Actor, scopes: frozenset[str]) -> None:
    """Raise unless an actor holds all of the scopes: nobody hands out what they do not have."""
    for scope in sorted(scopes):
        if _ONE_BUCKET.fullmatch(scope):
            who.require_recording_in(scope.removeprefix("heartbeats:write:"))
        else:
            who.require(scope)


def same(one: bytes, other: bytes) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(one, other)


def seconds_left(ticket: Ticket, now: Instant) -> float:
    """Return how long a ticket can still be used."""
    return max(0, ticket.expires_at - now) / SECOND
