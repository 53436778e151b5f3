"""Privacy rules by themselves: what matches, what is left, at which times, and that twice is once."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.core.apps import app_identity, is_private
from hourloom.core.clock import instant_of
from hourloom.core.privacy import (
    MOST_ROUNDS,
    PrivacyRule,
    Ruleset,
    Times,
    apply,
    problem_of,
    version_of,
)
from hourloom.core.urls import host_of, is_within, site_of

PAGE = {"url": "https://me:pw@www.bank.example:8443/x?id=1", "title": "My Bank", "audible": False}


def left(rule: dict[str, Any], data: dict[str, Any], kind: str = "web.tab.current") -> object:
    made = msgspec.convert(rule, PrivacyRule)
    assert problem_of(made) is None, problem_of(made)
    return apply(Ruleset([made]), kind, data, 0, UTC)


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ({"where": "domain", "form": "domain", "pattern": "bank.example"}, True),
        ({"where": "domain", "form": "domain", "pattern": "BANK.example."}, True),
        ({"where": "domain", "form": "domain", "pattern": "https://bank.example/login"}, True),
        ({"where": "domain", "form": "domain", "pattern": "*.bank.example"}, True),
        ({"where": "domain", "form": "domain", "pattern": "ank.example"}, False),
        ({"where": "domain", "form": "domain", "pattern": "example.bank.example"}, False),
        ({"where": "domain", "form": "contains", "pattern": "bank"}, True),
        ({"where": "domain", "form": "is", "pattern": "www.bank.example"}, True),
        ({"where": "domain", "form": "re2", "pattern": r"^www\."}, True),
        ({"where": "url", "form": "contains", "pattern": "ID=1"}, True),
        ({"where": "url", "form": "domain", "pattern": "bank.example"}, True),
        ({"where": "title", "form": "is", "pattern": "my bank"}, True),
        ({"where": "title", "form": "is", "pattern": "bank"}, False),
        ({"where": "title", "form": "re2", "pattern": "bank"}, False),
        ({"where": "title", "form": "re2", "pattern": "(?i)bank$"}, True),
        ({"where": "app", "form": "contains", "pattern": "bank"}, False),
        ({"where": "any", "form": "contains", "pattern": "bank"}, True),
        ({"where": "field", "field": "title", "form": "contains", "pattern": "bank"}, True),
        ({"where": "field", "field": "none.at.all", "form": "contains", "pattern": "bank"}, False),
        ({"pattern": "bank", "bucket_types": ["currentwindow"]}, False),
        ({"pattern": "bank", "bucket_types": ["web.tab.current"]}, True),
        ({"pattern": "bank", "enabled": False}, False),
        ({"pattern": "bank", "private": True}, False),
        ({"pattern": "bank", "private": False}, True),
        ({"bucket_types": ["web.tab.current"]}, True),
    ],
    ids=repr,
)
def test_where_and_how_a_rule_looks(rule: dict[str, Any], matches: bool) -> None:  # noqa: FBT001 - a case
    assert (left(rule, PAGE) is None) is matches


@pytest.mark.parametrize(
    ("rule", "becomes"),
    [
        ({}, {"url": "https://www.bank.example:8443/", "title": "hidden", "audible": False}),
        ({"fields": {"title": "remove"}}, {"url": PAGE["url"], "audible": False}),
        ({"fields": {"url": "remove"}, "replacement": ""}, {"title": "My Bank", "audible": False}),
        ({"fields": {"url": "replace"}, "replacement": "x"}, PAGE | {"url": "x"}),
        ({"fields": {"audible": "origin", "nothing": "replace"}}, {k: PAGE[k] for k in ("url", "title")}),
    ],
)
def test_what_is_left_of_redacted_data(rule: dict[str, Any], becomes: object) -> None:
    assert left({"pattern": "bank", "action": "redact"} | rule, PAGE) == becomes


def test_all_content_is_hidden_wherever_it_is() -> None:
    data = {"app": "a", "title": "t", "project": "p", "deep": {"x": "secret"}, "n": 3, "file": "/home"}
    assert left({"pattern": "secret", "action": "redact"}, data, "app.editor.activity") == {
        "app": "a",
        "title": "hidden",
        "project": "hidden",
        "n": 3,
        "file": "hidden",
    }


def test_a_field_that_lies_deeper_is_redacted_alone() -> None:
    rule = {
        "where": "field",
        "field": "a.b",
        "pattern": "x",
        "action": "redact",
        "fields": {"a.b": "replace"},
    }
    assert left(rule, {"a": {"b": "xyz", "c": "xyz"}}) == {"a": {"b": "hidden", "c": "xyz"}}
    assert left(rule, {"a": "xyz"}) == {"a": "xyz"}


def test_dropping_wins_whatever_the_order_and_the_stronger_redaction_too() -> None:
    hide = PrivacyRule(pattern="bank", action="redact", fields={"title": "replace"}, replacement="one")
    gone = PrivacyRule(pattern="bank", action="redact", fields={"title": "remove"})
    also = PrivacyRule(pattern="bank", action="redact", fields={"title": "replace"}, replacement="two")
    drop = PrivacyRule(pattern="bank")
    for rules, becomes in (
        ([hide, drop], None),
        ([drop, hide], None),
        ([hide, gone], {k: PAGE[k] for k in ("url", "audible")}),
        ([hide, also], PAGE | {"title": "one"}),
        ([also, hide], PAGE | {"title": "two"}),
    ):
        assert apply(Ruleset(rules), "x", PAGE, 0, UTC) == becomes


@pytest.mark.parametrize(("length", "ends"), [(MOST_ROUNDS - 2, True), (MOST_ROUNDS + 2, False)])
def test_rules_that_feed_one_another_come_to_an_end(length: int, *, ends: bool) -> None:
    """Each rule sets off the next; a chain that is too long drops the event, for it may go on for ever."""
    chain = [
        PrivacyRule(
            where="field",
            field=f"f{n}",
            form="is",
            pattern=f"y{n}",
            action="redact",
            fields={f"f{n + 1}": "replace"},
            replacement=f"y{n + 1}",
        )
        for n in range(length)
    ]
    data = {f"f{n}": "x" for n in range(length + 1)} | {"f0": "y0"}
    left = apply(Ruleset(chain), "x", data, 0, UTC)
    assert left == ({f"f{n}": f"y{n}" for n in range(length + 1)} if ends else None)


texts = st.sampled_from(
    ["", "a", "b", "hidden", "A b", "https://a.example/x", "https://a.example/"]
) | st.text(max_size=5)
values = st.recursive(texts | st.integers() | st.booleans(), lambda v: st.lists(v, max_size=2), max_leaves=3)
payloads = st.dictionaries(st.sampled_from(["app", "title", "url", "file", "a.b", "a"]), values, max_size=5)
rules = st.builds(
    PrivacyRule,
    enabled=st.booleans(),
    where=st.sampled_from(["app", "url", "domain", "title", "any"]),
    form=st.sampled_from(["contains", "is"]),
    pattern=st.sampled_from(["a", "b", "hidden", "x", "https://a.example/"]),
    private=st.sampled_from([None, True, False]),
    action=st.sampled_from(["drop", "redact", "redact", "redact"]),
    fields=st.just({})
    | st.dictionaries(
        st.sampled_from(["title", "url", "app", "a.b"]), st.sampled_from(["replace", "origin", "remove"])
    ),
    replacement=st.sampled_from(["hidden", "a", "b", ""]),
)


@given(st.lists(rules, max_size=6), payloads)
def test_applying_rules_twice_is_applying_them_once(made: list[PrivacyRule], data: dict[str, Any]) -> None:
    ruleset, before = Ruleset(made), msgspec.json.encode(data)
    once = apply(ruleset, "x", data, 0, UTC)
    assert msgspec.json.encode(data) == before
    if once is not None:
        assert apply(ruleset, "x", once, 0, UTC) == once
        assert set(once) <= set(data)


@given(st.text(max_size=40), payloads)
def test_no_pattern_raises_at_the_door(pattern: str, data: dict[str, Any]) -> None:
    rule = PrivacyRule(form="re2", pattern=pattern)
    problem = problem_of(rule)
    assert problem is None or isinstance(problem, str)
    apply(Ruleset([rule]), "x", data, 0, UTC)


def at(text: str, zone: tzinfo = UTC) -> int:
    return instant_of(datetime.fromisoformat(text).replace(tzinfo=zone))


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("times", "moment", "zone", "holds"),
    [
        (Times("09:00", "17:00"), "2026-01-05T09:00", UTC, True),
        (Times("09:00", "17:00"), "2026-01-05T16:59:59.999999", UTC, True),
        (Times("09:00", "17:00"), "2026-01-05T17:00", UTC, False),
        (Times("22:00", "06:00"), "2026-01-05T05:59", UTC, True),
        (Times("22:00", "06:00"), "2026-01-05T21:59", UTC, False),
        (Times(weekdays=[6, 7]), "2026-01-04T23:59", UTC, True),
        (Times(weekdays=[6, 7]), "2026-01-05T00:00", UTC, False),
        (Times("22:00", "06:00", [5]), "2026-01-10T05:00", UTC, True),
        (Times("22:00", "06:00", [6]), "2026-01-10T05:00", UTC, False),
        (Times("09:00", "17:00"), "2026-07-06T09:00", BERLIN, True),
        (Times("02:00", "03:00"), "2026-03-29T03:00", BERLIN, False),
        (Times("23:00", "23:30"), "1970-01-01T00:10", UTC, False),
    ],
)
def test_times_of_day(times: Times, moment: str, zone: tzinfo, *, holds: bool) -> None:
    ruleset = Ruleset([PrivacyRule(times=times)])
    assert (apply(ruleset, "x", {}, at(moment, zone), zone) is None) is holds


def test_an_event_that_reaches_into_the_times_of_a_rule_meets_them() -> None:
    ruleset = Ruleset([PrivacyRule(times=Times("18:00", "19:00"))])
    noon = at("2026-01-05T12:00")
    assert apply(ruleset, "x", {}, noon, UTC, at("2026-01-05T17:59:59")) == {}
    assert apply(ruleset, "x", {}, noon, UTC, at("2026-01-05T18:00")) is None
    assert apply(ruleset, "x", {}, noon, UTC, at("2027-01-05T18:00")) is None


def test_the_version_tells_of_every_difference() -> None:
    rule = PrivacyRule(id=1, pattern="x")
    versions = {
        version_of([]),
        version_of([rule]),
        version_of([rule], "UTC"),
        version_of([msgspec.structs.replace(rule, enabled=False)]),
        version_of([msgspec.structs.replace(rule, pattern="y")]),
        version_of([rule, rule]),
    }
    assert len(versions) == 6
    assert version_of([rule]) == version_of([PrivacyRule(id=1, pattern="x")])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Bank.Example:8443/x", "www.bank.example"),
        ("https://me:pw@bank.example./", "bank.example"),
        ("view-source:https://bank.example/x", "bank.example"),
        ("blob:https://bank.example/1-2", "bank.example"),
        ("view-source:" * 9 + "https://bank.example/x", "bank.example"),
        ("about:reader?url=https%3A%2F%2Fbank.example%2Fx", "bank.example"),
        ("about:reader?uri=x", ""),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://" + "ü" * 80 + ".example/", "ü" * 80 + ".example"),
        (" https://bank.example", "bank.example"),
        ("http://[::1]:5600/", "::1"),
        ("http://[bad", ""),
        ("file:///home/me", ""),
        ("", ""),
    ],
)
def test_the_host_of_a_url_however_it_is_written(url: str, host: str) -> None:
    assert host_of(url) == host


def test_a_domain_is_within_itself_and_those_above() -> None:
    assert is_within("a.b.example", "b.example")
    assert is_within("b.example", "b.example")
    assert not is_within("ab.example", "b.example")
    assert not is_within("b.example", "")
    assert site_of("https://a.b.example:1/x") == "https://a.b.example:1/"


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("firefox-esr", "firefox"),
        ("Navigator.firefox", "firefox"),
        ("org.mozilla.firefox", "firefox"),
        ("Firefox.exe", "firefox"),
        (r"C:\Program Files\Microsoft VS Code\Code.exe", "vscode"),
        ("google-chrome.Google-chrome", "chrome"),
        ("code-oss.desktop", "vscode"),
        ("My  Program", "my-program"),
        ("org.unknown.Thing", "org.unknown.thing"),
        ("x.y", "x.y"),
        (".exe", ".exe"),
        ("", ""),
        ("A" * 500, "a" * 200),
    ],
)
def test_one_word_for_a_program_of_many_names(name: str, identity: str) -> None:
    assert app_identity(name) == identity
    assert app_identity(identity) == identity


@pytest.mark.parametrize(
    ("data", "private"),
    [
        ({"incognito": True}, True),
        ({"private": True}, True),
        ({"incognito": "true"}, False),
        ({"app": "firefox", "title": "x — Mozilla Firefox Private Browsing"}, True),
        ({"app": "Google-chrome", "title": "New tab - Google Chrome (Incognito)"}, True),
        ({"app": "msedge.exe", "title": "x - [InPrivate] - Microsoft Edge"}, True),
        ({"app": "gedit", "title": "private browsing"}, False),
        ({"app": "firefox", "title": "private browsing explained " + "x" * 60}, False),
        ({"app": 1, "title": "private browsing"}, False),
        ({}, False),
    ],
)
def test_private_windows(data: dict[str, Any], *, private: bool) -> None:
    assert is_private(data) is private
