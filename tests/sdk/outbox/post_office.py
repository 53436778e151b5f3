"""A stand-in for the server: a line whose answers a test chooses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hourloom.core.clock import SECOND, Instant
from hourloom.sdk.connection import Response, ServerNotAnswering, ServerNotRunning
from hourloom.sdk.outbox import Beat, Bounds, Outbox

NOW = Instant(1_772_442_000 * SECOND)
PATIENCE = 30.0


class Office:
    """Takes beats unless told otherwise; `says` may answer a request in its place."""

    def __init__(self) -> None:
        self.where = "http://127.0.0.1:1"
        self.is_open = True
        self.buckets: set[str] = set()
        self.taken: list[tuple[str, dict[str, object]]] = []
        self.asked: list[str] = []
        self.batches: list[int] = []
        self.says: Callable[[str, dict[str, object]], Response | None] = lambda path, body: None
        self.loses_answers = False

    def __call__(self) -> Office:
        if not self.is_open:
            raise ServerNotRunning(where=self.where)
        return self

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002 - the port
    ) -> Response:
        assert method == "POST"
        self.asked.append(path)
        if not self.is_open:
            raise ServerNotAnswering(where=self.where, reason="connection refused")
        told = msgspec.json.decode(body or b"")
        answer = self.says(path, told) or self._answer(path, told)
        if self.loses_answers:
            raise ServerNotAnswering(where=self.where, reason="timed out")
        return answer

    def close(self) -> None:
        pass

    def titles(self, bucket: str) -> list[object]:
        return [beat["data"]["title"] for name, beat in self.taken if name == bucket]  # type: ignore[index]

    def _answer(self, path: str, told: dict[str, object]) -> Response:
        if path == "/api/v1/buckets":
            self.buckets.add(str(told["name"]))
            return answer(201, told)
        bucket, beats = str(told["bucket"]), told["heartbeats"]
        assert isinstance(beats, list)
        if bucket not in self.buckets:
            return answer(200, {"results": [{"problem": problem(404, "no_such_bucket")}] * len(beats)})
        self.batches.append(len(beats))
        self.taken += [(bucket, beat) for beat in beats]
        return answer(200, {"results": [{"id": 1}] * len(beats)})


def answer(status: int, body: object, **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): text for name, text in headers.items()}, encoded(body))


def encoded(body: object) -> bytes:
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


def problem(status: int, code: str, detail: str = "No.") -> dict[str, object]:
    return {"title": "X", "status": status, "detail": detail, "code": code}


def beat(
    seconds: float, title: str = "a", bucket: str = "desk", pulsetime: float = 5.0, duration: float = 0.0
) -> Beat:
    at = Instant(NOW + round(seconds * SECOND))
    return Beat(bucket, at, {"app": "Code", "title": title}, pulsetime, duration)


@contextmanager
def an_outbox(
    folder: Path, office: Office, bounds: Bounds | None = None, pause: float = 0.01
) -> Iterator[Outbox]:
    """Open an outbox that tries again after a hundredth of a second, with the bucket desk."""
    box = Outbox(
        folder / "outbox",
        office,
        key_file=folder / "key",
        bounds=bounds or Bounds(),
        pause=lambda failures: pause,
    )
    try:
        box.declare("desk", type="currentwindow", client="test", hostname="here")
        yield box
    finally:
        box.close()


def until(true: Callable[[], object], what: str = "it came true") -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"never: {what}"
        pause.wait(0.005)
