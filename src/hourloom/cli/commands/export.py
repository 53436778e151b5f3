"""`hourloom export`: everything, or one bucket, in ActivityWatch's form; and what `export_tables` adds."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hourloom.cli.commands import export_tables
from hourloom.cli.options import Config, DataDir, configured, examples, handed
from hourloom.cli.output import Bar, bar, bytes_in_words, say
from hourloom.cli.step_up import passphrase_from
from hourloom.configuration import Configuration
from hourloom.core.errors import Conflict, Refused
from hourloom.sdk.api import Api, segment

MIB = 1 << 20
RECORD = "record"


NOT_SEALED = "; it is not sealed: who has the file can read it, and `hourloom file encrypt` seals it"


class FileExists(Conflict):
    """{path} exists; name another file, or replace it with --force."""


class TerminalRefused(Refused):
    """An export is long and full of private titles; name a file with --output, or pipe it."""


class NotWritten(Refused):
    """{path} cannot be written: {reason}."""


def export(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Where the archive goes, with --everything.", show_default=False),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option("--everything", help="Write one archive that any Hourloom reads back without loss."),
    ] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Leave the archive open to whoever gets the file.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; without it to standard output."),
    ] = None,
    bucket: Annotated[str | None, typer.Option("--bucket", metavar="NAME", help="Only this bucket.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Write all events to a file that ActivityWatch reads too, or everything to an archive.

    The file appears when it is whole, readable by you alone. It is not encrypted. An archive is, where the
    database is: the passphrase or the recovery code of the database opens it on any computer.
    """
    if everything:
        _archive(context, file or output, bucket, configured(data_dir, config), plain=plain, force=force)
        return
    if file is not None or plain:
        raise typer.BadParameter("FILE and --plain are about an archive; add --everything.")
    if output is not None and output.exists() and not force:
        raise FileExists(path=output)
    if output is None and sys.stdout.isatty():
        raise TerminalRefused
    path = f"/api/0/buckets/{segment(bucket)}/export" if bucket else "/api/0/export"
    with handed(context).reach(configured(data_dir, config), False) as way:
        pieces = Api(way).pieces(path)
        if output is None:
            _pour(pieces)
        else:
            size = _write(pieces, output)
            say(f"{output} holds {bytes_in_words(size)}.")


def _archive(
    context: typer.Context,
    file: Path | None,
    bucket: str | None,
    configuration: Configuration,
    *,
    plain: bool,
    force: bool,
) -> None:
    if bucket is not None:
        raise typer.BadParameter("An archive holds all buckets; leave --bucket out.")
    sealed = handed(context).storage(configuration).encrypted and not plain
    today = date.today()  # noqa: DTZ011 - the user's own day
    target = file or Path(f"hourloom-{today:%Y-%m-%d}.zip{'.sealed' if sealed else ''}")
    with bar("Writing the archive", None, "rows") as meter:
        made = (
            handed(context)
            .archives(configuration)
            .export(target, passphrase_from(None), meter.move, plain=plain, force=force)
        )
    print(made.path)
    say(f"{made.rows:,} rows, {bytes_in_words(made.bytes)}{'' if made.sealed else NOT_SEALED}.")


def _pour(pieces: Iterator[bytes]) -> None:
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _write(pieces: Iterator[bytes], output: Path) -> int:
    """Write beside the file and put it in place when it is whole and on disk."""
    fresh = output.with_name(f".{output.name}.{os.getpid()}.new")
    try:
        with (
            open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            _meter() as meter,
        ):
            size = 0
            for piece in pieces:
                size += file.write(piece)
                meter.move(size / MIB)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(output)
    except OSError as error:
        raise NotWritten(path=output, reason=(error.strerror or str(error)).lower()) from None
    finally:
        fresh.unlink(missing_ok=True)
    return size


def _meter() -> contextlib.AbstractContextManager[Bar]:
    return bar("Exporting", None, "MiB")


class _Group(TyperGroup):
    """Commands of which one needs no name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # a context of the library
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = [RECORD, *args]
        return list(super().parse_args(ctx, args))


def add_to(app: typer.Typer) -> None:
    """Add the commands; `record` may be left out."""
    exports = typer.Typer(
        cls=_Group,
        help="Write files: reports, activities and events; the whole record, which needs no word.",
        epilog=examples(
            "hourloom export --output record.json",
            "hourloom export report --range month --format pdf",
        ),
    )
    exports.command(
        RECORD,
        epilog=examples(
            "hourloom export record --output record.json",
            "hourloom export --bucket aw-watcher-window_heron --output window.json",
            "hourloom export | gzip > record.json.gz",
            "hourloom export --everything archive.zip.sealed",
        ),
    )(export)
    export_tables.add_to(exports)
    app.add_typer(exports, name="export")
