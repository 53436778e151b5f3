"""Patterns that users write, looked for by RE2: in time linear in the text, within bounds of memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    import re2

MEMORY_OF_A_PATTERN = 256 * 1024
"""Bytes that RE2 may use for one pattern: one that repeats a repetition thousands of times is refused."""
MEMORY_OF_A_SET = 8 * 1024 * 1024
MOST_STEPS = 10_000
"""To which all patterns together may be compiled: a text made to be slow takes some 5 ms for a thousand."""
MOST_LETTERS = 500
"""Of a text that patterns look at."""
STEPS_OF_A_FAULTY_ONE = 10
"""For the work to find out that a pattern cannot be used."""

_SLOW = {
    "(?=": "look-ahead",
    "(?!": "look-ahead",
    "(?<": "look-behind",
    "(?P": "back-references",
    "(?>": "atomic groups",
    "(?(": "conditions on groups",
}


_OF_GROUPS = {
    "missing )": r"nothing closes this '('; for the character itself write \(",
    "unexpected )": r"this ')' closes nothing; for the character itself write \)",
}
_ADVICE = {
    "missing ]": r"for the character itself write \[",
    "no argument for repetition operator": "something to repeat comes before it; for the character "
    "itself put a backslash before it",
    "invalid repetition size": "the smaller number comes first, and repetitions within one another "
    "come to 1,000 at most",
    "bad repetition operator": "one repetition after another, or a possessive one, is not there in RE2",
    "invalid escape sequence": r"RE2 does not know it; the end of the text is \z",
    "invalid character class range": "RE2 knows no such characters",
}
"""What can be done about what RE2 complains of."""


class PatternFault(msgspec.Struct, frozen=True):
    """Why a pattern cannot be used, and at which of its characters, counted from 1."""

    reason: str
    position: int | None


class Finder(Protocol):
    """Looks for something in texts."""

    def search(self, text: str, /) -> object | None:
        """Return something where it is found anywhere in a text."""
        ...


class Pattern(Finder, Protocol):
    """A compiled pattern."""

    @property
    def programsize(self) -> int:
        """Return how many steps it is compiled to."""
        ...


def compiled(pattern: str) -> Pattern | PatternFault:
    """Return a pattern ready to be looked for, or why it cannot be used."""
    import re2  # noqa: PLC0415 - it takes 2 MiB that a server without rules can do without

    try:
        return _compiled(pattern)
    except re2.error as error:
        return _explained(pattern, _text_of(error))
    except UnicodeError:
        return PatternFault("it holds half of a surrogate pair, which is no character", None)


@lru_cache(maxsize=256)
def fault_of(pattern: str) -> PatternFault | None:
    """Return why a pattern cannot be used; None where it can."""
    found = compiled(pattern)
    return found if isinstance(found, PatternFault) else None


@lru_cache(maxsize=2_048)
def size_of(pattern: str) -> int:
    """Return how many steps a pattern is compiled to; some where it cannot be used."""
    import re2  # noqa: PLC0415 - as above

    try:
        return _compiled(pattern).programsize
    except (re2.error, UnicodeError):
        return STEPS_OF_A_FAULTY_ONE


def forget_patterns() -> None:
    """Drop the patterns that are remembered: some were erased."""
    fault_of.cache_clear()
    size_of.cache_clear()


def quoted(text: str) -> str:
    """Return the pattern that finds just a text."""
    import re2  # noqa: PLC0415 - as above

    return str(re2.escape(text))


class PatternSet:
    """Many patterns looked for at once, in one pass over a text."""

    def __init__(self, patterns: Sequence[str], texts: Sequence[str] = ()) -> None:
        """Make ready patterns; where they stand for plain texts, these are given as well."""
        self._patterns, self._alone = list(patterns), list[Finder](map(_Text, texts))
        self._set = _set_of([*patterns, _ALWAYS])
        self._always = len(patterns)

    def found_in(self, text: str) -> list[int]:
        """Return the places of the patterns that a text holds."""
        try:
            found: list[int] | None = self._set.Match(text) if self._set else None
        except UnicodeError:
            return []
        if found and self._always in found:
            found.remove(self._always)
            return found
        return [place for place, pattern in enumerate(self._one_by_one()) if pattern.search(text)]

    def _one_by_one(self) -> list[Finder]:
        """Return the patterns each for itself, for a text at which the set ran out of memory."""
        if not self._alone:
            each = (compiled(pattern) for pattern in self._patterns)
            self._alone = [_NEVER if isinstance(one, PatternFault) else one for one in each]
        return self._alone


_ALWAYS = ""
"""Found in every text: its absence from an answer shows that the set gave up."""


class _Text:
    """A plain text, which is found faster than its pattern."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def search(self, text: str, /) -> object | None:
        return self if self._text in text else None


