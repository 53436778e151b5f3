"""From sums of time to the rows of a report: nothing is lost between them and the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from hourloom.core.clock import Instant

Value = int | str | tuple[int, ...] | None
"""What a row is about: a number, a word, tags; None is unassigned."""
Amounts = Mapping[tuple[Value, ...], int]
"""Microseconds, by one value for each key."""
Label = Callable[[int, Value], str | None]
"""Names a value of the first key (0) or the second (1); None is unassigned."""


class ReportRest(msgspec.Struct, frozen=True):
    """The rows that a limit leaves out, so that the sum stays."""

    rows: int
    lasted: int
    before: int


class ReportRows(msgspec.Struct, frozen=True):
    """Rows, those that lasted longest first, and what a limit left out of them."""

    rows: list[ReportRow]
    rest: ReportRest | None = None

    def rest_behind(self, place: int) -> ReportRest | None:
        """Return what is left out where only so many rows are shown."""
        if place >= len(self.rows):
            return self.rest
        left, known = _rest(self.rows[place:]), self.rest or ReportRest(0, 0, 0)
        return ReportRest(left.rows + known.rows, left.lasted + known.lasted, left.before + known.before)


class ReportRow(msgspec.Struct, frozen=True):
    """How long something lasted, in microseconds, and before that in the period it is compared with."""

    value: Value
    key: str | None
    lasted: int
    before: int
    parts: ReportRows | None = None
    """The rows of the second key, if there is one."""


def rows_of(amounts: Amounts, before: Amounts, levels: int, limit: int, label: Label) -> ReportRows:
    """Group amounts by their first value, and each of these by its second."""
    return _grouped(_nested(amounts, levels), _nested(before, levels), 0, limit, label)


_Tree = dict[Value, "_Tree | int"]


def _nested(amounts: Amounts, levels: int) -> _Tree:
    """Put amounts by tuples into dicts within dicts."""
    tree: _Tree = {}
    for values, lasted in amounts.items():
        branch = tree
        for value in values[: levels - 1]:
            branch = branch.setdefault(value, {})  # type: ignore[assignment]  # only the last holds numbers
        branch[values[-1]] = branch.get(values[-1], 0) + lasted  # type: ignore[operator]  # as above
    return tree


def _grouped(tree: _Tree, before: _Tree, level: int, limit: int, label: Label) -> ReportRows:
    rows = []
    for value in {**tree, **before}:
        here, there = tree.get(value, 0), before.get(value, 0)
        parts = None
        if isinstance(here, dict) or isinstance(there, dict):
            parts = _grouped(_branch(here), _branch(there), level + 1, limit, label)
        rows.append(ReportRow(value, label(level, value), _whole(here), _whole(there), parts))
    rows.sort(key=_place)
    shown, left = rows[:limit], rows[limit:]
    return ReportRows(shown, _rest(left) if left else None)


def _rest(rows: Sequence[ReportRow]) -> ReportRest:
    return ReportRest(len(rows), sum(row.lasted for row in rows), sum(row.before for row in rows))


def _branch(tree: _Tree | int) -> _Tree:
    return tree if isinstance(tree, dict) else {}


def _whole(tree: _Tree | int) -> int:
    return sum(map(_whole, tree.values())) if isinstance(tree, dict) else tree


def _place(row: ReportRow) -> tuple[object, ...]:
    """Return where a row stands: by time, and of equals by name, so that the order is always the same."""
    name = row.key or ""
    return -row.lasted, -row.before, row.key is None, name.casefold(), name, str(row.value)


def aligned(earlier: Sequence[str], names: Sequence[str]) -> Mapping[Value, Value]:
    """Pair the days (weeks, months) of the period before with those that have the same place in this one."""
    return dict(zip(dict.fromkeys(earlier), dict.fromkeys(names), strict=False))


def longest_of(spans: Sequence[tuple[Instant, Instant]]) -> tuple[Instant, Instant] | None:
    """Return the longest stretch without interruption, the first of equals; stretches that touch are one."""
    longest: tuple[Instant, Instant] | None = None
    begins, ends = Instant(0), Instant(-1)
    for start, end in spans:
        if start > ends:
            begins = start
        ends = max(end, ends)
        if longest is None or ends - begins > longest[1] - longest[0]:
            longest = (begins, ends)
    return longest
