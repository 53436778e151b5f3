"""When activity began, ended and went on longest within each day, kept of days that are settled."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from hourloom.activities.model.filter import Filter
from hourloom.activities.service.kept import Kept
from hourloom.core.clock import Instant
from hourloom.reports.model.grouping import longest_of

Span = tuple[Instant, Instant]
Spans = Callable[[Instant, Instant], Sequence[Span]]

MOST_BYTES = 512 * 1024
_BYTES_EACH = 500


class Edges:
    """The first, the longest and the last active time of a stretch, for one answer.

    Of a day that is settled they are kept under a word that changes whenever they could.
    """

    def __init__(
        self, kept: Kept[tuple[Span, ...]], version: Callable[[], Hashable], settled: Instant
    ) -> None:
        self._kept, self._version, self._settled = kept, version, settled
        self._word: Hashable = None

    def of(self, where: Filter, start: Instant, end: Instant, spans: Spans) -> tuple[Span, ...]:
        """Return up to three spans in order, from which longer stretches find theirs."""
        if end >= self._settled:
            return _edges(spans(start, end))
        if self._word is None:
            self._word = self._version()
        key = (self._word, where, start, end)
        found = self._kept.get(key)
        if found is None:
            found = _edges(spans(start, end))
            self._kept.put(key, found, _BYTES_EACH)
        return found


def _edges(spans: Sequence[Span]) -> tuple[Span, ...]:
    longest = longest_of(spans)
    if longest is None:
        return ()
    return tuple(dict.fromkeys((spans[0], longest, spans[-1])))
