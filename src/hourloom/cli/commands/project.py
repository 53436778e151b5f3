"""`hourloom project` and `hourloom tag`: what work is done on, and how it is labelled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Protocol, TypeVar

import msgspec
import typer

from hourloom.cli.options import Config, DataDir, Json, colored, configured, examples, handed, named
from hourloom.cli.output import print_json, print_table, say
from hourloom.core.errors import Invalid, NotFound
from hourloom.sdk.answers import (
    DeletedLabel,
    ListedProjects,
    ListedTags,
    MadeProject,
    MadeTag,
    ProjectShown,
    TagShown,
)
from hourloom.sdk.api import Api

PROJECTS, TAGS = "/api/v1/projects", "/api/v1/tags"
FEW = 10

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]
Which = Annotated[str, typer.Argument(metavar="NAME|ID", help="Its name, or its number.")]
Trash = Annotated[bool, typer.Option("--trash", help="Those that were deleted in the last 30 days.")]
Color = Annotated[
    str | None,
    typer.Option("--color", metavar="COLOR", help="slot1 to slot8 of the palette, or #rrggbb; '' for none."),
]


class NoProjectNamed(NotFound):
    """There is no project '{name}'; `hourloom project list` shows those there are."""


class NoTagNamed(NotFound):
    """There is no tag '{name}'; `hourloom tag list` shows those there are."""


class NothingToEdit(Invalid):
    """Say what is to be different: --name, --color or --active."""


class _Named(Protocol):
    id: int
    name: str


Label = TypeVar("Label", bound=_Named)


def list_(
    context: typer.Context,
    *,
    trash: Trash = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List the projects."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        found = _projects(Api(way), trash=trash)
    if as_json:
        print_json(ListedProjects(found))
        return
    rows = [
        (str(each.id), each.name, each.color or "", "archived" if each.archived_at else "") for each in found
    ]
    print_table(("ID", "NAME", "COLOUR", ""), rows)
    if not rows:
        say("There are no projects; `hourloom project add Website` makes one.")


def add(
    context: typer.Context,
    name: Name,
    *,
    color: Color = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a project."""
    wanted = {"name": named(name), "color": colored(color) if color else None}
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = Api(way).post(PROJECTS, wanted, MadeProject)
    if as_json:
        print_json(made)
    else:
        say(f"Made as {made.project.id}; `hourloom undo {made.operation_id}` takes it back.")


