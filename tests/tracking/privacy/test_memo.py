"""The door asks rules once for each text, and enrichment looks at each host once."""

from __future__ import annotations

import pytest

from hourloom.core.clock import HOUR, MINUTE
from hourloom.core.privacy import PrivacyRule, Times
from hourloom.tracking.door import LARGEST_JUDGED, MOST_JUDGED, InForce
from hourloom.tracking.enrichment import Traits, registrable, traits_of, traits_row


def judged(rules: InForce) -> int:
    return len(rules._judged)


def test_a_text_is_judged_once_however_often_it_comes() -> None:
    rules = InForce([PrivacyRule(where="title", pattern="x", action="redact")], "UTC")
    for n in range(100):
        assert rules.left_of("currentwindow", b'{"title":"x"}', n * HOUR, n * HOUR) == b'{"title":"hidden"}'
        kept = b'{"title": "y"}'
        assert rules.left_of("currentwindow", kept, n, n) is kept
    assert judged(rules) == 2


def test_times_of_day_are_told_apart_for_the_same_text() -> None:
    rules = InForce([PrivacyRule(times=Times("01:00", "02:00"))], "UTC")
    for day in range(20):
        begin = day * 24 * HOUR
        found = [
            rules.left_of("x", b"{}", begin + n * 30 * MINUTE, begin + n * 30 * MINUTE) for n in range(5)
        ]
        assert found == [b"{}", b"{}", None, None, b"{}"]
    assert judged(rules) == 2
    assert rules.left_of("x", b"{}", 0, 2 * HOUR) is None


def test_what_is_remembered_is_bounded() -> None:
    rules = InForce([PrivacyRule(where="title", pattern="x")], "UTC")
    for n in range(MOST_JUDGED + 10):
        rules.left_of("x", b'{"n":%d}' % n, 0, 0)
    assert judged(rules) <= MOST_JUDGED
    before = judged(rules)
    rules.left_of("x", b'{"title":"' + b"y" * LARGEST_JUDGED + b'"}', 0, 0)
    assert judged(rules) == before


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("news.bbc.co.uk", "bbc.co.uk"),
        ("www.example.org", "example.org"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("co.uk", "co.uk"),
        ("", ""),
        ("a." * 200 + "example", ""),
    ],
)
def test_the_registrable_part_of_a_host(host: str, domain: str) -> None:
    assert registrable(host) == domain


def test_traits() -> None:
    assert traits_of({"app": "firefox-esr", "title": "x"}) == Traits("firefox", "", False)
    assert traits_of({"url": "https://a.example.org/", "incognito": True}) == Traits("", "example.org", True)
    assert traits_of({"package": "org.mozilla.firefox"}) == Traits("firefox", "", False)
    assert traits_of({"app": 3, "url": ["x"]}) == Traits()
    assert traits_row(7, '{"status":"afk"}') == (7, "", "", 0)
