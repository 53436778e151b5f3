"""Which activities are meant, and how that is written in an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar, get_args

import msgspec

from hourloom.activities.model.verdict import Source
from hourloom.core.errors import Invalid

Exactness = Literal["category", "tags", "title"]
Value = TypeVar("Value", int, str)

MOST_VALUES = 200
LONGEST_TEXT = 1_000
NONE = "none"
"""Written for activities that have no category, project, tag, score or domain."""


class FilterNotValid(Invalid):
    """'{text}' is not valid for the filter {name}: {reason}."""


class Filter(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which activities are meant: those that meet everything given; of several values, any."""

    categories: tuple[int | None, ...] | None = None
    """Those, or below them; None has no category."""
    projects: tuple[int | None, ...] | None = None
    tags: tuple[int | None, ...] | None = None
    """One of those; None has no tag."""
    apps: tuple[str, ...] | None = None
    """As `app_identity` calls them."""
    domains: tuple[str, ...] | None = None
    """Registrable domains; the empty one stands for what has none."""
    devices: tuple[int, ...] | None = None
    scores: tuple[int | None, ...] | None = None
    sources: tuple[str, ...] | None = None
    title: str | None = None
    """Words that the title holds, each at any place, whatever their case."""
    unassigned: bool | None = None
    """Whether it has no category."""
    exact: tuple[Exactness, ...] = ()
    """Of what just that is meant: a category without those below it, a set of tags, a whole title."""

    @property
    def is_empty(self) -> bool:
        """Return whether everything is meant."""
        return self == EVERYTHING


EVERYTHING = Filter()

_NUMBERS = {"category": "categories", "project": "projects", "tag": "tags", "score": "scores"}
_WORDS = {"app": "apps", "domain": "domains", "source": "sources"}
SCORES = ("-2", "-1", "0", "1", "2")
SOURCES: tuple[str, ...] = get_args(Source)
PARAMETERS = (*_NUMBERS, "device", *_WORDS, "title", "unassigned", "exact")
"""The names of a filter's parameters in an address."""


def filter_of(parameters: Mapping[str, str]) -> Filter:
    r"""Read a filter from parameters of an address; those that are empty say nothing.

    Several values are divided by commas; a comma within a word is written `\,`.
    """
    given = {name: text for name, text in parameters.items() if text and name in PARAMETERS}
    fields: dict[str, object] = {}
    for name, text in given.items():
        if len(text) > LONGEST_TEXT * 4:
            raise FilterNotValid(name=name, text=text[:40], reason="it is too long")
        if name in _NUMBERS:
            fields[_NUMBERS[name]] = _numbers(name, text)
        elif name == "device":
            fields["devices"] = tuple(n for n in _numbers(name, text) if n is not None)
        elif name in _WORDS:
            fields[_WORDS[name]] = _sources(name, text) if name == "source" else values_of(name, text)
        elif name == "title":
            fields["title"] = text[:LONGEST_TEXT]
        elif name == "unassigned":
            fields["unassigned"] = _yes_or_no(name, text)
        else:
            fields["exact"] = _exactness(name, text)
    if "title" in fields.get("exact", ()) and "title" not in fields:  # type: ignore[operator]  # a tuple
        fields["title"] = ""
    return Filter(**fields)  # type: ignore[arg-type]  # each was just made as its field wants it


def parameters_of(where: Filter) -> dict[str, str]:
    """Write a filter as parameters of an address, from which `filter_of` reads the same."""
    written: dict[str, str] = {}
    for name, field in (_NUMBERS | {"device": "devices"}).items():
        numbers = getattr(where, field)
        if numbers is not None:
            written[name] = ",".join(NONE if number is None else str(number) for number in numbers)
    for name, field in _WORDS.items():
        words = getattr(where, field)
        if words is not None:
            written[name] = ",".join(words if name == "source" else map(escaped, words))
    if where.title is not None:
        written["title"] = where.title
    if where.unassigned is not None:
        written["unassigned"] = "true" if where.unassigned else "false"
    if where.exact:
        written["exact"] = ",".join("tag" if each == "tags" else each for each in where.exact)
    return written


def words_of(name: str, text: str) -> tuple[str, ...]:
    """Return the values that a parameter gives."""
    return tuple(word.strip() for word in _several(name, text))


def _numbers(name: str, text: str) -> tuple[int | None, ...]:
    def number(word: str) -> int | None:
        if word == NONE:
            return None
        if name == "score" and word.removeprefix("+") not in SCORES:
            raise FilterNotValid(name=name, text=word[:40], reason=f"write {', '.join(SCORES)}, or none")
        word = word.removeprefix("+") if name == "score" else word
        if not word.removeprefix("-").isascii() or not word.removeprefix("-").isdecimal() or len(word) > 18:
            raise FilterNotValid(name=name, text=word[:40], reason="write numbers such as 3,7, or none")
        return int(word)

    return _each(name, text, number)


def values_of(name: str, text: str) -> tuple[str, ...]:
    r"""Return the words that a parameter gives; `none` is the empty one, and `\none` that word itself."""
    found = ("" if bare == NONE else word for word, bare in _divided(name, text))
    return tuple(dict.fromkeys(found))


def _sources(name: str, text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in _several(name, text))
    for word in words:
        if word not in SOURCES:
            raise FilterNotValid(name=name, text=word[:40], reason=f"write {', '.join(SOURCES)}")
    return words


def _each(name: str, text: str, read: Callable[[str], int | None]) -> tuple[int | None, ...]:
    return tuple(dict.fromkeys(read(word.strip()) for word in _several(name, text)))


def _several(name: str, text: str) -> tuple[str, ...]:
    """Divide a text at its commas, but for those behind a backslash."""
    return tuple(dict.fromkeys(word for word, _ in _divided(name, text)))


def _divided(name: str, text: str) -> list[tuple[str, str]]:
    """Return the parts of a text, as they are meant and as they are written."""
    words, word, written, escaped = list[tuple[str, str]](), "", "", False
    for character in text:
        if not escaped and character == ",":
            words.append((word, written))
            word = written = ""
            continue
        written += character
        if escaped or character != "\\":
            word, escaped = word + character, False
        else:
            escaped = True
    words.append((word, written))
    if len(words) > MOST_VALUES:
        raise FilterNotValid(name=name, text=text[:40], reason=f"at most {MOST_VALUES} values can be given")
    return words


def escaped(word: str) -> str:
    """Write one value of several."""
    if word in {"", NONE}:
        return "\\none" if word else NONE
    return word.replace("\\", "\\\\").replace(",", "\\,")


def _yes_or_no(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise FilterNotValid(name=name, text=text[:40], reason="write true or false")
    return text == "true"


def _exactness(name: str, text: str) -> tuple[Exactness, ...]:
    named: dict[str, Exactness] = {"category": "category", "tag": "tags", "title": "title"}
    words = _several(name, text)
    if not set(words) <= set(named):
        raise FilterNotValid(name=name, text=text[:40], reason="write category, tag or title")
    return tuple(sorted(named[word] for word in words))
