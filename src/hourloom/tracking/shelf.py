"""Payloads at hand for readers: the same object for the same number, up to a bound of bytes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import cast

from hourloom.core.ids import PayloadId
from hourloom.db.transaction import Rows, Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.query.events import Payload

COST_OF_AN_ENTRY = 550
"""Bytes that a payload takes besides its text: the objects around it and the decoded JSON, as measured."""


class PayloadShelf:
    """Keeps payloads that were read; shared by the readers.

        new   what was asked for since the last change of generations
        old   what was asked for before that, and is dropped at the next one unless asked for again

    So the few payloads that every day has stay, and the many that one day has go.
    """

    def __init__(self, most_bytes: int = 8 * 1024 * 1024) -> None:
        self._most_bytes = most_bytes // 2
        self._new: dict[int, Payload] = {}
        self._old: dict[int, Payload] = {}
        self._bytes = 0
        self._guard = threading.Lock()

    def of(self, tx: Transaction, rows: Rows) -> Mapping[int, Payload]:
        """Return the payloads of events given as id, start, end and payload number."""
        new, old = self._new, self._old
        wanted = cast("set[int]", {row[3] for row in rows})
        if wanted <= new.keys():
            return new
        found = {n: new[n] for n in wanted if n in new}
        missed = {n: old[n] for n in wanted if n in old and n not in found}
        missing = sorted(n for n in wanted if n not in found and n not in missed)
        if missing:
            missed |= {whole(n): Payload.of_text(str(body)) for n, body in store.payload_bodies(tx, missing)}
        self._keep(missed)
        return found | missed

    def text(self, tx: Transaction, number: PayloadId) -> str:
        """Return the JSON of one payload."""
        return self.of(tx, [(0, 0, 0, number)])[number].text

    def forget(self) -> None:
        """Drop everything: payloads were deleted."""
        with self._guard:
            self._new, self._old, self._bytes = {}, {}, 0

    def _keep(self, payloads: Mapping[int, Payload]) -> None:
        size = sum(len(payload.text) + COST_OF_AN_ENTRY for payload in payloads.values())
        with self._guard:
            if self._bytes + size > self._most_bytes:
                self._old, self._new, self._bytes = self._new, {}, 0
            if size <= self._most_bytes:
                # A new one each time, for readers may be in the middle of the one before.
                self._new = {**self._new, **payloads}
                self._bytes += size
