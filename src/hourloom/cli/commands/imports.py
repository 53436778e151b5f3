"""`hourloom import`: move in from another tracker."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.handed import Handed, Source
from hourloom.cli.moving_in import Report, Unfinished, carry, lines_of, rehearse
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import bar, print_json, print_table, say
from hourloom.configuration import Configuration
from hourloom.core.errors import HourloomError, NotFound
from hourloom.sdk.answers import Bucket
from hourloom.sdk.api import Api
from hourloom.sdk.connection import read_token


class NothingFound(NotFound):
    """Nothing of ActivityWatch is in the usual places; name its address, an export or a database file."""


def activitywatch(
    context: typer.Context,
    *,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE", help="An address, an export file or a database file of ActivityWatch."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read everything and store nothing.")] = False,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", metavar="FILE", help="A file with the key of the server to read from."),
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Import from ActivityWatch: a running server, an export, or either server's database.

    Without a source, says what there is in the usual places. Nothing is written to the source. Events that
    are there already are skipped, so an import can be repeated; one that was stopped goes on where it was.
    `hourloom undo` takes it back as a whole.
    """
    ours, configuration = handed(context), configured(data_dir, config)
    if source is None:
        _show_found(ours, as_json=as_json)
        return
    opened = ours.open_source(source, read_token(token_file) if token_file else None)
    try:
        report = _rehearsed(ours, configuration, opened) if dry_run else _carried(ours, configuration, opened)
    finally:
        opened.close()
    if as_json:
        print_json(asdict(report))
        return
    for line in lines_of(report, rehearsal=dry_run):
        print(line)


def _show_found(ours: Handed, *, as_json: bool) -> None:
    with bar("Looking", None):
        found = list(ours.find_sources())
    if as_json:
        print_json([{"source": place, "is": kind} for place, kind in found])
    elif not found:
        raise NothingFound
    else:
        print_table(("SOURCE", "IS"), found)
        say(f"Import one with `hourloom import activitywatch {found[0][0]}`.")


def _rehearsed(ours: Handed, configuration: Configuration, source: Source) -> Report:
    known: set[str] = set()
    if ours.storage(configuration).exists or configuration.database_url is not None:
        with ours.reach(configuration, False) as way:
            known = {bucket.name for bucket in Api(way).get("/api/v1/buckets", list[Bucket])}
    total = _total(source)
    with bar("Reading", total) as meter:
        return rehearse(source, known, lambda done, bucket: meter.move(done, total, bucket))


def _carried(ours: Handed, configuration: Configuration, source: Source) -> Report:
    unfinished = Unfinished(configuration.data_dir / "run" / f"importing-{_digest(source.identity)}")
    with ours.reach(configuration, True) as way, bar("Reading", None) as meter:
        buckets = source.buckets()
        total = _total(source)
        try:
            return carry(
                Api(way),
                source,
                buckets,
                unfinished,
                lambda done, bucket: meter.move(done, total, bucket or None),
            )
        except (HourloomError, KeyboardInterrupt):
            say("What was imported stays; the same command goes on from there.")
            raise


def _total(source: Source) -> int | None:
    counts = [bucket.event_count for bucket in source.buckets()]
    return None if None in counts else sum(filter(None, counts))


def _digest(identity: str) -> str:
    return hashlib.blake2b(identity.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    family = typer.Typer(help="Move in from another tracker.", no_args_is_help=True)
    family.callback()(_family)
    family.command(
        epilog=examples(
            "hourloom import activitywatch",
            "hourloom import activitywatch http://localhost:5600",
            "hourloom import activitywatch ~/Downloads/aw-buckets-export.json --dry-run",
        )
    )(activitywatch)
    app.add_typer(family, name="import")


def _family() -> None:
    """Move in from another tracker."""
