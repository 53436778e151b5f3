"""Looks at the keys: whether the database opens, by which ways, and whether they are written down twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from hourloom.core.errors import HourloomError
from hourloom.db.keys import header, ways, wraps
from hourloom.db.keys.errors import KeysDamaged, KeysForeign, KeysMissing, PassphraseNeeded
from hourloom.db.keys.places import copy_for, write_atomically
from hourloom.db.keys.wraps import KeyFile, Wrap
from hourloom.local.doctor.findings import Finding, Repair
from hourloom.local.doctor.patient import Patient

ASIDE = ".damaged"


def opening(patient: Patient) -> Iterator[Finding]:
    """Look whether the database opens by itself, and whether its recovery code was noted down."""
    if patient.in_team:
        yield Finding("note", "encryption", "PostgreSQL's content is not encrypted", "encrypt its disk")
        return
    state = patient.state
    if state == header.ABSENT:
        return
    if state == header.PLAIN:
        advice = "" if patient.configuration.encryption == "off" else "`hourloom keys on` encrypts it"
        yield Finding("note", "encryption", "the database is not encrypted", advice)
        return
    try:
        method = patient.unlocked.method
        yield Finding("good", "encryption", f"the database opens by {method.replace('_', ' ')}")
    except PassphraseNeeded:
        yield Finding("good", "encryption", "the database opens with your passphrase")
    except HourloomError as error:
        yield Finding("bad", "encryption", error.message, _way_out(error))


def each_wrap(patient: Patient) -> Iterator[Finding]:
    """Try every way to open the database that needs nobody."""
    document = _document(patient)
    if document is None:
        return
    at_hand = document.wraps_of(patient.state) or document.wraps
    for wrap in at_hand:
        if wrap.method in ("keychain", "key_file"):
            yield _tried(patient, document, wrap)
    untried = [wrap.method.replace("_", " ") for wrap in at_hand if wrap.method in ("passphrase", "recovery")]
    if untried:
        told = " and ".join(sorted(set(untried))).replace("recovery", "recovery code")
        yield Finding("good", "other keys", f"there is a {told}; only you can try it")
    if document.recovery_pending:
        advice = "`hourloom keys acknowledge` confirms it; `hourloom keys recovery` shows a new one"
        yield Finding("note", "recovery code", "nobody has confirmed to have noted it down", advice)


def copy(patient: Patient) -> Iterator[Finding]:
    """Hold keys.json against its copy in the configuration directory."""
    if patient.in_team or not patient.exists:
        return
    keys = patient.means.places.keys
    try:
        document = patient.document
    except (KeysDamaged, KeysForeign) as error:
        yield from _instead(patient, error)
        return
    if document is None:
        if header.is_encrypted(patient.database):
            yield from _instead(patient, KeysMissing(database=patient.database, keys=keys, hint=""))
        return
    path = patient.means.places.copy(document.database_id)
    if _decoded(path) == document:
        yield Finding("good", "keys.json", "it and its copy are the same")
        return
    yield Finding(
        "note",
        "keys.json",
        f"its copy {path} is missing, damaged or older",
        repair=Repair("write the copy of keys.json anew", partial(_copy, keys, path), alone=False),
    )


def _tried(patient: Patient, document: KeyFile, wrap: Wrap) -> Finding:
    name = f"key {wrap.id}"
    place = ways.place_of(patient.means, document, wrap)
    try:
        found = ways.open_wrap(patient.means, document, wrap)
    except HourloomError as error:
        advice = "or remove this way with `hourloom keys remove`, once another one opens the database"
        return Finding("bad", name, error.message, advice)
    if patient.state == wrap.key_id and not header.opens(patient.database, found.key):
        return Finding("bad", name, f"the key from {place} does not open the database")
    return Finding("good", name, f"it opens by {wrap.method.replace('_', ' ')} ({place})")


def _instead(patient: Patient, error: HourloomError) -> Iterator[Finding]:
    """Offer the copy in place of a keys.json that is missing or damaged."""
    path = copy_for(patient.means.places, patient.state)
    repair = None
    if path is not None:
        does = f"put the copy {path} in the place of keys.json"
        repair = Repair(does, partial(_put_back, path, patient.means.places.keys))
    yield Finding("bad", "keys.json", error.message, "" if repair else "put back a copy of it", repair)


def _put_back(path: Path, keys: Path) -> str | None:
    body = path.read_bytes()
    kept = keys.with_name(keys.name + ASIDE)
    if keys.exists():
        keys.replace(kept)
    write_atomically(keys, body)
    return f"The damaged one is kept as {kept.name}." if kept.exists() else None


def _copy(keys: Path, path: Path) -> None:
    write_atomically(path, keys.read_bytes())


def _decoded(path: Path) -> KeyFile | None:
    try:
        body = path.read_bytes()
        return wraps.decode(body, path)
    except (OSError, HourloomError):
        return None


def _document(patient: Patient) -> KeyFile | None:
    """Return keys.json of an encrypted database; what is wrong with it is told by another look."""
    if patient.in_team or not header.is_encrypted(patient.database):
        return None
    try:
        return patient.document
    except HourloomError:
        return None


def _way_out(error: HourloomError) -> str:
    return "" if "hourloom" in error.message else "`hourloom keys recovery` takes your recovery code"
