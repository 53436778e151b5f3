"""Categories: the tree of kinds of activity, and what a kind inherits from those above it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hourloom.core.errors import Conflict, Invalid, NotFound, TooLarge

MOST_CATEGORIES = 2_000
DEEPEST = 8
LONGEST_NAME = 100
SEPARATOR = " > "
"""Stands between the names of a path, so no name holds it."""

PALETTE = (
    ("#127782", "#177c60"),
    ("#95982a", "#adc352"),
    ("#9170e2", "#924e9c"),
    ("#505b10", "#878020"),
    ("#20a4a8", "#a6dfbe"),
    ("#7c354f", "#f9c3f4"),
    ("#a56966", "#c485a5"),
    ("#463e9c", "#7b8efb"),
)
"""The colours `slot1` to `slot8` on light and on dark screens: told apart with any vision of colours."""

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
Color = Annotated[str, Meta(pattern=r"^(slot[1-8]|#[0-9a-f]{6})(?!\n)$")]
Icon = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}(?!\n)$")]
Score = Annotated[int, Meta(ge=-2, le=2)]


class NoSuchCategory(NotFound):
    """There is no category {id}."""


class NoCategoryOfThatName(NotFound):
    """There is no category '{name}'; `hourloom category list` shows those there are."""


class CategoryNotValid(Invalid):
    """The category cannot be so: {reason}."""


class CategoryNameTaken(Conflict):
    """There is a category '{name}' in that place already; take another name or another place."""


class CategoryInItself(Conflict):
    """A category cannot be moved into itself or into one below it; take another place."""


class TooManyCategories(TooLarge):
    """There are {most} categories already; delete some."""


def shipped_words(shipped: str | None) -> list[str]:
    """Return the words by which the shipped table knows a category."""
    return shipped.split(",") if shipped else []


class CategoryInUse(Conflict):
    """In use by {uses}: say `reassign_to` and what takes its place, or `uncategorise`.

    With the latter what it had becomes uncategorised. Marks are what somebody said about time; known is what
    the shipped table and keywords say of it without any rule, and what a model answered.
    """

    def __init__(self, rules: int, corrections: int, marks: int, below: int, known: int) -> None:
        counts = {
            "rule": rules,
            "correction": corrections,
            "mark": marks,
            "category below it": below,
            "known app, site or word": known,
        }
        uses = ", ".join(_counted(count, what) for what, count in counts.items() if count)
        super().__init__(
            rules=rules, corrections=corrections, marks=marks, below=below, known=known, uses=uses
        )


def _counted(count: int, what: str) -> str:
    plural = {
        "category below it": "categories below it",
        "known app, site or word": "known apps, sites or words",
    }
    return f"{count:,} {what if count == 1 else plural.get(what, what + 's')}"


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of activity, and its place in the tree."""

    id: int
    name: Name
    parent_id: int | None = None
    color: Color | None = None
    """A slot of the palette, or a colour of one's own; inherited until it is set."""
    icon: Icon | None = None
    """The name of a picture; inherited until it is set."""
    score: Score | None = None
    """From -2, very distracting, over 0, neutral, to 2, very productive; inherited until it is set."""
    focus: bool | None = None
    """Whether time in it counts as focus; else inherited, else what scores above 0."""
    interrupts: bool | None = None
    """Whether a visit to it interrupts; else inherited, else what scores below 0."""
    position: int = 0
    """Its place among those of the same parent."""
    shipped: str | None = None
    """The word by which the shipped table of programs and sites knows it, whatever it is called by now.

    Behind it, divided by commas, those of categories whose place it took.
    """


