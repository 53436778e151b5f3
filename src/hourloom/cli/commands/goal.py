"""`hourloom goal`: what somebody wants to reach, or not to exceed, and how that goes."""

from __future__ import annotations

import re
import sys
from datetime import date
from typing import Annotated, Literal

import msgspec
import typer

from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import print_json, print_table, say, say_gone
from hourloom.core.errors import Invalid, NotFound
from hourloom.sdk.answers import (
    GoalPeriods,
    GoalsThere,
    KeptGoal,
    MadeGoal,
    MadeOperation,
    OffDays,
    StandingGoal,
)
from hourloom.sdk.api import Api

GOALS = "/api/v1/goals"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BAR_WIDTH = 10
STATES = {"about_to_be_missed": "about to be missed", "no_data": "no data", "off": "day off"}
COUNTED = {"activities": " visits", "points": " of productivity", "percent": " focus"}
PER = {"day": "a day", "week": "a week", "month": "a month"}
WORDS = {"day": ("today", "days"), "week": ("this week", "weeks"), "month": ("this month", "months")}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(h|hours?|min|minutes?|m|s|seconds?)")
_CLOCK = re.compile(r"(\d{1,3}):(\d\d)")
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?")

Period = Literal["day", "week", "month"]
Measure = Literal["time", "activities", "pulse", "focus"]
Goal = Annotated[str, typer.Argument(metavar="GOAL", help="Its name, or its number in `hourloom goal list`.")]
Per = typer.Option("--per", help="Of which period.")
Of = typer.Option("--of", help="What is counted: hours, activities, points of pulse, percent of focus.")
On = typer.Option("--on", metavar="DAYS", help="On which days it counts: mon-fri, or sat,sun.")
Least = typer.Option(
    "--at-least", metavar="AMOUNT", help="What is to be reached: 4h, 1h30m, 45min, or a number."
)
Most = typer.Option("--at-most", metavar="AMOUNT", help="What is not to be exceeded.")
Category = typer.Option("--category", metavar="PATH", help="Only this category and those below it.")
Project = typer.Option("--project", metavar="NAME", help="Only this project.")
App = typer.Option("--app", metavar="NAME", help="Only this program.")
Domain = typer.Option("--domain", metavar="NAME", help="Only this site.")
Tag = typer.Option("--tag", metavar="NAME", help="Only with this tag.")
Score = typer.Option("--score", metavar="-2..2", help="Only categories of this score.", min=-2, max=2)
Shortest = typer.Option(
    "--lasting", metavar="TIME", help="How long an activity lasts at least to be counted."
)
From = typer.Option("--from", metavar="DAY", help="The first day on which it counts; today by default.")
Prorated = typer.Option(
    "--prorated/--whole", help="Whether days off make a week's or month's target smaller."
)
Notices = typer.Option("--notices/--no-notices", help="Whether notices tell when it is reached or missed.")


class NoAmount(Invalid):
    """Say how much: --at-least 4h, or --at-most 30min."""


class TwoAmounts(Invalid):
    """Give only one of --at-least and --at-most; for both, add two goals."""


class NotAnAmount(Invalid):
    """'{text}' is no amount of {what}; write {like}."""


class NotDaysOfTheWeek(Invalid):
    """'{text}' names no days of the week; write mon-fri, or sat,sun."""


class NotDays(Invalid):
    """'{text}' is no day or days; write 2026-12-24, or 2026-12-24..2026-12-31."""


class NoGoalOfThatName(NotFound):
    """There is no goal '{name}'; `hourloom goal list --all` shows those there are."""


class ManyOfThatName(Invalid):
    """Several goals are called '{name}': give the number of one of {numbers}."""


