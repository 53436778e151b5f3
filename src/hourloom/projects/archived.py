"""Projects and tags in archives; here they are known by their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.core.archiving import (
    NOT_IN_ORDER,
    Incoming,
    Judged,
    Outgoing,
    PlainTable,
    Verdict,
)
from hourloom.core.clock import LATEST, Instant
from hourloom.core.decoding import decode
from hourloom.core.errors import HourloomError
from hourloom.core.ids import WorkspaceId
from hourloom.db.sequences import skip_numbers
from hourloom.db.transaction import Transaction
from hourloom.projects import store
from hourloom.projects.model import (
    BETWEEN,
    MOST,
    Color,
    Name,
    Project,
    ProjectCreated,
    ProjectDeleted,
    Tag,
    TagCreated,
    TagDeleted,
    checked_name,
    namesake,
)

At = Annotated[int, Meta(ge=0, lt=LATEST)]
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
TAKEN_TWICE = "its name is there twice"
NOT_A_NAME = "its name cannot be"


class ProjectRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project; those in the trash stay behind."""

    id: Number
    name: Name
    color: Color | None
    created_at: At
    archived_at: At | None


class TagRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tag; those in the trash stay behind."""

    id: Number
    name: Name
    created_at: At


class _Added(msgspec.Struct, frozen=True):
    id: int


class ArchivedProjects(PlainTable):
    """The projects of the workspace; one of a name that is here stands for that."""

    name = "projects"
    row = ProjectRow
    numbered = referred = True
    most = MOST

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(store.project_names(tx, out.workspace_id))

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[ProjectRow]]:
        for each in store.projects_of(tx, out.workspace_id):
            yield [ProjectRow(each.id, each.name, each.color, each.created_at, each.archived_at)]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return store.has_projects(tx, workspace, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: ProjectRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        if not _is_name(row.name):
            return NOT_A_NAME
        return None if into.is_first(self.name, row.name.casefold()) else TAKEN_TWICE

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[ProjectRow]) -> list[Judged]:
        here = store.projects_of(tx, into.workspace_id)
        found = [namesake(here, row.name) for row in rows]
        return _judged([None if each is None else each.id for each in found], MOST - len(here))

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[ProjectRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        return [self._taken(tx, into, row, each) for row, each in zip(rows, judged, strict=True)]

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        number = decode(was, _Added).id
        if store.drop_project(tx, workspace, number):
            tx.changed(workspace, ProjectDeleted(number))

    def _taken(self, tx: Transaction, into: Incoming, row: ProjectRow, judged: Judged) -> int:
        if judged.verdict is not Verdict.NEW:
            return judged.number
        workspace, number = into.workspace_id, row.id
        if not into.keeps_numbers:
            number = store.add_project(tx, workspace, row.name, row.color, row.created_at)
        archived = None if row.archived_at is None else Instant(row.archived_at)
        project = Project(number, row.name, row.color, Instant(row.created_at), archived)
        (store.put_project if into.keeps_numbers else store.set_project)(tx, workspace, project)
        into.keep(self.name, _Added(number))
        tx.changed(workspace, ProjectCreated(project))
        return number


class ArchivedTags(PlainTable):
    """The tags of the workspace; one of a name that is here stands for that."""

    name = "tags"
    row = TagRow
    numbered = referred = True
    most = MOST

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(store.tag_names(tx, out.workspace_id))

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[TagRow]]:
        for each in store.tags_of(tx, out.workspace_id):
            yield [TagRow(each.id, each.name, each.created_at)]

    def hinders(self, tx: Transaction, workspace: WorkspaceId, first: int, last: int) -> bool:
        return store.has_tags(tx, workspace, first, last)

    def reserve(self, tx: Transaction, upto: int) -> None:
        skip_numbers(tx, self.name, upto)

    def fault(self, row: TagRow, into: Incoming) -> str | None:
        if not into.is_next(self.name, (row.id,)):
            return NOT_IN_ORDER
        if not _is_name(row.name, BETWEEN):
            return NOT_A_NAME
        return None if into.is_first(self.name, row.name.casefold()) else TAKEN_TWICE

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[TagRow]) -> list[Judged]:
        here = store.tags_of(tx, into.workspace_id)
        found = [namesake(here, row.name) for row in rows]
        return _judged([None if each is None else each.id for each in found], MOST - len(here))

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[TagRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        return [self._taken(tx, into, row, each) for row, each in zip(rows, judged, strict=True)]

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        number = decode(was, _Added).id
        if store.drop_tag(tx, workspace, number):
            tx.changed(workspace, TagDeleted(number))

    def _taken(self, tx: Transaction, into: Incoming, row: TagRow, judged: Judged) -> int:
        if judged.verdict is not Verdict.NEW:
            return judged.number
        workspace, number = into.workspace_id, row.id
        if not into.keeps_numbers:
            number = store.add_tag(tx, workspace, row.name, row.created_at)
        tag = Tag(number, row.name, Instant(row.created_at))
        if into.keeps_numbers:
            store.put_tag(tx, workspace, tag)
        into.keep(self.name, _Added(number))
        tx.changed(workspace, TagCreated(tag))
        return number


def _judged(found: Sequence[int | None], room: int) -> list[Judged]:
    """Judge rows by the numbers of those here that they stand for; of others as many come in as may be."""
    judged: list[Judged] = []
    for number in found:
        if number is not None:
            judged.append(Judged(Verdict.SAME, number))
            continue
        judged.append(Judged(Verdict.NEW if room > 0 else Verdict.LEFT_OUT))
        room -= 1
    return judged


def _is_name(name: str, without: str = "") -> bool:
    try:
        return checked_name(name, without=without) == name
    except HourloomError:
        return False
