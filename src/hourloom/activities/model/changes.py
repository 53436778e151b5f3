"""The Changes of categories, rules and corrections."""

from __future__ import annotations

from hourloom.core.changes import Change


class RulesChanged(Change, frozen=True):
    """What decides about categories changed: what was worked out with an older version is out of date.

    It tells which lists to read again, and nothing of what is in them.
    """

    version: int
    categories: bool = False
    rules: bool = False
    corrections: bool = False
