"""Chance that is the same each time for the same words."""

from __future__ import annotations

from random import Random


def chance_of(*words: object) -> Random:
    """Return a source of chance that depends on these words alone."""
    return Random("-".join(str(word) for word in words))  # noqa: S311 - to be repeatable, not secret
