"""`hourloom delete`: parts of the record, with a preview, undo for a week, and the proof that it is gone."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import bar, hours, local, on_terminal, print_json, print_table, say
from hourloom.cli.step_up import PassphraseFile, PassphraseStdin, confirming
from hourloom.sdk.answers import (
    DeletedBucket,
    Erasure,
    ErasurePage,
    ErasurePreview,
    MadeJob,
    MadeOperation,
)
from hourloom.sdk.api import Api, segment

MOVING = ("deleting", "restoring", "erasing", "proving")
PAUSE = 0.1
STATES = {
    "deleting": "is being deleted",
    "waiting": "can be undone",
    "restoring": "is coming back",
    "undone": "undone",
    "erasing": "is being erased",
    "proving": "is being proved",
    "done": "erased",
}

Bucket = Annotated[str | None, typer.Option("--bucket", metavar="NAME", help="Only in this bucket.")]
Preview = Annotated[bool, typer.Option("--preview", help="Only show what would be deleted.")]
Now = Annotated[
    bool, typer.Option("--now", help="Erase every copy at once; this cannot be undone and needs no week.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask whether to erase at once.")]
Number = Annotated[int, typer.Argument(metavar="ID", help="Its number in `hourloom delete list`.", min=1)]


def range_(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    period: Annotated[
        str, typer.Argument(metavar="FROM..TO", help="Your days, both included; or instants with a T.")
    ],
    bucket: Bucket = None,
    preview: Preview = False,
    now: Now = False,
    yes: Yes = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Delete what was recorded in a range of days; what reaches beyond it is cut.

    It can be undone for a week. Then every copy is erased and searched for; --now does that at once.
    """
    with handed(context).reach(configured(data_dir, config), False) as way:
        wanted = {"range": period} | ({} if bucket is None else {"bucket": bucket})
        _delete(Api(way), wanted, preview=preview, now=now, yes=yes, as_json=as_json)


def match(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    app: Annotated[str | None, typer.Option("--app", metavar="NAME", help="Events of this app.")] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="NAME", help="Events of this site and those below it.")
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="WORDS", help="Events with all these words in the title.")
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option("--pattern", metavar="RE2", help="Events with any text that this pattern is found in."),
    ] = None,
    bucket: Bucket = None,
    from_: Annotated[str, typer.Option("--from", metavar="DAY", help="From this day on.")] = "",
    to: Annotated[str, typer.Option("--to", metavar="DAY", help="Up to this day, included.")] = "",
    preview: Preview = False,
    now: Now = False,
    yes: Yes = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Delete what matches: an app, a site, words of a title, a pattern; all that is given must match.

    It can be undone for a week. Then every copy is erased and searched for; --now does that at once.
    """
    given = {"app": app, "domain": domain, "title": title, "pattern": pattern, "bucket": bucket}
    wanted = {name: value for name, value in given.items() if value is not None}
    if from_ or to:
        wanted["range"] = f"{from_}..{to}"
    with handed(context).reach(configured(data_dir, config), False) as way:
        _delete(Api(way), wanted, preview=preview, now=now, yes=yes, as_json=as_json)


def bucket(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the bucket.")],
    now: Now = False,
    yes: Yes = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Delete a bucket with its events; it stays in the trash for 30 days."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        api = Api(way)
        if now:
            _ask(f"Erase the bucket {name} with everything in it for good?", yes=yes)
        made = api.erase(f"/api/v1/buckets/{segment(name)}", MadeOperation)
        if not now:
            say(f"{name} is in the trash; `hourloom undo {made.operation_id}` takes it out again.")
            return
        found = next(each for each in api.get("/api/v1/trash", list[DeletedBucket]) if each.name == name)
        _tell(_finished(api, api.erase(f"/api/v1/trash/{found.id}", Erasure)), as_json=as_json)


def everything(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    now: Now = False,
    yes: Yes = False,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Delete the whole record; your settings and tokens stay.

    It can be undone for a week. Then every copy is erased and searched for; --now does that at once. The
    server may ask for the passphrase of the database first.
    """
    with handed(context).reach(configured(data_dir, config), False) as way:
        if now:
            _ask("Erase the whole record for good?", yes=yes)
        api = Api(confirming(way, passphrase_file, stdin=passphrase_stdin))
        made = api.post("/api/v1/erasures/everything", {"now": now}, Erasure)
        _tell(_finished(api, made), as_json=as_json)


