"""The files of the screens: in which form, for how long, and nothing else than they."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from hourloom.testing import Answer
from hourloom.testing.client import Client
from hourloom.web.application import application
from hourloom.web.endpoint import Context
from hourloom.web.pages import BUILT, NOT_BUILT, PAGES, page_routes

PORT = 5600
DOCUMENT, SCRIPT = b"<!doctype html><title>Hourloom</title>", b"export const here = 1;"


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


def client_of(built: Path, run: Any) -> Client:
    none = cast("Any", None)
    hosts = frozenset({f"localhost:{PORT}"})
    context = Context(none, none, {}, allowed_hosts=hosts, idempotency=none)
    return Client(application([], context, list(page_routes(context, built)), nothing), run, port=PORT)


@pytest.fixture
def run() -> Iterator[Any]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Return a build of one document and one script, the script in every form."""
    (tmp_path / "assets").mkdir()
    (tmp_path / ".vite").mkdir()
    (tmp_path / "index.html").write_bytes(DOCUMENT)
    (tmp_path / "assets/main-1a.js").write_bytes(SCRIPT)
    (tmp_path / "assets/main-1a.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "assets/main-1a.js.br").write_bytes(b"as brotli")
    (tmp_path / ".vite/manifest.json").write_text("{}")
    (tmp_path / "sources.digest").write_text("0")
    return tmp_path


@pytest.fixture
def client(built: Path, run: Any) -> Client:
    return client_of(built, run)


def told(answer: Answer, *names: str) -> list[str | None]:
    return [answer.headers.get(name) for name in names]


def test_what_is_named_by_its_content_is_kept_for_ever(client: Client) -> None:
    answer = client.get("/assets/main-1a.js")
    assert (answer.status, answer.body) == (200, SCRIPT)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_the_document_is_asked_for_again_but_sent_once(client: Client) -> None:
    first = client.get("/")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/today", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert client.get("/", headers={"If-None-Match": '"other"'}).body == DOCUMENT


@pytest.mark.parametrize(
    ("accepted", "form"),
    [
        ("", None),
        ("identity", None),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.8", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br; q=0.000", None),
        ("brotli, gzipped", None),
    ],
)
def test_the_smallest_form_that_is_taken_is_sent(client: Client, accepted: str, form: str | None) -> None:
    answer = client.get("/assets/main-1a.js", headers={"Accept-Encoding": accepted})
    assert told(answer, "content-encoding", "vary") == [form, "accept-encoding"]
    body = {"br": b"as brotli", "gzip": SCRIPT, None: SCRIPT}[form]
    assert (gzip.decompress(answer.body) if form == "gzip" else answer.body) == body
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


def test_each_form_has_a_tag_of_its_own(client: Client) -> None:
    tags = {
        client.get("/assets/main-1a.js", headers={"Accept-Encoding": form}).headers["etag"]
        for form in ("", "gzip", "br")
    }
    assert len(tags) == 3


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-2b.js",
        "/assets/",
        "/assets/main-1a.js.br",
        "/assets/../index.html",
        "/index.html",
        "/sources.digest",
        "/.vite/manifest.json",
        "/todays",
        "/today/a/b/c",
        "/%2e%2e/pages.py",
        "/today%00",
    ],
)
def test_there_is_nothing_else_and_never_the_document_instead(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status == 404
    assert DOCUMENT not in answer.body
    assert "immutable" not in answer.headers.get("cache-control", "")


def test_a_file_that_a_new_build_took_away_is_not_found(client: Client, built: Path) -> None:
    (built / "assets/main-1a.js").unlink()
    answer = client.get("/assets/main-1a.js")
    assert answer.status == 404
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_the_document(client: Client, page: str) -> None:
    for path in (f"/{page}", f"/{page}/2026-11-18", f"/{page}/a/b"):
        assert client.get(path).body == DOCUMENT


def test_where_nobody_built_the_screens_a_plain_page_says_how(tmp_path: Path, run: Any) -> None:
    client = client_of(tmp_path / "nothing", run)
    for path in ("/", "/today", "/settings/privacy"):
        answer = client.get(path)
        assert answer.status == 200
        assert "make setup" in answer.body.decode()
        assert "<script" not in answer.body.decode()
    assert client.get("/icon.svg").headers["content-type"] == "image/svg+xml"
    assert client.get("/not-built.css").headers["content-type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize("place", [BUILT, NOT_BUILT], ids=["built", "not built"])
def test_the_document_has_nothing_within_it_and_asks_nobody_else(place: Path) -> None:
    if not (place / "index.html").exists():
        # Whoever serves this sends the other document.
        place = NOT_BUILT
    text = (place / "index.html").read_text("utf-8")
    assert text.count("<script") == text.count('<script type="module" crossorigin src="/assets/')
    assert not any(part in text for part in ("<style", " style=", "http:", "https:", "onload", "onclick"))
