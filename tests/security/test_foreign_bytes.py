"""Whatever others send or leave on disk: read or refused in words of ours, in little time and memory.

The parsers are listed in parsers.py. The HTTP server is fed below it, on a real socket, and above it, as
bodies and addresses of every route.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hourloom.assembly import all_routes
from hourloom.testing import Client, ServerInMemory
from hourloom.web.routes import PATH_PARAMETER, Route
from tests.security.parsers import Parser, answers_or_refuses, parsers
from tests.web.asking import RealServer

PARSERS = {parser.name: parser for parser in parsers()}
each_parser = pytest.mark.parametrize("name", PARSERS)
often = settings(max_examples=30, suppress_health_check=list(HealthCheck))
very_often = settings(max_examples=20_000, suppress_health_check=list(HealthCheck))
some_and_many = pytest.mark.parametrize(
    "examples", [25, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
REPOSITORY = Path(__file__).parents[2]
MEBIBYTE = 1024 * 1024


@st.composite
def mutated(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """Take something well-formed and change a few places of it."""
    content = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        at, until = sorted((draw(st.integers(0, len(content))), draw(st.integers(0, len(content)))))
        match draw(st.integers(0, 4)):
            case 0:
                content[at:until] = draw(st.binary(max_size=20))
            case 1:
                content[at:at] = content[at:until]
            case 2:
                del content[at:]
            case 3:
                content[at:at] = draw(st.sampled_from(WORDS))
            case 4 if content:
                content[at % len(content)] ^= 1 << draw(st.integers(0, 7))
    return bytes(content)


WORDS = (
    b"\0", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"9" * 400, b"-1", b"1e999", b"NaN", b"null", b"[", b"{",
    b'"', b"[" * 70, b'{"a":' * 70, b"\r\n", b"=", b"..", b"/", b"\0\0\0\0", b"\xff" * 8,
)  # fmt: skip


def contents(parser: Parser) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=300) | mutated(tuple(parser.seeds))


@each_parser
def test_what_is_well_formed_is_read(name: str) -> None:
    parser = PARSERS[name]
    read = [answers_or_refuses(parser, seed) for seed in parser.seeds]
    assert any(read) or name in ("the label of a backup", "an archive")


@each_parser
def test_any_bytes_are_read_or_refused(name: str) -> None:
    parser = PARSERS[name]

    @often
    @given(contents(parser))
    def hold(content: bytes) -> None:
        answers_or_refuses(parser, content)

    hold()


@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_parser
def test_any_bytes_are_read_or_refused_for_long(name: str) -> None:
    parser = PARSERS[name]

    @very_often
    @given(contents(parser))
    def hold(content: bytes) -> None:
        answers_or_refuses(parser, content)

    hold()


BOMBS = {
    "deep brackets": b"[" * 60_000,
    "deep objects": b'{"a":' * 40_000,
    "deep objects in data": b'{"timestamp":"2026-01-01","data":' + b'{"a":' * 40_000,
    "deep events": b'{"buckets":{"w":{"id":"w","events":' + b"[" * 40_000,
    "a long number": b"9" * 300_000,
    "a long fraction": b"0." + b"9" * 300_000,
    "a long string": b'"' + b"x" * 300_000,
    "many escapes": b'"' + b"\\u0041" * 60_000 + b'"',
    "many keys": b"{" + b",".join(b'"%d":1' % number for number in range(20_000)) + b"}",
    "the same key": b"{" + b'"a":1,' * 40_000 + b'"a":1}',
    "many blanks": b" " * 300_000,
    "many lines": b"\n" * 300_000,
    "zeros": bytes(300_000),
    "all bits": b"\xff" * 300_000,
    "deep parentheses": b"RETURN = " + b"(" * 40_000,
    "a long sum": b"RETURN = " + b"1+" * 40_000 + b"1;",
    "deep tables": b"[" + b"a." * 40_000 + b"a]",
    "deep arrays of TOML": b"port = " + b"[" * 40_000,
    "a pattern that repeats": b"(a{1000}){1000}",
    "a pattern that backtracks": b"(x+x+)+y" * 1_000,
}


@each_parser
@pytest.mark.timeout(60)
def test_bombs_take_little_time_and_memory(name: str) -> None:
    parser = PARSERS[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for bomb in BOMBS.values():
        answers_or_refuses(parser, bomb)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 256 * MEBIBYTE


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.fixture
def admin(server: ServerInMemory) -> Client:
    client = server.client_with("admin")
    client.post("/api/0/buckets/w", {"client": "c", "type": "t", "hostname": "h"})
    return client


def seeds_of_bodies() -> tuple[bytes, ...]:
    return tuple(seed for parser in PARSERS.values() for seed in parser.seeds if seed[:1] in b'{["')


@some_and_many
def test_any_body_of_any_write_is_answered(admin: Client, examples: int) -> None:
    writes = [route for route in all_routes() if route.method in ("POST", "PUT", "PATCH", "DELETE")]

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(writes),
        st.binary(max_size=100) | mutated(seeds_of_bodies()),
        st.sampled_from(["application/json", "multipart/form-data; boundary=x", "text/plain", ""]),
    )
    def hold(route: Route, body: bytes, kind: str) -> None:
        path = PATH_PARAMETER.sub(lambda found: "w" if found[1] == "bucket" else "1", route.path)
        answer = admin.request(route.method, path, content=body, headers={"content-type": kind})
        assert answer.status < 500 or answer.json()["code"] != "unforeseen", (path, body, answer.body)

    hold()


ODD = st.text(max_size=40) | st.sampled_from(["1e999", "-1", "9" * 30, "\0", "..", "%00", "٣", "NaN", "1.0"])


@some_and_many
def test_any_address_and_any_header_is_answered(admin: Client, examples: int) -> None:
    routes = all_routes()

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(routes),
        ODD,
        st.dictionaries(
            st.sampled_from(
                ["limit", "cursor", "start", "end", "pulsetime", "zone", "bucket", "since", "after"]
            ),
            ODD,
            max_size=3,
        ),
        st.dictionaries(
            st.sampled_from(
                ["idempotency-key", "range", "if-none-match", "accept-encoding", "hourloom-step-up"]
            ),
            st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=200),
            max_size=2,
        ),
    )
    def hold(route: Route, word: str, query: dict[str, str], headers: dict[str, str]) -> None:
        path = PATH_PARAMETER.sub(lambda _: quote(word, safe=""), route.path)
        asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        answer = admin.request(route.method, f"{path}?{asked}", headers=headers)
        assert answer.status < 500 or b"unforeseen" not in answer.body, (path, asked, answer.body)

    hold()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    running = RealServer(tmp_path_factory.mktemp("real"))
    running.wait()
    yield running
    running.stop()


REQUEST = (
    b"POST /api/0/buckets/w/heartbeat?pulsetime=5 HTTP/1.1\r\nHost: localhost:PORT\r\n"
    b"Content-Type: application/json\r\nContent-Length: 61\r\nConnection: close\r\n\r\n"
    b'{"timestamp":"2026-03-02T09:00:00Z","duration":0,"data":{}}  '
)
CHUNKED = (
    b"POST /api/0/query HTTP/1.1\r\nHost: localhost:PORT\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: close\r\n\r\n"
    b'5\r\n{"que\r\n0\r\n\r\n'
)
UPGRADE = (
    b"GET /api/v1/live HTTP/1.1\r\nHost: localhost:PORT\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x85abcd\0\0\0\0\0"
)


def send_and_hear(server: RealServer, content: bytes) -> bytes:
    """Send bytes and end; return what came back until the server ended."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connected:
        heard = b""
        try:
            connected.sendall(content)
            connected.shutdown(socket.SHUT_WR)
            while piece := connected.recv(65536):
                heard += piece
        except ConnectionError:
            pass
    return heard


