"""Trust, request by request, on real servers: who is let in where, by the rules of the security page.

The routes come from the application itself, so that a new one is covered as soon as it exists.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hourloom.assembly import all_routes
from hourloom.web.routes import Access, Route
from tests.web.asking import (
    NETWORK_ADDRESS,
    NOBODY,
    Asking,
    Connection,
    Headers,
    RealServer,
    content_of,
    target_of,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="users and network namespaces of Linux")
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to act as others"
)

ROUTES = [pytest.param(r, id=f"{r.method} {r.path}") for r in all_routes()]
RECORDING = frozenset({Access.INGEST})
LOCAL = frozenset({Access.INGEST, Access.LOCAL})
NOTHING: frozenset[Access] = frozenset()
EVERYTHING = frozenset(Access)
REFUSED = (401, 403)


class Kind(NamedTuple):
    """A kind of caller, and what it is let in to."""

    name: str
    headers: tuple[tuple[str, str], ...]
    let_in: frozenset[Access] = NOTHING
    everywhere: int = 0
    """The status that it gets on every route, ANYONE's included; 0 where that depends on the route."""

    def expected(self, route: Route) -> int:
        """Return the status of the refusal, or 0 for being let in."""
        if self.everywhere:
            return self.everywhere
        return 0 if route.access is Access.ANYONE or route.access in self.let_in else 401


def a_page(**headers: str) -> tuple[tuple[str, str], ...]:
    return tuple((name.replace("_", "-"), value) for name, value in headers.items())


FOREIGN_PAGES = [
    Kind(
        "a page of another site",
        a_page(Origin="http://evil.example", Sec_Fetch_Site="cross-site"),
        everywhere=403,
    ),
    Kind("an Origin alone", a_page(Origin="http://evil.example"), everywhere=403),
    Kind("Sec-Fetch-Site: cross-site alone", a_page(Sec_Fetch_Site="cross-site"), everywhere=403),
    Kind(
        "a page on another port",
        a_page(Origin="http://localhost:8000", Sec_Fetch_Site="same-site"),
        everywhere=403,
    ),
    Kind("Sec-Fetch-Site: same-site alone", a_page(Sec_Fetch_Site="same-site"), everywhere=403),
    Kind("a sandboxed frame", a_page(Origin="null"), everywhere=403),
    Kind("a file", a_page(Origin="file://"), everywhere=403),
    Kind("a look-alike", a_page(Origin="http://localhost.evil.example:{port}"), everywhere=403),
    Kind("our host without its port", a_page(Origin="http://localhost"), everywhere=403),
    Kind("an unheard-of Sec-Fetch-Site", a_page(Sec_Fetch_Site="elsewhere"), everywhere=403),
]
OWN_PAGES = [
    Kind(
        "our page without a token",
        a_page(Origin="http://localhost:{port}", Sec_Fetch_Site="same-origin"),
        RECORDING,
    ),
    Kind("an address typed into a browser", a_page(Sec_Fetch_Site="none"), RECORDING),
]
PROXIES = [
    Kind(name, ((name, value),))
    for name, value in [
        ("Forwarded", "for=127.0.0.1"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Host", "localhost"),
        ("X-Forwarded-Proto", "https"),
        ("Via", "1.1 proxy"),
        ("X-Real-IP", "127.0.0.1"),
    ]
]
FOREIGN_HOSTS = [
    Kind(f"Host: {host}", (("Host", host),), everywhere=400)
    for host in [
        "evil.example",
        "evil.example:{port}",
        "localhost",
        "localhost:1",
        "127.0.0.1",
        "127.0.0.2:{port}",
        "0.0.0.0:{port}",
        "localhost.:{port}",
        "localhost:{port}.evil.example",
        "evil.example@localhost:{port}",
        "localhost:0{port}",
        "[::]:{port}",
    ]
] + [
    Kind("no Host", (("Host", ""),), everywhere=400),
    Kind("two Hosts", (("Host", "localhost:{port}"), ("Host", "evil.example")), everywhere=400),
    Kind("the same Host twice", (("Host", "localhost:{port}"), ("Host", "localhost:{port}")), everywhere=400),
]
EXTENSIONS = [
    Kind("Firefox's extension", a_page(Origin="moz-extension://d3b8", Sec_Fetch_Site="same-origin")),
    Kind("Chrome's extension", a_page(Origin="chrome-extension://nglaklhklh", Sec_Fetch_Site="none")),
    Kind(
        "Chrome's content script", a_page(Origin="chrome-extension://nglaklhklh", Sec_Fetch_Site="cross-site")
    ),
    Kind("Safari's extension", a_page(Origin="safari-web-extension://A1")),
]
OTHER_HOSTS_OF_OURS = ["localhost:{port}", "LOCALHOST:{port}", "127.0.0.1:{port}", "[::1]:{port}"]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, RealServer]]:
    """Run a server for each value of local_access."""
    directory = tmp_path_factory.mktemp("trust")
    running = {
        access: RealServer(directory / access, HOURLOOM_LOCAL_ACCESS=access)
        for access in ("full", "ingest", "off")
    }
    try:
        for server in running.values():
            server.wait()
        yield running
    finally:
        for server in running.values():
            server.stop()


