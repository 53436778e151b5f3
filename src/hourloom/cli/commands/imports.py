"""`hourloom import`: move in from another tracker."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.handed import ArchiveReport, Handed, Secret, Source
from hourloom.cli.moving_in import Report, Unfinished, carry, lines_of, rehearse
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import Bar, bar, on_terminal, print_json, print_table, say
from hourloom.cli.step_up import NeedsTerminal, passphrase_from
from hourloom.configuration import Configuration
from hourloom.core.errors import HourloomError, NotFound
from hourloom.sdk.answers import Bucket
from hourloom.sdk.api import Api
from hourloom.sdk.connection import read_token


class OnConflict(Enum):
    """What becomes of something that is here and different in an archive."""

    KEEP = "keep"
    REPLACE = "replace"
    BOTH = "both"


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


def archive(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An archive of `hourloom export --everything`.")
    ],
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what would come in, and store nothing.")
    ] = False,
    on_conflict: Annotated[
        OnConflict,
        typer.Option(
            "--on-conflict", help="What happens to something that is here and different in the archive."
        ),
    ] = OnConflict.KEEP,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(
            "--passphrase-file",
            metavar="FILE",
            help="A file whose first line is the passphrase of the archive.",
            show_default=False,
        ),
    ] = None,
    recovery: Annotated[
        bool,
        typer.Option(
            "--recovery", help="Ask for the recovery code of the archive in place of its passphrase."
        ),
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Read an archive of Hourloom in: all of it, as one operation that can be undone.

    Into an empty database it comes as it was, with its history. Into one that has data it merges: what is
    there already is skipped, so an import can be repeated. All of it is checked before anything is stored.
    """
    archives = handed(context).archives(configured(data_dir, config))
    with contextlib.ExitStack() as stack:
        stage = _Stages(stack)
        report = archives.read_in(
            file,
            on_conflict.value,
            lambda: stage.interrupted(lambda: _secret(passphrase_file, recovery=recovery)),
            stage,
            preview=preview,
        )
    if as_json:
        print_json(asdict(report))
        return
    _print_archive(report, preview=preview)


class _Stages:
    """A progress bar for each thing that is done."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._outer, self._inner = stack, stack.enter_context(contextlib.ExitStack())
        self._title, self._meter = "", Bar(None, None)

    def __call__(self, title: str, done: int, total: int) -> None:
        if title != self._title:
            self._inner.close()
            unit = "bytes" if title == "Handing in" else "rows"
            self._title, self._meter = title, self._inner.enter_context(bar(title, total or None, unit))
        self._meter.move(done, total or None)

    def interrupted(self, ask: Callable[[], Secret]) -> Secret:
        """Ask a person for something, with no bar in the way."""
        self._inner.close()
        self._title = ""
        return ask()


def _secret(file: Path | None, *, recovery: bool) -> Secret:
    if file is not None:
        return Secret(passphrase_from(file)(), is_recovery_code=recovery)
    if not on_terminal():
        raise NeedsTerminal(what="What opens the archive")
    what = "Recovery code of the archive" if recovery else "Passphrase of the archive"
    return Secret(str(typer.prompt(what, hide_input=True, err=True)), is_recovery_code=recovery)


def _print_archive(report: ArchiveReport, *, preview: bool) -> None:
    heads = ("TABLE", "NEW", "SAME", "CONFLICTING", "LEFT OUT")
    rows = [
        (each.name, *(f"{count:,}" for count in (each.new, each.same, each.conflicting, each.left_out)))
        for each in report.tables
        if each.new or each.same or each.conflicting or each.left_out
    ]
    print_table(heads, rows)
    if preview:
        say("Nothing was stored.")
    elif report.operation_id is None:
        say("Everything in it was here already.")
    else:
        say(f"`hourloom undo {report.operation_id}` takes all of it back.")


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
    family = typer.Typer(help="Move in from another tracker, or from an archive.", no_args_is_help=True)
    family.callback()(_family)
    family.command(
        epilog=examples(
            "hourloom import activitywatch",
            "hourloom import activitywatch http://localhost:5600",
            "hourloom import activitywatch ~/Downloads/aw-buckets-export.json --dry-run",
        )
    )(activitywatch)
    family.command(
        epilog=examples(
            "hourloom import archive hourloom-2026-03-01.zip.sealed --preview",
            "hourloom import archive hourloom-2026-03-01.zip.sealed",
            "hourloom import archive old-laptop.zip.sealed --recovery --on-conflict both",
        )
    )(archive)
    app.add_typer(family, name="import")


def _family() -> None:
    """Move in from another tracker, or from an archive."""
