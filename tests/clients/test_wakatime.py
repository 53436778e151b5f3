"""The command line program of WakaTime, as plug-ins run it, reports here unchanged."""

import json
import os
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import PYTHON, free_port

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(
        not PYTHON or not Path(PYTHON).with_name("wakatime").exists(),
        reason="HOURLOOM_PEERS_PYTHON names no Python that has wakatime",
    ),
]
HERE = Path(__file__).with_name("wakatime_peer")
PLUGIN = "vim/9.0 vim-wakatime/11.0"
DONE, API_ERROR, AUTH_ERROR = 0, 102, 104

Run = Callable[..., int]


@pytest.fixture(scope="module")
def key(port: int, home: dict[str, str], data_dir: Path) -> str:
    """Make a key as a user does who wants the status bar too."""
    assert port
    command = [str(Path(sys.executable).with_name("hourloom")), "token", "create", "--name", "vim"]
    command += ["--scopes", "heartbeats:write,tracking:read", "--data-dir", str(data_dir)]
    done = subprocess.run(command, env=home, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    secret = done.stdout.strip()
    assert uuid.UUID(secret).version == 4
    return secret


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder that the client takes for a project on a branch."""
    root = tmp_path / "acme"
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "config").write_text("[core]\n")
    (root / ".git" / "HEAD").write_text("ref: refs/heads/feature/door\n")
    (root / "app.py").write_text("import flask\n\nprint(flask)\n")
    return root


@pytest.fixture
def wakatime(tmp_path: Path) -> Run:
    """Run the client with a home of its own."""

    def run(key: str, url: str, *words: str, extra: list[dict[str, Any]] | None = None) -> int:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "WAKATIME_HOME": str(tmp_path),
            "PYTHONPATH": str(HERE),
            "PYTHONWARNINGS": "ignore",
        }
        command = [str(PYTHON), "-m", "wakatime.cli", "--key", key, "--api-url", url, "--plugin", PLUGIN]
        command += ["--hostname", "desk", "--timeout", "30", *words]
        command += ["--extra-heartbeats"] if extra is not None else []
        done = subprocess.run(
            command,
            env=environment,
            input="" if extra is None else json.dumps(extra) + "\n",
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return done.returncode

    return run


def asked(port: int, key: str, path: str) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def heartbeats(port: int, key: str, date: str) -> list[dict[str, Any]]:
    path = f"/api/v1/users/current/heartbeats?date={date}&timezone=UTC"
    found: list[dict[str, Any]] = asked(port, key, path)["data"]
    return found


@pytest.fixture(scope="module")
def yesterday() -> float:
    """Return noon of yesterday, in UTC."""
    return (time.time() // 86_400 - 1) * 86_400 + 43_200


def day_of(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def test_what_is_edited_arrives(port: int, key: str, wakatime: Run, project: Path, yesterday: float) -> None:
    url = f"http://127.0.0.1:{port}/api/v1/users/current/heartbeats.bulk"
    file, yesterday = str(project / "app.py"), yesterday - 5 * 86_400
    (project / "notes.md").write_text("# Notes\n")
    extra = [
        {"entity": str(project / "notes.md"), "timestamp": yesterday + 60, "is_write": False},
        {
            "entity": "example.com",
            "timestamp": yesterday + 90,
            "entity_type": "domain",
            "category": "browsing",
        },
    ]
    words = ("--entity", file, "--time", str(yesterday), "--lineno", "2", "--cursorpos", "5", "--write")
    assert wakatime(key, url, *words, extra=extra) == DONE
    assert wakatime(key, url, *words) == DONE

    beats = heartbeats(port, key, day_of(yesterday))
    assert [(beat["entity"], beat["time"] - yesterday) for beat in beats] == [
        (file, 0), (str(project / "notes.md"), 60), ("example.com", 90)
    ]  # fmt: skip
    first = beats[0]
    assert (first["project"], first["branch"], first["language"]) == ("acme", "feature/door", "Python")
    assert (first["lineno"], first["cursorpos"], first["lines"]) == (2, 5, 3)
    assert (first["is_write"], first["dependencies"]) == (True, ["flask"])
    agents = asked(port, key, "/api/v1/users/current/user_agents")["data"]
    assert [(agent["id"], agent["editor"]) for agent in agents] == [(first["user_agent_id"], "Vim")]
    machines = asked(port, key, "/api/v1/users/current/machine_names")["data"]
    assert [machine["value"] for machine in machines] == ["desk"]
    path = f"/api/v1/users/current/summaries?start={day_of(yesterday)}&end={day_of(yesterday)}&timezone=UTC"
    (day,) = asked(port, key, path)["data"]
    assert day["grand_total"]["total_seconds"] == 90
    assert {one["name"]: one["total_seconds"] for one in day["projects"]} == {"acme": 90}


@pytest.mark.parametrize(
    "form", ["", "/", "/api/v1", "/api/heartbeat", "/api/compat/wakatime/v1/users/current/heartbeats"]
)
def test_an_address_may_be_given_in_many_forms(
    port: int, key: str, wakatime: Run, project: Path, yesterday: float, form: str
) -> None:
    at = yesterday + 1_000 + len(form)
    file = str(project / "app.py")
    assert wakatime(key, f"http://127.0.0.1:{port}{form}", "--entity", file, "--time", str(at)) == DONE
    assert (file, at) in [(beat["entity"], beat["time"]) for beat in heartbeats(port, key, day_of(at))]


def test_what_could_not_be_sent_waits_and_is_sent(
    port: int, key: str, wakatime: Run, project: Path, yesterday: float
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/api/v1/users/current/heartbeats.bulk"
    url = f"http://127.0.0.1:{port}/api/v1/users/current/heartbeats.bulk"
    file, at = str(project / "app.py"), yesterday + 2_000
    assert wakatime(key, nowhere, "--entity", file, "--time", str(at)) == API_ERROR
    assert wakatime(key, nowhere, "--entity", file, "--time", str(at + 10)) == API_ERROR
    assert (
        wakatime(key, url, "--entity", file, "--time", str(at + 20), "--sync-offline-activity", "100") == DONE
    )
    beats = [beat["time"] - at for beat in heartbeats(port, key, day_of(at)) if beat["entity"] == file]
    assert beats == [0, 10, 20]


def test_a_wrong_key_is_told_and_nothing_is_lost(
    port: int, key: str, wakatime: Run, project: Path, yesterday: float
) -> None:
    url = f"http://127.0.0.1:{port}/api/v1/users/current/heartbeats.bulk"
    file, at = str(project / "app.py"), yesterday + 3_000
    assert wakatime("not-a-key", url, "--entity", file) == AUTH_ERROR
    assert wakatime(str(uuid.uuid4()), url, "--entity", file, "--time", str(at)) == AUTH_ERROR
    assert (
        wakatime(key, url, "--entity", file, "--time", str(at + 10), "--sync-offline-activity", "100") == DONE
    )
    beats = [beat["time"] - at for beat in heartbeats(port, key, day_of(at)) if beat["entity"] == file]
    assert beats == [0, 10]
