"""Regular expressions that users write, run in time linear in the text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from hourloom.tracking.query.errors import QueryFunctionError

if TYPE_CHECKING:
    import re2

_ALWAYS = ""
"""A pattern that matches everything: its absence from an answer shows that the set gave up."""

_SLOW = {
    "(?=": "look-ahead",
    "(?!": "look-ahead",
    "(?<": "look-behind",
    "(?P": "back-references",
    "(?>": "atomic groups",
}


class Pattern(Protocol):
    """A compiled regular expression."""

    def search(self, text: str) -> object | None:
        """Return something if the pattern is found anywhere in the text."""
        ...


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, *, ignore_case: bool = False) -> Pattern:
    """Compile a pattern, or say what in it cannot be used."""
    import re2  # noqa: PLC0415 - it takes 2 MiB, which a server that is asked nothing can do without

    options = re2.Options()
    options.log_errors = False
    try:
        compiled: Pattern = re2.compile(flagged(pattern, ignore_case=ignore_case), options)
    except re2.error as error:
        raise QueryFunctionError(_refusal(pattern, error)) from None
    return compiled


def flagged(pattern: str, *, ignore_case: bool) -> str:
    """Return the pattern with its flags written into it."""
    return "(?i)" + pattern if ignore_case else pattern


def _refusal(pattern: str, error: Exception) -> str:
    shown = pattern if len(pattern) <= 80 else pattern[:80] + "…"
    return f"The pattern '{shown}' cannot be used: {_explained(error)}."


def _explained(error: Exception) -> str:
    reason: str | bytes = error.args[0]
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    where = text.partition(": ")[2]
    if text.startswith("invalid perl operator") and where[:3] in _SLOW:
        return f"{_SLOW[where[:3]]} ('{where}') would make matching slow"
    if text.startswith("invalid escape sequence") and where[1:].isdigit():
        return f"back-references ('{where}') would make matching slow"
    return text


class PatternSet:
    """Many patterns looked for at once, in one pass over the text."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [compile_pattern(pattern) for pattern in patterns]
        self._set = _compiled_set(tuple(patterns))
        self._always = len(patterns)

    def found_in(self, text: str) -> list[int]:
        """Return the indices of the patterns that the text contains."""
        found: list[int] | None = self._set.Match(text) if self._set else None
        if found and self._always in found:
            found.remove(self._always)
            return found
        return [index for index, pattern in enumerate(self._patterns) if pattern.search(text)]


@lru_cache(maxsize=16)
def _compiled_set(patterns: tuple[str, ...]) -> re2.Set | None:
    """Return the set, or nothing if the patterns are too large to be searched for together."""
    import re2  # noqa: PLC0415 - see above

    options = re2.Options()
    options.log_errors = False
    together = re2.Set.SearchSet(options)
    try:
        for pattern in (*patterns, _ALWAYS):
            together.Add(pattern)
        together.Compile()
    except re2.error:
        return None
    return together
