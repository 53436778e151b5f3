"""Answer equal questions about one snapshot once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from hourloom.core.actors import Actor
from hourloom.db.transaction import Database, Transaction

Answer = TypeVar("Answer")


class Sharing:
    """Knows what was answered about the snapshots that somebody asks many questions about."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._answers: WeakKeyDictionary[Transaction, dict[tuple[object, ...], object]] = WeakKeyDictionary()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Keep answers about the caller's snapshot as long as this lasts."""
        with self._database.read() as tx:
            outer = self._answers.get(tx)
            self._answers[tx] = {} if outer is None else outer
            try:
                yield
            finally:
                if outer is None:
                    del self._answers[tx]

    def once(
        self, tx: Transaction, who: Actor, question: tuple[object, ...], answer: Callable[[], Answer]
    ) -> Answer:
        """Return what was answered before, or the answer; what may still write is always asked."""
        known = self._answers.get(tx)
        if known is None or tx.writes:
            return answer()
        key = (who.workspace_id, who.user_id, *question)
        if key not in known:
            known[key] = answer()
        return cast("Answer", known[key])
