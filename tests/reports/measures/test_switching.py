"""Visits, switches, the median stay."""

from __future__ import annotations

import pytest

from hourloom.core.clock import SECOND
from hourloom.reports.measures.model import length
from hourloom.reports.measures.robust import median
from hourloom.reports.measures.switching import per_hour, sittings, stays, switches
from tests.reports.measures.spans import a_day

DAY = a_day(
    ("code", 600),
    ("mail", 14),
    ("code", 300),
    ("mail", 15),
    ("files", 10),
    ("news", 10),
    ("docs", 285),
    ("away", 3600),
    ("mail", 566),
)
"""Visits: code 900 s over a glance, mail 15 s, docs 285 s; after the break mail 566 s. Active 1800 s."""


def test_switches_by_hand() -> None:
    found = sittings(DAY)
    assert [lasted // SECOND for lasted in stays(found)] == [900, 15, 285, 566]
    assert switches(found) == 2
    assert length(DAY) == 1800 * SECOND
    assert per_hour(switches(found), length(DAY)).value == pytest.approx(4)
    assert (median(stays(found)) or 0) / SECOND == (285 + 566) / 2


def test_a_return_within_the_dwell_is_no_switch() -> None:
    assert switches(sittings(a_day(("code", 60), ("mail", 14), ("code", 60)))) == 0
    assert switches(sittings(a_day(("code", 60), ("mail", 15), ("code", 60)))) == 2
    assert switches(sittings(a_day(("code", 60), ("mail", 14), ("docs", 60)))) == 1


def test_short_returns_belong_to_the_long_visit_beside_them() -> None:
    glances = a_day(
        ("mail", 3), ("code", 5), ("mail", 7), ("code", 60), ("mail", 8), ("code", 9), ("mail", 4)
    )
    ((visit,),) = sittings(glances)
    assert (visit.start // SECOND, visit.end // SECOND, visit.lasted // SECOND) == (3, 92, 74)
    ((code, mail),) = sittings(a_day(("code", 60), ("mail", 5), ("code", 5), ("mail", 60)))
    assert (code.end, code.lasted // SECOND, mail.lasted // SECOND) == (mail.start, 65, 65)
    assert sittings(a_day(("code", 14), ("mail", 14))) == []


def test_windows_of_one_category_are_one_visit() -> None:
    assert switches(sittings(a_day(*[("code", 3)] * 100))) == 0


def test_a_break_is_no_switch_but_a_moment_away_ends_nothing() -> None:
    assert switches(sittings(a_day(("code", 60), ("away", 121), ("mail", 60)))) == 0
    assert switches(sittings(a_day(("code", 60), ("away", 120), ("mail", 60)))) == 1


def test_uncategorised_time_is_a_category_of_its_own() -> None:
    assert switches(sittings(a_day(("code", 60), ("?", 60), ("code", 60)))) == 2


def test_context_switches_on_a_list_in_descending_order_are_refused_rather_than_counted() -> None:
    # A source design counted over rows sorted for the screen, the newest first.
    from hourloom.reports.measures.model import in_order

    with pytest.raises(ValueError, match="in order"):
        in_order(reversed(DAY))
    assert in_order(DAY) == DAY
