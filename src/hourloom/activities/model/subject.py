"""What an activity was about, before and after its texts are looked at."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

NOTHING = 0
"""Stands for no payload."""


class Subject(NamedTuple):
    """What an activity was about, by number: rules and names are looked up once for each."""

    window: int
    """The payload of the window, or `NOTHING`."""
    detail: int
    """The payload of what was open in it, a page or a file, or `NOTHING`."""
    device: int
    mark: int = 0
    """The mark that says something about the time, or 0."""


class Description(msgspec.Struct, frozen=True):
    """A subject in words, as rules and reports see it; a text that is not known is empty."""

    device: str
    """The name of the device."""
    app: str
    """One word for the program, whatever its window system calls it."""
    app_name: str
    """The program as its watcher named it."""
    title: str
    """Of the page or file where there is one, else of the window."""
    url: str
    domain: str
    """The registrable domain of the URL: `bbc.co.uk` of `https://news.bbc.co.uk/x`."""
    host: str
    path: str
    """The path of the URL, or of the file in an editor."""
    project: str
    """The project that an editor named."""
    language: str
    """The programming language that an editor named."""
    audible: bool
    """Whether it plays sound."""
    private: bool
    """Whether it is a private window."""