@pytest.fixture
def server(servers: dict[str, RealServer]) -> RealServer:
    return servers["full"]


def facts(server: RealServer) -> list[Any]:
    """Return what a refused request must not change."""
    lists = [
        server.owner("GET", f"/api/v1/{name}") for name in ("buckets", "devices", "settings", "operations")
    ]
    tokens = [token | {"last_used_at": None} for token in server.owner("GET", "/api/v1/tokens")]
    return [*lists, tokens, server.owner("GET", "/api/0/settings")]


def status_of(server: RealServer, connection: Connection, route: Route, headers: Headers) -> int:
    sent = [(name, value.format(port=server.port)) for name, value in headers]
    return connection.ask(route.method, target_of(route), sent, content_of(route)).status


def wrong_answers(
    server: RealServer,
    kind: Kind,
    *,
    extra: Headers = (),
    afresh: bool = False,
    **way: Any,  # as `connect` takes them
) -> list[str]:
    """Ask every route as a kind of caller; list the routes that answered otherwise than they should.

    Each request decides for itself, so most callers ask all on one connection; `afresh` takes one for each.
    """
    wrong, asking = [], Asking(server, **way)
    signed = any(name == "Authorization" for name, _ in [*kind.headers, *extra])
    # Signing out makes the token of the others useless, so it comes last.
    for route in sorted(all_routes(), key=lambda route: route.name == "sign_out"):
        # Whoever comes with a token must show once more that they are the owner.
        wanted = kind.expected(route) or (403 if route.step_up and signed else None)
        if route.is_for_editors and wanted == 403:
            # Editors run in pages of any site, and come with a key.
            wanted = None if signed else 401
        status = status_of(server, asking.connection(), route, [*kind.headers, *extra])
        if afresh:
            asking.close()
        if status != wanted if wanted else status in REFUSED:
            wrong.append(f"{route.method} {route.path}: {status} instead of {wanted or 'being let in'}")
    asking.close()
    return wrong


@pytest.mark.parametrize("access", ["full", "ingest", "off"])
def test_own_programs_reach_what_local_access_says(servers: dict[str, RealServer], access: str) -> None:
    let_in = {"full": LOCAL, "ingest": RECORDING, "off": NOTHING}[access]
    assert wrong_answers(servers[access], Kind("own program", (), let_in), afresh=True) == []


@as_root
@pytest.mark.parametrize("access", ["full", "ingest", "off"])
def test_programs_of_other_users_reach_nothing(servers: dict[str, RealServer], access: str) -> None:
    before = facts(servers[access])
    kind = Kind("another user's program", ())
    assert wrong_answers(servers[access], kind, uid=NOBODY, afresh=True) == []
    assert facts(servers[access]) == before


@as_root
def test_a_process_of_another_user_is_told_why(server: RealServer) -> None:
    script = (
        f"exec 3<>/dev/tcp/127.0.0.1/{server.port}; "
        f"printf 'GET /api/0/info HTTP/1.1\\r\\nHost: localhost:{server.port}\\r\\n\\r\\n' >&3; "
        "timeout 2 dd bs=4096 count=1 status=none <&3; true"
    )
    told = subprocess.run(
        ["bash", "-c", script], user=NOBODY, capture_output=True, text=True, check=True
    ).stdout
    assert told.startswith("HTTP/1.1 401")
    assert "runs as another user" in told


@pytest.mark.parametrize("kind", PROXIES, ids=lambda kind: kind.name)
def test_what_came_through_a_proxy_needs_a_token(server: RealServer, kind: Kind) -> None:
    assert wrong_answers(server, kind) == []


