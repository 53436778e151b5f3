"""Find which conditions of rules a subject meets, asking each text once however many rules there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from hourloom.activities.classifying.patterns import MOST_LETTERS, MOST_STEPS, PatternSet, quoted, size_of
from hourloom.activities.model.rule import Condition, Field, Rule
from hourloom.activities.model.subject import Description
from hourloom.core.apps import app_identity
from hourloom.core.urls import ascii_host

MOST_REMEMBERED, LONGEST_REMEMBERED = 2_000, 200
"""Texts, and characters of each, whose conditions are remembered for each field: about a megabyte."""

LETTERS_OF_A_STEP = 20
"""So many letters of a text that is looked for count as one step of a pattern."""

_WITHIN_ANY: tuple[Field, ...] = ("app", "title", "url", "path")
_FEW: frozenset[Field] = frozenset({"app", "host", "domain", "project", "language", "device"})
"""Fields that say the same over and over."""

Hits = tuple[int, ...]


class Matcher:
    """Conditions on texts made ready to be looked for; each is known by its place."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        asked: dict[Field, list[tuple[int, Condition]]] = defaultdict(list)
        for place, condition in enumerate(conditions):
            fields = _WITHIN_ANY if condition.field == "any" else (condition.field,)
            for field in fields:
                asked[field].append((place, condition))
        self._fields = [
            (read, matcher)
            for field, found in asked.items()
            for matcher in [_FieldMatcher(field, found)]
            for read in _READ.get(field, (attrgetter(field),))
        ]

    def hits(self, described: Description) -> Hits:
        """Return the places of the conditions that are met, in ascending order."""
        found: list[int] = []
        for read, matcher in self._fields:
            text = read(described)
            if text:
                found += matcher.hits(text)
        return tuple(sorted(set(found))) if len(found) > 1 else tuple(found)

    def forget(self) -> None:
        """Drop the texts that are remembered."""
        for _, matcher in self._fields:
            matcher.known = {}


_READ: dict[Field, tuple[Callable[[Description], str], ...]] = {
    "app": (attrgetter("app_name"), lambda it: "" if it.app == it.app_name else it.app),
    "domain": (lambda it: it.host or it.domain,),
}
"""What a condition looks at where that is more than one field of its name."""


class _FieldMatcher:
    """The conditions on one field."""

    def __init__(self, field: Field, asked: Sequence[tuple[int, Condition]]) -> None:
        self.known: dict[str, Hits] = {}
        self._few = field in _FEW
        self._equal: dict[str, list[int]] = defaultdict(list)
        self._within: dict[str, list[int]] = defaultdict(list)
        self._words: dict[int, str] = {}
        folded: list[tuple[int, str]] = []
        exact: list[tuple[int, str]] = []
        texts: list[str] = []
        for place, condition in asked:
            if condition.form == "equals":
                self._add_equal(field, place, condition)
            elif condition.form == "pattern":
                exact.append((place, pattern_of(condition)))
            else:
                folded.append((place, pattern_of(condition)))
                texts.append(folded_text(condition))
                if condition.form == "words":
                    self._words[place] = words_of(condition.text)
        self._folded = _Places(folded, texts) if folded else None
        self._exact = _Places(exact) if exact else None

    def hits(self, text: str) -> Sequence[int]:
        """Return the places of the conditions that a text meets."""
        if not self._few:
            return self._found(text)
        found = self.known.get(text)
        if found is None:
            found = tuple(self._found(text))
            if len(text) <= LONGEST_REMEMBERED:
                if len(self.known) >= MOST_REMEMBERED:
                    self.known = {}
                self.known[text] = found
        return found

    def _add_equal(self, field: Field, place: int, condition: Condition) -> None:
        if field == "domain":
            self._within[ascii_host(condition.text.removeprefix("*."))].append(place)
            return
        self._equal[condition.text.casefold()].append(place)
        identity = app_identity(condition.text)
        if field == "app" and condition.field == "app" and identity != condition.text.casefold():
            self._equal[identity].append(place)

    def _found(self, text: str) -> list[int]:
        found: list[int] = []
        folded = text.casefold()
        if self._equal:
            found += self._equal.get(folded, ())
        if self._within:
            found += self._domains(text)
        if self._folded is not None:
            for place in self._folded.in_(folded):
                words = self._words.get(place)
                if words is None or holds_words(folded, words):
                    found.append(place)
        if self._exact is not None:
            found += self._exact.in_(text[:MOST_LETTERS])
        return found

    def _domains(self, host: str) -> Iterable[int]:
        while host:
            yield from self._within.get(host, ())
            host = host.partition(".")[2]


class _Places:
    """Patterns with the places of their conditions."""

    def __init__(self, patterns: Sequence[tuple[int, str]], texts: Sequence[str] = ()) -> None:
        self._places = [place for place, _ in patterns]
        self._set = PatternSet([pattern for _, pattern in patterns], texts)

    def in_(self, text: str) -> list[int]:
        """Return the places of those that a text holds."""
        return [self._places[found] for found in self._set.found_in(text)]


def pattern_of(condition: Condition) -> str:
    """Return a condition as a pattern; other forms than patterns are for texts in small letters."""
    if condition.form == "pattern":
        return ("(?i)" if condition.ignore_case else "") + condition.text
    return quoted(folded_text(condition))


def folded_text(condition: Condition) -> str:
    """Return what a condition of another form than patterns looks for in texts in small letters."""
    return words_of(condition.text) if condition.form == "words" else condition.text.casefold()


def has_room(rules: Iterable[Rule], left: int = MOST_STEPS) -> int | None:
    """Return how many steps are left besides all that rules look for; None where that is too much."""
    known: set[tuple[Field, str, str, bool]] = set()
    for rule in rules:
        for condition in rule.conditions:
            what = condition.field, condition.form, condition.text, condition.ignore_case
            if what in known:
                continue
            known.add(what)
            left -= steps_of(condition)
            # What is beyond is not even compiled.
            if left < 0:
                return None
    return left


def steps_of(condition: Condition) -> int:
    """Return how much work a condition makes, in steps of patterns."""
    steps = 1 + len(condition.text) // LETTERS_OF_A_STEP
    return max(steps, size_of(pattern_of(condition))) if condition.form == "pattern" else steps


def words_of(text: str) -> str:
    """Return words as they are looked for."""
    return " ".join(text.casefold().split())


def holds_words(text: str, words: str) -> bool:
    """Return whether a text in small letters holds words as a whole.

    "git" is in "my git log" and in "git: log", not in "github"
    """
    at = text.find(words)
    while at >= 0:
        end = at + len(words)
        before = at > 0 and text[at - 1].isalnum() and words[0].isalnum()
        behind = end < len(text) and text[end].isalnum() and words[-1].isalnum()
        if not before and not behind:
            return True
        at = text.find(words, at + 1)
    return False
