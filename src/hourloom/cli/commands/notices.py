"""`hourloom notices`: what the server has to tell."""

from __future__ import annotations

import typer

from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import local, print_json, print_table, say
from hourloom.sdk.answers import Notice, NoticePage
from hourloom.sdk.api import Api

NOTHING = "There is nothing to tell."
SEVERITIES = {"alarm": "!!", "note": "!"}


def notices(
    context: typer.Context,
    *,
    everything: bool = typer.Option(False, "--all", help="Show what is over too, for 30 days."),
    read: bool = typer.Option(False, "--read", help="Note that you read them."),
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show what the server has to tell: a stale backup, a silent watcher, a job that failed.

    A notice stands until what it tells of is over. One that tells of a moment goes when it was read.
    """
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        found = standing(api, everything=everything)
        if read and found:
            api.post("/api/v1/notices/read", {}, dict[str, int])
    if as_json:
        print_json(found)
    elif not found:
        say(NOTHING)
    else:
        print_table(("", "SINCE", "WHAT", "WHAT TO DO"), [_row(each) for each in found])


def standing(api: Api, *, everything: bool = False) -> list[Notice]:
    """Return the notices that stand, or all that are kept, the newest first."""
    state = "all" if everything else "standing"
    return api.get(f"/api/v1/notices?limit=500&state={state}", NoticePage).notices


def _row(notice: Notice) -> tuple[str, ...]:
    sign = "over" if notice.cleared_at else SEVERITIES.get(notice.severity, "!")
    return (sign, local(notice.raised_at), notice.sentence, "" if notice.cleared_at else notice.advice)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples("hourloom notices", "hourloom notices --read", "hourloom notices --all --json")
    )(notices)
