"""Make, edit, archive and delete projects."""

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
    IN_TRASH_FOR,
    MOST,
    MOST_IN_TRASH,
    NoSuchProject,
    Project,
    ProjectCreated,
    ProjectDeleted,
    ProjectEdited,
    ProjectNameTaken,
    TooManyProjects,
    by_name,
    checked_name,
    namesake,
)
from hourloom.projects.ports import Use
from hourloom.projects.service.references import ITSELF, STEPS_AT_ONCE, References

READ, WRITE = "projects:read", "projects:write"
KIND = "change_project"

Deed = Literal["create", "edit", "delete", "restore"]


class ProjectChange(msgspec.Struct, frozen=True):
    """What an operation did to a project."""

    project_id: int
    deed: Deed


class _Step(msgspec.Struct, frozen=True):
    before: Project | None
    after: Project


class Projects:
    """What work is done on."""

    is_service = True

    def __init__(
        self, database: Database, clock: Clock, operations: Operations, references: References
    ) -> None:
        self._database, self._clock, self._operations = database, clock, operations
        self.references = references
        self.refer = references.add
        """Ask a feature above, from now on, that refers to projects or tags."""
        operations.register(KIND, WRITE, self._undo, self._purge)

    def all(self, who: Actor) -> list[Project]:
        """Return all projects by name, archived ones too."""
        who.require(READ)
        with self._database.read() as tx:
            return list(by_name(store.projects_of(tx, who.workspace_id)))

    def in_trash(self, who: Actor) -> list[Project]:
        """Return the projects in the trash, those deleted last first."""
        who.require(READ)
        with self._database.read() as tx:
            return store.deleted_projects(tx, who.workspace_id)

    def get(self, who: Actor, number: int) -> Project:
        """Return one project."""
        who.require(READ)
        with self._database.read() as tx:
            return _found(tx, who, number)

    def uses(self, who: Actor, number: int) -> list[Use]:
        """Return what refers to a project."""
        who.require(READ)
        with self._database.read() as tx:
            return self.references.uses(tx, who, "project", _found(tx, who, number).id)

    def names(self, tx: Transaction, workspace: WorkspaceId) -> dict[int, str]:
        """Return the names of all projects that are not in the trash, for other services."""
        return store.project_names(tx, workspace)

    def known(self, tx: Transaction, workspace: WorkspaceId, ids: Collection[int]) -> frozenset[int]:
        """Return those of some numbers that are projects, for other services."""
        return frozenset(store.project_names(tx, workspace).keys() & set(ids)) if ids else frozenset()

    def create(self, who: Actor, name: str, color: str | None = None) -> tuple[Project, OperationId]:
        """Make a project."""
        who.require(WRITE)
        name = checked_name(name)
        with self._database.begin() as tx:
            _require_room(tx, who.workspace_id)
            _require_free(tx, who.workspace_id, name)
            number = store.add_project(tx, who.workspace_id, name, color, self._clock.now())
            made = _found(tx, who, number)
            tx.changed(who.workspace_id, ProjectCreated(made))
            return made, self._done(who, "create", None, made)

    def edit(
        self,
        who: Actor,
        number: int,
        *,
        name: str | None = None,
        color: str | msgspec.UnsetType | None = msgspec.UNSET,
        archived: bool | None = None,
    ) -> tuple[Project, OperationId]:
        """Give a project another name or colour, archive it or take it out of the archive."""
        who.require(WRITE)
        with self._database.begin() as tx:
            was = after = _found(tx, who, number)
            if name is not None:
                after = msgspec.structs.replace(after, name=checked_name(name))
                _require_free(tx, who.workspace_id, after.name, number)
            if not isinstance(color, msgspec.UnsetType):
                after = msgspec.structs.replace(after, color=color)
            if archived is not None:
                at = was.archived_at or self._clock.now()
                after = msgspec.structs.replace(after, archived_at=at if archived else None)
            store.set_project(tx, who.workspace_id, after)
            if after != was:
                tx.changed(who.workspace_id, ProjectEdited(after))
            return after, self._done(who, "edit", was, after)

    def delete(self, who: Actor, number: int) -> tuple[list[Use], OperationId]:
        """Put a project into the trash; what referred to it, which is returned, no longer does."""
        who.require(WRITE)
        with self._database.begin() as tx:
            was = _found(tx, who, number)
            uses = self.references.uses(tx, who, "project", number)
            after = msgspec.structs.replace(was, deleted_at=self._clock.now())
            operation = self._done(who, "delete", was, after)
            self.references.replace(tx, who, operation, "project", number, None)
            store.set_project(tx, who.workspace_id, after)
            tx.changed(who.workspace_id, ProjectDeleted(number))
            return uses, operation

    def restore(self, who: Actor, number: int) -> tuple[Project, OperationId]:
        """Take a project out of the trash; what referred to it does not again."""
        who.require(WRITE)
        with self._database.begin() as tx:
            was = store.project_by_id(tx, who.workspace_id, number)
            if was is None or was.deleted_at is None:
                raise NoSuchProject(id=number)
            _require_room(tx, who.workspace_id)
            _require_free(tx, who.workspace_id, was.name)
            after = msgspec.structs.replace(was, deleted_at=None)
            store.set_project(tx, who.workspace_id, after)
            tx.changed(who.workspace_id, ProjectCreated(after))
            return after, self._done(who, "restore", was, after)

    def empty_trash(self, tx: Transaction) -> None:
        """Delete the projects that were in the trash for 30 days."""
        store.drop_old_projects(tx, self._clock.now() - IN_TRASH_FOR)

    def _done(self, who: Actor, deed: Deed, before: Project | None, after: Project) -> OperationId:
        operation = self._operations.record(who, KIND, ProjectChange(after.id, deed))
        self._operations.keep_step(operation, ITSELF, _Step(before, after))
        return operation

    def _undo(self, tx: Transaction, who: Actor, operation: Operation) -> None:
        def put_back(was: bytes) -> None:
            self._put_back(tx, who, operation, decode(was, _Step))

        self.references.undo(tx, who, operation.id, put_back)

    def _put_back(self, tx: Transaction, who: Actor, operation: Operation, step: _Step) -> None:
        number, workspace = step.after.id, who.workspace_id
        here = store.project_by_id(tx, workspace, number)
        if here != step.after:
            raise ChangedSince("the project", [number])
        if step.before is None or step.before.deleted_at is not None:
            self.references.replace(tx, who, operation.id, "project", number, None)
            gone = msgspec.structs.replace(step.after, deleted_at=self._clock.now())
            store.set_project(tx, workspace, step.before or gone)
            tx.changed(workspace, ProjectDeleted(number))
            return
        try:
            _require_free(tx, workspace, step.before.name, number)
        except Conflict:
            raise ChangedSince(f"another project is called '{step.before.name}'", [number]) from None
        store.set_project(tx, workspace, step.before)
        came_back = step.after.deleted_at is not None
        tx.changed(workspace, ProjectCreated(step.before) if came_back else ProjectEdited(step.before))

    def _purge(self, _tx: Transaction, operation: Operation) -> bool:
        return self._operations.forget_steps(operation.id, STEPS_AT_ONCE)


def _found(tx: Transaction, who: Actor, number: int) -> Project:
    project = store.project_by_id(tx, who.workspace_id, number)
    if project is None or project.deleted_at is not None:
        raise NoSuchProject(id=number)
    return project


def _require_free(tx: Transaction, workspace: WorkspaceId, name: str, but: int = 0) -> None:
    taken = namesake(store.projects_of(tx, workspace), name, but)
    if taken is not None:
        raise ProjectNameTaken(name=taken.name, id=taken.id)


def _require_room(tx: Transaction, workspace: WorkspaceId) -> None:
    too_many = len(store.projects_of(tx, workspace)) >= MOST
    if too_many or len(store.deleted_projects(tx, workspace)) > MOST_IN_TRASH:
        raise TooManyProjects(most=f"{MOST:,}")
