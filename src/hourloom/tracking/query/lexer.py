"""Cut the text of a query into tokens."""

from __future__ import annotations

import re

import msgspec

from hourloom.tracking.query.errors import QueryParseError
from hourloom.tracking.query.syntax import place_in

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|\#[^\n]*)
  | (?P<string>"(?:\\"|[^"])*+"|'(?:\\'|[^'])*+')
  | (?P<number>[0-9]+(?:\.[0-9]*)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<mark>==|[=+\-*/%()\[\]{},:;])
    """,
    re.VERBOSE,
)


class Token(msgspec.Struct, frozen=True):
    """A word of the language: kind is string, number, name, mark or end."""

    kind: str
    text: str
    at: int
    on_new_line: bool

    @property
    def shown(self) -> str:
        """Return the token as a message should show it."""
        return "the end of the query" if self.kind == "end" else f"'{self.text[:40]}'"


def line_starts_of(text: str) -> tuple[int, ...]:
    """Return the offset at which each line of a text begins."""
    return (0, *(newline.end() for newline in re.finditer("\n", text)))


def tokens_of(text: str) -> list[Token]:
    """Cut a query into tokens, the last of which is its end."""
    tokens: list[Token] = []
    at, on_new_line = 0, True
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _unreadable(text, at)
        kind, word = found.lastgroup or "", found.group()
        if kind == "blank":
            on_new_line = on_new_line or "\n" in word
        else:
            tokens.append(Token(kind, word, at, on_new_line))
            on_new_line = False
        at = found.end()
    tokens.append(Token("end", "", at, True))
    return tokens


def unquoted(quoted: str) -> str:
    """Return what a string literal says.

    Only the escaped quote is unescaped: every other backslash stays, because clients write their
    regular expressions that way.
    """
    quote = quoted[0]
    return quoted[1:-1].replace("\\" + quote, quote)


def _unreadable(text: str, at: int) -> QueryParseError:
    line, column = place_in(line_starts_of(text), at)
    if text[at] in "\"'":
        return QueryParseError(f"this string is not closed by another {text[at]}.", line, column)
    return QueryParseError(f"the character {text[at]!r} has no meaning here.", line, column)
