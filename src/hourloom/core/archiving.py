"""What features say of rows that leave for an archive, and of rows that come from one."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Literal, NamedTuple

from hourloom.core.ids import OperationId, UserId, WorkspaceId

OnConflict = Literal["keep", "replace", "both"]
"""What becomes of something that is here and different: it stays, gives way, or both are kept."""


class Verdict(Enum):
    """How a row of an archive stands to what is here."""

    NEW = "new"
    SAME = "same"
    """It is here, or what became of it."""
    CONFLICTING = "conflicting"
    """It is here and different."""
    LEFT_OUT = "left_out"
    """It makes sense only in a database without a history of its own."""


class Judged(NamedTuple):
    """How one row stands to what is here, and which number that has."""

    verdict: Verdict
    number: int = 0
    """0 where nothing of it is here yet."""


class Outgoing(NamedTuple):
    """Whose rows go out, and how users are called there: by their place among the members."""

    workspace_id: WorkspaceId
    users: Mapping[int, int]


class Numbers:
    """Which number here stands for which number in an archive; sixteen bytes each."""

    def __init__(self) -> None:
        self._theirs, self._ours = array("q"), array("q")

    def put(self, theirs: int, ours: int) -> None:
        """Note a pair; theirs come in ascending order."""
        self._theirs.append(theirs)
        self._ours.append(ours)

    def set(self, theirs: int, ours: int) -> None:
        """Note what one that was put already has become here."""
        self._ours[bisect_left(self._theirs, theirs)] = ours

    def of(self, theirs: int) -> int:
        """Return the number here, 0 for what has none yet; `KeyError` for what the archive does not hold."""
        at = bisect_left(self._theirs, theirs)
        if at == len(self._theirs) or self._theirs[at] != theirs:
            raise KeyError(theirs)
        return self._ours[at]

    def __contains__(self, theirs: int) -> bool:
        """Return whether the archive holds it."""
        at = bisect_left(self._theirs, theirs)
        return at < len(self._theirs) and self._theirs[at] == theirs

    def ours(self) -> list[int]:
        """Return all numbers here."""
        return [number for number in self._ours if number]


class Incoming:
    """Where rows come to, and how; one for each import."""

    def __init__(
        self,
        workspace_id: WorkspaceId,
        user_id: UserId,
        *,
        keeps_numbers: bool,
        on_conflict: OnConflict = "keep",
        operation: OperationId | None = None,
        keep: Callable[[str, object], None] = lambda name, was: None,
    ) -> None:
        self.workspace_id, self.user_id = workspace_id, user_id
        self.keeps_numbers, self.on_conflict = keeps_numbers, on_conflict
        self.operation = operation
        """None while it is only looked at."""
        self.keep = keep
        """Keeps, within the write, what a table needs to take a step back: its name and JSON of its own."""
        self.users: dict[int, int] = {}
        """From a place among the members to a user here; 0 for one who is not here yet."""
        self.types: dict[int, str] = {}
        """From a number of a bucket in the archive to its type."""
        self.held: dict[int, bytes] = {}
        """Payloads of the archive of which privacy rules may hide something, which depends on the event."""
        self._numbers: dict[str, Numbers] = {}
        self._newest: dict[str, object] = {}
        self._names: set[tuple[str, str]] = set()

    def numbers(self, table: str) -> Numbers:
        """Return the numbers of a table."""
        return self._numbers.setdefault(table, Numbers())

    def number(self, table: str, theirs: int) -> int:
        """Return the number here of something that an archive refers to."""
        return self.numbers(table).of(theirs)

    def knows(self, table: str, theirs: int) -> bool:
        """Return whether an earlier row of the archive has this number."""
        return theirs in self.numbers(table)

    def is_next(self, table: str, place: tuple[int | str, ...]) -> bool:
        """Return whether a row comes behind all that came so far, as in every archive of ours; note it."""
        newest = self._newest.get(table)
        self._newest[table] = place
        return newest is None or newest < place  # type: ignore[operator]  # tuples of one table are alike

    def is_first(self, table: str, name: str) -> bool:
        """Return whether nothing of this name came yet; note it."""
        known = (table, name) in self._names
        self._names.add((table, name))
        return not known


NOT_IN_ORDER = "it is not in its place"
MOST_NAMED = 100_000
"""Rows of tables whose names are all remembered while an archive is read."""
REFERS_TO_NOTHING = "it refers to something that the archive does not hold"


class PlainTable:
    """What holds for most tables: rows without numbers, with nothing to tell and nothing to be changed later.

    The database's own types are not known here, so they are any.
    """

    name: str
    numbered = referred = False
    at_once = 200
    most = 2**62

    def hinders(self, tx: Any, workspace: WorkspaceId, first: int, last: int) -> bool:
        """Return whether rows with these numbers could not keep them."""
        return False

    def reserve(self, tx: Any, upto: int) -> None:
        """Give no row that is made here a number up to this one."""

    def fault(self, row: Any, into: Incoming) -> str | None:
        """Return what is wrong with a row."""
        return None

    def meet(self, row: Any, into: Incoming) -> None:
        """Note that a row is there to be referred to, by its number."""
        into.numbers(self.name).put(row.id, 0)

    def finish(self, tx: Any, into: Incoming) -> None:
        """Do what is left when all rows are in."""

    def changed_since(self, tx: Any, workspace: WorkspaceId, operation: OperationId) -> list[int]:
        """Return the numbers of rows that were changed after an import."""
        return []

    def take_back_some(self, tx: Any, workspace: WorkspaceId, operation: OperationId) -> bool:
        """Take back a part of what is known here; return whether more remains."""
        return False

    def forget_some(self, tx: Any, operation: OperationId, limit: int) -> bool:
        """Forget a part of what is known here; return whether more remains."""
        return False

    def take_back(self, tx: Any, workspace: WorkspaceId, was: bytes) -> None:
        """Take one step back."""
        raise NotImplementedError
