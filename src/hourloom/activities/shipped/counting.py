"""Of how much the shipped table and the keywords say that it belongs to a category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from hourloom.activities.shipped.keywords import entries_of_keywords
from hourloom.activities.shipped.table import entries_of_table


def known_of(keys: Iterable[str]) -> int:
    """Return how many apps, sites and words lead to categories of the default tree."""
    counts = _counts()
    return sum(counts[key] for key in keys)


@lru_cache(maxsize=1)
def _counts() -> Counter[str]:
    return Counter(key for entries in (entries_of_table(), entries_of_keywords()) for key, _, _ in entries)
