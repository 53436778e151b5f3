"""Figures about what care looks at, in the form of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hourloom.care.model import CareSeen
from hourloom.web.exposition import Measure


def seen_measures(seen: CareSeen) -> Iterator[Measure]:
    """Yield what the last look around found."""
    yield Measure("hourloom_disk_free_bytes", "gauge", "Free space on the disk of the record.", seen.free)
    yield Measure("hourloom_ballast_held", "gauge", "1 while the reserve is there.", int(seen.ballast_held))


def counted(name: str, help_: str, label: str, numbers: Mapping[str, int]) -> Iterator[Measure]:
    """Yield one figure for each of several kinds."""
    for kind, number in numbers.items():
        yield Measure(name, "gauge", help_, number, {label: kind})
