"""What an edit of categories or rules would move, before it is made."""

from __future__ import annotations

import msgspec

from hourloom.activities.model.category import CategoryTree
from hourloom.activities.model.mark import Stated, stated
from hourloom.activities.model.verdict import Verdict

Path = tuple[str, ...]
MOST_SHOWN = 100


class Move(msgspec.Struct):
    """Time that would go from one category to another; an empty path is uncategorised."""

    from_path: Path
    to_path: Path
    activities: int = 0
    lasts: int = 0
    """Microseconds."""


class Moves:
    """Counts what would move, while it is found."""

    def __init__(self, before: CategoryTree, after: CategoryTree) -> None:
        self._before, self._after = before, after
        self._moves: dict[tuple[Path, Path], Move] = {}
        self.looked_at = self.relabelled = self.relabelled_lasts = 0

    def count(self, was: Verdict, is_: Verdict, lasts: int, activities: int = 1) -> None:
        """Count a stretch by its two verdicts."""
        self.looked_at += activities
        one, other = self._before.path(was.category_id), self._after.path(is_.category_id)
        if one != other:
            move = self._moves.setdefault((one, other), Move(one, other))
            move.activities += activities
            move.lasts += lasts
        elif (was.project_id, was.tag_ids) != (is_.project_id, is_.tag_ids):
            self.relabelled += activities
            self.relabelled_lasts += lasts

    def count_stated(self, was: Verdict, is_: Verdict, lasts: int, said: Stated | None) -> None:
        """Count a stretch about which somebody said something."""
        if said is not None:
            was, is_ = stated(was, said.outcome, self._before), stated(is_, said.outcome, self._after)
        self.count(was, is_, lasts)

    def largest(self) -> list[Move]:
        """Return the moves, those of most time first."""
        found = sorted(self._moves.values(), key=lambda move: (-move.lasts, move.from_path, move.to_path))
        return found[:MOST_SHOWN]

    def all(self) -> tuple[int, int]:
        """Return how many activities would move, and how long they last together."""
        moves = self._moves.values()
        return sum(move.activities for move in moves), sum(move.lasts for move in moves)