class _Never:
    def search(self, _text: str, /) -> object | None:
        return None


_NEVER = _Never()


def _compiled(pattern: str) -> Pattern:
    import re2  # noqa: PLC0415 - as above

    found: Pattern = re2.compile(pattern, _options(MEMORY_OF_A_PATTERN))
    return found


def _set_of(patterns: Sequence[str]) -> re2.Set | None:
    import re2  # noqa: PLC0415 - as above

    together = re2.Set.SearchSet(_options(MEMORY_OF_A_SET))
    try:
        for pattern in patterns:
            together.Add(pattern)
        together.Compile()
    except (re2.error, UnicodeError):
        return None
    return together


def _options(memory: int) -> re2.Options:
    import re2  # noqa: PLC0415 - as above

    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory
    return options


def _text_of(error: Exception) -> str:
    reason: str | bytes = error.args[0]
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


def _explained(pattern: str, text: str) -> PatternFault:
    said, _, where = text.partition(": ")
    position = _place_of(pattern, where, text)
    if said == "invalid perl operator" and where[:3] in _SLOW:
        return PatternFault(
            f"RE2 has no {_SLOW[where[:3]]} ('{where[:20]}'), which can take for ever", position
        )
    if said == "invalid escape sequence" and where[1:].isdigit():
        return PatternFault(f"RE2 has no back-references ('{where[:20]}'), which can take for ever", position)
    if said in _OF_GROUPS:
        place = _open_or_stray(pattern)
        return PatternFault(f"{said}: {_OF_GROUPS[said]}", position if place is None else place + 1)
    advice = _ADVICE.get(said)
    return PatternFault(text[:200] if advice is None else f"{text[:200]} ({advice})", position)


def _open_or_stray(pattern: str) -> int | None:
    """Return where the bracket is that no other closes or opens."""
    opened, in_class, at = list[int](), False, 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 1
        elif in_class:
            in_class = letter != "]"
        elif letter == "[":
            in_class = True
            # What comes first in a class does not close it.
            at += next((len(first) for first in ("]", "^]") if pattern.startswith(first, at + 1)), 0)
        elif letter == "(":
            opened.append(at)
        elif letter == ")":
            if not opened:
                return at
            opened.pop()
        at += 1
    return opened[-1] if opened else None


def _place_of(pattern: str, part: str, text: str) -> int | None:
    """Return where in a pattern the part begins that RE2 complains of, by asking it of ever more."""
    import re2  # noqa: PLC0415 - as above

    if part == "(?P":
        # It complains of all that begin so and name no group.
        part = next((each for each in ("(?P=", "(?P>") if each in pattern), part)
    if not part or part not in pattern:
        return None
    at = pattern.find(part)
    for _ in range(100):
        try:
            re2.compile(pattern[: at + len(part)], _options(MEMORY_OF_A_PATTERN))
        except re2.error as error:
            if _text_of(error) == text:
                break
        further = pattern.find(part, at + 1)
        if further < 0:
            break
        at = further
    return at + 1
