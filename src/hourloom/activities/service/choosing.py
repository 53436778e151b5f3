"""Which activities a filter means, and by what they are grouped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from hourloom.activities.model.category import CategoryTree
from hourloom.activities.model.filter import Filter
from hourloom.activities.model.lane import Key, KeyValue
from hourloom.activities.model.subject import Description
from hourloom.activities.model.verdict import Verdict

IN_NAMES = frozenset({"app", "app_name", "domain"})
"""Keys for which the names of program and site are looked at."""

InWords = Literal["none", "names", "all"]

# Both are given the number of the device, what was decided, and the texts where they are asked for.
Passes = Callable[[int, Verdict, Description | None], bool]
KeyOf = Callable[[int, Verdict, Description | None], tuple[KeyValue, ...]]


def needs_words(keys: Sequence[Key], where: Filter | None) -> InWords:
    """Return whether the texts of subjects must be looked at, and whether the titles among them."""
    if "title" in keys or (where is not None and where.title is not None):
        return "all"
    asked = where is not None and (where.apps is not None or where.domains is not None)
    return "names" if asked or not IN_NAMES.isdisjoint(keys) else "none"


def key_of(keys: Sequence[Key], tree: CategoryTree) -> KeyOf:
    """Return what gives an activity its values for some keys."""
    parts = [_part(key, tree) for key in keys]
    if len(parts) == 1:
        (only,) = parts
        return lambda device, verdict, words: (only(device, verdict, words),)
    return lambda device, verdict, words: tuple(part(device, verdict, words) for part in parts)


def _part(key: Key, tree: CategoryTree) -> Callable[[int, Verdict, Description | None], KeyValue]:
    parts: Mapping[Key, Callable[[int, Verdict, Description | None], KeyValue]] = {
        "category": lambda device, verdict, words: verdict.category_id,
        "project": lambda device, verdict, words: verdict.project_id,
        "tags": lambda device, verdict, words: verdict.tag_ids,
        "app": lambda device, verdict, words: words.app if words else "",
        "app_name": lambda device, verdict, words: words.app_name if words else "",
        "domain": lambda device, verdict, words: words.domain if words else "",
        "title": lambda device, verdict, words: words.title if words else "",
        "device": lambda device, verdict, words: device,
        "score": lambda device, verdict, words: tree.score(verdict.category_id),
        "source": lambda device, verdict, words: verdict.source,
    }
    return parts[key]


def passes_of(where: Filter | None, tree: CategoryTree) -> Passes | None:
    """Return what tells whether an activity is meant; None where all are."""
    if where is None or where.is_empty:
        return None
    tests = list(_tests(where, tree))
    return lambda device, verdict, words: all(test(device, verdict, words) for test in tests)


def _tests(where: Filter, tree: CategoryTree) -> Iterable[Passes]:
    if where.categories is not None:
        categories = _categories(where.categories, tree, exact="category" in where.exact)
        yield lambda device, verdict, words: verdict.category_id in categories
    if where.projects is not None:
        projects = frozenset(where.projects)
        yield lambda device, verdict, words: verdict.project_id in projects
    if where.tags is not None:
        yield _has_tags(where.tags, exact="tags" in where.exact)
    if where.devices is not None:
        devices = frozenset(where.devices)
        yield lambda device, verdict, words: device in devices
    if where.scores is not None:
        scores = frozenset(where.scores)
        yield lambda device, verdict, words: tree.score(verdict.category_id) in scores
    if where.sources is not None:
        sources = frozenset(where.sources)
        yield lambda device, verdict, words: verdict.source in sources
    if where.unassigned is not None:
        unassigned = where.unassigned
        yield lambda device, verdict, words: (verdict.category_id is None) is unassigned
    yield from _tests_of_words(where)


def _tests_of_words(where: Filter) -> Iterable[Passes]:
    if where.apps is not None:
        apps = frozenset(where.apps)
        yield lambda device, verdict, words: (words.app if words else "") in apps
    if where.domains is not None:
        domains = frozenset(where.domains)
        yield lambda device, verdict, words: (words.domain if words else "") in domains
    if where.title is not None and "title" in where.exact:
        title = where.title
        yield lambda device, verdict, words: words is not None and words.title == title
    elif where.title is not None:
        wanted = where.title.casefold().split()
        yield lambda device, verdict, words: _has_words(words, wanted)


def _has_words(words: Description | None, wanted: Sequence[str]) -> bool:
    title = words.title.casefold() if words is not None else ""
    return all(word in title for word in wanted)


def _has_tags(tags: Iterable[int | None], *, exact: bool) -> Passes:
    wanted = frozenset(tag for tag in tags if tag is not None)
    if exact:
        return lambda device, verdict, words: frozenset(verdict.tag_ids) == wanted
    without = None in tags
    return lambda device, verdict, words: (
        bool(wanted.intersection(verdict.tag_ids)) or (without and not verdict.tag_ids)
    )


def _categories(chosen: Iterable[int | None], tree: CategoryTree, *, exact: bool) -> frozenset[int | None]:
    """Return the numbers that are meant: those that were chosen, and what is below them."""
    found: set[int | None] = set()
    for category in chosen:
        found.add(category)
        if category is not None and not exact:
            found |= tree.below(category)
    return frozenset(found)
