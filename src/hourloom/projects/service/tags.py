"""Make, rename, merge and delete tags."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from hourloom.core.actors import Actor
from hourloom.core.clock import Clock
from hourloom.core.decoding import decode
from hourloom.core.errors import Conflict
from hourloom.core.ids import OperationId, WorkspaceId
from hourloom.db.transaction import Database, Transaction
from hourloom.operations.model import ChangedSince, Operation
from hourloom.operations.service import Operations
from hourloom.projects import store
from hourloom.projects.model import (
    BETWEEN,
    IN_TRASH_FOR,
    MOST,
    MOST_IN_TRASH,
    NoSuchTag,
    Tag,
    TagCreated,
    TagDeleted,
    TagEdited,
    TagIntoItself,
    TagNameTaken,
    TooManyTags,
    by_name,
    checked_name,
    namesake,
)
from hourloom.projects.ports import Use
from hourloom.projects.service.references import ITSELF, STEPS_AT_ONCE, References

READ, WRITE = "projects:read", "projects:write"
KIND = "change_tag"

Deed = Literal["create", "rename", "delete", "restore", "merge"]


class TagChange(msgspec.Struct, frozen=True):
    """What an operation did to a tag."""

    tag_id: int
    deed: Deed
    into: int | None = None


class _Step(msgspec.Struct, frozen=True):
    before: Tag | None
    after: Tag


class Tags:
    """Labels."""

    is_service = True

    def __init__(
        self, database: Database, clock: Clock, operations: Operations, references: References
    ) -> None:
        self._database, self._clock, self._operations = database, clock, operations
        self.references = references
        operations.register(KIND, WRITE, self._undo, self._purge)

    def all(self, who: Actor) -> list[Tag]:
        """Return all tags by name."""
        who.require(READ)
        with self._database.read() as tx:
            return list(by_name(store.tags_of(tx, who.workspace_id)))

    def in_trash(self, who: Actor) -> list[Tag]:
        """Return the tags in the trash, those deleted last first."""
        who.require(READ)
        with self._database.read() as tx:
            return store.deleted_tags(tx, who.workspace_id)

    def uses(self, who: Actor, number: int) -> list[Use]:
        """Return what refers to a tag."""
        who.require(READ)
        with self._database.read() as tx:
            return self.references.uses(tx, who, "tag", _found(tx, who, number).id)

    def names(self, tx: Transaction, workspace: WorkspaceId) -> dict[int, str]:
        """Return the names of all tags that are not in the trash, for other services."""
        return store.tag_names(tx, workspace)

    def known(self, tx: Transaction, workspace: WorkspaceId, ids: Collection[int]) -> frozenset[int]:
        """Return those of some numbers that are tags, for other services."""
        return frozenset(store.tag_names(tx, workspace).keys() & set(ids)) if ids else frozenset()

    def create(self, who: Actor, name: str) -> tuple[Tag, OperationId]:
        """Make a tag."""
        who.require(WRITE)
        name = checked_name(name, without=BETWEEN)
        with self._database.begin() as tx:
            _require_room(tx, who.workspace_id)
            _require_free(tx, who.workspace_id, name)
            made = _found(tx, who, store.add_tag(tx, who.workspace_id, name, self._clock.now()))
            tx.changed(who.workspace_id, TagCreated(made))
            return made, self._done(who, "create", None, made)

    def rename(self, who: Actor, number: int, name: str) -> tuple[Tag, OperationId]:
        """Give a tag another name."""
        who.require(WRITE)
        name = checked_name(name, without=BETWEEN)
        with self._database.begin() as tx:
            was = _found(tx, who, number)
            _require_free(tx, who.workspace_id, name, number)
            after = msgspec.structs.replace(was, name=name)
            store.set_tag(tx, who.workspace_id, after)
            if after != was:
                tx.changed(who.workspace_id, TagEdited(after))
            return after, self._done(who, "rename", was, after)

    def delete(self, who: Actor, number: int) -> tuple[list[Use], OperationId]:
        """Put a tag into the trash; what had it, which is returned, no longer does."""
        who.require(WRITE)
        with self._database.begin() as tx:
            uses = self.references.uses(tx, who, "tag", _found(tx, who, number).id)
            return uses, self._put_away(tx, who, number, "delete", None)

    def merge(self, who: Actor, number: int, into: int) -> tuple[Tag, OperationId]:
        """Let everything that has a tag have another one instead, and put the first into the trash."""
        who.require(WRITE)
        if number == into:
            raise TagIntoItself
        with self._database.begin() as tx:
            stays = _found(tx, who, into)
            return stays, self._put_away(tx, who, number, "merge", into)

    def restore(self, who: Actor, number: int) -> tuple[Tag, OperationId]:
        """Take a tag out of the trash; what had it does not have it again."""
        who.require(WRITE)
        with self._database.begin() as tx:
            was = store.tag_by_id(tx, who.workspace_id, number)
            if was is None or was.deleted_at is None:
                raise NoSuchTag(id=number)
            _require_room(tx, who.workspace_id)
            _require_free(tx, who.workspace_id, was.name)
            after = msgspec.structs.replace(was, deleted_at=None)
            store.set_tag(tx, who.workspace_id, after)
            tx.changed(who.workspace_id, TagCreated(after))
            return after, self._done(who, "restore", was, after)

    def empty_trash(self, tx: Transaction) -> None:
        """Delete the tags that were in the trash for 30 days."""
        store.drop_old_tags(tx, self._clock.now() - IN_TRASH_FOR)

    def _put_away(
        self, tx: Transaction, who: Actor, number: int, deed: Deed, into: int | None
    ) -> OperationId:
        was = _found(tx, who, number)
        after = msgspec.structs.replace(was, deleted_at=self._clock.now())
        operation = self._done(who, deed, was, after, into)
        self.references.replace(tx, who, operation, "tag", number, into)
        store.set_tag(tx, who.workspace_id, after)
        tx.changed(who.workspace_id, TagDeleted(number, into))
        return operation

    def _done(
        self, who: Actor, deed: Deed, before: Tag | None, after: Tag, into: int | None = None
    ) -> OperationId:
        operation = self._operations.record(who, KIND, TagChange(after.id, deed, into))
        self._operations.keep_step(operation, ITSELF, _Step(before, after))
        return operation

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        def put_back(was: bytes) -> None:
            self._put_back(tx, who, operation, decode(was, _Step))

        self.references.undo(tx, who, operation.id, put_back)

    def _put_back(self, tx: Transaction, who: Actor, operation: Operation, step: _Step) -> None:
        number, workspace = step.after.id, who.workspace_id
        if store.tag_by_id(tx, workspace, number) != step.after:
            raise ChangedSince("the tag", [number])
        if step.before is None or step.before.deleted_at is not None:
            self.references.replace(tx, who, operation.id, "tag", number, None)
            gone = msgspec.structs.replace(step.after, deleted_at=self._clock.now())
            store.set_tag(tx, workspace, step.before or gone)
            tx.changed(workspace, TagDeleted(number))
            return
        try:
            _require_free(tx, workspace, step.before.name, number)
        except Conflict:
            raise ChangedSince(f"another tag is called '{step.before.name}'", [number]) from None
        store.set_tag(tx, workspace, step.before)
        came_back = step.after.deleted_at is not None
        tx.changed(workspace, TagCreated(step.before) if came_back else TagEdited(step.before))

    def _purge(self, _tx: Transaction, operation: Operation) -> bool:
        return self._operations.forget_steps(operation.id, STEPS_AT_ONCE)


def _found(tx: Transaction, who: Actor, number: int) -> Tag:
    tag = store.tag_by_id(tx, who.workspace_id, number)
    if tag is None or tag.deleted_at is not None:
        raise NoSuchTag(id=number)
    return tag


def _require_free(tx: Transaction, workspace: WorkspaceId, name: str, but: int = 0) -> None:
    taken = namesake(store.tags_of(tx, workspace), name, but)
    if taken is not None:
        raise TagNameTaken(name=taken.name, id=taken.id)


def _require_room(tx: Transaction, workspace: WorkspaceId) -> None:
    too_many = len(store.tags_of(tx, workspace)) >= MOST
    if too_many or len(store.deleted_tags(tx, workspace)) > MOST_IN_TRASH:
        raise TooManyTags(most=f"{MOST:,}")
