"""Laws that hold for every day: splitting, scaling, turning round, moving, conserving."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hourloom.core.clock import HOUR, Instant
from hourloom.reports.measures.figures import Figures, InHour, figures, together
from hourloom.reports.measures.focus import runs
from hourloom.reports.measures.interruptions import resumption_lag
from hourloom.reports.measures.model import USUAL, Span, Thresholds, in_order, length
from hourloom.reports.measures.score import score
from hourloom.reports.measures.switching import sittings
from tests.reports.measures.spans import DAYS

FEW = settings(max_examples=40)
WEIGHTS = {"pulse": 4, "focus_ratio": 3, "deep_share": 2, "fragmentation": 1, "switches": 1}
LONGEST = 48 * HOUR


def of(spans: list[Span], thresholds: Thresholds = USUAL, hour: int = HOUR) -> Figures:
    hours = [(Instant(number * hour), number % 24) for number in range(LONGEST // HOUR + 1)]
    return figures(spans, hours, thresholds)


def ratios(found: Figures, thresholds: Thresholds = USUAL) -> list[float | None]:
    parts = score(found, WEIGHTS, thresholds).parts
    return [part.share.value for part in parts if part.name != "switches"]


def split(spans: list[Span], places: list[int]) -> list[Span]:
    pieces = []
    for span, place in zip(spans, places, strict=False):
        middle = Instant(span.start + 1 + place % max(span.end - span.start - 1, 1))
        pieces += [span._replace(end=middle), span._replace(start=middle)]
    return in_order([*pieces, *spans[len(places) :]])


@given(DAYS, st.lists(st.integers(0, 10**10), max_size=40))
@FEW
def test_splitting_a_span_in_two_changes_nothing(day: list[Span], places: list[int]) -> None:
    assert of(split(day, places)) == of(day)


@given(DAYS, st.integers(2, 5))
@FEW
def test_time_that_is_as_many_times_as_long_has_the_same_ratios(day: list[Span], by: int) -> None:
    longer = [span._replace(start=Instant(span.start * by), end=Instant(span.end * by)) for span in day]
    before, after = of(day), of(longer, USUAL.scaled(by), HOUR * by)
    assert ratios(after, USUAL.scaled(by)) == ratios(before)
    assert after.switches == before.switches
    assert [each.lag and each.lag // by for each in after.interruptions] == [
        each.lag for each in before.interruptions
    ]
    assert list(after.stays) == [lasted * by for lasted in before.stays]


@given(DAYS)
@FEW
def test_a_day_turned_round_switches_as_often_and_focuses_as_deeply(day: list[Span]) -> None:
    turned = [
        span._replace(start=Instant(LONGEST - span.end), end=Instant(LONGEST - span.start))
        for span in reversed(day)
    ]
    before, after = of(day), of(turned)
    assert after.switches == before.switches
    assert sorted(after.stays) == sorted(before.stays)
    assert sorted(run.lasted for run in after.runs) == sorted(run.lasted for run in before.runs)
    assert ratios(after) == ratios(before)


@given(DAYS)
@FEW
def test_no_second_is_lost_or_invented(day: list[Span]) -> None:
    found = of(day)
    assert found.active == length(day) == sum(hour.active for hour in found.hours)
    every = runs(day)
    assert found.focus == sum(run.lasted for run in every) == sum(hour.focus for hour in found.hours)
    kept = [run for run in every if run.lasted >= USUAL.focused] or [
        run for run in every if run.lasted == max(other.lasted for other in every)
    ]
    assert found.runs == tuple(kept)
    assert found.short_runs == len(every) - len(found.runs)
    assert sum(found.stays) <= found.active
    assert sum(hour.interruptions for hour in found.hours) == len(found.interruptions)
    assert all(0 <= hour.focus <= hour.active <= 2 * HOUR for hour in found.hours)
    visits = [visit for sitting in sittings(day) for visit in sitting]
    assert all(before.end <= after.start for before, after in pairwise(visits))
    assert all(a.category_id != b.category_id for sitting in sittings(day) for a, b in pairwise(sitting))


@given(DAYS, DAYS)
@FEW
def test_two_days_together_are_the_sum_of_both(one: list[Span], other: list[Span]) -> None:
    a, b = of(one), of(other)
    both = together([a, b])
    assert both.active == a.active + b.active
    assert both.switches == a.switches + b.switches
    assert len(both.stays) == len(a.stays) + len(b.stays)
    assert both.hours == tuple(
        InHour(x.active + y.active, x.focus + y.focus, x.interruptions + y.interruptions)
        for x, y in zip(a.hours, b.hours, strict=True)
    )
    assert resumption_lag(both.interruptions).interruptions == len(a.interruptions) + len(b.interruptions)
    assert together([a]) == a


@given(DAYS)
@FEW
def test_a_score_lies_between_its_parts(day: list[Span]) -> None:
    found = score(of(day), WEIGHTS)
    points = [part.points for part in found.parts if part.points is not None]
    assert all(0 <= each <= 100 for each in points)
    if found.value is None:
        assert not points
    else:
        assert min(points) - 1e-9 <= found.value <= max(points) + 1e-9


@given(DAYS, st.sampled_from(sorted(WEIGHTS)))
@FEW
def test_a_part_that_counts_more_draws_the_score_towards_it(day: list[Span], name: str) -> None:
    found = of(day)
    before, after = score(found, WEIGHTS), score(found, {**WEIGHTS, name: WEIGHTS[name] * 3})
    points = next(part.points for part in before.parts if part.name == name)
    if before.value is not None and points is not None and after.value is not None:
        assert abs(after.value - points) <= abs(before.value - points) + 1e-9
    else:
        assert before.value == after.value
