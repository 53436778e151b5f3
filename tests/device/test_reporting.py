"""What the second thread tells the server, keeps for it, and asks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hourloom.device.away.presence import Rule
from hourloom.device.away.telling import MEDIA_SETTING, THRESHOLD_SETTING, rule_of
from hourloom.device.reporting import MOST_NEWS, Reporter
from hourloom.sdk.connection import ServerNotAnswering
from tests.device.fakes import FakeServer
from tests.device.waiting import until


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def reporter(server: FakeServer) -> Iterator[Reporter]:
    made = Reporter(server.reach, settings=server.told.append, every=0.01, soonest=0.001)
    yield made
    server.may_be_asked.set()
    made.close()


def test_news_are_kept_until_the_server_takes_them_in_their_order(
    server: FakeServer, reporter: Reporter
) -> None:
    server.is_there = False
    reporter.post("/one", b"1")
    server.status, server.is_there = 503, True
    reporter.post("/two", b"2")
    until(lambda: server.tries >= 2)
    server.status = 200
    until(lambda: len(server.said) == 2)
    assert server.said == [("/one", b"1"), ("/two", b"2")]


def test_news_that_the_server_refuses_for_good_are_not_said_again(
    server: FakeServer, reporter: Reporter
) -> None:
    server.status = 400
    reporter.post("/wrong", b"1")
    until(lambda: server.tries)
    server.status = 200
    reporter.post("/right", b"2")
    until(lambda: server.said)
    assert server.said == [("/right", b"2")]


def test_of_too_many_news_the_oldest_are_forgotten(server: FakeServer, reporter: Reporter) -> None:
    server.may_be_asked.clear()
    server.status = 503
    for number in range(MOST_NEWS + 10):
        reporter.post(f"/{number}", b"")
    server.status = 200
    server.may_be_asked.set()
    until(lambda: len(server.said) >= MOST_NEWS)
    assert [path for path, _ in server.said][-MOST_NEWS:] == [
        f"/{10 + number}" for number in range(MOST_NEWS)
    ]


def latest(server: FakeServer) -> Any:
    return server.told[-1] if server.told else None


def test_both_settings_of_presence_are_followed(server: FakeServer, reporter: Reporter) -> None:
    until(lambda: latest(server) == {THRESHOLD_SETTING: 300, MEDIA_SETTING: False})
    assert rule_of(latest(server)) == Rule()
    server.settings[MEDIA_SETTING] = True
    until(lambda: latest(server) == {THRESHOLD_SETTING: 300, MEDIA_SETTING: True})
    assert rule_of(latest(server)).media


def test_what_cannot_be_asked_changes_nothing(server: FakeServer, reporter: Reporter) -> None:
    server.settings[MEDIA_SETTING] = True
    until(lambda: latest(server) == {THRESHOLD_SETTING: 300, MEDIA_SETTING: True})
    server.settings[MEDIA_SETTING] = ServerNotAnswering(where="here", reason="it is busy")
    server.settings[THRESHOLD_SETTING] = 120
    count = len(server.told)
    del server.settings[MEDIA_SETTING]
    until(lambda: len(server.told) > count and latest(server)[THRESHOLD_SETTING] == 120)
    assert latest(server)[MEDIA_SETTING] is True
