"""Find categories, projects and tags by what people call them, and say what they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from hourloom.activities.model.category import SEPARATOR
from hourloom.core.actors import Actor
from hourloom.core.apps import app_identity
from hourloom.core.errors import Invalid, NotFound
from hourloom.core.urls import ascii_host, host_of
from hourloom.goals.model.goal import GoalFilter
from hourloom.goals.ports import GoalNames
from hourloom.tracking.enrichment import registrable


class NothingOfThatName(NotFound):
    """There is no {kind} '{name}'; `hourloom {kind} list` shows those there are."""


class NothingToLookAt(Invalid):
    """'{name}' is no {kind}; write {example}."""


class GoalWhere(msgspec.Struct, frozen=True):
    """What a goal looks at as people write it: numbers, or names and paths such as Work > Programming."""

    categories: Sequence[int | str] = ()
    projects: Sequence[int | str] = ()
    apps: Sequence[str] = ()
    domains: Sequence[str] = ()
    tags: Sequence[int | str] = ()
    scores: Sequence[int] = ()


class NamedWhere(NamedTuple):
    """The categories, projects and tags that a goal looks at, with their names where they still exist."""

    categories: list[tuple[int, str | None]]
    projects: list[tuple[int, str | None]]
    tags: list[tuple[int, str | None]]


class Naming:
    """The names of what goals look at; called inside an open transaction."""

    def __init__(self, names: GoalNames) -> None:
        self._names = names

    def resolved(self, who: Actor, where: GoalWhere) -> GoalFilter:
        """Return the filter that is meant, or raise for what there is not."""
        return GoalFilter(
            categories=_found("category", where.categories, lambda: self.categories(who)),
            projects=_found("project", where.projects, lambda: self._names.projects(who)),
            apps=_words("program", "its name such as firefox", where.apps, app_identity),
            domains=_words("site", "its name such as example.org", where.domains, _domain),
            tags=_found("tag", where.tags, lambda: self._names.tags(who)),
            scores=tuple(sorted(set(where.scores))),
        )

    def named(self, who: Actor, where: GoalFilter) -> NamedWhere:
        """Return what a filter names."""
        paths = self.categories(who) if where.categories else {}
        projects = self._names.projects(who) if where.projects else {}
        tags = self._names.tags(who) if where.tags else {}
        return NamedWhere(
            [(each, paths.get(each)) for each in where.categories],
            [(each, projects.get(each)) for each in where.projects],
            [(each, tags.get(each)) for each in where.tags],
        )

    def categories(self, who: Actor) -> Mapping[int, str]:
        """Return the paths of all categories."""
        tree = self._names.tree(who)
        return {each.id: SEPARATOR.join(tree.path(each.id)) for each in tree.all}


def _found(kind: str, wanted: Sequence[int | str], names: Callable[[], Mapping[int, str]]) -> tuple[int, ...]:
    # Asked only where something is wanted: most goals look at categories alone.
    known = names() if wanted else {}
    by_name = {name.casefold(): number for number, name in reversed(list(known.items()))}
    found = set[int]()
    for each in wanted:
        number = each if isinstance(each, int) else by_name.get(_tidy(each))
        if number is None or number not in known:
            raise NothingOfThatName(kind=kind, name=str(each)[:100])
        found.add(number)
    return tuple(sorted(found))


def _tidy(path: str) -> str:
    """Return a path with one space around each sign, so that Work>Code is found too."""
    return SEPARATOR.join(part.strip() for part in path.split(">")).casefold()


def _words(kind: str, example: str, wanted: Sequence[str], made: Callable[[str], str]) -> tuple[str, ...]:
    found = set[str]()
    for each in wanted:
        word = made(each)
        if not word:
            # Left out, the goal would be about everything.
            raise NothingToLookAt(kind=kind, name=each[:100], example=example)
        found.add(word)
    return tuple(sorted(found))


def _domain(text: str) -> str:
    return registrable(host_of(text) if "//" in text else ascii_host(text.partition("/")[0]))
