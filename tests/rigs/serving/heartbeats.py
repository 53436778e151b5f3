"""Writers that send heartbeats and remember which were acknowledged, and the check that all are stored.

Heartbeat number i is sent for second i after the start, with the payload "number i // 10": one in ten begins
an event, the others extend it. It is covered when an event with its payload reaches from before to after it.
"""

import http.client
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)
PER_EVENT = 10
PULSETIME = 60


@dataclass(frozen=True, order=True)
class Heartbeat:
    """The heartbeat with this number in this bucket."""

    bucket: str
    number: int

    @property
    def title(self) -> str:
        return f"window number {self.number // PER_EVENT}"

    @property
    def at(self) -> datetime:
        return START + timedelta(seconds=self.number)

    def body(self) -> str:
        """Return what a watcher would send."""
        payload = {"app": "writer", "title": self.title}
        return json.dumps({"timestamp": self.at.isoformat(), "duration": 0, "data": payload})


@dataclass(frozen=True)
class Stored:
    """An event as the server tells it."""

    bucket: str
    title: str
    start: datetime
    end: datetime

    def covers(self, heartbeat: Heartbeat) -> bool:
        return (self.bucket, self.title) == (heartbeat.bucket, heartbeat.title) and (
            self.start <= heartbeat.at <= self.end
        )


class Writer(threading.Thread):
    """One connection that sends heartbeats to one bucket until the server is gone or `stop` is set."""

    def __init__(
        self,
        port: int,
        bucket: str,
        first: int,
        stop: threading.Event,
        acknowledged: Callable[[Heartbeat], None],
    ) -> None:
        super().__init__(daemon=True)
        self.next = first
        self.refused: str | None = None
        self._port, self._bucket, self._stop_asked, self._acknowledged = port, bucket, stop, acknowledged

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            while not self._stop_asked.is_set() and self.refused is None:
                self._send(connection)
        except (OSError, http.client.HTTPException):
            pass  # the server was killed, which is what this is for
        finally:
            connection.close()

    def _send(self, connection: http.client.HTTPConnection) -> None:
        heartbeat = Heartbeat(self._bucket, self.next)
        path = f"/api/0/buckets/{self._bucket}/heartbeat?pulsetime={PULSETIME}"
        self.next += 1
        connection.request("POST", path, heartbeat.body(), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == 200:
            self._acknowledged(heartbeat)
        else:
            self.refused = f"{answer.status} {content[:200]!r}"


def create_bucket(port: int, bucket: str) -> None:
    """Create a bucket, or see that it is there."""
    body = {"client": "writer", "type": "currentwindow", "hostname": "rig"}
    status, _ = ask(port, "POST", f"/api/0/buckets/{bucket}", json.dumps(body))
    assert status in {200, 304}, status


def events(port: int, bucket: str) -> list[Stored]:
    """Read all events of a bucket through the API."""
    status, content = ask(port, "GET", f"/api/0/buckets/{bucket}/events?limit=-1")
    if status == 404:
        return []
    assert status == 200, content
    return [stored(bucket, event) for event in json.loads(content)]


def stored(bucket: str, event: dict[str, object]) -> Stored:
    """Read one event of an answer."""
    payload, duration = event["data"], event["duration"]
    assert isinstance(payload, dict)
    assert isinstance(duration, int | float)
    start = datetime.fromisoformat(str(event["timestamp"]))
    return Stored(bucket, str(payload["title"]), start, start + timedelta(seconds=duration))


def uncovered(heartbeats: Iterable[Heartbeat], found: Iterable[Stored]) -> list[Heartbeat]:
    """Return the heartbeats that no event covers."""
    by_title: dict[tuple[str, str], list[Stored]] = {}
    for event in found:
        by_title.setdefault((event.bucket, event.title), []).append(event)
    return [
        heartbeat
        for heartbeat in heartbeats
        if not any(event.covers(heartbeat) for event in by_title.get((heartbeat.bucket, heartbeat.title), []))
    ]


def ask(port: int, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
    """Send one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
