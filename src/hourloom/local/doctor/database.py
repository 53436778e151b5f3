"""Looks at the database file: whether it reads, is whole, and has this program's schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from hourloom.core.errors import HourloomError
from hourloom.db.keys import header
from hourloom.db.keys.errors import PassphraseNeeded
from hourloom.db.migrate import HEAD, sqlite_revision
from hourloom.db.sqlcipher import driver
from hourloom.db.sqlite import APPLICATION_ID
from hourloom.local.doctor import mending, store
from hourloom.local.doctor.findings import Finding, Repair
from hourloom.local.doctor.patient import Patient

if TYPE_CHECKING:
    from sqlite3 import Connection

SALVAGE = "read out all that can be read into a new database, and keep this one beside it"
_ADVICE = "stop the server, then run `hourloom doctor --fix`"
_MOST_FAULTS = 100
_OF_NOBODY = re.compile(r"Page \d+(?: is|:) never used")
_OF_AN_INDEX = re.compile(
    r"row \d+ missing from index \w+|wrong # of entries in index \w+|non-unique entry in index \w+"
)


def structure(patient: Patient) -> Iterator[Finding]:
    """Let the database examine itself: quickly, or to the last entry of each index."""
    if patient.in_team or patient.state == header.ABSENT:
        return
    try:
        encrypted = patient.unlocked.data_key is not None
    except PassphraseNeeded:
        advice = "run this on a terminal, where it can ask for the passphrase"
        yield Finding("note", "database", "it was not examined, for nobody could be asked", advice)
        return
    except HourloomError:
        # The looks at the keys have said why.
        if _beginning_is_damaged(patient):
            yield _damaged(patient, "its beginning cannot be read, its pages can")
        return
    try:
        with patient.connection() as connection:
            faults = _faults(patient, connection, encrypted=encrypted)
    except (driver.DatabaseError, HourloomError) as error:
        yield _damaged(patient, error.message if isinstance(error, HourloomError) else str(error))
        return
    if not faults:
        yield Finding("good", "database", "its structure is sound")
    elif all(_OF_AN_INDEX.fullmatch(fault) for fault in faults):
        repair = Repair("build all indexes anew", partial(mending.reindex, patient))
        yield Finding("bad", "database", f"an index does not fit its table: {faults[0]}", _ADVICE, repair)
    elif all(_OF_NOBODY.fullmatch(fault) for fault in faults):
        repair = Repair("write the file anew without them", partial(mending.vacuum, patient))
        yield Finding("note", "database", f"{len(faults)} of its pages belong to nothing", "", repair)
    else:
        yield _damaged(patient, faults[0])


def schema(patient: Patient) -> Iterator[Finding]:
    """Look whether the schema is this program's."""
    if not patient.opens():
        return
    if patient.in_team:
        with patient.reading() as tx:
            yield _of_revision(patient, store.revision(tx))
        return
    try:
        with patient.connection() as connection:
            (owner,) = connection.execute("PRAGMA application_id").fetchone()
            found = sqlite_revision(connection)
    except driver.DatabaseError:
        return
    if found is None:
        yield Finding("note", "schema", "the database is still empty", "`hourloom up` makes its tables")
    elif owner != APPLICATION_ID:
        yield Finding("bad", "schema", "this is another program's database", "choose another --data-dir")
    else:
        yield _of_revision(patient, found)


def free_pages(patient: Patient) -> Iterator[Finding]:
    """Look whether space that becomes free is given back to the disk."""
    if patient.in_team or not patient.opens():
        return
    with patient.connection() as connection:
        (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if mode == mending.INCREMENTAL or not pages:
        return
    yield Finding(
        "note",
        "free space inside",
        f"{free * 100 // pages} % of the file are free and cannot be given back to the disk",
        repair=Repair(
            "write the file anew, so that it gives space back from then on", partial(mending.vacuum, patient)
        ),
    )


def _faults(patient: Patient, connection: Connection, *, encrypted: bool) -> list[str]:
    faults: list[str] = []
    if encrypted:
        patient.step("Authenticating every page", 0.0)
        faults += [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")]
    if faults:
        # A page that is not authentic ends the connection, so nothing more can be asked of it.
        return [f"{len(faults)} pages are not what was written ({faults[0]})"]
    patient.watch(connection, "Reading every page")
    check = "integrity_check" if patient.deep else "quick_check"
    found = connection.execute(f"PRAGMA {check}({_MOST_FAULTS:d})").fetchall()
    lines = [line for row in found for line in str(row[0]).splitlines()]
    return [line for line in lines if line != "ok" and not line.startswith("***")]


def _damaged(patient: Patient, how: str) -> Finding:
    repair = Repair(SALVAGE, partial(mending.salvage, patient))
    return Finding("bad", "database", f"it is damaged: {how}", _ADVICE, repair)


def _beginning_is_damaged(patient: Patient) -> bool:
    try:
        return any(True for _ in patient.keys_of_pages())
    except HourloomError:
        return False


def _of_revision(patient: Patient, found: str) -> Finding:
    if found > HEAD:
        newer = f"revision {found}, newer than this program's {HEAD}"
        return Finding("bad", "schema", newer, "update Hourloom")
    if found == HEAD:
        return Finding("good", "schema", f"revision {found}")
    repair = Repair("bring its schema up to date, after a backup", partial(mending.migrate, patient))
    advice = "the next start brings it up to date"
    return Finding(
        "note", "schema", f"revision {found} of {HEAD}", advice, None if patient.in_team else repair
    )
