"""Short ways to write categories, rules and what they look at."""

from __future__ import annotations

from typing import Any

import msgspec

from hourloom.activities.classifying.classifier import Classifier
from hourloom.activities.classifying.guessing import Guesser
from hourloom.activities.classifying.texts import Part, Texts, description
from hourloom.activities.model.category import Category, CategoryTree
from hourloom.activities.model.correction import Correction
from hourloom.activities.model.rule import Condition, Outcome, Rule
from hourloom.activities.model.rulebook import Rulebook
from hourloom.activities.model.subject import Description, Subject
from hourloom.activities.model.verdict import Verdict
from hourloom.tracking.enrichment import traits_of

WORK, CODE, LEISURE, VIDEO, MAIL = 1, 2, 3, 4, 5

TREE = CategoryTree(
    [
        Category(WORK, "Work", score=1),
        Category(CODE, "Code", WORK, score=2),
        Category(LEISURE, "Leisure", score=-1, position=1),
        Category(VIDEO, "Video", LEISURE),
        Category(MAIL, "Mail", position=2),
    ]
)


def seen(device: str = "", **data: Any) -> Description:
    """Return what a window, a page or a file is about, by the data of its event."""
    return description(
        Part(msgspec.convert(data, Texts), traits_of(data)), Part(Texts(), traits_of({})), device
    )


def where(field: str, text: str = "", form: str = "contains", **more: Any) -> Condition:
    """Return a condition."""
    return msgspec.convert({"field": field, "form": form, "text": text, **more}, Condition)


def rule(number: int, category: int | None, *conditions: Condition, **more: Any) -> Rule:
    """Return a rule at the place of its number."""
    outcome = more.pop("outcome", Outcome(category))
    return Rule(number, number, conditions=conditions, outcome=outcome, **more)


def book(*rules: Rule, corrections: tuple[Correction, ...] = (), tree: CategoryTree = TREE) -> Rulebook:
    """Return a rulebook."""
    return Rulebook(tree, rules, corrections, 1)


NOBODY = Subject(0, 0, 0)


class NoDatabase:
    """A transaction for classifiers that need none."""

    dialect = "sqlite"

    def check_time(self) -> None:
        """Have all the time there is."""

    def rows(self, *_: object, **__: object) -> list[tuple[object, ...]]:
        return []


NO_DATABASE: Any = NoDatabase()


def decided(
    of: Rulebook,
    described: Description,
    subject: Subject = NOBODY,
    guesser: Guesser | None = None,
) -> Verdict:
    """Return what a rulebook decides."""
    return Classifier(of, guesser, "UTC").explain(described, NO_DATABASE, subject).verdict


def category_of(of: Rulebook, described: Description) -> int | None:
    """Return the category that a rulebook gives."""
    return decided(of, described).category_id
