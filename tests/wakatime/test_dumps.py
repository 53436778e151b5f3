"""All beats come out in one file, which a job writes and a link fetches once."""

import asyncio
import os
import time
from typing import Any

import pytest

from hourloom.testing import Client, ServerInMemory
from hourloom.wakatime.service import EditorDumps
from tests.wakatime.sent import a_beat, an_editor, sends

ME = "/api/v1/users/current"


@pytest.fixture
def dialect() -> str:
    """Test on SQLite; what differs on PostgreSQL is in a module of its own."""
    return "sqlite"


@pytest.fixture
def data_key() -> None:
    """Test on a plain database; what is written beside one that is encrypted needs its key file."""


def made(server: ServerInMemory, client: Client, kind: str) -> dict[str, Any]:
    begun = client.post(f"{ME}/data_dumps", {"type": kind})
    assert begun.status == 201, begun.body
    deadline = time.monotonic() + 30
    while True:
        (found,) = [one for one in client.get(f"{ME}/data_dumps").json()["data"] if one["type"] == kind]
        if not found["is_processing"]:
            assert found["status"] == "Completed"
            return dict(found)
        assert time.monotonic() < deadline
        server.run(asyncio.sleep(0.02))


def path_of(dump: dict[str, Any]) -> str:
    return str(dump["download_url"]).removeprefix("http://localhost:5600")


def test_all_beats_come_out(server: ServerInMemory) -> None:
    client = an_editor(server)
    sends(client, a_beat(-86_400 * 3), a_beat(-86_400 * 3 + 30), a_beat(-60), a_beat(-30, branch=None))
    dump = made(server, client, "heartbeats")
    assert (dump["percent_complete"], dump["has_failed"]) == (100, False)
    answer = server.client.get(path_of(dump))
    content = answer.json()
    assert [len(day["heartbeats"]) for day in content["days"]] == [2, 2]
    assert set(content) == {"user", "range", "days"}
    assert content["days"][1]["heartbeats"][0]["entity"] == "/home/dev/acme/app.py"
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert server.client.get(path_of(dump)).status == 404


def test_what_each_day_comes_to_comes_out(server: ServerInMemory) -> None:
    client = an_editor(server)
    sends(client, a_beat(-90), a_beat(-60), a_beat(-30, project="zeta"))
    content = server.client.get(path_of(made(server, client, "daily"))).json()
    ((day,),) = [content["days"]]
    assert day["grand_total"]["total_seconds"] == 60
    acme = next(project for project in day["projects"] if project["name"] == "acme")
    assert (acme["grand_total"]["text"], acme["entities"][0]["name"]) == ("1 min", "/home/dev/acme/app.py")


def test_a_file_goes_with_an_erasure(server: ServerInMemory, tmp_path: Any) -> None:
    client = an_editor(server)
    sends(client, a_beat(project="canary-project"))
    made(server, client, "heartbeats")
    (file,) = (tmp_path / "data" / "dumps").glob("dump-*")
    assert b"canary" in file.read_bytes()
    assert server.service(EditorDumps).discard() == 1
    assert not file.exists()
    (dump,) = client.get(f"{ME}/data_dumps").json()["data"]
    assert (dump["status"], dump["download_url"]) == ("Failed", None)


def test_a_file_goes_after_a_day_though_nobody_asks_for_another(
    server: ServerInMemory, tmp_path: Any
) -> None:
    client = an_editor(server)
    sends(client, a_beat())
    made(server, client, "heartbeats")
    dumps = server.service(EditorDumps)
    (file,) = (tmp_path / "data" / "dumps").glob("dump-*")
    dumps.drop_old()
    assert file.exists()
    os.utime(file, (time.time() - 90_000,) * 2)
    dumps.drop_old()
    assert not file.exists()


def test_what_is_no_kind_of_dump_is_refused(server: ServerInMemory) -> None:
    answer = an_editor(server).post(f"{ME}/data_dumps", {"type": "everything"})
    assert (answer.status, "error" in answer.json()) == (422, True)
