"""Tables for the tests of writers, and rows of them made up by hypothesis."""

from typing import Any

from hypothesis import strategies as st

from hourloom.core.clock import DAY
from hourloom.exports.cells import FORMULA
from hourloom.exports.model import Column

COLUMNS = (
    Column("started_at", "Started", "instant"),
    Column("duration", "Time", "duration"),
    Column("title", "Title"),
    Column("app", "App"),
    Column("count", "Count", "number"),
    Column("share", "Share", "share"),
    Column("audible", "Audible", "boolean"),
)

_LETTERS = st.characters(codec="utf-8")
_BEGINNINGS = st.sampled_from(["", *FORMULA, " =", '"', "\n", "'"])
TITLES = st.builds(lambda begins, rest: begins + rest, _BEGINNINGS, st.text(_LETTERS, max_size=20))


def _or_none(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


ROWS = st.lists(
    st.tuples(
        _or_none(st.integers(0, 50_000 * DAY)),
        _or_none(st.integers(0, 40 * DAY)),
        _or_none(TITLES),
        _or_none(TITLES),
        _or_none(st.one_of(st.integers(-(2**40), 2**40), st.floats(-1e9, 1e9, allow_nan=False))),
        _or_none(st.floats(0, 1)),
        _or_none(st.booleans()),
    ),
    max_size=12,
)
"""Rows as an export could have them, with all that a spreadsheet might misunderstand."""
