"""Watchers that go on through every failure, and remember what was acknowledged to them and what was not.

with Watchers(server.port, 4) as watchers:
    watchers.get_through(50)          # wait until 50 more heartbeats are acknowledged
    ... something goes wrong ...
assert watchers.lost() == []
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from typing import Self

from tests.rigs.serving.heartbeats import PULSETIME, Heartbeat, create_bucket, events, uncovered

PATIENCE = 60.0
PAUSE = 0.02


class Watcher(threading.Thread):
    """Sends one bucket's heartbeats one after the other, on a new connection after each failure."""

    def __init__(self, watchers: Watchers, bucket: str) -> None:
        super().__init__(daemon=True)
        self._watchers, self._bucket = watchers, bucket
        self._connection: http.client.HTTPConnection | None = None
        self.number = 0

    def run(self) -> None:
        while not self._watchers.stop.is_set():
            begun = time.monotonic()
            try:
                status = self._send(Heartbeat(self._bucket, self.number))
            except (OSError, http.client.HTTPException) as error:
                status = type(error).__name__
                self._hang_up()
            if status == "200":
                self._watchers.acknowledge(Heartbeat(self._bucket, self.number))
            else:
                self._watchers.stop.wait(PAUSE)
            self._watchers.answered(status, time.monotonic() - begun)
            self.number += 1
        self._hang_up()

    def _send(self, heartbeat: Heartbeat) -> str:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._watchers.through, timeout=self._watchers.patience
            )
        path = f"/api/0/buckets/{self._bucket}/heartbeat?pulsetime={PULSETIME}"
        headers = {"Host": f"localhost:{self._watchers.port}", "Content-Type": "application/json"}
        self._connection.request("POST", path, heartbeat.body(), headers)
        answer = self._connection.getresponse()
        answer.read()
        return str(answer.status)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Watchers:
    """Some watchers on one server; what they were told is counted by status or by the kind of failure.

    They may reach it through another port, where a proxy listens.
    """

    def __init__(
        self,
        port: int,
        count: int = 4,
        *,
        name: str = "watcher",
        patience: float = 40.0,
        through: int | None = None,
    ) -> None:
        self.port, self.through, self.patience = port, through or port, patience
        self.stop = threading.Event()
        self.acknowledged: set[Heartbeat] = set()
        self.answers: Counter[str] = Counter()
        self.longest = 0.0
        """Seconds that the slowest acknowledged heartbeat took."""
        self._changed = threading.Condition()
        self.buckets = [f"{name}-{number}" for number in range(count)]
        self._threads = [Watcher(self, bucket) for bucket in self.buckets]

    def __enter__(self) -> Self:
        for bucket in self.buckets:
            create_bucket(self.port, bucket)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads)

    def acknowledge(self, heartbeat: Heartbeat) -> None:
        with self._changed:
            self.acknowledged.add(heartbeat)

    def answered(self, status: str, seconds: float) -> None:
        with self._changed:
            self.answers[status] += 1
            self.longest = max(self.longest, seconds if status == "200" else 0.0)
            self._changed.notify_all()

    def get_through(self, more: int = 40, patience: float = PATIENCE) -> None:
        """Wait until so many more heartbeats are acknowledged."""
        wanted = len(self.acknowledged) + more
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.acknowledged) >= wanted, patience)
        assert came, f"{wanted - len(self.acknowledged)} missing after {patience} s: {self.answers}"

    def hear(self, status: str, more: int = 1, patience: float = PATIENCE) -> None:
        """Wait until this status, or kind of failure, has come so many times more."""
        wanted = self.answers[status] + more
        with self._changed:
            came = self._changed.wait_for(lambda: self.answers[status] >= wanted, patience)
        assert came, f"{status} did not come within {patience} s: {self.answers}"

    def lost(self) -> list[Heartbeat]:
        """Return what was acknowledged by now and is not there."""
        with self._changed:
            acknowledged = set(self.acknowledged)
        found = [event for bucket in self.buckets for event in events(self.port, bucket)]
        return uncovered(acknowledged, found)
