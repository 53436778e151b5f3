"""The screens: plain files, made when Hourloom is built, that carry no data of anybody."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
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

POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a browser lets the screens do, with room for the scripts that are built into the document."""
SECURITY = {"cross-origin-opener-policy": "same-origin", "vary": "accept-encoding"}
ASK_AGAIN = {"cache-control": "no-cache"}
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


class FileGone(NotFound):
    """This file is gone; the screens were built anew."""


class Page:
    """One file, in each form that it lies there in."""

    status = 200

    def __init__(self, file: Path, context: Context, headers: Mapping[str, str] = ASK_AGAIN) -> None:
        self._file, self._context, self._more = file, context, headers

    @cached_property
    def _headers(self) -> dict[str, str]:
        """What is told with every answer; made when it is first asked for, as a start has many files."""
        return {**SECURITY, **_policy(b""), **self._more, "content-type": KINDS[self._file.suffix]}

    @cached_property
    def _forms(self) -> list[tuple[str, str]]:
        """In which forms it lies there besides the plain one."""
        beside = ((name, end, self._file.with_name(self._file.name + end)) for name, end in ENCODINGS)
        return [(name, end) for name, end, file in beside if file.is_file()]

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
            # Read with each answer, for screens that are built anew have other scripts in their document.
            told = _policy(self._read("")) if self._file.suffix == ".html" else {}
        except HourloomError as error:
            plain = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
            return status_of(known(error)), known(error).message.encode(), plain
        told = {**told, "etag": _tag(body)} | ({"content-encoding": encoding} if encoding else {})
        is_known = caller.if_none_match == told["etag"] and self.status == 200
        return (304, b"", told) if is_known else (self.status, body, told)

    def _read(self, end: str) -> bytes:
        try:
            return self._file.with_name(self._file.name + end).read_bytes()
        except FileNotFoundError:
            raise FileGone from None

    def _form(self, caller: Caller) -> tuple[str, str]:
        """Return the best form that the caller takes: its name and how its file's name ends."""
        taken = set(_accepted(caller.accept_encoding))
        return next(((name, end) for name, end in self._forms if name in taken), ("", ""))


class LostPage(Page):
    """The document where there is no page: it says so to a person, and leads back."""

    status = 404

    def is_wanted(self, scope: Scope) -> bool:
        """Tell whether a browser goes to an address for its user; files and programs are told plainly."""
        path: str = scope["path"]
        if scope["method"] not in ("GET", "HEAD") or f"{path}/".startswith(("/api/", f"/{ASSETS}")):
            return False
        if "." in path.rpartition("/")[2]:
            return False
        asked: dict[bytes, str] = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if mode := asked.get(b"sec-fetch-mode"):
            return mode == "navigate"
        taken = set(_accepted(asked.get(b"accept", "")))
        return "text/html" in taken and "application/json" not in taken


@lru_cache(maxsize=4)
def _policy(document: bytes) -> dict[str, str]:
    """Name the scripts in a document by their digests, as a browser wants it; no other may run there."""
    scripts = re.findall(rb"<script>(.*?)</script>", document, re.DOTALL)
    digests = (b64encode(hashlib.sha256(each).digest()).decode() for each in scripts)
    return {"content-security-policy": POLICY.format(scripts="".join(f" 'sha256-{d}'" for d in digests))}


def _accepted(header: str) -> Iterator[str]:
    """Yield what a header names without refusing it by a weight of nothing."""
    for each in header.lower().split(","):
        name, _, weight = each.partition(";")
        if weight.strip().removeprefix("q=").strip("0.") or not weight.strip():
            yield name.strip()


@lru_cache(maxsize=64)
def _tag(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def page_routes(context: Context, built: Path | None = None) -> Iterator[Mount]:
    """Return the routes of the screens' files; there is one document for all of them."""
    place = _place(built)
    for file in (file for file in place.rglob("*") if file.suffix in KINDS):
        name = file.relative_to(place).as_posix()
        if name != DOCUMENT:
            yield Mount(f"/{name}", Page(file, context, FOR_EVER if name.startswith(ASSETS) else ASK_AGAIN))
    document = Page(place / DOCUMENT, context)
    yield Mount("/", document)
    for page in PAGES:
        for parts in range(DEEPEST):
            yield Mount(f"/{page}" + "".join(f"/{{part{n}}}" for n in range(parts)), document)


def lost_page(context: Context, built: Path | None = None) -> LostPage:
    """Return what is shown to a browser at an address that is no page."""
    return LostPage(_place(built) / DOCUMENT, context)


def _place(built: Path | None) -> Path:
    place = built or BUILT
    return place if (place / DOCUMENT).is_file() else NOT_BUILT