class CategoryTree:
    """All categories of a workspace, looked at from wherever one is needed."""

    def __init__(self, categories: Iterable[Category] = ()) -> None:
        self._by_id = _rooted({category.id: category for category in categories})
        children: dict[int | None, list[Category]] = defaultdict(list)
        for category in self._by_id.values():
            children[category.parent_id].append(category)
        self._children: dict[int | None, tuple[int, ...]] = {
            parent: tuple(each.id for each in sorted(found, key=lambda each: (each.position, each.id)))
            for parent, found in children.items()
        }
        self._paths: dict[int, tuple[str, ...]] = {}
        self._named: dict[tuple[str, ...], int] | None = None
        self._in_order: list[int] = []
        self._walk()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._by_id)

    @property
    def all(self) -> list[Category]:
        """Return all categories, each before those below it, brothers and sisters in their order."""
        return [self._by_id[number] for number in self._in_order]

    @property
    def by_id(self) -> Mapping[int, Category]:
        """Return all categories by their numbers."""
        return self._by_id

    @property
    def roots(self) -> tuple[int, ...]:
        """Return the categories at the top."""
        return self._children.get(None, ())

    def children(self, category: int | None) -> tuple[int, ...]:
        """Return the categories right below one, in their order."""
        return self._children.get(category, ())

    def get(self, category: int | None) -> Category | None:
        """Return one category, or None where there is none of that number."""
        return None if category is None else self._by_id.get(category)

    def require(self, category: int) -> Category:
        """Return one category."""
        found = self._by_id.get(category)
        if found is None:
            raise NoSuchCategory(id=category)
        return found

    def path(self, category: int | None) -> tuple[str, ...]:
        """Return the names from the top down to a category; none for what is uncategorised."""
        return () if category is None else self._paths.get(category, ())

    def named(self, path: Sequence[str]) -> int | None:
        """Return the category of a path."""
        if self._named is None:
            # Made when it is asked for; of those of one name the first.
            self._named = {self._paths[number]: number for number in reversed(self._in_order)}
        return self._named.get(tuple(path))

    def shipped(self, word: str) -> int | None:
        """Return the category that the shipped table knows by a word."""
        return self._shipped.get(word.partition(",")[0])

    def score(self, category: int | None) -> int | None:
        """Return the score, inherited where it is not set; None where it is set nowhere above either."""
        found = self._inherited(category, "score")
        return found if isinstance(found, int) else None

    def color(self, category: int | None) -> str | None:
        """Return the colour, inherited where it is not set."""
        found = self._inherited(category, "color")
        return found if isinstance(found, str) else None

    def icon(self, category: int | None) -> str | None:
        """Return the name of the picture, inherited where it is not set."""
        found = self._inherited(category, "icon")
        return found if isinstance(found, str) else None

    def is_focus(self, category: int | None) -> bool:
        """Return whether time in a category counts as focus: as was set, else what scores above 0."""
        said = self._inherited(category, "focus")
        return bool(said) if said is not None else (self.score(category) or 0) > 0

    def interrupts(self, category: int | None) -> bool:
        """Return whether a visit to a category interrupts: as was set, else what scores below 0."""
        said = self._inherited(category, "interrupts")
        return bool(said) if said is not None else (self.score(category) or 0) < 0

    def below(self, category: int) -> frozenset[int]:
        """Return a category and all below it."""
        found, open_ = set[int](), [category] if category in self._by_id else []
        while open_:
            number = open_.pop()
            found.add(number)
            open_ += self.children(number)
        return frozenset(found)

    def depth(self, category: int | None) -> int:
        """Return how many names a path has."""
        return len(self.path(category))

    def height(self, category: int) -> int:
        """Return how many levels a category and those below it take."""
        return max(self.depth(each) for each in self.below(category)) - self.depth(category) + 1

    def _inherited(
        self, category: int | None, what: Literal["score", "color", "icon", "focus", "interrupts"]
    ) -> object:
        at = self.get(category)
        while at is not None:
            found: object = getattr(at, what)
            if found is not None:
                return found
            at = self.get(at.parent_id)
        return None

    def _walk(self) -> None:
        open_ = list(reversed(self.roots))
        while open_:
            number = open_.pop()
            category = self._by_id[number]
            above = self._paths.get(category.parent_id, ()) if category.parent_id is not None else ()
            self._paths[number] = (*above, category.name)
            self._in_order.append(number)
            open_ += reversed(self.children(number))
        self._shipped = {
            word: each.id for each in self._by_id.values() for word in shipped_words(each.shipped)
        }


def _rooted(by_id: dict[int, Category]) -> dict[int, Category]:
    """Let what has no way to the top stand there: a merged archive may have left its parent out."""
    rooted: set[int | None] = {None}
    for number in list(by_id):
        way: dict[int, None] = {}
        at: int | None = number
        while at not in rooted and at in by_id and at not in way:
            way[at] = None
            at = by_id[at].parent_id
        if at not in rooted and way:
            lost = next(reversed(way))
            by_id[lost] = msgspec.structs.replace(by_id[lost], parent_id=None)
        rooted.update(way)
    return by_id


def problem_of_name(name: str) -> str | None:
    """Return why a text is no name of a category."""
    if not name.strip() or len(name) > LONGEST_NAME:
        return f"a name has 1 to {LONGEST_NAME} characters"
    if not name.isprintable():
        return "a name has no control characters"
    if SEPARATOR in f" {name} ":
        return "a name does not hold ' > ', which stands between the names of a path"
    return None


def require_fits(tree: CategoryTree, category: Category) -> None:
    """Raise unless a category, new or changed, can stand where it says."""
    problem = problem_of_name(category.name)
    if problem is not None:
        raise CategoryNotValid(reason=problem)
    if category.parent_id is not None:
        tree.require(category.parent_id)
    known = tree.get(category.id)
    if known is None and len(tree) >= MOST_CATEGORIES:
        raise TooManyCategories(most=f"{MOST_CATEGORIES:,}")
    if known is not None and category.parent_id in tree.below(category.id):
        raise CategoryInItself
    levels = 1 if known is None else tree.height(category.id)
    if tree.depth(category.parent_id) + levels > DEEPEST:
        raise CategoryNotValid(reason=f"the tree has at most {DEEPEST} levels; put it higher up")
    for other in tree.children(category.parent_id):
        if other != category.id and tree.require(other).name == category.name:
            raise CategoryNameTaken(name=category.name)
