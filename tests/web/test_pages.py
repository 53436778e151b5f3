"""The files of the screens: in which form, for how long, and nothing else than they."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from hourloom.testing import Answer
from hourloom.testing.client import Client
from hourloom.web.application import application
from hourloom.web.endpoint import Context
from hourloom.web.pages import BUILT, NOT_BUILT, PAGES, lost_page, page_routes

PORT = 5600
SHORT = 1000
"""What is built into the document has fewer letters."""
DOCUMENT, SCRIPT = b"<!doctype html><title>Hourloom</title>", b"export const here = 1;"


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


def client_of(built: Path, run: Any) -> Client:
    none = cast("Any", None)
    hosts = frozenset({f"localhost:{PORT}"})
    context = Context(none, none, {}, allowed_hosts=hosts, idempotency=none)
    lost = lost_page(context, built)
    pages = list(page_routes(context, built))
    return Client(application([], context, pages, nothing, lost=lost), run, port=PORT)


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


FOR_PEOPLE = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/tody", "/tody/2026-11-18", "/today/a/b/c", "/apis"])
@pytest.mark.parametrize("asked", [FOR_PEOPLE, {"Sec-Fetch-Mode": "navigate"}])
def test_a_browser_is_shown_what_leads_back_from_an_address_that_is_no_page(
    client: Client, path: str, asked: dict[str, str]
) -> None:
    page = client.get("/")
    known = {"If-None-Match": page.headers["etag"]}
    for answer in (client.get(path, headers=asked), client.get(path, headers=asked | known)):
        assert (answer.status, answer.body) == (404, DOCUMENT)
        assert answer.headers == page.headers
    assert client.request("POST", path, headers=asked).body != DOCUMENT


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/tody", "/api/0/tody", "/assets/gone", "/gone.js"])
def test_an_api_and_missing_files_answer_browsers_plainly(client: Client, path: str) -> None:
    answer = client.get(path, headers=FOR_PEOPLE | {"Sec-Fetch-Mode": "navigate"})
    assert answer.status == 404
    assert DOCUMENT not in answer.body


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"Accept": "*/*"},
        {"Accept": "application/json"},
        {"Accept": "application/json, text/html"},
        {"Accept": "text/html;q=0"},
        FOR_PEOPLE | {"Sec-Fetch-Mode": "cors"},
    ],
)
def test_programs_are_told_in_their_own_form_that_there_is_nothing(
    client: Client, asked: dict[str, str]
) -> None:
    answer = client.get("/tody", headers=asked)
    assert answer.status == 404
    assert answer.json()["code"] == "no_such_page"


def test_nobody_is_shown_a_way_back_on_a_server_that_is_not_this_one(client: Client) -> None:
    answer = client.get("/tody", headers=FOR_PEOPLE | {"Host": "elsewhere.example"})
    assert answer.status == 400
    assert DOCUMENT not in answer.body


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
    assert client.get("/tody", headers=FOR_PEOPLE).body == client.get("/").body
    assert client.get("/icon.svg").headers["content-type"] == "image/svg+xml"
    assert client.get("/not-built.css").headers["content-type"] == "text/css; charset=utf-8"


def test_a_script_within_the_document_may_run_and_no_other(client: Client, built: Path, run: Any) -> None:
    assert script_sources(client.get("/")) == ["'self'"]
    script = b"ask();\n"
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
    (built / "index.html").write_bytes(b"<!doctype html><script>" + script + b"</script>")
    told = client_of(built, run)
    for path in ("/", "/today/2026-11-18"):
        assert script_sources(told.get(path)) == ["'self'", f"'sha256-{digest}'"]
    assert script_sources(told.get("/assets/main-1a.js")) == ["'self'"]


def test_screens_built_anew_below_a_running_server_bring_their_own_policy(
    client: Client, built: Path
) -> None:
    document = built / "index.html"
    for script in (b"ask(1)", b"ask(2)"):
        document.write_bytes(b"<!doctype html><script>" + script + b"</script>")
        digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
        assert script_sources(client.get("/")) == ["'self'", f"'sha256-{digest}'"]


def test_while_screens_are_built_their_document_is_told_to_be_gone(client: Client, built: Path) -> None:
    (built / "index.html").unlink()
    for path, asked in (("/", {}), ("/tody", FOR_PEOPLE)):
        answer = client.get(path, headers=asked)
        assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
        assert script_sources(answer) == ["'self'"]


def script_sources(answer: Answer) -> list[str]:
    """Return from where the policy of an answer lets scripts come."""
    policy = dict(each.split(maxsplit=1) for each in answer.headers["content-security-policy"].split("; "))
    return policy["script-src"].split()


@pytest.mark.parametrize("place", [BUILT, NOT_BUILT], ids=["built", "not built"])
def test_the_document_asks_nobody_else_and_has_one_short_script_within_it(place: Path) -> None:
    if not (place / "index.html").exists():
        # Whoever serves this sends the other document.
        place = NOT_BUILT
    text = (place / "index.html").read_text("utf-8")
    within = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    assert len(within) == (1 if place == BUILT else 0)
    assert sum(map(len, within)) < SHORT
    assert text.count("<script") - len(within) == text.count(
        '<script type="module" crossorigin src="/assets/'
    )
    assert not any(part in text for part in ("<style", " style=", "http:", "https:", "onload", "onclick"))
