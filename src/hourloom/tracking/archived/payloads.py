"""Payloads in archives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from hourloom.core import strict_json
from hourloom.core.archiving import NOT_IN_ORDER, Incoming, Judged, Outgoing, PlainTable, Verdict
from hourloom.core.errors import HourloomError
from hourloom.core.ids import WorkspaceId
from hourloom.db.sequences import skip_numbers
from hourloom.db.transaction import Transaction, whole
from hourloom.tracking import store
from hourloom.tracking.archived.rows import PayloadRow
from hourloom.tracking.door import Door
from hourloom.tracking.enrichment import traits_of_text
from hourloom.tracking.model import MOST_DATA, digest_of
from hourloom.tracking.store import archived

LISTED_AT_ONCE = 50_000
READ_AT_ONCE = 500


class ArchivedPayloads(PlainTable):
    """Payloads that something has; here they are known by what is in them, under a key of this database.

    What an undo leaves behind without an event goes with the daily clean-up.
    """

    name = "payloads"
    row = PayloadRow
    numbered = referred = True

    def __init__(self, key: bytes, door: Door) -> None:
        self._key, self._door = key, door

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return archived.count_payloads(tx, out.workspace_id)

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[PayloadRow]]:
        after = 0
        while used := archived.payloads_in_use(tx, out.workspace_id, after, LISTED_AT_ONCE):
            for first in range(0, len(used), READ_AT_ONCE):
                rows = store.payload_bodies(tx, used[first : first + READ_AT_ONCE])
                found = {whole(number): str(body).encode() for number, body in rows}
                yield [PayloadRow(number, msgspec.Raw(found[number])) for number in sorted(found)]
            after = used[-1]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return archived.has_payloads(tx, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: PayloadRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        # In its one form it may be longer than it was sent: 1E5 becomes 100000.0.
        if len(row.data) > 4 * MOST_DATA:
            return "it is too large"
        try:
            return None if isinstance(strict_json.loads(bytes(row.data)), dict) else "it is no JSON object"
        except HourloomError as error:
            return f"its data is refused ({error.code})"

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[PayloadRow]) -> list[Judged]:
        judged = []
        rules = self._door.of(tx, into.workspace_id)
        kinds = sorted(set(into.types.values()))
        for row in rows:
            if rules is not None and rules.may_touch(kinds, strict_json.loads(bytes(row.data))):
                # Nothing of it is stored before an event says in which bucket it was, and when.
                into.held[row.id] = _canonical(row).encode()
            here = store.payload_by_digest(tx, into.workspace_id, digest_of(_canonical(row), self._key))
            judged.append(Judged(Verdict.NEW) if here is None else Judged(Verdict.SAME, here))
        return judged

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[PayloadRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        numbers: list[int] = []
        added: dict[str, int] = {}
        for row, each in zip(rows, judged, strict=True):
            number = each.number
            if not number and row.id not in into.held:
                canonical = _canonical(row)
                # Two in one archive may be the same, written in two ways.
                number = added.get(canonical) or self._added(tx, into, row.id, canonical)
                added[canonical] = number
            numbers.append(number)
        return numbers

    def _added(self, tx: Transaction, into: Incoming, number: int, canonical: str) -> int:
        digest = digest_of(canonical, self._key)
        if not into.keeps_numbers:
            return store.add_payload(tx, into.workspace_id, digest, canonical, traits_of_text(canonical))
        archived.put_payload(tx, into.workspace_id, number, digest, canonical, traits_of_text(canonical))
        return number


def _canonical(row: PayloadRow) -> str:
    return strict_json.canonical(strict_json.loads(bytes(row.data)))


def last_payload(tx: Transaction) -> int:
    """Return the highest number of a payload."""
    return archived.last_payload(tx)
