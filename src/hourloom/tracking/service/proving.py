"""Search every place that may hold what was erased, wipe what is left of it, and keep the proof."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from hourloom.core.clock import Clock, Instant
from hourloom.core.ids import ErasureId
from hourloom.db.refilling import refill, rewrite
from hourloom.db.transaction import Database, SpoiltPage, Traces, Transaction
from hourloom.tracking import store
from hourloom.tracking.erasure import Erasure, ErasurePlace, Proof
from hourloom.tracking.ports import CopiesElsewhere
from hourloom.tracking.service.erasing import Erasing, found_in, keep
from hourloom.tracking.service.rewriting import erase_from
from hourloom.tracking.wiping import fill_page, write_anew
from hourloom.web.idempotency import count_answers, drop_all_answers

SEARCHED = ("payloads", "idempotency_keys")
"""The tables that hold what people see: titles, URLs, answers."""
STEPS = ("operation_steps", "was")
"""What undo keeps: a table, and which of its columns is the text."""
BACKUPS = "backups"
Fill = Callable[[Transaction, SpoiltPage], None]
FillText = Callable[[Transaction, SpoiltPage, str], None]
WIPED_AT_ONCE = 40


class Proving:
    """Proofs that nothing is left of what was erased."""

    def __init__(
        self, database: Database, clock: Clock, erasing: Erasing, spool: Path, copies: CopiesElsewhere
    ) -> None:
        self._database, self._clock, self._erasing = database, clock, erasing
        self._spool, self._copies = spool, copies
        self.texts = dict([STEPS])
        """The tables that hold people's own words, each with the column; features above add theirs."""
        # Whoever looks keeps the file still, and another one from looking.
        self._one_at_a_time = threading.Lock()

    def prove(self, erasure_id: ErasureId, pause: Callable[[], None] = lambda: None) -> None:
        """Wipe, search and keep what was found; on a thread of its own, for it reads the whole file."""
        with self._one_at_a_time:
            with self._database.read() as tx:
                erasure = store.erasure_by_number(tx, erasure_id)
            if erasure is None or erasure.state != "proving":
                return
            traces = self._wiped(pause)
            with self._database.read() as tx:
                found = [*_in_tables(tx, erasure), *_in_files(traces)]
            found += [
                self._in_spool(erasure),
                Proof("archives", 0, self._copies.discard()),
                self._in_copies(erasure),
            ]
            self._database.write(partial(self._keep, erasure_id, found))

    def rewrite_copies(self, erasure_id: ErasureId, pause: Callable[[], None] = lambda: None) -> None:
        """Erase it from the copies made before as well, and note in the proof which hold it still."""
        with self._database.read() as tx:
            erasure = store.erasure_by_number(tx, erasure_id)
            payloads = store.payloads_of_erasure(tx, erasure_id)
        if erasure is None or erasure.done_at is None:
            return
        came_at = Instant(erasure.scope.started_at)
        erase = partial(erase_from, erasure=erasure, payloads=payloads)
        self._copies.rewrite(came_at, erasure.done_at, erase, pause)
        names = self._copies.holding(came_at, erasure.done_at)
        fresh = Proof(BACKUPS, len(names), None, names)
        found = [fresh if proof.place == BACKUPS else proof for proof in erasure.proofs]
        self._database.write(partial(self._keep, erasure_id, found))

    def wipe(self, pause: Callable[[], None] = lambda: None) -> None:
        """Overwrite what deleted rows left in the file."""
        with self._one_at_a_time:
            self._wiped(pause)

    def _wiped(self, pause: Callable[[], None]) -> Traces:
        """Overwrite traces until a look finds none; return what it found."""
        self._wipe_texts(pause)
        traces = self._database.traces(SEARCHED)
        for fill in (fill_page, fill_page, write_anew, fill_page, write_anew, fill_page):
            if not traces.spoilt:
                break
            for first in range(0, len(traces.spoilt), WIPED_AT_ONCE):
                pause()
                part = traces.spoilt[first : first + WIPED_AT_ONCE]
                self._database.write(partial(self._wipe_some, fill, part))
            traces = self._database.traces(SEARCHED)
        return traces

    def _wipe_texts(self, pause: Callable[[], None]) -> None:
        """Overwrite traces of people's own words; of a page with a single long row 22 bytes may stay."""
        for fill in (refill, rewrite, refill):
            traces = self._database.traces(tuple(self.texts))
            if not traces.spoilt:
                return
            for first in range(0, len(traces.spoilt), WIPED_AT_ONCE):
                pause()
                part = traces.spoilt[first : first + WIPED_AT_ONCE]
                self._database.write(partial(self._fill_some, fill, part))

    def _fill_some(self, fill: FillText, pages: Sequence[SpoiltPage]) -> None:
        with self._database.begin() as tx:
            for page in pages:
                fill(tx, page, self.texts[page.table])

    def _wipe_some(self, fill: Fill, pages: Sequence[SpoiltPage]) -> None:
        with self._database.begin() as tx:
            for page in pages:
                if page.table == "payloads":
                    fill(tx, page)
                else:
                    drop_all_answers(tx)

    def _in_spool(self, erasure: Erasure) -> Proof:
        left = [file for file in _files(self._spool) if file.stat().st_mtime_ns // 1000 < erasure.due_at]
        return Proof("files of imports", len(left), len(_files(self._spool)))

    def _in_archives(self) -> Proof:
        return Proof("archives", 0, self._copies.discard())

    def _in_copies(self, erasure: Erasure) -> Proof:
        names = self._copies.holding(Instant(erasure.scope.started_at), self._clock.now())
        return Proof(BACKUPS, len(names), None, names)

    def _keep(self, erasure_id: ErasureId, found: Sequence[Proof]) -> None:
        with self._database.begin() as tx:
            erasure = store.erasure_by_number(tx, erasure_id)
            if erasure is None:
                return
            proven = msgspec.structs.replace(erasure, proof=msgspec.json.encode(found).decode())
            if erasure.state == "done":
                keep(tx, proven)
            else:
                self._erasing.enter(tx, proven, "done", erasure.scope)


def _in_tables(tx: Transaction, erasure: Erasure) -> list[Proof]:
    """Look for it once more where it was; what later events have too is part of the record still."""
    images = found_in(tx, erasure, ErasurePlace("images"))
    totals = found_in(tx, erasure, ErasurePlace("totals"))
    places = (ErasurePlace(bucket=number) for number in range(len(erasure.scope.buckets)))
    events = sum(len(found_in(tx, erasure, place)) for place in places)
    return [
        Proof("events", events),
        Proof("what undo keeps", len(images)),
        Proof("totals", len(totals)),
        Proof("texts that later events have too", store.count_erasure_payloads(tx, erasure.id)),
        Proof("answers kept for repeated requests", count_answers(tx, erasure.due_at)),
    ]


def _in_files(traces: Traces) -> list[Proof]:
    return [Proof("database file", traces.left, traces.pages), Proof("log", 0, 1)]


def _files(directory: Path) -> list[Path]:
    return [file for file in directory.glob("import-*") if file.is_file()] if directory.is_dir() else []
