"""Looks at the record: whether rows refer to rows that are there, and derived data to what it came from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from hourloom.core.clock import MINUTE
from hourloom.local.doctor import mending, store
from hourloom.local.doctor.findings import Finding, Repair
from hourloom.local.doctor.patient import Patient
from hourloom.tracking.model import digest_of

QUARTER = 15 * MINUTE
_AT_ONCE = 5_000


def references(patient: Patient) -> Iterator[Finding]:
    """Look for rows that refer to rows that are not there."""
    if patient.in_team or not patient.opens():
        return
    with patient.connection() as connection:
        patient.watch(connection, "Following references")
        faults = connection.execute("PRAGMA foreign_key_check").fetchall()
    if not faults:
        yield Finding("good", "references", "every row refers to rows that are there")
        return
    tables = ", ".join(sorted({str(fault[0]) for fault in faults}))
    yield Finding(
        "bad",
        "references",
        f"{len(faults)} rows of {tables} refer to rows that are not there",
        repair=Repair("move them into a file of their own", partial(mending.set_aside, patient)),
    )


def payloads(patient: Patient) -> Iterator[Finding]:
    """Look for events, images of operations and kept totals whose payload is lost."""
    if not patient.opens():
        return
    patient.step("Looking for lost payloads", 0.0)
    with patient.reading() as tx:
        lost = len(store.lost_payloads(tx))
        events = store.events_of_lost_payloads(tx) if lost else 0
    if not lost:
        yield Finding("good", "payloads", "every event has its payload")
        return
    repair = Repair("keep the events, with stand-ins that say so", partial(mending.stand_in, patient))
    found = f"{lost} payloads are lost that {events} events, totals or images refer to"
    yield Finding("bad", "payloads", found, repair=None if patient.in_team else repair)


def digests(patient: Patient) -> Iterator[Finding]:
    """Work out the digest of every payload again, some thousands at a time."""
    if not patient.opens():
        return
    wrong, after, done = 0, 0, 0
    with patient.reading() as tx:
        total = store.number_of_payloads(tx) or 1
        while rows := store.payloads_after(tx, after, _AT_ONCE):
            wrong += sum(digest_of(str(body), _bytes(key)) != _bytes(digest) for _, digest, body, key in rows)
            after, done = int(str(rows[-1][0])), done + len(rows)
            patient.step("Working out digests", done / total)
    if not wrong:
        yield Finding("good", "digests", f"all {done} are right")
        return
    repair = Repair("work them out again", partial(mending.digest_anew, patient))
    found = f"{wrong} payloads would not be found again by their digest"
    yield Finding("bad", "digests", found, repair=None if patient.in_team else repair)


def times(patient: Patient) -> Iterator[Finding]:
    """Look for events that end before they begin, and for kept totals that cannot be."""
    if not patient.opens():
        return
    with patient.reading() as tx:
        events, totals = store.events_inside_out(tx), store.totals_out_of_place(tx, QUARTER)
    if events:
        repair = Repair("move them into a file of their own", partial(mending.set_aside_inside_out, patient))
        found = f"{events} events end before they begin"
        yield Finding("bad", "times", found, repair=None if patient.in_team else repair)
    if totals:
        yield Finding("bad", "kept totals", f"{totals} lie off their quarter of an hour", "restore a backup")
    if not events and not totals:
        yield Finding("good", "times", "every event and every kept total can be")


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes | memoryview)
    return bytes(value)