def list_(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """List what was deleted by range or match or erased, the newest first."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        found = Api(way).get("/api/v1/erasures?limit=500", ErasurePage).erasures
    if as_json:
        print_json(found)
    elif not found:
        say("Nothing was deleted yet.")
    else:
        print_table(("ID", "WHEN", "WHAT", "EVENTS", "TIME", "STATE"), [_row(each) for each in found])


def proof(
    context: typer.Context,
    *,
    id: Number,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show which places were searched for what was erased, and what was found there."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        found = Api(way).get(f"/api/v1/erasures/{id}", Erasure)
    if as_json:
        print_json(found)
        return
    if found.done_at is None or not found.proof:
        say(f"There is no proof yet: what erasure {id} deleted {STATES[found.state]}.")
        return
    print_table(
        ("PLACE", "FOUND", "LOOKED THROUGH"),
        [
            (each.place, str(each.found), "all" if each.searched is None else f"{each.searched:,}")
            for each in found.proof
        ],
    )
    for name in (name for each in found.proof for name in each.names):
        say(f"{name} was made before and holds it still; `hourloom delete backups {id}` rewrites it.")


def erase(
    context: typer.Context,
    *,
    id: Number,
    yes: Yes = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Erase at once what was deleted and can still be undone."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        _ask("Erase it for good?", yes=yes)
        api = Api(way)
        _tell(_finished(api, api.post(f"/api/v1/erasures/{id}/erase", {}, Erasure)), as_json=as_json)


def backups(context: typer.Context, *, id: Number, data_dir: DataDir = None, config: Config = None) -> None:
    """Rewrite the backups within reach that were made before, so that they do not hold it either.

    The server does it in the background; `hourloom delete proof` says which are left.
    """
    with handed(context).reach(configured(data_dir, config), False) as way:
        made = Api(way).post(f"/api/v1/erasures/{id}/rewrite-backups", {}, MadeJob)
    say(f"The server rewrites them (job {made.job_id}).")


def trash(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """List the deleted buckets; each stays for 30 days."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        found = Api(way).get("/api/v1/trash", list[DeletedBucket])
    if as_json:
        print_json(found)
    elif not found:
        say("The trash is empty.")
    else:
        rows = [(str(each.id), each.name, each.type, local(each.deleted_at)) for each in found]
        print_table(("ID", "BUCKET", "TYPE", "DELETED"), rows)


def restore(
    context: typer.Context,
    *,
    id: Annotated[int, typer.Argument(metavar="ID", help="Its number in `hourloom delete trash`.", min=1)],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Take a bucket out of the trash."""
    with handed(context).reach(configured(data_dir, config), False) as way:
        Api(way).post(f"/api/v1/trash/{id}/restore", {}, MadeOperation)
    say("The bucket is back.")


def _delete(api: Api, wanted: dict[str, str], *, preview: bool, now: bool, yes: bool, as_json: bool) -> None:
    if preview:
        _show(api.post("/api/v1/erasures/preview", wanted, ErasurePreview), as_json=as_json)
        return
    if now:
        _ask("Erase it for good, without a look at it? (--preview shows what it is.)", yes=yes)
    made = api.post("/api/v1/erasures", wanted | {"now": now}, Erasure)
    _tell(_finished(api, made), as_json=as_json)


def _ask(question: str, *, yes: bool) -> None:
    """Ask a person; a program that says --now means it."""
    if not yes and on_terminal():
        typer.confirm(question, abort=True, err=True)


def _finished(api: Api, erasure: Erasure) -> Erasure:
    """Follow an erasure to its end, doing steps of it, for without a server nobody else does them."""
    with bar("Deleting", None) as meter:
        while erasure.state in MOVING:
            erasure = api.post(f"/api/v1/erasures/{erasure.id}/advance", {}, Erasure)
            meter.move(erasure.events)
            if erasure.state == "proving":
                time.sleep(PAUSE)
    return erasure


def _show(preview: ErasurePreview, *, as_json: bool) -> None:
    if as_json:
        print_json(preview)
        return
    if not preview.buckets:
        say("Nothing would be deleted.")
        return
    rows = [
        (each.bucket, f"{each.events:,}", hours(each.seconds), local(each.started_at), local(each.ended_at))
        for each in preview.buckets
    ]
    print_table(("BUCKET", "EVENTS", "TIME", "FROM", "TO"), rows)
    say(f"{preview.events:,} events, {hours(preview.seconds)} would be deleted.")


def _tell(erasure: Erasure, *, as_json: bool) -> None:
    if as_json:
        print_json(erasure)
        return
    deleted = f"{erasure.events:,} events, {hours(erasure.seconds)}"
    if erasure.state == "done":
        left = sum(each.found for each in erasure.proof)
        where = "found nowhere any more" if left == 0 else "not gone everywhere"
        say(f"Erased: {deleted}, {where}; `hourloom delete proof {erasure.id}` says more.")
    else:
        say(
            f"Deleted: {deleted}. `hourloom undo {erasure.operation_id}` brings it back until "
            f"{local(erasure.due_at)}; then it is erased."
        )


def _row(erasure: Erasure) -> tuple[str, ...]:
    return (
        str(erasure.id),
        local(erasure.requested_at),
        erasure.kind,
        f"{erasure.events:,}",
        hours(erasure.seconds),
        STATES.get(erasure.state, erasure.state),
    )


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(
        help="Delete parts of the record for good: preview, undo for a week, then the proof.",
        no_args_is_help=True,
    )
    family.command(
        "range",
        epilog=examples(
            "hourloom delete range 2026-03-01..2026-03-07 --preview",
            "hourloom delete range 2026-03-01T09:00..2026-03-01T10:30 --bucket aw-watcher-window_heron",
        ),
    )(range_)
    family.command(
        epilog=examples(
            "hourloom delete match --domain bank.example --preview",
            "hourloom delete match --app Signal --from 2026-01-01 --to 2026-01-31",
            "hourloom delete match --title 'secret project' --now",
        )
    )(match)
    family.command(epilog=examples("hourloom delete bucket aw-watcher-web-chrome"))(bucket)
    family.command(epilog=examples("hourloom delete everything"))(everything)
    family.command("list", epilog=examples("hourloom delete list", "hourloom delete list --json"))(list_)
    family.command(epilog=examples("hourloom delete proof 3"))(proof)
    family.command(epilog=examples("hourloom delete erase 3"))(erase)
    family.command(epilog=examples("hourloom delete backups 3"))(backups)
    family.command(epilog=examples("hourloom delete trash"))(trash)
    family.command(epilog=examples("hourloom delete restore 7"))(restore)
    app.add_typer(family, name="delete")
