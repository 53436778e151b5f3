"""Pages for browsers to look at, and what a server then has of them."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.web.asking import RealServer

PATIENCE = 60.0
"""Seconds for what takes one: the machine may have other things to do."""
WORK, PRIVATE = "work.test", "private.test"
"""Names that the browsers are told to find on this computer."""
PAGE = b'<!doctype html><meta charset="utf-8"><title>%s</title><h1>%s</h1>'


class Page(http.server.BaseHTTPRequestHandler):
    """Any path is a page that is called like its path."""

    def do_GET(self) -> None:
        name = self.path.strip("/").encode()
        body = PAGE % (name, name)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Site(NamedTuple):
    """A web server of pages, reached by several names."""

    port: int

    def url(self, path: str, host: str = WORK) -> str:
        return f"http://{host}:{self.port}/{path}"


@contextmanager
def a_site() -> Iterator[Site]:
    """Serve pages."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield Site(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


class Visit(NamedTuple):
    """A page while it was in front, in seconds since 1970."""

    path: str
    begun: float
    ended: float
    data: dict[str, Any]


class Record:
    """What a server stored of an extension."""

    def __init__(self, server: RealServer, bucket: str) -> None:
        self.server, self.bucket = server, bucket

    def raw(self) -> list[Any]:
        """Return the events as they are stored, the oldest first."""
        path = f"/api/0/buckets/{quote(self.bucket)}/events?limit=-1"
        with self.server.connect(unix=True) as connection:
            answer = connection.ask("GET", path)
        assert answer.status in (200, 404), answer
        return list(reversed(answer.json())) if answer.status == 200 else []

    def visits(self) -> list[Visit]:
        """Return what was in front from when to when; that a title came later does not make one page two."""
        visits: list[Visit] = []
        for event in self.raw():
            begun = datetime.fromisoformat(event["timestamp"]).timestamp()
            ended = begun + event["duration"]
            path = event["data"]["url"].split("/", 3)[-1]
            if visits and visits[-1].path == path:
                visits[-1] = visits[-1]._replace(ended=ended)
            else:
                visits.append(Visit(path, begun, ended, event["data"]))
        return visits

    def paths(self) -> list[str]:
        """Return what was in front, one after another."""
        return [visit.path for visit in self.visits()]

    def wait_for(self, *paths: str) -> None:
        """Wait until the last that was in front was this, in this order."""
        until(lambda: self.paths()[-len(paths) :], list(paths))


def until(look: Callable[[], object], wanted: object) -> None:
    """Wait until something looks as wanted."""
    ends = time.monotonic() + PATIENCE
    while (found := look()) != wanted:
        assert time.monotonic() < ends, f"{found!r} did not become {wanted!r}"
        time.sleep(0.05)


def require_order(visits: Sequence[Visit]) -> None:
    """Raise unless each begins where another ended, or later."""
    for one, other in pairwise(visits):
        assert other.begun >= one.ended - 0.002, (one, other)
