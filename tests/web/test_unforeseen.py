"""Exceptions that nobody foresaw: a problem without details, a log line without what they quote."""

from __future__ import annotations

from pathlib import Path

import pytest

from hourloom.assembly import all_routes
from hourloom.core import log
from hourloom.testing import Client, ServerInMemory
from hourloom.web.application import application
from hourloom.web.endpoint import Context
from hourloom.web.routes import Access, Mode, Route, Routes

CANARY = "canary-6f1c2a"

broken = Routes("/api/v1", "broken")


@broken.on("POST", "/broken/{place}", mode=Mode.WRITE, access=Access.TOKEN)
def break_write(place: str, body: dict[str, str]) -> None:
    """Raise an exception that quotes what it was given, as libraries do."""
    raise ValueError(f"{place}: {body}")


@broken.on("GET", "/broken/{place}", access=Access.TOKEN)
def break_read(place: str) -> None:
    """Raise one with a cause."""
    try:
        raise KeyError(place)
    except KeyError as error:
        raise RuntimeError(place) from error


@broken.on("POST", "/broken/{place}/awaited", mode=Mode.AWAITED, access=Access.TOKEN)
async def break_awaited(place: str, body: dict[str, str]) -> None:
    """Raise one whose class needs arguments."""
    raise UnicodeDecodeError("utf-8", place.encode(), 0, 1, str(body))


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("route", broken.all, ids=lambda route: route.name)
def test_what_nobody_foresaw_is_logged_without_its_words(
    server: ServerInMemory, route: Route, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assembled = server.server
    context = Context(
        server.database,
        assembled.authenticator,
        assembled.services,
        allowed_hosts=frozenset({"localhost:5600"}),
        idempotency=assembled.idempotency,
    )
    failing = Client(
        application([*all_routes(), *broken.all], context, [], assembled.running), server.run, port=5600
    )
    log.set_up(tmp_path, "debug")
    try:
        answer = failing.request(
            route.method,
            route.path.format(place=CANARY),
            json={"title": CANARY},
            headers={"authorization": server.client_with("admin").headers["authorization"]},
        )
    finally:
        log.tear_down()
    assert (answer.status, answer.json()["code"]) == (500, "unforeseen")
    written = (tmp_path / log.FILE).read_text()
    assert "unforeseen" in written
    assert route.function.__name__ in written
    for told in (written, capfd.readouterr().err, answer.body.decode()):
        assert CANARY not in told
