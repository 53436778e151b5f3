"""What is asked for with the Demo workspace, and how it stands."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from hourloom.core.clock import Instant
from hourloom.core.errors import Conflict
from hourloom.core.ids import JobId, UserId, WorkspaceId

DemoStanding = Literal["none", "filling", "stopped", "ready", "leaving"]


class DemoBeingRemoved(Conflict):
    """The Demo workspace is being removed; ask again in a moment."""


class DemoView(msgspec.Struct, frozen=True):
    """How the Demo workspace stands."""

    state: DemoStanding
    """`stopped` is one that was not filled, or not removed, to its end; both can be asked for again."""
    here: bool
    """Whether this answer is for somebody who looks at it."""
    job: JobId | None = None
    """What fills or removes it at the moment."""
    look_at: date | None = None
    """The newest whole working day, which has something to look at."""


class DemoWanted(msgspec.Struct, frozen=True):
    """What a job fills: always the same for the same words, so that it can go on where it stopped."""

    workspace_id: WorkspaceId
    user_id: UserId
    before: Instant
    """Nothing is invented that has not ended by then."""
