"""Projects and tags: what they are called, how they change, and what cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Protocol, TypeVar

import msgspec
from msgspec import Meta

from hourloom.core.changes import Change
from hourloom.core.clock import DAY, Duration, Instant
from hourloom.core.errors import Conflict, Invalid, NotFound, TooLarge

LONGEST_NAME = 100
MOST = 2_000
"""Projects, and as many tags."""
MOST_IN_TRASH = 8_000
BETWEEN = ","
"""Stands between tags where several are written, so no name of a tag holds it."""
IN_TRASH_FOR = Duration(30 * DAY)

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
Color = Annotated[str, Meta(pattern=r"^(slot[1-8]|#[0-9a-f]{6})(?!\n)$")]


class NoSuchProject(NotFound):
    """There is no project {id}."""


class NoSuchTag(NotFound):
    """There is no tag {id}."""


class NameNotValid(Invalid):
    """It cannot be called so: {reason}."""


class ProjectNameTaken(Conflict):
    """There is a project '{name}' already; give this one another name."""


class TagNameTaken(Conflict):
    """There is a tag '{name}' already; give this one another name, or merge the two."""


class TooManyProjects(TooLarge):
    """There are {most} projects already; delete some."""


class TooManyTags(TooLarge):
    """There are {most} tags already; delete some."""


class TagIntoItself(Invalid):
    """A tag cannot be merged into itself."""


class Project(msgspec.Struct, frozen=True):
    """What work is done on."""

    id: int
    name: str
    color: str | None
    created_at: Instant
    archived_at: Instant | None = None
    """Since when it is no longer offered where one is chosen; what was done on it stays."""
    deleted_at: Instant | None = None


class Tag(msgspec.Struct, frozen=True):
    """A label."""

    id: int
    name: str
    created_at: Instant
    deleted_at: Instant | None = None


class ProjectCreated(Change, frozen=True):
    """A project was made, or came back from the trash."""

    project: Project


class ProjectEdited(Change, frozen=True):
    """A project got another name or colour, or was archived, or is no longer."""

    project: Project


class ProjectDeleted(Change, frozen=True):
    """A project was put into the trash."""

    id: int


class TagCreated(Change, frozen=True):
    """A tag was made, or came back from the trash."""

    tag: Tag


class TagEdited(Change, frozen=True):
    """A tag got another name."""

    tag: Tag


class TagDeleted(Change, frozen=True):
    """A tag was put into the trash, or merged into another one."""

    id: int
    into: int | None = None


class _Named(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


Label = TypeVar("Label", bound=_Named)


def checked_name(name: str, *, without: str = "") -> str:
    """Return a name with single spaces and none around it; raise for one that cannot be."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise NameNotValid(reason=f"a name has 1 to {LONGEST_NAME} characters")
    if not name.isprintable():
        raise NameNotValid(reason="a name has no control characters")
    for sign in without:
        if sign in name:
            raise NameNotValid(reason=f"a name does not hold '{sign}'")
    return name


def namesake(labels: Iterable[Label], name: str, but: int = 0) -> Label | None:
    """Return the one that has a name already, in whichever case."""
    wanted = name.casefold()
    return next((each for each in labels if each.id != but and each.name.casefold() == wanted), None)


def by_name(labels: Iterable[Label]) -> Sequence[Label]:
    """Return projects or tags as people look for them."""
    return sorted(labels, key=lambda each: (each.name.casefold(), each.id))
