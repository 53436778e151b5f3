"""The period a query is asked about, as clients write it: two times joined by a slash."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from hourloom.core.clock import EARLIEST, LATEST, Instant, instant_of
from hourloom.tracking.query.errors import QueryInterpretError


class Period(msgspec.Struct, frozen=True):
    """From start up to end, with the words the query's own variables show for them."""

    start: Instant
    end: Instant
    start_text: str
    end_text: str


def parse_period(text: str) -> Period:
    """Read `START/END`, both in ISO 8601; a missing zone means UTC, times out of range are clamped."""
    start, slash, rest = text.partition("/")
    if not slash:
        raise QueryInterpretError(f"The period '{text[:80]}' is not two times joined by '/'.")
    began, ended = _moment(start), _moment(rest.partition("/")[0])
    return Period(_clamped(began), _clamped(ended), began.isoformat(), ended.isoformat())


def parse_time(text: str) -> Instant:
    """Read one time of a period."""
    return _clamped(_moment(text))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise QueryInterpretError(f"'{text[:40]}' is not a time in ISO 8601.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clamped(moment: datetime) -> Instant:
    """Keep a time within those that events can have; clients ask for all since the year 1."""
    return min(max(instant_of(moment), EARLIEST), LATEST)
