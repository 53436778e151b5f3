"""How the workspace and its members go into an archive, and come from one.

Tokens, tickets and the key of the payload dictionary stay: they are secrets of this database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hourloom.accounts import store
from hourloom.accounts.model import DEMO_ROLES
from hourloom.core.archiving import MOST_NAMED, Incoming, Judged, Outgoing, PlainTable, Verdict
from hourloom.core.clock import LATEST
from hourloom.core.decoding import decode
from hourloom.core.ids import WorkspaceId
from hourloom.db.transaction import Transaction

Name = Annotated[str, Meta(max_length=200)]
At = Annotated[int, Meta(ge=0, lt=LATEST)]


class WorkspaceRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The workspace."""

    name: Name
    created_at: At


class MemberRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user in the workspace; others refer to them by their place."""

    user: Annotated[int, Meta(ge=1, le=1_000_000)]
    name: Name
    role: Annotated[str, Meta(max_length=40)]
    created_at: At
    joined_at: At


class _MemberBefore(msgspec.Struct, frozen=True):
    """A user as they were before an import, or nothing but who they are where they were not there."""

    user: int
    was: MemberRow | None


class ArchivedWorkspace(PlainTable):
    """The one row of the workspace; its name and age come along only into an empty database."""

    name = "workspace"
    row = WorkspaceRow

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return 1

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[WorkspaceRow]]:
        yield [self._here(tx, out.workspace_id)]

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[WorkspaceRow]) -> list[Judged]:
        here = self._here(tx, into.workspace_id)
        return [Judged(_verdict(into, same=row == here)) for row in rows]

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[WorkspaceRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        for row, each in zip(rows, judged, strict=True):
            if each.verdict is Verdict.NEW:
                into.keep(self.name, self._here(tx, into.workspace_id))
                store.set_workspace(tx, into.workspace_id, row.name, row.created_at)
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        row = decode(was, WorkspaceRow)
        store.set_workspace(tx, workspace, row.name, row.created_at)

    def _here(self, tx: Transaction, workspace: int) -> WorkspaceRow:
        found = store.workspace_by_id(tx, workspace)
        assert found is not None  # somebody acts in it
        return WorkspaceRow(found.name, found.created_at)


class ArchivedMembers(PlainTable):
    """The members: the first of them is whoever imports, others are known by their names."""

    name = "members"
    row = MemberRow
    referred = True
    most = MOST_NAMED

    def count(self, tx: Transaction, out: Outgoing) -> int:
        return len(out.users)

    def going_out(self, tx: Transaction, out: Outgoing) -> Iterator[Sequence[MemberRow]]:
        here = self._here(tx, out.workspace_id)
        yield [msgspec.structs.replace(row, user=out.users[user]) for user, row in here.items()]

    def fault(self, row: MemberRow, into: Incoming) -> str | None:
        if row.role in DEMO_ROLES:
            # Else somebody's file could make the record itself a thing to be removed by one click.
            return "nobody of an archive is in a Demo workspace"
        return None if row.user == len(into.users) + 1 else "the members are not in their order"

    def meet(self, row: MemberRow, into: Incoming) -> None:
        into.users[row.user] = 0

    def judge(self, tx: Transaction, into: Incoming, rows: Sequence[MemberRow]) -> list[Judged]:
        here = self._here(tx, into.workspace_id)
        by_name = {row.name: user for user, row in here.items()}
        judged = []
        for row in rows:
            user = into.user_id if row.user == 1 else by_name.get(row.name, 0)
            into.users[row.user] = user
            known = here.get(user)
            same = known is not None and msgspec.structs.replace(known, user=row.user) == row
            judged.append(Judged(_verdict(into, same=same) if user else Verdict.NEW, user))
        return judged

    def take_in(
        self, tx: Transaction, into: Incoming, rows: Sequence[MemberRow], judged: Sequence[Judged]
    ) -> Sequence[int]:
        here = self._here(tx, into.workspace_id)
        for row, each in zip(rows, judged, strict=True):
            if each.verdict is not Verdict.NEW:
                continue
            user = each.number
            if user:
                store.set_member(tx, into.workspace_id, user, row.role, row.joined_at)
                store.set_user(tx, user, row.name, row.created_at)
            else:
                user = into.users[row.user] = store.add_user(tx, row.name, row.created_at)
                store.add_member(tx, into.workspace_id, user, row.role, row.joined_at)
            into.keep(self.name, _MemberBefore(user, here.get(user)))
        return [0] * len(rows)

    def take_back(self, tx: Transaction, workspace: WorkspaceId, was: bytes) -> None:
        step = decode(was, _MemberBefore)
        if step.was is not None:
            store.set_member(tx, workspace, step.user, step.was.role, step.was.joined_at)
            store.set_user(tx, step.user, step.was.name, step.was.created_at)
        else:
            # Who they are stays: something that came later may name them.
            store.drop_member(tx, workspace, step.user)

    def _here(self, tx: Transaction, workspace: int) -> dict[int, MemberRow]:
        return {row.user: row for row in members(tx, workspace)}


def members(tx: Transaction, workspace: int) -> list[MemberRow]:
    """Return the members of a workspace in the order in which they came."""
    return [MemberRow(*row) for row in store.members_of(tx, workspace)]  # type: ignore[arg-type]  # as selected


def places(tx: Transaction, workspace: int) -> dict[int, int]:
    """Return by which place among the members each user is called in an archive."""
    return {row.user: place for place, row in enumerate(members(tx, workspace), 1)}


def _verdict(into: Incoming, *, same: bool) -> Verdict:
    if same:
        return Verdict.SAME
    return Verdict.NEW if into.keeps_numbers else Verdict.LEFT_OUT