@pytest.mark.parametrize(
    "examples", [60, pytest.param(20_000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
def test_any_bytes_on_the_socket_leave_a_server_that_answers(real: RealServer, examples: int) -> None:
    port = str(real.port).encode()
    seeds = tuple(seed.replace(b"PORT", port) for seed in (REQUEST, CHUNKED, UPGRADE))

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=200) | mutated(seeds))
    def hold(content: bytes) -> None:
        heard = send_and_hear(real, content)
        assert not heard or heard.startswith(b"HTTP/1.1 "), (content, heard[:100])
        assert not heard.startswith(b"HTTP/1.1 5") or heard.startswith(b"HTTP/1.1 505"), (content, heard)

    hold()
    with real.connect() as connection:
        assert connection.ask("GET", "/api/0/info").status == 200
    assert "Traceback" not in real.output.read_text()


if importlib.util.find_spec("atheris") is not None:

    @pytest.mark.soak
    @pytest.mark.timeout(600)
    @each_parser
    def test_coverage_leads_to_nothing_unforeseen(name: str, tmp_path: Path) -> None:
        """Only where atheris is installed, which is no part of the development tools."""
        command = [sys.executable, "-m", "tests.security.fuzz", name, "60"]
        told = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, map(str, (REPOSITORY, *sys.path))))}
        done = subprocess.run(command, cwd=tmp_path, env=told, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
