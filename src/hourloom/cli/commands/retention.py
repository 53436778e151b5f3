"""`hourloom retention`: for how long each kind of record is kept."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import bar, hours, local, print_json, print_table, say
from hourloom.core.errors import Invalid
from hourloom.sdk.answers import Retention, RetentionCount, RetentionRun
from hourloom.sdk.api import Api

NEVER = ("never", "ever")
WORDS = {
    "titles": "lose titles and URLs",
    "events": "deleted, totals kept",
    "everything": "deleted",
    "totals": "totals deleted",
    "marks": "marks deleted or cut",
    "notes": "marks lose their notes",
}


class NotDays(Invalid):
    """'{text}' is no number of days; write 365, or `ever`."""


def show(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """Show for how long each kind of record is kept."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        rules = Api(way).get("/api/v1/retention", Retention)
    _show(rules, as_json=as_json)


def change(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    titles: Annotated[
        str | None, typer.Option("--titles", metavar="DAYS", help="Keep titles and URLs so long; or `ever`.")
    ] = None,
    events: Annotated[
        str | None, typer.Option("--events", metavar="DAYS", help="Keep raw events so long; or `ever`.")
    ] = None,
    everything: Annotated[
        str | None, typer.Option("--everything", metavar="DAYS", help="Keep anything so long; or `ever`.")
    ] = None,
    totals: Annotated[
        bool | None, typer.Option("--totals/--no-totals", help="Keep totals of deleted events.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Change for how long each kind of record is kept; what is older goes in one of the next nights."""
    wanted: dict[str, object] = {
        f"retention_{kind}_days": _days(text)
        for kind, text in (("titles", titles), ("events", events), ("everything", everything))
        if text is not None
    }
    if totals is not None:
        wanted["retention_totals"] = totals
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        for name, value in wanted.items():
            api.put(f"/api/v1/settings/{name}", {"value": value}, msgspec.Raw)
        rules = api.get("/api/v1/retention", Retention)
    _show(rules, as_json=as_json)


def preview(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """Show how much is too old now: what a run would delete, or reduce to apps and sites."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        found = Api(way).get("/api/v1/retention/preview", list[RetentionCount])
    if as_json:
        print_json(found)
        return
    rows = [
        (
            WORDS.get(each.kind, each.kind),
            f"{each.count:,}",
            hours(each.seconds),
            local(each.started_at),
            local(each.ended_at),
        )
        for each in found
        if each.count
    ]
    print_table(("WHAT", "COUNT", "TIME", "FROM", "TO"), rows)
    if not rows:
        say("Nothing is too old.")


def run(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """See to what is too old now, without waiting for the night; it cannot be undone."""
    deleted = reduced = totals = marks = 0
    place = msgspec.Raw(b"null")
    with handed(context).reach(configured(data_dir, config), False) as way, bar("Retention", None) as meter:
        api = Api(way)
        while True:
            done = api.post("/api/v1/retention/run", {"place": place}, RetentionRun)
            deleted, reduced, totals = deleted + done.deleted, reduced + done.reduced, totals + done.totals
            marks += done.marks
            meter.move(deleted + reduced + totals + marks)
            if bytes(done.place) == b"null":
                break
            place = done.place
    if as_json:
        print_json({"deleted": deleted, "reduced": reduced, "totals": totals, "marks": marks})
    else:
        say(f"Deleted: {deleted:,} events and {totals:,} totals; {reduced:,} events lost their titles.")
        if marks:
            say(f"Of {marks:,} marks what was too old is gone.")


def _show(rules: Retention, *, as_json: bool) -> None:
    if as_json:
        print_json(rules)
        return
    rows = [
        ("titles and URLs", _kept(rules.titles_days)),
        ("raw events", _kept(rules.events_days)),
        ("totals of deleted events", _kept(rules.everything_days) if rules.totals else "not kept"),
        ("anything", _kept(rules.everything_days)),
    ]
    print_table(("WHAT", "KEPT FOR"), rows)
    say(f"Last seen to: {local(rules.last_run_at) or 'never'}.")


def _kept(days: int | None) -> str:
    return "ever" if days is None else f"{days} day{'' if days == 1 else 's'}"


def _days(text: str) -> int | None:
    if text.lower() in NEVER:
        return None
    if not text.isdecimal():
        raise NotDays(text=text[:40])
    return int(text)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Decide for how long each kind of record is kept.", no_args_is_help=True)
    family.command(epilog=examples("hourloom retention show"))(show)
    family.command(
        "set",
        epilog=examples(
            "hourloom retention set --titles 90 --events 730",
            "hourloom retention set --everything 3650 --no-totals",
            "hourloom retention set --titles ever",
        ),
    )(change)
    family.command(epilog=examples("hourloom retention preview"))(preview)
    family.command(epilog=examples("hourloom retention run"))(run)
    app.add_typer(family, name="retention")
