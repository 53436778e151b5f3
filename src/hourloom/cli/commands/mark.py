"""`hourloom mark`: what you say about stretches of time, whatever was recorded then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from hourloom.cli.categories import LabelNames, categories_of, fill_outcome, outcome_in_words
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import local, print_json, print_table, say, say_gone
from hourloom.core.errors import Invalid
from hourloom.sdk.answers import MadeOperation
from hourloom.sdk.api import Api
from hourloom.sdk.deciding import ListedMarks, MadeMarks, MarkShown, OutcomeShown

MARKS = "/api/v1/marks"
AWAY = "away"
MIDNIGHT = "24:00"
"""How people write the end of a day."""
SAID = {"away": "away", "present": "you were there"}

Period = Annotated[
    str,
    typer.Argument(
        metavar="FROM..TO",
        help="Times of today, or with a day before: 2026-11-20T09:00..10:30; your clock's.",
    ),
]
Number = Annotated[int, typer.Argument(metavar="ID", help="Its number in `hourloom mark list`.", min=1)]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="A note of your own.")]


class NotAPeriod(Invalid):
    """'{text}' is no period; write 09:00..10:30, or 2026-11-20T09:00..10:30 of another day."""


class NotAMoment(Invalid):
    """'{text}' is no time; write 10:30, or 2026-11-20T10:30 of another day."""


class NotADate(Invalid):
    """'{text}' is no day; write 2026-11-20."""


class NeitherPart(Invalid):
    """Say what a part was: --first, --then, or both."""


class CutOutside(Invalid):
    """The time to split at lies between the two of the period."""


def list_(
    context: typer.Context,
    *,
    from_: Annotated[str, typer.Option("--from", metavar="DAY", help="From this day on.")] = "",
    to: Annotated[str, typer.Option("--to", metavar="DAY", help="Up to this day, included.")] = "",
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="How many to show.", min=1, max=500)
    ] = 100,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List what you said about stretches of time, the newest first."""
    start = _begins(from_) if from_ else ""
    end = _begins(to, later=1) if to else ""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        found = api.get(f"{MARKS}?start={start}&end={end}&limit={limit}", ListedMarks)
        paths = {each.id: each.path for each in categories_of(api)} if found.marks else {}
        names = LabelNames.in_outcomes(api, [each.outcome for each in found.marks])
    if as_json:
        print_json(found)
        return
    rows = [(str(each.id), _when(each), _says(each, paths, names), each.note) for each in found.marks]
    print_table(("ID", "WHEN", "WAS", "NOTE"), rows)
    if not rows:
        say("There are no marks; `hourloom mark add 09:00..10:30 --category Meetings` makes one.")
    elif found.next_cursor is not None:
        say(f"These are the newest {len(rows)}; --limit N lists more.")


