"""Places in the feed of Changes, and what is told to those who fell behind."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hourloom.core.changes import RecordedChange
from hourloom.core.clock import DAY, Duration

KEPT_FOR = Duration(7 * DAY)
MOST_KEPT = 100_000
PRUNED_AT_ONCE = 2_000


class FeedExtent(msgspec.Struct, frozen=True):
    """The oldest and the newest Change that a workspace's feed still holds; both 0 in an empty feed."""

    oldest: int
    newest: int

    def can_resume(self, sequence: int) -> bool:
        """Return whether nothing after a sequence number is missing.

        A number that lies ahead of the feed comes from another database, such as one that a backup replaced.
        """
        return max(self.oldest - 1, 0) <= sequence <= self.newest


class ChangePage(msgspec.Struct, frozen=True):
    """Changes after a place in the feed; without `complete` some before them are gone for good."""

    changes: Sequence[RecordedChange]
    newest: int
    complete: bool = True


class ChangesMissed(msgspec.Struct, frozen=True):
    """Changes up to a sequence number will not be told: whoever keeps state loads it afresh."""

    newest: int


def first_kept(extent: FeedExtent, first_young: int | None, window: int) -> int:
    """Return the sequence number before which a feed is pruned, at most a window at a time.

    feed      |--old--|--young------------------|
              oldest   first_young             newest
    window    |----------------|
    pruned    |--------|                         and whatever exceeds the number kept

    The newest Change always stays, since the next sequence number is counted from it.
    """
    end_of_window = min(extent.oldest + window, extent.newest)
    too_old = end_of_window if first_young is None else first_young
    too_many = extent.newest - MOST_KEPT + 1
    return max(extent.oldest, min(end_of_window, max(too_old, too_many)))
