"""Categories, tags, URLs and titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.tracking.query.categories import categorize, parse_rule, tag
from hourloom.tracking.query.errors import QueryFunctionError
from hourloom.tracking.query.events import Event
from hourloom.tracking.query.titles import simplify_window_titles
from hourloom.tracking.query.urls import _parsed, _parts, split_url_events
from hourloom.tracking.query.values import Value
from tests.tracking.query.builders import an_event, shown, steady

VIM = an_event(0, 1, app="vim", title="main.py - firefox")


def category_of(event: Event, *classes: tuple[list[str], dict[str, Value]]) -> object:
    (categorized,) = categorize([event], [(name, parse_rule(rule)) for name, rule in classes])
    return categorized[3].data["$category"]


def test_the_deepest_category_wins() -> None:
    assert category_of(VIM, (["Work", "Code"], {"regex": "vim"}), (["Web"], {"regex": "firefox"})) == [
        "Work",
        "Code",
    ]


def test_of_equally_deep_categories_the_later_wins() -> None:
    assert category_of(VIM, (["Code"], {"regex": "vim"}), (["Web"], {"regex": "firefox"})) == ["Web"]


def test_a_priority_stands_in_for_depth() -> None:
    deep: tuple[list[str], dict[str, Value]] = (["A", "B"], {"regex": "vim"})
    assert category_of(VIM, deep, (["C"], {"regex": "vim", "priority": 21})) == ["C"]
    assert category_of(VIM, deep, (["C"], {"regex": "vim", "weight": 19})) == ["A", "B"]
    assert category_of(VIM, (["C"], {"regex": "vim", "priority": -(10**30)})) == ["C"]


@pytest.mark.parametrize("rule", [{}, {"regex": ""}, {"regex": None}, {"type": "none"}, {"regex": "VIM"}])
def test_what_no_rule_matches_is_uncategorized(rule: dict[str, Value]) -> None:
    assert category_of(VIM, (["Code"], rule)) == ["Uncategorized"]


def test_case_may_be_ignored() -> None:
    assert category_of(VIM, (["Code"], {"regex": "EMACS|VIM", "ignore_case": True})) == ["Code"]


def test_a_rule_may_look_at_some_keys_only() -> None:
    assert category_of(VIM, (["Web"], {"regex": "firefox", "select_keys": ["app"]})) == ["Uncategorized"]
    assert category_of(VIM, (["Web"], {"regex": "firefox", "select_keys": ["app", "title"]})) == ["Web"]
    assert category_of(VIM, (["Web"], {"regex": "firefox", "select_keys": []})) == ["Web"]


def test_an_empty_category_is_passed_over() -> None:
    assert category_of(VIM, ([], {"regex": "vim", "priority": 99}), (["A"], {"regex": "vim"})) == ["A"]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"regex": "a", "priority": True}, "whole number"),
        ({"regex": "a", "weight": 1.5}, "whole number"),
        ({"regex": 1}, "regex must be a string"),
        ({"regex": "a", "select_keys": "app"}, "select_keys must be a list of strings"),
        ({"regex": "(?=a)", "ignore_case": True}, r"The pattern '(?=a)' cannot be used"),
    ],
)
def test_a_faulty_rule_is_refused(rule: dict[str, Value], reason: str) -> None:
    with pytest.raises(QueryFunctionError) as caught:
        parse_rule(rule)
    assert reason in caught.value.message


def test_all_matching_tags_are_given_in_the_order_of_the_rules() -> None:
    rules = [
        (name, parse_rule({"regex": regex})) for name, regex in (("b", "main"), ("x", "slack"), ("a", "vim"))
    ]
    (tagged,) = tag([VIM], rules)
    assert tagged[3].data["$tags"] == ["b", "a"]


def test_the_events_given_stay_as_they_are() -> None:
    category_of(VIM)
    assert "$category" not in VIM[3].data


def test_a_url_is_taken_apart() -> None:
    event = an_event(0, 1, url="https://www.example.com:8080/a;b?c=d#e", title="t")
    assert shown(split_url_events([event]))[0][2] == {
        "url": "https://www.example.com:8080/a;b?c=d#e",
        "title": "t",
        "$protocol": "https",
        "$domain": "example.com:8080",
        "$path": "/a",
        "$params": "b",
        "$options": "c=d",
        "$identifier": "e",
    }


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("file:///a/b", "file"),
        ("about:blank", "about"),
        ("www.a.com", ""),
        ("https://www.www.a.com", "www.a.com"),
    ],
)
def test_a_url_without_a_domain_has_its_protocol_for_one(url: str, domain: str) -> None:
    assert shown(split_url_events([an_event(0, 1, url=url)]))[0][2]["$domain"] == domain


def test_what_is_no_url_is_left_alone() -> None:
    events = [an_event(0, 1, url="http://[::1"), an_event(1, 2, url=None), an_event(2, 3, app="a")]
    assert shown(split_url_events(events)) == shown(events)


def test_splitting_again_changes_nothing() -> None:
    events = split_url_events([an_event(0, 1, url="https://a.com/b")])
    assert split_url_events(events) == events


PIECES = st.sampled_from(
    ["http://", "https://", "a", "b.c", "/", "?", "#", ";", ":", "@", "[", "%20", "=", "&", "é", " "]
)


@steady
@given(st.lists(PIECES, max_size=12).map("".join))
def test_the_short_way_to_the_parts_of_a_url_leads_where_the_long_one_does(url: str) -> None:
    assert _parts(url) == _parsed(url)
    assert _parts("https://b.c/" + url) == _parsed("https://b.c/" + url)


@pytest.mark.parametrize(
    ("title", "simplified"),
    [
        ("(2) Inbox", "Inbox"),
        ("● main.py - Code", "main.py - Code"),
        ("*notes - gedit", "notes - gedit"),
        ("Cemu - FPS: 59.2 - Game", "Cemu - FPS: ... - Game"),
        ("plain", "plain"),
    ],
)
def test_titles_lose_what_changes(title: str, simplified: str) -> None:
    assert shown(simplify_window_titles([an_event(0, 1, app="a", title=title)]))[0][2]["title"] == simplified


def test_only_titles_of_apps_lose_marks_and_frame_rates() -> None:
    events = [an_event(0, 1, title="* (1) a"), an_event(1, 2, app="a", title=7), an_event(2, 3, app="a")]
    assert shown(simplify_window_titles(events, "title")) == shown(events)
