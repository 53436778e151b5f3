"""Keep marks: what a person says about stretches of time, which wins over all that is inferred."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice
from typing import Literal, NamedTuple

import msgspec

from hourloom.activities import store
from hourloom.activities.model.lane import ActivitiesChanged
from hourloom.activities.model.mark import (
    MOST_AT_ONCE,
    MOST_MARKS,
    Mark,
    MarkEdit,
    MarkNotValid,
    MarksChanged,
    NoSuchMark,
    TooManyMarks,
    changed_since,
    extent,
    left_of,
    left_of_edit,
    names,
    outside,
    problem_of,
    replaced,
    uncategorised,
)
from hourloom.activities.service.editing import READ, WRITE, Rulebooks
from hourloom.activities.service.lanes import Lanes
from hourloom.activities.service.references import Labels
from hourloom.core.actors import Actor
from hourloom.core.clock import Clock, Instant
from hourloom.core.decoding import decode
from hourloom.core.ids import OperationId, UserId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.operations.model import ChangedSince, Operation
from hourloom.operations.service import Operations
from hourloom.projects.ports import Labelling, Use

KIND, STEP = "change_marks", "marks"
STEPS_SAY = '"marks_before":'
MOST_STEPS = 10
MOST_NAMED = 100


class MarksGone(NamedTuple):
    """Steps of operations that tell of marks within a time that was erased."""

    steps: list[tuple[OperationId, int, bool]]
    """Operation and number, and whether the operation is about nothing else."""


class OldMark(NamedTuple):
    """A mark that is too old, or whose note is."""

    user: int
    number: int


class OldStep(NamedTuple):
    """A step of an operation that tells of such a mark, as it was read."""

    operation: OperationId
    number: int
    was: str


class Marks:
    """What a person says about stretches of time."""

    is_service = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        operations: Operations,
        rulebooks: Rulebooks,
        labels: Labels,
        lanes: Lanes,
    ) -> None:
        self._database, self._clock, self._operations = database, clock, operations
        self._rulebooks, self._labels, self._lanes = rulebooks, labels, lanes
        operations.register(KIND, WRITE, self._undo, self._purge)

    def between(self, who: Actor, start: Instant, end: Instant, before: int, limit: int) -> list[Mark]:
        """Return the marks about a period that are numbered below a number, the newest first."""
        who.require(READ)
        with self._database.read() as tx:
            return store.newest_marks(
                tx, who.workspace_id, who.user_id, start=start, end=end, before=before, limit=limit
            )

    def add(
        self, who: Actor, drafts: Sequence[Mark], instead_of: Collection[int] = ()
    ) -> tuple[list[Mark], OperationId]:
        """Say something about some stretches of time, in the place of some marks; one operation."""
        who.require(WRITE)
        if not 0 < len(drafts) + len(instead_of) <= MOST_AT_ONCE:
            raise MarkNotValid(reason=f"give up to {MOST_AT_ONCE} at once")
        with self._database.begin() as tx:
            gone = store.marks_by_number(tx, who.workspace_id, who.user_id, instead_of)
            for number in set(instead_of) - {mark.id for mark in gone}:
                raise NoSuchMark(id=number)
            book, now = self._rulebooks.read(tx, who.workspace_id), self._clock.now()
            for draft in drafts:
                problem = problem_of(draft, now)
                if problem is not None:
                    raise MarkNotValid(reason=problem)
                self._labels.require(tx, who, book, draft.outcome)
            if store.count_marks(tx, who.workspace_id) + len(drafts) - len(gone) > MOST_MARKS:
                raise TooManyMarks(most=f"{MOST_MARKS:,}")
            # Later ones win also where the clock was set back in between.
            at = Instant(max(now, store.last_marked(tx, who.workspace_id) + 1))
            edit = MarkEdit(
                who.user_id, gone, [msgspec.structs.replace(draft, id=0, at=at) for draft in drafts]
            )
            made = self._changed(tx, who.workspace_id, edit)
            subject: dict[str, object] = {"marks": len(made.marks_before) + len(made.marks_after)}
            operation = self._operations.record(who, KIND, subject)
            self._operations.keep_step(operation, STEP, made)
            return made.marks_after, operation

    def remove(self, who: Actor, number: int) -> OperationId:
        """Take a mark away: what was recorded then counts again."""
        return self.add(who, [], [number])[1]

    # What tracking asks of whoever keeps what is said about time, when time is deleted from the record.

    def take_out(
        self, tx: Transaction, workspace: WorkspaceId, operation: OperationId | None, start: int, end: int
    ) -> None:
        """Take away what is said about a deleted time, kept for undo with its operation, if it has one."""
        for user, marks in self._of_all(tx, workspace).items():
            gone = [mark for mark in marks if mark.start < end and mark.end > start]
            if gone:
                left = [piece for mark in gone for piece in outside(mark, start, end)]
                made = self._changed(tx, workspace, MarkEdit(user, gone, left))
                if operation is not None:
                    self._operations.keep_step(operation, STEP, made)

    def put_back(self, _tx: Transaction, workspace: WorkspaceId, operation: OperationId) -> None:
        """Say again what was said about a time whose deletion is undone, unless that was changed since."""

        def take_back(tx: Transaction, _name: str, was: bytes) -> None:
            self._taken_back(tx, workspace, decode(was, MarkEdit))

        self._operations.take_steps_back(operation, MOST_STEPS, take_back)

    def told_of(self, tx: Transaction, workspace: WorkspaceId, start: int, end: int) -> object:
        """Return what to forget: steps of operations that tell of marks about an erased time."""
        found = MarksGone([])
        for operation, number, _, was in self._operations.steps_that_say(tx, workspace, STEPS_SAY):
            step = decode(was, MarkEdit | list[MarkEdit])
            edits = [step] if isinstance(step, MarkEdit) else step
            marks = (mark for edit in edits for mark in (*edit.marks_before, *edit.marks_after))
            if any(mark.start < end and mark.end > start for mark in marks):
                found.steps.append((operation, number, isinstance(step, MarkEdit)))
        return found

    def forget(self, tx: Transaction, gone: object) -> None:
        """Forget what undo keeps of marks about an erased time."""
        for operation, step, is_all in gone.steps if isinstance(gone, MarksGone) else ():
            self._operations.forget_step(tx, operation, step)
            # One of many steps is left out of its undo.
            if is_all:
                self._operations.close(operation)

    # What tracking asks when time is older than it is to be kept.

    def old(
        self, tx: Transaction, workspace: WorkspaceId, before: int, limit: int, *, notes: bool
    ) -> Sequence[OldMark | OldStep]:
        """Return some marks of before an instant, or with notes of then; else what undo keeps of such."""
        marks = store.old_marks(tx, workspace, before, notes=notes, limit=limit)
        if marks:
            return [OldMark(user, mark.id) for user, mark in marks]
        steps = (
            OldStep(operation, number, was)
            for operation, number, _, was in self._operations.steps_that_say(tx, workspace, STEPS_SAY)
            if _left_of_step(was, before, notes=notes) != was
        )
        return list(islice(steps, MOST_STEPS))

    def old_spans(
        self, tx: Transaction, workspace: WorkspaceId, before: int, *, notes: bool
    ) -> list[tuple[int, int]]:
        """Return of the same marks from when to when they are about what goes."""
        marks = store.old_marks(tx, workspace, before, notes=notes, limit=MOST_MARKS)
        return [(mark.start, min(mark.end, before)) for _, mark in marks]

    def let_go(
        self, tx: Transaction, workspace: WorkspaceId, before: int, old: Sequence[object], *, notes: bool
    ) -> int:
        """Let go for ever of what was found to be old; return how many marks lost something."""
        by_user: dict[int, list[int]] = {}
        for mark in old:
            if isinstance(mark, OldMark):
                by_user.setdefault(mark.user, []).append(mark.number)
        count = 0
        for user, numbers in by_user.items():
            # As they are now: they may have been changed since they were looked for.
            here = store.marks_by_number(tx, workspace, user, numbers)
            gone = [mark for mark in here if left_of(mark, before, notes=notes) != mark]
            edit = MarkEdit(user, gone, gone)
            after = left_of_edit(edit, before, notes=notes).marks_after
            self._changed(tx, workspace, MarkEdit(user, gone, after))
            count += len(gone)
        steps = [step for step in old if isinstance(step, OldStep)]
        ours = {each.id for each in self._operations.unfinished(tx, KIND)} if steps else set()
        for operation, number, was in steps:
            left = _left_of_step(was, before, notes=notes)
            if left is not None:
                self._operations.change_step(tx, operation, number, was, left)
                continue
            self._operations.forget_step(tx, operation, number)
            if operation in ours:
                self._operations.close(operation)
        return count

    # What features ask whose rows marks refer to.

    def naming(self, tx: Transaction, who: Actor, kind: Labelling, number: int) -> list[Use]:
        """Return the marks that give a project or tag; of others, that there are some."""
        return [
            Use("mark", mark.id if user == who.user_id else 0, "")
            for user, marks in self._of_all(tx, who.workspace_id).items()
            for mark in marks
            if names(mark, kind, number)
        ][:MOST_NAMED]

    def rename(
        self,
        tx: Transaction,
        who: Actor,
        kind: Literal["category", "project", "tag"],
        number: int,
        by: int | None,
    ) -> list[MarkEdit] | None:
        """Let all marks give another category, project or tag, or none; return what takes that back."""
        edits = [
            replaced(user, marks, kind, number, by)
            for user, marks in self._of_all(tx, who.workspace_id).items()
        ]
        return [self._changed(tx, who.workspace_id, edit) for edit in edits if edit.marks_before] or None

    def uncategorise(self, tx: Transaction, who: Actor, gone: Collection[int]) -> list[MarkEdit] | None:
        """Let no mark give one of some categories; return what takes that back."""
        edits = [
            uncategorised(user, marks, gone) for user, marks in self._of_all(tx, who.workspace_id).items()
        ]
        return [self._changed(tx, who.workspace_id, edit) for edit in edits if edit.marks_before] or None

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let marks give again what they did; leave alone what was changed since."""
        for edit in decode(was, list[MarkEdit]):
            self._taken_back(tx, who.workspace_id, edit)

    def _of_all(self, tx: Transaction, workspace: WorkspaceId) -> dict[int, list[Mark]]:
        found: dict[int, list[Mark]] = {}
        for user, mark in store.marks_of_all(tx, workspace):
            found.setdefault(user, []).append(mark)
        return found

    def _changed(self, tx: Transaction, workspace: WorkspaceId, edit: MarkEdit) -> MarkEdit:
        """Write an edit; return it with the numbers that new marks were given."""
        user = UserId(edit.user)
        for mark in edit.marks_before:
            store.drop_mark(tx, workspace, mark.id)
        after: list[Mark] = []
        for mark in edit.marks_after:
            if mark.id:
                store.put_mark(tx, workspace, user, mark)
                after.append(mark)
            else:
                after.append(msgspec.structs.replace(mark, id=store.add_mark(tx, workspace, user, mark)))
        touched = [*edit.marks_before, *after]
        for mark in touched:
            self._lanes.marks_changed(tx, workspace, user, mark.start, mark.end)
        if touched:
            tx.changed(workspace, MarksChanged(user, *extent(touched)))
            tx.changed(workspace, ActivitiesChanged(*extent(touched)))
        return MarkEdit(edit.user, edit.marks_before, after)

    def _changed_since(self, tx: Transaction, workspace: WorkspaceId, edit: MarkEdit) -> list[int]:
        numbers = [mark.id for mark in (*edit.marks_before, *edit.marks_after)]
        return changed_since(store.marks_by_number(tx, workspace, edit.user, numbers), edit)

    def _taken_back(self, tx: Transaction, workspace: WorkspaceId, edit: MarkEdit) -> None:
        """Take an edit back, unless what it made was changed since."""
        if not self._changed_since(tx, workspace, edit):
            self._changed(tx, workspace, MarkEdit(edit.user, edit.marks_after, edit.marks_before))

    def _undo(self, _tx: Transaction, who: Actor, operation: Operation) -> None:
        def take_back(tx: Transaction, _name: str, was: bytes) -> None:
            edit = decode(was, MarkEdit)
            changed = self._changed_since(tx, who.workspace_id, edit)
            if changed:
                raise ChangedSince("the marks", changed)
            self._taken_back(tx, who.workspace_id, edit)

        self._operations.take_steps_back(operation.id, MOST_STEPS, take_back)

    def _purge(self, _tx: Transaction, operation: Operation) -> bool:
        return self._operations.forget_steps(operation.id, MOST_STEPS)


