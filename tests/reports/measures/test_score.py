"""The day score: a mean whose parts are all seen."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest

from hourloom.core.clock import HOUR, Instant
from hourloom.reports.measures.figures import NOTHING, Figures, figures
from hourloom.reports.measures.model import Span
from hourloom.reports.measures.score import FORMULAS, score
from hourloom.settings.definitions import DAY_SCORE_WEIGHTS, DayScoreWeights
from hourloom.settings.model import SettingNotValid
from tests.reports.measures.spans import minutes

USUAL_WEIGHTS = msgspec.structs.asdict(DayScoreWeights())
HOURS = [(Instant(hour * HOUR), hour % 24) for hour in range(25)]


def of(spans: list[Span]) -> Figures:
    return figures(spans, HOURS)


DAY = minutes(("code", 30), ("mail", 10), ("docs", 10), ("files", 10))


@dataclass
class Expected:
    numerator: float
    denominator: float
    points: float


def test_every_part_by_hand() -> None:
    found = score(of(DAY), USUAL_WEIGHTS)
    expected = {
        # 30 min at 4, 10 at 1, 10 at 3, 10 at 2: 180 of 240
        "pulse": Expected(180 * 60, 240 * 60, 75),
        "focus_ratio": Expected(30 * 60, 60 * 60, 50),
        "deep_share": Expected(30 * 60, 60 * 60, 50),
        "fragmentation": Expected(30 * 60, 40 * 60, 75),
        "switches": Expected(3, 1, 95),
    }
    assert {
        part.name: Expected(part.share.numerator, part.share.denominator, part.points or 0)
        for part in found.parts
    } == expected
    assert all(part.formula == FORMULAS[part.name] for part in found.parts)
    assert found.value == pytest.approx((40 * 75 + 25 * 50 + 15 * 50 + 10 * 75 + 10 * 95) / 100)


def test_a_part_without_a_denominator_drops_out_with_its_weight() -> None:
    unscored = score(of(minutes(("?", 60))), USUAL_WEIGHTS)
    assert {part.name: part.points for part in unscored.parts} == {
        "pulse": None,
        "focus_ratio": None,
        "deep_share": None,
        "fragmentation": None,
        "switches": 100,
    }
    assert unscored.value == 100
    unfocused = score(of(minutes(("files", 60))), USUAL_WEIGHTS)
    assert unfocused.value == pytest.approx((40 * 50 + 25 * 0 + 15 * 0 + 10 * 100) / 90)


def test_a_day_without_activity_divides_by_nothing_and_has_no_score() -> None:
    found = score(NOTHING, USUAL_WEIGHTS)
    assert found.value is None
    assert [part.points for part in found.parts] == [None] * 5


def test_weights_are_the_persons() -> None:
    assert score(of(DAY), {"pulse": 1}).value == 75
    assert score(of(DAY), {"pulse": 1, "switches": 1}).value == 85
    assert score(of(DAY), {}).value is None


def test_more_than_a_switch_a_minute_is_worth_nothing_but_no_less() -> None:
    found = score(of(minutes(*[("code", 0.5), ("mail", 0.5)] * 30)), {"switches": 1})
    assert found.value == 0


def test_a_setting_that_counts_nothing_or_something_unknown_is_refused() -> None:
    assert DAY_SCORE_WEIGHTS.parse(b'{"pulse": 1}').focus_ratio == 25
    nothing = b'{"pulse":0,"focus_ratio":0,"deep_share":0,"fragmentation":0,"switches":0}'
    for text in (nothing, b'{"pulse": -1}', b'{"charm": 1}', b'{"pulse": 101}', b"[]"):
        with pytest.raises(SettingNotValid):
            DAY_SCORE_WEIGHTS.parse(text)
    assert set(FORMULAS) == set(DayScoreWeights.__struct_fields__)