def add(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    period: Period,
    *,
    category: Annotated[
        str | None, typer.Option("--category", "-c", metavar="CATEGORY", help="Path, name or number.")
    ] = None,
    project: Annotated[
        str | None, typer.Option("--project", metavar="NAME|ID", help="The project that it was for.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="NAME|ID", help="A tag that it gets.")
    ] = None,
    away: Annotated[
        bool | None,
        typer.Option("--away/--there", help="It does not count; or all of it does: you were there."),
    ] = None,
    note: Note = "",
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Say what a stretch of time was: one category for all of it, away, or that you were there.

    Only what was recorded counts, unless you say that you were --there.
    """
    start, end = _period(period)
    presence = None if away is None else "away" if away else "present"
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        outcome = fill_outcome(api, OutcomeShown(), category=category, project=project, tags=tag or [])
        wanted = MarkShown(0, start, end, presence, outcome, note)
        made = api.post(MARKS, {"marks": [_wanted(wanted)]}, MadeMarks)
    _say_made(made, as_json=as_json)


def split(  # noqa: PLR0913 - as above
    context: typer.Context,
    period: Period,
    *,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Where the two parts meet.")],
    first: Annotated[
        str | None, typer.Option("--first", metavar="CATEGORY", help="What the first part was, or `away`.")
    ] = None,
    then: Annotated[
        str | None, typer.Option("--then", metavar="CATEGORY", help="What the second part was, or `away`.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Split a stretch of time in two, and say what the parts were; what you leave out stays as it is."""
    if first is None and then is None:
        raise NeitherPart
    start, end = _period(period)
    cut = _moment(at, start.date())
    if not start < cut < end:
        raise CutOutside
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        parts = [
            MarkShown(
                0,
                *part,
                "away" if said == AWAY else None,
                fill_outcome(api, OutcomeShown(), category=None if said == AWAY else said),
            )
            for part, said in (((start, cut), first), ((cut, end), then))
            if said is not None
        ]
        made = api.post(MARKS, {"marks": [_wanted(each) for each in parts]}, MadeMarks)
    _say_made(made, as_json=as_json)


def remove(
    context: typer.Context,
    number: Number,
    *,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Take a mark away; what was recorded holds again."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = Api(way).erase(f"{MARKS}/{number}", MadeOperation)
    say_gone(made, "Removed", as_json=as_json)


def _period(text: str) -> tuple[datetime, datetime]:
    """Return from when to when a text is about; its second time is of the day of the first."""
    first, dots, second = text.partition("..")
    if not dots:
        raise NotAPeriod(text=text[:60])
    start = _moment(first, date.today())  # noqa: DTZ011 - it is the person's own day
    return start, _moment(second, start.date())


def _moment(text: str, day: date) -> datetime:
    """Return a time, of a day unless it says its own, by the clock of this computer."""
    named, has_day, clock = text.strip().rpartition("T")
    padded = f"0{clock}" if clock[1:2] == ":" else clock
    try:
        found = date.fromisoformat(named) if has_day else day
        if padded == MIDNIGHT:
            found, padded = found + timedelta(days=1), "00:00"
        said = datetime.combine(found, time.fromisoformat(padded))
        moment = said.astimezone()
    except (ValueError, OverflowError):
        raise NotAMoment(text=text[:60]) from None
    # Where clocks go forward there is an hour that never was, and would be taken for another one.
    if said.tzinfo is None and moment.replace(tzinfo=None) != said:
        raise NotAMoment(text=text[:60])
    return moment


def _begins(text: str, *, later: int = 0) -> str:
    """Write where a day, or one some days later, begins by the clock of this computer."""
    try:
        begun = datetime.combine(date.fromisoformat(text) + timedelta(days=later), time())
        return f"{begun.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
    except (ValueError, OverflowError):
        raise NotADate(text=text[:60]) from None


def _wanted(mark: MarkShown) -> dict[str, object]:
    """Return what a mark says, as the server takes it."""
    return {
        "start": mark.start,
        "end": mark.end,
        "presence": mark.presence,
        "outcome": mark.outcome,
        "note": mark.note,
    }


def _when(mark: MarkShown) -> str:
    """Write from when to when a mark is about, a day within it once."""
    start, end = local(mark.start), local(mark.end)
    return f"{start}..{end.partition(' ')[2] if start[:10] == end[:10] else end}"


def _says(mark: MarkShown, paths: dict[int, list[str]], names: LabelNames) -> str:
    outcome = outcome_in_words(mark.outcome, paths, names)
    return ", ".join(each for each in (outcome, SAID.get(mark.presence or "", "")) if each)


def _say_made(made: MadeMarks, *, as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        numbers: Sequence[str] = [str(each) for each in made.ids]
        say(f"Noted as {' and '.join(numbers)}; `hourloom undo {made.operation_id}` takes it back.")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Say what stretches of time were.", no_args_is_help=True)
    family.command("list", epilog=examples("hourloom mark list --from 2026-11-16 --to 2026-11-20"))(list_)
    family.command(
        "add",
        epilog=examples(
            "hourloom mark add 09:00..10:30 --category Meetings --project Website",
            "hourloom mark add 2026-11-20T12:00..13:00 --away",
            "hourloom mark add 2026-11-20T14:00..15:30 --there -c Meetings --note 'On the phone'",
        ),
    )(add)
    family.command(
        "split",
        epilog=examples("hourloom mark split 09:00..12:00 --at 10:30 --first Programming --then away"),
    )(split)
    family.command("remove", epilog=examples("hourloom mark remove 3"))(remove)
    app.add_typer(family, name="mark")
