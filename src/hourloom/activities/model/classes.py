"""ActivityWatch's setting `classes`: the same categories in another shape, kept in step both ways.

Its clients write the whole list. What they changed against the list as it was is taken over; what their shape
cannot say (conditions on more than one text, projects, tags, times) stays here as it is. What changes here
is written into the list, and whatever else clients keep in it stays as they wrote it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from hourloom.activities.model.category import (
    DEEPEST,
    MOST_CATEGORIES,
    PALETTE,
    Category,
    CategoryTree,
    problem_of_name,
)
from hourloom.activities.model.rule import LONGEST_TEXT, MOST_RULES, Condition, Outcome, Rule
from hourloom.activities.model.rulebook import Rulebook
from hourloom.activities.model.tending import uncategorised
from hourloom.core.errors import Invalid

BELOW_OUR_OWN = -100
"""The priority of their rules, to which the depth of the category is added: with them the deepest wins, and
what a person says here goes before it."""
UNCATEGORISED = ("Uncategorized",)
"""Their name for what has no category; here that is no category of its own."""
STRONG = 5
"""From this on a score of theirs, which has no bounds, counts twice here."""
MOST_CLASSES = MOST_CATEGORIES + MOST_RULES
TOO_MANY = f"there would be more than {MOST_CATEGORIES:,} categories"

Path = tuple[str, ...]
Json = dict[str, object]


class ClassesNotValid(Invalid):
    """The setting `classes` cannot be taken over: {reason}."""


class Class(NamedTuple):
    """One entry of their list, as far as it is understood here."""

    path: Path
    regex: str | None
    ignore_case: bool
    color: str | None
    score: int | None


def classes_of(value: object) -> list[Class]:
    """Read their list, or raise with what is wrong with it."""
    if not isinstance(value, list):
        raise ClassesNotValid(reason="it is no list")
    if len(value) > MOST_CLASSES:
        raise ClassesNotValid(reason=f"it has more than {MOST_CLASSES:,} classes")
    found = [_class(entry, place) for place, entry in enumerate(value, 1)]
    if sum(each.regex is not None for each in found) > MOST_RULES:
        raise ClassesNotValid(reason=f"there would be more than {MOST_RULES:,} rules")
    return found


def taken_over(book: Rulebook, were: Sequence[Class], are: Sequence[Class]) -> Rulebook:
    """Return the rulebook after a client wrote a list in the place of one that was."""
    return _Takeover(book, were, are).book()


def shown(entries: Sequence[Json], before: Rulebook, after: Rulebook) -> list[Json]:
    """Return their list after an edit here: what it did not touch stays as it was written."""
    were, are = _offers(before), _offers(after)
    found: list[Json] = []
    seen: dict[Path, int] = {}
    told: set[int] = set()
    for entry, each in zip(entries, classes_of(list(entries)), strict=True):
        number = before.tree.named(each.path)
        if number is None:
            # Their class of what has no category, or a parent whose child was removed here.
            if each.path == UNCATEGORISED:
                found.append(entry)
            continue
        place = seen[each.path] = seen.get(each.path, -1) + 1
        if after.tree.get(number) is None or (place and place >= len(are[number])):
            continue
        told.add(number)
        was = were[number][place] if place < len(were[number]) else None
        is_ = are[number][place] if place < len(are[number]) else None
        found.append(_updated(entry, was, is_, after, number))
    new = [_entry(offer) for each in after.tree.all if each.id not in told for offer in are[each.id]]
    return _numbered(found, new)


def regex_of(rule: Rule) -> tuple[str, bool] | None:
    """Return a rule as one regular expression looked for in any text; None where it cannot be said so."""
    if not rule.enabled or rule.outcome.category_id is None:
        return None
    if rule.match == "all" and len(rule.conditions) > 1:
        return None
    found = [_regex(condition) for condition in rule.conditions]
    said = [each for each in found if each is not None]
    if len(said) < len(found) or not said:
        return None
    if len(said) == 1:
        return said[0]
    # Whether case matters is one switch for all of it.
    ignore = all(ignores for _, ignores in said)
    parts = [text if ignores == ignore else f"(?i:{text})" for text, ignores in said]
    return "|".join(f"(?:{part})" for part in parts), ignore


def hex_of(color: str | None) -> str | None:
    """Return a colour as their clients understand it."""
    if color is None or not color.startswith("slot"):
        return color
    return PALETTE[int(color.removeprefix("slot")) - 1][0]


def color_of(value: object) -> str | None:
    """Return a colour of theirs as one of ours; None where it is no #rgb or #rrggbb."""
    if not isinstance(value, str) or not value.startswith("#"):
        return None
    digits = value[1:].lower()
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return f"#{digits}" if len(digits) == 6 and set(digits) <= set("0123456789abcdef") else None


