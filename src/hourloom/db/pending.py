"""Work on its way through a thread, and the answers that go back to whoever waits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from hourloom.db.transaction import Lane, QueueFull, Stopping, Take, Work

MOST_WAITING = 20_000
MOST_AT_ONCE = 2_000


log = logging.getLogger(__name__)


class Pending:
    """One piece of work, or one item of a lane, with the answer it will get."""

    __slots__ = ("error", "item", "lane", "loop", "since", "value", "work")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop | None,
        *,
        work: Work[object] | None = None,
        lane: Lane | None = None,
        item: object = None,
    ) -> None:
        self.loop = loop
        self.work, self.lane, self.item = work, lane, item
        self.value: object = None
        self.error: Exception | None = None
        self.since = time.monotonic()

    def settle(self) -> None:
        """Give the answer to whoever waits; called on the loop that waits, where one does."""
        raise NotImplementedError


class PendingOnLoop(Pending):
    """Work that a coroutine waits for."""

    __slots__ = ("future",)

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        work: Work[object] | None = None,
        lane: Lane | None = None,
        item: object = None,
    ) -> None:
        super().__init__(loop, work=work, lane=lane, item=item)
        self.future: asyncio.Future[object] = loop.create_future()

    def settle(self) -> None:
        # Whoever waited may have gone; the work is done all the same.
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.value)
        else:
            self.future.set_exception(self.error)


class PendingAnswer(Pending):
    """A lane's item whose answer goes to a function, which costs a loop less than a coroutine that waits."""

    __slots__ = ("answer",)

    def __init__(
        self, loop: asyncio.AbstractEventLoop, lane: Lane | None, item: object, answer: Take
    ) -> None:
        super().__init__(loop, lane=lane, item=item)
        self.answer = answer

    def settle(self) -> None:
        self.answer(self.value, self.error)


class PendingOnThread(Pending):
    """Work that a thread waits for."""

    __slots__ = ("settled",)

    def __init__(self, work: Work[object]) -> None:
        super().__init__(None, work=work)
        self.settled = threading.Event()

    def settle(self) -> None:
        self.settled.set()

    def wait(self) -> object:
        """Return the answer or raise the error."""
        self.settled.wait()
        if self.error is not None:
            raise self.error
        return self.value


class Line:
    """What waits for one thread: bounded, taken in batches, its end marked by a sign to stop."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Pending | None] = SimpleQueue()
        self._stopped = False
        self.closing = False

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, pending: Pending) -> None:
        """Queue work; whoever put it waits until it is settled."""
        if self.closing:
            raise Stopping
        if self._queue.qsize() >= MOST_WAITING:
            raise QueueFull
        self._queue.put(pending)
        if self._stopped:
            self._refuse_the_late()

    def take(self, batch: list[Pending]) -> list[Pending]:
        """Add all that waits to a batch, waiting while it is empty; one that stays empty says stop."""
        with contextlib.suppress(Empty):
            while len(batch) < MOST_AT_ONCE:
                pending = self._queue.get(block=not batch)
                if pending is None:
                    if batch:
                        # The sign to stop has its turn once these are done.
                        self._queue.put(None)
                    break
                batch.append(pending)
        return batch

    def close(self, thread: threading.Thread) -> None:
        """Let the thread finish what waits, and wait for its end."""
        self.closing = True
        self._queue.put(None)
        if thread.is_alive():
            thread.join()
        self._stopped = True
        self._refuse_the_late()

    def _refuse_the_late(self) -> None:
        """Refuse what was queued at the very moment of stopping."""
        with contextlib.suppress(Empty):
            while True:
                pending = self._queue.get_nowait()
                if pending is not None:
                    refuse([pending], Stopping)


def give_answers(batch: Sequence[Pending]) -> None:
    """Settle a batch, with one call for each loop that waits."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[Pending]] = {}
    for pending in batch:
        by_loop.setdefault(pending.loop, []).append(pending)
    for loop, group in by_loop.items():
        if loop is None:
            _settle(group)
        else:
            # A loop that was closed has nobody left who waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, group)


def refuse(batch: Sequence[Pending], error: Callable[[], Exception]) -> None:
    """Answer a batch with an error, a fresh one for each, since whoever catches it adds a trace."""
    for pending in batch:
        pending.error = error()
    give_answers(batch)


def _settle(batch: Sequence[Pending]) -> None:
    for pending in batch:
        try:
            pending.settle()
        except Exception:
            # Whoever waits for the others must have their answers.
            log.exception("an answer could not be given")
