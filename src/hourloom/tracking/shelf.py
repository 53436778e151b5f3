"""Payloads at hand for readers: the same object for the same number, up to a bound of bytes."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from hourloom.core.ids import PayloadId
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.query.events import Payload

COST_OF_AN_ENTRY = 1_500
"""Bytes that a payload takes besides its text, roughly: the objects around it and the decoded JSON."""


class PayloadShelf:
    """Keeps payloads that were read; shared by the readers."""

    def __init__(self, most_bytes: int = 8 * 1024 * 1024) -> None:
        self._most_bytes = most_bytes
        self._kept: dict[int, Payload] = {}
        self._bytes = 0
        self._guard = threading.Lock()

    def of(self, tx: Transaction, rows: Rows) -> Mapping[int, Payload]:
        """Return the payloads of events given as id, start, end and payload number."""
        kept = self._kept
        wanted = {whole(row[3]) for row in rows}
        missing = [number for number in wanted if number not in kept]
        if not missing:
            return kept
        fetched = {whole(n): Payload.of_text(str(body)) for n, body in store.payload_bodies(tx, missing)}
        found = {n: kept[n] for n in wanted if n in kept} | fetched
        self._keep(fetched)
        return found

    def text(self, tx: Transaction, number: PayloadId) -> str:
        """Return the JSON of one payload."""
        return self.of(tx, [(0, 0, 0, number)])[number].text

    def forget(self) -> None:
        """Drop everything: payloads were deleted."""
        with self._guard:
            self._kept, self._bytes = {}, 0

    def _keep(self, fetched: dict[int, Payload]) -> None:
        size = sum(len(payload.text) + COST_OF_AN_ENTRY for payload in fetched.values())
        with self._guard:
            if self._bytes + size > self._most_bytes:
                # Starting over is simpler than an order of use, and as good: a query asks for thousands.
                self._kept, self._bytes = {}, 0
            if size <= self._most_bytes:
                self._kept = {**self._kept, **fetched}
                self._bytes += size
