"""Everything a person said about what belongs where: categories, rules and corrections, as of one version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from hourloom.activities.model.category import Category, CategoryTree
from hourloom.activities.model.correction import Correction
from hourloom.activities.model.rule import Outcome, Rule, in_order

Row = Category | Rule | Correction


class Rows(msgspec.Struct, frozen=True):
    """Some categories, rules and corrections, as they are kept for undo."""

    categories: list[Category] = []
    rules: list[Rule] = []
    corrections: list[Correction] = []

    def each(self) -> dict[str, Sequence[Row]]:
        """Return the rows by what they are."""
        return {"categories": self.categories, "rules": self.rules, "corrections": self.corrections}


class Difference(msgspec.Struct, frozen=True):
    """What an edit changed: the rows that were, and those that are."""

    before: Rows
    after: Rows

    def counts(self) -> dict[str, int]:
        """Return how many of each are touched."""
        before, after = self.before.each(), self.after.each()
        return {what: len({row.id for row in (*before[what], *after[what])}) for what in before}

    def __bool__(self) -> bool:
        """Return whether anything changed."""
        return any(self.counts().values())


class Rulebook:
    """A snapshot of categories, rules and corrections; edits make a new one."""

    def __init__(
        self,
        tree: CategoryTree | None = None,
        rules: Iterable[Rule] = (),
        corrections: Iterable[Correction] = (),
        version: int = 0,
    ) -> None:
        self.tree = CategoryTree() if tree is None else tree
        self.rules = {rule.id: rule for rule in in_order(rules)}
        self.corrections = {correction.id: correction for correction in corrections}
        self.version = version

    def each(self) -> dict[str, Mapping[int, Row]]:
        """Return all rows by what they are and by their numbers."""
        return {"categories": self.tree.by_id, "rules": self.rules, "corrections": self.corrections}

    def with_(
        self,
        categories: Iterable[Category] | None = None,
        rules: Iterable[Rule] | None = None,
        corrections: Iterable[Correction] | None = None,
    ) -> Rulebook:
        """Return a rulebook in which some of these are others."""
        return Rulebook(
            self.tree if categories is None else CategoryTree(categories),
            self.rules.values() if rules is None else rules,
            self.corrections.values() if corrections is None else corrections,
            self.version,
        )

    def outcomes(self) -> dict[str, list[tuple[int, Outcome]]]:
        """Return what rules and corrections give, by their numbers."""
        return {
            "rules": [(rule.id, rule.outcome) for rule in self.rules.values()],
            "corrections": [(each.id, each.outcome) for each in self.corrections.values()],
        }


def difference(before: Rulebook, after: Rulebook) -> Difference:
    """Return what changed from one rulebook to another; categories come before those below them."""
    was, is_ = before.tree.by_id, after.tree.by_id
    return Difference(
        Rows(
            [each for each in before.tree.all if is_.get(each.id) != each],
            [each for number, each in before.rules.items() if after.rules.get(number) != each],
            [each for number, each in before.corrections.items() if after.corrections.get(number) != each],
        ),
        Rows(
            [each for each in after.tree.all if was.get(each.id) != each],
            [each for number, each in after.rules.items() if before.rules.get(number) != each],
            [each for number, each in after.corrections.items() if before.corrections.get(number) != each],
        ),
    )


def taken_back(here: Rulebook, changed: Difference) -> Rulebook:
    """Return a rulebook as it was before an edit that is the last to touch what it touched."""
    was, is_ = changed.before.each(), changed.after.each()
    rows: dict[str, dict[int, Row]] = {}
    for what, there in here.each().items():
        gone = {row.id for row in is_[what]}
        rows[what] = {number: row for number, row in there.items() if number not in gone}
        rows[what] |= {row.id: row for row in was[what]}
    return here.with_(
        rows["categories"].values(),  # type: ignore[arg-type]  # each kind under its name
        rows["rules"].values(),  # type: ignore[arg-type]
        rows["corrections"].values(),  # type: ignore[arg-type]
    )


def applied(before: Rulebook, changed: Difference, version: int) -> Rulebook:
    """Return a rulebook after an edit, under another version."""
    after = taken_back(before, Difference(changed.after, changed.before))
    after.version = version
    return after


def changed_since(here: Rulebook, changed: Difference) -> tuple[str, list[int]] | None:
    """Return what of an edit was changed again, in a word and by numbers; None where it can be taken back."""
    was, is_ = changed.before.each(), changed.after.each()
    for what, there in here.each().items():
        now = {row.id for row in is_[what]}
        other = [row.id for row in is_[what] if there.get(row.id) != row]
        back = [row.id for row in was[what] if row.id not in now and row.id in there]
        if other or back:
            return what, sorted(other + back)
    return amiss(taken_back(here, changed))


def amiss(book: Rulebook) -> tuple[str, list[int]] | None:
    """Return what of a rulebook names something that is not there, or two of one name."""
    tree = book.tree
    names = [(each.parent_id, each.name) for each in tree.all]
    doubled = {name for name, count in Counter(names).items() if count > 1}
    lost = [each.id for each in tree.all if (each.parent_id, each.name) in doubled]
    if lost:
        return "categories", lost
    for what, outcomes in book.outcomes().items():
        found = [
            number
            for number, outcome in outcomes
            if outcome.category_id is not None and tree.get(outcome.category_id) is None
        ]
        if found:
            return what, found
    return None
