"""How many requests were answered with what, and how fast: by route, never by what somebody asked for."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

from hourloom.core.histogram import Histogram
from hourloom.web.exposition import Measure

__all__ = ["Answered", "Counts", "monotonic"]

ELSEWHERE = "elsewhere"
"""The route of requests that no route answers."""


class Answered:
    """The answers of one route; to count one costs less than a microsecond."""

    __slots__ = ("labels", "seconds", "statuses")

    def __init__(self, method: str, route: str) -> None:
        self.labels = {"method": method, "route": route}
        self.statuses: dict[int, int] = {}
        self.seconds = Histogram()

    def count(self, status: int, begun: float) -> None:
        """Count an answer to a request that began at a moment of the monotonic clock."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.seconds.add(monotonic() - begun)


class Counts:
    """The answers of all routes; each endpoint has its own to count in."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Answered] = {}
        self.elsewhere = self.of("", ELSEWHERE)

    def of(self, method: str, route: str) -> Answered:
        """Return where the answers of a route are counted."""
        return self._routes.setdefault((method, route), Answered(method, route))

    def measures(self) -> Iterator[Measure]:
        """Yield the figures of every route that was asked."""
        # Copied first, for a route's first answer on another thread adds to them.
        asked = [each for each in list(self._routes.values()) if each.statuses]
        for each in asked:
            for status, number in sorted(each.statuses.items()):
                yield Measure(
                    "hourloom_http_requests_total",
                    "counter",
                    "Requests that were answered, by route and status.",
                    number,
                    {**each.labels, "status": str(status)},
                )
        for each in asked:
            yield Measure(
                "hourloom_http_request_seconds",
                "histogram",
                "How long answers took, by route.",
                each.seconds,
                each.labels,
            )
