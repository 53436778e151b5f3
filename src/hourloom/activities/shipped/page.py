"""The table of docs/shipped-categories.md: `python -m hourloom.activities.shipped.page` prints it."""

from __future__ import annotations

import sys
from collections import Counter

from hourloom.activities.shipped.keywords import entries_of_keywords
from hourloom.activities.shipped.table import entries_of_table
from hourloom.activities.shipped.tree import DefaultCategory, default_tree

HEAD = (
    "| Category | Score | Focus | Interrupts | Apps | Sites | Words |",
    "|---|---|---|---|---|---|---|",
)


def table() -> str:
    """Return all categories with how much is known of each, in Markdown."""
    known = Counter((section, heading.split()[0]) for section, heading, _ in entries_of_table())
    words = Counter(section for section, _, _ in entries_of_keywords())
    lines = [*HEAD]
    for each in default_tree():
        sites = known[each.key, "sites"] + known[each.key, "hosts"]
        counts = [known[each.key, "apps"], sites, words[each.key]]
        name = f"**{each.name}**" if each.parent is None else f"{_above(each)} > {each.name}"
        cells = [name, _score(each.score), _flag(each.focus), _flag(each.interrupts), *map(_count, counts)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _above(category: DefaultCategory) -> str:
    return next(each.name for each in default_tree() if each.key == category.parent)


def _score(score: int | None) -> str:
    return "unset" if score is None else f"{score:+}" if score else "0"


def _flag(flag: bool | None) -> str:  # noqa: FBT001 - it is what is written
    return {True: "yes", False: "no", None: "by score"}[flag]


def _count(count: int) -> str:
    return str(count) if count else "-"


if __name__ == "__main__":
    sys.stdout.write(table())