def score_of(value: object) -> int | None:
    """Return a score of theirs as a level of ours: 5 and more is 2, what is left out is inherited."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    level = 2 if abs(value) >= STRONG else 1 if value else 0
    return level if value >= 0 else -level


def _class(entry: object, place: int) -> Class:
    if not isinstance(entry, dict):
        raise ClassesNotValid(reason=f"class {place} is no object")
    name, rule, data = entry.get("name"), entry.get("rule"), entry.get("data")
    if not isinstance(name, list) or not name or not all(isinstance(part, str) for part in name):
        raise ClassesNotValid(reason=f"the name of class {place} is no list of texts")
    if len(name) > DEEPEST:
        raise ClassesNotValid(reason=f"class {place} is more than {DEEPEST} levels deep")
    for part in name:
        problem = problem_of_name(part)
        if problem is not None:
            raise ClassesNotValid(reason=f"in the name of class {place}: {problem}")
    rule, data = rule if isinstance(rule, dict) else {}, data if isinstance(data, dict) else {}
    regex = rule.get("regex") if rule.get("type", "regex") == "regex" else None
    if isinstance(regex, str) and len(regex) > LONGEST_TEXT:
        raise ClassesNotValid(
            reason=f"the pattern of class {place} is longer than {LONGEST_TEXT:,} characters"
        )
    return Class(
        tuple(name),
        regex if isinstance(regex, str) and regex else None,
        bool(rule.get("ignore_case")),
        color_of(data.get("color")),
        score_of(data.get("score")),
    )


class _Takeover:
    """Works out what a client changed, and makes it so here."""

    def __init__(self, book: Rulebook, were: Sequence[Class], are: Sequence[Class]) -> None:
        self._were = _by_path(were)
        self._are = _by_path([each for each in are if each.path != UNCATEGORISED])
        renamed = _renamed(were, are, book.tree)
        self._before = {path: self._were.get(renamed.get(path, path), ()) for path in self._are}
        self._categories: dict[int, Category] = dict(book.tree.by_id)
        self._children = Counter(each.parent_id for each in self._categories.values())
        self._book, self._new = book, 0
        self._placed = self._place(book.tree, renamed)

    def book(self) -> Rulebook:
        """Return the rulebook that comes of it."""
        kept = self._book.with_(categories=self._categories.values())
        left = uncategorised(kept, self._gone(kept.tree))
        if any(left.tree.depth(each.id) > DEEPEST for each in left.tree.all):
            # What the list does not name moves with the category above it.
            raise ClassesNotValid(reason=f"the tree would have more than {DEEPEST} levels")
        rules = list(self._rules(left))
        if len(rules) > MOST_RULES:
            raise ClassesNotValid(reason=f"there would be more than {MOST_RULES:,} rules")
        return left.with_(rules=rules)

    def _gone(self, tree: CategoryTree) -> frozenset[int]:
        """Return the categories that the list named before and does not any more, with all below them.

        One that has others below it which the list never named stays.
        """
        placed = set(self._placed.values())
        named = {self._book.tree.named(path) for path in self._were} - placed
        return frozenset(number for number in named if number is not None and not tree.below(number) - named)

    def _place(self, tree: CategoryTree, renamed: dict[Path, Path]) -> dict[Path, int]:
        """Find or make the category of each path, those above first."""
        wanted = set[Path]()
        for path in self._are:
            wanted.update(path[:depth] for depth in range(1, len(path) + 1))
            if len(wanted) > MOST_CATEGORIES:
                raise ClassesNotValid(reason=TOO_MANY)
        placed: dict[Path, int] = {}
        taken: set[int] = set()
        for path in sorted(wanted, key=len):
            number = tree.named(path) if path not in renamed else tree.named(renamed[path])
            if number is None or number in taken:
                number = None
            placed[path] = self._put(path, number, placed)
            taken.add(placed[path])
        return placed

    def _put(self, path: Path, number: int | None, placed: dict[Path, int]) -> int:
        parent = placed.get(path[:-1])
        if number is None:
            self._new -= 1
            number = self._new
            if len(self._categories) >= MOST_CATEGORIES:
                raise ClassesNotValid(reason=TOO_MANY)
            self._categories[number] = Category(number, path[-1], parent, position=self._children[parent])
            self._children[parent] += 1
        was = self._categories[number]
        if was.parent_id != parent:
            self._children[was.parent_id] -= 1
            self._children[parent] += 1
        changes: Json = {"name": path[-1], "parent_id": parent}
        before, after = self._before.get(path, ()), self._are.get(path, ())
        if after:
            if not before or before[0].color != after[0].color:
                changes["color"] = after[0].color if before or after[0].color else was.color
            if not before or before[0].score != after[0].score:
                changes["score"] = after[0].score if before or after[0].score is not None else was.score
        self._categories[number] = msgspec.structs.replace(was, **changes)
        return number

    def _rules(self, book: Rulebook) -> Iterator[Rule]:
        """Go through the rules: our own as they are, theirs as the list says now."""
        theirs: dict[int, list[Rule]] = {}
        for rule in book.rules.values():
            if rule.origin == "activitywatch" and rule.outcome.category_id is not None:
                theirs.setdefault(rule.outcome.category_id, []).append(rule)
            else:
                yield rule
        found: list[Rule] = []
        for path in [*self._are, *(path for path in self._placed if path not in self._are)]:
            number = self._placed[path]
            known = sorted(theirs.pop(number, []), key=lambda rule: -rule.position)
            entries, before = self._are.get(path, ()), self._before.get(path, ())
            if [_said(each) for each in entries] == [_said(each) for each in before]:
                found += known
            else:
                found += self._as_said(entries, number, known)
        found += [rule for left in theirs.values() for rule in left]
        # Of classes of one depth the later goes first.
        placed = {rule.id for rule in found}
        behind = 1 + max((each.position for each in book.rules.values() if each.id not in placed), default=-1)
        for place, rule in enumerate(reversed(found), behind):
            yield msgspec.structs.replace(rule, position=place)

    def _as_said(self, entries: Sequence[Class], number: int, known: list[Rule]) -> Iterator[Rule]:
        for entry in entries:
            if entry.regex is not None:
                self._new -= 1
                yield _rule_of(entry, number, known.pop(0) if known else None, Rule(self._new))


def _rule_of(entry: Class, number: int, was: Rule | None, new: Rule) -> Rule:
    condition = Condition("any", "pattern", entry.regex or "", entry.ignore_case)
    if was is not None and was.conditions == (condition,):
        return was
    return msgspec.structs.replace(
        new if was is None else was,
        priority=BELOW_OUR_OWN + len(entry.path),
        conditions=(condition,),
        outcome=Outcome(number) if was is None else was.outcome,
        origin="activitywatch",
    )


def _said(entry: Class) -> tuple[str | None, bool]:
    return entry.regex, entry.ignore_case and entry.regex is not None


def _by_path(classes: Sequence[Class]) -> dict[Path, tuple[Class, ...]]:
    found: dict[Path, list[Class]] = {}
    for each in classes:
        found.setdefault(each.path, []).append(each)
    return {path: tuple(each) for path, each in found.items()}


def _renamed(were: Sequence[Class], are: Sequence[Class], tree: CategoryTree) -> dict[Path, Path]:
    """Return the paths that a client renamed, by the new ones: all else of the entry there is the same."""
    new, old = {each.path for each in are}, {each.path for each in were}
    found: dict[Path, Path] = {}
    if len(were) != len(are):
        return found
    for was, is_ in zip(were, are, strict=True):
        moved = was.path != is_.path and was.path not in new and is_.path not in old
        free = tree.named(was.path) is not None and tree.named(is_.path) is None
        if moved and free and was[1:] == is_[1:]:
            found[is_.path] = was.path
    return found


class _Offer(NamedTuple):
    """What the list should say of a category, once for each rule of theirs."""

    path: Path
    rule: tuple[str, bool] | None
    color: str | None
    score: int | None


def _offers(book: Rulebook) -> dict[int, list[_Offer]]:
    theirs: dict[int, list[Rule]] = {}
    ours: dict[int, list[Rule]] = {}
    for rule in book.rules.values():
        number = rule.outcome.category_id
        if number is not None:
            (theirs if rule.origin == "activitywatch" else ours).setdefault(number, []).append(rule)
    found: dict[int, list[_Offer]] = {}
    for category in book.tree.all:
        path, number = book.tree.path(category.id), category.id
        rules = [regex_of(rule) for rule in sorted(theirs.get(number, []), key=lambda rule: -rule.position)]
        if not rules:
            rules = [_together([regex_of(rule) for rule in ours.get(number, [])])]
        found[number] = [_Offer(path, rule, category.color, category.score) for rule in rules]
    return found


def _together(regexes: Sequence[tuple[str, bool] | None]) -> tuple[str, bool] | None:
    """Return what our own rules say as one expression, as far as it can be said."""
    said = [each for each in regexes if each is not None]
    if len(said) < 2:
        return said[0] if said else None
    ignore = all(ignores for _, ignores in said)
    return "|".join(f"(?:{text})" if ignores == ignore else f"(?i:{text})" for text, ignores in said), ignore


def _regex(condition: Condition) -> tuple[str, bool] | None:
    if condition.negated or condition.field not in {"any", "app", "title", "url", "domain", "host", "path"}:
        return None
    if condition.form == "pattern":
        return condition.text, condition.ignore_case
    text = "".join(f"\\{letter}" if letter in r".\+*?()|[]{}^$" else letter for letter in condition.text)
    if condition.form == "words":
        return rf"\b{text}\b", True
    if condition.form == "equals" and condition.field not in {"app", "domain", "host"}:
        return f"^{text}$", True
    return text, True


def _updated(entry: Json, was: _Offer | None, is_: _Offer | None, after: Rulebook, number: int) -> Json:
    """Return an entry of theirs in which only that is another which an edit here changed."""
    if is_ is None:
        category = after.tree.require(number)
        is_ = _Offer(after.tree.path(number), None, category.color, category.score)
    found = dict(entry)
    if was is None or was.path != is_.path:
        found["name"] = list(is_.path)
    if was is not None and was.rule != is_.rule:
        found["rule"] = _rule_shape(is_)
    given = found.get("data")
    data = dict(given) if isinstance(given, dict) else {}
    if was is not None and was.color != is_.color:
        _set(data, "color", hex_of(is_.color))
    if was is not None and was.score != is_.score:
        _set(data, "score", _their_score(is_.score))
    if data or "data" in found:
        found["data"] = data if isinstance(given, dict) or data else given
    return found


def _entry(offer: _Offer) -> Json:
    data: Json = {}
    _set(data, "color", hex_of(offer.color))
    _set(data, "score", _their_score(offer.score))
    found: Json = {"name": list(offer.path), "rule": _rule_shape(offer)}
    return found | {"data": data} if data else found


def _rule_shape(offer: _Offer) -> Json:
    if offer.rule is None:
        return {"type": "none"}
    regex, ignore_case = offer.rule
    return {"type": "regex", "regex": regex, "ignore_case": ignore_case}


def _their_score(score: int | None) -> int | None:
    return None if score is None else {2: 10, -2: -10}.get(score, score)


def _set(data: Json, name: str, value: object) -> None:
    if value is None:
        data.pop(name, None)
    else:
        data[name] = value


def _numbered(entries: Sequence[Json], new: Sequence[Json]) -> list[Json]:
    """Put entries behind others, under numbers that are free."""
    used = [number for each in entries if type(number := each.get("id")) is int]
    return [*entries, *({"id": place} | each for place, each in enumerate(new, 1 + max(used, default=-1)))]
