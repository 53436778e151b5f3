"""The page and its parts: plain files that carry no data of anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from hourloom.core.errors import HourloomError
from hourloom.web.caller import Scope, caller_of, require_host
from hourloom.web.endpoint import Context
from hourloom.web.problems import MethodNotAllowed, known, status_of
from hourloom.web.router import Mount
from hourloom.web.wire import Receive, Send

HERE = Path(__file__).parent / "page"
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}


class Page:
    """One file."""

    def __init__(self, name: str, kind: str, context: Context) -> None:
        self._context = context
        self._body = (HERE / name).read_bytes()
        self._etag = f'"{hashlib.blake2b(self._body, digest_size=12).hexdigest()}"'
        self._headers = SECURITY | {"content-type": kind, "etag": self._etag}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        status, body = self._answer(scope)
        headers = [(name.encode(), value.encode()) for name, value in self._headers.items()]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Scope) -> tuple[int, bytes]:
        try:
            require_host(caller_of(scope), self._context.allowed_hosts)
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodNotAllowed(method=scope["method"][:20])
        except HourloomError as error:
            return status_of(known(error)), known(error).message.encode()
        if (b"if-none-match", self._etag.encode()) in scope["headers"]:
            return 304, b""
        return 200, self._body


def page_routes(context: Context) -> Iterator[Mount]:
    """Return the routes of the page's files."""
    for path, (name, kind) in FILES.items():
        yield Mount(path, Page(name, kind, context))
