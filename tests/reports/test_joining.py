"""Stretches joined for a picture: none over another, long ones as they were, nothing where there was none."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.reports.model.joining import Joining


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 40), st.sampled_from("abc")), max_size=40),
    st.integers(1, 50),
)
def test_joined_stretches_are_in_order_and_about_as_many_as_there_is_room_for(
    drawn: list[tuple[int, int, str]], width: int
) -> None:
    at, given_ = 7, []
    for gap, lasts, value in drawn:
        given_.append((at + gap, at + gap + lasts, value))
        at += gap + lasts
    joining: Joining[str] = Joining(7, width)
    for each in given_:
        joining.add(*each)
    found = joining.done()
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    assert all(s < e for s, e, _ in found)
    assert len(found) <= 2 * ((at - 7) // width + 1)
    for start, end, value in given_:
        if end - start >= 2 * width:
            assert any(s < end and e > start and value == own for s, e, own in found)
    for start, end, value in found:
        assert any(s < end and e > start - width and value == own for s, e, own in given_)


def test_a_piece_goes_to_what_has_most_of_it() -> None:
    joining: Joining[str] = Joining(0, 10)
    for each in [(0, 3, "a"), (3, 4, "b"), (4, 8, "a"), (10, 14, "b"), (14, 15, "a"), (20, 60, "c")]:
        joining.add(*each)
    assert joining.done() == [(0, 10, "a"), (10, 20, "b"), (20, 60, "c")]
