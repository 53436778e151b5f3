"""Beats become spans by one rule, whose numbers others have published."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hourloom.wakatime.model.joining import coarser, joined, total

EDITORS = [(0, "A"), (30, "A"), (30, "A"), (160, "A"), (180, "B"), (190, "B"), (195, "B")]

beats = st.lists(
    st.tuples(st.integers(0, 3_000), st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"))), max_size=60
).map(sorted)
timeouts = st.integers(1, 900)


@pytest.mark.parametrize(
    ("timeout", "lengths"),
    [
        (60, [30, 20, 15]),
        (120, [30, 20, 15]),
        (130, [30, 20, 15]),
        (140, [180, 15]),
        (900, [180, 15]),
    ],
)
def test_published_numbers_come_out(timeout: int, lengths: list[int]) -> None:
    assert [span.length for span in joined(EDITORS, timeout)] == lengths


def test_time_between_two_beats_belongs_to_the_first() -> None:
    assert joined([(0, "A"), (10, "B"), (25, "A")], 60) == [(0, 10, "A"), (10, 15, "B"), (25, 0, "A")]


def test_silence_opens_a_new_span_even_of_the_same() -> None:
    assert joined([(0, "A"), (60, "A"), (61, "A")], 60) == [(0, 0, "A"), (60, 1, "A")]


def test_one_beat_alone_has_no_length() -> None:
    assert joined([(5, None)], 60) == [(5, 0, None)]
    assert joined([], 60) == []


@given(beats, timeouts)
def test_slices_come_to_the_whole(beats: list[tuple[int, tuple[str, str]]], timeout: int) -> None:
    spans = joined(beats, timeout)
    whole = sum(b[0] - a[0] for a, b in pairwise(beats) if b[0] - a[0] < timeout)
    assert total(spans) == whole
    assert sum(total([s for s in spans if s.key[0] == name]) for name in "ab") == whole
    assert total(coarser(spans, lambda key: key[0])) == whole


@given(beats, timeouts)
def test_a_coarser_key_gives_what_joining_by_it_gives(
    beats: list[tuple[int, tuple[str, str]]], timeout: int
) -> None:
    spans = joined(beats, timeout)
    assert coarser(spans, lambda key: key[1]) == joined([(at, key[1]) for at, key in beats], timeout)


@given(beats, timeouts)
def test_spans_are_in_order_and_apart(beats: list[tuple[int, tuple[str, str]]], timeout: int) -> None:
    spans = joined(beats, timeout)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(span.length >= 0 for span in spans)


@given(beats, timeouts, st.integers(0, 300))
def test_a_longer_timeout_never_makes_less(
    beats: list[tuple[int, tuple[str, str]]], timeout: int, more: int
) -> None:
    assert total(joined(beats, timeout)) <= total(joined(beats, timeout + more))
