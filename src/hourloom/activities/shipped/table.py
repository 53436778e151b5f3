"""The shipped table: which category an app, a site, or the name of a site in a title belongs to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from hourloom.activities.shipped.reading import text_of, words_of

SURE = 0.9
"""How sure the table is of an app or a site, unless it says otherwise."""


class Entry(NamedTuple):
    """What the table says of one app or site."""

    key: str
    confidence: float


class Table(NamedTuple):
    """All that is known."""

    apps: dict[str, Entry]
    """By identity."""
    families: tuple[tuple[str, Entry], ...]
    """Apps whose identity begins with a text."""
    sites: dict[str, Entry]
    """By registrable domain, host, or either with the beginning of a path."""
    hosts: dict[str, Entry]
    """By host, where the hosts below it are something else: mail.yahoo.com is no news."""
    names: dict[str, Entry]
    """By the name that a site gives itself in titles, its words joined by hyphens."""

    def of_app(self, identity: str) -> Entry | None:
        """Return what is said of an app."""
        found = self.apps.get(identity)
        if found is None:
            found = next((entry for start, entry in self.families if identity.startswith(start)), None)
        return found

    def of_site(self, host: str, path: str) -> Entry | None:
        """Return what is said of a page: by the longest that fits.

        docs.google.com/document/d/1   is looked for as  docs.google.com/document, docs.google.com,
                                       google.com/document, google.com, com
        """
        ends, asked = _beginnings(path), host.removeprefix("www.")
        while host:
            for end in ends:
                found = self.sites.get(host + end)
                if found is not None:
                    return found
            host = host.partition(".")[2]
        return self.hosts.get(asked)


@lru_cache(maxsize=1)
def table() -> Table:
    """Return the table, read when it is first asked."""
    apps: dict[str, Entry] = {}
    families: list[tuple[str, Entry]] = []
    kinds: dict[str, dict[str, Entry]] = {"apps": apps, "sites": {}, "hosts": {}, "names": {}}
    entries: dict[tuple[str, str], Entry] = {}
    for section, heading, word in entries_of_table():
        kind, _, how = heading.partition(" ")
        confidence = float(how) if how and how != "*" else SURE
        entry = entries.setdefault((section, heading), Entry(sys.intern(section), confidence))
        if how == "*":
            families.append((word.removesuffix("*"), entry))
        else:
            kinds[kind][word] = entry
    return Table(apps, tuple(families), kinds["sites"], kinds["hosts"], kinds["names"])


def entries_of_table() -> Iterator[tuple[str, str, str]]:
    """Yield the category, the kind and the word of all entries."""
    return words_of(text_of("table.txt"))


def _beginnings(path: str) -> list[str]:
    parts = [part for part in path.split("/", 3)[:3] if part]
    return ["/" + "/".join(parts[:end]) for end in range(len(parts), 0, -1)] + [""]
