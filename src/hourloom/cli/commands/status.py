"""`hourloom status`: what runs, what reports, how large it is."""

from __future__ import annotations

from datetime import datetime

import msgspec
import typer

from hourloom.cli.commands.notices import standing
from hourloom.cli.commands.open_page import NoServerRuns
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import ago, bytes_in_words, local, print_json, print_table
from hourloom.configuration import Configuration
from hourloom.sdk.answers import Bucket, Info, Notice, Statistics
from hourloom.sdk.api import Api
from hourloom.sdk.vitals import is_well, measures


class Watcher(msgspec.Struct):
    """One watcher's stream."""

    bucket: str
    device: str
    type: str
    last_heard: datetime | None


class Status(msgspec.Struct):
    """A running server and what it records."""

    url: str | None
    pid: int | None
    version: str
    well: bool
    data_dir: str
    encrypted: bool
    database_bytes: int
    memory_bytes: int
    queue: int
    watchers: list[Watcher]
    notices: list[Notice]


def status(
    context: typer.Context,
    *,
    database: bool = typer.Option(
        False, "--database", help="Show what is in the database instead: tables, rows, sizes, free space."
    ),
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show the server, its watchers and when each was last heard.

    Exit code 1 when no server runs on the data directory.
    """
    if database:
        _database(context, configured(data_dir, config), as_json=as_json)
        return
    found = _status(context, configured(data_dir, config))
    if as_json:
        print_json(found)
    else:
        _show(found)


def _status(context: typer.Context, configuration: Configuration) -> Status:
    ours = handed(context)
    runs = ours.running(configuration)
    if runs is None:
        raise NoServerRuns(path=configuration.data_dir)
    with ours.reach(configuration, False) as way:
        api = Api(way)
        info, buckets = api.get("/api/0/info", Info), api.get("/api/v1/buckets", list[Bucket])
        well, figures, notices = is_well(api), measures(api), standing(api)
    runs = ours.running(configuration) or runs
    return Status(
        url=runs.url,
        pid=runs.pid,
        version=info.version.removeprefix("v").partition(" ")[0],
        well=well,
        data_dir=str(configuration.data_dir),
        encrypted=ours.storage(configuration).encrypted,
        database_bytes=int(figures["hourloom_database_bytes"]),
        memory_bytes=int(figures["hourloom_resident_bytes"]),
        queue=int(figures["hourloom_queue_length"]),
        watchers=[Watcher(b.name, b.hostname, b.type, b.ended_at) for b in sorted(buckets, key=_latest)],
        notices=notices,
    )


def _database(context: typer.Context, configuration: Configuration, *, as_json: bool) -> None:
    with handed(context).reach(configuration, False) as way:
        found = Api(way).get("/api/v1/server/statistics", Statistics)
    if as_json:
        print_json(found)
        return
    free, log = bytes_in_words(found.free_bytes), bytes_in_words(found.log_bytes)
    print(f"{found.database}: {bytes_in_words(found.bytes)}, {free} of it free, log {log}")
    if not found.gives_space_back:
        print("Free space stays in this old file; `hourloom doctor --fix` writes it anew.")
    print(f"Events from {local(found.oldest_event) or 'never'} to {local(found.newest_event) or 'never'}")
    print(f"Payloads {found.payloads:,}, {found.unused_payloads:,} of them unused")
    print(
        f"In the trash: {found.deleted_buckets} buckets; {found.undoable_operations} operations can be "
        f"undone, with {found.events_kept_for_undo:,} events kept for that"
    )
    print()
    about = "ABOUT " if found.sizes_are_estimates else ""
    rows = [
        (each.name, f"{each.rows:,}", bytes_in_words(each.bytes))
        for each in sorted(found.tables, key=lambda table: -table.bytes)
    ]
    print_table(("TABLE", "ROWS", f"{about}SIZE"), rows)


def _latest(bucket: Bucket) -> tuple[float, str]:
    return (-bucket.ended_at.timestamp() if bucket.ended_at else 0.0, bucket.name)


def _show(found: Status) -> None:
    encrypted = "encrypted" if found.encrypted else "not encrypted"
    print(f"Hourloom {found.version} at {found.url} (process {found.pid})")
    print(f"Data in {found.data_dir}: {bytes_in_words(found.database_bytes)}, {encrypted}")
    print(f"Memory {bytes_in_words(found.memory_bytes)}, {found.queue} writes waiting")
    if not found.well:
        print("It does not take writes at the moment; `hourloom doctor` looks for the reason.")
    for notice in found.notices:
        print(f"! {notice.sentence} {notice.advice}")
    if not found.watchers:
        print("No watcher has reported yet; `hourloom device doctor` says what is missing.")
        return
    print()
    rows = [(each.bucket, each.device, each.type, ago(each.last_heard)) for each in found.watchers]
    print_table(("BUCKET", "DEVICE", "TYPE", "LAST HEARD"), rows)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("hourloom status", "hourloom status --database", "hourloom status --json"))(
        status
    )
