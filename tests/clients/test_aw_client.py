"""aw-client, the library and the command, talks to us as to ActivityWatch's own server."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import PYTHON

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not PYTHON, reason="HOURLOOM_PEERS_PYTHON names no Python that has aw-client"),
]
PEER = Path(__file__).with_name("aw_client_peer.py")


def run(home: dict[str, str], *words: str, text: str | None = None) -> str:
    done = subprocess.run(
        words, env=home, input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def saw(port: int, home: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(home, str(PYTHON), str(PEER), str(port)).splitlines()[-1])
    return found


def test_the_library_records_and_reads(saw: dict[str, Any]) -> None:
    assert (saw["testing"], saw["bucket"]) == (True, "currentwindow")
    assert saw["heartbeats"] == [[0, 3, "Code"]]
    assert saw["events"] == [[40, 1, "b"], [30, 1, "a"]]
    assert saw["within"] == [[30, 1, "a"], [21, 1, "Mail"]]
    assert (saw["count"], saw["count within"]) == (4, 2)
    assert saw["one"] == [[40, 1, "b"]]
    assert saw["after deletion"] == 3
    assert saw["query"] == [["Code", 3], ["Mail", 2], ["a", 1]]


def test_the_library_moves_buckets_out_and_in(saw: dict[str, Any]) -> None:
    assert (saw["deleted"], saw["imported"]) == (True, 3)
    assert saw["exported"] == ["aw-peer_desk"]


def test_the_library_keeps_settings(saw: dict[str, Any]) -> None:
    assert saw["setting"] == [{"name": ["Work"]}]
    assert saw["settings"] == {"classes": [{"name": ["Work"]}]}


def test_queued_heartbeats_arrive_merged(saw: dict[str, Any]) -> None:
    *_, oldest = saw["queued"]
    assert [span[2] for span in saw["queued"]] == ["end", "2", "1", "0"]
    assert oldest == [0, 18, "0"]


def test_the_command_speaks_to_us(port: int, home: dict[str, str]) -> None:
    # All but its `query`, which fails over its own option `--json` before it asks any server.
    command = [str(Path(str(PYTHON)).with_name("aw-client")), "--port", str(port)]
    create = "import sys; from aw_client import ActivityWatchClient as C; "
    create += "C('x', host='127.0.0.1', port=int(sys.argv[1])).create_bucket('aw-cli_desk', 'test')"
    run(home, str(PYTHON), "-c", create, str(port))
    for _ in range(2):
        run(home, *command, "heartbeat", "aw-cli_desk", '{"app": "Code"}', "--pulsetime", "60")
    assert "aw-cli_desk" in run(home, *command, "buckets")
    assert '"app": "Code"' in run(home, *command, "events", "aw-cli_desk").replace("'", '"')


@pytest.mark.parametrize("report", ["report", "canonical"])
def test_the_command_reports_on_the_canonical_events(port: int, home: dict[str, str], report: str) -> None:
    command = [str(Path(str(PYTHON)).with_name("aw-client")), "--port", str(port)]
    fill = """
import sys
from datetime import datetime, timedelta, timezone
from aw_client import ActivityWatchClient
from aw_core.models import Event
client = ActivityWatchClient("x", testing=True, host="127.0.0.1", port=int(sys.argv[1]))
start = datetime.now(timezone.utc) - timedelta(hours=1)
for name, kind, data in [
    ("window", "currentwindow", {"app": "Code", "title": "a.py"}),
    ("afk", "afkstatus", {"status": "not-afk"}),
]:
    bucket = f"aw-watcher-{name}_{sys.argv[2]}"
    client.create_bucket(bucket, kind)
    client.insert_event(bucket, Event(timestamp=start, duration=timedelta(minutes=30), data=data))
"""
    run(home, str(PYTHON), "-c", fill, str(port), report)
    printed = run(home, *command, report, report)
    assert "0:30:00" in printed, printed
