"""What plug-ins send, as short as a test can say it."""

import base64
from datetime import datetime
from typing import Any

from hourloom.testing import Answer, Client, ServerInMemory

NINE = 1772442000.0
"""Monday, 2026-03-02, 9:00 UTC, where the clock of tests stands."""
BULK = "/api/v1/users/current/heartbeats.bulk"
VIM = "wakatime/13.1.0 (Linux-6.1.0-x86_64-with-glibc2.36) Python3.11.7.final.0 vim/9.0 vim-wakatime/11.0"
CODE = "wakatime/v1.90 (linux-6.1-x86_64) go1.22 vscode/1.9 vscode-wakatime/25"


def a_beat(second: float = -60, **fields: Any) -> dict[str, Any]:
    """Return a heartbeat so many seconds after nine."""
    return {"entity": "/home/dev/acme/app.py", "type": "file", "time": NINE + second, "project": "acme",
            "language": "Python", "branch": "main", "user_agent": VIM} | fields  # fmt: skip


def a_key(server: ServerInMemory, *scopes: str) -> str:
    """Make a key and return it."""
    accounts = server.server.accounts
    wanted = list(scopes or ("heartbeats:write", "tracking:read"))
    issued = server.write(lambda: accounts.issue_token(server.owner, "vim", wanted))
    return issued.secret


def an_editor(server: ServerInMemory, *scopes: str, machine: str = "desk") -> Client:
    """Return a client that sends what plug-ins do, with a key of some scopes."""
    client = server.client.with_token(a_key(server, *scopes))
    client.headers |= {"x-machine-name": machine, "user-agent": VIM}
    return client


def basic(words: str) -> str:
    """Write a key as HTTP's basic authentication."""
    return "Basic " + base64.b64encode(words.encode()).decode()


def sends(client: Client, *beats: Any, path: str = BULK) -> Answer:
    """Send heartbeats as one batch."""
    return client.post(path, list(beats))


def codes(answer: Answer) -> list[int]:
    """Return what was answered to each heartbeat."""
    assert answer.status == 201, answer.body
    return [code for _, code in answer.json()["responses"]]


def stored(server: ServerInMemory, bucket: str = "editor-vim_desk") -> list[tuple[float, dict[str, Any]]]:
    """Return the seconds after nine and the fields of what is stored in a bucket, in order."""
    client = server.client_with("tracking:read")
    rows = client.get(f"/api/v1/buckets/{bucket}/events?limit=1000").json()["events"]
    return sorted(((_second(row), row["data"]) for row in rows), key=lambda one: one[0])


def _second(row: dict[str, Any]) -> float:
    return datetime.fromisoformat(row["started_at"]).timestamp() - NINE
