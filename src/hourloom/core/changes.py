"""Changes: committed facts in the past tense, in the order in which they were committed."""

from __future__ import annotations

import msgspec

from hourloom.core.clock import Instant
from hourloom.core.ids import UserId, WorkspaceId


class Change(msgspec.Struct, frozen=True):
    """A committed fact; each feature defines its own as subclasses named in the past tense."""

    @property
    def kind(self) -> str:
        """Return the Change's name on the wire."""
        return type(self).__name__


class PersonalChange(Change, frozen=True):
    """A committed fact about what belongs to one user of a workspace; nobody else is told of it."""

    user_id: UserId


class RecordedChange(msgspec.Struct, frozen=True):
    """A Change with its place in the feed of its workspace."""

    workspace_id: WorkspaceId
    sequence: int
    at: Instant
    kind: str
    body: bytes
    """The Change as JSON."""
