"""`hourloom category`: the kinds of what you do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from hourloom.cli.categories import (
    CATEGORIES,
    CORRECTIONS,
    RULES,
    categories_of,
    category_named,
    path_of,
    show_preview,
    show_tested,
)
from hourloom.cli.charts import harmless
from hourloom.cli.options import Config, DataDir, Json, colored, configured, examples, handed, named
from hourloom.cli.output import print_json, print_table, say, say_gone
from hourloom.core.errors import Conflict, Invalid
from hourloom.sdk.answers import MadeOperation
from hourloom.sdk.api import Api, RefusedByServer
from hourloom.sdk.deciding import (
    CategoryShown,
    ListedCategories,
    ListedCorrections,
    MadeCategory,
    MadeCorrection,
    NamedCategories,
    RulesPreview,
    TestedRules,
)

INHERITED = "-"
KINDS = {"payload": "page", "app": "program", "domain": "site"}
_ICON = re.compile("[a-z0-9][a-z0-9-]{0,39}")

Which = Annotated[
    str, typer.Argument(metavar="CATEGORY", help="Its path such as 'Work > Code', its name, or its number.")
]
Color = Annotated[
    str | None, typer.Option("--color", metavar="COLOR", help="slot1 to slot8, #rrggbb, or - to inherit.")
]
Icon = Annotated[str | None, typer.Option("--icon", metavar="NAME", help="An icon, or - to inherit.")]
Score = Annotated[
    str | None, typer.Option("--score", metavar="N", help="From -2 to 2, 0 is neutral, or - to inherit.")
]
Focus = Annotated[
    bool | None, typer.Option("--focus/--no-focus", help="Whether time in it is focus; else by the score.")
]
Interrupts = Annotated[
    bool | None,
    typer.Option("--interrupts/--no-interrupts", help="Whether a visit interrupts; else by the score."),
]
Preview = Annotated[bool, typer.Option("--preview", help="Only show what would move of the last 28 days.")]


class NotAScore(Invalid):
    """'{text}' is no score; write a number from -2 to 2, or - to inherit it."""


class NothingToChange(Invalid):
    """Say what is to be different: --name, --color, --icon, --score, --focus or --interrupts."""


class NotAnIcon(Invalid):
    """'{text}' is no name of an icon; write small letters, digits and - such as book-open."""


class NowhereToMove(Invalid):
    """Say where it is to stand: --into CATEGORY, --top or --place N."""


class NothingAsked(Invalid):
    """Say what is meant: the name of a program, a title, or --url."""


class NeededStill(Conflict):
    """'{name}' is used by rules, corrections, marks or apps: add --reassign-to CATEGORY or --uncategorise."""


class OneThing(Invalid):
    """Say one thing that is meant: --app or --domain."""


def list_(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """List the categories."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        found = Api(way).get(CATEGORIES, ListedCategories)
    if as_json:
        print_json(found)
        return
    rows = [
        (str(each.id), line, _score(each), each.color_in_force or "", _counts(each))
        for each, line in zip(found.categories, tree_lines(found.categories), strict=True)
    ]
    print_table(("ID", "CATEGORY", "SCORE", "COLOUR", "COUNTS AS"), rows)


