"""Who asks, and what they may do."""

from __future__ import annotations

import msgspec

from hourloom.core.errors import Forbidden
from hourloom.core.ids import TokenId, UserId, WorkspaceId

EVERYTHING = frozenset({"admin"})
DEMO = "demo"
"""Among the scopes of whoever looks at invented data; it allows nothing, and nobody can ask for it."""


class ScopeMissing(Forbidden):
    """The token lacks the scope {scope}."""


class NotInDemo(Forbidden):
    """Not for the Demo workspace: ActivityWatch's programs and editors reach your own record only."""


class Actor(msgspec.Struct, frozen=True):
    """A user acting in a workspace, within the scopes of the token that they came with."""

    workspace_id: WorkspaceId
    user_id: UserId
    scopes: frozenset[str]
    token_id: TokenId | None = None
    only_bucket_type: str | None = None
    """Where set, buckets of every other type are out of reach (a browser without a token)."""

    @property
    def is_demo(self) -> bool:
        """Return whether this is about invented data."""
        return DEMO in self.scopes

    def may(self, scope: str) -> bool:
        """Return whether a scope is held; `admin` holds all, `x:write` holds `x:read`."""
        held = self.scopes
        if scope in held or "admin" in held:
            return True
        feature, _, verb = scope.rpartition(":")
        return verb == "read" and f"{feature}:write" in held

    def require(self, scope: str) -> None:
        """Raise unless a scope is held."""
        if not self.may(scope):
            raise ScopeMissing(scope=scope)

    def may_record_in(self, bucket: str) -> bool:
        """Return whether heartbeats may be sent to a bucket."""
        return (
            self.may("heartbeats:write")
            or self.may("tracking:write")
            or f"heartbeats:write:{bucket}" in self.scopes
        )

    def require_recording_in(self, bucket: str) -> None:
        """Raise unless heartbeats may be sent to a bucket."""
        if not self.may_record_in(bucket):
            raise ScopeMissing(scope=f"heartbeats:write:{bucket}")
