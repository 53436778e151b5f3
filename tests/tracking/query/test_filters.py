"""Keeping and dropping events by what they say, and the patterns for it."""

import pytest

from hourloom.tracking.query.errors import QueryFunctionError
from hourloom.tracking.query.filters import exclude_keyvals, filter_keyvals, filter_keyvals_regex
from hourloom.tracking.query.patterns import PatternSet, compile_pattern
from tests.tracking.query.builders import an_event

CODE, VIM, AUDIBLE, OTHER = (
    an_event(0, 1, app="Code"),
    an_event(1, 2, app="vim"),
    an_event(2, 3, audible=True, app=7),
    an_event(3, 4, url="é"),
)
EVENTS = [CODE, VIM, AUDIBLE, OTHER]


def test_events_with_one_of_the_values_are_kept() -> None:
    assert filter_keyvals(EVENTS, "app", ["vim", "x"]) == [VIM]
    assert filter_keyvals(EVENTS, "audible", [True]) == [AUDIBLE]


def test_events_with_one_of_the_values_are_dropped() -> None:
    assert exclude_keyvals(EVENTS, "app", ["vim", "x"]) == [CODE, AUDIBLE, OTHER]


def test_a_pattern_is_found_anywhere_and_in_text_alone() -> None:
    assert filter_keyvals_regex(EVENTS, "app", "o|i") == [CODE, VIM]
    assert filter_keyvals_regex(EVENTS, "app", "^(?i)code$") == [CODE]
    assert filter_keyvals_regex(EVENTS, "app", "7") == []
    assert filter_keyvals_regex(EVENTS, "url", "^.$") == [OTHER]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"foo(?=bar)", "look-ahead ('(?=') would make matching slow"),
        (r"(?<!foo)bar", "look-behind ('(?<!') would make matching slow"),
        (r"(a)\1", r"back-references ('\1') would make matching slow"),
        (r"(?P<x>a)(?P=x)", "would make matching slow"),
        (r"(", "missing ): ("),
        (r"[a", "missing ]: [a"),
        (r"a{2000}", "invalid repetition size: {2000}"),
        ("((a{100}){100}){100}", "invalid repetition size"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_named_with_the_reason(pattern: str, reason: str) -> None:
    with pytest.raises(QueryFunctionError) as caught:
        compile_pattern(pattern)
    assert reason in caught.value.message
    assert caught.value.message.startswith(f"The pattern '{pattern}' cannot be used: ")


def test_refusing_a_pattern_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(QueryFunctionError):
        compile_pattern("(?=secret)")
    with pytest.raises(QueryFunctionError):
        PatternSet(["(?=secret)"])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", ["", "vim", "Vim and emacs", "x" * 500, "né"])
def test_a_set_of_patterns_finds_what_each_of_them_finds(text: str) -> None:
    patterns = ["vim", "(?i)VIM", "^$", "é$", "emacs|vi", r"\bv", "(x+x+)+y", "x{499}"]
    found = [number for number, pattern in enumerate(patterns) if compile_pattern(pattern).search(text)]
    assert sorted(PatternSet(patterns).found_in(text)) == found


def test_patterns_too_large_for_a_set_are_looked_for_one_by_one() -> None:
    patterns = [f"({number}|.{{900}}){{1}}.*(a|b)?.{{900}}{number}$" for number in range(200)]
    text = "é" * 1900 + "17"
    assert sorted(PatternSet(patterns).found_in(text)) == [7, 17]
