"""Figures about what activities keep in memory, in the form of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hourloom.activities.service.kept import HowKept
from hourloom.web.exposition import Measure


def kept_measures(kept: Mapping[str, HowKept]) -> Iterator[Measure]:
    """Yield how much is kept of days, sums and texts, and how often that helped."""
    for what, figures in kept.items():
        label = {"what": what}
        yield Measure(
            "hourloom_activities_kept_bytes", "gauge", "What is kept of activities.", figures.bytes, label
        )
        yield Measure(
            "hourloom_activities_asked_total", "counter", "How often it was looked for.", figures.asked, label
        )
        yield Measure(
            "hourloom_activities_known_total", "counter", "How often it was there.", figures.known, label
        )