def _left_of_step(was: str, before: int, *, notes: bool) -> str | None:
    """Return what is left of what undo keeps, where something old goes; nothing where that is all of it."""
    step = decode(was, MarkEdit | list[MarkEdit])
    edits = [step] if isinstance(step, MarkEdit) else step
    left = [left_of_edit(edit, before, notes=notes) for edit in edits]
    if left == edits:
        return was
    if not any(edit.marks_before or edit.marks_after for edit in left):
        return None
    return msgspec.json.encode(left[0] if isinstance(step, MarkEdit) else left).decode()


class MarksOfLabels:
    """Lets projects and tags be deleted and merged that marks give."""

    name = "marks"

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def uses(self, tx: Transaction, who: Actor, kind: Labelling, number: int) -> list[Use]:
        """Return the marks that give a project or tag."""
        return self._marks.naming(tx, who, kind, number)

    def replace(
        self, tx: Transaction, who: Actor, kind: Labelling, number: int, by: int | None
    ) -> list[MarkEdit] | None:
        """Let marks give another project or tag, or none; those left with nothing go."""
        return self._marks.rename(tx, who, kind, number, by)

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let marks give again what they did."""
        self._marks.take_back(tx, who, was)


class MarksOfCategories:
    """Lets categories be deleted that marks give, and another one take the place of one."""

    name = "marks"

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def replace(self, tx: Transaction, who: Actor, number: int, by: int) -> list[MarkEdit] | None:
        """Let marks give the category that takes the place of one."""
        return self._marks.rename(tx, who, "category", number, by)

    def uncategorise(self, tx: Transaction, who: Actor, gone: Collection[int]) -> list[MarkEdit] | None:
        """Let marks give none of some categories; those left with nothing go."""
        return self._marks.uncategorise(tx, who, gone)

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let marks give again what they did."""
        self._marks.take_back(tx, who, was)