def edit(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    project: Which,
    *,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Another name.")] = None,
    color: Color = None,
    active: Annotated[bool, typer.Option("--active", help="Take it out of the archive.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Give a project another name or colour, or take it out of the archive."""
    wanted: dict[str, object] = {}
    if name is not None:
        wanted["name"] = named(name)
    if color is not None:
        wanted["color"] = colored(color) if color else None
    if active:
        wanted["archived"] = False
    if not wanted:
        raise NothingToEdit
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = _edited(Api(way), project, wanted)
    if as_json:
        print_json(made)
    else:
        say(f"Changed; `hourloom undo {made.operation_id}` takes it back.")


def archive(
    context: typer.Context,
    project: Which,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Archive a project: it is no longer offered, and what was done on it stays."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = _edited(Api(way), project, {"archived": True})
    if as_json:
        print_json(made)
    else:
        say(f"Archived; `hourloom undo {made.operation_id}` takes it back.")


def delete(
    context: typer.Context,
    project: Which,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Delete a project: it lies in the trash for 30 days, and nothing refers to it any more."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        gone = api.erase(f"{PROJECTS}/{_project(api, project).id}", DeletedLabel)
    _say_deleted(gone, as_json=as_json)


def restore(
    context: typer.Context,
    project: Which,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Take a project out of the trash."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        number = _project(api, project, trash=True).id
        made = api.post(f"{PROJECTS}/{number}/restore", {}, MadeProject)
    if as_json:
        print_json(made)
    else:
        say(f"Restored; `hourloom undo {made.operation_id}` takes it back.")


def list_tags(
    context: typer.Context,
    *,
    trash: Trash = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List the tags."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        found = _tags(Api(way), trash=trash)
    if as_json:
        print_json(ListedTags(found))
        return
    print_table(("ID", "NAME"), [(str(each.id), each.name) for each in found])
    if not found:
        say("There are no tags; `hourloom tag add billable` makes one.")


def add_tag(
    context: typer.Context,
    name: Name,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a tag."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = Api(way).post(TAGS, {"name": named(name)}, MadeTag)
    if as_json:
        print_json(made)
    else:
        say(f"Made as {made.tag.id}; `hourloom undo {made.operation_id}` takes it back.")


def rename_tag(
    context: typer.Context,
    tag: Which,
    name: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Give a tag another name."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        made = api.patch(f"{TAGS}/{_tag(api, tag).id}", {"name": named(name)}, MadeTag)
    if as_json:
        print_json(made)
    else:
        say(f"Renamed; `hourloom undo {made.operation_id}` takes it back.")


def merge_tag(
    context: typer.Context,
    tag: Which,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The tag that stays, by name or number.")],
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Let everything that has a tag have another one instead."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        number, stays = _tag(api, tag).id, _tag(api, into).id
        made = api.post(f"{TAGS}/{number}/merge", {"into": stays}, MadeTag)
    if as_json:
        print_json(made)
    else:
        say(f"Merged into '{made.tag.name}'; `hourloom undo {made.operation_id}` takes it back.")


def delete_tag(
    context: typer.Context,
    tag: Which,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Delete a tag: it lies in the trash for 30 days, and nothing has it any more."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        gone = api.erase(f"{TAGS}/{_tag(api, tag).id}", DeletedLabel)
    _say_deleted(gone, as_json=as_json)


def restore_tag(
    context: typer.Context,
    tag: Which,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Take a tag out of the trash."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        made = api.post(f"{TAGS}/{_tag(api, tag, trash=True).id}/restore", {}, MadeTag)
    if as_json:
        print_json(made)
    else:
        say(f"Restored; `hourloom undo {made.operation_id}` takes it back.")


def _projects(api: Api, *, trash: bool) -> list[ProjectShown]:
    return api.get(f"{PROJECTS}?trash={str(trash).lower()}", ListedProjects).projects


def _tags(api: Api, *, trash: bool = False) -> list[TagShown]:
    return api.get(f"{TAGS}?trash={str(trash).lower()}", ListedTags).tags


def _project(api: Api, name: str, *, trash: bool = False) -> ProjectShown:
    found = _called(_projects(api, trash=trash), name)
    if found is None:
        raise NoProjectNamed(name=name[:100])
    return found


def _tag(api: Api, name: str, *, trash: bool = False) -> TagShown:
    found = _called(_tags(api, trash=trash), name)
    if found is None:
        raise NoTagNamed(name=name[:100])
    return found


def _called(labels: Iterable[Label], name: str) -> Label | None:
    """Return what has a name; else what has that number."""
    known = list(labels)
    wanted = " ".join(name.split()).casefold()
    by_name = [each for each in known if each.name.casefold() == wanted]
    return next(iter(by_name or [each for each in known if str(each.id) == wanted]), None)


def _edited(api: Api, project: str, wanted: msgspec.Struct | dict[str, object]) -> MadeProject:
    return api.patch(f"{PROJECTS}/{_project(api, project).id}", wanted, MadeProject)


def _say_deleted(gone: DeletedLabel, *, as_json: bool) -> None:
    if as_json:
        print_json(gone)
        return
    for each in gone.uses[:FEW]:
        say(f"No longer refers to it: {each.kind} {each.id} {each.name}".rstrip())
    if len(gone.uses) > FEW:
        say(f"Nor do {len(gone.uses) - FEW} or more others.")
    say(f"Deleted; `hourloom undo {gone.operation_id}` brings it back, for a week.")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Keep the projects that work is done on.", no_args_is_help=True)
    family.command("list", epilog=examples("hourloom project list"))(list_)
    family.command(
        "add", epilog=examples("hourloom project add Website", "hourloom project add Website --color slot3")
    )(add)
    family.command(
        "edit",
        epilog=examples(
            "hourloom project edit Website --name 'New website'", "hourloom project edit 3 --active"
        ),
    )(edit)
    family.command("archive", epilog=examples("hourloom project archive Website"))(archive)
    family.command("delete", epilog=examples("hourloom project delete Website"))(delete)
    family.command("restore", epilog=examples("hourloom project restore Website"))(restore)
    app.add_typer(family, name="project")
    tags = typer.Typer(help="Keep the tags that label what you do.", no_args_is_help=True)
    tags.command("list", epilog=examples("hourloom tag list"))(list_tags)
    tags.command("add", epilog=examples("hourloom tag add billable"))(add_tag)
    tags.command("rename", epilog=examples("hourloom tag rename billable paid"))(rename_tag)
    tags.command("merge", epilog=examples("hourloom tag merge invoiced billable"))(merge_tag)
    tags.command("delete", epilog=examples("hourloom tag delete billable"))(delete_tag)
    tags.command("restore", epilog=examples("hourloom tag restore billable"))(restore_tag)
    app.add_typer(tags, name="tag")
