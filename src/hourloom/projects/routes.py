"""Projects and tags over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, UnsetType

from hourloom.core.actors import Actor
from hourloom.core.clock import Instant, datetime_of
from hourloom.projects.model import Color, Name, Project, Tag
from hourloom.projects.ports import Use
from hourloom.projects.service import Projects, Tags
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "projects")

READ, WRITE = "projects:read", "projects:write"

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class ProjectView(msgspec.Struct):
    """What work is done on; an archived one is no longer offered where one is chosen."""

    id: int
    name: str
    color: str | None
    created_at: datetime
    archived_at: datetime | None
    deleted_at: datetime | None


class ProjectList(msgspec.Struct):
    """Projects by name; those in the trash from the one deleted last on."""

    projects: list[ProjectView]


class NewProject(msgspec.Struct, forbid_unknown_fields=True):
    """A project to be made; its colour is a slot of the palette or a colour of one's own."""

    name: Name
    color: Color | None = None


class ProjectEdit(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be different about a project; what is left out stays."""

    name: Name | None = None
    color: Color | UnsetType | None = msgspec.UNSET
    archived: bool | None = None


class ProjectMade(msgspec.Struct):
    """A project as it is kept, and the operation with which this can be undone."""

    project: ProjectView
    operation_id: int


class TagView(msgspec.Struct):
    """A label."""

    id: int
    name: str
    created_at: datetime
    deleted_at: datetime | None


class TagList(msgspec.Struct):
    """Tags by name; those in the trash from the one deleted last on."""

    tags: list[TagView]


class NamedTag(msgspec.Struct, forbid_unknown_fields=True):
    """The name that a tag is to have; it holds no comma."""

    name: Name


class TagMerge(msgspec.Struct, forbid_unknown_fields=True):
    """The tag that takes the place of another one."""

    into: Number


class TagMade(msgspec.Struct):
    """A tag as it is kept, and the operation with which this can be undone."""

    tag: TagView
    operation_id: int


class Uses(msgspec.Struct):
    """What refers to a project or tag, at most a hundred."""

    uses: list[Use]


class Deleted(msgspec.Struct):
    """What referred to it and no longer does, and the operation with which this can be undone."""

    uses: list[Use]
    operation_id: int


@routes.on("GET", "/projects", scope=READ)
def list_projects(
    projects: Projects,
    who: Actor,
    archived: bool = True,  # noqa: FBT001, FBT002 - it is a parameter of the address
    trash: bool = False,  # noqa: FBT001, FBT002 - as above
) -> ProjectList:
    """List the projects, archived ones too; or those in the trash."""
    found = projects.in_trash(who) if trash else projects.all(who)
    return ProjectList([_project(each) for each in found if archived or each.archived_at is None])


@routes.on("POST", "/projects", scope=WRITE, mode=Mode.WRITE, status=201)
def create_project(projects: Projects, who: Actor, body: NewProject) -> ProjectMade:
    """Make a project."""
    return _project_made(*projects.create(who, body.name, body.color))


@routes.on("GET", "/projects/{project}", scope=READ)
def show_project(projects: Projects, who: Actor, project: Number) -> ProjectView:
    """Show a project."""
    return _project(projects.get(who, project))


@routes.on("PATCH", "/projects/{project}", scope=WRITE, mode=Mode.WRITE)
def edit_project(projects: Projects, who: Actor, project: Number, body: ProjectEdit) -> ProjectMade:
    """Give a project another name or colour, archive it or take it out of the archive."""
    changed = projects.edit(who, project, name=body.name, color=body.color, archived=body.archived)
    return _project_made(*changed)


@routes.on("DELETE", "/projects/{project}", scope=WRITE, mode=Mode.WRITE)
def delete_project(projects: Projects, who: Actor, project: Number) -> Deleted:
    """Put a project into the trash for 30 days; what referred to it no longer does."""
    return Deleted(*projects.delete(who, project))


@routes.on("POST", "/projects/{project}/restore", scope=WRITE, mode=Mode.WRITE)
def restore_project(projects: Projects, who: Actor, project: Number) -> ProjectMade:
    """Take a project out of the trash."""
    return _project_made(*projects.restore(who, project))


@routes.on("GET", "/projects/{project}/uses", scope=READ)
def list_uses_of_project(projects: Projects, who: Actor, project: Number) -> Uses:
    """List what refers to a project."""
    return Uses(projects.uses(who, project))


@routes.on("GET", "/tags", scope=READ)
def list_tags(
    tags: Tags,
    who: Actor,
    trash: bool = False,  # noqa: FBT001, FBT002 - it is a parameter of the address
) -> TagList:
    """List the tags, or those in the trash."""
    return TagList([_tag(each) for each in (tags.in_trash(who) if trash else tags.all(who))])


@routes.on("POST", "/tags", scope=WRITE, mode=Mode.WRITE, status=201)
def create_tag(tags: Tags, who: Actor, body: NamedTag) -> TagMade:
    """Make a tag."""
    return _tag_made(*tags.create(who, body.name))


@routes.on("PATCH", "/tags/{tag}", scope=WRITE, mode=Mode.WRITE)
def rename_tag(tags: Tags, who: Actor, tag: Number, body: NamedTag) -> TagMade:
    """Give a tag another name."""
    return _tag_made(*tags.rename(who, tag, body.name))


@routes.on("DELETE", "/tags/{tag}", scope=WRITE, mode=Mode.WRITE)
def delete_tag(tags: Tags, who: Actor, tag: Number) -> Deleted:
    """Put a tag into the trash for 30 days; what had it no longer does."""
    return Deleted(*tags.delete(who, tag))


@routes.on("POST", "/tags/{tag}/merge", scope=WRITE, mode=Mode.WRITE)
def merge_tag(tags: Tags, who: Actor, tag: Number, body: TagMerge) -> TagMade:
    """Let everything that has a tag have another one instead; answers with the one that stays."""
    return _tag_made(*tags.merge(who, tag, body.into))


@routes.on("POST", "/tags/{tag}/restore", scope=WRITE, mode=Mode.WRITE)
def restore_tag(tags: Tags, who: Actor, tag: Number) -> TagMade:
    """Take a tag out of the trash."""
    return _tag_made(*tags.restore(who, tag))


@routes.on("GET", "/tags/{tag}/uses", scope=READ)
def list_uses_of_tag(tags: Tags, who: Actor, tag: Number) -> Uses:
    """List what has a tag."""
    return Uses(tags.uses(who, tag))


def _project(project: Project) -> ProjectView:
    return ProjectView(
        project.id,
        project.name,
        project.color,
        datetime_of(project.created_at),
        _moment(project.archived_at),
        _moment(project.deleted_at),
    )


def _project_made(project: Project, operation: int) -> ProjectMade:
    return ProjectMade(_project(project), operation)


def _tag(tag: Tag) -> TagView:
    return TagView(tag.id, tag.name, datetime_of(tag.created_at), _moment(tag.deleted_at))


def _tag_made(tag: Tag, operation: int) -> TagMade:
    return TagMade(_tag(tag), operation)


def _moment(at: Instant | None) -> datetime | None:
    return None if at is None else datetime_of(at)
