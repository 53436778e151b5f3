"""What was said about a time goes with the time, whatever comes meanwhile."""

from __future__ import annotations

import pytest

from hourloom.core.clock import HOUR, MINUTE, Instant, format_instant
from hourloom.testing import ServerInMemory
from tests.activities.lanes import NINE, a_day
from tests.polling import until

SECRET = "what-nobody-shall-find"


@pytest.fixture
def dialect() -> str:
    """Run on one database: the statements are those of erasing and of marks."""
    return "sqlite"


def test_a_device_that_reports_first_within_the_week_keeps_no_note_of_it(server: ServerInMemory) -> None:
    a_day(server)
    client = server.client_with("admin")
    start, end, until_ten = (
        format_instant(Instant(NINE + after)) for after in (5 * MINUTE, 9 * MINUTE, HOUR)
    )
    mark = {"start": start, "end": end, "presence": "away", "note": SECRET}
    assert client.post("/api/v1/marks", {"marks": [mark]}).status == 201
    gone = client.post("/api/v1/erasures", {"range": f"{start}..{until_ten}"}).json()
    bucket = {"name": "new", "type": "currentwindow", "client": "aw", "hostname": "otter"}
    assert client.post("/api/v1/buckets", bucket).status == 201

    path = f"/api/v1/erasures/{gone['id']}"
    assert client.post(f"{path}/erase").status == 200

    states = until(lambda: client.post(f"{path}/advance").json()["state"], lambda state: state == "done")
    assert states == "done"
    with server.database.read() as tx:
        for table, column in (("marks", "note"), ("operation_steps", "was"), ("operations", "subject")):
            where = f"{column} LIKE '%{SECRET}%'"
            assert tx.number(f"SELECT count(*) FROM {table} WHERE {where}") == 0, table
