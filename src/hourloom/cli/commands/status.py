"""`hourloom status`: what runs, what reports, how large it is."""

from __future__ import annotations

from datetime import datetime

import msgspec
import typer

from hourloom.cli.commands.open_page import NoServerRuns
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import ago, bytes_in_words, print_json, print_table
from hourloom.configuration import Configuration
from hourloom.sdk.answers import Bucket, Info
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


def status(
    context: typer.Context, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False
) -> None:
    """Show the server, its watchers and when each was last heard.

    Exit code 1 when no server runs on the data directory.
    """
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
        well, figures = is_well(api), measures(api)
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
    )


def _latest(bucket: Bucket) -> tuple[float, str]:
    return (-bucket.ended_at.timestamp() if bucket.ended_at else 0.0, bucket.name)


def _show(found: Status) -> None:
    encrypted = "encrypted" if found.encrypted else "not encrypted"
    print(f"Hourloom {found.version} at {found.url} (process {found.pid})")
    print(f"Data in {found.data_dir}: {bytes_in_words(found.database_bytes)}, {encrypted}")
    print(f"Memory {bytes_in_words(found.memory_bytes)}, {found.queue} writes waiting")
    if not found.well:
        print("It does not take writes at the moment; `hourloom doctor` looks for the reason.")
    if not found.watchers:
        print("No watcher has reported yet.")
        return
    print()
    rows = [(each.bucket, each.device, each.type, ago(each.last_heard)) for each in found.watchers]
    print_table(("BUCKET", "DEVICE", "TYPE", "LAST HEARD"), rows)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("hourloom status", "hourloom status --json"))(status)
