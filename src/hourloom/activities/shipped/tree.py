"""The tree of categories that a workspace begins with."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import msgspec

from hourloom.activities.shipped.reading import text_of

TREE_VERSION = 1
"""Grows when categories are added, which are then laid out beside what a user made of the tree."""

Language = Literal["en", "de"]
"""A language that the categories which ship have names in."""

_SAID = {"yes": True, "no": False, "-": None}


class DefaultCategory(msgspec.Struct, frozen=True):
    """A category that a workspace begins with."""

    key: str
    """What the table and the keywords call it, whatever its user renames it to."""
    parent: str | None
    name: str
    german: str
    color: str
    icon: str
    score: int | None
    """None where it depends on the person."""
    focus: bool | None
    interrupts: bool | None
    since: int = 1
    """The version of the tree that brought it."""

    @property
    def names(self) -> dict[Language, str]:
        """Return its name in each language."""
        return {"en": self.name, "de": self.german}


@lru_cache(maxsize=1)
def default_tree() -> tuple[DefaultCategory, ...]:
    """Return the categories that a workspace begins with, parents before what is in them."""
    lines = [line for line in text_of("tree.txt").splitlines() if line and not line.startswith("#")]
    return tuple(map(_category, lines))


def _category(line: str) -> DefaultCategory:
    key, name, german, color, icon, score, focus, interrupts = (part.strip() for part in line.split("|"))
    parent = key.rpartition(".")[0] or None
    level = None if score == "-" else int(score)
    said = _SAID[focus], _SAID[interrupts]
    return DefaultCategory(key, parent, name, german, color, icon, level, *said)
