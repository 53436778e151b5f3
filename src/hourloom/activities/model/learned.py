"""What the user's corrections of single things say about others like them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

MAJORITY = 0.8
FEWEST_VOTES = 2
MOST_KINDS = 20_000
"""Apps and sites of which votes are counted at most."""


class Vote(NamedTuple):
    """One correction: something of this app and site belongs to that category, or to none."""

    app: str
    domain: str
    category_id: int | None


class Learned:
    """Counts of votes by app, or by site where there is one; made anew from the corrections that there are.

    Nothing else is kept of them, so a correction that is taken back is forgotten here too.
    """

    def __init__(self, votes: Iterable[Vote], is_container: Callable[[str], bool]) -> None:
        self._is_container = is_container
        counts: dict[tuple[str, str], Counter[int | None]] = {}
        for app, domain, category in votes:
            kind = self._kind(app, domain)
            if kind is not None and (kind in counts or len(counts) < MOST_KINDS):
                counts.setdefault(kind, Counter())[category] += 1
        found = ((kind, _majority(counter)) for kind, counter in counts.items())
        self._answers = {kind: answer for kind, answer in found if answer is not None}

    def answer(self, app: str, domain: str) -> tuple[int, float] | None:
        """Return the category that the user's corrections speak for, and by which share of them."""
        kind = self._kind(app, domain)
        return None if kind is None else self._answers.get(kind)

    def __len__(self) -> int:
        """Return of how many apps and sites something was learned."""
        return len(self._answers)

    def _kind(self, app: str, domain: str) -> tuple[str, str] | None:
        """Return what things alike have in common: the site in whichever browser, else the app.

        Nothing for a browser or terminal without a site: anything may happen in it.
        """
        if domain:
            return "", domain
        return None if not app or self._is_container(app) else (app, "")


def _majority(counter: Counter[int | None]) -> tuple[int, float] | None:
    votes = counter.total()
    category, most = counter.most_common(1)[0]
    if category is None or votes < FEWEST_VOTES or most < MAJORITY * votes:
        return None
    return category, most / votes
