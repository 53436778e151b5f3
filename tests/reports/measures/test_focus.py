"""Focus runs, ratio, deep minutes, fragmentation."""

from __future__ import annotations

import pytest

from hourloom.core.clock import MINUTE, SECOND
from hourloom.reports.measures.focus import (
    deep_minutes,
    deep_share,
    focus_ratio,
    focus_time,
    fragmentation,
    runs,
)
from hourloom.reports.measures.model import Span, Thresholds, length
from tests.reports.measures.spans import a_day, minutes

DAY = minutes(
    ("code", 20),
    ("mail", 2),
    ("code", 10),
    ("news", 10),
    ("docs", 16),
    ("away", 60),
    ("docs", 4),
    ("files", 18),
)
"""Active 80 minutes: code runs for 30 over the mail, docs for 16 and, after a break, for 4."""


def test_a_run_goes_on_over_what_is_short_and_lasts_as_long_as_its_own_time() -> None:
    assert [(run.start // MINUTE, run.end // MINUTE, run.lasted // MINUTE) for run in runs(DAY)] == [
        (0, 32, 30),
        (42, 58, 16),
        (118, 122, 4),
    ]


def test_ratio_deep_minutes_and_fragmentation_by_hand() -> None:
    found, active = runs(DAY), length(DAY)
    assert active == 80 * MINUTE
    assert focus_time(DAY) == 50 * MINUTE
    assert focus_ratio(found, active).value == pytest.approx(46 / 80)
    assert deep_minutes(found) == 30
    assert deep_share(found, active).value == pytest.approx(30 / 80)
    assert fragmentation(found, focus_time(DAY)).value == pytest.approx(30 / 50)


def test_the_limits_belong_to_the_run() -> None:
    for seconds, joined in ((120, 1), (121, 2)):
        assert len(runs(a_day(("code", 60), ("mail", seconds), ("code", 60)))) == joined
        assert len(runs(a_day(("code", 60), ("away", seconds), ("code", 60)))) == joined
    assert deep_minutes(runs(minutes(("code", 25)))) == 25
    assert deep_minutes(runs([Span(0, 25 * MINUTE - 1, 1, 2, True, False)])) == 0  # type: ignore[arg-type]


def test_two_categories_of_focus_do_not_lengthen_one_another() -> None:
    found = runs(minutes(*[("code", 1), ("docs", 1)] * 20))
    assert [run.lasted // MINUTE for run in found] == [20, 20]


def test_thresholds_can_be_chosen() -> None:
    strict = Thresholds(away=0, deep=20 * MINUTE)
    assert deep_minutes(runs(DAY, strict), strict) == 20


def test_nothing_has_no_share() -> None:
    assert focus_ratio([], 0).value is None
    assert fragmentation(runs(minutes(("mail", 5))), 0).value is None
    assert deep_minutes([]) == 0
    assert runs(a_day(("mail", SECOND))) == []
