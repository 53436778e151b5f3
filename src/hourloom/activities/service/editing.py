"""Keep rulebooks: read them, save what an edit changed, and take that back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import msgspec

from hourloom.activities import store
from hourloom.activities.model.category import CategoryTree
from hourloom.activities.model.changes import RulesChanged
from hourloom.activities.model.rule import Outcome
from hourloom.activities.model.rulebook import (
    Difference,
    Rows,
    Rulebook,
    applied,
    changed_since,
    difference,
    taken_back,
)
from hourloom.core.actors import Actor
from hourloom.core.ids import OperationId
from hourloom.db.transaction import Transaction
from hourloom.operations.model import ChangedSince, Operation
from hourloom.operations.service import Operations

READ, WRITE = "activities:read", "activities:write"
CATEGORIES, RULES, CORRECTIONS = "change_categories", "change_rules", "change_corrections"
CLASSES = "change_classes"
STEP = "rulebook"
MOST_STEPS = 10

_decode = msgspec.json.Decoder(Difference).decode

Told = Callable[[Transaction, Actor, Rulebook, Rulebook], None]
"""Told of an edit within its write: what was, and what is."""

TakeBack = Callable[[Transaction, Actor, bytes], None]
"""Takes back a step that was kept with an edit."""


class Saved(msgspec.Struct, frozen=True):
    """An edit as it was saved."""

    book: Rulebook
    operation_id: OperationId
    numbers: dict[int, int]
    """The numbers of what was added, by those below 0 that stood in for them."""


class Rulebooks:
    """The rulebooks of workspaces; those that were read are kept for as long as they are right."""

    def __init__(self, operations: Operations) -> None:
        self._operations = self.operations = operations
        self._kept: dict[int, Rulebook] = {}
        self._guard = threading.Lock()
        self._told: list[Told] = []
        self._steps: dict[str, TakeBack] = {STEP: self.take_back}
        for kind in (CATEGORIES, RULES, CORRECTIONS, CLASSES):
            operations.register(kind, WRITE, self._undo, self._purge)

    def tell(self, told: Told) -> None:
        """Let somebody know of each edit, within its write."""
        self._told.append(told)

    def take_back_with(self, step: str, take_back: TakeBack) -> None:
        """Let somebody take back the steps of a name that were saved with edits."""
        self._steps[step] = take_back

    def read(self, tx: Transaction, workspace: int) -> Rulebook:
        """Return the rulebook of a workspace."""
        version = store.version(tx, workspace)
        kept = self._kept.get(workspace)
        if kept is not None and kept.version == version:
            return kept
        with self._guard:
            book = Rulebook(
                CategoryTree(store.categories(tx, workspace)),
                store.rules(tx, workspace),
                store.corrections(tx, workspace),
                version,
            )
            self._kept[workspace] = book
        return book

    def forget(self) -> None:
        """Drop the rulebooks that are kept: some of what they say was erased."""
        self._kept = {}

    def save(
        self,
        tx: Transaction,
        who: Actor,
        kind: str,
        before: Rulebook,
        after: Rulebook,
        steps: Mapping[str, object] = {},
    ) -> Saved:
        """Save an edit as an operation; what is new in it has numbers below 0.

        Others' steps are taken back after the edit itself.
        """
        numbers: dict[int, int] = {}
        given = _written(tx, who.workspace_id, difference(before, after), numbers)
        operation = self._operations.record(who, kind, _subject(given))
        for name, was in steps.items():
            self._operations.keep_step(operation, name, was)
        self._operations.keep_step(operation, STEP, given)
        return Saved(self._changed(tx, who, before, given), operation, numbers)

    def change(self, tx: Transaction, who: Actor, before: Rulebook, after: Rulebook) -> Difference | None:
        """Save an edit that is a part of somebody's operation; return what takes it back."""
        changed = difference(before, after)
        if not changed:
            return None
        _write(tx, who.workspace_id, changed)
        self._changed(tx, who, before, changed)
        return changed

    def grow(self, tx: Transaction, who: Actor) -> None:
        """Note that something else that verdicts depend on changed."""
        tx.changed(who.workspace_id, RulesChanged(store.grow_version(tx, who.workspace_id)))

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Take back what a step of an operation kept, unless that was changed again since."""
        changed, here = _decode(was), self.read(tx, who.workspace_id)
        fault = changed_since(here, changed)
        if fault is not None:
            raise ChangedSince(f"the {fault[0]}", fault[1])
        back = difference(here, taken_back(here, changed))
        _write(tx, who.workspace_id, back)
        self._changed(tx, who, here, back)

    def _changed(self, tx: Transaction, who: Actor, before: Rulebook, changed: Difference) -> Rulebook:
        version = store.grow_version(tx, who.workspace_id)
        after = self._kept[who.workspace_id] = applied(before, changed, version)
        for told in self._told:
            told(tx, who, before, after)
        touched = changed.counts()
        tx.changed(
            who.workspace_id,
            RulesChanged(
                version, bool(touched["categories"]), bool(touched["rules"]), bool(touched["corrections"])
            ),
        )
        return after

    def _undo(self, _tx: Transaction, who: Actor, operation: Operation) -> None:
        def take_back(tx: Transaction, name: str, was: bytes) -> None:
            self._steps[name](tx, who, was)

        self._operations.take_steps_back(operation.id, MOST_STEPS, take_back)

    def _purge(self, _tx: Transaction, operation: Operation) -> bool:
        return self._operations.forget_steps(operation.id, MOST_STEPS)


def _subject(given: Difference) -> dict[str, object]:
    """Return how many of each an edit touches; of one alone also its number, and what was done to it."""
    was = {row.id for rows in given.before.each().values() for row in rows}
    now = {row.id for rows in given.after.each().values() for row in rows}
    counts: dict[str, object] = {**given.counts()}
    if sum(given.counts().values()) != 1:
        return counts
    (number,) = was | now
    return {**counts, "id": number, "deed": "add" if not was else "delete" if not now else "change"}


def _written(tx: Transaction, workspace: int, changed: Difference, numbers: dict[int, int]) -> Difference:
    """Write an edit; return it with the numbers that what is new in it was given."""
    known = Difference(changed.before, Rows())
    _write(tx, workspace, _without_new(changed))
    after = Rows([], [], [])
    for category in changed.after.categories:
        parent = numbers.get(category.parent_id or 0, category.parent_id)
        placed = msgspec.structs.replace(category, parent_id=parent)
        if category.id < 0:
            numbers[category.id] = store.add_category(tx, workspace, placed)
        else:
            store.put_category(tx, workspace, placed)
        after.categories.append(msgspec.structs.replace(placed, id=numbers.get(category.id, category.id)))
    for rule in changed.after.rules:
        given = msgspec.structs.replace(rule, outcome=_numbered(rule.outcome, numbers))
        if rule.id < 0:
            numbers[rule.id] = store.add_rule(tx, workspace, given)
        else:
            store.put_rule(tx, workspace, given)
        after.rules.append(msgspec.structs.replace(given, id=numbers.get(rule.id, rule.id)))
    for correction in changed.after.corrections:
        said = msgspec.structs.replace(correction, outcome=_numbered(correction.outcome, numbers))
        if correction.id < 0:
            numbers[correction.id] = store.add_correction(tx, workspace, said)
        else:
            store.put_correction(tx, workspace, said)
        after.corrections.append(msgspec.structs.replace(said, id=numbers.get(correction.id, correction.id)))
    return Difference(known.before, after)


def _without_new(changed: Difference) -> Difference:
    """Return of an edit what goes: the rest of it is written with numbers."""
    kept = {what: {row.id for row in rows} for what, rows in changed.after.each().items()}
    return Difference(
        Rows(
            [row for row in changed.before.categories if row.id not in kept["categories"]],
            [row for row in changed.before.rules if row.id not in kept["rules"]],
            [row for row in changed.before.corrections if row.id not in kept["corrections"]],
        ),
        Rows(),
    )


def _write(tx: Transaction, workspace: int, changed: Difference) -> None:
    """Write an edit in which nothing is new."""
    gone = _without_new(changed).before
    for category in gone.categories:
        store.drop_category(tx, workspace, category.id)
    for rule in gone.rules:
        store.drop_rule(tx, workspace, rule.id)
    for correction in gone.corrections:
        store.drop_correction(tx, workspace, correction.id)
    for category in changed.after.categories:
        store.put_category(tx, workspace, category)
    for rule in changed.after.rules:
        store.put_rule(tx, workspace, rule)
    for correction in changed.after.corrections:
        store.put_correction(tx, workspace, correction)


def _numbered(outcome: Outcome, numbers: dict[int, int]) -> Outcome:
    number = outcome.category_id
    if number is None or number not in numbers:
        return outcome
    return msgspec.structs.replace(outcome, category_id=numbers[number])