def add(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name.")],
    *,
    within: Annotated[
        str | None, typer.Option("--in", metavar="CATEGORY", help="The category that it stands below.")
    ] = None,
    color: Color = None,
    icon: Icon = None,
    score: Score = None,
    focus: Focus = None,
    interrupts: Interrupts = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add a category."""
    asked = _changes(color=color, icon=icon, score=score, focus=focus, interrupts=interrupts)
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        parent = None if within is None else category_named(categories_of(api), within).id
        made = api.post(CATEGORIES, {"name": named(name), "parent_id": parent, **asked}, MadeCategory)
    _say_made(made, "Added", as_json=as_json)


def edit(  # noqa: PLR0913 - as above
    context: typer.Context,
    category: Which,
    *,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Another name.")] = None,
    color: Color = None,
    icon: Icon = None,
    score: Score = None,
    focus: Focus = None,
    interrupts: Interrupts = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Give a category another name, colour, icon or score."""
    wanted = _changes(color=color, icon=icon, score=score, focus=focus, interrupts=interrupts)
    if name is not None:
        wanted["name"] = named(name)
    if not wanted:
        raise NothingToChange
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        number = category_named(categories_of(api), category).id
        made = api.patch(f"{CATEGORIES}/{number}", wanted, MadeCategory)
    _say_made(made, "Changed", as_json=as_json)


def move(  # noqa: PLR0913 - as above
    context: typer.Context,
    category: Which,
    *,
    into: Annotated[
        str | None, typer.Option("--into", metavar="CATEGORY", help="The category to stand below.")
    ] = None,
    top: Annotated[bool, typer.Option("--top", help="Stand below none.")] = False,
    place: Annotated[
        int | None, typer.Option("--place", metavar="N", min=1, help="Its place among its neighbours.")
    ] = None,
    preview: Preview = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Move a category, with all below it."""
    if not (into or top or place):
        raise NowhereToMove
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        found = categories_of(api)
        number = category_named(found, category).id
        wanted: dict[str, object] = {} if place is None else {"position": place - 1}
        if into is not None or top:
            wanted["parent_id"] = None if into is None else category_named(found, into).id
        if preview:
            asked = {"category": number, "changes": wanted}
            show_preview(api.post(f"{RULES}/preview", asked, RulesPreview), as_json=as_json)
            return
        made = api.patch(f"{CATEGORIES}/{number}", wanted, MadeCategory)
    _say_made(made, "Moved", as_json=as_json)


def language(
    context: typer.Context,
    wanted: Annotated[Literal["en", "de"], typer.Argument(metavar="LANGUAGE", help="en or de.")],
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Name the categories that ship in another language; those you renamed or moved stay as they are."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = Api(way).put(f"{CATEGORIES}/language", {"language": wanted}, NamedCategories)
    if as_json:
        print_json(made)
    elif made.operation_id is None:
        say("They are named so already.")
    else:
        say(f"Renamed {made.renamed}; `hourloom undo {made.operation_id}` takes it back.")


def delete(  # noqa: PLR0913 - as above
    context: typer.Context,
    category: Which,
    *,
    reassign_to: Annotated[
        str | None, typer.Option("--reassign-to", metavar="CATEGORY", help="What takes its place.")
    ] = None,
    uncategorise: Annotated[
        bool, typer.Option("--uncategorise", help="What it had becomes uncategorised; all below goes too.")
    ] = False,
    preview: Preview = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Delete a category; where rules or others need it, say what becomes of them."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        found = categories_of(api)
        number = category_named(found, category).id
        other = None if reassign_to is None else category_named(found, reassign_to).id
        if preview:
            asked = {"remove_category": number, "reassign_to": other, "uncategorise": uncategorise}
            show_preview(api.post(f"{RULES}/preview", asked, RulesPreview), as_json=as_json)
            return
        choice = "" if other is None else f"&reassign_to={other}"
        path = f"{CATEGORIES}/{number}?uncategorise={str(uncategorise).lower()}{choice}"
        try:
            made = api.erase(path, MadeOperation)
        except RefusedByServer as error:
            if error.fields.get("code") != "category_in_use":
                raise
            raise NeededStill(name=category[:100]) from None
    say_gone(made, "Deleted", as_json=as_json)


def of(
    context: typer.Context,
    what: Annotated[
        str | None, typer.Argument(metavar="APP_OR_TITLE", help="A program; if none is known so, a title.")
    ] = None,
    *,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="The title of the window.")] = "",
    url: Annotated[str, typer.Option("--url", metavar="URL", help="The page.")] = "",
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show which category something has, and why."""
    if not (what or title or url):
        raise NothingAsked
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        asked = {"app": what or "", "title": title, "url": url}
        found = api.post(f"{RULES}/test", asked, TestedRules)
        if found.source == "none" and what and not title:
            found = api.post(f"{RULES}/test", {"title": what, "url": url}, TestedRules)
        show_tested(api, found, as_json=as_json)


def correct(
    context: typer.Context,
    category: Which,
    *,
    app: Annotated[str | None, typer.Option("--app", metavar="NAME", help="A program.")] = None,
    domain: Annotated[str | None, typer.Option("--domain", metavar="SITE", help="A site.")] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Say which category a program or a site has; that wins over every rule."""
    if (app is None) == (domain is None):
        raise OneThing
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        number = category_named(categories_of(api), category).id
        asked = {"app": app, "domain": domain, "outcome": {"category_id": number}}
        made = api.post(CORRECTIONS, asked, MadeCorrection)
    if as_json:
        print_json(made)
    else:
        say(f"Noted; `hourloom undo {made.operation_id}` takes it back.")


def corrections(
    context: typer.Context,
    *,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="How many to show.", min=1, max=500)
    ] = 100,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List what you said about programs, sites and single pages, the newest first."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        found = api.get(f"{CORRECTIONS}?limit={limit}", ListedCorrections)
        paths = {each.id: each.path for each in categories_of(api)} if found.corrections else {}
    if as_json:
        print_json(found)
        return
    rows = [
        (
            str(each.id),
            KINDS.get(each.kind, each.kind),
            harmless(each.about),
            path_of(paths.get(each.outcome.category_id or 0)),
        )
        for each in found.corrections
    ]
    print_table(("ID", "", "WHAT", "IS"), rows)
    if not rows:
        say("There are no corrections; `hourloom category correct Learning --app NAME` makes one.")


def forget(
    context: typer.Context,
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="Its number in `hourloom category corrections`.", min=1)
    ],
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Forget what you said about something; rules and what was learned decide again."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = Api(way).erase(f"{CORRECTIONS}/{number}", MadeOperation)
    say_gone(made, "Forgotten", as_json=as_json)


def tree_lines(found: Sequence[CategoryShown]) -> list[str]:
    """Return the names of categories with the lines of the tree before them."""
    last = {each.id: _is_last(each, found) for each in found}
    parents = {each.id: each.parent_id for each in found}
    lines = []
    for each in found:
        line = each.name
        if each.parent_id is not None:
            line = ("└─ " if last[each.id] else "├─ ") + line
            above = each.parent_id
            while parents.get(above) is not None:
                line = ("   " if last[above] else "│  ") + line
                above = parents[above] or 0
        lines.append(line)
    return lines


def _is_last(category: CategoryShown, found: Sequence[CategoryShown]) -> bool:
    beside = [each for each in found if each.parent_id == category.parent_id]
    return beside[-1].id == category.id


def _score(category: CategoryShown) -> str:
    if category.score is not None:
        return f"{category.score:+d}" if category.score else "0"
    inherited = category.score_in_force
    return "" if inherited is None else f"({inherited:+d})" if inherited else "(0)"


def _counts(category: CategoryShown) -> str:
    found = ["focus"] if category.is_focus else []
    return ", ".join([*found, *(["interruption"] if category.is_interruption else [])])


def _changes(
    *, color: str | None, icon: str | None, score: str | None, focus: bool | None, interrupts: bool | None
) -> dict[str, object]:
    wanted: dict[str, object] = {}
    for name, text, read in (("color", color, colored), ("icon", icon, _icon)):
        if text is not None:
            wanted[name] = None if text == INHERITED else read(text)
    if score is not None:
        wanted["score"] = None if score == INHERITED else _number(score)
    flags = {"focus": focus, "interrupts": interrupts}
    return wanted | {name: flag for name, flag in flags.items() if flag is not None}


def _number(text: str) -> int:
    if text.removeprefix("+") not in ("-2", "-1", "0", "1", "2"):
        raise NotAScore(text=text[:20])
    return int(text)


def _icon(text: str) -> str:
    if not _ICON.fullmatch(text):
        raise NotAnIcon(text=text[:40])
    return text


def _say_made(made: MadeCategory, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        path = path_of(made.category.path)
        say(f"{what} {path} ({made.category.id}); `hourloom undo {made.operation_id}` takes it back.")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Arrange the kinds of what you do.", no_args_is_help=True)
    family.command("list", epilog=examples("hourloom category list"))(list_)
    family.command(
        "add",
        epilog=examples(
            "hourloom category add Research --in Work --score 2",
            "hourloom category add 'Board games' --color slot3",
        ),
    )(add)
    family.command(
        "edit",
        epilog=examples("hourloom category edit 'Work > Research' --name Reading --score -"),
    )(edit)
    family.command(
        "move",
        epilog=examples("hourloom category move Research --into Learning --preview"),
    )(move)
    family.command("language", epilog=examples("hourloom category language de"))(language)
    family.command(
        "delete",
        epilog=examples(
            "hourloom category delete Research --reassign-to Learning",
            "hourloom category delete Games --uncategorise",
        ),
    )(delete)
    family.command(
        "of",
        epilog=examples(
            "hourloom category of gimp", "hourloom category of firefox --url https://example.org/"
        ),
    )(of)
    family.command(
        "correct", epilog=examples("hourloom category correct Learning --domain lectures.example")
    )(correct)
    family.command("corrections", epilog=examples("hourloom category corrections --json"))(corrections)
    family.command("forget", epilog=examples("hourloom category forget 3"))(forget)
    app.add_typer(family, name="category")
