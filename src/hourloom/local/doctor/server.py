"""Looks at the server that runs, and at what reports to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from hourloom.core.clock import HOUR, datetime_of
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.local.doctor import store
from hourloom.local.doctor.findings import Finding
from hourloom.local.doctor.patient import Patient
from hourloom.notices.kinds import KINDS
from hourloom.sdk.answers import Info
from hourloom.sdk.api import Api
from hourloom.sdk.socket_way import by_socket
from hourloom.sdk.vitals import is_well

SILENT_AFTER = HOUR
RECENTLY = 14 * 24 * HOUR


def holder(patient: Patient) -> Iterator[Finding]:
    """Look who holds the directory."""
    found = patient.holder
    if found is None:
        yield Finding("note", "server", "none runs on this directory", "start one with `hourloom up`")
    else:
        yield Finding("good", "server", str(found))


def answer(patient: Patient) -> Iterator[Finding]:
    """Ask the server how it is."""
    if patient.holder is None:
        return
    try:
        way = by_socket(patient.directory, patient.configuration.port)
        if way is None:
            yield Finding("note", "answer", "it does not answer yet", "wait a moment and look again")
            return
        with closing(way):
            api = Api(way)
            yield Finding("good", "answer", f"it is {api.get('/api/0/info', Info).version}")
            if not is_well(api):
                advice = "stop the server and start it again"
                yield Finding("bad", "writer", "it does not take writes", advice)
    except HourloomError as error:
        yield Finding("bad", "answer", error.message, "stop it and start it again with `hourloom up`")


def watchers(patient: Patient) -> Iterator[Finding]:
    """Look for buckets that are silent while others of the same device report."""
    if not patient.opens():
        return
    now = patient.clock.now()
    with patient.reading() as tx:
        heard = [
            (int(str(device)), str(name), ends)
            for device, name, _, ends in store.last_heard(tx)
            if isinstance(ends, int)
        ]
    newest: dict[int, int] = {}
    for device, _, ends in heard:
        newest[device] = max(newest.get(device, 0), min(ends, now))
    if not heard:
        yield Finding(
            "note", "watchers", "none has reported yet", "`hourloom device doctor` says what is missing"
        )
    silent = [each for each in heard if SILENT_AFTER < newest[each[0]] - each[2] < RECENTLY]
    for _, name, ends in silent:
        said = f"last heard {datetime_of(ends).astimezone():%Y-%m-%d %H:%M}, while others report"
        yield Finding("note", name, said, "start it again, or delete its bucket if you have given it up")
    if heard and not silent:
        latest = max(newest.values())
        said = f"the last one was heard {datetime_of(latest).astimezone():%Y-%m-%d %H:%M}"
        yield Finding("good", "watchers", said)


def notices(patient: Patient) -> Iterator[Finding]:
    """Show what the server has told its user and is not over."""
    if not patient.opens():
        return
    with patient.reading() as tx:
        standing = store.standing_notices(tx)
    for name, _, subject, _ in standing:
        kind = KINDS.get(str(name))
        if kind is None:
            continue
        facts: dict[str, int | str | None] = decode(str(subject))
        yield Finding("note", "notice", kind.in_words(facts).rstrip("."), kind.advice.rstrip("."))
