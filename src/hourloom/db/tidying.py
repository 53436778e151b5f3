"""What keeps the embedded database quick and small, a few milliseconds of the writer at a time."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from hourloom.db.sqlite import connect

if TYPE_CHECKING:
    from sqlite3 import Connection

ENTRIES_LOOKED_AT = 400
"""Of each index, to estimate how many rows a value has: a thousandfold table takes no longer."""
INCREMENTAL = 2
KEPT_FREE = 256
"""Pages that are kept for what comes next: to give them back would only mean to ask for them again."""
_SHARE_KEPT_FREE = 50


def due_for_analysis(connection: Connection) -> list[str]:
    """Return the statements that renew statistics for planning, of tables that changed much since then.

    That is one that was never looked at, or that has become ten times as large or as small.
    """
    connection.execute(f"PRAGMA analysis_limit = {ENTRIES_LOOKED_AT:d}")
    return [str(row[0]) for row in connection.execute("PRAGMA optimize = 0x10003")]


def analyse(connection: Connection, statement: str) -> None:
    """Run one of these statements; of a million events it takes some 80 ms, for it counts them."""
    connection.execute(statement)


def gives_back(connection: Connection) -> bool:
    """Return whether a file can give free space back; those of early versions keep it for their own use."""
    (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    return bool(mode == INCREMENTAL)


def compact(path: Path, key: bytes | None) -> None:
    """Write a file anew, without free space, so that it gives space back from then on.

    Nobody else may use it. Stopped at any moment it is as before; meanwhile it needs its size once more.
    """
    with closing(connect(path, key)) as connection:
        connection.execute("VACUUM")


def give_back(connection: Connection, pages: int) -> int:
    """Cut free pages off the end of the file, moving others into the gaps; return how many more could be."""
    if not gives_back(connection):
        return 0
    spare = _spare(connection)
    if spare > 0:
        connection.execute(f"PRAGMA incremental_vacuum({min(spare, pages):d})").fetchall()
    return max(0, spare - pages)


def _spare(connection: Connection) -> int:
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (all_,) = connection.execute("PRAGMA page_count").fetchone()
    return int(free) - max(KEPT_FREE, int(all_) // _SHARE_KEPT_FREE)
