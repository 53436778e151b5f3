"""The hub: hands committed Changes from the writer's thread to whoever listens on the server's loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from hourloom.core.changes import RecordedChange
from hourloom.core.errors import Unavailable
from hourloom.core.ids import WorkspaceId
from hourloom.live.model import ChangesMissed

MOST_WAITING = 1_000
"""Changes that wait for one listener; one that is slower than that is told that it missed some."""
MOST_LISTENERS = 500


class TooManyListen(Unavailable):
    """Too many programs follow the feed already."""


class Subscription:
    """One listener's queue of Changes, bounded."""

    def __init__(self, hub: Hub, workspace: WorkspaceId) -> None:
        self.workspace = workspace
        self.loop = asyncio.get_running_loop()
        self._hub = hub
        self._waiting: deque[RecordedChange] = deque()
        self._arrived = asyncio.Event()
        self._missed: ChangesMissed | None = None
        self._ended = False

    def __enter__(self) -> Self:
        self._hub.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hub.remove(self)

    async def take(self) -> Sequence[RecordedChange] | ChangesMissed | None:
        """Wait for Changes and take all that are there, or learn that too many came; None is the end."""
        await self._arrived.wait()
        if self._ended:
            return None
        self._arrived.clear()
        if self._missed is not None:
            missed, self._missed = self._missed, None
            return missed
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def put(self, changes: Sequence[RecordedChange]) -> bool:
        """Queue Changes; return whether they found room. Runs on the listener's loop."""
        self._arrived.set()
        if self._missed is None and len(self._waiting) + len(changes) <= MOST_WAITING:
            self._waiting.extend(changes)
            return True
        self._waiting.clear()
        behind = self._missed.newest if self._missed else 0
        self._missed = ChangesMissed(max(behind, changes[-1].sequence))
        return False

    def end(self) -> None:
        """Tell whoever takes that nothing more comes. Runs on the listener's loop."""
        self._ended = True
        self._arrived.set()


class Hub:
    """Knows who listens, by loop and workspace."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._listening: dict[asyncio.AbstractEventLoop, dict[WorkspaceId, set[Subscription]]] = {}
        self.published = 0
        """Changes published since the start."""
        self.overflowed = 0
        """How often a listener was too slow."""

    @property
    def listeners(self) -> int:
        """Return how many listen."""
        with self._guard:
            return sum(len(group) for by_one in self._listening.values() for group in by_one.values())

    def subscribe(self, workspace: WorkspaceId) -> Subscription:
        """Return a subscription that listens while it is entered."""
        return Subscription(self, workspace)

    def require_room(self) -> None:
        """Raise when nobody more can listen."""
        if self.listeners >= MOST_LISTENERS:
            raise TooManyListen

    def publish(self, recorded: Iterable[RecordedChange]) -> None:
        """Hand Changes over, once for each loop; called from the writer's thread."""
        batch = list(recorded)
        with self._guard:
            self.published += len(batch)
            loops = list(self._listening)
        for loop in loops:
            try:
                loop.call_soon_threadsafe(self._deliver, loop, batch)
            except RuntimeError:
                # The loop has ended meanwhile, and its listeners with it.
                self._forget(loop)

    def add(self, listener: Subscription) -> None:
        """Let a subscription listen."""
        with self._guard:
            self._listening.setdefault(listener.loop, {}).setdefault(listener.workspace, set()).add(listener)

    def remove(self, listener: Subscription) -> None:
        """Let a subscription listen no longer."""
        with self._guard:
            by_one = self._listening.get(listener.loop, {})
            group = by_one.get(listener.workspace, set())
            group.discard(listener)
            if not group:
                by_one.pop(listener.workspace, None)
            if not by_one:
                self._listening.pop(listener.loop, None)

    def stop(self) -> None:
        """End all listening, so that endless answers end; called when the server stops."""
        with self._guard:
            groups = [group for by_one in self._listening.values() for group in by_one.values()]
            listening = [listener for group in groups for listener in group]
        for listener in listening:
            with suppress(RuntimeError):
                listener.loop.call_soon_threadsafe(listener.end)

    def _deliver(self, loop: asyncio.AbstractEventLoop, batch: Sequence[RecordedChange]) -> None:
        by_workspace: dict[WorkspaceId, list[RecordedChange]] = {}
        for change in batch:
            by_workspace.setdefault(change.workspace_id, []).append(change)
        for workspace, changes in by_workspace.items():
            with self._guard:
                listeners = list(self._listening.get(loop, {}).get(workspace, ()))
            for listener in listeners:
                self.overflowed += not listener.put(changes)

    def _forget(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._guard:
            self._listening.pop(loop, None)
