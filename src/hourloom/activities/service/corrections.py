"""Keep what a person said about single things: it wins over every rule."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import msgspec

from hourloom.activities import store
from hourloom.activities.classifying.texts import Part, parts_of
from hourloom.activities.model.changes import RulesChanged
from hourloom.activities.model.correction import (
    LONGEST_SUBJECT,
    MOST_CORRECTIONS,
    Correction,
    CorrectionNotValid,
    Kind,
    NoSuchCorrection,
    NoSuchPayload,
    TooManyCorrections,
)
from hourloom.activities.model.rule import Outcome
from hourloom.activities.model.tending import NEW
from hourloom.activities.service.editing import CORRECTIONS, READ, WRITE, Rulebooks
from hourloom.activities.service.references import Labels
from hourloom.core.actors import Actor
from hourloom.core.apps import app_identity
from hourloom.core.clock import Clock
from hourloom.core.ids import OperationId, WorkspaceId
from hourloom.core.urls import ascii_host, host_of
from hourloom.db.transaction import Database, Transaction
from hourloom.tracking.enrichment import registrable

SUBJECT = '"subject":"'
IN_ARCHIVES = "corrections"
_SAID = re.compile(r'"kind":"(app|domain)","subject":("(?:[^"\\]|\\.)*")')
"""Corrections of apps and sites as steps of operations hold them."""
_text = msgspec.json.Decoder(str).decode


class Gone(NamedTuple):
    """Corrections of what is not recorded any more, and the steps of operations that tell of such."""

    corrections: list[int]
    steps: list[tuple[OperationId, int, str]]


class Shown(msgspec.Struct, frozen=True):
    """A correction, and what it is about in words; those of a payload are empty where it is gone."""

    correction: Correction
    app: str
    title: str


class Corrections:
    """What a person said about single payloads, apps and sites."""

    is_service = True

    def __init__(self, database: Database, clock: Clock, rulebooks: Rulebooks, labels: Labels) -> None:
        self._database, self._clock = database, clock
        self._rulebooks, self._labels = rulebooks, labels

    def list(self, who: Actor, before: int, limit: int) -> list[Shown]:
        """Return corrections numbered below a number, the newest first."""
        who.require(READ)
        with self._database.read() as tx:
            book = self._rulebooks.read(tx, who.workspace_id)
            chosen = [c for n, c in sorted(book.corrections.items(), reverse=True) if n < before][:limit]
            parts = parts_of(tx, {c.payload_id for c in chosen if c.payload_id is not None})
        found = []
        for each in chosen:
            part = parts.get(each.payload_id or 0)
            texts = None if part is None else part.texts
            app = "" if texts is None else texts.app or texts.editor or texts.url
            found.append(Shown(each, app, "" if texts is None else texts.title or texts.file or texts.entity))
        return found

    def correct(
        self, who: Actor, kind: Kind, about: int | str, outcome: Outcome
    ) -> tuple[Correction, OperationId]:
        """Say what something is: a payload by its number, an app or a site by its name."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            if not outcome:
                raise CorrectionNotValid(reason="say a category, a project or tags")
            self._labels.require(tx, who, before, outcome)
            subject, payload = self._subject(tx, who, kind, about)
            known = next(
                (c.id for c in before.corrections.values() if (c.kind, c.subject) == (kind, subject)), NEW
            )
            if known == NEW and len(before.corrections) >= MOST_CORRECTIONS:
                raise TooManyCorrections(most=f"{MOST_CORRECTIONS:,}")
            said = Correction(known, kind, subject, outcome, payload, self._clock.now())
            rest = [c for c in before.corrections.values() if c.id != known]
            saved = self._rulebooks.save(
                tx, who, CORRECTIONS, before, before.with_(corrections=[*rest, said])
            )
            return saved.book.corrections[saved.numbers.get(known, known)], saved.operation_id

    def remove(self, who: Actor, number: int) -> OperationId:
        """Forget a correction."""
        who.require(WRITE)
        with self._database.begin() as tx:
            before = self._rulebooks.read(tx, who.workspace_id)
            if number not in before.corrections:
                raise NoSuchCorrection(id=number)
            rest = [c for c in before.corrections.values() if c.id != number]
            after = before.with_(corrections=rest)
            return self._rulebooks.save(tx, who, CORRECTIONS, before, after).operation_id

    def forget_lost(self, tx: Transaction) -> None:
        """Forget what was said about payloads that were deleted from the record."""
        for workspace in store.workspaces_with_lost(tx):
            store.drop_lost(tx, workspace)
            version = store.grow_version(tx, workspace)
            tx.changed(WorkspaceId(workspace), RulesChanged(version, corrections=True))

    def about(
        self, tx: Transaction, workspace: WorkspaceId, payloads: Collection[int], known: Sequence[int]
    ) -> Sequence[int]:
        """Return the numbers of corrections of apps and sites of payloads, besides those known before."""
        wanted = [each for each in store.corrections(tx, workspace) if each.kind != "payload"]
        if not wanted or not payloads:
            return known
        parts = parts_of(tx, payloads).values()
        said = {(kind, name) for part in parts for kind, name in _names(part)}
        return sorted({*known, *(each.id for each in wanted if (each.kind, each.subject) in said)})

    def gone(self, tx: Transaction, workspace: WorkspaceId, numbers: Collection[int]) -> Gone:
        """Return of some corrections those of which nothing is recorded any more, with what undo keeps."""
        recorded: dict[tuple[str, str], bool] = {}

        def is_gone(kind: str, name: str) -> bool:
            if (kind, name) not in recorded:
                recorded[kind, name] = _is_recorded(tx, workspace, kind, name)
            return not recorded[kind, name]

        corrections = [
            each.id
            for each in store.corrections(tx, workspace)
            if each.id in numbers and is_gone(each.kind, each.subject)
        ]
        steps = [
            (operation, number, name)
            for operation, number, name, was in self._rulebooks.operations.steps_that_say(
                tx, workspace, SUBJECT
            )
            if any(is_gone(kind, _text(told)) for kind, told in _SAID.findall(was))
        ]
        return Gone(corrections, steps)

    def forget(self, tx: Transaction, workspace: WorkspaceId, gone: object) -> None:
        """Forget corrections of what was erased, and what undo keeps of them."""
        if not isinstance(gone, Gone):
            return
        for number in gone.corrections:
            store.drop_correction(tx, workspace, number)
        if gone.corrections:
            tx.changed(workspace, RulesChanged(store.grow_version(tx, workspace), corrections=True))
        for operation, step, name in gone.steps:
            self._rulebooks.operations.forget_step(tx, operation, step)
            # One of an archive is a step of many, which can be taken back without it.
            if name != IN_ARCHIVES:
                self._rulebooks.operations.close(operation)
        self.forget_lost(tx)

    def _subject(self, tx: Transaction, who: Actor, kind: Kind, about: int | str) -> tuple[str, int | None]:
        if kind == "payload":
            if not isinstance(about, int):
                raise CorrectionNotValid(reason="a payload is told by its number")
            digest = store.digest_of_payload(tx, who.workspace_id, about)
            if digest is None:
                raise NoSuchPayload(id=about)
            return digest.hex(), about
        text = str(about).strip()
        if kind == "app":
            subject = app_identity(text)
        else:
            subject = host_of(text) if "://" in text else ascii_host(text.removeprefix("*."))
        if not subject or len(subject) > LONGEST_SUBJECT:
            raise CorrectionNotValid(reason=f"give the name of {'an app' if kind == 'app' else 'a site'}")
        return subject, None


def _names(part: Part) -> Iterator[tuple[str, str]]:
    """Go through what a correction may call the app or the site of a payload."""
    yield "app", part.traits.app
    host = host_of(part.texts.url) if part.texts.url else part.traits.domain
    while host:
        yield "domain", host
        host = host.partition(".")[2]


def _is_recorded(tx: Transaction, workspace: WorkspaceId, kind: str, name: str) -> bool:
    """Return whether something of an app or a site is recorded."""
    if kind == "app":
        pages = store.payloads_of_app(tx, workspace, name)
    else:
        pages = store.payloads_of_domain(tx, workspace, registrable(name))
    return any((kind, name) in _names(part) for some in pages for part in parts_of(tx, some).values())
