"""Write everything of a workspace into an archive, as it is at one moment."""

from __future__ import annotations

from collections.abc import Sequence

from hourloom.accounts.archived import places
from hourloom.archive.model import Progress
from hourloom.archive.ports import AnyTable
from hourloom.archive.shelf import Shelf
from hourloom.archive.writing import Written, write_archive
from hourloom.core.archiving import Outgoing
from hourloom.core.ids import WorkspaceId
from hourloom.db.migrate import HEAD
from hourloom.db.transaction import Database

SECONDS = 6 * 3600.0
"""How long one snapshot may be held; recording goes on meanwhile."""


def export(
    database: Database,
    tables: Sequence[AnyTable],
    shelf: Shelf,
    id: str,
    workspace: WorkspaceId,
    progress: Progress,
) -> Written:
    """Write the archive of a workspace to the shelf; for a thread of its own."""
    written = _written(database, tables, shelf, id, workspace, progress, packed=True)
    if written.too_dense:
        # Some payloads are so uniform that the archive would look like a bomb to whoever reads it.
        written = _written(database, tables, shelf, id, workspace, progress, packed=False)
    return written


def _written(
    database: Database,
    tables: Sequence[AnyTable],
    shelf: Shelf,
    id: str,
    workspace: WorkspaceId,
    progress: Progress,
    *,
    packed: bool,
) -> Written:
    with shelf.writing(id) as file, database.snapshot(SECONDS) as tx:
        out = Outgoing(workspace, places(tx, workspace))
        return write_archive(file, tx, tables, out, HEAD, progress, packed=packed)
