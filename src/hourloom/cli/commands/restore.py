"""`hourloom restore`: put a backup in the place of the database."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hourloom.cli.commands.backup import ask_secret
from hourloom.cli.handed import Restored, RestorePreview
from hourloom.cli.options import Config, DataDir, Json, configured, examples, handed
from hourloom.cli.output import bar, bytes_in_words, local, on_terminal, print_json, print_table, say
from hourloom.core.errors import Invalid, Refused


class WhichBackup(Invalid):
    """Name the backup file to restore, or --undo to put back what the last restore replaced."""


class NeedsYes(Refused):
    """A restore replaces the database; say --yes where nobody can be asked, or --preview to look only."""


def restore(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The backup, as `hourloom backup` wrote it.")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would change, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Put back what the last restore replaced.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Put a backup in the place of the database; the present one is kept.

    Shows first what will change. The backup opens by the keys of this computer, else by its passphrase or
    recovery code, which is asked for (or read from a pipe). Its database is taken out beside the present one
    and examined; then the two change places in one step, and the present one is kept with its keys in
    `before-restore-…` in the data directory. A server under `hourloom up` starts again on the restored
    database by itself; any other must be stopped before.
    """
    configuration = configured(data_dir, config)
    if (file is None) != undo:
        raise WhichBackup
    if file is None:
        _require_consent("Put the database back that was there before the last restore?", yes=yes)
        _tell(handed(context).restore_kept(configuration))
        return
    restoring = handed(context).restoring(configuration, file, ask_secret)
    found = restoring.preview()
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)
    if preview:
        return
    _require_consent("Restore this backup?", yes=yes)
    with bar("Restoring", 100, "%") as meter:
        done = restoring.carry_out(meter.move)
    _tell(done)


def _show(found: RestorePreview) -> None:
    print(f"Made {local(found.made_at)} by Hourloom {found.program}, {bytes_in_words(found.bytes)}.")
    if found.oldest is not None and found.newest is not None:
        print(f"Its events are from {local(found.oldest)} to {local(found.newest)}.")
    if found.schema_now is None:
        print("There is no present database here that could be looked into.")
    elif not found.same_database:
        print("It is of another database than the present one.")
    if found.schema_now not in (None, found.schema):
        print(f"Its schema is {found.schema}, the present one {found.schema_now}.")
    print(_loss(found.newest, found.newest_now))
    rows = [
        (each.table, f"{each.then:,}", "" if each.now is None else f"{each.now:,}")
        for each in found.rows
        if each.then != each.now
    ]
    print_table(("TABLE", "IN THE BACKUP", "NOW"), rows)


def _loss(newest: datetime | None, newest_now: datetime | None) -> str:
    if newest_now is None or (newest is not None and newest >= newest_now):
        return "Nothing newer than the backup is in the present database."
    since = "" if newest is None else f"after {local(newest)} "
    return (
        f"What was recorded {since}until {local(newest_now)} is only in the present database, which is kept."
    )


def _require_consent(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not on_terminal():
        raise NeedsYes
    typer.confirm(question, abort=True, err=True)


def _tell(done: Restored) -> None:
    say("The server runs again, on the restored database." if done.restarted else "Restored.")
    if done.kept is not None:
        say(f"The database that was there is in {done.kept}; `hourloom restore --undo` puts it back.")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "hourloom restore backup.backup --preview",
            "hourloom restore backup.backup --yes",
            "hourloom restore --undo",
        )
    )(restore)
