"""Keywords: what the words of a host, a title or a path tell where the table knows neither app nor site."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from hourloom.activities.model.subject import Description
from hourloom.activities.shipped.reading import text_of, words_of

LONGEST_TEXT = 300
LONGEST_PHRASE = 4
LABEL, PHRASE, WORD, ENDING = 4, 3, 2, 2
"""What each kind of sign weighs against the others."""

_WORDS = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_ENDINGS = re.compile(r"[^\W_]\.([a-z0-9]{1,8})(?![\w./])")


class Keywords(NamedTuple):
    """The category of each sign."""

    labels: dict[str, str]
    words: dict[str, str]
    phrases: dict[str, dict[tuple[str, ...], str]]
    """By the first word."""
    endings: dict[str, str]

    def answer(self, description: Description) -> tuple[str, float] | None:
        """Return the category for which most signs speak, and how sure that is; nothing for a draw."""
        weights: Counter[str] = Counter()
        for key, weight in self._signs(description):
            weights[key] += weight
        if not weights:
            return None
        (first, most), *others = weights.most_common(2)
        if others and others[0][1] == most:
            return None
        return first, (0.6 if most < LABEL else 0.7) - (0.1 if others else 0.0)

    def _signs(self, description: Description) -> Iterator[tuple[str, int]]:
        # What is after the first dot of a host names somebody: shop.example sells, example.shop may not.
        label = description.host.removeprefix("www.").partition(".")[0]
        if label in self.labels and label != description.host.removeprefix("www."):
            yield self.labels[label], LABEL
        elif description.host in self.labels:
            yield self.labels[description.host], LABEL
        title = description.title[:LONGEST_TEXT].casefold()
        path = description.path[:LONGEST_TEXT].casefold()
        yield from self._in_text(title)
        yield from self._in_text(path)
        # The page of a site seldom is what its address ends with: /index.html is no programming.
        text = title if description.url else f"{title} {path}"
        for ending in set(_ENDINGS.findall(text)):
            if ending in self.endings:
                yield self.endings[ending], ENDING

    def _in_text(self, text: str) -> Iterator[tuple[str, int]]:
        words = _WORDS.findall(text)
        for word in set(words):
            if word in self.words:
                yield self.words[word], WORD
        for at, word in enumerate(words):
            for phrase, key in self.phrases.get(word, {}).items():
                if tuple(words[at : at + len(phrase)]) == phrase:
                    yield key, PHRASE


@lru_cache(maxsize=1)
def keywords() -> Keywords:
    """Return the keywords, read when they are first asked."""
    kinds: dict[str, dict[str, str]] = {"labels": {}, "words": {}, "endings": {}}
    phrases: dict[str, dict[tuple[str, ...], str]] = {}
    for section, heading, word in entries_of_keywords():
        key = sys.intern(section)
        if heading == "phrases":
            phrase = tuple(word.split("+"))
            phrases.setdefault(phrase[0], {})[phrase] = key
        else:
            kinds[heading][word] = key
    return Keywords(kinds["labels"], kinds["words"], phrases, kinds["endings"])


def entries_of_keywords() -> Iterator[tuple[str, str, str]]:
    """Yield the category, the kind and the sign of all keywords."""
    return words_of(text_of("keywords.txt"))
