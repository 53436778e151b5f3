"""The history of exports on either database."""

from __future__ import annotations

from pathlib import Path

import pytest

from hourloom.reports.exporting.model import Export, ExportWanted
from hourloom.reports.service.exports import Exports
from hourloom.reports.store import exports as store
from hourloom.testing import ServerInMemory
from tests.reports.test_routes import MONDAY, a_morning


@pytest.fixture
def data_key() -> None:
    """Test on a plain database; what is written beside one that is encrypted needs its key file."""


def test_an_export_is_kept_written_deleted_and_brought_back(server: ServerInMemory, tmp_path: Path) -> None:
    a_morning(server)
    exports, who = server.service(Exports), server.owner
    wanted = ExportWanted(kind="events", range=MONDAY, format="json", to="download")
    kept: list[Export] = [server.write(lambda: exports.begin(who, wanted, queued=False)) for _ in range(3)]
    written = exports.write(who, kept[0].id, lambda done, total, subject=None: None)
    assert (written.state, written.rows) == ("finished", 6)
    server.write(lambda: exports.cancel(who, kept[1].id))
    states = [(each.id, each.state) for each in exports.all(who, 2**62, 10)]
    ids = [each.id for each in kept]
    assert states == [(ids[2], "waiting"), (ids[1], "cancelled"), (ids[0], "finished")]
    operation = server.write(lambda: exports.delete(who, ids[0]))
    assert [each.id for each in exports.all(who, 2**62, 10)] == [ids[2], ids[1]]
    answer = server.client_with("reports:write").post(f"/api/v1/operations/{operation}/undo")
    assert answer.status == 200, answer.body
    assert exports.get(who, ids[0]) == written

    def drop() -> int:
        with server.database.begin() as tx:
            return store.drop_oldest(tx, who.workspace_id, 1)

    assert server.write(drop) == 2
    assert [each.id for each in exports.all(who, 2**62, 10)] == [ids[2]]
