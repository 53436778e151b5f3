"""What was decided about a subject, by whom, and how sure that is."""

from __future__ import annotations

from typing import Literal

import msgspec

Source = Literal["mark", "correction", "rule", "learned", "table", "keyword", "model", "none"]
"""Who decided, the strongest first: the user about the time, the user about this very thing, the user's
rules, a majority of the user's corrections, the shipped table, keywords, a local model, nobody."""


class Verdict(msgspec.Struct, frozen=True):
    """The category, project and tags of a subject."""

    category_id: int | None = None
    project_id: int | None = None
    tag_ids: tuple[int, ...] = ()
    """In ascending order."""
    source: Source = "none"
    """Who gave the category."""
    rule_id: int | None = None
    """The rule that gave the category, if one did."""
    confidence: float = 0.0
    """From 0 to 1; the user's own word is 1."""
    version: str = ""
    """The version of the model that gave the category, if one did."""


UNDECIDED = Verdict()
