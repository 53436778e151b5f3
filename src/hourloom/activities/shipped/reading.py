"""Read the shipped text files: sections in brackets, headings in them, words below each heading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def text_of(name: str) -> str:
    """Return a file of this package."""
    return (Path(__file__).parent / name).read_text("utf-8")


def words_of(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield section, heading and each word.

    [work.design]
    apps
        gimp krita        gives  (work.design, apps, gimp), (work.design, apps, krita)
    """
    section = heading = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif not line.startswith(" "):
            heading = line
        else:
            for word in line.split():
                yield section, heading, word
