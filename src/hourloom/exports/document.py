"""What a document shows, from top to bottom."""

from __future__ import annotations

from typing import Literal

import msgspec

from hourloom.exports.model import Page

MOST_IN_DOCUMENT = 2_000
"""So many rows of one table a document shows; whoever wants more wants another format."""


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A paragraph."""

    text: str
    style: Literal["plain", "heading", "note"] = "plain"


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """A few values that matter most, each under its name."""

    facts: list[tuple[str, str]]


class Series(msgspec.Struct, frozen=True):
    """One part of each stack."""

    name: str
    color: str
    values: list[int]


class Stacks(msgspec.Struct, frozen=True, tag="stacks"):
    """A stack of durations for each of some days."""

    title: str
    labels: list[str]
    series: list[Series]


class Bars(msgspec.Struct, frozen=True, tag="bars"):
    """A bar for each of some durations: name, colour, duration, share."""

    title: str
    bars: list[tuple[str, str, int, float]]


class Heat(msgspec.Struct, frozen=True, tag="heat"):
    """How full the hours of weekdays were: a share of the hour for each."""

    title: str
    rows: list[str]
    columns: list[str]
    values: list[list[float]]


class Listing(msgspec.Struct, frozen=True, tag="listing"):
    """A table in words."""

    title: str
    heads: list[str]
    rows: list[list[str]]
    numeric: list[bool]
    """Which columns stand to the right."""
    left_out: int = 0
    """How many rows more there are."""


Section = Text | Facts | Stacks | Bars | Heat | Listing


class Document(msgspec.Struct, frozen=True):
    """What a printed page shows, from top to bottom."""

    title: str
    subtitle: str
    language: str
    page: Page
    sections: list[Section]
    words: dict[str, str] = {}
    """What the pages themselves say: `page` and `left_out`."""
