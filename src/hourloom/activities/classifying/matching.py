"""Find which conditions of rules a subject meets, asking each text once however many rules there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from hourloom.activities.classifying.patterns import PatternSet, quoted
from hourloom.activities.model.rule import Condition, Field
from hourloom.activities.model.subject import Description
from hourloom.core.apps import app_identity
from hourloom.core.urls import ascii_host

MOST_REMEMBERED, LONGEST_REMEMBERED = 2_000, 200
"""Texts, and characters of each, whose conditions are remembered for each field: about a megabyte."""

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
        for place, condition in asked:
            if condition.form == "equals":
                self._add_equal(field, place, condition)
            elif condition.form == "pattern":
                exact.append((place, pattern_of(condition)))
            else:
                folded.append((place, pattern_of(condition)))
                if condition.form == "words":
                    self._words[place] = words_of(condition.text)
        self._folded = _Places(folded) if folded else None
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
            found += self._exact.in_(text)
        return found

    def _domains(self, host: str) -> Iterable[int]:
        while host:
            yield from self._within.get(host, ())
            host = host.partition(".")[2]


class _Places:
    """Patterns with the places of their conditions."""

    def __init__(self, patterns: Sequence[tuple[int, str]]) -> None:
        self._places = [place for place, _ in patterns]
        self._set = PatternSet([pattern for _, pattern in patterns])

    def in_(self, text: str) -> list[int]:
        """Return the places of those that a text holds."""
        return [self._places[found] for found in self._set.found_in(text)]


def pattern_of(condition: Condition) -> str:
    """Return a condition as a pattern; other forms than patterns are for texts in small letters."""
    if condition.form == "pattern":
        return ("(?i)" if condition.ignore_case else "") + condition.text
    if condition.form == "words":
        return quoted(words_of(condition.text))
    return quoted(condition.text.casefold())


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
