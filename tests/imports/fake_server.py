"""Servers that answer like ActivityWatch's, and some that do not."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hourloom.core.clock import datetime_of, instant_of


@dataclass
class AnswersLikeActivityWatch:
    """Serve one bucket: newest first, cut at the end, which aw-server moves to the next millisecond."""

    events: list[tuple[int, int]]
    """Start and end, in nanoseconds for rust, else in microseconds; the place is the id."""
    rust: bool = False
    asked: list[str] = field(default_factory=list)

    def __call__(self, path: str) -> bytes:
        self.asked.append(path)
        url = urlsplit(path)
        if url.path == "info":
            return b'{"hostname":"desk","version":"v0.13","testing":false,"device_id":"x"}'
        if url.path == "buckets/":
            bucket = {"id": "window desk/1", "type": "currentwindow", "client": "c", "hostname": "desk"}
            return json.dumps({"window desk/1": {**bucket, "created": None, "data": {}}}).encode()
        assert unquote(url.path).startswith("buckets/window desk/1/events")
        tail = url.path.removeprefix("buckets/window%20desk%2F1/events")
        if tail == "/count":
            return str(len(self.events)).encode()
        if tail:
            return json.dumps(self.wire(int(tail[1:]), None)).encode()
        return json.dumps(self.page(parse_qs(url.query))).encode()

    def close(self) -> None:
        """Nothing to close."""

    @property
    def unit(self) -> int:
        return 1000 if self.rust else 1

    def page(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        end = None
        if "end" in query:
            end = instant_of(datetime.fromisoformat(query["end"][0])) * self.unit
            end = end if self.rust else end // 1000 * 1000 + 1000
        order = 1 if self.rust else -1
        ids = sorted(range(len(self.events)), key=lambda i: (-self.events[i][0], order * i))
        found = [i for i in ids if end is None or self.events[i][0] <= end]
        return [self.wire(i, end) for i in found[: int(query["limit"][0])]]

    def wire(self, id_: int, end: int | None) -> dict[str, Any]:
        start, stop = self.events[id_]
        stop = stop if end is None else min(stop, end)
        timestamp = datetime_of(start // self.unit).isoformat()
        if self.rust:
            timestamp = datetime_of(start // 1000).strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{start % 1000:03}Z"
        duration = (stop - start) / self.unit / 1e6
        return {"id": id_, "timestamp": timestamp, "duration": duration, "data": {"n": id_}}


@contextmanager
def serving(answer: Callable[[str], tuple[int, bytes]]) -> Iterator[str]:
    """Serve real HTTP on a free port and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
