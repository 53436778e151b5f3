"""`hourloom rule`: what belongs to which category, project and tags."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from hourloom.cli.categories import (
    RULES,
    LabelNames,
    categories_of,
    fill_outcome,
    outcome_in_words,
    show_preview,
    show_tested,
)
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import print_json, print_table, say, say_gone
from hourloom.core.decoding import convert
from hourloom.core.errors import Invalid, NotFound
from hourloom.core.privacy import Times
from hourloom.sdk.answers import MadeOperation
from hourloom.sdk.api import Api
from hourloom.sdk.deciding import (
    ConditionShown,
    ListedRules,
    MadeRule,
    RuleShown,
    RulesPreview,
    TestedRules,
)

Number = Annotated[int, typer.Argument(metavar="ID", help="Its number in `hourloom rule list`.", min=1)]
Texts = list[str] | None
App = Annotated[Texts, typer.Option("--app", metavar="NAME", help="The program, whatever name it goes by.")]
Domain = Annotated[Texts, typer.Option("--domain", metavar="SITE", help="That site and those below it.")]
Url = Annotated[Texts, typer.Option("--url", metavar="TEXT", help="Look at the URL.")]
Path = Annotated[Texts, typer.Option("--path", metavar="TEXT", help="Look at the path of page or file.")]
Title = Annotated[Texts, typer.Option("--title", metavar="TEXT", help="Look at the title.")]
Anywhere = Annotated[
    Texts, typer.Option("--any", metavar="TEXT", help="Look at program, title, URL and path.")
]
Language = Annotated[Texts, typer.Option("--language", metavar="NAME", help="The editor's language.")]
Folder = Annotated[Texts, typer.Option("--editor-project", metavar="NAME", help="The editor's project.")]
Device = Annotated[Texts, typer.Option("--device", metavar="NAME", help="The computer or phone.")]
Unless = Annotated[
    Texts, typer.Option("--unless", metavar="TEXT", help="Not where this is in program, title, URL or path.")
]
WholeWords = Annotated[bool, typer.Option("--words", help="Texts are found as whole words only.")]
Whole = Annotated[bool, typer.Option("--is", help="Texts are the whole text, not a part of it.")]
Re2 = Annotated[bool, typer.Option("--re2", help="Texts are regular expressions (RE2).")]
TimesOption = Annotated[
    str | None, typer.Option("--times", metavar="FROM-TO", help="Only then, such as 22:00-06:00.")
]
Days = Annotated[str | None, typer.Option("--days", metavar="DAYS", help="Only on these: 1-5; 1 is Monday.")]
Dwell = Annotated[
    int | None, typer.Option("--dwell", metavar="SECONDS", help="Only visits that last so long.", min=1)
]
AnyOf = Annotated[bool, typer.Option("--match-any", help="One of the conditions is enough.")]
CategoryOption = Annotated[
    str | None, typer.Option("--category", "-c", metavar="CATEGORY", help="Path, name or number.")
]
ProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="NAME|ID", help="The project that it gives.")
]
TagOption = Annotated[Texts, typer.Option("--tag", metavar="NAME|ID", help="A tag that it gives.")]
Name = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="A name of your own.")]
Priority = Annotated[
    int | None, typer.Option("--priority", metavar="N", help="The higher goes first.", min=-1000, max=1000)
]
Switch = Annotated[bool | None, typer.Option("--on/--off", help="Whether it is used.")]
Preview = Annotated[bool, typer.Option("--preview", help="Only show what would move of the last 28 days.")]


class NoRuleOfThatNumber(NotFound):
    """There is no rule {id}; `hourloom rule list` shows those there are."""


class NotTimesOfDay(Invalid):
    """'{text}' are no times of day; write 22:00-06:00."""


class NotDaysOfTheWeek(Invalid):
    """'{text}' names no days of the week; write 1-5 or 6,7, where 1 is Monday."""


class OneForm(Invalid):
    """Give only one of --words, --is and --re2."""


class Asked(msgspec.Struct):
    """What options say of a rule."""

    conditions: list[ConditionShown]
    category: str | None
    project: str | None
    tags: list[str]


def list_(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """List the rules in the order in which they are asked."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        found = api.get(RULES, ListedRules)
        paths = {each.id: each.path for each in categories_of(api)} if found.rules else {}
        names = LabelNames.in_outcomes(api, [each.rule.outcome for each in found.rules])
    if as_json:
        print_json(found)
        return
    rows = [
        (
            str(each.rule.id),
            "faulty" if each.problem else "on" if each.rule.enabled else "off",
            str(each.rule.priority or ""),
            said(each.rule),
            outcome_in_words(each.rule.outcome, paths, names),
            each.rule.name,
        )
        for each in found.rules
    ]
    print_table(("ID", "", "PRIORITY", "WHERE", "GIVES", "NAME"), rows)
    for each in found.rules:
        if each.problem:
            say(f"Rule {each.rule.id} cannot be used: {each.problem.reason}.")
    if not rows:
        say("There are no rules; `hourloom rule add --title invoice --category Business` adds one.")