@pytest.mark.parametrize("kind", PROXIES, ids=lambda kind: kind.name)
def test_the_local_socket_gives_a_proxy_nothing(server: RealServer, kind: Kind) -> None:
    assert wrong_answers(server, kind, unix=True) == []


@pytest.mark.parametrize("kind", FOREIGN_PAGES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("signed", [False, True], ids=["without a token", "with the owner's token"])
def test_pages_of_other_sites_reach_nothing(server: RealServer, kind: Kind, *, signed: bool) -> None:
    extra = [("Authorization", f"Bearer {server.token('admin')}")] if signed else []
    before = facts(server)
    assert wrong_answers(server, kind, extra=extra) == []
    assert facts(server) == before


@pytest.mark.parametrize("kind", OWN_PAGES, ids=lambda kind: kind.name)
def test_browsers_without_a_token_only_record(server: RealServer, kind: Kind) -> None:
    assert wrong_answers(server, kind) == []


@pytest.mark.parametrize("access", ["full", "ingest", "off"])
@pytest.mark.parametrize("kind", EXTENSIONS, ids=lambda kind: kind.name)
def test_extensions_reach_only_what_is_for_them(
    servers: dict[str, RealServer], access: str, kind: Kind
) -> None:
    wrong, asking = [], Asking(servers[access])
    for route in all_routes():
        status = status_of(servers[access], asking.connection(), route, kind.headers)
        if not route.takes_extensions:
            right = status == (401 if route.is_for_editors else 403)
        elif route.access is Access.INGEST:
            right = (status == 401) is (access == "off")
        elif route.access is Access.TOKEN:
            right = status == 401
        else:
            right = status not in REFUSED
        if not right:
            wrong.append(f"{route.method} {route.path}: {status}")
    asking.close()
    assert wrong == []


def test_extensions_are_only_for_recording_and_pairing() -> None:
    open_to = {f"{route.method} {route.path.rstrip('/')}" for route in all_routes() if route.takes_extensions}
    assert open_to == {
        "GET /api/0/info",
        "POST /api/0/buckets/{bucket}",
        "POST /api/0/buckets/{bucket}/heartbeat",
        "POST /api/v1/pairing",
        "GET /api/v1/privacy/rules",
    }


@pytest.mark.parametrize("kind", FOREIGN_HOSTS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("signed", [False, True], ids=["without a token", "with the owner's token"])
def test_foreign_hosts_are_refused_everywhere(server: RealServer, kind: Kind, *, signed: bool) -> None:
    extra = [("Authorization", f"Bearer {server.token('admin')}")] if signed else []
    assert wrong_answers(server, kind, extra=extra) == []
    for path in ("/", "/today", "/icon.svg", "/nothing", "/api/0/nothing", "/api/v1/live/events"):
        for method in ("GET", "OPTIONS", "BREW"):
            with server.connect() as connection:
                sent = [(name, value.format(port=server.port)) for name, value in kind.headers]
                assert connection.ask(method, path, sent).status in (400, 404)


@pytest.mark.parametrize("host", OTHER_HOSTS_OF_OURS)
def test_every_name_of_this_computer_is_ours(server: RealServer, host: str) -> None:
    with server.connect() as connection:
        answer = connection.ask("GET", "/api/0/info", [("Host", host.format(port=server.port))])
        assert answer.status == 200


def test_a_target_with_a_host_of_its_own_is_refused(server: RealServer) -> None:
    for target in (f"http://localhost:{server.port}/api/0/info", "http://evil.example/api/0/info", "*"):
        with server.connect() as connection:
            assert connection.ask("GET", target).status == 400


def test_http_1_0_without_a_host_is_refused(server: RealServer) -> None:
    with server.connect() as connection:
        assert connection.sock is not None
        connection.sock.sendall(b"GET /api/0/info HTTP/1.0\r\n\r\n")
        assert connection.sock.recv(100).startswith(b"HTTP/1.1 400")


def test_the_owner_reaches_everything_through_the_local_socket(server: RealServer) -> None:
    assert wrong_answers(server, Kind("owner", (), EVERYTHING), unix=True) == []


def test_browsers_get_nothing_more_through_the_local_socket(server: RealServer) -> None:
    for kind in OWN_PAGES:
        assert wrong_answers(server, kind._replace(let_in=RECORDING), unix=True) == []


def test_the_local_socket_is_for_its_owner_alone(server: RealServer) -> None:
    assert server.unix_path.parent.stat().st_mode & 0o777 == 0o700
    assert server.unix_path.stat().st_mode & 0o777 == 0o600


def test_an_admin_token_reaches_everything_also_through_a_proxy(server: RealServer) -> None:
    for kind in (Kind("admin", ()), PROXIES[0]):
        token = [("Authorization", f"Bearer {server.token('admin')}")]
        assert wrong_answers(server, kind._replace(let_in=EVERYTHING), extra=token) == []


@pytest.mark.parametrize("access", ["full", "off"])
def test_a_token_is_all_that_counts_when_one_is_shown(servers: dict[str, RealServer], access: str) -> None:
    server = servers[access]
    revoked = server.owner("POST", "/api/v1/tokens", {"name": "gone", "scopes": ["admin"]})
    server.owner("DELETE", f"/api/v1/tokens/{revoked['id']}")
    shown = ["Bearer wrong", f"Bearer {revoked['secret']}", "Bearer", "Bearer ", "Basic YTpi", "wrong"]
    for authorization in shown:
        for path in ("/api/0/info", "/api/0/buckets", "/api/v1/buckets"):
            with server.connect() as connection:
                answer = connection.ask("GET", path, [("Authorization", authorization)])
                assert answer.status == 401, (authorization, path)


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Run a server in a network of its own, where it is reached from an address that is not loopback."""
    running = RealServer(tmp_path_factory.mktemp("remote"), network=True, HOURLOOM_ALLOWED_HOSTS="tower:5600")
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@as_root
@pytest.mark.parametrize("host", ["tower:5600", "localhost:{port}"])
def test_nobody_reaches_anything_over_the_network_without_a_token(remote: RealServer, host: str) -> None:
    assert wrong_answers(remote, Kind("network", (("Host", host),)), network=True) == []


@as_root
def test_browsers_reach_nothing_over_the_network_without_a_token(remote: RealServer) -> None:
    own_page = a_page(Origin="http://tower:5600", Sec_Fetch_Site="same-origin")
    for page in (a_page(Sec_Fetch_Site="none"), own_page):
        assert wrong_answers(remote, Kind("page", (("Host", "tower:5600"), *page)), network=True) == []


@as_root
def test_over_the_network_a_token_is_enough(remote: RealServer) -> None:
    token = ("Authorization", f"Bearer {remote.token('admin')}")
    kind = Kind("device", (("Host", "tower:5600"), token), EVERYTHING)
    assert wrong_answers(remote, kind, network=True) == []


@as_root
def test_an_address_is_no_name_of_ours_unless_it_is_configured(remote: RealServer) -> None:
    kind = Kind("by address", (("Host", f"{NETWORK_ADDRESS}:{{port}}"),), everywhere=400)
    assert wrong_answers(remote, kind, network=True) == []


@as_root
def test_who_guesses_tokens_over_the_network_is_locked_out_for_a_while(remote: RealServer) -> None:
    wrong, right = "Bearer wrong", f"Bearer {remote.token('tracking:read')}"
    statuses = []
    for _ in range(150):
        with remote.connect(network=True) as connection:
            sent = [("Host", "tower:5600"), ("Authorization", wrong)]
            statuses.append(connection.ask("GET", "/api/v1/buckets", sent))
            if statuses[-1].status == 429:
                break
    assert statuses[0].status == 401
    assert (statuses[-1].status, statuses[-1].json()["code"]) == (429, "too_many_guesses")
    assert int(statuses[-1].headers["retry-after"]) >= 1
    with remote.connect(unix=True) as connection:
        assert connection.ask("GET", "/api/v1/buckets", [("Authorization", right)]).status == 200


def test_no_route_is_left_out_of_these_rules() -> None:
    assert {route.access for route in all_routes()} <= set(Access)
    open_to_anyone = {route.path for route in all_routes() if route.access is Access.ANYONE}
    assert open_to_anyone == {"/api/v1/sign-in", "/api/v1/pairing", "/api/v1/downloads/{ticket}", "/health"}


def test_the_data_directory_is_for_its_owner_alone(server: RealServer) -> None:
    readable = [
        path for path in Path(server.data_dir).rglob("*") if path.stat().st_mode & 0o077 and not path.is_dir()
    ]
    assert server.data_dir.stat().st_mode & 0o077 == 0 or readable == []
