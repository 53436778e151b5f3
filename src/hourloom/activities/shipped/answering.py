"""Say which category of the default tree something belongs to: by the table, else by keywords."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from hourloom.activities.model.subject import Description
from hourloom.activities.shipped.keywords import keywords
from hourloom.activities.shipped.table import table
from hourloom.core.apps import app_identity

WEAK = 0.5
"""Below this an answer only stands until somebody knows better, a model too."""
GUESSED = 0.3
"""How sure it is that a browser without a page is browsing."""
NAMED = 0.75
"""How sure the name of a site in a browser's title is: nobody saw its address."""
EDITED = 0.85
"""How sure it is that a file in an editor is programming."""
BROWSING = "web.browsing"

_SEPARATORS = re.compile("\\s+[-\N{EN DASH}\N{EM DASH}|·•:]\\s+|\\s+[-\N{EN DASH}\N{EM DASH}|]|: ")
_COUNTERS = re.compile(r"^[(\[]?\d+\+?[)\]]?\s*")
_MOST_PARTS = 8
_LONGEST_TITLE = 300
_NEW_TABS = frozenset({"", "new-tab", "neuer-tab", "start-page", "startseite", "about-blank", "home"})


class ShippedAnswer(NamedTuple):
    """What the shipped table or the keywords say."""

    key: str
    """Of a category of the default tree."""
    confidence: float
    source: Literal["table", "keyword"]

    @property
    def is_weak(self) -> bool:
        """Return whether it only stands until somebody knows better."""
        return self.confidence < WEAK


def shipped_answer(description: Description) -> ShippedAnswer | None:
    """Return the category that something belongs to as far as anybody can know who never met its user.

    A page is told by its address, else by the name of its site in the title; all else by its app; and
    what the table does not know by keywords.
    """
    if description.host:
        known = table().of_site(description.host, description.path)
        found = None if known is None else ShippedAnswer(known.key, known.confidence, "table")
        return found or _by_keywords(description)
    if _is_browser(description.app):
        return _in_browser(description)
    known = table().of_app(description.app)
    if known is not None and known.confidence >= WEAK:
        return ShippedAnswer(known.key, known.confidence, "table")
    if description.language or description.project:
        return ShippedAnswer("work.programming", EDITED, "table")
    found = _by_keywords(description)
    if found is None and known is not None:
        found = ShippedAnswer(known.key, known.confidence, "table")
    return found


def is_container(app: str) -> bool:
    """Return whether anything may happen in an app, so that what is in it decides and never the app alone."""
    known = table().of_app(app)
    return known is not None and known.confidence < WEAK


def _is_browser(app: str) -> bool:
    known = table().of_app(app)
    return known is not None and known.key == BROWSING


def _in_browser(description: Description) -> ShippedAnswer | None:
    """Answer for a browser of which only the title is known."""
    parts = [_name(part) for part in _SEPARATORS.split(description.title[-_LONGEST_TITLE:])[-_MOST_PARTS:]]
    parts = [part for part in parts if part and not _is_browser(app_identity(part))]
    # The name of the site comes last.
    for part in reversed(parts):
        known = table().names.get(part)
        if known is not None:
            return ShippedAnswer(known.key, NAMED, "table")
    if all(part in _NEW_TABS for part in parts):
        return ShippedAnswer(BROWSING, GUESSED, "table")
    return _by_keywords(description)


def _name(part: str) -> str:
    return "-".join(_COUNTERS.sub("", part.strip().casefold()).split())


def _by_keywords(description: Description) -> ShippedAnswer | None:
    found = keywords().answer(description)
    return None if found is None else ShippedAnswer(*found, "keyword")
