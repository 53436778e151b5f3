"""What is guessed where the user said nothing: from the user's corrections, the shipped table, a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from hourloom.activities import store
from hourloom.activities.model.category import CategoryTree
from hourloom.activities.model.learned import Learned, Vote
from hourloom.activities.model.subject import Description, Subject
from hourloom.activities.model.verdict import Source
from hourloom.activities.shipped import is_container, shipped_answer
from hourloom.db.transaction import Transaction


class Guess(NamedTuple):
    """A category that nobody said."""

    category_id: int
    source: Source
    confidence: float
    version: str = ""


class Guesser(Protocol):
    """Guesses the categories of many subjects at once."""

    def guesses(
        self, tx: Transaction, asked: Sequence[tuple[Subject, Description]]
    ) -> Sequence[Guess | None]:
        """Return a guess for each, or None."""
        ...


class Guesses:
    """Learned from corrections, else the shipped table, else keywords, else what a model answered.

    What the table or the keywords are not sure of gives way to a model's answer.
    """

    def __init__(
        self, tree: CategoryTree, votes: Iterable[Vote], workspace_id: int, *, has_answers: bool
    ) -> None:
        self._tree, self._learned = tree, Learned(votes, is_container)
        self._workspace, self._has_answers = workspace_id, has_answers

    def guesses(
        self, tx: Transaction, asked: Sequence[tuple[Subject, Description]]
    ) -> Sequence[Guess | None]:
        """Return a guess for each, or None."""
        found: list[Guess | None] = []
        open_: list[int] = []
        for place, (_, described) in enumerate(asked):
            guess, is_weak = self._known(described)
            found.append(guess)
            if self._has_answers and (guess is None or is_weak):
                open_.append(place)
        if open_:
            pairs = [(asked[place][0].window, asked[place][0].detail) for place in open_]
            answers = store.answers_about(tx, self._workspace, pairs)
            for place, pair in zip(open_, pairs, strict=True):
                said = answers.get(pair)
                if said is not None and self._tree.get(said.category_id) is not None:
                    number = said.category_id or 0
                    found[place] = Guess(number, "model", said.confidence, said.said_by)
        return found

    def _known(self, described: Description) -> tuple[Guess | None, bool]:
        learned = self._learned.answer(described.app, described.domain) if self._learned else None
        if learned is not None and self._tree.get(learned[0]) is not None:
            return Guess(learned[0], "learned", learned[1]), False
        shipped = shipped_answer(described)
        category = None if shipped is None else self._tree.shipped(shipped.key)
        if shipped is None or category is None:
            return None, False
        return Guess(category, shipped.source, shipped.confidence), shipped.is_weak
