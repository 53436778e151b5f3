"""What browsers are told by headers: on every answer, and about other origins."""

from __future__ import annotations

import pytest

from hourloom.assembly import all_routes
from hourloom.testing import Answer, ServerInMemory, a_peer, a_server
from hourloom.web.routes import Route
from tests.dialects import POSTGRESQL_LATER
from tests.web.asking import target_of

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
ALWAYS = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
EXTENSION, FRIEND, STRANGER = "moz-extension://d3b8", "https://friend.example", "https://evil.example"


@pytest.fixture(params=POSTGRESQL_LATER)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def require_guarded(answer: Answer, what: str) -> None:
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, what
    assert "set-cookie" not in answer.headers, what
    assert "access-control-allow-credentials" not in answer.headers, what
    assert answer.headers.get("access-control-allow-origin") != "*", what


def test_every_answer_of_every_route_is_guarded(server: ServerInMemory) -> None:
    admin = server.client_with("admin")
    for route in all_routes():
        body: object = {}
        for client in (server.client, admin):
            answer = client.request(route.method, target_of(route), json=body)
            require_guarded(answer, f"{route.method} {route.path}")
            assert answer.headers["cache-control"] == "no-store", route.path


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "BREW"])
@pytest.mark.parametrize(
    "path", ["/", "/today", "/icon.svg", "/nothing", "/api/0/nothing", "/api/v1/nothing"]
)
@pytest.mark.parametrize("host", ["localhost:5600", "evil.example"])
def test_every_other_answer_is_guarded_too(server: ServerInMemory, method: str, path: str, host: str) -> None:
    require_guarded(server.client.request(method, path, headers={"host": host}), f"{method} {path}")


def preflight(server: ServerInMemory, route: Route, origin: str) -> dict[str, str]:
    asked = {"Origin": origin, "Access-Control-Request-Method": route.method, "Sec-Fetch-Site": "cross-site"}
    answer = server.client.request("OPTIONS", target_of(route), headers=asked)
    assert (answer.status, answer.body) == (200, b"")
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control")}


def test_extensions_may_ask_only_where_they_record_and_pair(server: ServerInMemory) -> None:
    for route in all_routes():
        told = preflight(server, route, EXTENSION)
        methods = told.get("access-control-allow-methods", "").split(", ")
        asks = route.takes_extensions or route.is_for_editors
        assert (route.method in methods) is asks, f"{route.method} {route.path}"
        assert told.get("access-control-allow-origin", EXTENSION) == EXTENSION


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", "http://localhost:8000", "moz-extension.evil.example", "file://", "*"]
)
def test_nobody_else_may_ask_anything(server: ServerInMemory, origin: str) -> None:
    for route in all_routes():
        if not route.is_for_editors:
            assert preflight(server, route, origin) == {}, f"{route.method} {route.path}"


def test_any_page_may_ask_for_editors_and_gets_nothing_without_a_key(server: ServerInMemory) -> None:
    for route in (route for route in all_routes() if route.is_for_editors):
        told = preflight(server, route, STRANGER)
        assert route.method in told["access-control-allow-methods"].split(", ")
        assert told["access-control-allow-origin"] == STRANGER
        page = {"Origin": STRANGER, "Sec-Fetch-Site": "cross-site", "Cookie": "a=b"}
        for peer in (a_peer(), a_peer("unix")):
            answer = server.client.request(route.method, target_of(route), json={}, headers=page, peer=peer)
            assert (answer.status, route.path) == (401, route.path)


def test_a_preflight_for_another_host_is_refused(server: ServerInMemory) -> None:
    asked = {"Origin": EXTENSION, "Host": "evil.example"}
    assert server.client.request("OPTIONS", "/api/0/info", headers=asked).status == 400


def test_an_extension_reads_its_answers_and_its_errors(server: ServerInMemory) -> None:
    for method, path in (("GET", "/api/0/info"), ("POST", "/api/0/buckets/x")):
        answer = server.client.request(method, path, headers={"Origin": EXTENSION})
        assert answer.headers["access-control-allow-origin"] == EXTENSION
        assert answer.headers["vary"] == "Origin"


def test_a_site_that_the_operator_allows_may_use_everything_with_a_token(
    open_database: object, tmp_path: object, request: pytest.FixtureRequest
) -> None:
    opened, directory = request.getfixturevalue("open_database"), request.getfixturevalue("tmp_path")
    with a_server(opened, directory, allowed_origins=(FRIEND,)) as server:
        page = {"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"}
        allowed = server.client_with("admin").get("/api/v1/buckets", headers=page)
        assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (200, FRIEND)
        assert server.client.get("/api/v1/buckets", headers=page).status == 401
        for route in all_routes():
            told = preflight(server, route, FRIEND)
            assert route.method in told["access-control-allow-methods"].split(", ")
            if not route.is_for_editors:
                assert preflight(server, route, FRIEND + ".evil.example") == {}
        assert server.client_with("admin").get("/api/v1/buckets", headers={"Origin": STRANGER}).status == 403


def test_the_page_is_plain_files_that_ask_for_nothing_elsewhere(server: ServerInMemory) -> None:
    for path, kind in (("/", "text/html"), ("/today", "text/html"), ("/icon.svg", "image/svg+xml")):
        answer = server.client.get(path)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(kind)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        text = answer.body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text


def test_the_first_document_carries_no_data(server: ServerInMemory) -> None:
    server.client.post(
        "/api/0/buckets/canary-bucket", {"type": "canary-type", "client": "c", "hostname": "canary-host"}
    )
    signed_in = server.client_with("admin")
    assert signed_in.get("/").body == server.client.get("/", headers={"authorization": ""}).body
    assert b"canary" not in signed_in.get("/").body


def test_the_page_is_asked_for_again_but_sent_once(server: ServerInMemory) -> None:
    first = server.client.get("/icon.svg")
    again = server.client.get("/icon.svg", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert server.client.get("/icon.svg", headers={"If-None-Match": '"other"'}).status == 200
    assert first.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/index.html", "/page", "/icon.svg/", "/../pages.py", "/%2e%2e/pages.py", "/icon%2esvg%00"]
)
def test_there_are_no_other_files(server: ServerInMemory, path: str) -> None:
    assert server.client.get(path).status == 404


@pytest.mark.parametrize(("method", "status"), [("POST", 401), ("PUT", 405), ("DELETE", 405)])
def test_the_page_is_only_read(server: ServerInMemory, method: str, status: int) -> None:
    # Old plug-ins of editors post to the very address that they were given, with a key.
    assert server.client.request(method, "/").status == status
