"""Summaries as ActivityWatch's clients ask for them, and the same time in a report of ours."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import PYTHON

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not PYTHON, reason="HOURLOOM_PEERS_PYTHON names no Python that has aw-client"),
]
PEER = Path(__file__).with_name("aw_summaries_peer.py")


def run(home: dict[str, str], *words: str) -> str:
    done = subprocess.run(words, env=home, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def configured(home: dict[str, str], port: int) -> dict[str, str]:
    """Tell aw-client where the server is: what it asks for classes takes no other word."""
    place = Path(home["XDG_CONFIG_HOME"], "activitywatch", "aw-client")
    place.mkdir(parents=True)
    server = f'[server]\nhostname = "127.0.0.1"\nport = "{port}"\n'
    (place / "aw-client.toml").write_text(server, "utf-8")
    return home


@pytest.fixture(scope="module")
def saw(configured: dict[str, str], port: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(configured, str(PYTHON), str(PEER), str(port)).splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def ours(saw: dict[str, Any], configured: dict[str, str], data_dir: Path) -> Any:  # JSON
    hourloom = str(Path(sys.executable).with_name("hourloom"))
    asked = ["2026-03-02", "--zone", "UTC", "--by", "category", "--then", "app", "--json"]
    return json.loads(
        run({**configured, "HOURLOOM_DATA_DIR": os.fspath(data_dir)}, hourloom, "report", *asked)
    )


def test_their_summary_has_the_categories_that_they_set(saw: dict[str, Any]) -> None:
    assert [["Making"], "none"] in saw["classes"]
    assert saw["duration"] == 65 * 60
    assert saw["categories"] == {"Making > Code": 2400.0, "Films": 1200.0, "Uncategorized": 300.0}
    assert saw["chosen"] == 2400.0


def test_a_report_of_ours_tells_the_same_to_the_second(saw: dict[str, Any], ours: Any) -> None:
    rows = {row["key"] or "Uncategorized": row["seconds"] for row in ours["rows"]}
    assert rows == saw["categories"]
    assert ours["total_seconds"] == saw["duration"]
    assert ours["away_seconds"] == 600.0
    apps: dict[str, float] = {}
    for row in ours["rows"]:
        for each in row["rows"]:
            apps[each["key"]] = apps.get(each["key"], 0.0) + each["seconds"]
    assert apps == saw["apps"]


def test_their_commands_report_and_canonical_are_answered(
    saw: dict[str, Any], configured: dict[str, str], port: int
) -> None:
    command = [str(Path(str(PYTHON)).with_name("aw-client")), "--port", str(port)]
    period = ["--start", "2026-03-01", "--stop", "2026-03-04"]
    report = run(configured, *command, "report", "peer", *period)
    assert "Making > Code" in report
    assert "1:05:00" in report
    assert "[Code] summary.py" in run(configured, *command, "canonical", "peer", *period)
