"""A small server that stores heartbeats every so many seconds only: the kill loop must find what it loses.

Arguments: port, data directory, seconds between two savings (0: each heartbeat is saved before its answer).
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

PORT, FOLDER, PAUSE = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])


class Store:
    """One line for each heartbeat, in one file for each bucket."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, str]] = []
        self.saved_at = time.monotonic()
        self.lock = Lock()

    def add(self, bucket: str, line: str) -> None:
        with self.lock:
            self.waiting.append((bucket, line))
            if time.monotonic() - self.saved_at >= PAUSE:
                self.save()

    def save(self) -> None:
        for bucket, line in self.waiting:
            with (FOLDER / bucket).open("a") as file:
                file.write(line + "\n")
        self.waiting, self.saved_at = [], time.monotonic()


class Handler(BaseHTTPRequestHandler):
    """Just the routes that the kill loop asks."""

    protocol_version = "HTTP/1.1"
    store = Store()

    def do_GET(self) -> None:
        bucket = FOLDER / self.path.split("/")[4].partition("?")[0] if "/buckets/" in self.path else None
        lines = bucket.read_text().splitlines() if bucket and bucket.exists() else []
        self.answer("[" + ",".join(lines) + "]")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if "/heartbeat" in self.path:
            self.store.add(self.path.split("/")[4], json.dumps(json.loads(body)))
        self.answer(body)

    def answer(self, body: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
