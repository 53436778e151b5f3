"""The pulse: RescueTime's formula, held against what RescueTime itself answered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.core.clock import SECOND
from hourloom.reports.measures.pulse import Levels, efficiency, levels, percent, pulse
from tests.reports.measures.spans import DAYS, a_day

Scored = tuple[int, int, int, int, int]

GOLDEN: list[tuple[Scored, float, float]] = [
    # Answers of RescueTime's API for five hours (leesharma/rescuetime, MIT). Rows by category say how long
    # each category lasted, those by hour the efficiency. Levels belong to activities, so within a category
    # they are chosen: 2,212 s of development and reference at 2, 135 s of news at -2, 13 s of social networks
    # at -1, 28 s of utilities and business at 0 and 1; 7 s of utilities and 3 s of reference; 97 s of
    # reference, 16 of them at 1; 14 s without a category, which RescueTime takes for neutral.
    ((135, 13, 4, 24, 2212), 1.74, 93.6),
    ((0, 0, 0, 0, 685), 2.0, 100.0),
    ((0, 0, 7, 3, 3581), 2.0, 99.88),
    ((0, 0, 0, 16, 3581), 2.0, 99.89),
    ((0, 0, 14, 0, 2221), 1.99, 99.69),
]


@pytest.mark.parametrize(("seconds", "rounded", "in_percent"), GOLDEN)
def test_rescuetimes_percent_is_that_of_its_unrounded_efficiency(
    seconds: Scored, rounded: float, in_percent: float
) -> None:
    of = Levels(seconds, 0)
    found = efficiency(of)
    assert found is not None
    assert round(found, 2) == rounded
    assert round(percent(found), 2) == in_percent
    share = pulse(of).value
    assert share is not None
    assert 100 * share == pytest.approx(percent(found))


def test_rounding_before_the_percent_is_taken_would_be_seen() -> None:
    assert [percent(rounded) == in_percent for _, rounded, in_percent in GOLDEN] == [0, 1, 0, 0, 0]


def test_a_ranking_of_rescuetime_comes_to_its_pulse() -> None:
    # Seconds by level of the 23 rows of its ranking by activity: 12,278 in all.
    seconds = (85 + 50, 0, 14 + 14 + 13, 29 + 20 + 1, 12_052)
    of = Levels(seconds, 0)
    # (4 * 12052 + 3 * 50 + 2 * 41) / (4 * 12278) = 48440 / 49112
    assert pulse(of).value == pytest.approx(48_440 / 49_112)


@pytest.mark.parametrize(
    ("did", "points"),
    [
        ([("files", 600)], 50),
        ([("code", 300), ("news", 300)], 50),
        ([("code", 600)], 100),
        ([("news", 600)], 0),
        ([("code", 40), ("docs", 20), ("mail", 60)], 100 * 280 / 480),
    ],
)
def test_the_pulse_by_hand(did: list[tuple[str, float]], points: float) -> None:
    share = pulse(levels(a_day(*did)))
    assert share.value == pytest.approx(points / 100)


def test_unscored_time_is_shown_apart_and_is_not_neutral() -> None:
    of = levels(a_day(("code", 60), ("?", 540)))
    assert of.unscored == 540 * SECOND
    assert pulse(of).value == 1.0
    assert pulse(levels(a_day(("?", 60)))).value is None
    assert efficiency(levels([])) is None


@given(DAYS)
@settings(max_examples=50)
def test_levels_and_unscored_time_are_the_active_time(day: list) -> None:  # type: ignore[type-arg]
    of = levels(day)
    assert of.total + of.unscored == sum(span.end - span.start for span in day)


@given(st.lists(st.integers(0, 10**6), min_size=5, max_size=5), st.integers(0, 3), st.integers(1, 1000))
@settings(max_examples=50)
def test_moving_time_to_a_better_level_never_lowers_the_pulse(
    seconds: list[int], level: int, moved: int
) -> None:
    moved = min(moved, seconds[level])
    better = list(seconds)
    better[level] -= moved
    better[level + 1] += moved
    before, after = (pulse(Levels(tuple(each), 0)).value for each in (seconds, better))  # type: ignore[arg-type]
    if before is None:
        assert after is None
    else:
        assert after is not None
        assert after > before if moved else after == before
        assert 0 <= after <= 1