def add(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    app: App = None,
    domain: Domain = None,
    url: Url = None,
    path: Path = None,
    title: Title = None,
    anywhere: Anywhere = None,
    language: Language = None,
    folder: Folder = None,
    device: Device = None,
    unless: Unless = None,
    words: WholeWords = False,
    whole: Whole = False,
    re2: Re2 = False,
    times: TimesOption = None,
    days: Days = None,
    dwell: Dwell = None,
    any_of: AnyOf = False,
    category: CategoryOption = None,
    project: ProjectOption = None,
    tags: TagOption = None,
    name: Name = None,
    priority: Priority = None,
    switch: Switch = None,
    preview: Preview = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add a rule behind those that are there."""
    texts = {
        "app": app,
        "domain": domain,
        "url": url,
        "path": path,
        "title": title,
        "any": anywhere,
        "language": language,
        "project": folder,
        "device": device,
    }
    conditions = _conditions(texts, unless, _form(words=words, whole=whole, re2=re2))
    conditions += _moments(times, days, dwell)
    asked = Asked(conditions, category, project, tags or [])
    rule = RuleShown(
        name=name or "",
        priority=priority or 0,
        enabled=switch is not False,
        match="any" if any_of else "all",
    )
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        _fill(api, rule, asked)
        if preview:
            show_preview(api.post(f"{RULES}/preview", {"add": rule}, RulesPreview), as_json=as_json)
            return
        made = api.post(RULES, rule, MadeRule)
    if as_json:
        print_json(made)
    else:
        say(f"Added as {made.rule.id}; `hourloom undo {made.operation_id}` takes it back.")


def preview_(  # noqa: PLR0913 - as above
    context: typer.Context,
    number: Number,
    *,
    delete: Annotated[bool, typer.Option("--delete", help="As if it were deleted.")] = False,
    category: CategoryOption = None,
    project: ProjectOption = None,
    tags: TagOption = None,
    priority: Priority = None,
    switch: Switch = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show what an edit of a rule would move of the last 28 days; nothing is changed."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        rule = _rule(api, number)
        _fill(api, rule, Asked([], category, project, tags or []))
        _set(rule, None, priority, switch)
        asked: dict[str, object] = {"remove": number} if delete else {"change": rule}
        show_preview(api.post(f"{RULES}/preview", asked, RulesPreview), as_json=as_json)


def edit(  # noqa: PLR0913 - as above
    context: typer.Context,
    number: Number,
    *,
    app: App = None,
    domain: Domain = None,
    url: Url = None,
    path: Path = None,
    title: Title = None,
    anywhere: Anywhere = None,
    unless: Unless = None,
    words: WholeWords = False,
    whole: Whole = False,
    re2: Re2 = False,
    times: TimesOption = None,
    days: Days = None,
    dwell: Dwell = None,
    category: CategoryOption = None,
    project: ProjectOption = None,
    tags: TagOption = None,
    name: Name = None,
    priority: Priority = None,
    switch: Switch = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Change a rule: conditions that are given take the place of all that it has."""
    texts = {"app": app, "domain": domain, "url": url, "path": path, "title": title, "any": anywhere}
    conditions = _conditions(texts, unless, _form(words=words, whole=whole, re2=re2))
    conditions += _moments(times, days, dwell)
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        rule = _rule(api, number)
        _fill(api, rule, Asked(conditions, category, project, tags or []))
        _set(rule, name, priority, switch)
        made = api.put(f"{RULES}/{number}", rule, MadeRule)
    if as_json:
        print_json(made)
    else:
        say(f"Changed; `hourloom undo {made.operation_id}` takes it back.")


def delete(
    context: typer.Context,
    number: Number,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Delete a rule."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = Api(way).erase(f"{RULES}/{number}", MadeOperation)
    say_gone(made, "Deleted", as_json=as_json)


def move(
    context: typer.Context,
    number: Number,
    place: Annotated[int, typer.Argument(metavar="PLACE", help="1 is the first.", min=1)],
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Put a rule at another place in the order."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = Api(way).post(f"{RULES}/{number}/move", {"position": place - 1}, MadeOperation)
    if as_json:
        print_json(made)
    else:
        say(f"Moved; `hourloom undo {made.operation_id}` puts it back.")


def try_(  # noqa: PLR0913 - as above
    context: typer.Context,
    *,
    app: Annotated[str, typer.Option("--app", metavar="NAME", help="The program.")] = "",
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="The title.")] = "",
    url: Annotated[str, typer.Option("--url", metavar="URL", help="The page.")] = "",
    path: Annotated[str, typer.Option("--path", metavar="PATH", help="The file.")] = "",
    language: Annotated[str, typer.Option("--language", metavar="NAME", help="Its language.")] = "",
    folder: Annotated[str, typer.Option("--editor-project", metavar="NAME", help="Its project.")] = "",
    device: Annotated[str, typer.Option("--device", metavar="NAME", help="The device.")] = "",
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show what is decided about something, by whom, and which rules it meets."""
    asked = {
        "app": app,
        "title": title,
        "url": url,
        "path": path,
        "language": language,
        "project": folder,
        "device": device,
    }
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        show_tested(api, api.post(f"{RULES}/test", asked, TestedRules), as_json=as_json)


def said(rule: RuleShown) -> str:
    """Write in a few words what a rule looks at."""
    return (" or " if rule.match == "any" else " and ").join(map(_condition, rule.conditions))


def _condition(condition: ConditionShown) -> str:
    no = "not " if condition.negated else ""
    if condition.times is not None:
        days = ",".join(map(str, condition.times.weekdays))
        return f"{no}{condition.times.starts}-{condition.times.ends}" + (f" on days {days}" if days else "")
    if condition.field == "dwell":
        return f"{no}{condition.seconds} s or longer"
    how = {"contains": "with", "equals": "is", "words": "has", "pattern": "like"}[condition.form]
    return f"{no}{condition.field} {how} {condition.text}"


def _form(*, words: bool, whole: bool, re2: bool) -> str | None:
    if words + whole + re2 > 1:
        raise OneForm
    return "words" if words else "equals" if whole else "pattern" if re2 else None


def _conditions(texts: dict[str, Texts], unless: Texts, form: str | None) -> list[ConditionShown]:
    names = {"app", "domain", "language", "project", "device"}
    found = [
        ConditionShown(field, form or ("equals" if field in names else "contains"), text)
        for field, given in texts.items()
        for text in given or ()
    ]
    found += [ConditionShown("any", form or "contains", text, negated=True) for text in unless or ()]
    return found


def _moments(times: str | None, days: str | None, dwell: int | None) -> list[ConditionShown]:
    found = [] if dwell is None else [ConditionShown("dwell", seconds=dwell)]
    if times is not None or days is not None:
        starts, _, ends = (times or "00:00-00:00").partition("-")
        try:
            given = convert({"starts": starts, "ends": ends, "weekdays": _days(days or "")}, Times)
        except msgspec.ValidationError:
            raise NotTimesOfDay(text=(times or "")[:40]) from None
        found.append(ConditionShown("time", times=given))
    return found


def _days(text: str) -> list[int]:
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, dash, last = part.partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash) and len(part) <= 3):
            raise NotDaysOfTheWeek(text=text[:40])
        found += range(int(first), int(last or first) + 1)
    if not all(1 <= day <= 7 for day in found):
        raise NotDaysOfTheWeek(text=text[:40])
    return found


def _rule(api: Api, number: int) -> RuleShown:
    for each in api.get(RULES, ListedRules).rules:
        if each.rule.id == number:
            return each.rule
    raise NoRuleOfThatNumber(id=number)


def _fill(api: Api, rule: RuleShown, asked: Asked) -> None:
    """Put into a rule what options say, names turned to numbers."""
    if asked.conditions:
        rule.conditions = asked.conditions
    outcome = rule.outcome
    fill_outcome(api, outcome, category=asked.category, project=asked.project, tags=asked.tags)


def _set(
    rule: RuleShown,
    name: str | None,
    priority: int | None,
    switch: bool | None,  # noqa: FBT001 - it is what was asked
) -> None:
    if name is not None:
        rule.name = name
    if priority is not None:
        rule.priority = priority
    if switch is not None:
        rule.enabled = switch


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Say what belongs to which category.", no_args_is_help=True)
    family.command("list", epilog=examples("hourloom rule list"))(list_)
    family.command(
        "add",
        epilog=examples(
            "hourloom rule add --domain lectures.example --category Learning",
            "hourloom rule add --app thunderbird --title invoice --words -c Business --preview",
            "hourloom rule add --any website --project 'New website' --times 09:00-17:00 --days 1-5",
        ),
    )(add)
    family.command(
        "edit", epilog=examples("hourloom rule edit 3 --category Learning", "hourloom rule edit 3 --off")
    )(edit)
    family.command("delete", epilog=examples("hourloom rule delete 3"))(delete)
    family.command("move", epilog=examples("hourloom rule move 3 1"))(move)
    family.command(
        "test",
        epilog=examples("hourloom rule test --app firefox --url https://example.org/ --title 'A page'"),
    )(try_)
    family.command(
        "preview",
        epilog=examples("hourloom rule preview 3 --delete", "hourloom rule preview 3 --priority 10"),
    )(preview_)
    app.add_typer(family, name="rule")
