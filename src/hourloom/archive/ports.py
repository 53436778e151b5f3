"""What a feature says of each of its tables that belongs into an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from hourloom.core.archiving import Incoming, Judged, Outgoing
from hourloom.core.ids import OperationId, WorkspaceId

Row = TypeVar("Row", bound=msgspec.Struct)
Tx = Any  # a transaction of the database, of which ports know nothing


class ArchivedTable(Protocol[Row]):
    """How the rows of one table go out and come in.

    Tables are listed so that what a row refers to comes in an earlier table. Features implement this beside
    their stores, without knowing of archives; the assembly lists them.
    """

    name: str
    """What its file is called in an archive; never another one."""
    row: type[Row]
    """The shape of a line. What refers to a numbered table does so by the number there."""
    numbered: bool
    """Whether rows have an `id`, in ascending order."""
    referred: bool
    """Whether rows of later tables refer to these."""
    at_once: int
    """How many rows one write may take in: 20 ms at most."""

    most: int
    """How many rows an archive may hold."""

    def count(self, tx: Tx, out: Outgoing) -> int:
        """Return about how many rows go out."""
        ...

    def going_out(self, tx: Tx, out: Outgoing) -> Iterator[Sequence[Row]]:
        """Yield all rows in an order that depends on nothing else, in bounded parts."""
        ...

    def hinders(self, tx: Tx, workspace: WorkspaceId, first: int, last: int) -> bool:
        """Return whether rows with these numbers could not keep them: there are some, here or elsewhere."""
        ...

    def reserve(self, tx: Tx, upto: int) -> None:
        """Give no row that is made here from now on a number up to this one."""
        ...

    def fault(self, row: Row, into: Incoming) -> str | None:
        """Return what is wrong with a row by itself or in what it refers to, without telling its content."""
        ...

    def meet(self, row: Row, into: Incoming) -> None:
        """Note that a row is there to be referred to."""
        ...

    def judge(self, tx: Tx, into: Incoming, rows: Sequence[Row]) -> list[Judged]:
        """Say how rows stand to what is here, reading only."""
        ...

    def take_in(self, tx: Tx, into: Incoming, rows: Sequence[Row], judged: Sequence[Judged]) -> Sequence[int]:
        """Store rows, within a write, and keep what is needed to take it back; return their numbers here."""
        ...

    def finish(self, tx: Tx, into: Incoming) -> None:
        """Tell everybody about what came in, within the last write."""
        ...

    def changed_since(self, tx: Tx, workspace: WorkspaceId, operation: OperationId) -> list[int]:
        """Return the numbers of rows that an import stored and somebody changed later: no undo then."""
        ...

    def take_back_some(self, tx: Tx, workspace: WorkspaceId, operation: OperationId) -> bool:
        """Take back a part of what the table itself knows an import did; return whether more remains."""
        ...

    def forget_some(self, tx: Tx, operation: OperationId, limit: int) -> bool:
        """Forget a part of that, when the time for undo is over; return whether more remains."""
        ...

    def take_back(self, tx: Tx, workspace: WorkspaceId, was: bytes) -> None:
        """Take one step back that was kept through `Incoming.keep`."""
        ...


AnyTable = ArchivedTable[Any]  # each knows its own rows
Tables = Callable[[], list[AnyTable]]
"""Makes all tables, which few servers ever need."""
