"""The screens: plain files, made when Hourloom is built, that carry no data of anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from hourloom.core.errors import HourloomError, NotFound
from hourloom.web.caller import Caller, Scope, caller_of, require_host
from hourloom.web.endpoint import Context
from hourloom.web.problems import MethodNotAllowed, known, status_of
from hourloom.web.router import Mount
from hourloom.web.wire import Receive, Send

BUILT = Path(__file__).parent / "static" / "dist"
"""Where `npm --prefix ui run build` puts the screens."""
NOT_BUILT = Path(__file__).parent / "static" / "not-built"
"""What is shown where nobody built them."""
DOCUMENT = "index.html"
ASSETS = "assets/"
"""What lies below is named by its content."""

PAGES = (
    "today", "timeline", "week", "reports", "rules", "goals", "patterns", "inbox", "raw", "settings", "setup",
)  # fmt: skip
"""The first parts of the addresses that the document serves; a test holds them against the screens'."""
DEEPEST = 3

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""In which forms a file may lie beside itself, the smallest first."""

SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "vary": "accept-encoding",
}
ASK_AGAIN = {"cache-control": "no-cache"}
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


class FileGone(NotFound):
    """This file is gone; the screens were built anew."""


class Page:
    """One file, in each form that it lies there in."""

    def __init__(self, file: Path, context: Context, headers: Mapping[str, str] = ASK_AGAIN) -> None:
        self._file, self._context = file, context
        self._headers = {**SECURITY, **headers, "content-type": KINDS[file.suffix]}
        self._forms = [(name, end) for name, end in ENCODINGS if file.with_name(file.name + end).is_file()]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        status, body, told = self._answer(scope)
        headers = [(name.encode(), value.encode()) for name, value in (self._headers | told).items()]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: Scope) -> tuple[int, bytes, dict[str, str]]:
        caller = caller_of(scope)
        try:
            require_host(caller, self._context.allowed_hosts)
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodNotAllowed(method=scope["method"][:20])
            encoding, end = self._form(caller)
            body = self._read(end)
        except HourloomError as error:
            plain = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
            return status_of(known(error)), known(error).message.encode(), plain
        told = {"etag": _tag(body)} | ({"content-encoding": encoding} if encoding else {})
        return (304, b"", told) if caller.if_none_match == told["etag"] else (200, body, told)

    def _read(self, end: str) -> bytes:
        try:
            return self._file.with_name(self._file.name + end).read_bytes()
        except FileNotFoundError:
            raise FileGone from None

    def _form(self, caller: Caller) -> tuple[str, str]:
        """Return the best form that the caller takes: its name and how its file's name ends."""
        taken = set(_accepted(caller.accept_encoding))
        return next(((name, end) for name, end in self._forms if name in taken), ("", ""))


def _accepted(header: str) -> Iterator[str]:
    """Yield the forms that a header names without refusing them by a weight of nothing."""
    for each in header.lower().split(","):
        name, _, weight = each.partition(";")
        if weight.strip().removeprefix("q=").strip("0.") or not weight.strip():
            yield name.strip()


@lru_cache(maxsize=64)
def _tag(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def page_routes(context: Context, built: Path | None = None) -> Iterator[Mount]:
    """Return the routes of the screens' files; there is one document for all of them."""
    place = built or BUILT
    if not (place / DOCUMENT).is_file():
        place = NOT_BUILT
    for file in sorted(place.rglob("*")):
        name = file.relative_to(place).as_posix()
        if file.suffix in KINDS and name != DOCUMENT:
            yield Mount(f"/{name}", Page(file, context, FOR_EVER if name.startswith(ASSETS) else ASK_AGAIN))
    document = Page(place / DOCUMENT, context)
    yield Mount("/", document)
    for page in PAGES:
        for parts in range(DEEPEST):
            yield Mount(f"/{page}" + "".join(f"/{{part{n}}}" for n in range(parts)), document)
