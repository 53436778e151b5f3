"""Let the answers of models follow to the category that takes the place of one."""

from __future__ import annotations

import msgspec

from hourloom.activities import store
from hourloom.core.actors import Actor
from hourloom.core.decoding import decode
from hourloom.db.transaction import Transaction


class RenamedAnswers(msgspec.Struct, frozen=True):
    """Which answers named a category before another one took its place: window and detail of each."""

    category: int
    by: int
    about: list[tuple[int, int]]


class AnswersOfModels:
    """The answers of models that name a category."""

    name = "answers"

    def replace(self, tx: Transaction, who: Actor, number: int, by: int) -> RenamedAnswers | None:
        """Let answers name the category that takes the place of one."""
        about = store.answers_naming(tx, who.workspace_id, number)
        if not about:
            return None
        store.rename_answers(tx, who.workspace_id, number, by)
        return RenamedAnswers(number, by, about)

    def take_back(self, tx: Transaction, who: Actor, was: bytes) -> None:
        """Let answers name again what they did; leave alone what was answered anew since."""
        renamed = decode(was, RenamedAnswers)
        store.rename_answers_about(tx, who.workspace_id, renamed.about, renamed.by, renamed.category)
