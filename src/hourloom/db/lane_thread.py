"""A thread that gathers the items of one lane, so that a crowd of them becomes one call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

from hourloom.db.pending import Line, Pending, PendingAnswer, PendingOnLoop, give_answers, refuse
from hourloom.db.transaction import Take, answerable


class LaneThread:
    """Applies whatever waits, again and again, and answers on the loops that wait."""

    def __init__(self, apply: Callable[[Sequence[object]], Sequence[object]]) -> None:
        self._apply = apply
        self._line = Line()
        self._thread = threading.Thread(target=self._run, name="hourloom-lane", daemon=True)
        self._thread.start()

    async def put(self, item: object) -> object:
        """Queue an item; return its answer."""
        pending = PendingOnLoop(asyncio.get_running_loop(), item=item)
        self._line.put(pending)
        return await pending.future

    def queue(self, item: object, take: Take) -> None:
        """Queue an item whose answer goes to a function."""
        self._line.put(PendingAnswer(asyncio.get_running_loop(), None, item, take))

    @property
    def waiting(self) -> int:
        """Return how many items wait."""
        return len(self._line)

    @property
    def alive(self) -> bool:
        """Return whether the thread runs."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Finish what waits and stop."""
        self._line.close(self._thread)

    def _run(self) -> None:
        while batch := self._line.take([]):
            try:
                self._answer(batch)
            except BaseException as error:  # noqa: BLE001 - the thread must not end
                refuse(batch, lambda error=error: answerable(error))  # type: ignore[misc]

    def _answer(self, batch: Sequence[Pending]) -> None:
        answers = self._apply([pending.item for pending in batch])
        for pending, answer in zip(batch, answers, strict=True):
            pending.value, pending.error = answer, answer if isinstance(answer, Exception) else None
        give_answers(batch)