def list_(
    context: typer.Context,
    *,
    ended: Annotated[bool, typer.Option("--all", help="Show those that have ended too.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List the goals, how far each has come and how often in a row it was met."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        found = Api(way).get(GOALS + ("?state=all" if ended else ""), GoalsThere)
    if as_json:
        print_json(found)
        return
    print_table(("ID", "GOAL", "WANTS", "DONE", "", "STATE", "STREAK"), [_row(each) for each in found.goals])
    if not found.goals:
        say('There are no goals; `hourloom goal add "Deep work" --at-least 4h` adds one.')


def add(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you call it.")],
    *,
    at_least: Annotated[str | None, Least] = None,
    at_most: Annotated[str | None, Most] = None,
    per: Annotated[Period, Per] = "day",
    of: Annotated[Measure, Of] = "time",
    categories: Annotated[list[str] | None, Category] = None,
    projects: Annotated[list[str] | None, Project] = None,
    apps: Annotated[list[str] | None, App] = None,
    domains: Annotated[list[str] | None, Domain] = None,
    tags: Annotated[list[str] | None, Tag] = None,
    scores: Annotated[list[int] | None, Score] = None,
    lasting: Annotated[str | None, Shortest] = None,
    on: Annotated[str | None, On] = None,
    starts: Annotated[str | None, From] = None,
    prorated: Annotated[bool, Prorated] = True,
    notices: Annotated[bool, Notices] = True,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add a goal; one that cannot be met together with another is refused."""
    amount = _amount(at_least, at_most, of)
    if amount is None:
        raise NoAmount
    body: dict[str, object] = {"name": name, "period": per, "measure": of} | amount
    body |= {"prorated": prorated, "notices": notices}
    body["where"] = _where(categories, projects, apps, domains, tags, scores)
    body |= _chosen(lasting=lasting, on=on, starts=starts)
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = Api(way).post(GOALS, body, MadeGoal)
    if as_json:
        print_json(made)
    else:
        undo = f"`hourloom undo {made.operation_id}` takes it back."
        say(f"Added as {made.goal.id}: {_wants(made.goal)}. {undo}")


def edit(  # noqa: PLR0913 - as above
    context: typer.Context,
    goal: Goal,
    *,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Call it otherwise.")] = None,
    at_least: Annotated[str | None, Least] = None,
    at_most: Annotated[str | None, Most] = None,
    per: Annotated[Period | None, Per] = None,
    categories: Annotated[list[str] | None, Category] = None,
    projects: Annotated[list[str] | None, Project] = None,
    apps: Annotated[list[str] | None, App] = None,
    domains: Annotated[list[str] | None, Domain] = None,
    tags: Annotated[list[str] | None, Tag] = None,
    scores: Annotated[list[int] | None, Score] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Look at all activities.")] = False,
    lasting: Annotated[str | None, Shortest] = None,
    on: Annotated[str | None, On] = None,
    starts: Annotated[str | None, From] = None,
    prorated: Annotated[bool | None, Prorated] = None,
    notices: Annotated[bool | None, Notices] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Change what a goal asks for; what is not given stays. Its past is judged by that too."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        was = _found(api, goal).goal
        body = _body(was) | (_amount(at_least, at_most, was.measure) or {})
        given: dict[str, object] = {"name": name, "period": per, "prorated": prorated, "notices": notices}
        body |= {key: value for key, value in given.items() if value is not None}
        body |= _chosen(lasting=lasting, on=on, starts=starts)
        where = _where(categories, projects, apps, domains, tags, scores)
        if where or everything:
            body["where"] = where
        made = api.put(f"{GOALS}/{was.id}", body, MadeGoal)
    if as_json:
        print_json(made)
    else:
        say(f"Changed to {_wants(made.goal)}. `hourloom undo {made.operation_id}` takes it back.")


def end(
    context: typer.Context,
    goal: Goal,
    *,
    last: Annotated[
        str | None, typer.Option("--on", metavar="DAY", help="Its last day; yesterday by default.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Let a goal end; its history stays."""
    body = {} if last is None else {"ends_on": _day(last)}
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        made = api.post(f"{GOALS}/{_found(api, goal).goal.id}/end", body, MadeGoal)
    if as_json:
        print_json(made)
    else:
        say(f"Its last day is {made.goal.ends_on}; `hourloom undo {made.operation_id}` lets it go on.")


def delete(
    context: typer.Context,
    goal: Goal,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Delete a goal and its history; what was recorded stays."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        made = api.erase(f"{GOALS}/{_found(api, goal).goal.id}", MadeOperation)
    say_gone(made, "Deleted", as_json=as_json)


def off(
    context: typer.Context,
    days: Annotated[str, typer.Argument(metavar="DAYS", help="2026-12-24, or 2026-12-24..2026-12-31.")],
    *,
    goals: Annotated[
        list[str] | None, typer.Option("--goal", metavar="GOAL", help="Only of this goal; may be repeated.")
    ] = None,
    work: Annotated[bool, typer.Option("--work", help="Work on these days after all.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Take days off from all goals: they neither break nor extend a streak."""
    matched = _DAYS.fullmatch(days)
    if matched is None:
        raise NotDays(text=days[:40])
    first, last = _day(matched[1]), _day(matched[2] or matched[1])
    body: dict[str, object] = {"first_day": first, "last_day": last, "work": work}
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        if goals:
            body["goals"] = [_found(api, each).goal.id for each in goals]
        made = api.post(f"{GOALS}/days_off", body, OffDays)
    if as_json:
        print_json(made)
        return
    what = "Worked on" if work else "Off"
    count = f"{made.goals} goal{'' if made.goals == 1 else 's'}"
    say(f"{what} for {count}; `hourloom undo {made.operation_id}` takes that back.")


def history(
    context: typer.Context,
    goal: Goal,
    *,
    limit: Annotated[
        int, typer.Option("--last", metavar="N", help="How many days, weeks or months.", min=1, max=400)
    ] = 14,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show how a goal went, period by period."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        found = api.get(f"{GOALS}/{_found(api, goal).goal.id}/history?limit={limit}", GoalPeriods)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            str(each.first_day),
            _said(each.done, found.unit),
            _said(each.target, found.unit),
            _bar(each.share),
            STATES.get(each.state, each.state),
        )
        for each in found.periods
    ]
    print_table(("FROM", "DONE", "WANTED", "", "STATE"), rows)


def _row(standing: StandingGoal) -> tuple[str, ...]:
    goal, progress, streak = standing.goal, standing.progress, standing.streak
    done = f"{_said(progress.done, goal.unit)} of {_said(progress.target, goal.unit)}"
    state = STATES.get(progress.state, progress.state)
    per_day = standing.per_day
    if progress.state in ("open", "about_to_be_missed") and standing.days_left > 1 and per_day is not None:
        state += f", {_said(per_day, goal.unit)} a day left"
    best = f" (best {streak.longest})" if streak.longest > streak.current else ""
    return (
        str(goal.id),
        goal.name,
        _wants(goal),
        done,
        _bar(progress.share),
        state,
        f"{streak.current} {goal.period}{'' if streak.current == 1 else 's'}{best}",
    )


def _wants(goal: KeptGoal) -> str:
    """Say what a goal asks for, in a few words."""
    amount = _said(goal.target, goal.unit) + COUNTED.get(goal.unit, "")
    words = [f"{goal.direction.replace('_', ' ')} {amount} {PER[goal.period]}"]
    where = goal.where
    named = [each.name or "something deleted" for each in (*where.categories, *where.projects, *where.tags)]
    looked_at = [*named, *where.apps, *where.domains, *(f"score {score}" for score in where.scores)]
    if looked_at:
        words.append("of " + ", ".join(looked_at))
    if len(goal.weekdays) < len(WEEKDAYS):
        words.append("on " + _days_said(goal.weekdays))
    return " ".join(words)


def _said(amount: float | None, unit: str) -> str:
    if amount is None:
        return "nothing yet"
    if unit != "seconds":
        return f"{amount:.0f}" + {"percent": " %", "points": " points"}.get(unit, "")
    minutes = int(amount // 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"


def _bar(share: float | None) -> str:
    full, empty = (
        ("\u2588", "\u2591") if (sys.stdout.encoding or "").lower().startswith("utf") else ("#", ".")
    )
    done = min(BAR_WIDTH, int((share or 0) * BAR_WIDTH))
    return full * done + empty * (BAR_WIDTH - done)


def _found(api: Api, name: str) -> StandingGoal:
    """Return a goal by its number or name; one that has ended only where no other is called so."""
    if name.isdecimal() and len(name) < 19:
        return api.get(f"{GOALS}/{name}", StandingGoal)
    known = api.get(f"{GOALS}?state=all", GoalsThere)
    alike = [each for each in known.goals if each.goal.name.casefold() == name.strip().casefold()]
    current = [
        each for each in alike if each.goal.ends_on is None or each.goal.ends_on >= known.today
    ] or alike
    if not current:
        raise NoGoalOfThatName(name=name[:100])
    if len(current) > 1:
        raise ManyOfThatName(name=name[:100], numbers=", ".join(str(each.goal.id) for each in current))
    return current[0]


def _body(goal: KeptGoal) -> dict[str, object]:
    """Return a goal as it would be asked for."""
    kept = msgspec.structs.asdict(goal)
    for made_here in ("id", "unit", "created_at"):
        del kept[made_here]
    where = msgspec.structs.asdict(goal.where)
    for named in ("categories", "projects", "tags"):
        where[named] = [each.id for each in where[named]]
    return kept | {"where": where}


def _amount(at_least: str | None, at_most: str | None, of: str) -> dict[str, object] | None:
    if at_least is not None and at_most is not None:
        raise TwoAmounts
    text = at_least if at_least is not None else at_most
    if text is None:
        return None
    direction = "at_least" if at_least is not None else "at_most"
    return {"direction": direction, "target": _seconds(text) if of == "time" else _number(text, of)}


def _seconds(text: str) -> float:
    """Read 4h, 1h30m, 1:30, 45min."""
    tidy = text.strip().casefold()
    clock = _CLOCK.fullmatch(tidy)
    if clock is not None:
        return int(clock[1]) * 3600.0 + int(clock[2]) * 60
    parts = _PART.findall(tidy)
    if not parts or "".join(_PART.sub("", tidy).split()):
        raise NotAnAmount(text=text[:40], what="time", like="4h, 1h30m, 1:30 or 45min")
    return sum(float(amount) * {"h": 3600, "m": 60, "s": 1}[unit[0]] for amount, unit in parts)


def _number(text: str, of: str) -> float:
    try:
        return float(text.strip().removesuffix("%"))
    except ValueError:
        raise NotAnAmount(text=text[:40], what=of, like="a number") from None


def _where(
    categories: list[str] | None,
    projects: list[str] | None,
    apps: list[str] | None,
    domains: list[str] | None,
    tags: list[str] | None,
    scores: list[int] | None,
) -> dict[str, object]:
    given = {
        "categories": categories,
        "projects": projects,
        "apps": apps,
        "domains": domains,
        "tags": tags,
        "scores": scores,
    }
    return {name: values for name, values in given.items() if values}


def _chosen(*, lasting: str | None, on: str | None, starts: str | None) -> dict[str, object]:
    chosen: dict[str, object] = {}
    if lasting is not None:
        chosen["shortest_seconds"] = round(_seconds(lasting))
    if on is not None:
        chosen["weekdays"] = _weekdays(on)
    if starts is not None:
        chosen["starts_on"] = _day(starts)
    return chosen


def _weekdays(text: str) -> list[int]:
    """Read mon-fri, sat,sun, fri-mon."""
    found: set[int] = set()
    for part in text.casefold().split(","):
        first, dash, last = part.strip().partition("-")
        ends = [first, last] if dash else [first, first]
        if not all(each[:3] in WEEKDAYS and each.isalpha() for each in ends):
            raise NotDaysOfTheWeek(text=text[:40])
        begins, stops = (WEEKDAYS.index(each[:3]) for each in ends)
        found.update((begins + step) % 7 + 1 for step in range((stops - begins) % 7 + 1))
    return sorted(found)


def _days_said(weekdays: list[int]) -> str:
    names = [WEEKDAYS[day - 1] for day in weekdays]
    together = len(names) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1
    return f"{names[0]}-{names[-1]}" if together else ",".join(names)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise NotDays(text=text[:40]) from None


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Set goals, and see how they go.", no_args_is_help=True)
    family.command("list", epilog=examples("hourloom goal list", "hourloom goal list --all --json"))(list_)
    family.command(
        "add",
        epilog=examples(
            'hourloom goal add "Deep work" --at-least 4h --category "Work > Programming" --on mon-fri',
            "hourloom goal add News --at-most 30min --domain news.example",
            'hourloom goal add "Looking at mail" --at-most 6 --of activities --app thunderbird',
            'hourloom goal add "Good weeks" --at-least 70 --of pulse --per week',
        ),
    )(add)
    family.command(
        "edit",
        epilog=examples(
            'hourloom goal edit "Deep work" --at-least 3h30m', "hourloom goal edit 3 --on mon-thu"
        ),
    )(edit)
    family.command("end", epilog=examples('hourloom goal end "Deep work"'))(end)
    family.command("delete", epilog=examples("hourloom goal delete 3"))(delete)
    family.command(
        "off",
        epilog=examples(
            "hourloom goal off 2026-12-24..2026-12-31", 'hourloom goal off 2026-07-01 --goal "Deep work"'
        ),
    )(off)
    family.command("history", epilog=examples('hourloom goal history "Deep work" --last 30'))(history)
    app.add_typer(family, name="goal")
